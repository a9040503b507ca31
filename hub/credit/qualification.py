"""Payment-qualification points of persons: their events, and what `personnel` copies of them (R20).

The points count in their year and are nought in the next, though nothing happens at midnight: the columns say of which
year they are and until when a suspension lasts, and what is read is worked out from them (`hub/parties/types.py`).
Never for the credit platform (R21).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row, tuple_row

from hub.credit.events import By, Correction, CreditRefused, Row, find, insert, lock, past, whole
from hub.law.credit import Change
from hub.law.points import Points, Standing, stands

MOST_POINTS, MOST_MONTHS = 12, 6
_HALF: Final = 6
_READ: Final = """
SELECT id, points, occurred_on, suspended_months, of, change FROM credit_event WHERE personnel_id = %s ORDER BY id
"""
_IMPORTED: Final = """
SELECT points, points_year FROM personnel p
WHERE p.id = %s AND p.points > 0 AND NOT EXISTS (SELECT FROM credit_event e WHERE e.personnel_id = p.id)
"""
_STANDS: Final = """
UPDATE personnel SET points = %(total)s, points_year = %(year)s, qualification_status = %(status)s,
    qualification_until = %(until)s
WHERE id = %(id)s
"""


def record_points(
    connection: Connection[Any],
    by: By,
    personnel_id: int,
    given: int,
    occurred_on: date,
    region: str,
    suspended_months: int | None = None,
    reason: str | None = None,
) -> tuple[UUID, Standing]:
    """Records points of a person; the event's public id, and where the person stands today.

    Raises:
        CreditRefused
    """
    _in_range(given, suspended_months)
    past("occurredOn", occurred_on, by)
    lock(connection, -personnel_id)
    _opening(connection, by, personnel_id)
    values = {
        "personnel_id": personnel_id, "points": given, "occurred_on": occurred_on,
        "suspended_months": suspended_months, "reason": reason,
    }  # fmt: skip
    return insert(connection, by, values), maintain(connection, by, personnel_id, region)


def correct_points(
    connection: Connection[Any], by: By, event: UUID, correction: Correction, region: str
) -> tuple[UUID, Standing]:
    """Amends or revokes points; what they corrected stays in the history.

    Raises:
        CreditRefused: no such event, it is revoked, the correction is not complete, or a repair: points have none.
    """
    row = find(connection, event)
    if row is None or row["personnel_id"] is None:
        raise CreditRefused("event", "没有该事件 / no such event")
    if correction.change is Change.REPAIRED:
        raise CreditRefused("change", "记分没有修复，次年清零 / points are not repaired, they end with the year")
    whole(by, correction, row["occurred_on"])
    if correction.rule is not None:
        raise CreditRefused("rule", "人员记分没有评分规则 / points follow no rule of the scoring model")
    _in_range(correction.points, correction.suspended_months)
    lock(connection, -row["personnel_id"])
    row = find(connection, event) or row
    if row["revoked"]:
        raise CreditRefused("event", "该事件已撤销 / the event was revoked")
    values = {
        "personnel_id": row["personnel_id"], "of": row["id"], "change": correction.change.value,
        "points": correction.points, "occurred_on": correction.occurred_on,
        "suspended_months": correction.suspended_months, "reason": correction.reason,
    }  # fmt: skip
    return insert(connection, by, values), maintain(connection, by, row["personnel_id"], region)


def maintain(connection: Connection[Any], by: By, personnel_id: int, region: str) -> Standing:
    """Writes where a person stands today by all events."""
    rows = connection.cursor(row_factory=dict_row).execute(_READ, (personnel_id,)).fetchall()
    now = stands(by.today, decided(rows), region)
    values = {
        "total": now.total, "year": now.year, "status": now.qualification.value, "until": now.until, "id": personnel_id
    }  # fmt: skip
    connection.execute(_STANDS, values)
    return now


def decided(rows: Iterable[Row]) -> tuple[Points, ...]:
    """The points that stand, of the events in their order."""
    found: dict[int, Points] = {}
    for row in rows:
        if row["of"] is None:
            found[row["id"]] = Points(row["id"], row["points"], row["occurred_on"], row["suspended_months"])
        elif row["change"] == Change.REVOKED:
            found.pop(row["of"], None)
        elif row["of"] in found:
            named = ("points", "occurred_on", "suspended_months")
            found[row["of"]] = replace(found[row["of"]], **{name: row[name] for name in named if row[name] is not None})
    return tuple(found.values())


def _opening(connection: Connection[Any], by: By, personnel_id: int) -> None:
    """Points that were imported without events become events, in halves: nobody knows that they were given at once."""
    for points, year in connection.cursor(row_factory=tuple_row).execute(_IMPORTED, (personnel_id,)).fetchall():
        for left in range(points, 0, -_HALF):
            values = {"personnel_id": personnel_id, "points": min(left, _HALF), "occurred_on": date(year, 1, 1)}
            insert(connection, by, values | {"reason": "导入时已有 / there when the person was imported"})


def _in_range(given: int | None, suspended_months: int | None) -> None:
    if given is not None and not 1 <= given <= MOST_POINTS:
        raise CreditRefused("points", "记分为1至12分 / points are 1 to 12")
    if suspended_months is not None and not 1 <= suspended_months <= MOST_MONTHS:
        raise CreditRefused("suspendedMonths", "暂停1至6个月 / a suspension lasts 1 to 6 months")
