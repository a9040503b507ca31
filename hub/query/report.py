"""What an answer hides and shows, gathered while planning: the masked-field report, coordinates for the ledger."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from hub.graph.catalogue import FieldSpec
from hub.policy.verdict import Reason
from hub.policy.vocabulary import MaskCode

MAX_PLACES = 31
"""Two bits of a bigint each: one is set where the condition hid a field, one where it showed it."""
REMEMBERED = 64
SCOPE_POLICY, SCOPE_BASIS = "scope-ceiling", "004第17条；平台授权范围"


@dataclass(slots=True)
class Entry:
    """One field coordinate that is hidden, on all records or where a bit is set.

    Each bit has its own reason: items of one list may be hidden by different policies, and one that hid nothing here
    must not be told.
    """

    coordinate: str
    reason: Reason
    scope: str | None = None
    denied_at: list[str] = field(default_factory=list)
    places: list[tuple[int, str, Reason]] = field(default_factory=list)
    items: list[tuple[int, str, Reason]] = field(default_factory=list)

    def shown(self, bits: int) -> bool:
        """Whether a condition of the field held on a row that is shown."""
        return any(bits >> 2 * place & 2 for place, _, _ in self.places)

    def told(self, bits: int) -> dict[str, Any] | None:
        """The entry of `extensions.masked`, or None where nothing was hidden.

        `rows` says what the verdict is: "all" for a field that is denied, "some" for one that is open on a condition,
        which at least one shown record does not meet.
        """
        hidden = [each for each in (*self.places, *self.items) if bits >> 2 * each[0] & 1]
        if not self.denied_at and not hidden:
            return None
        reason = self.reason if self.denied_at else hidden[0][2]
        entry: dict[str, Any] = {
            "coordinate": self.coordinate,
            "paths": list(dict.fromkeys([*self.denied_at, *(path for _, path, _ in hidden)])),
            "rows": "all" if self.denied_at else "some",
            "code": reason.code.value,
            "policy": reason.policy,
            "basis": reason.basis,
            "opens": list(reason.opens),
        }
        if self.scope:
            entry["scope"] = self.scope
        return entry


@dataclass(frozen=True, slots=True)
class Told:
    """`masked` as JSON; its coordinates and policies; coordinates shown on at least one row, or open on every row."""

    masked: bytes
    coordinates: tuple[str, ...]
    policies: tuple[str, ...]
    shown: tuple[str, ...]


class TooManyConditions(Exception):
    """The document asks for more distinct conditional places than a report can tell apart."""


class Report:
    """Built by the planner, told for each run by the bits that the statement returns.

    Attributes:
        shown: coordinate → shown on every row there, else where one of its conditions held.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.shown: dict[str, bool] = {}
        self.filtered: dict[str, None] = {}
        self.counted: dict[str, None] = {}
        self.places: dict[object, int] = {}
        self._told: dict[int, Told] = {}

    def branch(self) -> "Report":
        """A report of one root, to be merged if the root is answered."""
        made = Report()
        made.places = dict(self.places)
        return made

    def merge(self, branch: "Report") -> None:
        """Takes over what a branch found."""
        self.places = branch.places
        for coordinate, found in branch.entries.items():
            entry = self.entries.setdefault(coordinate, Entry(coordinate, found.reason, found.scope))
            if found.denied_at and not entry.denied_at:
                entry.reason = found.reason
            entry.denied_at += found.denied_at
            entry.places += found.places
            entry.items += found.items
        for coordinate, always in branch.shown.items():
            self.shown[coordinate] = always or self.shown.get(coordinate, False)
        self.filtered |= branch.filtered
        self.counted |= branch.counted

    def deny(self, spec: FieldSpec, path: str, reason: Reason) -> None:
        entry = self._entry(spec.coordinate, reason)
        if not entry.denied_at:
            entry.reason = reason
        entry.denied_at.append(path)

    def scope_missing(self, coordinate: str, path: str, scope: str) -> None:
        reason = Reason(MaskCode.SCOPE_MISSING, SCOPE_POLICY, SCOPE_BASIS, ())
        entry = self._entry(coordinate, reason)
        entry.scope = scope
        entry.denied_at.append(path)

    def conditional(self, spec: FieldSpec, path: str, reason: Reason, place: object, *, item: bool = False) -> int:
        """The number of this place: equal places (same record of the plan, same condition) share one.

        `item`: it hides items of the list that the field is, not the field.

        Raises:
            TooManyConditions
        """
        number = self.places.setdefault(place, len(self.places))
        if number >= MAX_PLACES:
            raise TooManyConditions
        entry = self._entry(spec.coordinate, reason)
        if not item:
            self.shown.setdefault(spec.coordinate, False)
        (entry.items if item else entry.places).append((number, path, reason))
        return number

    def show(self, spec: FieldSpec) -> None:
        """The field is shown on every row here."""
        if spec.data_class is not None:
            self.shown[spec.coordinate] = True

    def told(self, bits: int) -> Told:
        """What an answer with these bits hid and showed; remembered, most answers of a plan have the same."""
        known = self._told.get(bits)
        if known is None:
            masked = [told for entry in self.entries.values() if (told := entry.told(bits))]
            known = Told(
                masked=orjson.dumps(masked),
                coordinates=tuple(entry["coordinate"] for entry in masked),
                policies=tuple(entry["policy"] for entry in masked),
                shown=tuple(name for name, always in self.shown.items() if always or self.entries[name].shown(bits)),
            )
            if len(self._told) >= REMEMBERED:
                self._told.clear()
            self._told[bits] = known
        return known

    def _entry(self, coordinate: str, reason: Reason) -> Entry:
        return self.entries.setdefault(coordinate, Entry(coordinate, reason))
