"""Readers that wait for a change. None of them holds a connection: one poller a process looks for all of them.

The poller asks what a reader would ask: is there an entry for this agency that no transaction can still come before? A
notification at commit could not answer that, because an older transaction may still run, and would take a lock that all
committing transactions share (docs/decisions/0008-following-changes.md).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from hub.db.pool import DatabaseUnavailable, ReadPool, StatementTimeout
from hub.feed.log import ChangeLog

POLL_S = 0.05
PER_CLIENT = 8
MOST = 2_000
"""Readers that wait in one process; together they cost one statement a poll and log."""
log = structlog.get_logger("hub.feed")


class TooManyWaiting(Exception):
    """The client, or everybody together, has as many readers waiting as may."""


class ClientLeft(Exception):
    """The client went away while its request waited: nobody to answer."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a reader waits for: an entry of `log`, filed under `xid` or later.

    Attributes:
        column, value: of the entry; column "": any.
        public: only one of a public change.
    """

    log: ChangeLog
    xid: int
    column: str = ""
    value: str = ""
    public: bool = False

    @property
    def sort(self) -> tuple[ChangeLog, str, bool]:
        """All of one sort are looked for in one statement."""
        return self.log, self.column, self.public


@dataclass(slots=True, eq=False)
class _Waiter:
    watched: Sequence[Watched]
    woken: asyncio.Event


class Waiters:
    """Of one process.

    Args:
        pool: of the reader role.
        poll_s: seconds between two looks.
        per_client: requests of one client that may wait at the same time.
    """

    def __init__(self, pool: ReadPool, *, poll_s: float = POLL_S, per_client: int = PER_CLIENT) -> None:
        self._pool = pool
        self._poll_s = poll_s
        self._per_client = per_client
        self._of_client: Counter[str] = Counter()
        self._waiting: set[_Waiter] = set()
        self._poller: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def wait(
        self,
        client_id: str,
        watched: Sequence[Watched],
        seconds: float,
        left: Callable[[], Awaitable[None]] | None = None,
    ) -> bool:
        """Returns when there is something to read, or nothing for so many seconds; False when the server stops.

        Whoever returns asks the database again, with authority and policies: this opens nothing.

        Args:
            client_id: whose request it is.
            watched: any of them wakes.
            seconds: the longest wait.
            left: returns when the client goes away.

        Raises:
            TooManyWaiting, ClientLeft
        """
        if self._closed:
            return False
        if self._of_client[client_id] >= self._per_client or len(self._waiting) >= MOST:
            raise TooManyWaiting
        waiter = _Waiter(watched, asyncio.Event())
        self._of_client[client_id] += 1
        self._waiting.add(waiter)
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll(), name="feed-poller")
        try:
            await _first_of(waiter.woken, seconds, left)
        finally:
            self._waiting.discard(waiter)
            self._of_client[client_id] -= 1
            if not self._of_client[client_id]:
                del self._of_client[client_id]
        return not self._closed

    def release(self) -> None:
        """The server stops: nobody waits any more."""
        self._closed = True
        for waiter in self._waiting:
            waiter.woken.set()

    async def close(self) -> None:
        self.release()
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller

    async def _poll(self) -> None:
        """Runs while somebody waits."""
        while self._waiting:
            await asyncio.sleep(self._poll_s)
            asked = [waiter for waiter in self._waiting if not waiter.woken.is_set()]
            try:
                for each in {watched.sort for waiter in asked for watched in waiter.watched}:
                    await self._look(each, asked)
            except (DatabaseUnavailable, StatementTimeout):
                # Whoever waits asks for itself, and is told that the database cannot be had.
                for waiter in asked:
                    waiter.woken.set()
            except Exception:
                log.exception("feed_poll_failed")
                for waiter in asked:
                    waiter.woken.set()
        self._poller = None

    async def _look(self, sort: tuple[ChangeLog, str, bool], asked: Sequence[_Waiter]) -> None:
        places = [(waiter, watched) for waiter in asked for watched in waiter.watched if watched.sort == sort]
        values = [watched.value for _, watched in places]
        xids = [str(watched.xid) for _, watched in places]
        for (number,) in await self._pool.rows(looking(*sort), (values, xids)):
            places[number - 1][0].woken.set()


def looking(log_: ChangeLog, column: str, public: bool) -> str:
    """SQL: numbers, from 1, of the pairs of value and xid for which there is an entry."""
    mine = f"l.{column} = w.value AND " if column else ""
    only = "l.public AND " if public else ""
    return (
        "SELECT w.n FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(value, xid, n)"
        f" WHERE EXISTS (SELECT FROM {log_.table.description} l WHERE {mine}{only}"
        "l.xid >= w.xid::xid8 AND l.xid < (SELECT pg_snapshot_xmin(pg_current_snapshot())))"
    )


async def _first_of(woken: asyncio.Event, seconds: float, left: Callable[[], Awaitable[None]] | None) -> None:
    tasks = [asyncio.ensure_future(woken.wait())]
    if left is not None:
        tasks.append(asyncio.ensure_future(left()))  # type: ignore[arg-type]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if left is not None and tasks[1] in done:
        raise ClientLeft
