"""Reads ask for the officer: the reader sees who is registered, and every change of the register raises the agency."""

from alembic import op

from hub.db.roles import APP, READER, grant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAMED = "agency, name, certificate_no, valid_from, valid_to"
"""What `hub.oauth.authority.OFFICER` looks at; roles and who registered them are no matter of a read."""

# A cached Caller says whether its officer is registered: as for every other right, the version of the agency tells that
# it is stale (G7). The owner's right is lent, for the app may write officers and never an agency.
RAISE = """
CREATE FUNCTION raise_agency_of_officer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE public.agency SET authority_version = authority_version WHERE code = OLD.agency;
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.agency <> OLD.agency) THEN
        UPDATE public.agency SET authority_version = authority_version WHERE code = NEW.agency;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGER = (
    "CREATE TRIGGER authority AFTER INSERT OR UPDATE OR DELETE ON officer"
    " FOR EACH ROW EXECUTE FUNCTION raise_agency_of_officer()"
)

# No officer changes without the agency any more, so a command need hold the agency only; were it to hold the officer
# too, in this order, it and a change of the register could each wait for the other.
HOLD = """
CREATE OR REPLACE FUNCTION hold_authority(token bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM public.access_token t
    JOIN public.client c ON c.client_id = t.client_id
    JOIN public.agency a ON a.code = c.agency
    WHERE t.token_hash = token FOR SHARE OF a, c, t;
END $$
"""
# Who changes the register changes the agency too, and must say so first: of two who hold the same row for reading
# neither could then write it.
HOLD_REGISTER = """
CREATE FUNCTION hold_register(token bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM public.access_token t
    JOIN public.client c ON c.client_id = t.client_id
    JOIN public.agency a ON a.code = c.agency
    WHERE t.token_hash = token FOR NO KEY UPDATE OF a FOR SHARE OF c, t;
END $$
"""
HELD_BEFORE = """
CREATE OR REPLACE FUNCTION hold_authority(token bytea) RETURNS void
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


def upgrade() -> None:
    op.execute(grant(f"SELECT ({NAMED})", ("officer",), READER))
    for statement in (RAISE, TRIGGER, HOLD, HOLD_REGISTER):
        op.execute(statement)
    op.execute("REVOKE ALL ON FUNCTION raise_agency_of_officer(), hold_register(bytea) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION hold_register(bytea) TO {APP}")


def downgrade() -> None:
    op.execute(HELD_BEFORE)
    op.execute("DROP FUNCTION hold_register(bytea)")
    op.execute("DROP TRIGGER authority ON officer")
    op.execute("DROP FUNCTION raise_agency_of_officer()")
    op.execute(f"REVOKE SELECT ({NAMED}) ON officer FROM {READER}")
