"""Statistics: amounts of results, lateness, and an index that holds all that is counted."""

import sqlalchemy as sa
from alembic import op

from hub.db.roles import APP, grant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SENT_YEAR = "date_part('year', sent_at AT TIME ZONE 'Asia/Shanghai')"
RECEIVED_YEAR = "date_part('year', received_at AT TIME ZONE 'Asia/Shanghai')"
COLUMNS = (
    sa.Column("recovered", sa.Numeric(18, 2), nullable=True),
    sa.Column("fined", sa.Numeric(18, 2), nullable=True),
    sa.Column("late_clock", sa.String(length=40), nullable=True),
)
COUNTED = (
    "id", "sent_at", "case_no", "sender", "sender_kind", "sender_region", "receiver", "receiver_kind",
    "receiver_region", "forwarded_from", "status", "source", "outcome", "catalogue_codes", "institution_id",
    "arrived_at", "received_at", "closed_at", "due_at", "late_clock", "recovered", "fined",
)  # fmt: skip


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("clue_transfer", column)
    op.create_check_constraint(
        op.f("ck_clue_transfer_result_amounts_are_numbers"), "clue_transfer", "recovered <> 'NaN' AND fined <> 'NaN'"
    )
    for name, year, rows in (
        ("ix_clue_transfer_statistics", SENT_YEAR, "sent_at IS NOT NULL"),
        ("ix_clue_transfer_another_year", RECEIVED_YEAR, f"{RECEIVED_YEAR} <> {SENT_YEAR}"),
    ):
        op.create_index(
            name, "clue_transfer", [sa.text(year)], postgresql_include=COUNTED, postgresql_where=sa.text(rows)
        )
    op.execute(grant("UPDATE (recovered, fined, late_clock)", ("clue_transfer",), APP))


def downgrade() -> None:
    op.drop_index("ix_clue_transfer_another_year", "clue_transfer")
    op.drop_index("ix_clue_transfer_statistics", "clue_transfer")
    op.drop_constraint(op.f("ck_clue_transfer_result_amounts_are_numbers"), "clue_transfer")
    for column in reversed(COLUMNS):
        op.drop_column("clue_transfer", column.name)
