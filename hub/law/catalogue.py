"""Catalogues of violations: R3 (7), R4 (8), R5 (10), R6, R7 (14 legacy kinds, 11 definitions), cross-mapped.

A code is `{list}-{n}`, the list's id names the document and its year (`NX2022-HS-5`): an edited document gets a new
list, so that a code never changes its meaning. The last member of each list is its 等 ("other") and needs a text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Final

from hub.law.pack import Basis, Packs, packs
from hub.law.schema import CatalogueRule, EntryRule, PackFile

MAX_OTHER_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of violation of the document `pack`. `origin`: its own member, its 等 put in words, or the hub's."""

    code: str
    catalogue: str
    number: int
    zh: str
    en: str
    short: str
    other: bool
    origin: str
    criteria: tuple[str, ...]
    exceptions: tuple[str, ...]
    maps: tuple[str, ...]
    pack: str
    clause: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One list. `entries` are the document's, in its order; `other` is the member for what the list does not name."""

    id: str
    requirement: str
    title_zh: str
    title_en: str
    derived: bool
    entries: tuple[Entry, ...]
    other: Entry
    pack: str
    version: int
    clause: str


@dataclass(frozen=True, slots=True)
class CodeProblem:
    """Why a list of codes is refused: NO_CODE, UNKNOWN_CODE, TEXT_MISSING, TEXT_UNEXPECTED or TEXT_TOO_LONG."""

    reason: str
    code: str
    zh: str
    en: str


class UnknownCode(LookupError):
    """No catalogue has this code."""


class Catalogues:
    """All lists of all packs.

    >>> catalogues().entry("NX2022-HS-5").short
    '无依据检查或重复检查'
    >>> sorted(catalogues().related("XJ2025D-DF-2"))
    ['CC2018-FK-3', 'NX2022-HE-1']
    """

    def __init__(self, source: Packs) -> None:
        lists: dict[str, Catalogue] = {}
        entries: dict[str, Entry] = {}
        for pack in source:
            for rule in pack.file.catalogues:
                made = _catalogue(rule, pack.file)
                lists[made.id] = made
                entries.update((entry.code, entry) for entry in (*made.entries, made.other))
        self.lists: Mapping[str, Catalogue] = MappingProxyType(lists)
        self.entries: Mapping[str, Entry] = MappingProxyType(entries)
        self._related = _both_ways(entries)
        self._packs = source

    def entry(self, code: str) -> Entry:
        """By code.

        Raises:
            UnknownCode: no list has it.
        """
        try:
            return self.entries[code]
        except KeyError:
            raise UnknownCode(code) from None

    def basis(self, code: str, region: str, on: date) -> Basis:
        """Where a code comes from, and whether its document binds in that place on that day.

        Raises:
            UnknownCode: no list has it.
        """
        entry = self.entry(code)
        pack = self._packs.pack(entry.pack)
        return pack.basis(entry.clause, binding=pack.in_force(region, on))

    def related(self, code: str) -> frozenset[str]:
        """Codes of other lists for the same conduct, mapped in either direction (one step, not further).

        Raises:
            UnknownCode: no list has it.
        """
        return self._related.get(self.entry(code).code, frozenset())

    def check(self, codes: Iterable[str], other_texts: Mapping[str, str]) -> tuple[CodeProblem, ...]:
        """What is wrong with the codes of a transfer: each known, every 其他 described, nothing else described."""
        given = list(codes)
        problems = []
        if not given:
            problems.append(
                CodeProblem("NO_CODE", "", "至少须列明一项移送清单代码", "name at least one catalogue code")
            )
        for code in given:
            if code not in self.entries:
                problems.append(CodeProblem("UNKNOWN_CODE", code, "移送清单中没有此代码", "no catalogue has this code"))
            elif self.entries[code].other:
                text = other_texts.get(code, "").strip()
                if not text:
                    zh, en = "“其他”项须写明具体行为", "an 'other' member must be described in words"
                    problems.append(CodeProblem("TEXT_MISSING", code, zh, en))
                elif len(text) > MAX_OTHER_TEXT:
                    zh, en = f"说明不得超过{MAX_OTHER_TEXT}字", f"at most {MAX_OTHER_TEXT} characters"
                    problems.append(CodeProblem("TEXT_TOO_LONG", code, zh, en))
        described = {code for code in given if code in self.entries and self.entries[code].other}
        for code in other_texts:
            if code not in described:
                zh, en = "只有所选的“其他”项才可以附说明", "only a chosen 'other' member takes a text"
                problems.append(CodeProblem("TEXT_UNEXPECTED", code, zh, en))
        return tuple(problems)


def _catalogue(rule: CatalogueRule, file: PackFile) -> Catalogue:
    entries = tuple(_entry(rule, entry, file) for entry in rule.entries)
    other = entries[-1]
    if rule.other_added is not None:
        number = len(entries) + 1
        text = rule.other_added
        added = EntryRule(n=number, zh=text.zh, en=text.en, short="其他", other=True, origin="hub")
        other = _entry(rule, added, file)
    return Catalogue(
        id=rule.id,
        requirement=rule.requirement,
        title_zh=rule.title.zh,
        title_en=rule.title.en,
        derived=rule.derived,
        entries=entries,
        other=other,
        pack=file.id,
        version=file.version,
        clause=rule.clause,
    )


def _entry(rule: CatalogueRule, entry: EntryRule, file: PackFile) -> Entry:
    return Entry(
        code=f"{rule.id}-{entry.n}",
        catalogue=rule.id,
        number=entry.n,
        zh=entry.zh,
        en=entry.en,
        short=entry.short,
        other=entry.other,
        origin=entry.origin,
        criteria=entry.criteria,
        exceptions=entry.exceptions,
        maps=entry.maps,
        pack=file.id,
        clause=rule.clause,
    )


def _both_ways(entries: Mapping[str, Entry]) -> Mapping[str, frozenset[str]]:
    related: dict[str, set[str]] = {}
    for entry in entries.values():
        for code in entry.maps:
            if code not in entries:
                raise UnknownCode(f"{entry.code} maps to {code}")
            related.setdefault(entry.code, set()).add(code)
            related.setdefault(code, set()).add(entry.code)
    return MappingProxyType({code: frozenset(others) for code, others in related.items()})


@cache
def catalogues() -> Catalogues:
    """The lists of the shipped packs."""
    return Catalogues(packs())
