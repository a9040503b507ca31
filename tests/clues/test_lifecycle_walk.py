"""The exhaustive walk: in every reachable state, the steps that are possible are exactly those of the hand table."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from lifecycle_hand import Seen, table
from lifecycle_people import ACTORS, AT, COMMANDS, FIRST, OUTSIDERS, SECOND, WALKS, papers, receivers

from hub.clues.lifecycle import (
    Actor,
    Event,
    Refusal,
    RefusalCode,
    Role,
    Route,
    TransferState,
    allowed,
    apply,
    beginning,
    decide,
)
from hub.clues.lifecycle_tables import TABLES


@dataclass(frozen=True)
class Place:
    """A state of the code beside what the hand table's reader knows; `receiver` as the last event named it."""

    state: TransferState
    seen: Seen
    receiver: str | None = None


def everybody(receiver: str | None) -> Iterator[tuple[str, Actor]]:
    """Who might act, by the hand table's name; a former or not yet receiver has none."""
    yield from ACTORS.items()
    for agency in (FIRST, SECOND):
        for name, actor in receivers(agency).items():
            yield name if agency == receiver else f"not the {name}", actor


def step(place: Place, event: Event) -> Place:
    return Place(
        apply(place.state, event),
        place.seen.then(event.kind),
        event.to.agency if event.to is not None else place.receiver,
    )


def words_of_case(kind: str) -> set[str]:
    return {"files cases"} if kind in {"HEALTHCARE_SECURITY", "PUBLIC_SECURITY"} else set()


def check(place: Place, kind: str) -> Iterator[Event]:
    """Compare one place with the hand table, and yield every event that can follow."""
    expected = {
        (command, answer, name)
        for author in (False, True)
        for command, answer, name in _expanded(place, kind, author=author)
    }
    found = set()
    given = papers(kind, place.receiver)
    for name, actor in everybody(place.receiver):
        for command, choice in COMMANDS:
            if isinstance(allowed(place.state, command, actor, choice), Refusal):
                continue
            written = decide(place.state, command, actor, given, AT, choice)
            assert isinstance(written, Event), "with complete papers, what is allowed is written"
            found.add((str(command), str(choice or ""), name))
            yield written
    assert found == expected, f"{place.seen}"
    assert place.seen.status() == place.state.status
    assert {str(clock.clock) for clock in place.state.clocks} == place.seen.running(words_of_case(kind)), (
        f"{place.seen}"
    )


def _expanded(place: Place, kind: str, *, author: bool) -> Iterator[tuple[str, str, str]]:
    more = words_of_case(kind) | ({"author"} if author else set())
    for command, answer, name in place.seen.may(more):
        if author and name == "sender principal":
            yield command, answer, "sender principal, author"
        elif not author:
            yield command, answer, name


@cache
def walk(route: Route, kind: str) -> dict[Place, list[Event]]:
    start = Place(beginning(route), Seen(str(route)))
    places: dict[Place, list[Event]] = {}
    queue = deque([start])
    while queue:
        place = queue.popleft()
        if place in places:
            continue
        places[place] = list(check(place, kind))
        queue.extend(step(place, event) for event in places[place])
    return places


@pytest.mark.parametrize(("route", "kind"), WALKS, ids=str)
def test_allowed_steps_are_those_of_the_hand_table(route: Route, kind: str) -> None:
    places = walk(route, kind)
    met = {event.kind for events in places.values() for event in events}
    absent = {"CASE_FILED", "CASE_DECLINED"} if not words_of_case(kind) else {"HANDLING_STARTED"}
    # Every edge of the code is taken somewhere, except those for the other kind of receiver.
    assert {edge.event for edge in TABLES[route]} - met <= absent
    # Every stage and every row of the hand table is reached.
    stages = {place.seen.stage for place in places}
    unreached = set(table()["routes"][str(route)]) - stages
    assert unreached <= ({"STARTED"} if words_of_case(kind) else {"FILED", "DECLINED"}), unreached
    for place in places:
        for outsider in OUTSIDERS:
            if outsider.role is Role.NOTIFIED or place.state.status is None:
                continue
            for command, choice in COMMANDS:
                refusal = allowed(place.state, command, outsider, choice)
                assert isinstance(refusal, Refusal)
                assert refusal.code is RefusalCode.NOT_A_PARTY


def test_a_receiver_learns_nothing_before_it_is_sent() -> None:
    for route, kind in WALKS:
        for place in walk_to_sending(route, kind):
            for name, actor in everybody(FIRST):
                if name.endswith("receiver") or name in {"procuratorate", "superior", "notified"}:
                    for command, choice in COMMANDS:
                        refusal = allowed(place.state, command, actor, choice)
                        assert isinstance(refusal, Refusal)
                        assert refusal.code is RefusalCode.NOT_A_PARTY


def walk_to_sending(route: Route, kind: str) -> list[Place]:
    return [place for place in walk(route, kind) if place.seen.stage in {"DRAFT", "REFUSED", "SUBMITTED", "APPROVED"}]


def test_the_hand_table_speaks_of_every_route() -> None:
    assert set(table()["routes"]) == {str(route) for route in Route}
