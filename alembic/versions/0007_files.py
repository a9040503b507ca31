"""Evidence as files: a row a file, and items of evidence that refer to it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.roles import APP, grant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A file that is whole stays as it is for as long as anything refers to it; the app role can only end what nothing uses.
# The question is asked anew inside the trigger: an item that was added meanwhile is seen.
STAYS = """
CREATE FUNCTION refuse_change_of_file() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state <> 'OPEN' AND (NEW.state, NEW.stored, NEW.completed_at)
                               IS DISTINCT FROM (OLD.state, OLD.stored, OLD.completed_at)
       AND (OLD.state <> 'COMPLETE' OR NEW.state <> 'UNUSED' OR NEW.stored <> OLD.stored
            OR EXISTS (SELECT FROM public.evidence e WHERE e.file_id = OLD.file_id)) THEN
        RAISE EXCEPTION 'a file of evidence stays as it is' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""
CHANGING = "case_no, state, stored, parts, completed_at, ended_at"


def upgrade() -> None:
    op.create_table(
        "evidence_file",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("stored", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("parts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('OPEN','COMPLETE','REFUSED','TERMINATED','EXPIRED','UNUSED')",
            name=op.f("ck_evidence_file_state"),
        ),
        sa.CheckConstraint("0 <= stored AND stored <= size AND 0 < size", name=op.f("ck_evidence_file_stored")),
        sa.CheckConstraint(
            "(completed_at IS NOT NULL) = (state IN ('COMPLETE','UNUSED'))", name=op.f("ck_evidence_file_completed")
        ),
        sa.CheckConstraint("completed_at IS NULL OR stored = size", name=op.f("ck_evidence_file_whole")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_evidence_file_case_no_case_file")),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_evidence_file_agency_agency")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_evidence_file")),
    )
    op.create_index(op.f("ix_evidence_file_case_no"), "evidence_file", ["case_no"])
    op.create_index("ix_evidence_file_client_id", "evidence_file", ["client_id", "opened_at"])
    op.create_index("ix_evidence_file_open", "evidence_file", ["opened_at"], postgresql_where=sa.text("state = 'OPEN'"))
    op.add_column("evidence", sa.Column("file_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_evidence_file_id_evidence_file"), "evidence", "evidence_file", ["file_id"], ["file_id"]
    )
    # An item names a file once; the same index answers "is this file used?".
    op.create_index(
        "ix_evidence_file_id",
        "evidence",
        ["file_id", "transfer_id"],
        unique=True,
        postgresql_where=sa.text("file_id IS NOT NULL"),
    )
    for column in ("sha256", "size", "media_type"):
        op.alter_column("evidence", column, nullable=True)
    op.create_check_constraint(
        op.f("ck_evidence_described"),
        "evidence",
        "num_nulls(sha256, size, media_type) = 0"
        " OR num_nulls(sha256, size, media_type) = 3 AND file_id IS NULL AND kind = 'PHYSICAL_EVIDENCE'",
    )
    op.execute(STAYS)
    op.execute(
        "CREATE TRIGGER file_stays BEFORE UPDATE ON evidence_file FOR EACH ROW"
        f" WHEN (current_user = '{APP}') EXECUTE FUNCTION refuse_change_of_file()"
    )
    op.execute(grant("SELECT, INSERT", ("evidence_file",), APP))
    op.execute(grant(f"UPDATE ({CHANGING})", ("evidence_file",), APP))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_evidence_described"), "evidence")
    op.drop_column("evidence", "file_id")
    for column in ("sha256", "size", "media_type"):
        op.alter_column("evidence", column, nullable=False)
    op.drop_table("evidence_file")
    op.execute("DROP FUNCTION refuse_change_of_file()")
