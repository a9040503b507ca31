"""How far behind the readers of the feeds are, by what they have acknowledged: for the operator.

Counted are the changes in the reader's part of a log (its agency, its region, what is public). Of a few it may not know
the record: those are counted too, so the number is an upper bound; 0 is exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, text

from hub.feed.log import HORIZON, CommonLog
from hub.graph.catalogue import Catalogue
from hub.graph.declare import Changes, Classified
from hub.policy.engine import PolicyEngine, Structure
from hub.policy.predicate import FALSE
from hub.policy.verdict import Verdict
from hub.query.access import judge_by
from hub.query.feeds import conditions

_CONSUMERS: Final = """
SELECT c.client_id, c.agency, a.kind, a.level, a.region, f.feed, f.purpose, f.xid::text AS xid, f.id, f.since,
       f.acknowledged_at, f.epoch = e.number AS readable
FROM client c JOIN agency a ON a.code = c.agency CROSS JOIN feed_epoch e
LEFT JOIN feed_consumer f ON f.client_id = c.client_id
WHERE f.client_id IS NOT NULL OR c.disabled_at IS NULL AND EXISTS (
    SELECT FROM scope_grant g WHERE g.client_id = c.client_id AND g.scope = 'feed:read' AND g.revoked_at IS NULL)
ORDER BY c.client_id, f.feed, f.purpose
"""
REJECTIONS: Final = """
SELECT r.at, r.client_id AS client, c.agency, r.feed, r.purpose, r.key, r.reason
FROM feed_rejection r LEFT JOIN client c ON c.client_id = r.client_id
WHERE (CAST(:client AS text) IS NULL OR r.client_id = :client) ORDER BY r.at DESC, r.id DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a log: its table, and which rows a reader is told of at most."""

    table: str
    where: str


def lags(connection: Connection, catalogue: Catalogue, engine: PolicyEngine, now: datetime) -> Iterator[dict[str, Any]]:
    """One line per client, feed and purpose that was acknowledged, and one per client that may follow and never did.

    `state`: UP_TO_DATE, BEHIND, NEVER (acknowledged nothing) or RESYNC (the database was restored since).
    """
    for row in connection.execute(text(_CONSUMERS)).mappings().all():
        told: dict[str, Any] = {
            "client": row["client_id"],
            "agency": row["agency"],
            "feed": row["feed"],
            "purpose": row["purpose"],
            "state": "NEVER",
            "acknowledgedUpTo": row["since"],
            "acknowledgedAt": row["acknowledged_at"],
            "behind": None,
            "behindSeconds": None,
        }
        if row["feed"] is not None:
            told["state"] = "RESYNC"
            if row["readable"]:
                behind, oldest = _behind(connection, _part(catalogue, engine, row), row)
                seconds = 0 if oldest is None else max(0, round((now - oldest).total_seconds()))
                told |= {"state": "BEHIND" if behind else "UP_TO_DATE", "behind": behind, "behindSeconds": seconds}
        yield told


def _part(catalogue: Catalogue, engine: PolicyEngine, row: Any) -> _Part | None:
    """None: by the policies nothing is told."""
    source = catalogue.roots[row["feed"]].source
    assert isinstance(source, Changes)  # noqa: S101 - named by `Feed`
    log = source.log
    table = str(log.table.description)
    if not isinstance(log, CommonLog):
        return _Part(table, f"l.{log.agency} = :agency")
    structure = Structure(
        row["kind"], row["level"], row["purpose"], has_case=False, scopes=engine.scopes.ceilings[row["kind"]]
    )

    def judged(name: str, classes: Classified) -> Verdict:
        return judge_by(partial(engine.verdict, structure, name), classes)

    asked = conditions(source, judged, catalogue.types[source.of])
    if asked.row == FALSE:
        return None
    where = [f"l.{asked.region} = :region"] if asked.region else []
    if asked.less == FALSE:
        where.append("l.public")
    return _Part(table, " AND ".join(where) or "true")


def _behind(connection: Connection, part: _Part | None, row: Any) -> tuple[int, datetime | None]:
    """How many changes are not acknowledged, and when the first of them happened."""
    if part is None:
        return 0, None
    found = connection.execute(
        text(
            f"SELECT count(*), (array_agg(l.at ORDER BY l.xid, l.id))[1] FROM {part.table} l WHERE {part.where}"
            " AND (l.xid, l.id) > (CAST(CAST(:xid AS text) AS xid8), :id)"
            f" AND l.xid < {HORIZON}"
        ),
        {"xid": row["xid"], "id": row["id"], "agency": row["agency"], "region": row["region"]},
    ).one()
    return found[0], found[1]


def rejections(connection: Connection, client: str | None, most: int) -> Iterator[dict[str, Any]]:
    """What readers could not take into their copies, the newest first."""
    for row in connection.execute(text(REJECTIONS), {"client": client, "most": most}).mappings():
        yield dict(row)
