"""Recalls as the operator lists them: who received what, by when it acts, who is late."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row
from sqlalchemy import Connection, text

_LIST: Final = """
SELECT r.public_id::text AS id, r.record_type AS "recordType", r.key, r.cause, r.client_id AS client, r.agency,
    r.authority, r.recalled_at AS "recalledAt", r.received_at AS "receivedAt", r.due_at AS "dueAt", r.clause, r.notice,
    r.acknowledged_at AS "acknowledgedAt", r.acknowledged_by AS "acknowledgedBy",
    r.acknowledged_at IS NULL AND r.due_at <= :now AS overdue
FROM recall r
WHERE (NOT :overdue OR r.acknowledged_at IS NULL AND r.due_at <= :now)
    AND (CAST(:client AS text) IS NULL OR r.client_id = :client)
ORDER BY r.due_at, r.client_id, r.key LIMIT :most
"""
COUNTED: Final = """
SELECT count(*) AS outstanding, count(*) FILTER (WHERE r.due_at <= {now}) AS overdue,
    (SELECT count(*) FROM recall_cause c WHERE c.assigned_at IS NULL) AS unassigned
FROM recall r WHERE r.acknowledged_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the whole hub.

    Attributes:
        outstanding: recalls that are not acknowledged, `overdue` of them past their deadline.
        unassigned: changes whose recipients are still looked for.
    """

    outstanding: int
    overdue: int
    unassigned: int


def recalls(
    connection: Connection, now: datetime, *, overdue: bool = False, client: str | None = None, most: int = 1_000
) -> Iterator[dict[str, Any]]:
    """The recalls of all clients, or of one, or those past their deadline; what is due first comes first."""
    given = {"now": now, "overdue": overdue, "client": client, "most": most}
    for row in connection.execute(text(_LIST), given).mappings():
        yield dict(row)


def standing(connection: Connection, now: datetime) -> Standing:
    """The figures that an operator watches."""
    return Standing(**connection.execute(text(COUNTED.format(now=":now")), {"now": now}).mappings().one())


async def watched(connection: AsyncConnection[Any], now: datetime) -> Standing:
    """The same on the driver, for the metrics."""
    cursor = connection.cursor(row_factory=class_row(Standing))
    found = await (await cursor.execute(COUNTED.format(now="%(now)s"), {"now": now})).fetchone()
    assert found is not None  # noqa: S101 - an aggregate
    return found
