"""Events of credit: written once, and every score that they bear on computed again in the same transaction (R24)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from hub.clock import BEIJING
from hub.credit.scoring import LOCK, compute
from hub.law import credit, points
from hub.law.credit import Change, Changed, Event, Quarter, Recorded, models


class CreditRefused(ValueError):
    """The event cannot be recorded; `field` says which part, the text why (中文 / English)."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


@dataclass(frozen=True, slots=True)
class By:
    """Who records."""

    agency: str
    client_id: str
    officer: str
    at: datetime


PENALTY: Final = "penalty"
"""`source` of an event that follows from a penalty record."""
_INSERT: Final = """
INSERT INTO credit_event (institution_id, personnel_id, rule, points, occurred_on, of, change, effective_on, reason,
    case_no, source, source_id, recorded_at, agency, client_id, officer)
VALUES (%(institution_id)s, %(personnel_id)s, %(rule)s, %(points)s, %(occurred_on)s, %(of)s, %(change)s,
    %(effective_on)s, %(reason)s, %(case_no)s, %(source)s, %(source_id)s, %(at)s, %(agency)s, %(client_id)s,
    %(officer)s)
RETURNING id, public_id
"""
_EMPTY: Final = dict.fromkeys(
    (
        "institution_id", "personnel_id", "rule", "points", "occurred_on", "of", "change", "effective_on", "reason",
        "case_no", "source", "source_id",
    )
)  # fmt: skip
_READ: Final = """
SELECT id, rule, points, occurred_on, of, change, effective_on, recorded_at FROM credit_event
WHERE {subject} = %s ORDER BY id
"""


def record_event(
    connection: Connection[Any],
    by: By,
    institution_id: int,
    rule: str,
    occurred_on: date,
    *,
    case_no: str | None = None,
    source: tuple[str, int] | None = None,
) -> UUID:
    """Records an event of an institution and computes its scores anew.

    Args:
        rule: of the current model.
        source: kind and internal id of the record that it follows from: one event for each rule of one record.

    Raises:
        CreditRefused: the rule is unknown, or the day lies ahead.
    """
    model = credit.current()
    if rule not in {one.code for one in model.rule.rules}:
        raise CreditRefused("rule", "模型中没有该规则 / no such rule in the model")
    _past("occurredOn", occurred_on, by)
    _lock(connection, institution_id)
    kind, source_id = source or (None, None)
    values = _EMPTY | {
        "institution_id": institution_id, "rule": rule, "occurred_on": occurred_on, "case_no": case_no,
        "source": kind, "source_id": source_id,
    }  # fmt: skip
    public_id = _insert(connection, by, values)
    maintain(connection, institution_id, by.at)
    return public_id


def correct_event(
    connection: Connection[Any],
    by: By,
    event: UUID,
    change: Change,
    reason: str,
    *,
    rule: str | None = None,
    occurred_on: date | None = None,
    effective_on: date | None = None,
) -> UUID:
    """Records a correction and computes the scores anew; what it corrects stays in the history.

    Raises:
        CreditRefused: no such event, it is revoked, or the correction is not complete.
    """
    found = connection.cursor(row_factory=dict_row).execute(
        "SELECT id, institution_id, personnel_id, occurred_on FROM credit_event WHERE public_id = %s AND of IS NULL",
        (event,),
    )
    row = found.fetchone()
    if row is None or row["institution_id"] is None:
        raise CreditRefused("event", "没有该事件 / no such event")
    _whole(by, change, reason, rule, occurred_on, effective_on)
    if effective_on is not None and effective_on < row["occurred_on"]:
        raise CreditRefused("effectiveOn", "早于事件发生日 / before the event")
    _lock(connection, row["institution_id"])
    if connection.execute("SELECT 1 FROM credit_event WHERE of = %s AND change = 'REVOKED'", (row["id"],)).fetchone():
        raise CreditRefused("event", "该事件已撤销 / the event was revoked")
    values = _EMPTY | {
        "institution_id": row["institution_id"], "rule": rule, "occurred_on": occurred_on, "of": row["id"],
        "change": change.value, "effective_on": effective_on, "reason": reason,
    }  # fmt: skip
    public_id = _insert(connection, by, values)
    maintain(connection, row["institution_id"], by.at)
    return public_id


def follow(
    connection: Connection[Any],
    by: By,
    source: tuple[str, int],
    change: Change,
    reason: str,
    *,
    effective_on: date | None = None,
) -> tuple[UUID, ...]:
    """Corrects the events of institutions that follow from a record, as the record itself was revoked or repaired.

    An event that is revoked or repaired already stays as it is; a repair takes effect no earlier than the event.

    Raises:
        CreditRefused: the correction is not complete.
    """
    kind, source_id = source
    found = connection.execute(
        "SELECT DISTINCT institution_id AS one FROM credit_event WHERE source = %s AND source_id = %s AND of IS NULL"
        " AND institution_id IS NOT NULL ORDER BY 1",
        (kind, source_id),
    ).fetchall()
    for row in found:
        _lock(connection, row["one"] if isinstance(row, dict) else row[0])
    events = connection.cursor(row_factory=dict_row).execute(
        "SELECT e.public_id, e.occurred_on FROM credit_event e"
        " WHERE e.source = %s AND e.source_id = %s AND e.of IS NULL AND e.institution_id IS NOT NULL AND NOT EXISTS ("
        "SELECT 1 FROM credit_event c WHERE c.of = e.id AND c.change IN ('REVOKED', %s)) ORDER BY e.id",
        (kind, source_id, change.value),
    )
    return tuple(
        correct_event(
            connection, by, row["public_id"], change, reason,
            effective_on=None if effective_on is None else max(effective_on, row["occurred_on"]),
        )
        for row in events.fetchall()
    )  # fmt: skip


def _whole(
    by: By, change: Change, reason: str, rule: str | None, occurred_on: date | None, effective_on: date | None
) -> None:
    """Whether a correction says all that its kind asks for, and nothing else."""
    if not reason.strip():
        raise CreditRefused("reason", "应当说明理由 / a reason is needed")
    if change is Change.AMENDED and rule is None and occurred_on is None:
        raise CreditRefused("change", "没有更正任何内容 / nothing is amended")
    if change is not Change.AMENDED and (rule is not None or occurred_on is not None):
        raise CreditRefused("change", "只有更正可以改规则和日期 / only an amendment has a rule and a day")
    if rule is not None and rule not in {one.code for one in credit.current().rule.rules}:
        raise CreditRefused("rule", "模型中没有该规则 / no such rule in the model")
    if (change is Change.REPAIRED) is (effective_on is None):
        raise CreditRefused("effectiveOn", "修复应当有生效日，其他更正没有 / a repair has a day, others have none")
    for name, day in (("occurredOn", occurred_on), ("effectiveOn", effective_on)):
        if day is not None:
            _past(name, day, by)


def record_points(
    connection: Connection[Any], by: By, personnel_id: int, given: int, occurred_on: date, region: str
) -> points.Standing:
    """Records points of a person and says where the person stands this year (Beijing).

    Raises:
        CreditRefused
    """
    if not 1 <= given <= 12:  # noqa: PLR2004 - R20
        raise CreditRefused("points", "记分为1至12分 / points are 1 to 12")
    _past("occurredOn", occurred_on, by)
    connection.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", (LOCK, -personnel_id))
    _insert(connection, by, _EMPTY | {"personnel_id": personnel_id, "points": given, "occurred_on": occurred_on})
    year = by.at.astimezone(BEIJING).year
    rows = connection.cursor(row_factory=dict_row).execute(_READ.format(subject="personnel_id"), (personnel_id,))
    decided = [points.Points(row["id"], row["points"], row["occurred_on"]) for row in rows if row["of"] is None]
    now = points.points(year, decided, region)
    connection.execute(
        "UPDATE personnel SET points = %s, qualification_status = %s WHERE id = %s",
        (now.total, now.qualification.value, personnel_id),
    )
    return now


def maintain(connection: Connection[Any], institution_id: int, now: datetime) -> int:
    """Every computed score of an institution, again, by the model that it was computed by; how many changed."""
    rows = connection.cursor(row_factory=dict_row).execute(
        "SELECT period, model_version FROM credit_score WHERE institution_id = %s AND digest IS NOT NULL"
        " ORDER BY period",
        (institution_id,),
    )
    return sum(
        compute(connection, models()[row["model_version"]], Quarter.of(row["period"]), [institution_id], now)
        for row in rows.fetchall()
        if row["model_version"] in models()
    )


def events_of(connection: Connection[Any], institution_id: int) -> tuple[Event, ...]:
    """The history of an institution, as `hub.law.credit` reads it."""
    rows = connection.cursor(row_factory=dict_row).execute(_READ.format(subject="institution_id"), (institution_id,))
    return tuple(_events(rows))


def _events(rows: Iterable[dict[str, Any]]) -> Iterable[Event]:
    for row in rows:
        if row["of"] is None:
            yield Recorded(row["id"], row["rule"], row["occurred_on"], row["recorded_at"])
        else:
            yield Changed(
                row["id"], row["of"], Change(row["change"]), row["recorded_at"], row["rule"], row["occurred_on"],
                row["effective_on"],
            )  # fmt: skip


def _lock(connection: Connection[Any], institution_id: int) -> None:
    """With the other writers, without the job; and one writer an institution."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
    connection.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", (LOCK, institution_id))


def _insert(connection: Connection[Any], by: By, values: dict[str, Any]) -> UUID:
    who = {"at": by.at, "agency": by.agency, "client_id": by.client_id, "officer": by.officer}
    row = connection.cursor(row_factory=dict_row).execute(_INSERT, values | who).fetchone()
    assert row is not None  # noqa: S101 - RETURNING
    public_id: UUID = row["public_id"]
    return public_id


def _past(field: str, day: date, by: By) -> None:
    if day > by.at.astimezone(BEIJING).date():
        raise CreditRefused(field, "晚于今日 / in the future")
