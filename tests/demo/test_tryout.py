"""The things to try are commands of a shell, valid GraphQL, and about a case that shows what is promised."""

import re
import shlex

import psycopg
from graphql import parse, validate

from hub.demo.tryout import showcase, suggestions
from hub.graph.schema import graphql_schema


def test_the_case_shows_what_the_first_example_promises(sample_database):
    case_no = showcase(sample_database.owner_url)
    with psycopg.connect(sample_database.reader_url) as connection:
        ((transfer, institution, received, closed),) = connection.execute(
            "SELECT t.id, institution_id, received_at, closed_at FROM clue_transfer t JOIN record_party r "
            "ON r.transfer_id = t.id WHERE case_no = %s AND agency = '640104-HEALTH'",
            [case_no],
        ).fetchall()
        assert received
        assert closed is None

        def one(statement, value):
            return {row[0] for row in connection.execute(statement, [value])}

        assert {"INVESTIGATION", "HEALTH_DATA"} <= one(
            "SELECT data_class FROM evidence WHERE transfer_id = %s", transfer
        )
        assert one("SELECT diagnosis FROM insured_person WHERE transfer_id = %s", transfer)
        assert len(one("SELECT decision_no FROM penalty_record WHERE institution_id = %s", institution)) >= 3


def test_commands_are_of_the_form_that_the_demo_prints(sample_database):
    commands = suggestions(sample_database.owner_url)
    first, second, third, fourth, receive, revoke, recalls = map(shlex.split, commands)
    case_no = showcase(sample_database.owner_url)
    start = [".venv/bin/hub", "query", "--as", "demo-health", "--purpose", "medical-practice-regulation", "--case"]
    assert first[: len(start) + 1] == [*start, case_no]
    assert first[-1].count(f'"{case_no}"') == 1
    assert second[:6] == [".venv/bin/hub", "query", "--as", "demo-credit-platform", "--purpose", "credit-publication"]
    assert third[:3] == [".venv/bin/hub", "policy", "explain"]
    assert third[-1] == "CreditScore.deductions"
    assert fourth[:3] == [".venv/bin/hub", "document", "evidence"]
    assert [receive[3], revoke[3]] == ["demo-credit-platform", "demo-healthcare-security"]
    assert recalls == [".venv/bin/hub", "feed", "recalls"]
    for command in (first, second, receive, revoke):
        assert not validate(graphql_schema(), parse(command[-1]))


def test_without_such_a_case_the_other_two_remain(empty_database):
    assert len(suggestions(empty_database().owner_url)) == 2


def test_case_numbers_are_safe_in_a_shell(sample_database):
    with psycopg.connect(sample_database.reader_url) as connection:
        numbers = [n for (n,) in connection.execute("SELECT case_no FROM case_file")]
    assert all(re.fullmatch(r"[0-9A-Z]{6}-\d{4}-\d{6}", number) for number in numbers)
