"""Events that follow from records: penalties, inspection results, agreement measures (R21, R24), by the model's table.

A penalty counts from the day on which it was served (处罚法第六十一条: before that it binds nobody), against the
institution that its authority named in it, and only where an organisation is penalised; an inspection from its day, a
measure from its decision. What becomes of the record corrects its event: amended severity, revocation, repair, end of
the term of publicity. A penalty that is recorded again after a revocation has an event anew (`life`).

Nothing is done twice: what a record asks for is compared with what followed from it before. A correction that an agency
made of its event by hand (`recordCreditEvent`) stands, until the record itself changes again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from hub.clock import BEIJING
from hub.credit.maintaining import maintain
from hub.credit.scoring import LOCK, Which
from hub.law import credit

PENALTY: Final = "penalty"
INSPECTION: Final = "inspection"
MEASURE: Final = "agreement_measure"
"""`source` of an event: the kind of its record; `source_id` is the record's internal id."""
HUB: Final = "hub"
"""In place of a client: what was found by `hub credit compute`, of records that no command wrote."""


@dataclass(frozen=True, slots=True)
class Records:
    """Whose events are asked for, by internal ids."""

    penalties: Sequence[int] = ()
    inspections: Sequence[int] = ()
    measures: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """Who records; `agency` None: the authority of each record."""

    agency: str | None
    client_id: str
    officer: str
    at: datetime


# What the records ask for, what followed from them before, and the events by which the second becomes the first.
_FOLLOW: Final[LiteralString] = """
WITH known AS (
    SELECT * FROM jsonb_to_recordset(%(records)s) m(record text, value text, rule text)
), due AS (
    SELECT 'penalty' AS source, p.id AS source_id, p.institution_id, p.authority, p.case_no, m.rule,
        p.served_on AS occurred_on,
        (SELECT count(*) FROM penalty_event e WHERE e.penalty_id = p.id AND e.kind = 'REVOKED')::smallint AS life,
        CASE p.status WHEN 'REPAIRED' THEN 'REPAIRED' WHEN 'TERM_OVER' THEN 'TERM_OVER' END AS ending,
        CASE p.status WHEN 'REPAIRED' THEN greatest(p.served_on, (p.repaired_at AT TIME ZONE 'Asia/Shanghai')::date)
            WHEN 'TERM_OVER' THEN greatest(p.served_on, p.publicity_ends_on + 1) END AS until
    FROM penalty_record p JOIN known m ON m.record = 'PENALTY' AND m.value = p.severity
    WHERE {penalty} AND p.status <> 'REVOKED' AND p.institution_id IS NOT NULL AND p.served_on <= %(today)s
      AND p.counterparty_category <> 'NATURAL_PERSON'
    UNION ALL
    SELECT 'inspection', r.id, r.institution_id, r.authority, NULL, m.rule, r.inspected_on, 0::smallint, NULL, NULL
    FROM inspection_result r JOIN known m ON m.record = 'INSPECTION' AND m.value = r.findings_class
    WHERE {inspection} AND r.inspected_on <= %(today)s
    UNION ALL
    SELECT 'agreement_measure', a.id, a.institution_id, a.authority, NULL, m.rule, a.decided_on, 0::smallint, NULL, NULL
    FROM agreement_measure a JOIN known m ON m.record = 'AGREEMENT_MEASURE' AND m.value = a.kind
    WHERE {measure} AND a.decided_on <= %(today)s
), held AS (
    SELECT e.id, e.institution_id, e.source, e.source_id, e.life, e.case_no, e.agency, x.revoked, x.until,
        coalesce(x.rule, e.rule) AS rule, coalesce(x.occurred_on, e.occurred_on) AS occurred_on
    FROM credit_event e CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(c.change = 'REVOKED'), false) AS revoked,
            (array_agg(c.rule ORDER BY c.id DESC)
                FILTER (WHERE c.change = 'AMENDED' AND c.source = e.source))[1] AS rule,
            (array_agg(c.occurred_on ORDER BY c.id DESC)
                FILTER (WHERE c.change = 'AMENDED' AND c.source = e.source))[1] AS occurred_on,
            (array_agg(c.effective_on ORDER BY c.id DESC)
                FILTER (WHERE c.change IN ('REPAIRED', 'TERM_OVER') AND c.source = e.source))[1] AS until
        FROM credit_event c WHERE c.of = e.id
    ) x
    WHERE e.of IS NULL AND {held}
), made AS (
    INSERT INTO credit_event (institution_id, rule, occurred_on, case_no, source, source_id, life,
        recorded_at, agency, client_id, officer)
    SELECT d.institution_id, d.rule, d.occurred_on, d.case_no, d.source, d.source_id, d.life,
        %(at)s, coalesce(%(agency)s, d.authority), %(client)s, %(officer)s
    FROM due d WHERE NOT EXISTS (
        SELECT FROM held h WHERE (h.source, h.source_id, h.life) = (d.source, d.source_id, d.life))
    ORDER BY d.source, d.source_id
    ON CONFLICT (source, source_id, life) WHERE of IS NULL AND source_id IS NOT NULL DO NOTHING
    RETURNING id, institution_id, source, source_id, occurred_on
), corrected AS (
    SELECT h.id, h.institution_id, h.source, h.source_id, h.agency, 'REVOKED' AS change, NULL::text AS rule,
        NULL::date AS occurred_on, NULL::date AS until, 1 AS position
    FROM held h LEFT JOIN due d ON (d.source, d.source_id, d.life) = (h.source, h.source_id, h.life)
    WHERE d.source_id IS NULL AND NOT h.revoked
    UNION ALL
    SELECT h.id, h.institution_id, h.source, h.source_id, h.agency, 'AMENDED', d.rule, d.occurred_on, NULL, 2
    FROM held h JOIN due d ON (d.source, d.source_id, d.life) = (h.source, h.source_id, h.life)
    WHERE NOT h.revoked AND (h.rule, h.occurred_on) <> (d.rule, d.occurred_on)
    UNION ALL
    SELECT h.id, h.institution_id, h.source, h.source_id, h.agency, d.ending, NULL, NULL, d.until, 3
    FROM held h JOIN due d ON (d.source, d.source_id, d.life) = (h.source, h.source_id, h.life)
    WHERE NOT h.revoked AND d.until IS NOT NULL AND h.until IS DISTINCT FROM d.until
    UNION ALL
    SELECT m.id, m.institution_id, m.source, m.source_id, d.authority, d.ending, NULL, NULL, d.until, 3
    FROM made m JOIN due d ON (d.source, d.source_id) = (m.source, m.source_id) WHERE d.until IS NOT NULL
), told AS (
    INSERT INTO credit_event (institution_id, of, change, rule, occurred_on, effective_on, reason, source, source_id,
        recorded_at, agency, client_id, officer)
    SELECT c.institution_id, c.id, c.change, c.rule, c.occurred_on, c.until, %(reasons)s::jsonb ->> c.change,
        c.source, c.source_id, %(at)s, coalesce(%(agency)s, c.agency), %(client)s, %(officer)s
    FROM corrected c ORDER BY c.id, c.position
    RETURNING of, institution_id, occurred_on
)
SELECT institution_id, occurred_on FROM made
UNION SELECT institution_id, occurred_on FROM told WHERE occurred_on IS NOT NULL
UNION SELECT t.institution_id, coalesce(c.occurred_on, e.occurred_on) FROM told t JOIN credit_event e ON e.id = t.of
    LEFT JOIN credit_event c ON c.of = e.id
UNION SELECT e.institution_id, e.occurred_on FROM told t JOIN credit_event e ON e.id = t.of
"""
_REASONS: Final = {
    "AMENDED": "记录已变更 / the record was amended",
    "REVOKED": "处罚决定已撤销 / the penalty was revoked",
    "REPAIRED": "信用修复 / credit repair",
    "TERM_OVER": "公示期届满 / the term of publicity is over",
}
_BY_IDS: Final[dict[str, LiteralString]] = {
    "penalty": "p.id = ANY(%(penalties)s)",
    "inspection": "r.id = ANY(%(inspections)s)",
    "measure": "a.id = ANY(%(measures)s)",
    "held": "(e.source, e.source_id) IN (SELECT 'penalty', unnest(%(penalties)s::bigint[])"
    " UNION ALL SELECT 'inspection', unnest(%(inspections)s::bigint[])"
    " UNION ALL SELECT 'agreement_measure', unnest(%(measures)s::bigint[]))",
}
_BY_RANGE: Final[dict[str, LiteralString]] = {
    "penalty": "p.institution_id > %(above)s AND p.institution_id <= %(upto)s",
    "inspection": "r.institution_id > %(above)s AND r.institution_id <= %(upto)s",
    "measure": "a.institution_id > %(above)s AND a.institution_id <= %(upto)s",
    "held": "e.institution_id > %(above)s AND e.institution_id <= %(upto)s AND e.source_id IS NOT NULL",
}


def _ids(which: Records) -> dict[str, Any]:
    return {
        "penalties": list(which.penalties), "inspections": list(which.inspections), "measures": list(which.measures)
    }  # fmt: skip


def follow(connection: Connection[Any], by: Writer, which: Records | Which) -> int:
    """Makes the events of institutions what their records ask for, and their scores anew; how many institutions.

    In the caller's transaction, after the records were written; of records by their ids, or of all records of a range
    of institutions. The caller of a range holds `LOCK` alone.
    """
    if isinstance(which, Records):
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
        places, about = _BY_IDS, _ids(which)
    else:
        places, about = _BY_RANGE, {"above": which.above, "upto": which.upto}
    values: dict[str, Any] = about | {
        "records": Jsonb([one.model_dump() for one in credit.current().rule.records]),
        "reasons": Jsonb(_REASONS),
        "today": by.at.astimezone(BEIJING).date(),
        "agency": by.agency,
        "client": by.client_id,
        "officer": by.officer,
        "at": by.at,
    }
    statement = _FOLLOW
    for name, place in places.items():
        statement = statement.replace(f"{{{name}}}", place)
    touched = connection.cursor(row_factory=tuple_row).execute(statement, values).fetchall()
    if touched:
        days = [day for _, day in touched]
        maintain(connection, sorted({one for one, _ in touched}), min(days), max(days), by.at)
    return len({one for one, _ in touched})
