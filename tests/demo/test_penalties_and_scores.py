"""Penalties in every state, and scores that can be computed again from their parts."""

from datetime import UTC, datetime

import psycopg
import pytest

from hub.credit.events import events_of
from hub.credit.job import run
from hub.law import credit
from hub.law.credit import Quarter


@pytest.fixture(scope="module")
def rows(sample_database):
    with psycopg.connect(sample_database.app_url) as connection:
        yield lambda statement, *values: connection.execute(statement, values).fetchall()


@pytest.mark.parametrize(
    "state",
    [
        "published_at IS NOT NULL AND revoked_at IS NULL AND publicity_ends_on >= '2026-12-31'",
        "published_at IS NOT NULL AND revoked_at IS NULL AND publicity_ends_on < '2026-10-31'",
        "published_at IS NOT NULL AND publicity_ends_on IS NULL",
        "revoked_at IS NOT NULL",
        "published_at IS NULL AND not_published_reason IS NOT NULL",
        "counterparty_category = 'NATURAL_PERSON' AND institution_id IS NOT NULL",
        "counterparty_category = 'NATURAL_PERSON' AND institution_id IS NULL",
        "counterparty_category <> 'NATURAL_PERSON' AND institution_id IS NULL AND case_no IS NULL",
        "case_no IS NOT NULL AND institution_id IS NOT NULL",
        "case_no IS NULL AND institution_id IS NOT NULL",
        "region = '640104' AND case_no IS NOT NULL AND published_at IS NULL",
        "public_institution_no IS NOT NULL",
        "social_organization_no IS NOT NULL",
        "business_registration_no IS NOT NULL",
        "licence_revoked IS NOT NULL",
        "served_on IS NULL",
    ],
)
def test_there_are_penalties_where(rows, state):
    assert len(rows(f"SELECT FROM penalty_record WHERE {state}")) >= 3


def test_penalties_are_consistent(rows):
    assert not rows(
        """SELECT FROM penalty_record p LEFT JOIN institution i ON i.id = p.institution_id
           JOIN agency a ON a.code = p.authority
           WHERE (p.published_at IS NOT NULL AND p.not_published_reason IS NOT NULL)
              OR p.revoked_at < p.published_at OR (p.revoked_at IS NOT NULL AND p.published_at IS NULL)
              OR p.region <> coalesce(i.region, p.region) OR p.data_source_uscc <> a.uscc
              OR (p.counterparty_category = 'NATURAL_PERSON') <> (p.counterparty_person_name IS NOT NULL)
              OR (p.counterparty_category = 'NATURAL_PERSON') <> (p.counterparty_uscc IS NULL)
              OR p.counterparty_key <> coalesce(p.counterparty_uscc, p.counterparty_resident_id)"""
    )


def test_without_an_institution_the_region_is_the_authoritys(rows):
    assert not rows(
        "SELECT FROM penalty_record p JOIN agency a ON a.code = authority WHERE institution_id IS NULL AND p.region <> a.region"
    )


def test_a_penalty_with_a_case_is_about_the_cases_institution(rows):
    assert not rows(
        """SELECT FROM penalty_record p WHERE case_no IS NOT NULL AND NOT EXISTS
           (SELECT FROM clue_transfer t WHERE t.case_no = p.case_no AND t.institution_id IS NOT DISTINCT FROM p.institution_id)"""
    )


def test_one_decision_may_penalise_two(rows):
    assert rows("SELECT authority, decision_no FROM penalty_record GROUP BY 1, 2 HAVING count(*) = 2")


def test_a_score_is_what_the_law_makes_of_its_events(sample_database):
    """Of every twentieth score: the pure function over the stored events gives score, grade, parts and effects."""
    with psycopg.connect(sample_database.app_url) as connection:
        scores = connection.execute(
            "SELECT id, institution_id, period, score, grade, measures, model_version FROM credit_score WHERE id % 20 = 0"
        ).fetchall()
        assert len(scores) > 300
        for number, institution, period, *stored in scores:
            found = credit.score(credit.current(), Quarter.of(period), events_of(connection, institution))
            assert stored == [found.score, found.grade, list(found.measures), found.model]
            parts = connection.execute(
                "SELECT name, score, weight FROM credit_dimension WHERE score_id = %s ORDER BY position", (number,)
            ).fetchall()
            assert parts == [(one.zh, one.score, one.weight) for one in found.dimensions]
            (told,) = connection.execute(
                "SELECT (SELECT coalesce(sum(points), 0) FROM credit_effect WHERE score_id = %(s)s)"
                " + (SELECT coalesce(sum(points), 0) FROM credit_deduction WHERE score_id = %(s)s)", {"s": number}
            ).fetchone()  # fmt: skip
            assert told == sum(one.points for one in found.effects)


def test_computing_a_period_again_changes_nothing(sample_copy):
    database = sample_copy()
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        events = owner.execute("SELECT count(*) FROM credit_event").fetchone()
        now = datetime(2026, 11, 20, tzinfo=UTC)
        for period in ("2026Q3", "2025Q4"):
            steps = list(run(owner, credit.current(), Quarter.of(period), now))
            assert [step.changed for step in steps] == [0]
        assert owner.execute("SELECT count(*) FROM credit_event").fetchone() == events


def test_all_grades_and_events_of_all_records(rows):
    assert {grade for (grade,) in rows("SELECT DISTINCT grade FROM credit_score")} == set("ABCD")
    kinds = {kind for (kind,) in rows("SELECT DISTINCT source FROM credit_event")}
    assert kinds == {"penalty", "inspection", "agreement_measure"}
    assert rows("SELECT FROM credit_event WHERE change = 'TERM_OVER'")
    assert not rows("SELECT FROM credit_event WHERE recorded_at > '2026-11-02'")


def test_deductions_name_cases_of_that_institution(rows):
    assert rows("SELECT FROM credit_deduction JOIN credit_score s ON s.id = score_id WHERE s.region = '640104'")
    assert not rows(
        """SELECT FROM credit_deduction d JOIN credit_score s ON s.id = d.score_id
           WHERE NOT EXISTS (SELECT FROM clue_transfer t WHERE t.case_no = d.case_no
                             AND t.institution_id = s.institution_id)"""
    )


def test_no_deduction_tells_of_a_case_that_only_discipline_inspection_has(rows):
    assert not rows(
        """SELECT FROM credit_deduction d WHERE NOT EXISTS (SELECT FROM clue_transfer t
           WHERE t.case_no = d.case_no AND t.receiver_kind <> 'DISCIPLINE_INSPECTION')"""
    )


def test_region_and_code_of_a_score_and_of_personnel_are_the_institutions(rows):
    assert not rows(
        """SELECT FROM credit_score s JOIN institution i ON i.id = s.institution_id
           WHERE (s.region, s.nhsa_code) <> (i.region, i.nhsa_code)"""
    )
    assert not rows("SELECT FROM personnel p JOIN institution i ON i.id = institution_id WHERE p.region <> i.region")


def test_branches_share_the_uscc_of_their_legal_entity(rows):
    assert rows("SELECT uscc FROM institution GROUP BY 1 HAVING count(*) = 4")


def test_personnel_without_a_licence_number(rows):
    assert rows("SELECT FROM personnel WHERE license_no IS NULL")
