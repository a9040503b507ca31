"""Receipts of transfers (回执, R13) as rows that can be read; texts of the "other" members of a catalogue likewise."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.roles import APP, READER, grant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Receipts that were signed before this table was: what the command put on file with its event. The officer's name is
# the register's, as it stood; who is in no register has none.
FILL = """
INSERT INTO transfer_receipt (transfer_id, agency, pages, documents, sealed, signed_at, officer_name,
                              officer_certificate_no)
SELECT e.transfer_id, e.agency, (e.payload -> 'record' ->> 'pages')::int,
       ARRAY(SELECT jsonb_array_elements_text(e.payload -> 'record' -> 'documents')),
       (e.payload -> 'record' ->> 'sealed')::boolean, e.at,
       (SELECT o.name FROM officer o WHERE o.agency = e.agency AND o.certificate_no = e.officer
        ORDER BY o.valid_from <= e.at::date DESC, o.valid_from DESC LIMIT 1),
       e.officer
FROM transfer_event e
WHERE e.kind = 'RECEIPT_SIGNED' AND e.payload -> 'record' ? 'pages'
ORDER BY e.id
"""
# Read by the key of the transfer only. The owner's view: the reader sees nothing of the table that it does not see so.
TEXTS = """
CREATE VIEW transfer_catalogue_text AS
SELECT t.id AS transfer_id, e.key AS code, e.value AS text
FROM clue_transfer t CROSS JOIN LATERAL jsonb_each_text(t.catalogue_texts) AS e
"""


def upgrade() -> None:
    op.create_table(
        "transfer_receipt",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("documents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("officer_certificate_no", sa.String(length=40), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('record_id_seq')"), nullable=False),
        sa.CheckConstraint("pages > 0", name=op.f("ck_transfer_receipt_pages")),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_transfer_receipt_agency_agency")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["clue_transfer.id"], name=op.f("fk_transfer_receipt_transfer_id_clue_transfer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_receipt")),
    )
    op.create_index(op.f("ix_transfer_receipt_transfer_id"), "transfer_receipt", ["transfer_id"])
    op.execute(TEXTS)
    op.execute(FILL)
    # A receipt is signed once: nobody below the owner changes or deletes one.
    op.execute(grant("SELECT", ("transfer_receipt", "transfer_catalogue_text"), READER, APP))
    op.execute(grant("INSERT", ("transfer_receipt",), APP))


def downgrade() -> None:
    op.execute("DROP VIEW transfer_catalogue_text")
    op.drop_table("transfer_receipt")
