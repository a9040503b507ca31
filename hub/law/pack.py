"""The packs together: which rule binds in a place on a day, and what a result says about where it came from."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Generic, TypeVar

import yaml
from pydantic import ValidationError

from hub.law.packs import folder as shipped
from hub.law.region import level_of, within
from hub.law.schema import PackFile
from hub.law.vocabulary import Rank, Standing

NO_FORCE_ZH: Final = "本平台默认规则，在此地无法律效力"
NO_FORCE_EN: Final = "hub default, no legal force here"
_NOT_PACKS: Final = {"settings.yaml", "calendar.yaml", "statistics.yaml"}
_LAST: Final = 1_000

T = TypeVar("T")


class PackError(ValueError):
    """A pack file cannot be read; names the file."""


class NoRule(LookupError):
    """No document says anything, and the hub has no default."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a result comes from. `notice_*` are empty when the rule binds here.

    Attributes:
        pack: id of the pack, with `version` (edition of the file) and `digest` (first 12 hex digits of its SHA-256).
        clause: as the document counts it.
        rank, territory, standing: see `vocabulary`; `confirmed` is False where the text was not read in the original.
    """

    pack: str
    version: int
    digest: str
    title_zh: str
    title_en: str
    clause: str
    rank: Rank
    territory: str
    standing: Standing
    confirmed: bool
    notice_zh: str = ""
    notice_en: str = ""


@dataclass(frozen=True, slots=True)
class Ruled(Generic[T]):
    rule: T
    basis: Basis


@dataclass(frozen=True, slots=True)
class Resolution(Generic[T]):
    """The rule that governs, and every other that speaks of the same: conflicts are shown, never hidden (R29)."""

    rule: T
    basis: Basis
    others: tuple[Ruled[T], ...]


@dataclass(frozen=True)
class Pack:
    file: PackFile
    digest: str

    @property
    def id(self) -> str:
        return self.file.id

    def in_force(self, region: str, on: date) -> bool:
        """Whether the document binds in `region` on `on` (both ends of its term included)."""
        file = self.file
        return (
            file.rank.binds
            and within(region, file.territory)
            and file.effective_from is not None
            and file.effective_from <= on
            and (file.effective_to is None or on <= file.effective_to)
        )

    def basis(self, clause: str, *, binding: bool) -> Basis:
        file = self.file
        zh, en = ("", "") if binding else (_prefix_zh(file.rank) + NO_FORCE_ZH, _prefix_en(file.rank) + NO_FORCE_EN)
        return Basis(
            pack=file.id,
            version=file.version,
            digest=self.digest,
            title_zh=file.title.zh,
            title_en=file.title.en,
            clause=clause,
            rank=file.rank,
            territory=file.territory,
            standing=Standing.IN_FORCE if binding else Standing.HUB_DEFAULT,
            confirmed=file.confirmed,
            notice_zh=zh,
            notice_en=en,
        )


def _prefix_zh(rank: Rank) -> str:
    return {Rank.DRAFT: "征求意见稿，未施行；", Rank.PRACTICE: "新闻报道的做法，不是义务；"}.get(rank, "")


def _prefix_en(rank: Rank) -> str:
    return {Rank.DRAFT: "draft for comment, not in force; ", Rank.PRACTICE: "practice, no duty; "}.get(rank, "")


@dataclass(frozen=True)
class Packs:
    """All packs. `governing` finds rules; there is no other way to read one, so that each result has its basis."""

    all: tuple[Pack, ...]

    def __iter__(self) -> Iterator[Pack]:
        return iter(self.all)

    def pack(self, name: str) -> Pack:
        """By id (`NX2022`) or by short name (`000`).

        Raises:
            NoRule: there is no such pack.
        """
        for one in self.all:
            if name in (one.file.id, one.file.short):
                return one
        raise NoRule(name)

    def governing(
        self, found: Iterable[tuple[Pack, T, bool]], clause: Callable[[T], str], region: str, on: date
    ) -> Resolution[T]:
        """The rule that governs among those found.

        First what binds here on that day, by rank, then by the smaller territory, then by the later start. Where
        nothing binds, the hub's default: the packs in the order of their `fallback`, 000 first.

        Args:
            found: (pack, rule, whether the document itself sets it for this matter: otherwise the hub borrows it).
            clause: reads the clause from a rule.
            region: code of the place.
            on: the day in Beijing.

        Raises:
            NoRule: nothing was found that binds here or may serve as a default.
        """
        ranked = []
        for pack, rule, own in found:
            binding = own and pack.in_force(region, on)
            if binding:
                start = pack.file.effective_from or date.min
                key = (0, pack.file.rank.order, -level_of(pack.file.territory), -start.toordinal())
            elif pack.file.fallback is not None:
                key = (1, pack.file.fallback, 0, 0)
            else:
                continue
            ranked.append((key, pack.id, Ruled(rule, pack.basis(clause(rule), binding=binding))))
        if not ranked:
            raise NoRule(f"no rule in {region} on {on}")
        ranked.sort(key=lambda item: item[:2])
        first, *rest = (ruled for _, _, ruled in ranked)
        return Resolution(first.rule, first.basis, tuple(rest))


def load_packs(folder: Path) -> Packs:
    """Read every pack of a folder.

    Raises:
        PackError: a file is no pack, or two have the same id.
    """
    packs: dict[str, Pack] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name in _NOT_PACKS:
            continue
        raw = path.read_bytes()
        try:
            file = PackFile.model_validate(yaml.safe_load(raw))
        except (ValidationError, yaml.YAMLError) as error:
            raise PackError(f"{path.name}: {error}") from error
        if file.id in packs:
            raise PackError(f"{path.name}: the id {file.id} is taken")
        packs[file.id] = Pack(file, hashlib.sha256(raw).hexdigest()[:12])
    return Packs(tuple(packs.values()))


@cache
def packs() -> Packs:
    """The packs that the hub ships."""
    return load_packs(shipped())
