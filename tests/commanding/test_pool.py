"""Commands on the event loop: what waits for PostgreSQL holds nobody up, and what was begun is finished."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
import pytest
from mutating_world import Mutating
from psycopg import Connection, errors

from hub.clues import store
from hub.db.watched import LoopConnection
from hub.db.writing import CommandPool

T = TypeVar("T")
ASLEEP_S = 0.2
LARGE = 8_000_000
"""Bytes: more than a socket takes at once."""


def within(world: Mutating, size: int, work: Callable[[CommandPool], Awaitable[T]]) -> T:
    async def run() -> T:
        pool = CommandPool(world.database.app_url, size, 10_000)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def sleeping(connection: Connection[Any]) -> int:
    with store.transaction(connection):
        connection.execute("SELECT pg_sleep(%s)", (ASLEEP_S,))
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("short", [True, False])
def test_work_waits_at_the_same_time_as_far_as_there_are_connections(world: Mutating, short: bool) -> None:
    async def work(pool: CommandPool) -> tuple[list[int], float, int]:
        loop, turns = asyncio.get_running_loop(), 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(ASLEEP_S / 20)
                turns += 1

        await pool.run(sleeping, short=short)
        beside, began = asyncio.create_task(others()), loop.time()
        backends = await asyncio.gather(*(pool.run(sleeping, short=short) for _ in range(6)))
        beside.cancel()
        return backends, loop.time() - began, turns

    backends, seconds, turns = within(world, 3, work)
    assert len(set(backends)) == 3
    assert 2 * ASLEEP_S <= seconds < 5 * ASLEEP_S
    assert turns > 10


def test_what_nobody_waits_for_any_more_is_finished(world: Mutating) -> None:
    done: list[int] = []

    async def work(pool: CommandPool) -> None:
        waiting = asyncio.create_task(pool.run(lambda connection: done.append(sleeping(connection)), short=True))
        await asyncio.sleep(ASLEEP_S / 4)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not done

    within(world, 1, work)  # closing waits for it
    assert len(done) == 1


def test_more_than_a_socket_takes_at_once_goes_both_ways(world: Mutating) -> None:
    def echoed(connection: Connection[Any]) -> list[int]:
        with store.transaction(connection):
            asked = [connection.execute("SELECT %s::text", (letter * LARGE,)) for letter in "abc"]
            return [len(row[0]) for cursor in asked if (row := cursor.fetchone())]

    async def work(pool: CommandPool) -> list[int]:
        return await pool.run(echoed, short=True)

    assert within(world, 1, work) == [LARGE] * 3


@pytest.mark.parametrize("kind", [Connection, LoopConnection])
def test_a_transaction_raises_what_failed_and_can_be_used_again(world: Mutating, kind: type[Connection[Any]]) -> None:
    """Not what was skipped behind it; and of the whole nothing stays."""

    def failing(connection: Connection[Any]) -> None:
        with store.transaction(connection):
            connection.execute("INSERT INTO case_counter VALUES ('640104', 1999, 1)")
            connection.execute("SELECT 1 / 0")
            connection.execute("SELECT 2")

    def twice(connection: Connection[Any]) -> Any:
        for _ in range(2):
            with pytest.raises(errors.DivisionByZero):
                failing(connection)
        with store.transaction(connection):
            return connection.execute("SELECT count(*) FROM case_counter WHERE year = 1999").fetchone()

    with kind.connect(world.database.app_url, autocommit=True, prepare_threshold=0) as connection:
        assert twice(connection) == (0,)

    async def work(pool: CommandPool) -> Any:
        return await pool.run(twice, short=True)

    assert within(world, 1, work) == (0,)


def test_a_connection_that_ends_while_nobody_uses_it_is_made_again(world: Mutating) -> None:
    async def work(pool: CommandPool) -> tuple[int, int]:
        before = await pool.run(sleeping, short=True)
        with psycopg.connect(world.database.app_url, autocommit=True) as another:
            another.execute("SELECT pg_terminate_backend(%s)", (before,))
        await asyncio.sleep(ASLEEP_S)
        return before, await pool.run(sleeping, short=True)

    before, after = within(world, 1, work)
    assert before != after
