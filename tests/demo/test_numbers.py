"""Every number of the sample that has a check digit is one that python-stdnum accepts; identifiers are random."""

import uuid

import psycopg
import pytest
from stdnum.cn import ric, uscc

from hub.demo import numbers


@pytest.mark.parametrize(
    "column",
    [
        "agency.uscc",
        "legal_entity.uscc",
        "institution.uscc",
        "transfer_party.uscc",
        "penalty_record.counterparty_uscc",
        "penalty_record.data_source_uscc",
    ],
)
def test_usccs_are_valid(sample_database, column):
    values = _distinct(sample_database, column)
    assert values
    assert [value for value in values if not uscc.is_valid(value)] == []


@pytest.mark.parametrize(
    "column",
    [
        "institution.legal_representative_id",
        "personnel.resident_id",
        "insured_person.resident_id",
        "penalty_record.counterparty_resident_id",
        "penalty_record.legal_representative_id",
    ],
)
def test_resident_numbers_are_valid(sample_database, column):
    values = _distinct(sample_database, column)
    assert values
    assert [value for value in values if not ric.is_valid(value)] == []


def test_a_party_is_named_by_its_uscc_or_by_a_resident_number(sample_database):
    with psycopg.connect(sample_database.reader_url) as connection:
        rows = connection.execute("SELECT identity_number, uscc FROM transfer_party").fetchall()
    assert all(number == code if code else ric.is_valid(number) for number, code in rows)


def test_no_two_organisations_bear_one_uscc(sample_database):
    with psycopg.connect(sample_database.reader_url) as connection:
        every = [c for (c,) in connection.execute("SELECT uscc FROM agency UNION ALL SELECT uscc FROM legal_entity")]
    assert len(set(every)) == len(every)


def test_organisation_numbers_carry_their_own_check_digit():
    code = numbers.uscc("91", "640104", 4711)
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    body, check = code[8:16], code[16]
    remainder = 11 - sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11
    assert check == {10: "X", 11: "0"}.get(remainder, str(remainder))


@pytest.mark.parametrize("random", [0.0, 0.5, 1 - 2**-53])
@pytest.mark.parametrize("birthplace", ["640121", "640122", "650121", "510121", "510122", "220100", "412921", "412922"])
def test_resident_numbers_at_the_ends_of_chance(birthplace, random):
    assert ric.is_valid(numbers.resident_id(birthplace, random))


def test_public_ids_are_random_uuids(sample_database):
    values = _distinct(sample_database, "clue_transfer.public_id") + _distinct(
        sample_database, "penalty_record.public_id"
    )
    assert {(value.version, value.variant) for value in values} == {(4, uuid.RFC_4122)}


def test_mixing_scatters_and_repeats():
    assert len({numbers.mix(n) for n in range(10_000)}) == 10_000
    assert numbers.mix(1) == numbers.mix(1)


def _distinct(database, column):
    table, name = column.split(".")
    with psycopg.connect(database.reader_url) as connection:
        rows = connection.execute(f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL").fetchall()
    return [value for (value,) in rows]
