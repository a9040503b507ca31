"""The follower: turns committed entries into the index `disclosure_record`, in the order of their commits.

It reads `(xid, id)` beyond the last batch and below `pg_snapshot_xmin`: every transaction below it has ended, so no
entry can appear behind the position later (a reader of `id > last` or of times loses entries that commit late). One
runs at a time in all processes. Nothing waits for it: the look-up reads the tail as well.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

BATCH_IDS = 2_000_000
BATCH_ENTRIES = 100_000
DUTY = 0.1
POLL_SECONDS = 1.0
RETRY_SECONDS = 15.0
ADVISORY_LOCK = 0x6C656466

log = structlog.get_logger("hub.ledger")


@dataclass(frozen=True, slots=True)
class Indexed:
    """What one batch did: entries passed, record ids in them, seconds taken."""

    entries: int
    ids: int
    seconds: float


async def position(connection: AsyncConnection[Any]) -> tuple[int, str, int]:
    """`(batch, xid, id)` of the newest batch, in the caller's snapshot.

    A database restored into another cluster counts transactions anew; a position ahead of the counter means nothing
    there, and the index is made again from the start (entries indexed twice are found once).
    """
    cursor = await connection.execute(
        "SELECT batch, xid::text, id, xid >= pg_snapshot_xmax(pg_current_snapshot()) FROM disclosure_batch"
        " ORDER BY batch DESC LIMIT 1"
    )
    row = await cursor.fetchone()
    if row is None:
        return 0, "0", 0
    batch, xid, last, foreign = row
    return (batch, "0", 0) if foreign else (batch, xid, last)


async def index_next(connection: AsyncConnection[Any], ids: int = BATCH_IDS) -> Indexed | None:
    """Indexes the next entries, up to about `ids` record ids, in one transaction; None when there is none to index.

    Raises:
        psycopg.Error: nothing of the batch was stored.
    """
    began = time.perf_counter()
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await connection.execute("SET LOCAL work_mem = '64MB'")
        batch, xid, last = await position(connection)
        cursor = await connection.execute(
            """
            WITH next AS (
                SELECT xid, id, octet_length(record_ids) / 8 AS ids,
                    CASE WHEN record_count = 0 THEN NULL WHEN epoch = (SELECT number FROM feed_epoch)
                        THEN coalesce(pg_snapshot_xmin(read)::text::bigint, 0) ELSE 0 END AS read_below
                FROM disclosure
                WHERE (xid, id) > (%s::xid8, %s) AND xid < pg_snapshot_xmin(pg_current_snapshot())
                ORDER BY xid, id LIMIT %s
            ), running AS (
                SELECT xid, id, sum(ids) OVER w - ids AS before, count(*) OVER w AS entries, sum(ids) OVER w AS total,
                    min(read_below) OVER w AS oldest_read
                FROM next WINDOW w AS (ORDER BY xid, id ROWS UNBOUNDED PRECEDING)
            )
            SELECT xid::text, id, entries, total, oldest_read::text FROM running
            WHERE before < %s ORDER BY xid DESC, id DESC LIMIT 1
            """,
            (xid, last, BATCH_ENTRIES, ids),
        )
        end = await cursor.fetchone()
        if end is None:
            return None
        to_xid, to_id, entries, total, oldest_read = end
        # Two followers would make the same number: the second one's transaction fails whole.
        await connection.execute(
            "INSERT INTO disclosure_batch (batch, xid, id, entries, oldest_read)"
            " VALUES (%s, %s::xid8, %s, %s, %s::xid8)",
            (batch + 1, to_xid, to_id, entries, oldest_read),
        )
        await connection.execute(
            """
            INSERT INTO disclosure_record (record_id, batch, disclosure_ids, ats)
            SELECT record_id, %s, array_agg(id), array_agg(at)
            FROM (SELECT record_id, d.id, d.at FROM disclosure d, disclosure_ids(d.record_ids) record_id
                  WHERE (d.xid, d.id) > (%s::xid8, %s) AND (d.xid, d.id) <= (%s::xid8, %s)) shown
            GROUP BY record_id ORDER BY record_id
            """,
            (batch + 1, xid, last, to_xid, to_id),
        )
    return Indexed(entries, int(total), time.perf_counter() - began)


class Follower:
    """Runs in every server process; indexes in the one that holds the lock.

    Args:
        url: libpq URL of the app role.
        duty: share of one core's time that it may take, so that a peak of requests is not slowed by its own index.
    """

    def __init__(
        self, url: str, *, duty: float = DUTY, poll_s: float = POLL_SECONDS, retry_s: float = RETRY_SECONDS
    ) -> None:
        self._url = url
        self._duty = duty
        self._poll_s = poll_s
        self._retry_s = retry_s
        self.leading = False
        self.indexed_entries = 0
        self.indexed_ids = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; a lost connection is made again. A batch that runs when `stop` comes is finished."""
        while not stop.is_set():
            try:
                await self._lead(stop)
            except (psycopg.Error, OSError) as error:
                log.warning("ledger_follower_failed", kind=type(error).__name__)
            self.leading = False
            await _sleep(stop, self._retry_s)

    async def _lead(self, stop: asyncio.Event) -> None:
        async with await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            await connection.execute("SELECT set_config('jit', 'off', false), set_config('timezone', 'UTC', false)")
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (ADVISORY_LOCK,))
            self.leading = await cursor.fetchone() == (True,)
            while self.leading and not stop.is_set():
                done = await index_next(connection)
                if done:
                    self.indexed_entries += done.entries
                    self.indexed_ids += done.ids
                spent = done.seconds if done else 0.0
                await _sleep(stop, max(self._poll_s, spent / self._duty - spent))


async def tail_seconds(connection: AsyncConnection[Any]) -> float:
    """Age in seconds of the oldest entry that is not indexed yet; 0 when there is none."""
    _, xid, last = await position(connection)
    cursor = await connection.execute(
        "SELECT extract(epoch FROM now() - at)::float8 FROM disclosure WHERE (xid, id) > (%s::xid8, %s)"
        " ORDER BY xid, id LIMIT 1",
        (xid, last),
    )
    row = await cursor.fetchone()
    return max(0.0, float(row[0])) if row else 0.0


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
