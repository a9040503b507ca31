"""The register: what a deadline rests on, when a result was reported, and the order by deadline, indexed by agency."""

from alembic import op

from hub.db.roles import APP, grant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEVER = "9999-01-01 00:00:00+00"
OWED = f"CASE WHEN closed_at IS NULL AND status <> 'RECALLED' THEN coalesce(due_at, '{NEVER}') ELSE '{NEVER}' END"
COLUMNS = {
    "due_pack": "varchar(40)",
    "due_clause": "text",
    "due_binding": "boolean",
    "due_provisional": "boolean",
    "result_reported_at": "timestamptz",
}

# `record_party` holds the order of the lists by agency. The app role changes nothing there; the owner lends just this.
FILL = """
CREATE FUNCTION record_party_due() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT t.next_due_at INTO NEW.next_due_at FROM public.clue_transfer t WHERE t.id = NEW.transfer_id;
    RETURN NEW;
END $$
"""
FOLLOW = """
CREATE FUNCTION clue_transfer_due() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.record_party k SET next_due_at = NEW.next_due_at
    WHERE k.transfer_id = NEW.id AND k.agency = ANY (
        ARRAY[NEW.sender, NEW.receiver, OLD.receiver]::text[]
        || ARRAY(SELECT n.agency::text FROM public.clue_transfer_notified n WHERE n.transfer_id = NEW.id)
    );
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    added = [f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items()]
    added.append(f"ADD COLUMN next_due_at timestamptz NOT NULL GENERATED ALWAYS AS ({OWED}) STORED")
    op.execute(f"ALTER TABLE clue_transfer {', '.join(added)}")
    op.create_index("ix_clue_transfer_register", "clue_transfer", ["next_due_at", "public_id"])
    # Most transfers are over: only the others' rows are written.
    op.execute(f"ALTER TABLE record_party ADD COLUMN next_due_at timestamptz NOT NULL DEFAULT '{NEVER}'")
    op.execute(
        "UPDATE record_party k SET next_due_at = t.next_due_at FROM clue_transfer t"
        f" WHERE t.id = k.transfer_id AND t.next_due_at < '{NEVER}'"
    )
    op.execute("ALTER TABLE record_party ALTER COLUMN next_due_at DROP DEFAULT")
    op.create_index(
        "ix_record_party_register",
        "record_party",
        ["agency", "next_due_at", "public_id"],
        postgresql_include=["transfer_id"],
    )
    op.execute(FILL)
    op.execute(FOLLOW)
    op.execute("REVOKE ALL ON FUNCTION clue_transfer_due() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER record_party_due BEFORE INSERT ON record_party"
        " FOR EACH ROW WHEN (NEW.next_due_at IS NULL) EXECUTE FUNCTION record_party_due()"
    )
    op.execute(
        "CREATE TRIGGER clue_transfer_due AFTER UPDATE ON clue_transfer"
        " FOR EACH ROW WHEN (OLD.next_due_at IS DISTINCT FROM NEW.next_due_at) EXECUTE FUNCTION clue_transfer_due()"
    )
    op.execute(grant(f"UPDATE ({', '.join(COLUMNS)})", ("clue_transfer",), APP))


def downgrade() -> None:
    op.execute("DROP TRIGGER clue_transfer_due ON clue_transfer")
    op.execute("DROP TRIGGER record_party_due ON record_party")
    op.execute("DROP FUNCTION clue_transfer_due()")
    op.execute("DROP FUNCTION record_party_due()")
    op.drop_column("record_party", "next_due_at")
    for name in ("next_due_at", *reversed(COLUMNS)):
        op.drop_column("clue_transfer", name)
