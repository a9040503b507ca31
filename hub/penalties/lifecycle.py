"""The life of a penalty record as one table: decided, served, published or withheld, over (R22, R23; 处罚法第四十八条).

Pure: the state is the fold of the events; a command becomes one event or a refusal. Every edge has one past-tense
event. Corrections (amended, revoked, recorded again) are events too: nothing is ever taken back.

    DECIDED - serve -> SERVED - publish ---------------> PUBLISHED - repair ----> REPAIRED
                       SERVED - withhold -> WITHHELD - publish -> PUBLISHED - end of term -> TERM_OVER
    amend: stays where it is; revoke: from everywhere -> REVOKED; REVOKED - record again -> DECIDED, as if new
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from hub.clock import BEIJING


class PenaltyStatus(StrEnum):
    """States of a record; `NONE` is before the first event and never stored."""

    NONE = "NONE"
    DECIDED = "DECIDED"
    SERVED = "SERVED"
    WITHHELD = "WITHHELD"
    PUBLISHED = "PUBLISHED"
    TERM_OVER = "TERM_OVER"
    REPAIRED = "REPAIRED"
    REVOKED = "REVOKED"


class PenaltyCommand(StrEnum):
    """What may be done to one record; the names are those of the mutations, END_TERM is the hub's own."""

    RECORD = "recordPenalties"
    SERVE = "servePenalty"
    PUBLISH = "publishPenalty"
    WITHHOLD = "withholdPublication"
    AMEND = "amendPenalty"
    REVOKE = "revokePenalty"
    OBJECT = "recordObjection"
    REPAIR = "recordCreditRepair"
    END_TERM = "endTerm"


class PenaltyEventKind(StrEnum):
    """What happened. IMPORTED: the state in which a record without history was found at its first command."""

    IMPORTED = "IMPORTED"
    RECORDED = "RECORDED"
    SERVED = "SERVED"
    PUBLISHED = "PUBLISHED"
    PUBLICATION_WITHHELD = "PUBLICATION_WITHHELD"
    AMENDED = "AMENDED"
    REVOKED = "REVOKED"
    OBJECTION_RECORDED = "OBJECTION_RECORDED"
    REPAIRED = "REPAIRED"
    TERM_OVER = "TERM_OVER"


class By(StrEnum):
    """Who takes a step: the authority that decided, the credit platform (inbound), the hub."""

    AUTHORITY = "AUTHORITY"
    CREDIT_PLATFORM = "CREDIT_PLATFORM"
    HUB = "HUB"


class Edge(NamedTuple):
    """One step: in a state, a command by someone becomes an event that leads to a state."""

    before: PenaltyStatus
    command: PenaltyCommand
    by: By
    event: PenaltyEventKind
    after: PenaltyStatus


_S, _C, _E = PenaltyStatus, PenaltyCommand, PenaltyEventKind
_STANDING: Final = (_S.DECIDED, _S.SERVED, _S.WITHHELD, _S.PUBLISHED, _S.TERM_OVER, _S.REPAIRED)
EDGES: Final = (
    Edge(_S.NONE, _C.RECORD, By.AUTHORITY, _E.RECORDED, _S.DECIDED),
    Edge(_S.REVOKED, _C.RECORD, By.AUTHORITY, _E.RECORDED, _S.DECIDED),
    Edge(_S.DECIDED, _C.SERVE, By.AUTHORITY, _E.SERVED, _S.SERVED),
    Edge(_S.SERVED, _C.PUBLISH, By.AUTHORITY, _E.PUBLISHED, _S.PUBLISHED),
    Edge(_S.SERVED, _C.WITHHOLD, By.AUTHORITY, _E.PUBLICATION_WITHHELD, _S.WITHHELD),
    Edge(_S.WITHHELD, _C.PUBLISH, By.AUTHORITY, _E.PUBLISHED, _S.PUBLISHED),
    Edge(_S.PUBLISHED, _C.OBJECT, By.CREDIT_PLATFORM, _E.OBJECTION_RECORDED, _S.PUBLISHED),
    Edge(_S.PUBLISHED, _C.REPAIR, By.CREDIT_PLATFORM, _E.REPAIRED, _S.REPAIRED),
    Edge(_S.PUBLISHED, _C.END_TERM, By.HUB, _E.TERM_OVER, _S.TERM_OVER),
    *(Edge(state, _C.AMEND, By.AUTHORITY, _E.AMENDED, state) for state in _STANDING),
    *(Edge(state, _C.REVOKE, By.AUTHORITY, _E.REVOKED, _S.REVOKED) for state in _STANDING),
)
_EDGE: Final[Mapping[tuple[PenaltyStatus, PenaltyCommand], Edge]] = MappingProxyType(
    {(edge.before, edge.command): edge for edge in EDGES}
)
_AFTER: Final[Mapping[tuple[PenaltyStatus, PenaltyEventKind], PenaltyStatus]] = MappingProxyType(
    {(edge.before, edge.event): edge.after for edge in EDGES}
)


class PenaltyRefusal(StrEnum):
    """Why a step is not possible now."""

    STATE_NOT_ALLOWED = "STATE_NOT_ALLOWED"
    DATE_OUT_OF_ORDER = "DATE_OUT_OF_ORDER"
    REASON_REQUIRED = "REASON_REQUIRED"
    PUBLICITY_TERM_OVER = "PUBLICITY_TERM_OVER"
    SHORTEST_TERM_NOT_OVER = "SHORTEST_TERM_NOT_OVER"
    NOTHING_TO_AMEND = "NOTHING_TO_AMEND"


@dataclass(frozen=True, slots=True)
class PenaltyState:
    """The fold. What is not yet, or no more, is None; `repair_from`: the first day on which a repair is possible."""

    status: PenaltyStatus = PenaltyStatus.NONE
    served_on: date | None = None
    not_published_reason: str | None = None
    published_at: datetime | None = None
    publicity_ends_on: date | None = None
    repair_from: date | None = None
    amended_at: datetime | None = None
    revoked_at: datetime | None = None
    repaired_at: datetime | None = None


NOTHING: Final = PenaltyState()


@dataclass(frozen=True, slots=True)
class PenaltyEvent:
    """One event. `reason`, `clause`: of a correction, a withheld publication, an objection, a repair.

    Attributes:
        served_on: of SERVED.
        ends_on, repair_from: of PUBLISHED, and of AMENDED where the amendment changes the term.
        found: of IMPORTED, the state found.
    """

    kind: PenaltyEventKind
    at: datetime
    reason: str | None = None
    clause: str | None = None
    served_on: date | None = None
    ends_on: date | None = None
    repair_from: date | None = None
    found: PenaltyState | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a command brings that decides: its own words, and of the record what guards look at.

    Attributes:
        decided_on: of the record.
        in_principle: such decisions are published in principle; otherwise publishing needs a reason (轻微).
        changes: the amendment changes something.
    """

    decided_on: date
    reason: str | None = None
    clause: str | None = None
    served_on: date | None = None
    ends_on: date | None = None
    repair_from: date | None = None
    in_principle: bool = True
    changes: bool = True


def fold(events: Iterable[PenaltyEvent], state: PenaltyState = NOTHING) -> PenaltyState:
    """The state after the events.

    Raises:
        KeyError: an event that no edge has: the history was not written by this table.
    """
    for event in events:
        state = _after(state, event)
    return state


def decide(
    state: PenaltyState, command: PenaltyCommand, by: By, given: Given, at: datetime
) -> PenaltyEvent | PenaltyRefusal:
    """The one event of a command, or why it is refused."""
    edge = _EDGE.get((state.status, command))
    if edge is None or edge.by is not by:
        return PenaltyRefusal.STATE_NOT_ALLOWED
    refusal = _guard(state, command, given, at.astimezone(BEIJING).date())
    if refusal is not None:
        return refusal
    return PenaltyEvent(edge.event, at, given.reason, given.clause, given.served_on, given.ends_on, given.repair_from)


def may(status: PenaltyStatus) -> frozenset[PenaltyCommand]:
    """The commands that the table has in a state, whoever takes them."""
    return frozenset(command for before, command in _EDGE if before is status)


def _guard(state: PenaltyState, command: PenaltyCommand, given: Given, today: date) -> PenaltyRefusal | None:
    match command:
        case PenaltyCommand.SERVE if given.served_on is None or not given.decided_on <= given.served_on <= today:
            return PenaltyRefusal.DATE_OUT_OF_ORDER
        case PenaltyCommand.PUBLISH if given.ends_on is not None and given.ends_on < today:
            return PenaltyRefusal.PUBLICITY_TERM_OVER
        case PenaltyCommand.PUBLISH if not given.in_principle and not given.reason:
            return PenaltyRefusal.REASON_REQUIRED
        case PenaltyCommand.WITHHOLD | PenaltyCommand.OBJECT if not given.reason:
            return PenaltyRefusal.REASON_REQUIRED
        case PenaltyCommand.AMEND | PenaltyCommand.REVOKE if not (given.reason and given.clause):
            return PenaltyRefusal.REASON_REQUIRED
        case PenaltyCommand.AMEND if not given.changes:
            return PenaltyRefusal.NOTHING_TO_AMEND
        case PenaltyCommand.REPAIR if state.repair_from is not None and today < state.repair_from:
            return PenaltyRefusal.SHORTEST_TERM_NOT_OVER
        case PenaltyCommand.END_TERM if state.publicity_ends_on is None or today <= state.publicity_ends_on:
            return PenaltyRefusal.DATE_OUT_OF_ORDER
    return None


def _after(state: PenaltyState, event: PenaltyEvent) -> PenaltyState:
    if event.kind is PenaltyEventKind.IMPORTED:
        if event.found is None or state.status is not PenaltyStatus.NONE:
            raise KeyError("what is imported comes first, with the state found")
        return event.found
    status = _AFTER[state.status, event.kind]
    match event.kind:
        case PenaltyEventKind.RECORDED:  # nothing of what was before counts any more
            return PenaltyState(status)
        case PenaltyEventKind.SERVED:
            return replace(state, status=status, served_on=event.served_on)
        case PenaltyEventKind.PUBLISHED:
            return replace(
                state,
                status=status,
                published_at=event.at,
                publicity_ends_on=event.ends_on,
                repair_from=event.repair_from,
                not_published_reason=None,
            )
        case PenaltyEventKind.PUBLICATION_WITHHELD:
            return replace(state, status=status, not_published_reason=event.reason)
        case PenaltyEventKind.AMENDED:
            return replace(
                state,
                amended_at=event.at,
                publicity_ends_on=event.ends_on or state.publicity_ends_on,
                repair_from=event.repair_from or state.repair_from,
            )
        case PenaltyEventKind.REVOKED:
            return replace(state, status=status, revoked_at=event.at)
        case PenaltyEventKind.REPAIRED:
            return replace(state, status=status, repaired_at=event.at)
        case _:
            return replace(state, status=status)


def term_over_at(ends_on: date) -> datetime:
    """The midnight in Beijing that follows the last day of publicity: when the term is over in law."""
    return datetime.combine(ends_on + timedelta(days=1), datetime.min.time(), BEIJING)
