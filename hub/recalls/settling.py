"""Who received what was recalled: found from the ledger, also where the answer left after the change was committed.

A change opens its cause in its own transaction (migration 0023). An entry of the ledger received the record *before*
the change if and only if the snapshot that it was read in did not see the change: exact, however long an answer was
under way. Causes and batches of the ledger's index are joined as they come: a new cause with every batch there is, a
new batch with every cause that one of its reads may not have seen. So nothing waits for reads to end: an entry that
comes an hour late is found then. Each step is one transaction, one runner at a time; a killed one is repeated whole.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.clock import Clock
from hub.law.recall import RecallCause, due
from hub.policy.engine import PolicyEngine
from hub.policy.verdict import Deny
from hub.policy.vocabulary import DataClass

LOCK: Final = 0x7265_6361
"""Of the advisory lock: no other job of the hub takes this number."""
CAUSES: Final = 2_000
"""Looked at in one transaction."""
EMBARGOED: Final = ("PUBLIC_SECURITY", "DISCIPLINE_INSPECTION", "PROCURATORATE")
"""Kinds of agency of which nobody may learn that they looked at a record (R27)."""
POLL_S: Final = 1.0
RETRY_S: Final = 15.0
log = structlog.get_logger("hub.recalls")

_STATE: Final = """
SELECT p.batch, p.epoch, e.number AS now_epoch, (SELECT coalesce(max(b.batch), 0) FROM disclosure_batch b) AS newest,
    EXISTS (SELECT FROM recall_cause c WHERE c.assigned_at IS NULL) AS waiting
FROM recall_progress p, feed_epoch e
"""
# Another cluster counts transactions anew: what stood in the old count stands before everything now.
_RESTORED: Final = (
    "UPDATE recall_cause SET assigned_at = NULL, due_at = NULL, place_xid = '0'",
    "UPDATE recall SET place_xid = '0'",
)
_NEW: Final = """
SELECT c.id, c.kind, c.public, (c.at AT TIME ZONE 'Asia/Shanghai')::date AS day, p.region
FROM recall_cause c JOIN penalty_record p ON p.id = c.record_id
WHERE c.assigned_at IS NULL ORDER BY c.id LIMIT %s
"""
_DATED: Final = """
UPDATE recall_cause c SET assigned_at = %(now)s, due_at = d.due_at, clause = d.clause, notice = d.notice
FROM unnest(%(ids)s::bigint[], %(due)s::timestamptz[], %(clauses)s::text[], %(notices)s::text[])
    AS d(id, due_at, clause, notice)
WHERE c.id = d.id
"""
_STILL_UNSEEN: Final = """
SELECT c.id FROM recall_cause c, (
    SELECT min(b.oldest_read::text::bigint)::text::xid8 AS xid FROM disclosure_batch b
    WHERE b.batch > %(after)s AND b.batch <= %(newest)s) reach
WHERE c.assigned_at IS NOT NULL AND c.xid >= reach.xid AND (c.epoch = %(epoch)s OR reach.xid = '0')
ORDER BY c.id
"""
"""Causes that one of the reads of the batches may not have seen. A reach of 0: there are reads of an unknown state."""
_ASSIGN: Final = """
WITH cause AS MATERIALIZED (
    SELECT c.*, p.public_id, p.authority, p.region, p.province, p.prefecture, p.county
    FROM recall_cause c JOIN penalty_record p ON p.id = c.record_id WHERE c.id = ANY(%(ids)s)
), hit AS MATERIALIZED (
    SELECT DISTINCT c.id AS cause, e.id, e.at
    FROM cause c
    JOIN disclosure_record r ON r.record_id = c.record_id AND r.batch > %(after)s AND r.batch <= %(newest)s
    CROSS JOIN LATERAL unnest(r.disclosure_ids, r.ats) e(id, at)
), entry AS MATERIALIZED (
    SELECT d.id, d.at, d.client_id, d.agency, d.purpose, d.case_no, d.read, d.epoch
    FROM (SELECT DISTINCT id, at FROM hit) h JOIN disclosure d ON d.at = h.at AND d.id = h.id
), received AS (
    SELECT h.cause, e.client_id, max(e.agency) AS agency, max(e.at) AS at, bool_or(e.case_no IS NOT NULL) AS by_case,
        bool_or(e.case_no IS NULL) AS openly, bool_or(e.purpose = ANY(%(supervising)s)) AS supervises
    FROM hit h JOIN entry e ON e.id = h.id AND e.at = h.at JOIN cause c ON c.id = h.cause
    WHERE CASE WHEN e.read IS NULL THEN true
        WHEN e.epoch IS DISTINCT FROM c.epoch THEN e.at <= c.at
        ELSE NOT pg_visible_in_snapshot(c.xid, e.read) END
    GROUP BY h.cause, e.client_id
), recipient AS (
    SELECT r.*, c.public OR r.supervises AND a.region IN (c.province, c.prefecture, c.county) AS by_feed,
        r.openly AND a.kind <> ALL(%(embargoed)s) AS told
    FROM received r JOIN cause c ON c.id = r.cause JOIN agency a ON a.code = r.agency
    WHERE r.agency <> c.authority
)
INSERT INTO recall AS known (cause_id, feed, record_type, record_id, key, client_id, agency, authority, cause, reason,
    clause, notice, recalled_at, due_at, place_xid, place_id, public, told, by_feed, received_at, region)
SELECT c.id, c.feed, 'PenaltyRecord', c.record_id, c.public_id::text, r.client_id, r.agency, c.authority, c.kind,
    c.reason, c.clause, c.notice, c.at, c.due_at, c.place_xid, c.place_id, c.public, r.told, r.by_feed, r.at, c.region
FROM recipient r JOIN cause c ON c.id = r.cause
WHERE r.by_feed OR r.by_case
ORDER BY c.id, r.client_id
ON CONFLICT (cause_id, client_id) DO UPDATE SET
    received_at = greatest(known.received_at, excluded.received_at), told = known.told OR excluded.told,
    by_feed = known.by_feed OR excluded.by_feed,
    acknowledged_at = CASE WHEN excluded.received_at < known.acknowledged_at THEN known.acknowledged_at END,
    acknowledged_by = CASE WHEN excluded.received_at < known.acknowledged_at THEN known.acknowledged_by END
WHERE excluded.received_at > known.received_at OR excluded.told > known.told OR excluded.by_feed > known.by_feed
"""
"""A recipient is every client but the authority's own. Of a change that is not public, who received the record under a
case, or supervises its region: who saw it only while it was public learns nothing of what became of it in private."""
_ADVANCE: Final = "UPDATE recall_progress SET batch = %(newest)s, epoch = %(epoch)s"


def supervising(engine: PolicyEngine) -> tuple[str, ...]:
    """The purposes for which penalties are read that are not public, without a case: as the policies have it."""
    found = {
        structure.purpose
        for structure in engine.claimable()
        if not structure.has_case
        and not isinstance(engine.verdict(structure, "PenaltyRecord", DataClass.SUPERVISION), Deny)
    }
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Settled:
    """What one step did: causes looked at for the first time, recalls made or renewed; `more`: go on at once."""

    causes: int
    recalls: int
    more: bool


async def settle(connection: AsyncConnection[Any], now: datetime, supervising: Collection[str]) -> Settled | None:
    """One step, in one transaction; None where there is nothing to do.

    Args:
        connection: of the app role, in autocommit; one runner at a time (`run` sees to it).
        supervising: purposes for which penalties of a region are read that are not public, by the policies.

    Raises:
        psycopg.Error: nothing of the step was stored.
        NoRule: no pack says by when a recipient acts.
    """
    async with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await cursor.execute(_STATE)
        state = await cursor.fetchone()
        assert state is not None  # noqa: S101 - one row each, by migration
        if state["epoch"] != state["now_epoch"]:
            for statement in _RESTORED:
                await cursor.execute(statement)
            await cursor.execute(_ADVANCE, {"newest": 0, "epoch": state["now_epoch"]})
            return Settled(0, 0, more=True)
        if not state["waiting"] and state["newest"] == state["batch"]:
            return None
        reach = {"newest": state["newest"], "supervising": sorted(supervising), "embargoed": sorted(EMBARGOED)}
        recalls = 0
        if state["newest"] > state["batch"]:
            after = reach | {"after": state["batch"], "epoch": state["epoch"]}
            await cursor.execute(_STILL_UNSEEN, after)
            if unseen := [row["id"] for row in await cursor.fetchall()]:
                await cursor.execute(_ASSIGN, after | {"ids": unseen})
                recalls += cursor.rowcount
            await cursor.execute(_ADVANCE, after)
        await cursor.execute(_NEW, (CAUSES,))
        if found := await cursor.fetchall():
            await cursor.execute(_DATED, _dated(found, now))
            await cursor.execute(_ASSIGN, reach | {"after": 0, "ids": [row["id"] for row in found]})
            recalls += cursor.rowcount
        return Settled(len(found), recalls, more=len(found) == CAUSES)


_BY_FEED: Final = """
UPDATE recall r SET acknowledged_at = f.acknowledged_at, acknowledged_by = 'FEED'
FROM feed_consumer f
WHERE r.client_id = f.client_id AND r.feed = f.feed AND r.acknowledged_at IS NULL AND r.by_feed
    AND (%(client_id)s::text IS NULL OR r.client_id = %(client_id)s)
    AND f.epoch = (SELECT number FROM feed_epoch)
    AND (r.place_xid, r.place_id) <= (f.xid, f.id) AND f.acknowledged_at > r.received_at
    AND (r.public OR f.purpose = ANY(%(supervising)s))
    AND NOT EXISTS (
        SELECT FROM feed_consumer o
        WHERE o.client_id = r.client_id AND o.feed = r.feed AND (o.xid, o.id) < (r.place_xid, r.place_id))
"""
"""Every copy that the client keeps by the feed has gone past the change, after the last reading before it."""


async def acknowledge(
    connection: AsyncConnection[Any], supervising: Collection[str], client_id: str | None = None
) -> int:
    """Acknowledges what the readers of feeds have gone past, of one client or of all; how many."""
    given = {"client_id": client_id, "supervising": sorted(supervising)}
    cursor = await connection.execute(_BY_FEED, given)
    return cursor.rowcount


def _dated(found: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    dates = [_due(RecallCause(row["kind"]), row["day"], row["region"], public=row["public"]) for row in found]
    return {
        "now": now,
        "ids": [row["id"] for row in found],
        "due": [each[0] for each in dates],
        "clauses": [each[1] for each in dates],
        "notices": [each[2] for each in dates],
    }


@lru_cache(maxsize=1_024)
def _due(cause: RecallCause, day: Any, region: str, *, public: bool) -> tuple[datetime, str, str | None]:
    """Deadline, clause with its document, and where the clause has no force, the words that say so."""
    found = due(cause, day, region, public=public)
    notice = f"{found.basis.notice_zh} {found.basis.notice_en}".strip()
    return found.due_at, f"{found.basis.title_zh} {found.basis.clause}", notice or None


class Settling:
    """Runs in every server process; settles in the one that holds the lock.

    Args:
        url: libpq URL of the app role.
        supervising: as for `settle`.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        supervising: Collection[str],
        *,
        poll_s: float = POLL_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._url, self._clock, self._supervising = url, clock, supervising
        self._poll_s, self._retry_s = poll_s, retry_s

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what a downtime left undone is done first. A lost connection is made again."""
        while not stop.is_set():
            try:
                await self._lead(stop)
            except (psycopg.Error, OSError) as error:
                # The kind only: a message of the database may hold a value.
                log.warning("recalls_not_settled", kind=type(error).__name__)
            await _sleep(stop, self._retry_s)

    async def _lead(self, stop: asyncio.Event) -> None:
        async with await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            await connection.execute("SELECT set_config('jit', 'off', false), set_config('timezone', 'UTC', false)")
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
            leading = await cursor.fetchone() == (True,)
            while leading and not stop.is_set():
                done = await settle(connection, self._clock.now(), self._supervising)
                if done is not None and done.recalls:
                    log.info("recalls_settled", causes=done.causes, recalls=done.recalls)
                if done is None or not done.more:
                    await acknowledge(connection, self._supervising)
                    await _sleep(stop, self._poll_s)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
