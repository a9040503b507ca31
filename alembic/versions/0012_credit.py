"""Credit: events, what they do to a score, versions of scores, runs of the job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.roles import APP, READER, grant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MADE = ("credit_dimension", "credit_effect", "credit_deduction")
PRIVILEGES = (
    ("SELECT", ("credit_effect",), READER, APP),
    ("SELECT", ("credit_event", "credit_score_version"), APP),
    # Events and versions are INSERT-only; what a score is made of is made anew with it.
    ("INSERT", ("credit_event", "credit_score_version", "credit_score", *MADE), APP),
    ("DELETE", MADE, APP),
    ("UPDATE (score, grade, measures, model_version)", ("credit_score",), APP),
    ("UPDATE (points, qualification_status)", ("personnel",), APP),
)


def upgrade() -> None:
    op.create_table(
        "credit_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_to", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_run")),
    )
    op.create_table(
        "credit_score_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("score", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("grade", sa.String(length=4), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("measures", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_credit_score_version_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_score_version")),
    )
    op.create_index(
        "ix_credit_score_version_institution_id",
        "credit_score_version",
        ["institution_id", "period", "id"],
        unique=False,
    )
    op.create_table(
        "credit_effect",
        sa.Column("score_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.ForeignKeyConstraint(["score_id"], ["credit_score.id"], name=op.f("fk_credit_effect_score_id_credit_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_effect")),
    )
    op.create_index(op.f("ix_credit_effect_score_id"), "credit_effect", ["score_id"], unique=False)
    op.create_table(
        "credit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("personnel_id", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.String(length=40), nullable=True),
        sa.Column("points", sa.SmallInteger(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("of", sa.BigInteger(), nullable=True),
        sa.Column("change", sa.String(length=20), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("case_no", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "(change IS NOT DISTINCT FROM 'REPAIRED') = (effective_on IS NOT NULL)", name=op.f("ck_credit_event_repair")
        ),
        sa.CheckConstraint("change IN ('AMENDED','REVOKED','REPAIRED')", name=op.f("ck_credit_event_change")),
        sa.CheckConstraint("(institution_id IS NULL) <> (personnel_id IS NULL)", name=op.f("ck_credit_event_subject")),
        sa.CheckConstraint("(of IS NULL) = (change IS NULL)", name=op.f("ck_credit_event_correction")),
        sa.CheckConstraint("of IS NOT NULL OR occurred_on IS NOT NULL", name=op.f("ck_credit_event_dated")),
        sa.CheckConstraint("points BETWEEN 1 AND 12", name=op.f("ck_credit_event_points")),
        sa.CheckConstraint(
            "(personnel_id IS NOT NULL AND of IS NULL) = (points IS NOT NULL)", name=op.f("ck_credit_event_of_person")
        ),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_credit_event_agency_agency")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_credit_event_case_no_case_file")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_credit_event_institution_id_institution")
        ),
        sa.ForeignKeyConstraint(["of"], ["credit_event.id"], name=op.f("fk_credit_event_of_credit_event")),
        sa.ForeignKeyConstraint(
            ["personnel_id"], ["personnel.id"], name=op.f("fk_credit_event_personnel_id_personnel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_event")),
        sa.UniqueConstraint("public_id", name=op.f("uq_credit_event_public_id")),
    )
    op.create_index(op.f("ix_credit_event_institution_id"), "credit_event", ["institution_id"], unique=False)
    op.create_index(op.f("ix_credit_event_of"), "credit_event", ["of"], unique=False)
    op.create_index(op.f("ix_credit_event_personnel_id"), "credit_event", ["personnel_id"], unique=False)
    op.create_index(
        "ix_credit_event_source",
        "credit_event",
        ["source", "source_id", "rule"],
        unique=True,
        postgresql_where=sa.text("of IS NULL AND source_id IS NOT NULL"),
    )
    for privileges, tables, *roles in PRIVILEGES:
        op.execute(grant(privileges, tables, *roles))
    op.add_column("credit_score", sa.Column("digest", sa.String(length=32), nullable=True))
    op.execute(grant("UPDATE (digest)", ("credit_score",), APP))


def downgrade() -> None:
    op.drop_column("credit_score", "digest")
    op.drop_index(
        "ix_credit_event_source",
        table_name="credit_event",
        postgresql_where=sa.text("of IS NULL AND source_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_credit_event_personnel_id"), table_name="credit_event")
    op.drop_index(op.f("ix_credit_event_of"), table_name="credit_event")
    op.drop_index(op.f("ix_credit_event_institution_id"), table_name="credit_event")
    op.drop_table("credit_event")
    op.drop_index(op.f("ix_credit_effect_score_id"), table_name="credit_effect")
    op.drop_table("credit_effect")
    op.drop_index("ix_credit_score_version_institution_id", table_name="credit_score_version")
    op.drop_table("credit_score_version")
    op.drop_table("credit_run")
