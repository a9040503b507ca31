"""Resident numbers (GB 11643) of people whose county got its code after they were born, and what is none."""

import pytest
from pydantic import ValidationError
from stdnum.iso7064 import mod_11_2

from hub.clues.commands_inputs import InsuredGiven
from hub.clues.commands_text import resident_number

_BODIES = [
    f"{county}{day}001"
    for county in ("640104", "640105", "510502", "510503", "650102", "411302", "220102")  # codes of 1983 to 2002
    for day in ("19310101", "19500607", "19820228", "20200229")
]


@pytest.mark.parametrize("body", [*_BODIES, "81000019900307001", "83000019500607012", "91000019800101001"])
def test_whoever_was_born_before_the_code_of_the_county_is_named_all_the_same(body: str) -> None:
    number = body + mod_11_2.calc_check_digit(body)
    assert resident_number(number) == number
    assert resident_number(f" {number[:6]} {number[6:14]}-{number[14:].lower()} ") == number
    person = InsuredGiven.model_validate(
        {"name": "某", "residentId": number, "medicalRecordNo": "1", "diagnosis": "某病"}
    )
    assert person.resident_id == number


@pytest.mark.parametrize(
    "number",
    [
        "510502195006070012",  # check digit
        "51050219500230001" + mod_11_2.calc_check_digit("51050219500230001"),  # no such day
        "99050219500607001" + mod_11_2.calc_check_digit("99050219500607001"),  # no such province
        "510502500607001",  # 15 digits, no more in use since 2013
        "５１０５０２１９５００６０７００１６",
        "51050219500607001X6",
        "",
    ],
)
def test_what_is_no_resident_number(number: str) -> None:
    assert resident_number(number) is None
    with pytest.raises(ValidationError):
        InsuredGiven.model_validate({"name": "某", "residentId": number, "medicalRecordNo": "1", "diagnosis": "某病"})
