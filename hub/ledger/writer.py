"""Group commit: entries that arrive while a commit runs go together in the next one. No lock is shared by requests.

One process has one writer with one connection. `append` returns when the entry is on disk; only then may the answer
leave (G3). A commit whose acknowledgement is lost counts as failed: an entry too many is fine, one too few never.
"""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Self

import psycopg
import structlog
from psycopg import AsyncConnection, AsyncRawCursor

from hub.clock import Clock, today
from hub.db.watched import WatchedConnection
from hub.ledger import wire
from hub.ledger.encoded import COLUMNS, Encoded, encode
from hub.ledger.entry import DisclosureEntry

BATCH_ENTRIES = 500
BATCH_BYTES = 8_000_000
PENDING_ENTRIES = 5_000
PENDING_BYTES = 64_000_000
COMMIT_SECONDS = 10.0
CONNECT_SECONDS = 5
KNOWN_SHAPES = 20_000

_NAMES = ", ".join(name for name, _, _ in COLUMNS)
_CAST = {"error_codes": "string_to_array(error_codes, ',')", "read": "read::pg_snapshot"}
_VALUES = ", ".join(_CAST.get(name, name) for name, _, _ in COLUMNS)
_ARRAYS = ", ".join(f"${position}::{kind}[]" for position, (_, kind, _) in enumerate(COLUMNS, 1))
_NEXT = len(COLUMNS) + 1
# Shapes and usage in sorted order: two processes never wait for each other in a circle.
INSERT = f"""
WITH shape AS (
    INSERT INTO disclosure_shape
    SELECT s.hash, c.policy_version, c.legal_basis, c.shown, c.masked, c.filtered, c.counted
    FROM unnest(${_NEXT}::bytea[], ${_NEXT + 1}::text[]) s(hash, content),
         json_to_record(s.content::json) c(policy_version text, legal_basis text,
                                           shown text[], masked text[], filtered text[], counted text[])
    ORDER BY s.hash ON CONFLICT DO NOTHING
), usage AS (
    INSERT INTO client_usage (client_id, day, rows)
    SELECT u.client_id, ${_NEXT + 4}::date, u.rows
    FROM unnest(${_NEXT + 2}::text[], ${_NEXT + 3}::int8[]) u(client_id, rows)
    ORDER BY u.client_id
    ON CONFLICT (client_id, day) DO UPDATE SET rows = client_usage.rows + excluded.rows
)
INSERT INTO disclosure ({_NAMES}, epoch)
SELECT {_VALUES}, (SELECT number FROM feed_epoch) FROM unnest({_ARRAYS}) e({_NAMES})
"""

log = structlog.get_logger("hub.ledger")


class LedgerUnavailable(Exception):
    """The entry is not known to be durable: no data may leave (503)."""


@dataclass(slots=True)
class _Waiting:
    entry: Encoded
    done: asyncio.Future[None]


class LedgerWriter:
    """The one way into the ledger.

    Args:
        url: libpq URL of the app role.
        clock: says the Beijing day on which rows count against the quota.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._connection: AsyncConnection[Any] | None = None
        self._known: set[bytes] = set()

    @property
    def pending(self) -> int:
        """Entries that wait for the next commit."""
        return len(self._queue)

    async def open(self) -> None:
        """Connects, so that a wrong address fails the start.

        Raises:
            LedgerUnavailable
        """
        try:
            self._connection = await self._connect()
        except (psycopg.Error, OSError) as error:
            raise LedgerUnavailable from error
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="ledger-writer")

    async def close(self) -> None:
        """Commits what waits, then disconnects."""
        self._closing = True
        self._wake.set()
        if self._task:
            await asyncio.wait([self._task])
        await self._disconnect()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def append(self, entry: DisclosureEntry) -> None:
        """Returns when the entry is durably committed. A caller that is cancelled leaves its entry to be written.

        Raises:
            LedgerUnavailable: it is not known to be; also when too many entries wait already.
            ValueError, TypeError, struct.error: the entry cannot be stored (a defect of the hub); nothing was written.
        """
        encoded = encode(entry)
        if self._closing or self._task is None or self._task.done():
            raise LedgerUnavailable("the writer is not running")
        if len(self._queue) >= PENDING_ENTRIES or self._bytes + encoded.size > PENDING_BYTES:
            raise LedgerUnavailable("too many entries wait")
        waiting = _Waiting(encoded, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._bytes += encoded.size
        self._wake.set()
        await waiting.done

    async def _run(self) -> None:
        batch: list[_Waiting] = []
        try:
            while True:
                if not self._queue:
                    if self._closing:
                        return
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                batch = self._take()
                try:
                    await self._commit([waiting.entry for waiting in batch])
                except Exception as error:  # noqa: BLE001 - whatever happened, nobody may wait for ever
                    # The kind only: a message of the database may hold a value.
                    state = getattr(error, "sqlstate", None)
                    log.error(  # noqa: TRY400
                        "ledger_commit_failed", kind=type(error).__name__, sqlstate=state, entries=len(batch)
                    )
                    await self._disconnect()
                    _fail(batch, error)
                else:
                    for waiting in batch:
                        if not waiting.done.done():
                            waiting.done.set_result(None)
        finally:
            # Only a cancelled task comes here with work left.
            _fail([*batch, *self._queue], None)
            self._queue.clear()

    def _take(self) -> list[_Waiting]:
        """At least one entry, up to the limits of a batch."""
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < BATCH_ENTRIES:
            if batch and size + self._queue[0].entry.size > BATCH_BYTES:
                break
            waiting = self._queue.popleft()
            size += waiting.entry.size
            batch.append(waiting)
        self._bytes -= size
        return batch

    async def _commit(self, entries: list[Encoded]) -> None:
        """One statement, one transaction: entries, shapes not stored yet, usage."""
        shapes = {e.shape.hash: e.shape.content for e in entries if e.shape.hash not in self._known}
        usage = Counter[str]()
        for entry in entries:
            if entry.row_count:
                usage[entry.client_id] += entry.row_count
        columns = zip(*(entry.columns for entry in entries), strict=True)
        parameters: list[object] = [
            wire.array(oid, column) for (_, _, oid), column in zip(COLUMNS, columns, strict=True)
        ]
        parameters += (
            wire.array(wire.BYTEA, [wire.blob(hash_) for hash_ in shapes]),
            wire.array(wire.TEXT, [wire.blob(content) for content in shapes.values()]),
            wire.array(wire.TEXT, [wire.text(client) for client in usage]),
            wire.array(wire.INT8, [wire.int8(rows) for rows in usage.values()]),
            today(self._clock),
        )
        async with asyncio.timeout(COMMIT_SECONDS):
            if self._connection is None:
                self._connection = await self._connect()
            await AsyncRawCursor(self._connection).execute(INSERT, parameters)
        if len(self._known) > KNOWN_SHAPES:
            self._known.clear()
        self._known.update(shapes)

    async def _connect(self) -> AsyncConnection[Any]:
        connection = await WatchedConnection.connect(
            self._url, autocommit=True, prepare_threshold=0, connect_timeout=CONNECT_SECONDS
        )
        connection.adapters.register_dumper(wire.Packed, wire.PackedDumper)
        await connection.execute(
            "SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false),"
            f" set_config('statement_timeout', '{int(COMMIT_SECONDS * 1000)}', false),"
            # Durable means on disk here, whatever the server's default; a stronger setting (remote_apply) stays.
            " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
            " THEN set_config('synchronous_commit', 'on', false) END"
        )
        return connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._known.clear()
        if connection:
            await connection.close()


def _fail(batch: list[_Waiting], cause: Exception | None) -> None:
    for waiting in batch:
        if not waiting.done.done():
            error = LedgerUnavailable("the entry is not known to be durable")
            error.__cause__ = cause
            waiting.done.set_exception(error)
