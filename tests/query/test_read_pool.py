"""The read pool keeps its promises when statements are many, late, cancelled, or cut off by the server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from hub.db.engine import Database
from hub.db.pool import DatabaseUnavailable, ReadPool, StatementTimeout

IDENT = "SELECT pg_backend_pid()"


@pytest.fixture
def database(sample_database: Database) -> Database:
    return sample_database


def run(
    database: Database, work: Callable[[ReadPool], Awaitable[Any]], *, size: int = 2, timeout_ms: int = 5_000
) -> Any:
    async def all_of_it() -> Any:
        pool = ReadPool(database.reader_url, size, timeout_ms)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(all_of_it())


def test_many_statements_share_few_connections_and_none_is_mixed_up(database: Database) -> None:
    async def work(pool: ReadPool) -> list[Any]:
        return await asyncio.gather(*(pool.row("SELECT $1::int, pg_sleep(0.001)", (n,)) for n in range(400)))

    assert [row[0] for row in run(database, work)] == list(range(400))


def test_an_answer_that_comes_in_many_pieces_is_whole(database: Database) -> None:
    async def work(pool: ReadPool) -> Any:
        return await pool.row("SELECT to_json(repeat($1, 30000000))", ("x",))

    (text,) = run(database, work)
    assert len(text) == 30_000_002


def test_a_large_question_is_sent_whole(database: Database) -> None:
    async def work(pool: ReadPool) -> Any:
        return await pool.row("SELECT length($1::text)", ("长" * 8_000_000,))

    assert run(database, work) == (8_000_000,)


def test_a_late_statement_is_told_and_its_connection_serves_on(database: Database) -> None:
    async def work(pool: ReadPool) -> tuple[Any, Any]:
        before = await pool.row(IDENT, ())
        with pytest.raises(StatementTimeout):
            await pool.row("SELECT pg_sleep(5)", ())
        return before, await pool.row(IDENT, ())

    before, after = run(database, work, size=1, timeout_ms=100)
    assert before == after


def test_who_gives_up_stops_the_statement_and_the_pool_stays_whole(database: Database) -> None:
    async def work(pool: ReadPool) -> tuple[Any, Any]:
        (pid,) = await pool.row(IDENT, ()) or (0,)
        task = asyncio.create_task(pool.row("SELECT pg_sleep(4)", ()))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pid, await pool.row(IDENT, ())

    pid, (other,) = run(database, work, size=1)
    assert other != pid
    with psycopg.connect(database.owner_url) as owner:
        row = owner.execute("SELECT state FROM pg_stat_activity WHERE pid = %s AND state = 'active'", (pid,)).fetchone()
    assert row is None


def test_a_connection_that_the_server_ended_is_replaced(database: Database) -> None:
    async def work(pool: ReadPool) -> tuple[Any, Any]:
        (pid,) = await pool.row(IDENT, ()) or (0,)
        with psycopg.connect(database.reader_url, autocommit=True) as another:
            another.execute("SELECT pg_terminate_backend(%s, 2000)", (pid,))
        await asyncio.sleep(0.1)  # the loop sees the end while nobody waits
        return pid, await pool.row(IDENT, ())

    pid, (other,) = run(database, work, size=1)
    assert other != pid


def test_a_database_that_is_away_is_told() -> None:
    async def work() -> None:
        pool = ReadPool("postgresql://nobody@127.0.0.1:1/none", 1, 1_000)
        with pytest.raises(DatabaseUnavailable):
            await pool.row("SELECT 1", ())
        await pool.close()

    asyncio.run(work())
