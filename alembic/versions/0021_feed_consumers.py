"""How far the readers of feeds have acknowledged them, and what they could not take."""

import sqlalchemy as sa
from alembic import op

from hub.db.base import Xid8
from hub.db.roles import APP, grant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOVED = ("xid", "id", "epoch", "since", "acknowledged_at")


def upgrade() -> None:
    op.create_table(
        "feed_consumer",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("feed", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "feed", "purpose", name=op.f("pk_feed_consumer")),
    )
    op.create_table(
        "feed_rejection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("feed", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_rejection")),
    )
    op.create_index("ix_feed_rejection_at", "feed_rejection", ["at", "id"])
    op.execute(grant("SELECT, INSERT", ("feed_consumer", "feed_rejection"), APP))
    op.execute(grant(f"UPDATE ({', '.join(MOVED)})", ("feed_consumer",), APP))


def downgrade() -> None:
    op.drop_table("feed_rejection")
    op.drop_table("feed_consumer")
