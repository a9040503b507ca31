"""Scores, computed in the database for many institutions at once, and stored where they changed.

The law is `hub.law.credit.score`, a pure function; the statements here do the same over sets, and a test holds them to
it for random histories. A score whose events did not change is left alone; one that changed is kept as a version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg import Connection
from psycopg.types.json import Jsonb

from hub.law.credit import Model, Quarter, UnknownRule

LOCK: Final = 0x63726564
"""Advisory lock: writers of events share it, the job over all institutions has it alone while it does a piece."""

# What counts (corrections folded), what it costs, what is left of each dimension: `hub.law.credit`, in sets.
_COMPUTED: Final[LiteralString] = """
CREATE TEMP TABLE credit_counted ON COMMIT DROP AS
WITH rule AS (
    SELECT * FROM jsonb_to_recordset(%(rules)s)
        r(code text, dimension text, points int, most int, title text, clause text)
), changed AS (
    SELECT c.of, bool_or(c.change = 'REVOKED') AS revoked,
        (array_agg(c.rule ORDER BY c.recorded_at DESC, c.id DESC)
            FILTER (WHERE c.change = 'AMENDED' AND c.rule IS NOT NULL))[1] AS rule,
        (array_agg(c.occurred_on ORDER BY c.recorded_at DESC, c.id DESC)
            FILTER (WHERE c.change = 'AMENDED' AND c.occurred_on IS NOT NULL))[1] AS occurred_on,
        (array_agg(c.effective_on ORDER BY c.recorded_at DESC, c.id DESC)
            FILTER (WHERE c.change IN ('REPAIRED', 'TERM_OVER')))[1] AS until
    FROM credit_event c WHERE c.of IS NOT NULL AND {which} GROUP BY c.of
), counted AS (
    SELECT c.id, c.public_id, c.institution_id, c.case_no,
        coalesce(x.rule, c.rule) AS rule, coalesce(x.occurred_on, c.occurred_on) AS occurred_on
    FROM credit_event c LEFT JOIN changed x ON x.of = c.id
    WHERE c.of IS NULL AND {which} AND x.revoked IS NOT TRUE AND (x.until IS NULL OR %(last)s < x.until)
)
SELECT c.*, r.dimension, r.title, r.clause, sign(r.points)::int * least(abs(r.points), greatest(0, r.most
        - abs(r.points) * (row_number() OVER (PARTITION BY c.institution_id, c.rule ORDER BY c.occurred_on, c.id) - 1)
    ))::int AS points
FROM counted c LEFT JOIN rule r ON r.code = c.rule
WHERE c.occurred_on BETWEEN %(first)s AND %(last)s
"""
_LEFT: Final[LiteralString] = """
CREATE TEMP TABLE credit_left ON COMMIT DROP AS
WITH dimension AS (
    SELECT * FROM jsonb_to_recordset(%(dimensions)s) d(code text, name text, weight numeric, position int)
), cost AS (
    SELECT institution_id, dimension, sum(points) AS points FROM credit_counted GROUP BY 1, 2
)
SELECT c.institution_id, d.name, d.weight, d.position,
    least(%(full)s, greatest(0, %(full)s - coalesce(k.points, 0))) AS score
FROM (SELECT DISTINCT institution_id FROM credit_counted) c CROSS JOIN dimension d
LEFT JOIN cost k ON k.institution_id = c.institution_id AND k.dimension = d.code
"""
_SCORES: Final[LiteralString] = """
CREATE TEMP TABLE credit_new ON COMMIT DROP AS
WITH made AS (
    SELECT institution_id, round(sum(score * weight), 2) AS score FROM credit_left GROUP BY 1
), grade AS (
    SELECT * FROM jsonb_to_recordset(%(grades)s) g(grade text, least int, measures text[])
), digest AS (
    SELECT institution_id, string_agg(concat_ws(' ', id, rule, occurred_on, points), ';' ORDER BY id) AS made_of
    FROM credit_counted GROUP BY 1
), scored AS (
    SELECT i.id AS institution_id, i.nhsa_code, i.region, coalesce(m.score, %(full)s) AS score,
        md5(concat_ws('|', %(model)s::text, d.made_of)) AS digest, s.id AS old_id, s.digest AS old_digest, s.given_by
    FROM institution i
    LEFT JOIN made m ON m.institution_id = i.id LEFT JOIN digest d ON d.institution_id = i.id
    LEFT JOIN credit_score s ON s.institution_id = i.id AND s.period = %(period)s AND {scored}
    WHERE {place}
)
SELECT c.institution_id, c.nhsa_code, c.region, c.score, c.digest, c.old_id, g.grade, g.measures,
    coalesce(c.old_id, nextval('record_id_seq')) AS id,
    CASE WHEN c.old_id IS NOT NULL THEN nextval('record_id_seq') END AS version_id
FROM scored c CROSS JOIN LATERAL (
    SELECT grade, measures FROM grade WHERE c.score >= grade.least ORDER BY grade.least DESC LIMIT 1
) g
WHERE c.old_digest IS DISTINCT FROM c.digest AND c.given_by IS NULL
"""
_REPLACE: Final[tuple[LiteralString, ...]] = (
    """
    INSERT INTO credit_score_version
        (record_id, institution_id, period, score, grade, model_version, measures, dimensions, known_from, replaced_at)
    SELECT n.version_id, s.institution_id, s.period, s.score, s.grade, s.model_version, s.measures,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'score', d.score, 'weight', d.weight)
            ORDER BY d.position), '[]') FROM credit_dimension d WHERE d.score_id = s.id),
        s.known_from, greatest(%(now)s, s.known_from)
    FROM credit_new n JOIN credit_score s ON s.id = n.old_id
    """,
    # What the score was made of stays, as what its version was made of.
    "UPDATE credit_dimension d SET score_id = n.version_id FROM credit_new n WHERE d.score_id = n.old_id",
    "UPDATE credit_effect e SET score_id = n.version_id FROM credit_new n WHERE e.score_id = n.old_id",
    "UPDATE credit_deduction d SET score_id = n.version_id FROM credit_new n WHERE d.score_id = n.old_id",
)
_STORE: Final[tuple[LiteralString, ...]] = (
    """
    INSERT INTO credit_score
        (id, institution_id, nhsa_code, region, period, score, grade, measures, model_version, digest, known_from)
    SELECT id, institution_id, nhsa_code, region, %(period)s, score, grade, measures, %(model)s, digest, %(now)s
    FROM credit_new WHERE old_id IS NULL
    """,
    """
    INSERT INTO credit_dimension (score_id, name, score, weight, position)
    SELECT n.id, d.name, coalesce(l.score, %(full)s), d.weight, d.position
    FROM credit_new n
    CROSS JOIN jsonb_to_recordset(%(dimensions)s) d(code text, name text, weight numeric, position int)
    LEFT JOIN credit_left l ON l.institution_id = n.institution_id AND l.position = d.position
    """,
    """
    INSERT INTO credit_effect (score_id, event, rule, title, dimension, points, occurred_on, clause, position)
    SELECT n.id, c.public_id, c.rule, c.title, c.dimension, c.points, c.occurred_on, c.clause,
        row_number() OVER (PARTITION BY n.id ORDER BY c.occurred_on, c.id)
    FROM credit_new n JOIN credit_counted c USING (institution_id) WHERE c.case_no IS NULL
    """,
    """
    INSERT INTO credit_deduction (score_id, reason, points, case_no, position)
    SELECT n.id, c.title, c.points, c.case_no, row_number() OVER (PARTITION BY n.id ORDER BY c.occurred_on, c.id)
    FROM credit_new n JOIN credit_counted c USING (institution_id) WHERE c.case_no IS NOT NULL
    """,
)
# Last: what is told of the change looks at the dimensions, as they were and as they are (migration 0025).
_CHANGE: Final[LiteralString] = """
UPDATE credit_score s SET score = n.score, grade = n.grade, measures = n.measures, digest = n.digest,
    model_version = %(model)s, known_from = greatest(%(now)s, s.known_from)
FROM credit_new n WHERE s.id = n.old_id
"""
_DROP: Final[LiteralString] = "DROP TABLE credit_counted, credit_left, credit_new"


@dataclass(frozen=True, slots=True)
class Which:
    """The institutions whose internal id is above `above`, up to `upto`."""

    above: int
    upto: int


def compute(
    connection: Connection[Any], by: Model, period: Quarter, which: Which | Sequence[int], now: datetime
) -> int:
    """Computes and stores the scores of a period, in the caller's transaction; how many are new or changed.

    The caller holds `LOCK`. A score that an agency gave as its own is left alone.

    Raises:
        UnknownRule: an event follows a rule that the model does not have; nothing was stored.
    """
    first, last = by.window(period)
    if isinstance(which, Which):
        place: LiteralString = "{id} > %(above)s AND {id} <= %(upto)s"
        about: dict[str, Any] = {"above": which.above, "upto": which.upto}
    else:
        place, about = "{id} = ANY(%(ids)s)", {"ids": list(which)}
    parameters = about | {
        "rules": Jsonb(
            [
                {
                    "code": rule.code, "dimension": rule.dimension, "points": rule.points, "most": rule.most,
                    "title": rule.zh, "clause": rule.clause,
                }
                for rule in by.rule.rules
            ]
        ),
        "dimensions": Jsonb(
            [
                {"code": one.code, "name": one.zh, "weight": str(one.weight), "position": position}
                for position, one in enumerate(by.dimensions)
            ]
        ),
        "grades": Jsonb([grade.model_dump() for grade in by.rule.grades]),
        "full": by.rule.full,
        "model": by.version,
        "period": str(period),
        "first": first,
        "last": last,
        "now": now,
    }  # fmt: skip
    connection.execute(_COMPUTED.replace("{which}", place.replace("{id}", "c.institution_id")), parameters)
    unknown = connection.execute("SELECT rule FROM credit_counted WHERE dimension IS NULL LIMIT 1").fetchone()
    if unknown:
        raise UnknownRule(next(iter(unknown.values())) if isinstance(unknown, dict) else unknown[0])
    connection.execute(_LEFT, parameters)
    scores = _SCORES.replace("{place}", place.replace("{id}", "i.id"))
    stored = connection.execute(
        scores.replace("{scored}", place.replace("{id}", "s.institution_id")), parameters
    ).rowcount
    if stored:
        replaced = connection.execute("SELECT FROM credit_new WHERE old_id IS NOT NULL LIMIT 1").rowcount
        if replaced:  # a few of a million, or all of them: only the planner knows how to find them
            connection.execute("ANALYZE credit_new (old_id, institution_id)")
        for statement in (*_REPLACE, *_STORE, _CHANGE) if replaced else _STORE:
            connection.execute(statement, parameters)
    connection.execute(_DROP)
    return stored
