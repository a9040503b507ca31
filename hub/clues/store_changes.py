"""The outbox of transfers, `transfer_change`: one row per change and agency that is told, in the writer's transaction.

The order of a change is `(xid, id)`. A transaction's number is taken when it first writes, so one that waited for a
transfer's row may hold a lower number than the one it waited for; its changes are therefore filed under the number of
the transfer's last change where that is higher. Both transactions have ended below any later `pg_snapshot_xmin`, so
nothing appears behind a reader, and of one transfer the order is that of its events.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from hub.clues.events_told import ChangeKind, Told

ORDER: Final = """
greatest(pg_current_xact_id(), (
    SELECT c.xid FROM transfer_change c WHERE c.transfer_id = %(transfer_id)s ORDER BY c.id DESC LIMIT 1))
"""
"""Who asks holds the transfer's row, so the last change of whoever held it before is seen."""
OF_EVENT: Final = f"""
INSERT INTO transfer_change (agency, xid, transfer_id, kind, at, reason)
SELECT told.agency, {ORDER}, event.transfer_id, told.kind, event.at, told.reason
FROM event, LATERAL (
    SELECT agency, event.kind, NULL AS reason FROM (
        SELECT unnest(%(told)s::text[]) AS agency
        UNION SELECT n.agency FROM clue_transfer_notified n WHERE n.transfer_id = event.transfer_id AND %(notified)s
    ) here
    UNION ALL
    SELECT %(left)s::text, '{ChangeKind.LEFT}', event.kind
    WHERE %(left)s::text IS NOT NULL AND NOT EXISTS (
        SELECT FROM record_party k WHERE k.transfer_id = event.transfer_id AND k.agency = %(left)s)
) told
"""
"""Behind `WITH event AS (INSERT INTO transfer_event … RETURNING transfer_id, kind, at)`; parameters of `values`."""
_TELL: Final = f"""
INSERT INTO transfer_change (agency, xid, transfer_id, kind, at)
SELECT agency, {ORDER}, %(transfer_id)s, %(kind)s, %(at)s FROM unnest(%(agencies)s::text[]) AS told(agency)
"""
_MOVED: Final = f"""
INSERT INTO transfer_change (agency, xid, transfer_id, kind, at)
SELECT k.agency, {ORDER}, k.transfer_id, '{ChangeKind.CASE_CHANGED}', %(at)s
FROM record_party k WHERE k.transfer_id = %(transfer_id)s
"""


def values(told: Told) -> dict[str, Any]:
    """Parameters of `OF_EVENT` beside those of the event."""
    return {"told": list(told.agencies), "notified": told.notified, "left": told.left}


def tell(connection: Connection[Any], transfer_id: int, agencies: Sequence[str], kind: str, at: datetime) -> None:
    """Agencies come to know of a transfer by an event that is not its own."""
    given = {"transfer_id": transfer_id, "agencies": list(agencies), "kind": kind, "at": at}
    connection.execute(_TELL, given)


def moved(connection: Connection[Any], transfer_ids: Iterable[int], at: datetime) -> None:
    """Transfers stand under another case: all who may know of them are told. The rows are held by the caller."""
    connection.cursor().executemany(_MOVED, [{"transfer_id": each, "at": at} for each in transfer_ids])
