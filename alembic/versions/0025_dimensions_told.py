"""A score whose dimensions alone changed is told to everybody who may know of it: the dimensions are shown with it."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OLD = "ROW(o.score, o.grade, o.measures, o.model_version, o.institution_id, o.region)"
NEW = OLD.replace("o.", "n.")
# A score that is replaced is kept as a version first, with its dimensions; the score itself is updated last.
OTHER_DIMENSIONS = """
    (SELECT coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'score', d.score, 'weight', d.weight)
        ORDER BY d.position), '[]') FROM credit_dimension d WHERE d.score_id = n.id)
    IS DISTINCT FROM (SELECT v.dimensions FROM credit_score_version v
        WHERE v.institution_id = n.institution_id AND v.period = n.period ORDER BY v.id DESC LIMIT 1)
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION tell_changed_credit_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credit_change (xid, record_id, kind, public, ends, at, province, prefecture, county)
    SELECT greatest(pg_current_xact_id(), n.changed_xid), n.id, 'RESCORED', {public}, false, now(),
        n.province, n.prefecture, n.county
    FROM told n JOIN before o ON o.id = n.id
    WHERE {told};
    RETURN NULL;
END $$
"""
SHOWN = f"{OLD} IS DISTINCT FROM {NEW}"
ANY = f"{SHOWN} OR o.digest IS DISTINCT FROM n.digest"


def upgrade() -> None:
    op.execute(FUNCTION.format(public=f"{SHOWN} OR {OTHER_DIMENSIONS}", told=f"{ANY} OR {OTHER_DIMENSIONS}"))


def downgrade() -> None:
    op.execute(FUNCTION.format(public=SHOWN, told=ANY))
