"""When the next thing that a transfer owes is due: the nearest of its running clocks, by the packs of `hub.law`."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from hub.clock import BEIJING
from hub.clues.lifecycle_state import Running, TransferState
from hub.clues.lifecycle_words import FROM_FACTS, WINDOWS, Clock
from hub.law import clock as law
from hub.law.clock import Deadline
from hub.law.vocabulary import Route as LawRoute
from hub.law.vocabulary import Standing

OF_NOBODY: Final = frozenset({Clock.ARRIVAL})
"""Runs out into an arrival that is presumed; nobody owes it."""
_OF_RECEIVER: Final = "receiver"


class Due(NamedTuple):
    """A deadline that is owed, with what it rests on."""

    at: datetime
    clock: Clock
    pack: str
    clause: str
    binding: bool
    provisional: bool


def columns(due: Due | None) -> dict[str, Any]:
    """The columns of a transfer that copy it."""
    values = due or (None,) * len(Due._fields)
    return {f"due_{name}": value for name, value in zip(Due._fields, values, strict=True)}


def deadline(state: TransferState, running: Running, sender_region: str, receiver_region: str) -> Deadline:
    """When one clock of a transfer runs out, in the place of the agency that must act.

    Raises:
        NoRule, OutsideCalendar: the packs cannot say.
    """
    start = running.since.astimezone(BEIJING).date() if running.clock in FROM_FACTS else running.since
    route = LawRoute(state.route)
    found = law.due(str(running.clock), route, start, sender_region, readings=False)
    if found.actor == _OF_RECEIVER and receiver_region != sender_region:
        return law.due(str(running.clock), route, start, receiver_region, readings=False)
    return found


def nearest(state: TransferState, sender_region: str, receiver_region: str) -> Due | None:
    """The nearest deadline that somebody owes; None where nothing is owed."""
    if state.over:
        return None
    owed = (running for running in state.clocks if running.clock not in WINDOWS | OF_NOBODY)
    found = [due_of(one.clock, deadline(state, one, sender_region, receiver_region)) for one in owed]
    return min(found, default=None)


def due_of(clock: Clock, found: Deadline) -> Due:
    """What is kept of a deadline."""
    basis = found.basis
    binding = basis.standing is Standing.IN_FORCE
    return Due(found.due_at, clock, basis.pack, basis.clause, binding, found.provisional)


def late(state: TransferState, sender_region: str, receiver_region: str, at: datetime) -> Clock | None:
    """The clock that ran out before the step that is taken at that moment, if one did."""
    due = nearest(state, sender_region, receiver_region)
    return due.clock if due is not None and due.at < at else None


def overdue(state: TransferState, clocks: frozenset[Clock], regions: tuple[str, str], now: datetime) -> bool:
    """Whether one of these clocks runs and is late."""
    return any(
        deadline(state, running, *regions).is_overdue(now) for running in state.clocks if running.clock in clocks
    )


def arrives_at(state: TransferState, sender_region: str, receiver_region: str) -> datetime | None:
    """When arrival is presumed (a day after sending or forwarding); None where it is not awaited."""
    for running in state.clocks:
        if running.clock is Clock.ARRIVAL:
            return deadline(state, running, sender_region, receiver_region).due_at
    return None
