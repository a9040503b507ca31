"""The life of a penalty: every (state, command, actor) against a table by hand; guards; histories."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.penalties.lifecycle import (
    EDGES,
    By,
    Given,
    PenaltyCommand,
    PenaltyEvent,
    PenaltyEventKind,
    PenaltyRefusal,
    PenaltyState,
    PenaltyStatus,
    decide,
    fold,
    may,
    term_over_at,
)

TABLE = yaml.safe_load((Path(__file__).parent / "penalty_table.yaml").read_text(encoding="utf-8"))
ACTORS = {"A": By.AUTHORITY, "C": By.CREDIT_PLATFORM, "H": By.HUB}
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TODAY = date(2026, 11, 20)
GOOD = Given(
    decided_on=date(2026, 11, 2), reason="理由", clause="处罚法第四十八条", served_on=date(2026, 11, 5),
    ends_on=date(2027, 11, 2), repair_from=date(2027, 2, 3),
)  # fmt: skip
# Its term is over and its shortest term too, so that every guard lets pass what the table has.
STATE = PenaltyState(publicity_ends_on=date(2026, 11, 19), repair_from=date(2026, 11, 19))


@pytest.mark.parametrize("status", PenaltyStatus)
def test_every_step_is_that_of_the_table_by_hand(status: PenaltyStatus) -> None:
    for command, by in product(PenaltyCommand, By):
        wanted = TABLE[status].get(command)
        found = decide(replace(STATE, status=status), command, by, GOOD, NOW)
        if wanted is None or ACTORS[wanted["by"]] is not by:
            assert found is PenaltyRefusal.STATE_NOT_ALLOWED, (status, command, by)
        else:
            assert isinstance(found, PenaltyEvent), (status, command, by, found)
            assert fold([found], replace(STATE, status=status)).status == wanted["to"]


def test_the_table_by_hand_names_every_state_and_every_edge() -> None:
    assert set(TABLE) == set(PenaltyStatus)
    assert sum(len(steps) for steps in TABLE.values()) == len(EDGES)
    assert all(may(status) == set(TABLE[status]) for status in PenaltyStatus)


@pytest.mark.parametrize(
    ("status", "command", "by", "brought", "refusal"),
    [
        ("DECIDED", "servePenalty", By.AUTHORITY, {"served_on": None}, "DATE_OUT_OF_ORDER"),
        ("DECIDED", "servePenalty", By.AUTHORITY, {"served_on": date(2026, 11, 1)}, "DATE_OUT_OF_ORDER"),
        ("DECIDED", "servePenalty", By.AUTHORITY, {"served_on": date(2026, 11, 21)}, "DATE_OUT_OF_ORDER"),
        ("SERVED", "publishPenalty", By.AUTHORITY, {"ends_on": date(2026, 11, 19)}, "PUBLICITY_TERM_OVER"),
        ("SERVED", "publishPenalty", By.AUTHORITY, {"in_principle": False, "reason": None}, "REASON_REQUIRED"),
        ("SERVED", "withholdPublication", By.AUTHORITY, {"reason": None}, "REASON_REQUIRED"),
        ("PUBLISHED", "revokePenalty", By.AUTHORITY, {"reason": None}, "REASON_REQUIRED"),
        ("PUBLISHED", "revokePenalty", By.AUTHORITY, {"clause": None}, "REASON_REQUIRED"),
        ("PUBLISHED", "amendPenalty", By.AUTHORITY, {"reason": ""}, "REASON_REQUIRED"),
        ("PUBLISHED", "amendPenalty", By.AUTHORITY, {"changes": False}, "NOTHING_TO_AMEND"),
        ("PUBLISHED", "recordObjection", By.CREDIT_PLATFORM, {"reason": None}, "REASON_REQUIRED"),
    ],
)
def test_guards(status, command, by, brought, refusal) -> None:
    state = replace(STATE, status=PenaltyStatus(status))
    assert decide(state, PenaltyCommand(command), by, replace(GOOD, **brought), NOW) == refusal


def test_service_on_the_day_of_decision_and_today_is_in_order() -> None:
    state = PenaltyState(PenaltyStatus.DECIDED)
    for day in (GOOD.decided_on, TODAY):
        assert isinstance(
            decide(state, PenaltyCommand.SERVE, By.AUTHORITY, replace(GOOD, served_on=day), NOW), PenaltyEvent
        )


def test_no_repair_before_the_shortest_term_is_over() -> None:
    state = PenaltyState(PenaltyStatus.PUBLISHED, repair_from=date(2026, 11, 21))
    repair = (PenaltyCommand.REPAIR, By.CREDIT_PLATFORM, GOOD)
    assert decide(state, *repair, NOW) is PenaltyRefusal.SHORTEST_TERM_NOT_OVER
    # Midnight in Beijing is 16:00 UTC: from then on it is the 21st.
    assert decide(state, *repair, datetime(2026, 11, 20, 15, 59, tzinfo=UTC)) is PenaltyRefusal.SHORTEST_TERM_NOT_OVER
    assert isinstance(decide(state, *repair, datetime(2026, 11, 20, 16, tzinfo=UTC)), PenaltyEvent)


def test_the_hub_ends_a_term_on_the_day_after_its_last_and_not_before() -> None:
    state = PenaltyState(PenaltyStatus.PUBLISHED, publicity_ends_on=TODAY)
    assert decide(state, PenaltyCommand.END_TERM, By.HUB, GOOD, NOW) is PenaltyRefusal.DATE_OUT_OF_ORDER
    over = term_over_at(TODAY)
    assert over == datetime(2026, 11, 20, 16, tzinfo=UTC)
    ended = decide(state, PenaltyCommand.END_TERM, By.HUB, GOOD, over)
    assert isinstance(ended, PenaltyEvent)
    assert fold([ended], state).status is PenaltyStatus.TERM_OVER


@st.composite
def histories(draw: st.DrawFn, start: PenaltyState) -> list[PenaltyEvent]:
    """Any steps that the table has, from a state on."""
    state, events, at = start, [], NOW
    for _ in range(draw(st.integers(0, 8))):
        command, by = draw(st.sampled_from(sorted(may(state.status)))), draw(st.sampled_from(By))
        at += timedelta(days=draw(st.integers(0, 500)))
        brought = replace(GOOD, served_on=at.date() - timedelta(days=1), ends_on=at.date() + timedelta(days=90))
        event = decide(state, command, by, brought, at)
        if isinstance(event, PenaltyEvent):
            events.append(event)
            state = fold([event], state)
    return events


RECORDED = PenaltyEvent(PenaltyEventKind.RECORDED, NOW)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_revoked_then_recorded_again_is_as_if_never_recorded_before(data: st.DataObject) -> None:
    before = [RECORDED, *data.draw(histories(fold([RECORDED])))]
    state = fold(before)
    if state.status is not PenaltyStatus.REVOKED:
        before.append(PenaltyEvent(PenaltyEventKind.REVOKED, NOW, "理由", "条款"))
    after = data.draw(histories(fold([RECORDED])))
    assert fold([*before, RECORDED, *after]) == fold([RECORDED, *after])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_fold_keeps_its_promises(data: st.DataObject) -> None:
    events = [RECORDED, *data.draw(histories(fold([RECORDED])))]
    for end in range(1, len(events) + 1):
        state = fold(events[:end])
        assert (state.status is PenaltyStatus.REVOKED) == (state.revoked_at is not None)
        assert (state.status is PenaltyStatus.WITHHELD) == (state.not_published_reason is not None) or (
            state.status is PenaltyStatus.REVOKED
        )
        if state.status in {PenaltyStatus.PUBLISHED, PenaltyStatus.TERM_OVER, PenaltyStatus.REPAIRED}:
            assert state.served_on is not None, "nothing is published that was not served"
            assert state.published_at is not None
            assert state.publicity_ends_on is not None


def test_a_history_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        fold([RECORDED, PenaltyEvent(PenaltyEventKind.PUBLISHED, NOW)])
    with pytest.raises(KeyError):
        fold([RECORDED, PenaltyEvent(PenaltyEventKind.IMPORTED, NOW, found=STATE)])
