"""What there is no way to do, by search over everything that can happen: take an event away and look what is left."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from lifecycle_people import WALKS
from test_lifecycle_walk import Place, everybody, step, walk

from hub.clues.events import EventKind as E
from hub.clues.lifecycle import Route, Status
from hub.clues.lifecycle_guards import HELD
from hub.clues.lifecycle_refusals import HUB
from hub.clues.lifecycle_tables import RULES, TABLES

EVERY = pytest.mark.parametrize(("route", "kind"), WALKS, ids=str)
FILED = {E.CASE_FILED, E.CASE_FILED_ON_RECONSIDERATION, E.CASE_FILED_ON_SUPERVISION, E.CASE_FILED_ON_NEW_FACTS}
APPROVED_ROUTES = {
    Route.HEALTHCARE_SECURITY_TO_HEALTH,
    Route.TO_MARKET_REGULATION,
    Route.TO_PUBLIC_SECURITY,
    Route.TO_DISCIPLINE_INSPECTION,
    Route.OTHER,
}


def reached(route: Route, kind: str, without: Iterable[E], begin: Callable[[Place], bool] | None = None) -> set[Place]:
    """Places that can still be reached from the beginning, or from every place like `begin`, without these events."""
    places, gone = walk(route, kind), set(without)
    stack = [place for place in places if (begin(place) if begin else place.state.status is None)]
    assert stack
    found = set(stack)
    while stack:
        for event in places[place := stack.pop()]:
            if event.kind not in gone and (after := step(place, event)) not in found:
                found.add(after)
                stack.append(after)
    return found


def statuses(places: Iterable[Place]) -> set[Status | None]:
    return {place.state.status for place in places}


@EVERY
def test_nothing_is_closed_without_each_of_these(route: Route, kind: str) -> None:
    decisions = {*FILED, E.CASE_DECLINED, E.HANDLING_STARTED, E.RETURNED_AS_NOT_WITHIN_REMIT}
    needed: list[set[E]] = [
        {E.SENT},
        {E.ARRIVED},
        {E.RECEIPT_SIGNED},
        decisions,
        {E.RESULT_REPORTED},
        {E.RESULT_ACKNOWLEDGED},
        {E.CLOSED},
    ]
    if route in APPROVED_ROUTES:
        needed += [{E.SUBMITTED}, {E.APPROVED}]
    assert Status.CLOSED in statuses(reached(route, kind, ()))
    for events in needed:
        assert Status.CLOSED not in statuses(reached(route, kind, events)), events


@EVERY
def test_approval_stands_before_sending_where_the_route_asks_for_it(route: Route, kind: str) -> None:
    assert (RULES[route].approval is not None) is (route in APPROVED_ROUTES)
    sent = statuses(reached(route, kind, {E.APPROVED})) - {None, Status.DRAFT, Status.SUBMITTED}
    assert bool(sent) is (route not in APPROVED_ROUTES)


@EVERY
def test_each_receiver_signs_a_receipt_of_its_own(route: Route, kind: str) -> None:
    again = reached(route, kind, {E.RECEIPT_SIGNED}, lambda place: place.seen.stage == "SENT")
    assert statuses(again) == {Status.SENT, Status.ARRIVED, Status.RECALLED}


@EVERY
def test_an_unanswered_supplement_ends_nothing(route: Route, kind: str) -> None:
    """From the request, without an answer: no decision against it and no end, only waiting or going on with the case."""
    going_on = {*FILED, E.HANDLING_STARTED, E.FORWARDED}
    waiting = reached(
        route, kind, {E.SUPPLEMENTED, *going_on}, lambda place: place.state.status is Status.SUPPLEMENT_REQUESTED
    )
    assert statuses(waiting) == {Status.SUPPLEMENT_REQUESTED}
    for place, events in walk(route, kind).items():
        if place.state.status is Status.SUPPLEMENT_REQUESTED:
            assert not {event.kind for event in events} & {E.CASE_DECLINED, E.CLOSED, E.RETURNED_AS_NOT_WITHIN_REMIT}


@EVERY
def test_a_transfer_is_recalled_before_any_receipt_only(route: Route, kind: str) -> None:
    for place, events in walk(route, kind).items():
        if any(event.kind is E.RECALLED for event in events):
            assert place.state.status in {Status.SENT, Status.ARRIVED}
            assert "receipt ever signed" not in place.seen.words
        if place.state.status is Status.RECALLED:
            assert not events


@EVERY
def test_everything_can_still_end(route: Route, kind: str) -> None:
    """No dead end: whatever happened, closing, recalling or a refused approval can be reached."""
    places = walk(route, kind)
    before: dict[Place, set[Place]] = {place: set() for place in places}
    for place, events in places.items():
        for event in events:
            before[step(place, event)].add(place)
    stack = [place for place in places if place.state.over]
    ending = set(stack)
    while stack:
        new = before[stack.pop()] - ending
        ending |= new
        stack.extend(new)
    assert ending == set(places)


def test_police_close_nothing_that_the_other_side_still_owes() -> None:
    route, kind = Route.TO_PUBLIC_SECURITY, "PUBLIC_SECURITY"
    for place, events in walk(route, kind).items():
        if any(event.kind is E.CLOSED for event in events):
            words = place.seen.words
            assert not words & {"reconsidering", "explanation demanded", "filing demanded"}
            assert "articles handed over" in words or place.seen.stage != "FILED"
            assert "handled by sender" in words or place.seen.stage != "DECLINED"


def test_the_notice_to_health_is_given_or_deferred_before_closing() -> None:
    route, kind = Route.HEALTH_TO_HEALTHCARE_SECURITY, "HEALTHCARE_SECURITY"
    onward = reached(
        route,
        kind,
        {E.AGENCY_NOTIFIED, E.NOTICE_DEFERRED},
        lambda place: "notice due" in place.seen.words,
    )
    assert Status.CLOSED not in statuses(onward)
    open_notices = [place for place in walk(route, kind) if "notice deferred" in place.seen.words]
    assert any(place.state.status is Status.CLOSED for place in open_notices), "a deferred notice can be given later"


@EVERY
def test_at_most_one_edge_fits(route: Route, kind: str) -> None:
    """A command, its answer and its actor mean one thing in each state."""
    edges = TABLES[route]
    for place in walk(route, kind):
        fitting = Counter(
            (edge.command, edge.choice, name)
            for edge in edges
            for name, actor in everybody(place.receiver)
            if edge.who is actor.role and place.state.status in edge.before
            if all(HELD[guard].test(place.state, actor) for guard in edge.guards if guard in HELD)
        )
        assert set(fitting.values()) <= {1}, fitting
    assert len({edge.event for edge in edges}) == len(edges), "one event per edge"
    assert all(edge.clause for edge in edges)
    assert all(RULES[route].approval for edge in edges if edge.event is E.APPROVED)


def test_what_has_no_legal_force_says_so() -> None:
    for route in (Route.TO_MARKET_REGULATION, Route.OTHER):
        signed = next(edge for edge in TABLES[route] if edge.event is E.RECEIPT_SIGNED)
        assert signed.clause.startswith(HUB)
