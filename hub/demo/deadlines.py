"""Deadlines of the sample's transfers, computed by `hub.law` as the commands would have computed them.

A transfer of the sample has no events, so its history is that of an imported one (`store_imported`). Which clocks run,
and which ran before each step, depends on a few properties only: it is worked out once for each combination of them,
with names for the moments, and then the days of each life are filled in.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from hub.clock import BEIJING
from hub.clues.commands_due import OF_NOBODY, Due, deadline, due_of
from hub.clues.deadlines import counted_in_hours
from hub.clues.lifecycle import apply, beginning, route_of
from hub.clues.lifecycle_state import Running, TransferState
from hub.clues.lifecycle_words import FROM_FACTS, WINDOWS, Clock, Route
from hub.clues.store import midnight
from hub.clues.store_imported import history
from hub.demo.layout import DAYS, EPOCH
from hub.demo.lives import Life

COLUMNS: Final = "due_at, due_clock, due_pack, due_clause, due_binding, due_provisional, late_clock"
_START: Final = datetime.combine(EPOCH, datetime.min.time(), UTC)
_KNOWN: Final = FROM_FACTS | {Clock.RECEIPT, Clock.RESULT_FEEDBACK}
"""Clocks whose start and end the sample tells; between other steps an imported history knows no moment."""
_DISCOVERED: Final = "discovered"
_STEPS: Final = ("sent", "arrived", "received", "closed")
_NAMES: Final[Mapping[datetime, str]] = MappingProxyType(
    {midnight(date(2001, 1, 1)): _DISCOVERED}
    | {midnight(date(2001, month, 1)): name for month, name in enumerate(_STEPS, 2)}
)
"""Moments of a history that stands for all of its kind."""


class Kind(NamedTuple):
    """What the course of a transfer depends on. `taken`: which of sent, arrived, received, closed have a moment."""

    sender_kind: str
    receiver_kind: str
    status: str
    taken: frozenset[str]
    forwarded: bool
    declined: bool


class _Course(NamedTuple):
    """Clocks that somebody owes, each with the name of the moment it counts from: now, and before each later step."""

    route: Route
    now: tuple[tuple[Clock, str], ...]
    before: tuple[tuple[str, tuple[tuple[Clock, str], ...]], ...]


def columns(kind: Kind, day: int, life: Life, sender_region: str, receiver_region: str) -> tuple[str, datetime | None]:
    r"""The `COLUMNS` as COPY reads them (`\N` where nothing is owed), and the moment that is due.

    Args:
        kind: of the transfer.
        day: of discovery, counted as `layout` does.
        life: its moments.
        sender_region, receiver_region: places of the agencies.
    """
    course = _course(kind)

    def due(owed: tuple[Clock, str]) -> Due:
        clock, name = owed
        since = _midnight(day) if name == _DISCOVERED else _moment(getattr(life, name))
        if clock not in counted_in_hours():
            since = midnight(since.astimezone(BEIJING).date())
        return _due(course.route, clock, since, sender_region, receiver_region)

    late = next(
        (
            clock
            for step, owed in course.before
            for at, clock, *_ in [min(map(due, owed))]
            if at < _moment(getattr(life, step))
        ),
        None,
    )
    found = min(map(due, course.now), default=None)
    if found is None:
        return "\t".join([r"\N"] * 6 + [late or r"\N"]), None
    told = (
        found.at.isoformat(),
        found.clock,
        found.pack,
        found.clause,
        *("t" if flag else "f" for flag in (found.binding, found.provisional)),
        late or r"\N",
    )
    return "\t".join(told), found.at


def _moment(minutes: int) -> datetime:
    return _START + timedelta(minutes=minutes)


@lru_cache(1 << 12)
def _midnight(day: int) -> datetime:
    return midnight(date.fromisoformat(DAYS[day]))


@lru_cache(1 << 16)  # cases come by their day
def _due(route: Route, clock: Clock, since: datetime, sender_region: str, receiver_region: str) -> Due:
    return due_of(clock, deadline(TransferState(route), Running(clock, since), sender_region, receiver_region))


@cache
def _course(kind: Kind) -> _Course:
    moments = {name: moment for moment, name in _NAMES.items()}
    row = {
        "sender_kind": kind.sender_kind,
        "receiver_kind": kind.receiver_kind,
        "status": kind.status,
        "sender": "S",
        "receiver": "R",
        "forwarded_from": "F" if kind.forwarded else None,
        "outcome": "CASE_DECLINED" if kind.declined else None,
        "discovered_on": moments[_DISCOVERED].astimezone(BEIJING).date(),
        **{f"{name}_at": moments[name] if name in kind.taken else None for name in _STEPS},
    }
    state = beginning(route_of(kind.sender_kind, kind.receiver_kind))
    before = []
    for event in history(row, None):
        known = tuple(owed for owed in _owed(state) if owed[0] in _KNOWN)
        if known and _NAMES[event.at] in _STEPS:
            before.append((_NAMES[event.at], known))
        state = apply(state, event)
    return _Course(state.route, _owed(state), tuple(dict.fromkeys(before)))


def _owed(state: TransferState) -> tuple[tuple[Clock, str], ...]:
    if state.over:
        return ()
    return tuple((one.clock, _NAMES[one.since]) for one in state.clocks if one.clock not in WINDOWS | OF_NOBODY)
