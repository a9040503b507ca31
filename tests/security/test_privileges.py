"""27, L25: what the database lets each role do is the second wall, so it is listed here by hand and compared whole."""

import psycopg
import pytest

from hub.db.engine import Database

RECORDS = {
    "region", "agency", "legal_entity", "institution", "personnel", "case_file", "clue_transfer", "clue_transfer_notified",
    "record_party", "transfer_party", "evidence", "insured_person", "penalty_record", "credit_score", "credit_dimension",
    "credit_deduction", "inspection_result", "agreement_measure", "transfer_receipt", "transfer_catalogue_text",
    "transfer_step",
    "spot_check", "spot_check_transfer", "credit_effect", "recall", "credit_score_as_known",
}  # fmt: skip
AUTHORITY = {"client", "client_key", "scope_ceiling", "scope_grant", "purpose_grant", "access_token"}
HISTORY = {
    "spot_check",
    "evidence_file",
    "penalty_event",
    "officer",
    "transfer_event",
    "case_event",
    "command_receipt",
    "doc_counter",
    "case_counter",
    "credit_event",
    "credit_score_version",
    "feed_consumer",
    "feed_rejection",
}
FEED = {"transfer_change", "penalty_change", "inspection_change", "credit_change"}
"""Entries of the feeds: read by the queries, written by the commands, never changed."""
RECALLED = {"recall", "recall_cause"}
"""What the task of recalls writes; of a cause and a recall it changes what is found out later, nothing else."""
SCORED = {"credit_dimension", "credit_effect", "credit_deduction"}
"""What a score is made of: made anew with it, and kept under the version that it becomes (`score_id`)."""
MATERIAL = {"transfer_party", "evidence", "insured_person"}
COMMANDED = MATERIAL | {
    "case_file", "clue_transfer", "clue_transfer_notified", "record_party", "penalty_record", "inspection_result",
    "agreement_measure", "transfer_receipt",
    "spot_check_transfer", "credit_score", *SCORED,
}  # fmt: skip
"""What commands write: never an event changed, never a transfer removed."""
LEDGER = {"disclosure", "disclosure_shape", "disclosure_batch", "disclosure_record"}
READS, INSERTS, UPDATES = "SELECT", "INSERT", "UPDATE"
ALLOWED = {
    "hub_reader": {
        (table, READS)
        for table in RECORDS | AUTHORITY - {"client_key"} | {"disclosure_view", "client_usage", "feed_epoch"} | FEED
    },
    "hub_app": {
        (table, READS)
        for table in RECORDS
        | AUTHORITY
        | LEDGER
        | HISTORY
        | FEED
        | RECALLED
        | {"disclosure_view", "client_usage", "feed_epoch", "recall_progress"}
    }
    | {
        (table, INSERTS)
        for table in LEDGER | HISTORY | COMMANDED | FEED | RECALLED | {"access_token", "assertion_jti", "client_usage"}
    }
    | {(table, "DELETE") for table in MATERIAL | {"record_party", "clue_transfer_notified"}}
    | {("client_usage", UPDATES)},
}
"""Whole tables; the columns beyond them are below."""
CHANGING = {
    "case_no", "doc_no", "doc_year", "doc_number", "status", "catalogue_codes", "receiver", "receiver_kind",
    "receiver_region", "forwarded_from", "institution_id", "source", "discovered_on", "sent_at", "due_at", "arrived_at",
    "received_at", "closed_at", "outcome", "summary", "suspected_facts", "violation_amount", "fund_loss", "articles",
    "handling_opinion", "result_detail", "informant_ref", "report_taken_by", "route", "procuratorate",
    "penalty_served_on", "case_officers", "catalogue_texts", "approved_at", "due_clock",
    "due_pack", "due_clause", "due_binding", "due_provisional", "result_reported_at", "late_clock", "fined", "recovered",
}  # fmt: skip
PENALTY = {
    "decision_no", "counterparty_category", "counterparty_name", "counterparty_person_name", "counterparty_uscc",
    "business_registration_no", "organization_code", "tax_registration_no", "public_institution_no",
    "social_organization_no", "legal_representative", "legal_representative_id_type", "legal_representative_id",
    "counterparty_id_type", "counterparty_resident_id", "institution_id", "violation_type", "published_facts", "facts",
    "basis", "kinds", "content", "fine", "confiscation", "licence_revoked", "decided_on", "valid_until",
    "publicity_ends_on", "data_source", "data_source_uscc", "remark", "served_on", "not_published_reason",
    "case_officers", "case_file_no", "case_no", "published_at", "revoked_at", "region", "status", "severity",
    "amended_at", "repaired_at", "content_hash",
}  # fmt: skip
COLUMNS = {
    "hub_reader": {("client_key", column, READS) for column in ("client_id", "kid", "retired_at")}
    | {("officer", column, READS) for column in ("agency", "name", "certificate_no", "valid_from", "valid_to")},
    "hub_app": {("access_token", "revoked_at", UPDATES), ("case_file", "merged_into", UPDATES)}
    | {(table, "last", UPDATES) for table in ("doc_counter", "case_counter")}
    | {("officer", column, UPDATES) for column in ("valid_to", "ended_by")}
    | {
        ("evidence_file", column, UPDATES)
        for column in ("case_no", "state", "stored", "parts", "completed_at", "ended_at")
    }
    | {
        ("credit_score", column, UPDATES)
        for column in ("score", "grade", "measures", "model_version", "digest", "given_by", "known_from")
    }
    | {(table, "score_id", UPDATES) for table in SCORED}
    | {
        ("personnel", column, UPDATES)
        for column in ("points", "points_year", "qualification_status", "qualification_until")
    }
    | {("feed_consumer", column, UPDATES) for column in ("xid", "id", "epoch", "since", "acknowledged_at")}
    | {("clue_transfer", column, UPDATES) for column in CHANGING}
    | {("penalty_record", column, UPDATES) for column in PENALTY}
    | {("recall_cause", column, UPDATES) for column in ("assigned_at", "due_at", "clause", "notice", "place_xid")}
    | {
        ("recall", column, UPDATES)
        for column in ("received_at", "told", "by_feed", "acknowledged_at", "acknowledged_by", "place_xid")
    }
    | {("recall_progress", column, UPDATES) for column in ("batch", "epoch")},
}
NAMED = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT c.relispartition
"""


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_may_do_this_and_nothing_else(golden_database: Database, role: str) -> None:
    with psycopg.connect(golden_database.owner_url) as connection:
        tables = [name for (name,) in connection.execute(NAMED)]
        assert set(tables) >= RECORDS | AUTHORITY | LEDGER | HISTORY
        whole = connection.execute(
            "SELECT t, p FROM unnest(%s::text[]) t, unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER','MAINTAIN']) p"
            " WHERE has_table_privilege(%s, format('public.%%I', t), p)",
            (tables, role),
        ).fetchall()
        columns = connection.execute(
            "SELECT a.attrelid::regclass::text, a.attname::text, p FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid,"
            " unnest(ARRAY['SELECT','INSERT','UPDATE','REFERENCES']) p"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r','p','v') AND NOT c.relispartition AND a.attnum > 0"
            " AND has_column_privilege(%s, a.attrelid, a.attnum, p) AND NOT has_table_privilege(%s, a.attrelid, p)",
            (role, role),
        ).fetchall()
    # A table that a later issue adds must be added here too: that is the point of it.
    assert set(whole) == ALLOWED[role]
    assert set(columns) == COLUMNS[role]


@pytest.mark.parametrize("role", ALLOWED)
def test_partitions_give_no_way_around(golden_database: Database, role: str) -> None:
    with psycopg.connect(golden_database.owner_url) as connection:
        open_ = connection.execute(
            "SELECT c.relname, p FROM pg_class c, unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE']) p"
            " WHERE c.relispartition AND c.relkind = 'r' AND has_table_privilege(%s, c.oid, p)",
            (role,),
        ).fetchall()
    assert {privilege for _, privilege in open_} <= {READS, INSERTS} if role == "hub_app" else not open_


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_is_nobody_else_and_makes_nothing(golden_database: Database, role: str) -> None:
    with psycopg.connect(golden_database.owner_url) as connection:
        attributes = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = %s",
            (role,),
        ).fetchone()
        assert attributes == (False,) * 5
        memberships = connection.execute(
            "SELECT r.rolname FROM pg_roles r WHERE r.rolname <> %s AND pg_has_role(%s, r.oid, 'MEMBER')", (role, role)
        ).fetchall()
        assert memberships == []
        owned = connection.execute("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", (role,)).fetchone()
        assert owned == (0,)
        assert connection.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", (role,)).fetchone() == (False,)


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE hub_owner",
        "SET SESSION AUTHORIZATION hub_owner",
        "CREATE TABLE mine (a int)",
        "COPY institution TO PROGRAM 'true'",
        "COPY institution TO 'never'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('never')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hub_owner'",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SET log_statement = 'all'",
        "SET log_min_error_statement = 'error'",
        "SET session_replication_role = 'replica'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE VIEW disclosure_view AS SELECT 1",
        "UPDATE agency SET kind = 'HUB_OPERATOR'",
        "UPDATE clue_transfer SET sender = receiver",
        "DELETE FROM clue_transfer",
        "UPDATE transfer_event SET kind = 'CLOSED'",
        "DELETE FROM transfer_event",
        "UPDATE penalty_event SET kind = 'REVOKED'",
        "DELETE FROM penalty_event",
        "UPDATE penalty_record SET authority = 'x'",
        "DELETE FROM inspection_result",
        "DELETE FROM case_event",
        "UPDATE command_receipt SET result = '{}'",
        "DELETE FROM officer",
        "UPDATE officer SET roles = '{PRINCIPAL_OFFICER}'",
        "SELECT FROM access_token FOR SHARE OF access_token; SELECT FROM agency FOR SHARE",
        "UPDATE client SET daily_row_quota = 0",
        "DELETE FROM client_usage",
        "SELECT setval('record_id_seq', 1)",
    ],
)
@pytest.mark.parametrize("role", ["app_url", "reader_url"])
def test_what_an_injected_statement_could_not_do(golden_database: Database, role: str, statement: str) -> None:
    """Were a statement ever injected, it would run as one of these two."""
    url = getattr(golden_database, role)
    with psycopg.connect(golden_database.owner_url) as witness:
        witness.execute("SELECT 1")  # a session of the owner, for the statement that would end it
        with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute(statement)  # type: ignore[call-overload]
        assert refused.value.sqlstate in ("42501", "0LP01", "25006"), refused.value
        witness.execute("SELECT 1")


def test_no_function_of_the_hub_is_open_to_everyone(golden_database: Database) -> None:
    """A SECURITY DEFINER function is the owner's right lent: each must be named here, and granted to no one else."""
    with psycopg.connect(golden_database.owner_url) as connection:
        lent = connection.execute(
            "SELECT p.proname, array(SELECT r.rolname FROM pg_roles r WHERE r.rolname IN ('hub_app', 'hub_reader')"
            " AND has_function_privilege(r.oid, p.oid, 'EXECUTE') ORDER BY 1)"
            " FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype"
        ).fetchall()
        paths = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
            " AND NOT coalesce(array_to_string(proconfig, ',') LIKE '%search_path=%', false)"
        ).fetchall()
    names = ("hold_authority", "hold_register", "purge_expired_authority")
    assert sorted(lent) == [(name, ["hub_app"]) for name in names]
    assert paths == [], "a SECURITY DEFINER function without a search_path of its own runs what its caller puts there"
