"""The index: complete whatever commits when, made by one process at a time, and a duplicate is found once."""

import asyncio
import random
import struct
from collections.abc import Iterable

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from hub.ledger.follower import ADVISORY_LOCK, Follower, index_next, tail_seconds

INSERT = """
INSERT INTO disclosure (at, public_id, client_id, agency, purpose, outcome, error_codes, operation_hmac, response_hmac,
                        shape, record_ids, record_count, row_count)
VALUES (clock_timestamp() - make_interval(secs => %s), gen_random_uuid(), 'c', 'a', 'p', 'ANSWERED', '{}', '', '', '', %s, %s, 0)
"""


def insert(connection: psycopg.Connection, ids: Iterable[int], age_s: float = 0) -> None:
    found = list(ids)
    connection.execute(INSERT, (age_s, struct.pack(f">{len(found)}q", *found), len(found)))


def indexed(connection: psycopg.Connection) -> list[tuple[int, int]]:
    """Every (record, entry) of the index, duplicates kept."""
    rows = connection.execute("SELECT record_id, e.id FROM disclosure_record, unnest(disclosure_ids, ats) e(id, at)")
    return sorted(rows.fetchall())


def expected(connection: psycopg.Connection) -> list[tuple[int, int]]:
    rows = connection.execute("SELECT id, record_ids FROM disclosure").fetchall()
    return sorted((record, id_) for id_, ids in rows for record in struct.unpack(f">{len(ids) // 8}q", ids))


def index_all(url: str, ids: int = 2_000_000) -> list:
    async def body():
        done = []
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            while batch := await index_next(connection, ids):
                done.append(batch)
        return done

    return asyncio.run(body())


def test_batches_are_cut_by_ids_and_nothing_is_left(database, app):
    for n in range(50):
        insert(app, range(n, n + n % 7))
    insert(app, range(1_000, 1_900))
    insert(app, [-(2**63), 2**63 - 1])
    batches = index_all(database.app_url, 40)
    assert len(batches) > 3
    assert sum(batch.entries for batch in batches) == 52
    assert indexed(app) == expected(app)
    assert index_all(database.app_url) == []


def test_times_stand_beside_their_entries(database, app):
    for age in range(30):
        insert(app, [age % 3, 77], age)
    index_all(database.app_url, 7)
    wrong = app.execute(
        "SELECT count(*) FROM disclosure_record, unnest(disclosure_ids, ats) e(id, at) JOIN disclosure d USING (id)"
        " WHERE d.at <> e.at"
    )
    assert wrong.fetchone() == (0,)


@pytest.mark.property
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_no_entry_is_lost_to_a_late_commit(database, seed):
    """Twelve transactions stay open, commit or roll back in any order, and the follower runs between their steps."""
    rng = random.Random(seed)
    followers = psycopg.connect(database.app_url, autocommit=True)

    async def follow():
        async with await AsyncConnection.connect(database.app_url, autocommit=True) as connection:
            return await index_next(connection, rng.choice([1, 5, 1_000]))

    with followers as app:
        writers = [psycopg.connect(database.app_url) for _ in range(6)]
        for _ in range(60):
            writer = rng.choice(writers)
            match rng.randrange(8):
                case 0:
                    writer.commit()
                case 1:
                    writer.rollback()
                case 2 | 3:
                    asyncio.run(follow())
                case _:
                    insert(writer, rng.sample(range(20), rng.randrange(4)), rng.randrange(100))
        rng.shuffle(writers)
        for writer in writers:
            writer.commit()
            asyncio.run(follow())
            writer.close()
        index_all(database.app_url)
        assert indexed(app) == expected(app)


def test_an_open_transaction_holds_the_follower_back_not_the_others(database, app):
    with psycopg.connect(database.app_url) as late:
        insert(late, [1])
        insert(app, [2])
        # The later entry may not be passed: the earlier one could never be found again.
        assert index_all(database.app_url) == []
        late.commit()
    assert [batch.entries for batch in index_all(database.app_url)] == [2]
    assert indexed(app) == expected(app)


def test_two_followers_at_once_index_each_entry_once(database, app):
    for n in range(200):
        insert(app, [n % 10, 100 + n])

    async def body():
        connections = [await AsyncConnection.connect(database.app_url, autocommit=True) for _ in range(3)]

        async def follow(connection):
            failed = 0
            while True:
                try:
                    if await index_next(connection, 20) is None:
                        return failed
                except psycopg.errors.UniqueViolation:
                    failed += 1

        await asyncio.gather(*(follow(connection) for connection in connections))
        for connection in connections:
            await connection.close()

    asyncio.run(body())
    assert indexed(app) == expected(app)


def test_one_follower_leads_and_another_takes_over(database, app):
    insert(app, [1])

    async def body():
        stop_one, stop_two = asyncio.Event(), asyncio.Event()
        one = Follower(database.app_url, poll_s=0.02, retry_s=0.05)
        two = Follower(database.app_url, poll_s=0.02, retry_s=0.05)
        first = asyncio.create_task(one.run(stop_one))
        await _until(lambda: one.indexed_entries == 1)
        second = asyncio.create_task(two.run(stop_two))
        await asyncio.sleep(0.2)
        assert (one.leading, two.leading) == (True, False)
        stop_one.set()
        await first
        insert(app, [2])
        await _until(lambda: two.indexed_entries == 1)
        # The backend of the leader is lost: it connects again.
        app.execute("SELECT 1")
        with psycopg.connect(app.info.dsn.replace("hub_app", "postgres"), autocommit=True) as superuser:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                (ADVISORY_LOCK,),
            )
        insert(app, [3])
        await _until(lambda: two.indexed_entries == 2)
        stop_two.set()
        await second

    async def _until(met):
        async with asyncio.timeout(10):
            while not met():  # noqa: ASYNC110 - a counter, not an event
                await asyncio.sleep(0.02)

    asyncio.run(body())
    assert indexed(app) == expected(app)


def test_a_position_of_another_cluster_is_not_believed(database, app):
    """After a logical restore transaction ids begin anew: entries below the old position must still be found."""
    app.execute("INSERT INTO disclosure_batch (batch, xid, id, entries) VALUES (7, '99999999999', 5, 1)")
    insert(app, [1, 2])
    assert [batch.entries for batch in index_all(database.app_url)] == [1]
    assert indexed(app) == expected(app)


def test_the_age_of_the_tail_is_told(database, app):
    async def body():
        async with await AsyncConnection.connect(database.app_url, autocommit=True) as connection:
            return await tail_seconds(connection)

    assert asyncio.run(body()) == 0.0
    insert(app, [1], 90)
    assert 90 <= asyncio.run(body()) < 120
    index_all(database.app_url)
    assert asyncio.run(body()) == 0.0
