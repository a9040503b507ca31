"""Which state of the database an entry of the ledger read: a recall asks who saw a record before its change (R23)."""

import sqlalchemy as sa
from alembic import op

from hub.db.roles import APP, grant
from hub.ledger.tables import Snapshot, Xid8

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("disclosure", sa.Column("read", Snapshot(), nullable=True))
    op.add_column("disclosure", sa.Column("epoch", sa.Integer(), nullable=True))
    op.add_column("disclosure_batch", sa.Column("oldest_read", Xid8(), nullable=True))
    op.execute(grant("SELECT", ("feed_epoch",), APP))


def downgrade() -> None:
    op.execute(f"REVOKE SELECT ON feed_epoch FROM {APP}")
    op.drop_column("disclosure_batch", "oldest_read")
    op.drop_column("disclosure", "epoch")
    op.drop_column("disclosure", "read")
