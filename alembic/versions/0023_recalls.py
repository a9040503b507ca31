"""Recalls: a change that ends the sharing of a record opens one in its own transaction; recipients follow."""

import sqlalchemy as sa
from alembic import op

from hub.db.base import Xid8
from hub.db.roles import APP, READER, grant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("recall_cause", "recall", "recall_progress")
CAUSES = "'REVOKED', 'AMENDED', 'REPAIRED', 'TERM_OVER'"
# What is told before the record is changed knows nothing of its place in the feed; the log does, in the same statement.
OPEN = f"""
CREATE FUNCTION open_recalls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recall_cause (epoch, feed, record_id, kind, public, at, reason, place_xid, place_id)
    SELECT e.number, 'penaltyChanges', t.record_id, t.kind, t.public, t.at, t.reason, t.xid, t.id
    FROM told t, feed_epoch e WHERE t.kind IN ({CAUSES}) ORDER BY t.id;
    RETURN NULL;
END $$
"""
TRIGGER = (
    "CREATE TRIGGER recalls AFTER INSERT ON penalty_change REFERENCING NEW TABLE AS told"
    " FOR EACH STATEMENT EXECUTE FUNCTION open_recalls()"
)


def upgrade() -> None:
    op.create_table(
        "recall_cause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("feed", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("place_xid", Xid8(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.CheckConstraint("(assigned_at IS NULL) = (due_at IS NULL)", name=op.f("ck_recall_cause_due_when_assigned")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_cause")),
    )
    op.create_index("ix_recall_cause_waiting", "recall_cause", ["id"], postgresql_where=sa.text("assigned_at IS NULL"))
    op.create_index("ix_recall_cause_xid", "recall_cause", ["xid"])
    op.create_table(
        "recall",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("cause_id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.String(length=40), nullable=False),
        sa.Column("record_type", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place_xid", Xid8(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("by_feed", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=10), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=False),
        *(
            sa.Column(level, sa.String(length=6), sa.Computed(code, persisted=True), nullable=False)
            for level, code in (
                ("province", "left(region, 2) || '0000'"),
                ("prefecture", "left(region, 4) || '00'"),
                ("county", "region"),
            )
        ),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_recall_acknowledged")
        ),
        sa.CheckConstraint("acknowledged_by IN ('FEED', 'CLIENT')", name=op.f("ck_recall_acknowledged_by")),
        sa.ForeignKeyConstraint(["cause_id"], ["recall_cause.id"], name=op.f("fk_recall_cause_id_recall_cause")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
        sa.UniqueConstraint("cause_id", "client_id", name=op.f("uq_recall_cause_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recall_public_id")),
    )
    op.create_index("ix_recall_order", "recall", ["recalled_at", "public_id"])
    op.create_index("ix_recall_client_id", "recall", ["client_id", "recalled_at", "public_id"])
    op.create_index("ix_recall_authority", "recall", ["authority", "recalled_at", "public_id"])
    outstanding = sa.text("acknowledged_at IS NULL")
    op.create_index(
        "ix_recall_outstanding", "recall", ["client_id", "feed", "place_xid", "place_id"], postgresql_where=outstanding
    )
    op.create_index("ix_recall_due_at", "recall", ["due_at"], postgresql_where=outstanding)
    op.create_table(
        "recall_progress",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_recall_progress_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_recall_progress")),
    )
    # What was indexed before recalls began recalls nothing by itself: a later change looks at all of it.
    op.execute(
        "INSERT INTO recall_progress (batch, epoch)"
        " SELECT (SELECT coalesce(max(batch), 0) FROM disclosure_batch), number FROM feed_epoch"
    )
    op.execute(OPEN)
    op.execute(TRIGGER)
    op.execute(grant("SELECT", TABLES, APP))
    op.execute(grant("SELECT", ("recall",), READER))
    op.execute(grant("INSERT", TABLES[:2], APP))
    op.execute(f"GRANT UPDATE (assigned_at, due_at, clause, notice, place_xid) ON recall_cause TO {APP}")
    op.execute(
        f"GRANT UPDATE (received_at, told, by_feed, acknowledged_at, acknowledged_by, place_xid) ON recall TO {APP}"
    )
    op.execute(f"GRANT UPDATE (batch, epoch) ON recall_progress TO {APP}")


def downgrade() -> None:
    op.execute("DROP FUNCTION open_recalls CASCADE")
    for table in ("recall", "recall_cause", "recall_progress"):
        op.drop_table(table)
