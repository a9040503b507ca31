"""Disclosure ledger: entries by month, shapes, the index of records shown, usage per client and day, a view."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.base import Xid8
from hub.db.roles import APP, READER, grant
from hub.ledger.partitions import MONTHS_AHEAD, current_month, month_statements, months

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LEDGER = ("disclosure", "disclosure_shape", "disclosure_batch", "disclosure_record")

VIEW = """
CREATE VIEW disclosure_view AS
SELECT d.id, d.public_id, d.at, d.client_id, d.agency, d.officer_name, d.officer_certificate_no, d.purpose,
       s.legal_basis, d.case_no, d.outcome, d.error_codes, s.shown, s.masked, s.filtered, s.counted,
       d.record_count, d.row_count, s.policy_version,
       encode(d.operation_hmac, 'hex') AS operation_hmac, encode(d.response_hmac, 'hex') AS response_hmac
FROM disclosure d LEFT JOIN disclosure_shape s ON s.hash = d.shape
"""

# The ids of one entry. `|| ''` fetches a value that is stored apart once, not once per id.
RECORD_IDS = """
CREATE FUNCTION disclosure_ids(record_ids bytea) RETURNS SETOF bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT ('x' || encode(substring(whole FROM 8 * n + 1 FOR 8), 'hex'))::bit(64)::bigint
    FROM (SELECT record_ids || ''::bytea AS whole OFFSET 0) once, generate_series(0, octet_length(whole) / 8 - 1) n
$$
"""


def upgrade() -> None:
    op.create_table(
        "disclosure",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("officer_certificate_no", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("operation_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("response_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column("record_ids", sa.LargeBinary(), nullable=False),
        sa.Column("record_count", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", "public_id", name=op.f("pk_disclosure")),
        postgresql_partition_by="RANGE (at)",
    )
    op.execute("ALTER TABLE disclosure ALTER record_ids SET STORAGE EXTERNAL")
    op.create_index("ix_disclosure_agency", "disclosure", ["agency", "at", "public_id"])
    op.create_index("ix_disclosure_client_id", "disclosure", ["client_id", "at", "public_id"])
    op.create_index("ix_disclosure_purpose", "disclosure", ["purpose", "at", "public_id"])
    op.create_index("ix_disclosure_commit_order", "disclosure", ["xid", "id"])
    op.execute("CREATE TABLE disclosure_default PARTITION OF disclosure DEFAULT")
    for month in months(current_month(), MONTHS_AHEAD + 1):
        for statement in month_statements(month):
            op.execute(statement)
    op.create_table(
        "disclosure_shape",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("shown", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("masked", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("filtered", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("counted", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_disclosure_shape")),
    )
    op.create_table(
        "disclosure_batch",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("indexed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_disclosure_batch")),
    )
    op.create_table(
        "disclosure_record",
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("disclosure_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("ats", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "batch", name=op.f("pk_disclosure_record")),
    )
    op.create_table(
        "client_usage",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "day", name=op.f("pk_client_usage")),
        postgresql_with={"fillfactor": 20, "autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 1000},
    )
    op.execute(VIEW)
    op.execute(RECORD_IDS)
    op.execute(grant("SELECT, INSERT", LEDGER, APP))
    op.execute(grant("SELECT, INSERT, UPDATE", ("client_usage",), APP))
    op.execute(grant("SELECT", ("disclosure_view", "client_usage"), READER))
    op.execute(grant("SELECT", ("disclosure_view",), APP))
    op.execute(f"GRANT USAGE ON SEQUENCE record_id_seq TO {APP}")


def downgrade() -> None:
    op.execute("DROP VIEW disclosure_view")
    op.execute("DROP FUNCTION disclosure_ids")
    for table in (*LEDGER, "client_usage"):
        op.drop_table(table)
