"""The change feed of transfers: who is told of what, in the order of commits."""

import sqlalchemy as sa
from alembic import op

from hub.db.base import Xid8
from hub.db.roles import APP, READER, grant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer_change",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("agency", "xid", "id", name=op.f("pk_transfer_change")),
    )
    op.create_index("ix_transfer_change_transfer_id", "transfer_change", ["transfer_id", "id"])
    op.execute(grant("SELECT, INSERT", ("transfer_change",), APP))
    op.create_table(
        "feed_epoch",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_feed_epoch_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_feed_epoch")),
    )
    op.execute("INSERT INTO feed_epoch (number) VALUES (floor(random() * 2147483647)::integer)")
    op.execute(grant("SELECT", ("transfer_change", "feed_epoch"), READER))


def downgrade() -> None:
    op.drop_table("feed_epoch")
    op.drop_table("transfer_change")
