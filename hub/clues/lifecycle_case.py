"""The life of a case (案件): opened, then merged into another or split (并案、分案). A second, small table.

A case holds material; only its transfers have a procedure. Both histories stay: a merged case points to the case that
it went into and can still be read, a split one keeps what it was. Transfers keep their receiver, number and clocks; the
command layer moves them to the other case number. The source of merging and splitting is the hub's default, by analogy
with the case rules of the agencies; the law of each case is that of its transfers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from hub.clues.lifecycle_refusals import HUB, Refusal
from hub.clues.lifecycle_refusals import RefusalCode as Code
from hub.clues.lifecycle_wordings import WORDINGS


class CaseCommand(StrEnum):
    """Names of the GraphQL mutations on a case."""

    OPEN = "openCase"
    MERGE = "mergeCases"
    SPLIT = "splitCase"


class CaseStatus(StrEnum):
    OPEN = "OPEN"
    MERGED = "MERGED"


class CaseEventKind(StrEnum):
    CASE_OPENED = "CASE_OPENED"
    CASE_ABSORBED = "CASE_ABSORBED"
    """Of the case that stays: another one was merged into it."""
    CASE_MERGED = "CASE_MERGED"
    """Of the case that ends: it went into another one."""
    CASE_SPLIT = "CASE_SPLIT"
    """Of the case that stays: a part of it was opened as a case of its own."""


class Part(StrEnum):
    """Which case of the command this one is: merging writes an event to both."""

    ONLY = "ONLY"
    KEPT = "KEPT"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One thing that happened to one case.

    Attributes:
        agency: code of the acting agency; of the first event, the one that opened the case.
        other: the other case number, of merging and splitting; of opening, the case it was split from.
        reason: written reasons of merging and splitting.
    """

    kind: CaseEventKind
    at: datetime
    agency: str
    officer: str
    other: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CaseState:
    """Attributes: `merged_into` and `split_from` are case numbers; `absorbed` and `split_off` in order of events."""

    status: CaseStatus | None = None
    opened_by: str | None = None
    merged_into: str | None = None
    split_from: str | None = None
    absorbed: tuple[str, ...] = ()
    split_off: tuple[str, ...] = ()


class CaseEdge(NamedTuple):
    before: CaseStatus | None
    event: CaseEventKind
    to: CaseStatus


CASE_TABLE: Final[Mapping[tuple[CaseCommand, Part], CaseEdge]] = {
    (CaseCommand.OPEN, Part.ONLY): CaseEdge(None, CaseEventKind.CASE_OPENED, CaseStatus.OPEN),
    (CaseCommand.MERGE, Part.KEPT): CaseEdge(CaseStatus.OPEN, CaseEventKind.CASE_ABSORBED, CaseStatus.OPEN),
    (CaseCommand.MERGE, Part.OTHER): CaseEdge(CaseStatus.OPEN, CaseEventKind.CASE_MERGED, CaseStatus.MERGED),
    (CaseCommand.SPLIT, Part.KEPT): CaseEdge(CaseStatus.OPEN, CaseEventKind.CASE_SPLIT, CaseStatus.OPEN),
    (CaseCommand.SPLIT, Part.OTHER): CaseEdge(None, CaseEventKind.CASE_OPENED, CaseStatus.OPEN),
}
"""`SPLIT`, `OTHER` is the new case that takes the part away: it begins."""


class ImpossibleCase(ValueError):
    """A case history that no sequence of commands can have written."""


def case_step(state: CaseState, command: CaseCommand, agency: str, part: Part = Part.ONLY) -> CaseEdge | Refusal:
    """The edge, or why not: only the agency that opened a case merges or splits it, and only while it is open."""
    edge = CASE_TABLE.get((command, part))
    if state.opened_by not in {None, agency}:
        return _refusal(Code.NOT_A_PARTY)
    if edge is None or edge.before != state.status:
        return _refusal(Code.CLOSED if state.status is CaseStatus.MERGED else Code.NOT_ON_THIS_ROUTE)
    return edge


def fold_case(events: Iterable[CaseEvent]) -> CaseState:
    """The state of a case.

    Raises:
        ImpossibleCase: an event that cannot follow, has no reason, or names no other case.
    """
    state = CaseState()
    for event in events:
        state = _apply(state, event)
    if state.status is None:
        raise ImpossibleCase("a case begins with being opened")
    return state


def _apply(state: CaseState, event: CaseEvent) -> CaseState:
    edge = next((each for each in CASE_TABLE.values() if each.event is event.kind), None)
    if edge is None or edge.before != state.status or state.opened_by not in {None, event.agency}:
        raise ImpossibleCase(f"{event.kind} cannot follow {state.status}")
    if event.kind is CaseEventKind.CASE_OPENED:
        return replace(state, status=edge.to, opened_by=event.agency, split_from=event.other)
    if event.other is None or not (event.reason or "").strip():
        raise ImpossibleCase(f"{event.kind} names the other case and the reason")
    match event.kind:
        case CaseEventKind.CASE_MERGED:
            return replace(state, status=edge.to, merged_into=event.other)
        case CaseEventKind.CASE_ABSORBED:
            return replace(state, absorbed=(*state.absorbed, event.other))
        case CaseEventKind.CASE_SPLIT:
            return replace(state, split_off=(*state.split_off, event.other))


def _refusal(code: Code) -> Refusal:
    words = WORDINGS[code]
    return Refusal(code, words.clause or HUB, words.zh, words.en, words.do_zh, words.do_en)
