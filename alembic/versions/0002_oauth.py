"""Authority: clients, keys, ceilings, grants, tokens; every change of a right raises a version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db.roles import APP, READER, grant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("client", "client_key", "scope_ceiling", "scope_grant", "purpose_grant", "access_token", "assertion_jti")

READ_WRITE = "parties:read clues:read clues:write penalties:read"
CEILINGS = {
    "HEALTHCARE_SECURITY": f"{READ_WRITE} penalties:write credit:read credit:write inspections:read inspections:write"
    " feed:read statistics:read",
    "HEALTH": f"{READ_WRITE} penalties:write credit:read inspections:read feed:read statistics:read",
    "MARKET_REGULATION": f"{READ_WRITE} penalties:write credit:read inspections:read feed:read statistics:read",
    "PUBLIC_SECURITY": f"{READ_WRITE} credit:read inspections:read feed:read",
    "DISCIPLINE_INSPECTION": f"{READ_WRITE} credit:read inspections:read feed:read",
    "PROCURATORATE": f"{READ_WRITE} credit:read inspections:read feed:read",
    "FUND_OPERATOR": f"{READ_WRITE} credit:read inspections:read feed:read",
    "CREDIT_PLATFORM": "parties:read penalties:read credit:read inspections:read feed:read repairs:write",
    "HUB_OPERATOR": "ledger:read admin:clients admin:scopes admin:audit",
}
"""The ceilings with which a hub starts (design.md 7); later ones come from `policies/scopes.yaml`."""

FUNCTIONS = (
    # The version cannot be lowered or kept while a right changes: not by the registry, not by an UPDATE at a prompt.
    """CREATE FUNCTION raise_authority_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.authority_version := OLD.authority_version + 1;
        RETURN NEW;
    END $$""",
    """CREATE FUNCTION raise_client_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            UPDATE client SET authority_version = authority_version WHERE client_id = OLD.client_id;
        END IF;
        IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR NEW.client_id <> OLD.client_id) THEN
            UPDATE client SET authority_version = authority_version WHERE client_id = NEW.client_id;
        END IF;
        RETURN NULL;
    END $$""",
    """CREATE FUNCTION raise_clients_of_kind() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE client SET authority_version = client.authority_version FROM agency
        WHERE agency.code = client.agency
          AND agency.kind IN (CASE WHEN TG_OP = 'DELETE' THEN OLD.agency_kind ELSE NEW.agency_kind END,
                              CASE WHEN TG_OP = 'INSERT' THEN NEW.agency_kind ELSE OLD.agency_kind END);
        RETURN NULL;
    END $$""",
    # The app has no DELETE: whatever it runs, it can only remove what has expired anyway.
    """CREATE FUNCTION purge_expired_authority() RETURNS void LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
        DELETE FROM public.assertion_jti WHERE expires_at < now() - interval '10 minutes';
        DELETE FROM public.access_token WHERE expires_at < now() - interval '1 day';
    $$""",
    "REVOKE ALL ON FUNCTION purge_expired_authority() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION purge_expired_authority() TO {APP}",
)
TRIGGERS = (
    "CREATE TRIGGER authority BEFORE UPDATE ON client FOR EACH ROW EXECUTE FUNCTION raise_authority_version()",
    "CREATE TRIGGER authority BEFORE UPDATE ON agency FOR EACH ROW EXECUTE FUNCTION raise_authority_version()",
    *(
        f"CREATE TRIGGER authority AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION raise_client_of_row()"
        for table in ("client_key", "scope_grant", "purpose_grant")
    ),
    (
        "CREATE TRIGGER authority AFTER INSERT OR UPDATE OR DELETE ON scope_ceiling"
        " FOR EACH ROW EXECUTE FUNCTION raise_clients_of_kind()"
    ),
)
PRIVILEGES = (
    grant("SELECT", ("client", "client_key", "scope_ceiling", "scope_grant", "purpose_grant", "access_token"), APP),
    grant("INSERT", ("access_token", "assertion_jti"), APP),
    grant("UPDATE (revoked_at)", ("access_token",), APP),
    grant("SELECT", ("client", "scope_ceiling", "scope_grant", "purpose_grant", "access_token"), READER),
    grant("SELECT (client_id, kid, retired_at)", ("client_key",), READER),
)


def moment(name: str, *, default: bool = False, nullable: bool = False) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()") if default else None, nullable=nullable
    )


def client_reference(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["client_id"], ["client.client_id"], name=op.f(f"fk_{table}_client_id_client"))


def create_grant_table(table: str, subject: str) -> None:
    op.create_table(
        table,
        sa.Column(subject, sa.String(64), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        moment("granted_at", default=True),
        sa.Column("granted_by", sa.Text(), nullable=False),
        moment("ends_at", nullable=True),
        moment("revoked_at", nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        client_reference(table),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        f"uq_{table}_standing",
        table,
        ["client_id", subject],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("agency", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        moment("registered_at", default=True),
        moment("disabled_at", nullable=True),
        sa.Column("authority_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("daily_row_quota", sa.BigInteger(), server_default="10000000", nullable=False),
        sa.Column("gateway", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("daily_row_quota >= 0", name=op.f("ck_client_quota")),
        sa.ForeignKeyConstraint(["agency"], ["agency.code"], name=op.f("fk_client_agency_agency")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client")),
    )
    op.create_index(op.f("ix_client_agency"), "client", ["agency"])
    op.create_table(
        "client_key",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("kid", sa.String(128), nullable=False),
        sa.Column("jwk", postgresql.JSONB(), nullable=False),
        sa.Column("alg", sa.String(8), nullable=False),
        moment("added_at", default=True),
        moment("retired_at", nullable=True),
        sa.CheckConstraint("alg IN ('PS256','ES256','EdDSA')", name=op.f("ck_client_key_alg")),
        client_reference("client_key"),
        sa.PrimaryKeyConstraint("client_id", "kid", name=op.f("pk_client_key")),
    )
    ceiling = op.create_table(
        "scope_ceiling",
        sa.Column("agency_kind", sa.String(40), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("agency_kind", "scope", name=op.f("pk_scope_ceiling")),
    )
    op.bulk_insert(
        ceiling,
        [{"agency_kind": kind, "scope": scope} for kind, scopes in CEILINGS.items() for scope in scopes.split()],
    )
    create_grant_table("scope_grant", "scope")
    create_grant_table("purpose_grant", "purpose")
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("kid", sa.String(128), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("case_no", sa.String(40), nullable=True),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("officer_certificate_no", sa.Text(), nullable=True),
        moment("issued_at"),
        moment("expires_at"),
        moment("revoked_at", nullable=True),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_access_token_hash_length")),
        sa.CheckConstraint("expires_at <= issued_at + interval '5 minutes'", name=op.f("ck_access_token_life")),
        sa.CheckConstraint(
            "(officer_name IS NULL) = (officer_certificate_no IS NULL)", name=op.f("ck_access_token_officer_whole")
        ),
        client_reference("access_token"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_token")),
    )
    op.create_index(op.f("ix_access_token_client_id"), "access_token", ["client_id"])
    op.create_index(op.f("ix_access_token_expires_at"), "access_token", ["expires_at"])
    op.create_table(
        "assertion_jti",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(256), nullable=False),
        moment("expires_at"),
        sa.PrimaryKeyConstraint("client_id", "jti", name=op.f("pk_assertion_jti")),
    )
    op.create_index(op.f("ix_assertion_jti_expires_at"), "assertion_jti", ["expires_at"])
    for statement in (*FUNCTIONS, *TRIGGERS, *PRIVILEGES):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER authority ON agency")
    for table in reversed(TABLES):
        op.drop_table(table)
    for function in (
        "raise_authority_version",
        "raise_client_of_row",
        "raise_clients_of_kind",
        "purge_expired_authority",
    ):
        op.execute(f"DROP FUNCTION {function}()")
