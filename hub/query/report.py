"""What an answer hides and shows, gathered while planning: the masked-field report, coordinates for the ledger."""

from dataclasses import dataclass, field
from typing import Any

from hub.graph.catalogue import FieldSpec
from hub.policy.verdict import Reason
from hub.policy.vocabulary import MaskCode

MAX_BITS = 62
"""Bits of a bigint, without the sign."""
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
    bits: list[tuple[int, str, Reason]] = field(default_factory=list)

    def told(self, bits: int) -> dict[str, Any] | None:
        """The entry of `extensions.masked`, or None where nothing was hidden."""
        some = {path: reason for bit, path, reason in reversed(self.bits) if bits >> bit & 1}
        if not self.denied_at and not some:
            return None
        paths = list(dict.fromkeys([*self.denied_at, *(path for _, path, _ in self.bits if path in some)]))
        reason = self.reason if self.denied_at else some[paths[0]]
        entry: dict[str, Any] = {
            "coordinate": self.coordinate,
            "paths": paths,
            "rows": "all" if self.denied_at else "some",
            "code": reason.code.value,
            "policy": reason.policy,
            "basis": reason.basis,
            "opens": list(reason.opens),
        }
        if self.scope:
            entry["scope"] = self.scope
        return entry


class TooManyConditions(Exception):
    """The document asks for more distinct conditional places than a report can tell apart."""


class Report:
    """Built by the planner, told for each run by the bits that the statement returns."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.shown: dict[str, None] = {}
        self.filtered: dict[str, None] = {}
        self.counted: dict[str, None] = {}
        self.places: dict[object, int] = {}

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
            entry.bits += found.bits
        self.shown |= branch.shown
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

    def conditional(self, spec: FieldSpec, path: str, reason: Reason, place: object) -> int:
        """A bit for this place: equal places (same record of the plan, same condition) share one.

        Raises:
            TooManyConditions
        """
        bit = self.places.setdefault(place, len(self.places))
        if bit >= MAX_BITS:
            raise TooManyConditions
        self._entry(spec.coordinate, reason).bits.append((bit, path, reason))
        return bit

    def show(self, spec: FieldSpec) -> None:
        if spec.data_class is not None:
            self.shown[spec.coordinate] = None

    def masked(self, bits: int) -> list[dict[str, Any]]:
        return [told for entry in self.entries.values() if (told := entry.told(bits))]

    def _entry(self, coordinate: str, reason: Reason) -> Entry:
        return self.entries.setdefault(coordinate, Entry(coordinate, reason))
