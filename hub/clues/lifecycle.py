"""The life of a clue transfer (线索移送): which step is possible, what it writes, and what follows from it.

A newcomer reads `decide`: the table of the route names the edge, its guards hold, and one event is the result. State is
the fold of events and nothing else; there is no way to set a status. Pure: no database, no clock, no framework.

What cannot be done, because no edge does it: refuse for incompleteness, skip an approval or a receipt, close without a
result, end a case by an unanswered supplement, act for another agency (`lifecycle_tables`, docs/lifecycles).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from hub.clues.events import Actor, Addressee, Event, EventKind, Given
from hub.clues.lifecycle_edges import Edge
from hub.clues.lifecycle_guards import ASKED, HELD, KEPT, Guard
from hub.clues.lifecycle_refusals import HUB, Refusal, RefusalCode
from hub.clues.lifecycle_state import Running, TransferState
from hub.clues.lifecycle_tables import RULES, TABLES, route_of
from hub.clues.lifecycle_timing import untimely
from hub.clues.lifecycle_titles import ROLES
from hub.clues.lifecycle_wordings import WORDINGS
from hub.clues.lifecycle_words import (
    FROM_FACTS,
    OF_HEALTHCARE_SECURITY,
    RECEIVER_ROLES,
    SENDER_ROLES,
    Choice,
    Command,
    Role,
    Route,
    Status,
)

__all__ = [
    "Actor",
    "Addressee",
    "Choice",
    "Command",
    "Edge",
    "Event",
    "EventKind",
    "Given",
    "ImpossibleHistory",
    "Refusal",
    "RefusalCode",
    "Role",
    "Route",
    "Status",
    "TransferState",
    "allowed",
    "apply",
    "beginning",
    "decide",
    "fold",
    "possible",
    "route_of",
]

_EDGE_OF = {(route, edge.event): edge for route, edges in TABLES.items() for edge in edges}
_EDGES_OF = {
    (route, command): tuple(edge for edge in edges if edge.command is command)
    for route, edges in TABLES.items()
    for command in Command
}


class ImpossibleHistory(ValueError):
    """A history that no sequence of commands can have written: a record was changed from outside."""


def beginning(route: Route) -> TransferState:
    """The state before the first event."""
    return TransferState(route)


def allowed(state: TransferState, command: Command, actor: Actor, choice: Choice | None = None) -> Edge | Refusal:
    """The edge that this actor may take now, or why not.

    Looks at the state and the actor only; what the command must bring (reasons, contents, officers) is in the edge's
    guards and checked by `decide`. Whether a superior is the common one, and whether the officer is registered, is
    checked where agencies and officers are known.
    """
    if not _is_party(state, actor):
        return _refusal(RefusalCode.NOT_A_PARTY)
    if state.approval_refused:
        return _refusal(RefusalCode.APPROVAL_REFUSED)
    edges = _EDGES_OF[state.route, command]
    if not edges:
        return _refusal(RefusalCode.NOT_ON_THIS_ROUTE)
    own = [edge for edge in edges if edge.who is actor.role]
    if not own:
        who = dict.fromkeys(ROLES[edge.who][0] for edge in edges)
        return _refusal(RefusalCode.ROLE_NOT_ALLOWED, edges[0], tuple(who))
    chosen = [edge for edge in own if edge.choice is choice]
    if not chosen:
        choices = dict.fromkeys(str(edge.choice) for edge in own if edge.choice is not None)
        return _refusal(RefusalCode.CHOICE_MISSING, own[0], tuple(choices))
    timely = [edge for edge in chosen if state.status in edge.before]
    if not timely:
        return _refusal(untimely(state, chosen), chosen[0])
    return _first_that_holds(state, actor, timely)


def decide(
    state: TransferState, command: Command, actor: Actor, given: Given, at: datetime, choice: Choice | None = None
) -> Event | Refusal:
    """The event that this command writes, or why it is refused. Nothing is changed by asking.

    Args:
        at: the moment of recording, with time zone.
    """
    edge = allowed(state, command, actor, choice)
    if isinstance(edge, Refusal):
        return edge
    for guard in edge.guards:
        if guard in ASKED and not ASKED[guard].test(state, given, actor):
            refused = _refusal(ASKED[guard].code, edge, _told(given.missing or {}))
            return replace(refused, clause=RULES[state.route].contents) if guard is Guard.CONTENTS_COMPLETE else refused
    return Event(
        edge.event,
        at,
        actor,
        reason=given.reason,
        to=given.to if edge.moves else None,
        route=state.route if state.status is None else None,
        officers=given.officers if _by_author(state) else (),
        procuratorate=given.procuratorate if _names_procuratorate(edge) else None,
        since=given.since if FROM_FACTS.intersection(edge.starts) else None,
    )


def apply(state: TransferState, event: Event) -> TransferState:
    """The state after one more event.

    Raises:
        ImpossibleHistory: no edge of the route writes this event here, or it lacks what its edge demands.
    """
    edge = _EDGE_OF.get((state.route, event.kind))
    if edge is None:
        raise ImpossibleHistory(f"{event.kind} is no event of {state.route}")
    taken = allowed(state, edge.command, event.by, edge.choice)
    if taken is not edge:
        code = taken.code if isinstance(taken, Refusal) else taken.event
        raise ImpossibleHistory(f"{event.kind} cannot follow {state.status}: {code}")
    kept = Given(event.reason, event.to, event.officers, event.procuratorate, event.since)
    for guard in edge.guards:
        if guard in KEPT and not ASKED[guard].test(state, kept, event.by):
            raise ImpossibleHistory(f"{event.kind} without {guard}")
    return _after(state, edge, event)


def fold(events: Iterable[Event]) -> TransferState:
    """The state of a transfer: all of its events in their order, the first of which names the route.

    Raises:
        ImpossibleHistory: also of an empty history; a transfer begins with being drafted.
    """
    history = iter(events)
    first = next(history, None)
    if first is None or first.route is None:
        raise ImpossibleHistory("a transfer begins with being drafted, on a route")
    state = apply(beginning(first.route), first)
    for event in history:
        state = apply(state, event)
    return state


def possible(state: TransferState, actor: Actor) -> tuple[Edge, ...]:
    """Every edge that this actor may take now, in the order of the table."""
    edges = TABLES[state.route]
    return tuple(edge for edge in edges if allowed(state, edge.command, actor, edge.choice) is edge)


def _is_party(state: TransferState, actor: Actor) -> bool:
    """Nobody acts for another agency; the receiver and the procuratorate exist for a transfer once it is sent."""
    if actor.role in SENDER_ROLES:
        return state.sender in {None, actor.agency}
    if actor.role in RECEIVER_ROLES:
        return state.sent and state.receiver is not None and state.receiver.agency == actor.agency
    if actor.role is Role.PROCURATORATE:
        return state.sent and state.procuratorate == actor.agency
    return actor.role is Role.SYSTEM or state.sent


def _first_that_holds(state: TransferState, actor: Actor, edges: list[Edge]) -> Edge | Refusal:
    """Edges of one command differ by guards that exclude each other; refuse by the one that came farthest."""
    farthest, refusal = -1, _refusal(RefusalCode.NOT_ON_THIS_ROUTE)
    for edge in edges:
        for position, guard in enumerate(edge.guards):
            held = HELD.get(guard)
            if held is not None and not held.test(state, actor):
                if position > farthest:
                    farthest, refusal = position, _refusal(held.code, edge)
                break
        else:
            return edge
    return refusal


def _by_author(state: TransferState) -> bool:
    """Whoever acts on a draft writes it: drafts, revises, submits, or sends where no approval is asked."""
    return state.status in {None, Status.DRAFT}


def _told(missing: Mapping[str, str]) -> tuple[str, ...]:
    """What is missing, with the place of the input where it goes: `书面移交报告（evidence.INVESTIGATION_REPORT）`."""
    return tuple(f"{zh}（{place}）" for place, zh in missing.items())


def _names_procuratorate(edge: Edge) -> bool:
    """Sending to 公安, and forwarding to a bureau that another 检察院 supervises."""
    return Guard.PROCURATORATE_COPIED in edge.guards or edge.event is EventKind.FORWARDED


def _refusal(code: RefusalCode, edge: Edge | None = None, missing: tuple[str, ...] = ()) -> Refusal:
    words = WORDINGS[code]
    clause = words.clause or (edge.clause if edge is not None else HUB)
    return Refusal(code, clause, words.zh, words.en, words.do_zh, words.do_en, missing)


def _after(state: TransferState, edge: Edge, event: Event) -> TransferState:
    running = {clock.clock: clock for clock in state.clocks if clock.clock not in edge.stops}
    for clock in edge.starts:
        if clock in OF_HEALTHCARE_SECURITY and (state.receiver is None or state.receiver.kind != "HEALTHCARE_SECURITY"):
            continue
        since = event.since if clock in FROM_FACTS else event.at
        if clock not in running and since is not None:
            running[clock] = Running(clock, since)
    authors = state.authors | {event.by.officer, *event.officers} if _by_author(state) else state.authors
    return replace(
        state,
        status=edge.to or state.status,
        sender=state.sender or event.by.agency,
        receiver=(event.to if edge.moves else None) or state.receiver,
        procuratorate=(event.procuratorate if _names_procuratorate(edge) else None) or state.procuratorate,
        authors=authors,
        clocks=tuple(running[clock] for clock in sorted(running)),
        **edge.sets,
    )
