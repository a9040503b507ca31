"""What a command on a transfer reads before it decides: two statements, sent together.

Who gives the command and the transfer are held first, and then read: a statement sees only what was committed when it
began, so what was waited for is seen by the second.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, Cursor

from hub.clues import authority, store_events
from hub.clues.store import COLUMNS, Row, send
from hub.law.region import level_of
from hub.oauth.caller import Caller

_NOBODY_BELOW: Final = "-"
"""No region begins so: for callers without oversight."""
# What the caller may not know of is not found: an outsider locks nothing and waits for nothing. After the lock is had,
# PostgreSQL asks the condition again of the row as it is then.
_CONCERNED: Final = """
t.public_id = %(id)s AND (
    t.sender = %(agency)s
    OR t.sent_at IS NOT NULL AND (
        t.receiver = %(agency)s OR t.procuratorate = %(agency)s
        OR t.receiver_kind = %(kind)s AND starts_with(t.receiver_region, %(below)s)
        OR t.route IS NULL AND t.receiver_kind = 'PUBLIC_SECURITY' AND %(kind)s = 'PROCURATORATE'
           AND EXISTS (SELECT FROM clue_transfer_notified n WHERE n.transfer_id = t.id AND n.agency = %(agency)s)
    )
)
"""
HOLD: Final = f"""
WITH held AS MATERIALIZED ({authority.HOLD})
SELECT FROM held, clue_transfer t WHERE {_CONCERNED} FOR UPDATE OF t
"""
READ: Final = f"""
SELECT who.*, transfer.* FROM ({authority.READ}) who LEFT JOIN (
    SELECT {COLUMNS}, EXISTS (
        SELECT FROM transfer_party p WHERE p.case_no = t.case_no AND p.uscc = %(uscc)s
    ) AS subject, {store_events.HISTORY} AS history
    FROM clue_transfer t WHERE {_CONCERNED}
) transfer ON true
"""


def ask(connection: Connection[Any], caller: Caller, about: Mapping[str, Any], public_id: UUID) -> Cursor[Row]:
    """Both on their way: the columns of `authority.READ`, and those of the transfer, NULL where the caller's agency is
    not concerned with it.

    Args:
        about: `authority.parameters`.
    """
    below = _NOBODY_BELOW
    if caller.purpose == "case-oversight":
        below = caller.region[: 2 * level_of(caller.region)]
    values = {
        **about,
        "id": public_id,
        "agency": caller.agency,
        "kind": caller.agency_kind,
        "uscc": caller.agency_uscc,
        "below": below,
    }
    send(connection, HOLD, values)
    return send(connection, READ, values)
