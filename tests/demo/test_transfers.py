"""Transfers: who may know of them, their lives, and everything the demo and the golden cases need to find."""

import psycopg
import pytest
from psycopg.rows import dict_row

from hub.clues.commands_due import columns, nearest
from hub.clues.lifecycle import fold
from hub.clues.store_imported import history

DEMO = [
    f"640104-{kind}"
    for kind in ("HEALTHCARE_SECURITY", "HEALTH", "MARKET_REGULATION", "PUBLIC_SECURITY", "DISCIPLINE_INSPECTION")
]
STATUSES = [
    "DRAFT",
    "SUBMITTED",
    "APPROVED",
    "SENT",
    "ARRIVED",
    "RECEIVED",
    "SUPPLEMENT_REQUESTED",
    "HANDLING",
    "RESULT_REPORTED",
    "CLOSED",
    "RECALLED",
]
CLASSES = ["INVESTIGATION", "HEALTH_DATA", "PERSONAL", "TRADE_SECRET", "PROCEDURE", "INFORMANT"]


@pytest.fixture(scope="module")
def rows(sample_database):
    with psycopg.connect(sample_database.reader_url) as connection:
        yield lambda statement, *values: connection.execute(statement, values).fetchall()


def test_record_party_is_sender_and_once_sent_receiver_and_notified(rows):
    expected = rows(
        """SELECT sender, id, discovered_on, public_id FROM clue_transfer
           UNION SELECT receiver, id, discovered_on, public_id FROM clue_transfer WHERE sent_at IS NOT NULL
           UNION SELECT agency, id, discovered_on, public_id FROM clue_transfer JOIN clue_transfer_notified
                 ON transfer_id = id WHERE sent_at IS NOT NULL
           ORDER BY 1, 2"""
    )
    assert rows("SELECT agency, transfer_id, discovered_on, public_id FROM record_party ORDER BY 1, 2") == expected


def test_some_unsent_transfers_name_agencies_to_notify(rows):
    assert rows("SELECT FROM clue_transfer JOIN clue_transfer_notified ON transfer_id = id WHERE sent_at IS NULL")


def test_copies_of_kind_and_region_are_the_agencies_own(rows):
    assert not rows(
        """SELECT FROM clue_transfer t JOIN agency s ON s.code = sender JOIN agency r ON r.code = receiver
           WHERE (sender_kind, sender_region, receiver_kind, receiver_region)
                 <> (s.kind, s.region, r.kind, r.region) OR sender = receiver"""
    )


@pytest.mark.parametrize("agency", DEMO)
@pytest.mark.parametrize("role", ["sender", "receiver"])
@pytest.mark.parametrize("state", ["NULL", "NOT NULL"], ids=["open", "closed"])
def test_every_demo_agency_has_cases_both_ways_open_and_closed(rows, agency, role, state):
    (row,) = rows(
        f"""SELECT count(DISTINCT t.case_no) FROM clue_transfer t WHERE t.{role} = %s AND t.sent_at IS NOT NULL
            AND t.closed_at IS {state}
            AND EXISTS (SELECT FROM evidence e WHERE e.transfer_id = t.id)
            AND EXISTS (SELECT FROM insured_person i WHERE i.transfer_id = t.id)""",
        agency,
    )
    assert row[0] >= 3


@pytest.mark.parametrize("agency", DEMO)
def test_every_demo_agency_has_cases_that_are_wholly_closed_for_it(rows, agency):
    closed = rows(
        """SELECT case_no FROM clue_transfer WHERE sender = %s OR (receiver = %s AND sent_at IS NOT NULL)
           GROUP BY 1 HAVING bool_and(closed_at IS NOT NULL)""",
        agency,
        agency,
    )
    assert len(closed) >= 3


def test_statuses(rows):
    assert {status for (status,) in rows("SELECT DISTINCT status FROM clue_transfer")} == set(STATUSES)


def test_steps_follow_each_other_and_the_status_says_how_far(rows):
    assert not rows(
        """SELECT FROM clue_transfer WHERE NOT (
             discovered_on <= coalesce(sent_at::date, discovered_on)
             AND coalesce(sent_at < arrived_at, true) AND coalesce(arrived_at <= received_at, true)
             AND coalesce(arrived_at <= closed_at, true) AND coalesce(received_at <= closed_at, true)
             AND coalesce(closed_at <= '2026-10-31T10:00Z', true)
             AND (sent_at IS NULL) = (status IN ('DRAFT', 'SUBMITTED', 'APPROVED'))
             AND (doc_no IS NULL) = (status IN ('DRAFT', 'SUBMITTED'))
             AND (closed_at IS NOT NULL) = (status IN ('CLOSED', 'RECALLED'))
             AND (arrived_at IS NULL) = (status IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'SENT'))
             AND (received_at IS NULL) = (status IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'SENT', 'ARRIVED', 'RECALLED'))
             AND (outcome IS NOT NULL) = (status IN ('CLOSED', 'RESULT_REPORTED'))
             AND (result_detail IS NOT NULL) = (outcome IS NOT NULL)
             AND coalesce(fund_loss <= violation_amount, true))""".replace(
            "coalesce(sent_at < arrived_at, arrived_at IS NULL)", "coalesce(sent_at < arrived_at, true)"
        )
    )


def test_deadlines_are_what_the_commands_would_have_computed(sample_database):
    """By the whole fold of each transfer's (imported) history; the loader takes a shorter way."""
    with psycopg.connect(sample_database.reader_url, row_factory=dict_row) as connection:
        transfers = connection.execute("SELECT * FROM clue_transfer WHERE id % 3 = 0 ORDER BY id").fetchall()
    clocks = set()
    for row in transfers:
        state = fold(history(row, None))
        due = nearest(state, row["sender_region"], row["receiver_region"])
        assert columns(due) == {name: row[name] for name in columns(due)}, row["id"]
        clocks.add(row["due_clock"])
    assert clocks > {None, "receipt", "supplement", "result_feedback", "police_decision", "filing_verification"}


def test_every_deadline_names_its_clause_and_some_ran_out(rows):
    assert not rows(
        """SELECT FROM clue_transfer WHERE (due_at IS NULL) <> (due_clock IS NULL) OR (due_at IS NULL) <> (due_clause IS NULL)
           OR (due_at IS NOT NULL AND status IN ('CLOSED', 'RECALLED')) OR due_clause = ''"""
    )
    late = dict(rows("SELECT late_clock, count(*) FROM clue_transfer WHERE sent_at IS NOT NULL GROUP BY 1"))
    assert set(late) == {None, "result_feedback", "security_transfer_after_discovery"}
    assert 0.2 < late[None] / sum(late.values()) < 0.9
    open_ones = "FROM clue_transfer WHERE sent_at IS NOT NULL AND due_at"
    reference = "'2026-10-31T10:00Z'"
    assert rows(f"SELECT {open_ones} < {reference}")
    assert rows(f"SELECT {open_ones} > {reference}")


def test_document_numbers_are_the_senders_own_series(rows):
    assert not rows(
        """SELECT sender, doc_year FROM clue_transfer WHERE doc_no IS NOT NULL GROUP BY 1, 2
           HAVING max(doc_number) <> count(*) OR min(doc_number) <> 1"""
    )
    (row,) = rows("SELECT doc_no, doc_year, doc_number FROM clue_transfer WHERE sender = '640104-HEALTH' LIMIT 1")
    assert row[0] == f"银兴卫健(局)案移字〔{row[1]}〕{row[2]}号"


def test_nobody_is_notified_of_a_transfer_to_discipline_inspection(rows):
    to_it = "FROM clue_transfer t {} WHERE receiver_kind = 'DISCIPLINE_INSPECTION'"
    assert rows("SELECT " + to_it.format(""))
    assert not rows("SELECT " + to_it.format("JOIN clue_transfer_notified n ON n.transfer_id = t.id"))


def test_evidence_of_every_class(rows):
    assert {c for (c,) in rows("SELECT DISTINCT data_class FROM evidence")} == set(CLASSES)


def test_an_agency_is_itself_the_subject_of_a_case_to_which_it_is_a_party(rows):
    found = rows(
        """SELECT DISTINCT t.case_no FROM transfer_party p JOIN clue_transfer t ON t.id = p.transfer_id
           JOIN agency a ON a.uscc = p.uscc JOIN clue_transfer o ON o.case_no = t.case_no
           WHERE a.code = '640104-HEALTH' AND o.receiver = a.code AND o.sent_at IS NOT NULL AND o.closed_at IS NULL"""
    )
    assert found
    assert rows("SELECT FROM transfer_party p JOIN agency a ON a.uscc = p.uscc WHERE a.kind = 'FUND_OPERATOR'")


def test_a_demo_agency_forwarded_a_transfer_and_is_no_party_any_more(rows):
    assert rows(
        """SELECT FROM clue_transfer t WHERE forwarded_from = '640104-HEALTH' AND NOT EXISTS
           (SELECT FROM record_party r WHERE r.transfer_id = t.id AND r.agency = '640104-HEALTH')"""
    )


def test_one_case_with_several_receivers_some_closed_and_some_not(rows):
    assert rows(
        """SELECT case_no FROM clue_transfer WHERE sent_at IS NOT NULL GROUP BY 1
           HAVING count(DISTINCT receiver) >= 2 AND bool_or(closed_at IS NULL) AND bool_or(status = 'CLOSED')"""
    )
    assert rows("SELECT case_no FROM clue_transfer GROUP BY 1 HAVING count(DISTINCT receiver) = 4")


def test_reports_are_taken_by_an_agency_of_the_transfer(rows):
    assert not rows(
        """SELECT FROM clue_transfer WHERE (informant_ref IS NULL) <> (source <> 'REPORT')
           OR report_taken_by NOT IN (sender, receiver) OR (report_taken_by IS NULL) <> (informant_ref IS NULL)"""
    )
    assert rows("SELECT FROM clue_transfer WHERE report_taken_by = receiver")
    assert rows("SELECT FROM clue_transfer WHERE report_taken_by = '640104-HEALTHCARE_SECURITY'")


def test_the_large_and_the_small_agency_of_the_benchmark(rows):
    sizes = dict(rows("SELECT agency, count(*) FROM record_party GROUP BY 1"))
    assert 800 <= sizes["640100-HEALTHCARE_SECURITY"] <= 1_250
    assert 24 <= sizes["650102-HEALTH"] <= 72


def test_the_health_agency_has_a_case_to_show(rows):
    assert rows(
        """SELECT FROM clue_transfer t WHERE receiver = '640104-HEALTH' AND received_at IS NOT NULL AND closed_at IS NULL
           AND (SELECT count(DISTINCT data_class) FROM evidence e WHERE e.transfer_id = t.id
                AND data_class IN ('INVESTIGATION', 'HEALTH_DATA')) = 2
           AND EXISTS (SELECT FROM insured_person i WHERE i.transfer_id = t.id)
           AND EXISTS (SELECT FROM penalty_record p WHERE p.institution_id = t.institution_id)"""
    )


def test_what_was_received_has_its_receipt_and_nothing_else_has(rows):
    """R13: file pages, documents, seal, date, signed by the receiver."""
    assert not rows(
        """SELECT FROM clue_transfer t LEFT JOIN transfer_receipt r ON r.transfer_id = t.id
           WHERE (t.received_at IS NOT NULL) <> (r.id IS NOT NULL)
              OR r.id IS NOT NULL AND (r.agency, r.signed_at) <> (t.receiver, t.received_at)
              OR r.id IS NOT NULL AND NOT (r.sealed AND r.pages > 5 AND cardinality(r.documents) >= 2)
              OR r.id IS NOT NULL AND (r.officer_name = '' OR r.officer_certificate_no = '')"""
    )
    assert rows("SELECT count(*) FROM transfer_receipt")[0][0] > 100
