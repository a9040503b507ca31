"""Random lives: whatever is tried in whatever order, the code and the hand table agree, and a history folds."""

import os
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifecycle_hand import Seen
from lifecycle_people import AT, COMMANDS, OUTSIDERS, WALKS, papers
from test_lifecycle_walk import Place, everybody, step, words_of_case

from hub.clues import lifecycle as life
from hub.clues.events import Event, EventKind
from hub.clues.lifecycle import Actor, Command, Refusal
from hub.clues.lifecycle_words import FROM_FACTS, Clock

pytestmark = pytest.mark.property

SOAK = bool(os.environ.get("HUB_SOAK"))
LIVES = settings(max_examples=600 if SOAK else 60, deadline=None, derandomize=not SOAK, database=None)
CLOSED_LIST = {str(clock) for clock in Clock}


def tries(place: Place) -> list[tuple[str, Actor, Command, life.Choice | None]]:
    """Everything that anybody might try here, in a fixed order."""
    everyone = [*everybody(place.receiver), *(("outsider", outsider) for outsider in OUTSIDERS)]
    return [(name, actor, command, choice) for name, actor in everyone for command, choice in COMMANDS]


def agrees(place: Place, kind: str, name: str, command: Command, choice: life.Choice | None) -> bool:
    """What the hand table says of this one step."""
    more = words_of_case(kind) | ({"author"} if name.endswith("author") else set())
    return (str(command), str(choice or ""), name.removesuffix(", author")) in place.seen.may(more)


@LIVES
@given(st.data())
def test_random_lives(data: st.DataObject) -> None:
    route, kind = data.draw(st.sampled_from(WALKS))
    place = Place(life.beginning(route), Seen(str(route)))
    history: list[Event] = []
    at = AT
    for _ in range(data.draw(st.integers(1, 40))):
        at += timedelta(minutes=data.draw(st.integers(0, 10_000)))
        possible = _possible(place, kind, at)
        # Mostly go on, sometimes try anything at all.
        if possible and data.draw(st.integers(0, 3)):
            event = data.draw(st.sampled_from(possible))
        else:
            name, actor, command, choice = data.draw(st.sampled_from(tries(place)))
            answer = life.decide(place.state, command, actor, papers(kind, place.receiver), at, choice)
            assert isinstance(answer, Event) is agrees(place, kind, name, command, choice)
            if isinstance(answer, Refusal):
                continue
            event = answer
        before, place = place, step(place, event)
        history.append(event)
        assert (
            {str(clock.clock) for clock in place.state.clocks} == place.seen.running(words_of_case(kind)) <= CLOSED_LIST
        )
        _clocks_keep_their_start(before.state, place.state, at)
    if history:
        assert life.fold(history) == place.state


def _possible(place: Place, kind: str, at: datetime) -> list[Event]:
    found = []
    for name, actor in everybody(place.receiver):
        for edge in life.possible(place.state, actor):
            assert agrees(place, kind, name, edge.command, edge.choice)
            given_ = papers(kind, place.receiver)
            event = life.decide(place.state, edge.command, actor, given_, at, edge.choice)
            assert isinstance(event, Event)
            found.append(event)
    return found


def _clocks_keep_their_start(before: life.TransferState, after: life.TransferState, at: datetime) -> None:
    """A clock that runs on counts from where it began; a new one from the event, or from its fact."""
    earlier = {running.clock: running.since for running in before.clocks}
    for running in after.clocks:
        start = AT if running.clock in FROM_FACTS else at
        assert running.since == earlier.get(running.clock, start)


@LIVES
@given(st.data())
def test_an_event_that_no_command_could_write_is_found(data: st.DataObject) -> None:
    """A history with an event inserted, dropped, doubled or attributed to somebody else is impossible, not believed."""
    route, kind = data.draw(st.sampled_from(WALKS))
    place = Place(life.beginning(route), Seen(str(route)))
    for _ in range(data.draw(st.integers(1, 25))):
        possible = _possible(place, kind, AT)
        if not possible:
            break
        place = step(place, data.draw(st.sampled_from(possible)))
    kind_of_event = data.draw(st.sampled_from(EventKind))
    name, actor = data.draw(st.sampled_from([*everybody(place.receiver), *((str(o.role), o) for o in OUTSIDERS)]))
    given_ = papers(kind, place.receiver)
    forged = Event(kind_of_event, AT, actor, given_.reason, given_.to, route, given_.officers, given_.procuratorate, AT)
    lawful = {(event.kind, event.by) for event in _possible(place, kind, AT)}
    if (kind_of_event, actor) in lawful:
        assert life.apply(place.state, forged) != place.state or kind_of_event in SAME_AGAIN, name
    else:
        with pytest.raises(life.ImpossibleHistory):
            life.apply(place.state, forged)


SAME_AGAIN = {
    EventKind.DRAFT_REVISED,
    EventKind.RESULT_CORRECTED,
    EventKind.TRANSFERRED_BACK,
    EventKind.TRANSFERRED_ONWARD_TO_PUBLIC_SECURITY,
    EventKind.TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION,
}
"""Events that may happen again without changing what is true now."""
