"""What was never completed, never used, or left behind by a process that ended: removed, an hour apart, by one runner.

The row is ended first, then the bytes go: what is interrupted between the two is found by the next run. A file that any
transfer names is never touched; the database refuses it too (`refuse_change_of_file`).
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from psycopg import Connection
from psycopg.rows import tuple_row

from hub.clock import Clock
from hub.db.transactions import Transactions
from hub.files.objects import Objects

EVERY_S: Final = 3_600.0
BATCH: Final = 500
RUNNER: Final = 0x46494C45
"""Key of the advisory lock: one process sweeps at a time."""
_LATE: Final = """
UPDATE evidence_file SET state = 'EXPIRED', parts = '{}', ended_at = %(now)s
WHERE file_id IN (
    SELECT file_id FROM evidence_file WHERE state = 'OPEN' AND opened_at < %(before)s
    ORDER BY opened_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
RETURNING file_id
"""
_CANDIDATES: Final = """
SELECT file_id FROM evidence_file f WHERE state = 'COMPLETE' AND completed_at < %(before)s
AND NOT EXISTS (SELECT FROM evidence e WHERE e.file_id = f.file_id)
ORDER BY completed_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
# A second statement: it sees what was committed while the first one waited for nothing and locked.
_UNUSED: Final = """
UPDATE evidence_file f SET state = 'UNUSED', ended_at = %(now)s
WHERE file_id = ANY(%(ids)s) AND state = 'COMPLETE'
AND NOT EXISTS (SELECT FROM evidence e WHERE e.file_id = f.file_id)
RETURNING file_id
"""
_OVER: Final = """
SELECT file_id FROM evidence_file WHERE file_id = ANY(%s) AND state <> 'OPEN'
"""
log = structlog.get_logger("hub.files")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many uploads were given up, files removed, and folders of ended uploads cleared."""

    expired: int = 0
    unused: int = 0
    leftovers: int = 0


class Sweeper:
    """One run after another; a run that another process holds is left to it."""

    def __init__(
        self, transactions: Transactions, objects: Objects, clock: Clock, *, upload_hours: int, unused_days: int
    ) -> None:
        self._transactions = transactions
        self._objects = objects
        self._clock = clock
        self._upload = timedelta(hours=upload_hours)
        self._unused = timedelta(days=unused_days)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            try:
                swept = await self.once()
            except Exception as error:  # noqa: BLE001 - whatever failed, the next run goes on; the message may hold a name
                log.warning("sweep_failed", kind=type(error).__name__)
            else:
                if swept != Swept():
                    log.info("swept", expired=swept.expired, unused=swept.unused, leftovers=swept.leftovers)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S)

    async def once(self) -> Swept:
        """Removes all that is due now.

        Raises:
            DatabaseUnavailable, StatementTimeout, StoreUnavailable: what was ended stays ended; the next run goes on.
        """
        now = self._clock.now()
        leftovers = await self._leftovers()  # before: what ends below has its bytes removed at once
        expired = unused = 0
        while ended := await self._transactions.run(lambda connection: _expire(connection, now, now - self._upload)):
            for file_id in ended:
                await self._objects.drop_upload(file_id)
                await self._objects.drop(file_id)  # put in its place, and never declared complete
            expired += len(ended)
        while ended := await self._transactions.run(lambda connection: _disuse(connection, now, now - self._unused)):
            for file_id in ended:
                await self._objects.drop(file_id)
            unused += len(ended)
        return Swept(expired, unused, leftovers)

    async def _leftovers(self) -> int:
        """Parts of uploads that are over: of a process that ended between the row and the bytes.

        What no row knows stays: it may be another installation's.
        """
        names = await self._objects.uploads()
        ids = [UUID(name) for name in names if _is_uuid(name)]
        over = await self._transactions.run(lambda connection: _over(connection, ids))
        for file_id in over:
            await self._objects.drop_upload(file_id)
        return len(over)


def _alone(connection: Connection[Any]) -> bool:
    """Whether this transaction is the one that sweeps."""
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (RUNNER,)).fetchone()
    return bool(row and row[0])


def _expire(connection: Connection[Any], now: datetime, before: datetime) -> list[UUID]:
    if not _alone(connection):
        return []
    return _ids(connection, _LATE, {"now": now, "before": before, "most": BATCH})


def _disuse(connection: Connection[Any], now: datetime, before: datetime) -> list[UUID]:
    if not _alone(connection):
        return []
    candidates = _ids(connection, _CANDIDATES, {"before": before, "most": BATCH})
    return _ids(connection, _UNUSED, {"now": now, "ids": candidates}) if candidates else []


def _over(connection: Connection[Any], ids: list[UUID]) -> list[UUID]:
    if not ids or not _alone(connection):
        return []
    return _ids(connection, _OVER, (ids,))


def _ids(connection: Connection[Any], statement: str, values: Any) -> list[UUID]:
    rows = connection.cursor(row_factory=tuple_row).execute(statement, values).fetchall()
    return [row[0] for row in rows]


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


__all__ = ["Sweeper", "Swept"]
