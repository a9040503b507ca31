"""The command pool: a few threads, each with one connection of the app role, for work that owns its transaction.

Psycopg's pipeline of a synchronous connection sends what a command reads ahead in one round trip; threads wait for it
without holding the event loop. A request beyond the threads waits for one.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, errors

from hub.db.pool import DatabaseUnavailable, StatementTimeout

T = TypeVar("T")
CONNECT_SECONDS = 5


class OutcomeUnknown(Exception):
    """The connection broke, and could not be had again: whether the work was committed is not known."""


class CommandPool:
    """Runs work on connections of the app role.

    Args:
        url: libpq URL of the app role.
        size: threads, and connections, at most; made when needed.
        statement_timeout_ms: enforced by the server; waiting for a lock counts.
    """

    def __init__(self, url: str, size: int, statement_timeout_ms: int) -> None:
        self._url = url
        self._timeout_ms = statement_timeout_ms
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="command")
        self._own = threading.local()
        self._all: set[Connection[Any]] = set()

    async def run(self, work: Callable[[Connection[Any]], T]) -> T:
        """The result of `work`, which begins and ends its transaction, and which may be run twice.

        A connection that broke leaves open what was committed: the work is done once more on a fresh one. So it must
        take effect once however often it runs (an idempotency key).

        Raises:
            DatabaseUnavailable, StatementTimeout: nothing was done.
            OutcomeUnknown: it broke again; a later repetition tells.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    async def close(self) -> None:
        """What runs is finished."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._all:
            connection.close()

    def _run(self, work: Callable[[Connection[Any]], T]) -> T:
        begun = False
        for _ in range(2):
            try:
                connection = self._connection()
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
                    self._drop(connection)
        raise OutcomeUnknown

    def _connection(self) -> Connection[Any]:
        known: Connection[Any] | None = getattr(self._own, "connection", None)
        if known is not None and not known.closed:
            return known
        made = psycopg.connect(self._url, autocommit=True, prepare_threshold=0, connect_timeout=CONNECT_SECONDS)
        made.execute(
            "SELECT set_config('timezone', 'UTC', false), set_config('jit', 'off', false),"
            f" set_config('statement_timeout', '{int(self._timeout_ms)}', false),"
            # Durable means on disk here, whatever the server's default; a stronger setting (remote_apply) stays.
            " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
            " THEN set_config('synchronous_commit', 'on', false) END"
        )
        self._own.connection = made
        self._all.add(made)
        return made

    def _drop(self, connection: Connection[Any]) -> None:
        self._own.connection = None
        self._all.discard(connection)
        connection.close()
