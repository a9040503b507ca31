"""Oversight: spot checks and what they drew; the register of a superior, by what its kind sent and received."""

import sqlalchemy as sa
from alembic import op

from hub.db.roles import APP, READER, grant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SIDES = [(side, level) for side in ("sender", "receiver") for level in ("province", "prefecture")]


def upgrade() -> None:
    # Nobody lists everything: the order alone serves no one.
    op.drop_index("ix_clue_transfer_register", "clue_transfer")
    for side, level in SIDES:
        op.create_index(
            f"ix_clue_transfer_{side}_{level}_due",
            "clue_transfer",
            [f"{side}_kind", f"{side}_{level}", "next_due_at", "public_id"],
        )
    op.create_table(
        "spot_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("share", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("sent_from", sa.Date(), nullable=False),
        sa.Column("sent_to", sa.Date(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("population_hash", sa.LargeBinary(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_spot_check_share")),
        sa.CheckConstraint("sent_from <= sent_to", name=op.f("ck_spot_check_period")),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_spot_check_agency_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check")),
        sa.UniqueConstraint("public_id", name=op.f("uq_spot_check_public_id")),
    )
    op.create_index("ix_spot_check_agency", "spot_check", ["agency", "at"])
    op.create_table(
        "spot_check_transfer",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("spot_check_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_spot_check_transfer_agency_agency")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_spot_check_transfer_transfer_id_clue_transfer")
        ),
        sa.ForeignKeyConstraint(
            ["spot_check_id"], ["spot_check.id"], name=op.f("fk_spot_check_transfer_spot_check_id_spot_check")
        ),
        sa.PrimaryKeyConstraint("agency", "transfer_id", "spot_check_id", name=op.f("pk_spot_check_transfer")),
    )
    op.create_index("ix_spot_check_transfer_spot_check_id", "spot_check_transfer", ["spot_check_id"])
    op.execute(grant("SELECT", ("spot_check_transfer",), READER))
    op.execute(grant("SELECT, INSERT", ("spot_check", "spot_check_transfer"), APP))


def downgrade() -> None:
    op.drop_table("spot_check_transfer")
    op.drop_table("spot_check")
    for side, level in SIDES:
        op.drop_index(f"ix_clue_transfer_{side}_{level}_due", "clue_transfer")
    op.create_index("ix_clue_transfer_register", "clue_transfer", ["next_due_at", "public_id"])
