"""Credit: events that follow from records, the end of a term; points that go by the year; scores given by an agency."""

import sqlalchemy as sa
from alembic import op

from hub.db.roles import APP, grant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHECKS = {
    "change": ("change IN ('AMENDED','REVOKED','REPAIRED')", "change IN ('AMENDED','REVOKED','REPAIRED','TERM_OVER')"),
    "of_person": (
        "(personnel_id IS NOT NULL AND of IS NULL) = (points IS NOT NULL)",
        "CASE WHEN personnel_id IS NULL THEN points IS NULL ELSE points IS NOT NULL OR of IS NOT NULL END",
    ),
}
REPAIR = "(change IS NOT DISTINCT FROM 'REPAIRED') = (effective_on IS NOT NULL)"
ENDING = "coalesce(change IN ('REPAIRED','TERM_OVER'), false) = (effective_on IS NOT NULL)"
FROM_RECORD = sa.text("of IS NULL AND source_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("credit_event", sa.Column("suspended_months", sa.SmallInteger(), nullable=True))
    op.add_column("credit_event", sa.Column("life", sa.SmallInteger(), server_default="0", nullable=False))
    for name, (_, now) in CHECKS.items():
        op.drop_constraint(op.f(f"ck_credit_event_{name}"), "credit_event")
        op.create_check_constraint(op.f(f"ck_credit_event_{name}"), "credit_event", now)
    op.drop_constraint(op.f("ck_credit_event_repair"), "credit_event")
    op.create_check_constraint(op.f("ck_credit_event_ending"), "credit_event", ENDING)
    op.create_check_constraint(
        op.f("ck_credit_event_suspension"), "credit_event", "suspended_months IS NULL OR personnel_id IS NOT NULL"
    )
    op.drop_index("ix_credit_event_source", table_name="credit_event")
    op.create_index(
        "ix_credit_event_source", "credit_event", ["source", "source_id", "life"], unique=True,
        postgresql_where=FROM_RECORD,
    )  # fmt: skip
    op.create_index(
        "ix_credit_event_revoked", "credit_event", ["of"], unique=True, postgresql_where=sa.text("change = 'REVOKED'")
    )
    op.add_column("credit_score", sa.Column("given_by", sa.String(length=64), nullable=True))
    op.create_foreign_key(op.f("fk_credit_score_given_by_agency"), "credit_score", "agency", ["given_by"], ["code"])
    op.execute(grant("UPDATE (given_by)", ("credit_score",), APP))
    # Points that were there are of the year of this migration: no document says of which other.
    this_year = sa.text("extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')")
    op.add_column("personnel", sa.Column("points_year", sa.SmallInteger(), server_default=this_year, nullable=False))
    op.add_column("personnel", sa.Column("qualification_until", sa.Date(), nullable=True))
    op.execute(grant("UPDATE (points_year, qualification_until)", ("personnel",), APP))


def downgrade() -> None:
    op.drop_column("personnel", "qualification_until")
    op.drop_column("personnel", "points_year")
    op.drop_column("credit_score", "given_by")
    op.drop_index("ix_credit_event_revoked", table_name="credit_event")
    op.drop_index("ix_credit_event_source", table_name="credit_event")
    # What this migration brought cannot be said in the older form.
    op.execute("DELETE FROM credit_event WHERE change = 'TERM_OVER' OR of IS NOT NULL AND points IS NOT NULL")
    op.create_index(
        "ix_credit_event_source", "credit_event", ["source", "source_id", "rule", "life"], unique=True,
        postgresql_where=FROM_RECORD,
    )  # fmt: skip
    op.drop_constraint(op.f("ck_credit_event_suspension"), "credit_event")
    op.drop_constraint(op.f("ck_credit_event_ending"), "credit_event")
    op.create_check_constraint(op.f("ck_credit_event_repair"), "credit_event", REPAIR)
    for name, (before, _) in CHECKS.items():
        op.drop_constraint(op.f(f"ck_credit_event_{name}"), "credit_event")
        op.create_check_constraint(op.f(f"ck_credit_event_{name}"), "credit_event", before)
    op.drop_column("credit_event", "life")
    op.drop_column("credit_event", "suspended_months")
