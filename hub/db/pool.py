"""The read pool: psycopg connections of the SELECT-only role, each statement its own transaction (autocommit).

A plain LIFO of connections: the hot ones keep their prepared statements, and a checkout costs microseconds.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor, errors
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from hub.db.watched import WatchedConnection

PREPARED_PER_CONNECTION = 80
"""A cached generic plan takes 0.3 to 0.6 MB in the server: bounded, the least used goes first."""


class StatementTimeout(Exception):
    """The statement ran longer than `statement_timeout_ms` and was cancelled by the server."""


class DatabaseUnavailable(Exception):
    """No connection could be had, or it broke during the statement."""


class JsonBytes(Loader):
    """JSON is not parsed: PostgreSQL's text is the answer. The binary form of json is that text."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class ReadPool:
    """Connections made when needed, up to `size`; a request beyond waits for one.

    Args:
        url: libpq URL of the reader role.
        size: connections at most.
        statement_timeout_ms: enforced by the server.
    """

    def __init__(self, url: str, size: int, statement_timeout_ms: int) -> None:
        self._url = url
        self._timeout_ms = statement_timeout_ms
        self._free: asyncio.LifoQueue[AsyncConnection[Any] | None] = asyncio.LifoQueue(size)
        for _ in range(size):
            self._free.put_nowait(None)

    async def open(self) -> None:
        """Proves that the database answers.

        Raises:
            DatabaseUnavailable
        """
        await self.row("SELECT 1", ())

    async def close(self) -> None:
        while not self._free.empty():
            if connection := self._free.get_nowait():
                await connection.close()

    async def row(self, sql: str, parameters: Sequence[object]) -> tuple[Any, ...] | None:
        """The first row; `$1`-style parameters; json columns as bytes.

        Raises:
            StatementTimeout, DatabaseUnavailable
        """
        rows = await self.rows(sql, parameters)
        return rows[0] if rows else None

    async def rows(self, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """All rows. Raises as `row`; any other database error is a defect of the hub and passes through."""
        connection = await self._free.get()
        try:
            # A connection that the server closed while idle is found at its next use: one fresh attempt, reads only.
            fresh = connection is None
            while True:
                try:
                    if connection is None:
                        connection = await self._connect()
                    cursor = AsyncRawCursor(connection)
                    await cursor.execute(sql, parameters, binary=True)
                    return await cursor.fetchall()
                except errors.QueryCanceled as error:
                    raise StatementTimeout from error
                except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                    if connection is not None:
                        await connection.close()
                        connection = None
                    if fresh:
                        raise DatabaseUnavailable from error
                    fresh = True
        finally:
            if connection is not None and connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                # Cancelled in the middle of a statement: the connection's state is unknown, give it up.
                await connection.close()
                connection = None
            self._free.put_nowait(connection)

    async def _connect(self) -> AsyncConnection[Any]:
        connection = await WatchedConnection.connect(self._url, autocommit=True, prepare_threshold=0)
        connection.prepared_max = PREPARED_PER_CONNECTION
        connection.adapters.register_loader("json", JsonBytes)
        # One generic plan per statement text (findings.md): 0.09 ms against 0.77 ms of planning and running.
        await connection.execute(
            "SELECT set_config('timezone', 'UTC', false), set_config('jit', 'off', false),"
            " set_config('plan_cache_mode', 'force_generic_plan', false),"
            " set_config('default_transaction_read_only', 'on', false),"
            f" set_config('statement_timeout', '{int(self._timeout_ms)}', false)"
        )
        return connection
