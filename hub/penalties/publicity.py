"""The hub ends what is over (R23): publicity terms that have run out get their TERM_OVER event, also after a downtime.

What is over is hidden at once all the same: `publicityEndsOn` is bound in every query (`facts.published`). This writes
it down, so that the feed, the recall and the scores learn of it. One runner at a time, by an advisory lock.
"""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import psycopg
import structlog
from psycopg.rows import tuple_row

from hub.clock import BEIJING, Clock
from hub.credit.derived import Records, Writer, follow

LOCK: Final = 0x70_75_62_6C
"""Of the advisory lock: no other job of the hub takes this number."""
BATCH: Final = 1_000
EVERY_S: Final = 3_600.0
RETRY_S: Final = 60.0
HUB, NOBODY = "hub", ""
"""In place of client and officer: no one did it."""
log = structlog.get_logger("hub.penalties")
# A record without history gets the state in which it is found first, as a command would write it.
_END: Final = """
WITH over AS (
    SELECT p.id, p.authority, p.publicity_ends_on, p.served_on, p.published_at, p.amended_at, NOT EXISTS (
        SELECT FROM penalty_event e WHERE e.penalty_id = p.id) AS imported
    FROM penalty_record p
    WHERE p.status = 'PUBLISHED' AND p.publicity_ends_on < %(today)s
    ORDER BY p.publicity_ends_on, p.id LIMIT %(batch)s FOR UPDATE OF p SKIP LOCKED
), told AS (
    INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)
    SELECT id, kind, at, authority, %(hub)s, %(nobody)s, payload FROM (
        SELECT id, authority, 1 AS position, 'IMPORTED' AS kind, published_at AS at, jsonb_build_object('found',
            jsonb_strip_nulls(jsonb_build_object('status', 'PUBLISHED', 'served_on', served_on,
            'published_at', published_at, 'publicity_ends_on', publicity_ends_on, 'amended_at', amended_at))) AS payload
        FROM over WHERE imported
        UNION ALL
        SELECT id, authority, 2, 'TERM_OVER', %(now)s, jsonb_build_object('record', jsonb_build_object(
            'ended_on', publicity_ends_on)) FROM over
    ) AS each ORDER BY id, position
)
UPDATE penalty_record p SET status = 'TERM_OVER' FROM over WHERE p.id = over.id RETURNING p.id
"""


def end_terms(connection: psycopg.Connection[Any], now: datetime) -> int | None:
    """Records that every running term which is past on the Beijing day of `now` is over.

    Args:
        connection: of the app role, in autocommit; each thousand is one transaction.

    Returns:
        How many; None where another runner has the lock.
    """
    held = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    if not held or not held[0]:
        return None
    values = {"today": now.astimezone(BEIJING).date(), "now": now, "batch": BATCH, "hub": HUB, "nobody": NOBODY}
    ended = 0
    try:
        while found := _end(connection, values, now):
            ended += found
        return ended
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


def _end(connection: psycopg.Connection[Any], values: dict[str, Any], now: datetime) -> int:
    """One batch, with what it means for the scores: what is no longer public is used no longer (R23)."""
    with connection.transaction():
        ended = [row[0] for row in connection.cursor(row_factory=tuple_row).execute(_END, values).fetchall()]
        if ended:
            follow(connection, Writer(None, HUB, NOBODY, now), Records(penalties=ended))
    return len(ended)


def next_run_s(now: datetime) -> float:
    """Seconds to the next run: within the hour, and right after midnight in Beijing, when terms run out."""
    here = now.astimezone(BEIJING)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), BEIJING).astimezone(UTC)
    return min(EVERY_S, (midnight - now).total_seconds() + 1)


async def run(url: str, clock: Clock, stop: asyncio.Event) -> None:
    """Ends terms at the start and then at every `next_run_s`, until `stop`. A failed run is tried again soon.

    Args:
        url: libpq URL of the app role; a connection is made for each run.
    """

    def once() -> int | None:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            return end_terms(connection, clock.now())

    while not stop.is_set():
        wait = next_run_s(clock.now())
        try:
            if ended := await asyncio.to_thread(once):
                log.info("publicity_terms_ended", count=ended)
        except (psycopg.Error, OSError) as error:
            # The kind only: a message of the database may hold a value.
            log.warning("publicity_terms_not_ended", kind=type(error).__name__)
            wait = min(wait, RETRY_S)
        try:
            await asyncio.wait_for(stop.wait(), wait)
        except TimeoutError:
            continue
