"""Arrivals without a command: a background task that records deliveries, and the arrival that is presumed after a day.

Deliveries are read off the disclosure ledger, which holds every answer before it leaves: nothing is lost with a
process, and no answer waits for it. One process at a time does it; the others stand by.
"""

import asyncio
import time
from typing import Any, Final

import psycopg
import structlog
from psycopg import Connection

from hub.clock import Clock
from hub.clues.commands_arrival import deliveries, last_batch, presume, take_deliveries

POLL_SECONDS: Final = 2.0
PRESUME_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 15.0
ADVISORY_LOCK: Final = 0x61727276

log = structlog.get_logger("hub.clues")


class Arrivals:
    """Runs in every server process; records in the one that holds the lock.

    Args:
        url: libpq URL of the app role.
        clock: for the presumption; times of deliveries are those of their disclosures.
    """

    def __init__(
        self, url: str, clock: Clock, *, poll_s: float = POLL_SECONDS, presume_s: float = PRESUME_SECONDS
    ) -> None:
        self._url = url
        self._clock = clock
        self._poll_s = poll_s
        self._presume_s = presume_s
        self._connection: Connection[Any] | None = None
        self._presumed_at = float("-inf")
        self._after = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; a lost connection is made again."""
        while not stop.is_set():
            wait = self._poll_s
            try:
                if not await asyncio.to_thread(self.sweep):
                    wait = RETRY_SECONDS
            except (psycopg.Error, OSError) as error:
                # The kind only: a message of the database may hold a value.
                log.warning("arrivals_failed", kind=type(error).__name__)
                self._disconnect()
                wait = RETRY_SECONDS
            try:
                await asyncio.wait_for(stop.wait(), wait)
            except TimeoutError:
                continue
        self._disconnect()

    def sweep(self) -> bool:
        """Records what is there to record; False: another process does.

        Raises:
            psycopg.Error
        """
        if self._connection is None:
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            connection.execute("SELECT set_config('jit', 'off', false), set_config('timezone', 'UTC', false)")
            leading = connection.execute("SELECT pg_try_advisory_lock(%s)", (ADVISORY_LOCK,)).fetchone() == (True,)
            if not leading:
                connection.close()
                return False
            self._connection = connection
        newest = last_batch(self._connection)
        while found := deliveries(self._connection, self._after):
            if not take_deliveries(self._connection, found):
                break  # somebody works on them: they are asked for again
        else:
            self._after = newest
        if time.monotonic() - self._presumed_at >= self._presume_s:
            while presume(self._connection, self._clock.now()):
                pass
            self._presumed_at = time.monotonic()
        return True

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
