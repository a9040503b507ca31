"""Scores as an agency gives them, in sets, under the lock of the writers of credit; only an agency replaces them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from hub.credit.scoring import LOCK

Row = dict[str, Any]
_ROWS: Final = """
jsonb_to_recordset(%(rows)s) r(institution_id bigint, nhsa_code text, region text, period text, score numeric,
    grade text, model_version text, measures text[], dimensions jsonb)
"""
_RECORD: Final = f"""
WITH recorded AS (
    INSERT INTO credit_score
        (institution_id, nhsa_code, region, period, score, grade, model_version, measures, given_by, known_from)
    SELECT institution_id, nhsa_code, region, period, score, grade, model_version, measures, %(agency)s, %(at)s
    FROM {_ROWS} ORDER BY institution_id, period
    ON CONFLICT (institution_id, period) DO NOTHING RETURNING id, institution_id, period
), parts AS (
    INSERT INTO credit_dimension (score_id, name, score, weight, position)
    SELECT n.id, d.name, d.score, d.weight, d.position
    FROM recorded n JOIN {_ROWS} USING (institution_id, period)
    CROSS JOIN jsonb_to_recordset(r.dimensions) d(name text, score numeric, weight numeric, position smallint)
)
SELECT institution_id, period FROM recorded
"""
_KNOWN: Final = """
SELECT s.id, s.institution_id, s.period, s.score, s.grade, s.model_version, s.given_by,
    (SELECT json_agg(json_build_object('name', d.name, 'score', d.score::text) ORDER BY d.position)
     FROM credit_dimension d WHERE d.score_id = s.id) AS dimensions
FROM credit_score s
JOIN jsonb_to_recordset(%(rows)s) r(institution_id bigint, period text) USING (institution_id, period)
ORDER BY s.institution_id, s.period FOR NO KEY UPDATE OF s
"""
_REPLACE: Final = (
    # What the score was made of stays, as what its version was made of.
    f"""
    WITH kept AS (
    INSERT INTO credit_score_version
        (institution_id, period, score, grade, model_version, measures, dimensions, known_from, replaced_at)
    SELECT s.institution_id, s.period, s.score, s.grade, s.model_version, s.measures,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'score', d.score, 'weight', d.weight)
            ORDER BY d.position), '[]') FROM credit_dimension d WHERE d.score_id = s.id),
        s.known_from, greatest(%(at)s, s.known_from)
    FROM credit_score s JOIN {_ROWS} USING (institution_id, period)
    RETURNING institution_id, period, record_id
    ), old AS (
        SELECT s.id, k.record_id FROM kept k JOIN credit_score s USING (institution_id, period)
    ), effects AS (
        UPDATE credit_effect x SET score_id = old.record_id FROM old WHERE x.score_id = old.id
    ), deductions AS (
        UPDATE credit_deduction x SET score_id = old.record_id FROM old WHERE x.score_id = old.id
    )
    UPDATE credit_dimension x SET score_id = old.record_id FROM old WHERE x.score_id = old.id
    """,
    f"""
    INSERT INTO credit_dimension (score_id, name, score, weight, position)
    SELECT s.id, d.name, d.score, d.weight, d.position
    FROM credit_score s JOIN {_ROWS} USING (institution_id, period)
    CROSS JOIN jsonb_to_recordset(r.dimensions) d(name text, score numeric, weight numeric, position smallint)
    """,
    # Last: what is told of the change looks at the dimensions, as they were and as they are (migration 0025).
    f"""
    UPDATE credit_score s SET score = r.score, grade = r.grade, model_version = r.model_version,
        measures = r.measures, digest = NULL, given_by = %(agency)s, known_from = greatest(%(at)s, s.known_from)
    FROM {_ROWS} WHERE (s.institution_id, s.period) = (r.institution_id, r.period)
    """,
)


def record(connection: Connection[Any], agency: str, rows: Sequence[Row], at: datetime) -> set[tuple[int, str]]:
    """Records what is not there yet; the keys (institution, period) of what was recorded."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
    found = _send(connection, _RECORD, {"rows": _json(rows), "agency": agency, "at": at})
    return {(row["institution_id"], row["period"]) for row in found}


def known(connection: Connection[Any], keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Row]:
    """The scores that stand, locked."""
    asked = [{"institution_id": one, "period": period} for one, period in keys]
    found = _send(connection, _KNOWN, {"rows": _json(asked)})
    return {(row["institution_id"], row["period"]): row for row in found}


def replace(connection: Connection[Any], agency: str, rows: Sequence[Row], at: datetime) -> None:
    """Puts scores in the place of those that stand, which become versions."""
    values = {"rows": _json(rows), "agency": agency, "at": at}
    for statement in _REPLACE:
        connection.execute(statement, values)


def _send(connection: Connection[Any], statement: str, values: Row) -> list[Row]:
    return connection.cursor(row_factory=dict_row).execute(statement, values).fetchall()


def _json(rows: Sequence[Row]) -> str:
    return orjson.dumps(list(rows), default=str).decode()
