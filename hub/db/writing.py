"""The command pool: connections of the app role for work that owns its transaction, written as plain functions.

Short work runs in a greenlet on the event loop: where it waits for PostgreSQL, other requests go on, and no thread has
to get its turn behind the loop for each answer. Long work (a batch that computes for tens of milliseconds) runs on a
thread, so that it holds nobody up.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, errors
from sqlalchemy.util.concurrency import await_, greenlet_spawn

from hub.db.pool import DatabaseUnavailable, StatementTimeout
from hub.db.watched import LoopConnection

T = TypeVar("T")
CONNECT_SECONDS = 5


class OutcomeUnknown(Exception):
    """The connection broke, and could not be had again: whether the work was committed is not known."""


class _Place:
    """Where one piece of work at a time finds its connection."""

    connection: Connection[Any] | None = None


class CommandPool:
    """Runs work on connections of the app role.

    Args:
        url: libpq URL of the app role.
        size: connections on the event loop at most, and threads with one each; made when needed.
        statement_timeout_ms: enforced by the server; waiting for a lock counts.
    """

    def __init__(self, url: str, size: int, statement_timeout_ms: int) -> None:
        self._url = url
        self._timeout_ms = statement_timeout_ms
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="command")
        self._own = threading.local()
        self._places = [_Place() for _ in range(size)]
        self._free: asyncio.LifoQueue[_Place] = asyncio.LifoQueue(size)
        for place in self._places:
            self._free.put_nowait(place)
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, work: Callable[[Connection[Any]], T], *, short: bool = False) -> T:
        """The result of `work`, which begins and ends its transaction, and which may be run twice.

        A connection that broke leaves open what was committed: the work is done once more on a fresh one. So it must
        take effect once however often it runs (an idempotency key). Who waits for it may be cancelled; it is not.

        Args:
            short: it computes for a millisecond or two, and waits for nothing but its connection.

        Raises:
            DatabaseUnavailable, StatementTimeout: nothing was done.
            OutcomeUnknown: it broke again; a later repetition tells.
        """
        if not short:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._on_thread, work)
        task = asyncio.ensure_future(self._on_loop(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """What runs is finished."""
        await asyncio.to_thread(self._threads.shutdown)
        while self._running:
            await asyncio.wait(self._running)
        for place in self._places:
            if place.connection is not None:
                place.connection.close()

    async def _on_loop(self, work: Callable[[Connection[Any]], T]) -> T:
        place = await self._free.get()
        try:
            return await greenlet_spawn(_run, place, self._connect_beside, work)
        finally:
            self._free.put_nowait(place)

    def _on_thread(self, work: Callable[[Connection[Any]], T]) -> T:
        place: _Place | None = getattr(self._own, "place", None)
        if place is None:
            place = self._own.place = _Place()
            self._places.append(place)
        return _run(place, partial(self._connect, Connection), work)

    def _connect_beside(self) -> Connection[Any]:
        """In a greenlet: the handshake takes milliseconds, and a thread's time."""
        made: Connection[Any] = await_(asyncio.to_thread(self._connect, LoopConnection))
        # Short statements of a few texts, by keys: planned once a connection, not five times and then perhaps again.
        made.execute("SELECT set_config('plan_cache_mode', 'force_generic_plan', false)")
        return made

    def _connect(self, kind: type[Connection[Any]]) -> Connection[Any]:
        made = kind.connect(self._url, autocommit=True, prepare_threshold=0, connect_timeout=CONNECT_SECONDS)
        made.execute(
            "SELECT set_config('timezone', 'UTC', false), set_config('jit', 'off', false),"
            f" set_config('statement_timeout', '{int(self._timeout_ms)}', false),"
            # Durable means on disk here, whatever the server's default; a stronger setting (remote_apply) stays.
            " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
            " THEN set_config('synchronous_commit', 'on', false) END"
        )
        return made


def _run(place: _Place, connect: Callable[[], Connection[Any]], work: Callable[[Connection[Any]], T]) -> T:
    begun = False
    for _ in range(2):
        try:
            if place.connection is None or place.connection.closed:
                place.connection = connect()
            connection = place.connection
        except psycopg.OperationalError as error:
            raise (OutcomeUnknown if begun else DatabaseUnavailable) from error
        try:
            return work(connection)
        except errors.QueryCanceled as error:
            raise StatementTimeout from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not connection.broken:
                raise DatabaseUnavailable from error
            begun = True
        finally:
            if connection.broken or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                place.connection = None
                connection.close()
    raise OutcomeUnknown
