"""Penalties are written: their events, state and publicity; inspection results and agreement measures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.base import Xid8
from hub.db.roles import APP, READER, grant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PENALTY = (
    sa.Column("status", sa.String(length=20), server_default="DECIDED", nullable=False),
    sa.Column("severity", sa.String(length=20), nullable=True),
    sa.Column("amended_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("content_hash", sa.LargeBinary(), nullable=True),
)
# Records that were imported before: their state from what they say. Whose term is past is ended by the hub's own job.
STATE = """
UPDATE penalty_record SET status = CASE
    WHEN revoked_at IS NOT NULL THEN 'REVOKED'
    WHEN published_at IS NOT NULL THEN 'PUBLISHED'
    WHEN not_published_reason IS NOT NULL THEN 'WITHHELD'
    WHEN served_on IS NOT NULL THEN 'SERVED'
    ELSE 'DECIDED' END
"""
STATUSES = "status IN ('DECIDED','SERVED','WITHHELD','PUBLISHED','TERM_OVER','REPAIRED','REVOKED')"
SUPERVISION = ("inspection_result", "agreement_measure")
WRITTEN = (
    "decision_no, counterparty_category, counterparty_name, counterparty_person_name, counterparty_uscc, "
    "business_registration_no, organization_code, tax_registration_no, public_institution_no, social_organization_no, "
    "legal_representative, legal_representative_id_type, legal_representative_id, counterparty_id_type, "
    "counterparty_resident_id, institution_id, violation_type, published_facts, facts, basis, kinds, content, fine, "
    "confiscation, licence_revoked, decided_on, valid_until, publicity_ends_on, data_source, data_source_uscc, remark, "
    "served_on, not_published_reason, case_officers, case_file_no, case_no, published_at, revoked_at, region, status, "
    "severity, amended_at, repaired_at, content_hash"
)
"""Of a penalty. Never its ids, its authority, whom it is against."""
PRIVILEGES = (
    grant("SELECT", SUPERVISION, READER, APP),
    grant("SELECT", ("penalty_event",), APP),
    grant("INSERT", ("penalty_record", "penalty_event", *SUPERVISION), APP),
    grant(f"UPDATE ({WRITTEN})", ("penalty_record",), APP),
)


def regional() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column(
            "province", sa.String(length=6), sa.Computed("left(region, 2) || '0000'", persisted=True), nullable=False
        ),
        sa.Column(
            "prefecture", sa.String(length=6), sa.Computed("left(region, 4) || '00'", persisted=True), nullable=False
        ),
        sa.Column("county", sa.String(length=6), sa.Computed("region", persisted=True), nullable=False),
    )


def of_institution(table: str, number: str, order: str, *more: sa.Column | sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column(number, sa.String(length=64), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        *more,
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        *regional(),
        sa.ForeignKeyConstraint(["authority"], ["agency.code"], name=op.f(f"fk_{table}_authority_agency")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f(f"fk_{table}_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
        sa.UniqueConstraint("authority", number, name=op.f(f"uq_{table}_authority_{number}")),
    )
    for column in ("institution_id", "province", "prefecture", "county"):
        op.create_index(f"ix_{table}_{column}", table, [column, order, "public_id"])


def upgrade() -> None:
    for column in PENALTY:
        op.add_column("penalty_record", column)
    op.execute(STATE)
    op.create_check_constraint(op.f("ck_penalty_record_status"), "penalty_record", STATUSES)
    op.create_check_constraint(
        op.f("ck_penalty_record_severity"), "penalty_record", "severity IN ('MINOR','GENERAL','SERIOUS')"
    )
    # What the hub itself ends: read by its job every hour, and small, as it holds the running terms only.
    op.create_index(
        "ix_penalty_record_running_term",
        "penalty_record",
        ["publicity_ends_on"],
        postgresql_where=sa.text("status = 'PUBLISHED'"),
    )
    op.create_table(
        "penalty_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("penalty_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=40), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["penalty_id"], ["penalty_record.id"], name=op.f("fk_penalty_event_penalty_id_penalty_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalty_event")),
    )
    op.create_index("ix_penalty_event_commit_order", "penalty_event", ["xid", "id"])
    op.create_index("ix_penalty_event_penalty_id", "penalty_event", ["penalty_id", "id"])
    of_institution(
        "inspection_result",
        "result_no",
        "inspected_on",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.Column("findings_class", sa.String(length=40), nullable=False),
        sa.Column("measures", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("amount_recovered", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.CheckConstraint("period_from <= period_to", name=op.f("ck_inspection_result_period")),
        sa.CheckConstraint("amount_recovered <> 'NaN'", name=op.f("ck_inspection_result_amount_is_a_number")),
    )
    of_institution(
        "agreement_measure",
        "measure_no",
        "decided_on",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("agreement_clause", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("informed_on", sa.Date(), nullable=False),
        sa.Column("statement", sa.String(length=40), nullable=False),
        sa.Column("statement_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.CheckConstraint("informed_on <= decided_on", name=op.f("ck_agreement_measure_informed_before")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_agreement_measure_term")),
        sa.CheckConstraint("amount <> 'NaN'", name=op.f("ck_agreement_measure_amount_is_a_number")),
    )
    for statement in PRIVILEGES:
        op.execute(statement)


def downgrade() -> None:
    for table in ("agreement_measure", "inspection_result", "penalty_event"):
        op.drop_table(table)
    op.execute(f"REVOKE INSERT ON penalty_record FROM {APP}")
    op.execute(f"REVOKE UPDATE ({WRITTEN.removesuffix(', status, severity, amended_at, repaired_at, content_hash')})"
               f" ON penalty_record FROM {APP}")  # fmt: skip
    op.drop_index("ix_penalty_record_running_term", "penalty_record")
    for column in reversed(PENALTY):
        op.drop_column("penalty_record", column.name)
