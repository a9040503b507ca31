"""Purposes are data: `policies/purposes.yaml` (domain.md P). Flat: none implies another."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints

from hub.policy.errors import PolicyError
from hub.policy.files import Strict, read_yaml

Name = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=64)]
Text = Annotated[str, StringConstraints(min_length=1)]
Kind = Annotated[str, StringConstraints(pattern=r"^[A-Z]+(_[A-Z]+)*$", max_length=40)]
SUPERIOR_LEVELS = (1, 2)
"""Levels of agencies that have regions below them: province and prefecture."""


class Bilingual(Strict):
    zh: Text
    en: Text


class _Entry(Strict):
    name: Name
    title: Bilingual
    claimants: frozenset[Kind]
    superior_only: bool = False
    basis: Text
    case: Literal["optional", "none"]
    available: bool = True


class _File(Strict):
    purposes: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Purpose:
    """One lawful purpose.

    Attributes:
        claimants: agency kinds that may claim it.
        superior_only: only agencies of region level 1 or 2 may claim it.
        basis: the clauses it stands on, in Chinese short form.
        case: "optional": a token may name one case; "none": it may not.
        available: False: not yet open, no token is issued for it.
    """

    name: str
    title_zh: str
    title_en: str
    claimants: frozenset[str]
    superior_only: bool
    basis: str
    case: Literal["optional", "none"]
    available: bool

    def claimable_by(self, agency_kind: str, region_level: int) -> bool:
        """Whether an agency of this kind and region level (1 province, 2 prefecture, 3 county) may claim it now."""
        level_is_right = not self.superior_only or region_level in SUPERIOR_LEVELS
        return self.available and agency_kind in self.claimants and level_is_right


def load_purposes(folder: Path) -> Mapping[str, Purpose]:
    """Purposes by name, in the order of `purposes.yaml` in the folder of the policies.

    Raises:
        PolicyError: the file is not of its form, or a name stands twice.
    """
    entries = read_yaml(folder / "purposes.yaml", _File).purposes
    purposes = {
        entry.name: Purpose(
            name=entry.name,
            title_zh=entry.title.zh,
            title_en=entry.title.en,
            claimants=entry.claimants,
            superior_only=entry.superior_only,
            basis=entry.basis,
            case=entry.case,
            available=entry.available,
        )
        for entry in entries
    }
    names = [entry.name for entry in entries]
    problems = [f"purposes.yaml: {name} stands twice" for name in purposes if names.count(name) > 1]
    problems += [
        f"purposes.yaml: {purpose.name} is available, but nobody may claim it"
        for purpose in purposes.values()
        if purpose.available and not purpose.claimants
    ]
    if problems:
        raise PolicyError(problems)
    return purposes
