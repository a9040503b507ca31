"""Who is a subject follows the transfer: from its sending on, and to whatever case it is moved (并案、分案)."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# A draft is its drafter's alone: it makes nobody a subject, or anyone in a case could shut the others out of it unseen.
OF_NEW = """
CREATE OR REPLACE FUNCTION transfer_party_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT t.case_no INTO NEW.case_no FROM clue_transfer t WHERE t.id = NEW.transfer_id AND t.sent_at IS NOT NULL;
    RETURN NEW;
END $$
"""
# The owner's right is lent: the app adds parties to a transfer and never changes one.
FOLLOW = """
CREATE FUNCTION transfer_party_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.transfer_party SET case_no = NEW.case_no WHERE transfer_id = NEW.id;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER transfer_party_follows AFTER UPDATE OF case_no, sent_at ON clue_transfer
FOR EACH ROW WHEN (NEW.sent_at IS NOT NULL AND (OLD.sent_at IS NULL OR OLD.case_no <> NEW.case_no))
EXECUTE FUNCTION transfer_party_follows()
"""
CORRECT = """
UPDATE transfer_party p SET case_no = CASE WHEN t.sent_at IS NOT NULL THEN t.case_no END
FROM clue_transfer t
WHERE t.id = p.transfer_id AND p.case_no IS DISTINCT FROM CASE WHEN t.sent_at IS NOT NULL THEN t.case_no END
"""
# The notice tells of a transfer onward, perhaps to 纪检监察: kept to the agency that gave it, among its steps too.
NOTICES = "UPDATE transfer_event SET confidential = true WHERE kind = 'AGENCY_NOTIFIED' AND NOT confidential"
OF_NEW_BEFORE = """
CREATE OR REPLACE FUNCTION transfer_party_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT t.case_no INTO NEW.case_no FROM clue_transfer t WHERE t.id = NEW.transfer_id;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.alter_column("transfer_party", "case_no", existing_type=sa.String(length=40), nullable=True)
    for statement in (OF_NEW, FOLLOW, TRIGGER, CORRECT, NOTICES):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER transfer_party_follows ON clue_transfer")
    op.execute("DROP FUNCTION transfer_party_follows()")
    op.execute(OF_NEW_BEFORE)
    op.execute(
        "UPDATE transfer_party p SET case_no = t.case_no FROM clue_transfer t"
        " WHERE t.id = p.transfer_id AND p.case_no IS DISTINCT FROM t.case_no"
    )
    op.alter_column("transfer_party", "case_no", existing_type=sa.String(length=40), nullable=False)
