"""Publicity terms, counted by hand (R22, R23)."""

from datetime import date

import pytest

from hub.law.pack import packs
from hub.law.publicity import due, term
from hub.law.vocabulary import Severity, Standing

D = date


@pytest.mark.parametrize(
    ("severity", "decided_on", "repair_from", "ends_on"),
    [
        ("MINOR", D(2026, 4, 10), D(2026, 4, 10), D(2026, 7, 10)),  # fulfilled is enough: no shortest term
        ("GENERAL", D(2026, 4, 10), D(2026, 7, 11), D(2027, 4, 10)),
        ("SERIOUS", D(2026, 4, 10), D(2027, 4, 11), D(2029, 4, 10)),
        ("GENERAL", D(2026, 11, 30), D(2027, 3, 1), D(2027, 11, 30)),  # no 30 February: the last of the month
        ("SERIOUS", D(2028, 2, 29), D(2029, 3, 1), D(2031, 2, 28)),
        ("MINOR", D(2026, 12, 31), D(2026, 12, 31), D(2027, 3, 31)),
        ("MINOR", D(2026, 11, 30), D(2026, 11, 30), D(2027, 2, 28)),
    ],
)
def test_terms_by_hand(severity: str, decided_on: date, repair_from: date, ends_on: date) -> None:
    found = term(Severity(severity), decided_on, "640104", decided_on)
    assert (found.repair_from, found.ends_on) == (repair_from, ends_on)
    assert found.in_principle is (severity != "MINOR")
    assert (found.basis.pack, found.basis.standing, found.basis.confirmed) == ("CNCR2026", Standing.IN_FORCE, False)


def test_before_the_rule_is_in_force_the_hub_borrows_it_and_says_so() -> None:
    found = term(Severity.GENERAL, D(2026, 3, 20), "640104", D(2026, 3, 31))
    assert found.basis.standing is Standing.HUB_DEFAULT
    assert found.basis.notice_zh
    assert term(Severity.GENERAL, D(2026, 3, 20), "640104", D(2026, 4, 1)).basis.standing is Standing.IN_FORCE


@pytest.mark.parametrize(
    ("decided_on", "last"),
    [
        (D(2026, 4, 3), D(2026, 4, 15)),  # a Friday; 清明 4–6 April, 6 April is a rest day
        (D(2025, 9, 26), D(2025, 10, 13)),  # 28 Sept and 11 Oct are working days, 1–8 Oct rest
        (D(2026, 11, 2), D(2026, 11, 11)),
    ],
)
def test_a_decision_is_published_within_seven_working_days(decided_on: date, last: date) -> None:
    found = due(decided_on, "640104")
    assert found.last_day == last
    assert found.basis.pack == "CNNDRC424"


def test_every_pack_that_sets_terms_sets_all_of_them() -> None:
    assert [pack.id for pack in packs() if pack.file.publicity] == ["CNCR2026"]
