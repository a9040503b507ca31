"""Scores as they were known at a moment: versions keep what they were made of, and from when until when they stood.

Of what was replaced before, only dimensions were kept: such a version is told at no moment. A score that stands now is
known from the moment of this migration.
"""

import sqlalchemy as sa
from alembic import op

from hub.db.roles import APP, READER, grant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

PARTS = ("credit_dimension", "credit_effect", "credit_deduction")
VIEW = """
CREATE VIEW credit_score_as_known AS
SELECT id, institution_id, nhsa_code, period, score, grade, model_version, measures, province, prefecture, county,
    known_from, 'infinity'::timestamptz AS known_until
FROM credit_score
UNION ALL
SELECT v.record_id, s.institution_id, s.nhsa_code, s.period, v.score, v.grade, v.model_version, v.measures,
    s.province, s.prefecture, s.county, v.known_from, v.replaced_at
FROM credit_score s JOIN credit_score_version v USING (institution_id, period)
WHERE v.known_from IS NOT NULL
"""


def upgrade() -> None:
    moment, number = sa.DateTime(timezone=True), sa.BigInteger()
    op.add_column("credit_score", sa.Column("known_from", moment, server_default=sa.text("now()"), nullable=False))
    op.add_column("credit_score_version", sa.Column("known_from", moment, nullable=True))
    op.add_column("credit_score_version", sa.Column("record_id", number, nullable=True))
    op.alter_column("credit_score_version", "record_id", server_default=sa.text("nextval('record_id_seq')"))
    op.execute(VIEW)
    op.execute(grant("SELECT", ("credit_score_as_known",), READER, APP))
    op.execute(f"GRANT UPDATE (known_from) ON credit_score TO {APP}")
    # What a score is made of is never removed: it goes to the version that the score becomes.
    for table in PARTS:
        op.execute(f"REVOKE DELETE ON {table} FROM {APP}")
        op.execute(f"GRANT UPDATE (score_id) ON {table} TO {APP}")


def downgrade() -> None:
    # What versions were made of has no place without them bearing its id.
    for table in PARTS:
        op.execute(f"DELETE FROM {table} p USING credit_score_version v WHERE p.score_id = v.record_id")
        op.execute(f"REVOKE UPDATE (score_id) ON {table} FROM {APP}")
        op.execute(f"GRANT DELETE ON {table} TO {APP}")
    op.execute("DROP VIEW credit_score_as_known")
    op.drop_column("credit_score_version", "record_id")
    op.drop_column("credit_score_version", "known_from")
    op.drop_column("credit_score", "known_from")
