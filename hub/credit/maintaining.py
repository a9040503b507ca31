"""Scores kept what their events say: those that events of some days bear on, computed again in the same transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import tuple_row

from hub.credit.scoring import compute
from hub.law.credit import Quarter, models

# Locked after the own events are written: who waits here sees, when it goes on, the events of whom it waited for.
_SCORED: Final = """
SELECT period, model_version, array_agg(institution_id ORDER BY institution_id) FROM (
    SELECT s.institution_id, s.period, s.model_version FROM credit_score s
    WHERE s.institution_id = ANY(%s) AND s.digest IS NOT NULL AND s.period BETWEEN %s AND %s
    ORDER BY s.institution_id, s.period FOR NO KEY UPDATE
) s GROUP BY period, model_version ORDER BY period, model_version
"""


def maintain(connection: Connection[Any], institutions: Sequence[int], first: date, last: date, now: datetime) -> int:
    """The computed scores that events between two days bear on, again, by the model of each; how many changed."""
    known = models()
    latest = Quarter.on(last).later(max(one.rule.window_quarters for one in known.values()) - 1)
    rows = connection.cursor(row_factory=tuple_row).execute(
        _SCORED, (list(institutions), str(Quarter.on(first)), str(latest))
    )
    return sum(
        compute(connection, known[version], Quarter.of(period), ids, now)
        for period, version, ids in rows.fetchall()
        if version in known
    )
