"""The logs of the feeds of penalties, inspection results and scores, written by triggers with what they tell of."""

import sqlalchemy as sa
from alembic import op

from hub.db.base import Xid8
from hub.db.roles import APP, READER, grant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LOGS = ("penalty_change", "inspection_change", "credit_change")
MARKED = ("inspection_result", "credit_score")
"""Records that hold the place of their last change: a snapshot leaves out what has changed since it began."""
LEVELS = ("province", "prefecture", "county")
SHOWN = {
    "inspection_result": "ROW({0}.kind, {0}.period_from, {0}.period_to, {0}.inspected_on, {0}.findings_class,"
    " {0}.measures, {0}.amount_recovered, {0}.institution_id, {0}.authority, {0}.result_no, {0}.region)",
    "credit_score": "ROW({0}.score, {0}.grade, {0}.measures, {0}.model_version, {0}.institution_id, {0}.region)",
}
"""What everybody who may know of the record sees of it. A change of anything else is no public change."""
# A transaction takes its number when it first writes, and may then wait for a row that one with a higher number
# changes: a change is filed under the number of the record's last change where that is higher (decision 0008).
LIFT = """
CREATE FUNCTION lift_changed_xid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := greatest(pg_current_xact_id(), OLD.changed_xid);
    RETURN NEW;
END $$
"""
# Before a record is amended or revoked its event is told: the record is still as it was. What the other kinds do to its
# publicity they say themselves. TERM_OVER is written after the day, so the status tells, not the day alone.
PENALTY = """
CREATE FUNCTION tell_penalty_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO penalty_change (xid, record_id, kind, public, ends, at, reason)
    SELECT greatest(pg_current_xact_id(), (
            SELECT c.xid FROM penalty_change c WHERE c.record_id = e.penalty_id ORDER BY c.xid DESC LIMIT 1)),
        e.penalty_id, e.kind, f.public, f.ends, e.at,
        CASE WHEN f.public THEN CASE e.kind
            WHEN 'REPAIRED' THEN '已修复（信用修复管理办法）'
            WHEN 'TERM_OVER' THEN '公示期届满（信用修复管理办法）'
            ELSE concat(e.payload ->> 'reason', '（' || (e.payload ->> 'clause') || '）') END END
    FROM told e
    JOIN penalty_record p ON p.id = e.penalty_id
    CROSS JOIN LATERAL (
        SELECT p.published_at IS NOT NULL AND p.revoked_at IS NULL AND p.repaired_at IS NULL AS standing,
            (e.at AT TIME ZONE 'Asia/Shanghai')::date AS today
    ) s
    CROSS JOIN LATERAL (
        SELECT s.standing AND (p.status = 'PUBLISHED' OR coalesce(p.publicity_ends_on >= s.today, true)) AS before,
            s.standing AND coalesce(coalesce((e.payload ->> 'ends_on')::date, p.publicity_ends_on) >= s.today, true)
                AS amended
    ) d
    CROSS JOIN LATERAL (
        SELECT CASE e.kind
                WHEN 'PUBLISHED' THEN true WHEN 'REPAIRED' THEN true WHEN 'TERM_OVER' THEN true
                WHEN 'AMENDED' THEN d.before OR d.amended WHEN 'REVOKED' THEN d.before ELSE false END AS public,
            CASE e.kind
                WHEN 'REPAIRED' THEN true WHEN 'TERM_OVER' THEN true
                WHEN 'AMENDED' THEN d.before AND NOT d.amended WHEN 'REVOKED' THEN d.before ELSE false END AS ends
    ) f
    WHERE e.kind <> 'IMPORTED'
    ORDER BY e.id;
    RETURN NULL;
END $$
"""
NEW = """
CREATE FUNCTION tell_new_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {log} (xid, record_id, kind, public, ends, at, province, prefecture, county)
    SELECT n.changed_xid, n.id, '{kind}', true, false, now(), n.province, n.prefecture, n.county FROM told n;
    RETURN NULL;
END $$
"""
CHANGED = """
CREATE FUNCTION tell_changed_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {log} (xid, record_id, kind, public, ends, at, province, prefecture, county)
    SELECT greatest(pg_current_xact_id(), n.changed_xid), n.id, '{kind}', {old} IS DISTINCT FROM {new}, false, now(),
        n.province, n.prefecture, n.county
    FROM told n JOIN before o ON o.id = n.id
    WHERE {old} IS DISTINCT FROM {new}{less};
    RETURN NULL;
END $$
"""
TELL = """
CREATE TRIGGER tell AFTER INSERT ON penalty_event REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION tell_penalty_changes()
"""
TELL_OF = """
CREATE TRIGGER lift BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({old} IS DISTINCT FROM {new})
    EXECUTE FUNCTION lift_changed_xid();
CREATE TRIGGER tell_new AFTER INSERT ON {table} REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION tell_new_{table}();
CREATE TRIGGER tell_changed AFTER UPDATE ON {table} REFERENCING OLD TABLE AS before NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed_{table}()
"""
TRIGGERS = (
    TELL,
    *(
        statement
        for table in MARKED
        for statement in TELL_OF.format(
            table=table, old=SHOWN[table].format("OLD"), new=SHOWN[table].format("NEW")
        ).split(";")
    ),
)
FUNCTIONS = (
    LIFT,
    PENALTY,
    NEW.format(table="inspection_result", log="inspection_change", kind="RECORDED"),
    NEW.format(table="credit_score", log="credit_change", kind="SCORED"),
    CHANGED.format(
        table="inspection_result",
        log="inspection_change",
        kind="AMENDED",
        old=SHOWN["inspection_result"].format("o"),
        new=SHOWN["inspection_result"].format("n"),
        less="",
    ),
    CHANGED.format(
        table="credit_score",
        log="credit_change",
        kind="RESCORED",
        old=SHOWN["credit_score"].format("o"),
        new=SHOWN["credit_score"].format("n"),
        less=" OR o.digest IS DISTINCT FROM n.digest",
    ),
)


def _log(name: str, *more: sa.Column | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        *more,
    )


def upgrade() -> None:
    _log("penalty_change", sa.PrimaryKeyConstraint("xid", "id", name=op.f("pk_penalty_change")))
    op.create_index("ix_penalty_change_public", "penalty_change", ["xid", "id"], postgresql_where=sa.text("public"))
    op.create_index("ix_penalty_change_record_id", "penalty_change", ["record_id", "xid"])
    for log in LOGS[1:]:
        _log(
            log,
            *(sa.Column(level, sa.String(length=6), nullable=False) for level in LEVELS),
            sa.PrimaryKeyConstraint("province", "xid", "id", name=op.f(f"pk_{log}")),
        )
        for level in LEVELS[1:]:
            op.create_index(f"ix_{log}_{level}", log, [level, "xid", "id"])
    for table in MARKED:
        # What is there already is in every snapshot; nothing is rewritten for it.
        op.add_column(table, sa.Column("changed_xid", Xid8(), server_default="0", nullable=False))
        op.alter_column(table, "changed_xid", server_default=sa.text("pg_current_xact_id()"))
    for statement in (*FUNCTIONS, *TRIGGERS):
        op.execute(statement)
    op.execute(grant("SELECT", LOGS, READER, APP))
    op.execute(grant("INSERT", LOGS, APP))


def downgrade() -> None:
    op.execute("DROP FUNCTION tell_penalty_changes CASCADE")
    for table in MARKED:
        op.execute(f"DROP FUNCTION tell_new_{table} CASCADE")
        op.execute(f"DROP FUNCTION tell_changed_{table} CASCADE")
    op.execute("DROP FUNCTION lift_changed_xid CASCADE")
    for table in MARKED:
        op.drop_column(table, "changed_xid")
    for log in LOGS:
        op.drop_table(log)
