"""Commands: officers, events of transfers and cases, receipts of commands, counters; what a transfer owes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.base import Xid8
from hub.db.roles import APP, grant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("officer", "transfer_event", "case_event", "command_receipt", "doc_counter", "case_counter")
TRANSFER = (
    sa.Column("route", sa.String(length=40), nullable=True),
    sa.Column("parent_id", sa.BigInteger(), nullable=True),
    sa.Column("procuratorate", sa.String(length=64), nullable=True),
    sa.Column("penalty_served_on", sa.Date(), nullable=True),
    sa.Column("case_officers", postgresql.ARRAY(sa.String(length=40)), server_default="{}", nullable=False),
    sa.Column("catalogue_texts", postgresql.JSONB(), server_default="{}", nullable=False),
    sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("due_clock", sa.String(length=40), nullable=True),
)

# A command holds the rows that its authority rests on until it commits: a revocation that was answered before comes
# first, one that comes later waits. FOR SHARE asks for the right to update, which the app role must not have; so the
# owner lends exactly this. Locks in the order of the administration: agency, client, token.
HOLD = """
CREATE FUNCTION hold_authority(token bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_agency text; certificate text;
BEGIN
    SELECT a.code, t.officer_certificate_no INTO of_agency, certificate
    FROM public.access_token t
    JOIN public.client c ON c.client_id = t.client_id
    JOIN public.agency a ON a.code = c.agency
    WHERE t.token_hash = token FOR SHARE OF a, c, t;
    PERFORM FROM public.officer o WHERE o.certificate_no = certificate AND o.agency = of_agency FOR SHARE;
END $$
"""
# The material of a sent transfer stays as it was: drafts may change theirs, a supplement adds.
FROZEN = """
CREATE FUNCTION refuse_change_of_sent() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.clue_transfer t WHERE t.id = OLD.transfer_id AND t.sent_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the material of a sent transfer stays as it was'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$
"""
MATERIAL = ("transfer_party", "evidence", "insured_person")
FROZEN_TABLES = (*MATERIAL, "clue_transfer_notified")
PRIVILEGES = (
    grant("SELECT", TABLES, APP),
    grant("INSERT", (*TABLES, "case_file", "clue_transfer", "clue_transfer_notified", "record_party", *MATERIAL), APP),
    grant("DELETE", ("record_party", "clue_transfer_notified", *MATERIAL), APP),
    grant("UPDATE (last)", ("doc_counter",), APP),
    grant("UPDATE (last)", ("case_counter",), APP),
    grant("UPDATE (valid_to, ended_by)", ("officer",), APP),
    grant("UPDATE (merged_into)", ("case_file",), APP),
)
CHANGING = (
    "case_no, doc_no, doc_year, doc_number, status, catalogue_codes, receiver, receiver_kind, receiver_region, "
    "forwarded_from, institution_id, source, discovered_on, sent_at, due_at, arrived_at, received_at, closed_at, "
    "outcome, summary, suspected_facts, violation_amount, fund_loss, articles, handling_opinion, result_detail, "
    "informant_ref, report_taken_by, route, procuratorate, penalty_served_on, case_officers, catalogue_texts, "
    "approved_at, due_clock"
)
"""Of a transfer. Never its ids, its sender, its parent."""


def happened(table: str, *more: sa.Column | sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=40), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_commit_order", table, ["xid", "id"])


def counter(table: str, owner: str, reference: str, name: str) -> None:
    op.create_table(
        table,
        sa.Column(owner, sa.String(length=6 if owner == "region" else 64), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint([owner], [reference], name=op.f(name)),
        sa.PrimaryKeyConstraint(owner, "year", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    op.add_column("agency", sa.Column("document_word", sa.Text(), nullable=True))
    op.add_column("case_file", sa.Column("merged_into", sa.String(length=40), nullable=True))
    op.create_foreign_key(
        op.f("fk_case_file_merged_into_case_file"), "case_file", "case_file", ["merged_into"], ["case_no"]
    )
    for column in TRANSFER:
        op.add_column("clue_transfer", column)
    op.create_foreign_key(
        op.f("fk_clue_transfer_parent_id_clue_transfer"), "clue_transfer", "clue_transfer", ["parent_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_clue_transfer_procuratorate_agency"), "clue_transfer", "agency", ["procuratorate"], ["code"]
    )
    op.create_index(
        "ix_clue_transfer_parent_id", "clue_transfer", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.String(length=40), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "cardinality(roles) > 0 AND roles <@ ARRAY['CASE_OFFICER','PRINCIPAL_OFFICER']::varchar[]",
            name=op.f("ck_officer_roles"),
        ),
        sa.CheckConstraint("valid_to >= valid_from - 1", name=op.f("ck_officer_period")),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_officer_agency_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint(
            "certificate_no",
            "agency",
            "valid_from",
            name=op.f("uq_officer_certificate_no_agency_valid_from"),
        ),
    )
    happened(
        "transfer_event",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_transfer_event_transfer_id_clue_transfer")
        ),
    )
    op.create_index("ix_transfer_event_transfer_id", "transfer_event", ["transfer_id", "id"])
    happened(
        "case_event",
        sa.Column("other", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
    )
    op.create_index("ix_case_event_case_no", "case_event", ["case_no", "id"])
    op.create_table(
        "command_receipt",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "idempotency_key", name=op.f("pk_command_receipt")),
    )
    op.create_index(op.f("ix_command_receipt_at"), "command_receipt", ["at"])
    counter("doc_counter", "sender", "agency.code", "fk_doc_counter_sender_agency")
    counter("case_counter", "region", "region.code", "fk_case_counter_region_region")
    for statement in (HOLD, FROZEN):
        op.execute(statement)
    op.execute("REVOKE ALL ON FUNCTION hold_authority(bytea) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION hold_authority(bytea) TO {APP}")
    for table in FROZEN_TABLES:
        op.execute(
            f"CREATE TRIGGER sent_stays BEFORE DELETE ON {table} FOR EACH ROW"
            f" WHEN (current_user = '{APP}') EXECUTE FUNCTION refuse_change_of_sent()"
        )
    for statement in PRIVILEGES:
        op.execute(statement)
    op.execute(grant(f"UPDATE ({CHANGING})", ("clue_transfer",), APP))


def downgrade() -> None:
    for table in FROZEN_TABLES:
        op.execute(f"DROP TRIGGER sent_stays ON {table}")
    op.execute("DROP FUNCTION refuse_change_of_sent()")
    op.execute("DROP FUNCTION hold_authority(bytea)")
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in reversed(TRANSFER):
        op.drop_column("clue_transfer", column.name)
    op.drop_column("case_file", "merged_into")
    op.drop_column("agency", "document_word")
    material = ("case_file", "clue_transfer", "clue_transfer_notified", "record_party", *MATERIAL)
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(material)} FROM {APP}")
