"""The hub ends publicity terms by itself: exactly what is over, once, one runner, also after a downtime."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from recording_world import RecordWorld

from hub.penalties.lifecycle import fold
from hub.penalties.publicity import EVERY_S, LOCK, end_terms, next_run_s, run
from hub.penalties.store import event_of

NOON = datetime(2027, 9, 8, 4, tzinfo=UTC)  # 12 o'clock on the last day of the terms below
MIDNIGHT = datetime(2027, 9, 8, 16, tzinfo=UTC)


@pytest.fixture
def running(world: RecordWorld) -> list:
    return [world.published() for _ in range(3)]


def test_a_term_is_over_after_its_last_day_in_beijing(world, running) -> None:
    assert end_terms(world.app, NOON) == 0
    assert end_terms(world.app, MIDNIGHT - timedelta(seconds=1)) == 0
    assert end_terms(world.app, MIDNIGHT) >= 3
    for penalty in running:
        row = world.record(penalty)
        assert (row["status"], row["publicity_ends_on"]) == ("TERM_OVER", date(2027, 9, 8))
        assert world.told(penalty) == ["RECORDED", "SERVED", "PUBLISHED", "TERM_OVER"]
        last = world.events(penalty)[-1]
        assert (last["client_id"], last["officer"], last["at"]) == ("hub", "", MIDNIGHT)
        assert last["payload"] == {"record": {"ended_on": "2027-09-08"}}
        world.check_record(penalty)
    assert end_terms(world.app, MIDNIGHT) == 0, "once"


def test_it_catches_up_after_a_downtime_and_leaves_what_is_not_running(world) -> None:
    """Years later: everything that was running is over; withheld, revoked, repaired and unserved stay as they are."""
    withheld, unserved, over = world.served(), world.penalty(), world.published()
    world.owner.execute("UPDATE penalty_record SET publicity_ends_on = '2026-01-01' WHERE public_id = ANY(%s)", ([withheld, unserved],))  # fmt: skip
    assert end_terms(world.app, datetime(2036, 1, 1, tzinfo=UTC))
    assert [world.record(one)["status"] for one in (withheld, unserved, over)] == ["SERVED", "DECIDED", "TERM_OVER"]


def test_more_than_one_batch(world, monkeypatch) -> None:
    monkeypatch.setattr("hub.penalties.publicity.BATCH", 2)
    for _ in range(5):
        world.published()
    assert end_terms(world.app, datetime(2030, 1, 1, tzinfo=UTC)) == 5


def test_a_record_without_history_gets_the_state_in_which_it_was_found(world) -> None:
    made = world.published()
    world.owner.execute(
        "DELETE FROM penalty_event WHERE penalty_id = (SELECT id FROM penalty_record WHERE public_id = %s)", (made,)
    )
    before = world.record(made)
    assert end_terms(world.app, datetime(2031, 1, 1, tzinfo=UTC)) == 1
    assert world.told(made) == ["IMPORTED", "TERM_OVER"]
    state = fold(event_of(one) for one in world.events(made))
    assert (state.published_at, state.served_on) == (before["published_at"], before["served_on"])
    world.check_record(made)


def test_one_runner_at_a_time(world) -> None:
    world.published()
    with psycopg.connect(world.database.app_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        assert end_terms(world.app, datetime(2032, 1, 1, tzinfo=UTC)) is None
        other.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
    assert end_terms(world.app, datetime(2032, 1, 1, tzinfo=UTC)) == 1
    with psycopg.connect(world.database.app_url, autocommit=True) as other:
        assert other.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() == (True,), (
            "the lock was given back"
        )


def test_it_runs_right_after_midnight_in_beijing_and_within_the_hour() -> None:
    assert next_run_s(NOON) == EVERY_S
    assert next_run_s(MIDNIGHT - timedelta(minutes=1)) == 61
    assert next_run_s(MIDNIGHT) == EVERY_S


def test_the_task_runs_at_the_start_and_stops_when_told(world) -> None:
    made = world.published()

    class Then:
        def now(self) -> datetime:
            return datetime(2033, 1, 1, tzinfo=UTC)

    async def once() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(run(world.database.app_url, Then(), stop))
        while world.record(made)["status"] == "PUBLISHED":  # noqa: ASYNC110 - another thread changes it
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(task, 5)

    asyncio.run(asyncio.wait_for(once(), 20))
    assert world.record(made)["status"] == "TERM_OVER"


def test_a_database_that_is_away_is_tried_again(world, monkeypatch) -> None:
    """A failed run is no end of the task."""
    made, calls, connect = world.published(), [], psycopg.connect
    monkeypatch.setattr("hub.penalties.publicity.RETRY_S", 0.01)

    class Then:
        def now(self) -> datetime:
            return datetime(2034, 1, 1, tzinfo=UTC)

    def unwilling(*given, **more):
        calls.append(1)
        if len(calls) < 3:
            raise psycopg.OperationalError
        return connect(*given, **more)

    monkeypatch.setattr("hub.penalties.publicity.psycopg.connect", unwilling)

    async def until_it_is_there() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(run(world.database.app_url, Then(), stop))
        while world.record(made)["status"] == "PUBLISHED":  # noqa: ASYNC110 - another thread changes it
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(task, 5)

    asyncio.run(asyncio.wait_for(until_it_is_there(), 20))
    assert len(calls) == 3
