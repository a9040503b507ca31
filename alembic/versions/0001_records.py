"""Records: parties, cases and transfers, penalties, credit scores; the roles below the owner."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.roles import APP, READER, grant, make_roles

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RECORDS = (
    "region",
    "agency",
    "legal_entity",
    "institution",
    "personnel",
    "case_file",
    "clue_transfer",
    "clue_transfer_notified",
    "record_party",
    "transfer_party",
    "evidence",
    "insured_person",
    "penalty_record",
    "credit_score",
    "credit_dimension",
    "credit_deduction",
)


CASE_OF_PARTY = """
CREATE FUNCTION transfer_party_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT t.case_no INTO NEW.case_no FROM clue_transfer t WHERE t.id = NEW.transfer_id;
    RETURN NEW;
END $$
"""
FILL_CASE_OF_PARTY = """
CREATE TRIGGER transfer_party_case BEFORE INSERT ON transfer_party
FOR EACH ROW WHEN (NEW.case_no IS NULL) EXECUTE FUNCTION transfer_party_case()
"""


def upgrade() -> None:
    for statement in make_roles():
        op.execute(statement)
    op.execute(sa.schema.CreateSequence(sa.Sequence("record_id_seq", data_type=sa.BigInteger(), cache=100)))
    op.create_table(
        "legal_entity",
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_entity")),
        sa.UniqueConstraint("uscc", name=op.f("uq_legal_entity_uscc")),
    )
    op.create_table(
        "region",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent", sa.String(length=6), nullable=True),
        sa.CheckConstraint(
            "level = 1 OR left(code, 2 * (level - 1)) = left(parent, 2 * (level - 1))",
            name=op.f("ck_region_under_parent"),
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_region_level")),
        sa.ForeignKeyConstraint(["parent"], ["region.code"], name=op.f("fk_region_parent_region")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    op.create_table(
        "agency",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authority_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column(
            "province", sa.String(length=6), sa.Computed("left(region, 2) || '0000'", persisted=True), nullable=False
        ),
        sa.Column(
            "prefecture", sa.String(length=6), sa.Computed("left(region, 4) || '00'", persisted=True), nullable=False
        ),
        sa.Column("county", sa.String(length=6), sa.Computed("region", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_agency_region_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
    )
    op.create_index(op.f("ix_agency_uscc"), "agency", ["uscc"], unique=False)
    op.create_table(
        "institution",
        sa.Column("nhsa_code", sa.String(length=20), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agreement_listed", sa.Boolean(), nullable=False),
        sa.Column("agreement_status", sa.String(length=40), nullable=False),
        sa.Column("legal_representative_id", sa.String(length=18), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("settlement_account", sa.String(length=40), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column(
            "province", sa.String(length=6), sa.Computed("left(region, 2) || '0000'", persisted=True), nullable=False
        ),
        sa.Column(
            "prefecture", sa.String(length=6), sa.Computed("left(region, 4) || '00'", persisted=True), nullable=False
        ),
        sa.Column("county", sa.String(length=6), sa.Computed("region", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_institution_region_region")),
        sa.ForeignKeyConstraint(["uscc"], ["legal_entity.uscc"], name=op.f("fk_institution_uscc_legal_entity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("nhsa_code", name=op.f("uq_institution_nhsa_code")),
    )
    op.create_index("ix_institution_county_nhsa_code", "institution", ["county", "nhsa_code"], unique=False)
    op.create_index("ix_institution_prefecture_nhsa_code", "institution", ["prefecture", "nhsa_code"], unique=False)
    op.create_index("ix_institution_province_nhsa_code", "institution", ["province", "nhsa_code"], unique=False)
    op.create_index(op.f("ix_institution_uscc"), "institution", ["uscc"], unique=False)
    op.create_table(
        "case_file",
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["opened_by"], ["agency.code"], name=op.f("fk_case_file_opened_by_agency")),
        sa.PrimaryKeyConstraint("case_no", name=op.f("pk_case_file")),
    )
    op.create_table(
        "credit_score",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("nhsa_code", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("score", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("grade", sa.String(length=4), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("measures", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column(
            "province", sa.String(length=6), sa.Computed("left(region, 2) || '0000'", persisted=True), nullable=False
        ),
        sa.Column(
            "prefecture", sa.String(length=6), sa.Computed("left(region, 4) || '00'", persisted=True), nullable=False
        ),
        sa.Column("county", sa.String(length=6), sa.Computed("region", persisted=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 1000", name=op.f("ck_credit_score_score")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_credit_score_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_score")),
        sa.UniqueConstraint("institution_id", "period", name=op.f("uq_credit_score_institution_id_period")),
    )
    op.create_index("ix_credit_score_county", "credit_score", ["county", "period", "nhsa_code"], unique=False)
    op.create_index("ix_credit_score_nhsa_code", "credit_score", ["nhsa_code", "period"], unique=True)
    op.create_index("ix_credit_score_prefecture", "credit_score", ["prefecture", "period", "nhsa_code"], unique=False)
    op.create_index("ix_credit_score_province", "credit_score", ["province", "period", "nhsa_code"], unique=False)
    op.create_table(
        "personnel",
        sa.Column("nhsa_code", sa.String(length=20), nullable=False),
        sa.Column("license_no", sa.String(length=40), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profession", sa.String(length=40), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("qualification_status", sa.String(length=40), nullable=False),
        sa.Column("points", sa.SmallInteger(), nullable=False),
        sa.Column("resident_id", sa.String(length=18), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column(
            "province", sa.String(length=6), sa.Computed("left(region, 2) || '0000'", persisted=True), nullable=False
        ),
        sa.Column(
            "prefecture", sa.String(length=6), sa.Computed("left(region, 4) || '00'", persisted=True), nullable=False
        ),
        sa.Column("county", sa.String(length=6), sa.Computed("region", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_personnel_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel")),
        sa.UniqueConstraint("nhsa_code", name=op.f("uq_personnel_nhsa_code")),
    )
    op.create_index(op.f("ix_personnel_institution_id"), "personnel", ["institution_id"], unique=False)
    op.create_table(
        "clue_transfer",
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("doc_no", sa.Text(), nullable=True),
        sa.Column("doc_year", sa.SmallInteger(), nullable=True),
        sa.Column("doc_number", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("catalogue_codes", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("sender_kind", sa.String(length=40), nullable=False),
        sa.Column("sender_region", sa.String(length=6), nullable=False),
        sa.Column(
            "sender_province",
            sa.String(length=6),
            sa.Computed("left(sender_region, 2) || '0000'", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "sender_prefecture",
            sa.String(length=6),
            sa.Computed("left(sender_region, 4) || '00'", persisted=True),
            nullable=False,
        ),
        sa.Column("receiver", sa.String(length=64), nullable=False),
        sa.Column("receiver_kind", sa.String(length=40), nullable=False),
        sa.Column("receiver_region", sa.String(length=6), nullable=False),
        sa.Column(
            "receiver_province",
            sa.String(length=6),
            sa.Computed("left(receiver_region, 2) || '0000'", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "receiver_prefecture",
            sa.String(length=6),
            sa.Computed("left(receiver_region, 4) || '00'", persisted=True),
            nullable=False,
        ),
        sa.Column("forwarded_from", sa.String(length=64), nullable=True),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("discovered_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("suspected_facts", sa.Text(), nullable=True),
        sa.Column("violation_amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("fund_loss", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("articles", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("handling_opinion", sa.Text(), nullable=True),
        sa.Column("result_detail", sa.Text(), nullable=True),
        sa.Column("informant_ref", sa.String(length=64), nullable=True),
        sa.Column("report_taken_by", sa.String(length=64), nullable=True),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.CheckConstraint(
            "status IN ('DRAFT','SUBMITTED','APPROVED','SENT','ARRIVED','RECEIVED','SUPPLEMENT_REQUESTED',"
            "'HANDLING','RESULT_REPORTED','CLOSED','RECALLED')",
            name=op.f("ck_clue_transfer_status"),
        ),
        sa.CheckConstraint(
            "violation_amount <> 'NaN' AND fund_loss <> 'NaN'", name=op.f("ck_clue_transfer_amounts_are_numbers")
        ),
        sa.CheckConstraint("sent_at IS NULL OR doc_no IS NOT NULL", name=op.f("ck_clue_transfer_sent_has_number")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_clue_transfer_case_no_case_file")),
        sa.ForeignKeyConstraint(
            ["forwarded_from"], ["agency.code"], name=op.f("fk_clue_transfer_forwarded_from_agency")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_clue_transfer_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["receiver"], ["agency.code"], name=op.f("fk_clue_transfer_receiver_agency")),
        sa.ForeignKeyConstraint(
            ["report_taken_by"], ["agency.code"], name=op.f("fk_clue_transfer_report_taken_by_agency")
        ),
        sa.ForeignKeyConstraint(["sender"], ["agency.code"], name=op.f("fk_clue_transfer_sender_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clue_transfer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_clue_transfer_public_id")),
        sa.UniqueConstraint("sender", "doc_no", name=op.f("uq_clue_transfer_sender_doc_no")),
        sa.UniqueConstraint(
            "sender", "doc_year", "doc_number", name=op.f("uq_clue_transfer_sender_doc_year_doc_number")
        ),
    )
    op.create_index(op.f("ix_clue_transfer_case_no"), "clue_transfer", ["case_no"], unique=False)
    op.create_index("ix_clue_transfer_discovered_on", "clue_transfer", ["discovered_on", "public_id"], unique=False)
    op.create_index(
        "ix_clue_transfer_institution_id",
        "clue_transfer",
        ["institution_id", "discovered_on", "public_id"],
        unique=False,
    )
    op.create_index(
        "ix_clue_transfer_receiver_oversight",
        "clue_transfer",
        ["receiver_kind", "receiver_prefecture", "discovered_on", "public_id"],
        unique=False,
    )
    op.create_index(
        "ix_clue_transfer_sender_oversight",
        "clue_transfer",
        ["sender_kind", "sender_prefecture", "discovered_on", "public_id"],
        unique=False,
    )
    op.create_table(
        "credit_deduction",
        sa.Column("score_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("points", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_credit_deduction_case_no_case_file")),
        sa.ForeignKeyConstraint(
            ["score_id"], ["credit_score.id"], name=op.f("fk_credit_deduction_score_id_credit_score")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_deduction")),
    )
    op.create_index(op.f("ix_credit_deduction_score_id"), "credit_deduction", ["score_id"], unique=False)
    op.create_table(
        "credit_dimension",
        sa.Column("score_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("weight", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.ForeignKeyConstraint(
            ["score_id"], ["credit_score.id"], name=op.f("fk_credit_dimension_score_id_credit_score")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_dimension")),
    )
    op.create_index(op.f("ix_credit_dimension_score_id"), "credit_dimension", ["score_id"], unique=False)
    op.create_table(
        "penalty_record",
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("decision_no", sa.String(length=128), nullable=False),
        sa.Column("counterparty_key", sa.String(length=200), nullable=False),
        sa.Column("counterparty_category", sa.String(length=40), nullable=False),
        sa.Column("counterparty_name", sa.String(length=200), nullable=True),
        sa.Column("counterparty_person_name", sa.String(length=200), nullable=True),
        sa.Column("counterparty_uscc", sa.String(length=18), nullable=True),
        sa.Column("business_registration_no", sa.String(length=40), nullable=True),
        sa.Column("organization_code", sa.String(length=40), nullable=True),
        sa.Column("tax_registration_no", sa.String(length=40), nullable=True),
        sa.Column("public_institution_no", sa.String(length=40), nullable=True),
        sa.Column("social_organization_no", sa.String(length=40), nullable=True),
        sa.Column("legal_representative", sa.Text(), nullable=True),
        sa.Column("legal_representative_id_type", sa.String(length=40), nullable=True),
        sa.Column("legal_representative_id", sa.String(length=40), nullable=True),
        sa.Column("counterparty_id_type", sa.String(length=40), nullable=True),
        sa.Column("counterparty_resident_id", sa.String(length=40), nullable=True),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("violation_type", sa.Text(), nullable=False),
        sa.Column("published_facts", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("fine", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("confiscation", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("licence_revoked", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("publicity_ends_on", sa.Date(), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        sa.Column("data_source_uscc", sa.String(length=18), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("not_published_reason", sa.Text(), nullable=True),
        sa.Column("case_officers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("case_file_no", sa.String(length=64), nullable=True),
        sa.Column("case_no", sa.String(length=40), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column(
            "province", sa.String(length=6), sa.Computed("left(region, 2) || '0000'", persisted=True), nullable=False
        ),
        sa.Column(
            "prefecture", sa.String(length=6), sa.Computed("left(region, 4) || '00'", persisted=True), nullable=False
        ),
        sa.Column("county", sa.String(length=6), sa.Computed("region", persisted=True), nullable=False),
        sa.CheckConstraint(
            "counterparty_category <> 'NATURAL_PERSON' OR counterparty_name IS NULL",
            name=op.f("ck_penalty_record_person_unnamed"),
        ),
        sa.CheckConstraint(
            "fine <> 'NaN' AND confiscation <> 'NaN'", name=op.f("ck_penalty_record_amounts_are_numbers")
        ),
        sa.ForeignKeyConstraint(["authority"], ["agency.code"], name=op.f("fk_penalty_record_authority_agency")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_penalty_record_case_no_case_file")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_penalty_record_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalty_record")),
        sa.UniqueConstraint(
            "authority",
            "decision_no",
            "counterparty_key",
            name=op.f("uq_penalty_record_authority_decision_no_counterparty_key"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_penalty_record_public_id")),
    )
    op.create_index(op.f("ix_penalty_record_case_no"), "penalty_record", ["case_no"], unique=False)
    op.create_index("ix_penalty_record_county", "penalty_record", ["county", "decided_on", "public_id"], unique=False)
    op.create_index(
        "ix_penalty_record_institution_id",
        "penalty_record",
        ["institution_id", "decided_on", "public_id"],
        unique=False,
    )
    op.create_index("ix_penalty_record_order", "penalty_record", ["decided_on", "public_id"], unique=False)
    op.create_index(
        "ix_penalty_record_prefecture", "penalty_record", ["prefecture", "decided_on", "public_id"], unique=False
    )
    op.create_table(
        "clue_transfer_notified",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_clue_transfer_notified_agency_agency")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_clue_transfer_notified_transfer_id_clue_transfer")
        ),
        sa.PrimaryKeyConstraint("transfer_id", "agency", name=op.f("pk_clue_transfer_notified")),
    )
    op.create_table(
        "evidence",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("data_class", sa.String(length=20), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.CheckConstraint(
            "data_class IN ('PUBLIC','SUPERVISION','PROCEDURE','PARTY_IDENTITY','INVESTIGATION',"
            "'HEALTH_DATA','PERSONAL','TRADE_SECRET','INFORMANT')",
            name=op.f("ck_evidence_data_class"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_evidence_transfer_id_clue_transfer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_transfer_id"), "evidence", ["transfer_id"], unique=False)
    op.create_table(
        "insured_person",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("resident_id", sa.String(length=18), nullable=False),
        sa.Column("medical_record_no", sa.String(length=40), nullable=False),
        sa.Column("diagnosis", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_insured_person_transfer_id_clue_transfer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insured_person")),
    )
    op.create_index(op.f("ix_insured_person_transfer_id"), "insured_person", ["transfer_id"], unique=False)
    op.create_table(
        "record_party",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("discovered_on", sa.Date(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_record_party_agency_agency")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_record_party_transfer_id_clue_transfer")
        ),
        sa.PrimaryKeyConstraint("agency", "transfer_id", name=op.f("pk_record_party")),
    )
    op.create_index(
        "ix_record_party_order",
        "record_party",
        ["agency", "discovered_on", "public_id"],
        unique=False,
        postgresql_include=["transfer_id"],
    )
    op.create_table(
        "transfer_party",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity_number", sa.String(length=18), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_transfer_party_transfer_id_clue_transfer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_party")),
    )
    op.create_index(op.f("ix_transfer_party_transfer_id"), "transfer_party", ["transfer_id"], unique=False)
    op.create_index("ix_transfer_party_uscc", "transfer_party", ["uscc", "case_no"], unique=False)
    op.execute(CASE_OF_PARTY)
    op.execute(FILL_CASE_OF_PARTY)
    op.execute(grant("SELECT", RECORDS, READER, APP))


def downgrade() -> None:
    for table in reversed(RECORDS):
        op.drop_table(table)
    op.execute("DROP FUNCTION transfer_party_case")
    op.execute("DROP SEQUENCE record_id_seq")
