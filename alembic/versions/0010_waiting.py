"""Transfers that wait for their arrival, few among millions, found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_clue_transfer_waiting", "clue_transfer", ["id"], postgresql_where=sa.text("status = 'SENT'"))


def downgrade() -> None:
    op.drop_index("ix_clue_transfer_waiting", "clue_transfer")
