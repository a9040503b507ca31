"""Events of credit: written once, and every score that they bear on computed again in the same transaction (R24).

What follows from records is in `derived`; the points of persons are in `qualification`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from hub.clock import BEIJING
from hub.credit.maintaining import maintain
from hub.credit.scoring import LOCK
from hub.law import credit
from hub.law.credit import Change, Changed, Event, Recorded

Row = dict[str, Any]


class CreditRefused(ValueError):
    """The event cannot be recorded; `field` says which part, the text why (中文 / English), `known` what there is."""

    def __init__(self, field: str, text: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text, self.known = field, text, known


@dataclass(frozen=True, slots=True)
class By:
    """Who records."""

    agency: str
    client_id: str
    officer: str
    at: datetime

    @property
    def today(self) -> date:
        """The day in Beijing."""
        return self.at.astimezone(BEIJING).date()


@dataclass(frozen=True, slots=True)
class Correction:
    """What becomes of a recorded event: `rule`, `points`, `occurred_on`, `suspended_months` of an amendment,
    `effective_on` of a repair.
    """

    change: Change
    reason: str
    rule: str | None = None
    points: int | None = None
    occurred_on: date | None = None
    suspended_months: int | None = None
    effective_on: date | None = None

    @property
    def amends(self) -> bool:
        """Whether anything that only an amendment has is given."""
        return any(one is not None for one in (self.rule, self.points, self.occurred_on, self.suspended_months))


_COLUMNS: Final = (
    "institution_id", "personnel_id", "rule", "points", "occurred_on", "suspended_months", "of", "change",
    "effective_on", "reason", "case_no",
)  # fmt: skip
_INSERT: Final = f"""
INSERT INTO credit_event ({", ".join(_COLUMNS)}, recorded_at, agency, client_id, officer)
VALUES ({", ".join(f"%({name})s" for name in _COLUMNS)}, %(at)s, %(agency)s, %(client_id)s, %(officer)s)
RETURNING public_id
"""
_READ: Final = """
SELECT id, rule, occurred_on, of, change, effective_on, recorded_at FROM credit_event
WHERE institution_id = %s ORDER BY id
"""
_FOUND: Final = """
SELECT e.id, e.institution_id, e.personnel_id, e.occurred_on, e.case_no, e.agency,
    EXISTS (SELECT FROM credit_event c WHERE c.of = e.id AND c.change = 'REVOKED') AS revoked,
    (SELECT array_agg(c.occurred_on) FROM credit_event c WHERE c.of = e.id AND c.occurred_on IS NOT NULL) AS other_days
FROM credit_event e WHERE e.public_id = %s AND e.of IS NULL
"""


def record_event(
    connection: Connection[Any],
    by: By,
    institution_id: int,
    rule: str,
    occurred_on: date,
    *,
    case_no: str | None = None,
    reason: str | None = None,
) -> UUID:
    """Records an event of an institution, by a rule of the current model, and computes its scores anew.

    Raises:
        CreditRefused: the rule is unknown, or the day lies ahead.
    """
    known_rule(rule)
    past("occurredOn", occurred_on, by)
    lock(connection, institution_id)
    values: Row = {"institution_id": institution_id, "rule": rule, "occurred_on": occurred_on, "case_no": case_no}
    values["reason"] = reason
    public_id = insert(connection, by, values)
    maintain(connection, [institution_id], occurred_on, occurred_on, by.at)
    return public_id


def find(connection: Connection[Any], event: UUID) -> Row | None:
    """A recorded event, no correction: whose it is, who recorded it, in which case, and whether it is revoked."""
    return connection.cursor(row_factory=dict_row).execute(_FOUND, (event,)).fetchone()


def correct_event(connection: Connection[Any], by: By, event: UUID, correction: Correction) -> UUID:
    """Records a correction of an institution's event and computes the scores anew; what it corrects stays in history.

    Raises:
        CreditRefused: no such event, it is revoked, or the correction is not complete.
    """
    row = find(connection, event)
    if row is None or row["institution_id"] is None:
        raise CreditRefused("event", "没有该事件 / no such event")
    whole(by, correction, row["occurred_on"])
    if correction.points is not None or correction.suspended_months is not None:
        raise CreditRefused("points", "机构的事件不记分 / institutions have no points")
    if correction.rule is not None:
        known_rule(correction.rule)
    lock(connection, row["institution_id"])
    row = find(connection, event) or row  # as it is now that nobody else corrects it
    if row["revoked"]:
        raise CreditRefused("event", "该事件已撤销 / the event was revoked")
    public_id = insert(connection, by, _correction(row, correction) | {"institution_id": row["institution_id"]})
    days = [
        row["occurred_on"],
        *(row["other_days"] or ()),
        *([correction.occurred_on] if correction.occurred_on else ()),
    ]
    maintain(connection, [row["institution_id"]], min(days), max(days), by.at)
    return public_id


def events_of(connection: Connection[Any], institution_id: int) -> tuple[Event, ...]:
    """The history of an institution, as `hub.law.credit` reads it."""
    return tuple(_events(connection.cursor(row_factory=dict_row).execute(_READ, (institution_id,))))


def _events(rows: Iterable[Row]) -> Iterable[Event]:
    for row in rows:
        if row["of"] is None:
            yield Recorded(row["id"], row["rule"], row["occurred_on"], row["recorded_at"])
        else:
            yield Changed(
                row["id"], row["of"], Change(row["change"]), row["recorded_at"], row["rule"], row["occurred_on"],
                row["effective_on"],
            )  # fmt: skip


def whole(by: By, correction: Correction, occurred_on: date) -> None:
    """Whether a correction of what happened on a day says all that its kind asks for, and nothing else.

    Raises:
        CreditRefused
    """
    change = correction.change
    if change is Change.TERM_OVER:
        raise CreditRefused("change", "公示期届满由平台记录 / the hub itself records the end of a term")
    if not correction.reason.strip():
        raise CreditRefused("reason", "应当说明理由 / a reason is needed")
    if change is Change.AMENDED and not correction.amends:
        raise CreditRefused("change", "没有更正任何内容 / nothing is amended")
    if change is not Change.AMENDED and correction.amends:
        raise CreditRefused("change", "只有更正可以改内容 / only an amendment changes the content")
    if (change is Change.REPAIRED) is (correction.effective_on is None):
        raise CreditRefused("effectiveOn", "修复应当有生效日，其他更正没有 / a repair has a day, others have none")
    if correction.occurred_on is not None:
        past("occurredOn", correction.occurred_on, by)
    if correction.effective_on is not None:
        past("effectiveOn", correction.effective_on, by)
        if correction.effective_on < occurred_on:
            raise CreditRefused("effectiveOn", "早于事件发生日 / before the event")


def known_rule(rule: str) -> None:
    """Raises CreditRefused: the current model has no such rule."""
    known = sorted(one.code for one in credit.current().rule.rules)
    if rule not in known:
        raise CreditRefused("rule", "模型中没有该规则 / no such rule in the model", tuple(known))


def past(field: str, day: date, by: By) -> None:
    """Raises CreditRefused: the day lies ahead."""
    if day > by.today:
        raise CreditRefused(field, "晚于今日 / in the future")


def lock(connection: Connection[Any], subject: int) -> None:
    """With the other writers, without the job; and one writer by hand an institution (or, negative, a person)."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
    connection.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", (LOCK, subject))


def insert(connection: Connection[Any], by: By, values: Mapping[str, Any]) -> UUID:
    """Writes an event; its public id."""
    who = {"at": by.at, "agency": by.agency, "client_id": by.client_id, "officer": by.officer}
    given = dict.fromkeys(_COLUMNS) | dict(values) | who
    row = connection.cursor(row_factory=dict_row).execute(_INSERT, given).fetchone()
    assert row is not None  # noqa: S101 - RETURNING
    public_id: UUID = row["public_id"]
    return public_id


def _correction(row: Row, correction: Correction) -> Row:
    return {
        "of": row["id"], "change": correction.change.value, "reason": correction.reason, "rule": correction.rule,
        "occurred_on": correction.occurred_on, "effective_on": correction.effective_on,
    }  # fmt: skip
