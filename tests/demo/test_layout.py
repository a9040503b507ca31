"""The arithmetic of the layout against plain loops over it."""

from collections import defaultdict

import pytest

from hub.demo.layout import LAST_DAY, Counts, Layout

SIZES = [Counts(1, 1, 0, 0, 0), Counts(10, 300, 0, 0, 0), Counts(), Counts(4_000, 30_000, 0, 0, 0)]


@pytest.mark.parametrize("counts", SIZES, ids=str)
def test_cases_of_an_institution_are_those_that_name_it(counts):
    layout = Layout(counts)
    named = defaultdict(list)
    for index in range(layout.cases):
        case = layout.case(index)
        if case.institution is not None:
            named[case.institution].append(case)
    for institution in range(0, counts.institutions, 7):
        assert list(layout.cases_of(institution, 0, LAST_DAY)) == named[institution]
        assert list(layout.cases_of(institution, 500, 700)) == [c for c in named[institution] if 500 <= c.day <= 700]


@pytest.mark.parametrize("counts", SIZES, ids=str)
def test_the_last_case_is_the_one_that_reaches_the_count(counts):
    layout = Layout(counts)
    legs = [len(layout.case(index).procedure.legs) for index in range(layout.cases)]
    assert sum(legs[:-1]) < counts.transfers <= sum(legs)


@pytest.mark.parametrize("counts", SIZES, ids=str)
def test_the_institution_of_a_case_lies_in_its_place_and_is_of_its_kind(counts):
    from hub.demo.layout import SLOTS

    layout = Layout(counts)
    for index in range(0, layout.cases, 3):
        case = layout.case(index)
        if case.institution is not None:
            assert 0 <= case.institution < counts.institutions
            assert SLOTS[case.institution % len(SLOTS)].group == (case.place, case.procedure.institution)


def test_case_numbers_are_unique_and_days_within_the_sample():
    layout = Layout(Counts())
    cases = [layout.case(index) for index in range(layout.cases)]
    assert len({case.case_no for case in cases}) == len(cases)
    assert all(0 <= case.day < LAST_DAY for case in cases)


def test_figures_of_the_seeds():
    from hub.demo.layout import POSITIONS

    def count(place):
        return [len(POSITIONS.get((place, kind), ())) for kind in ("MEDICAL_INSTITUTION", "RETAIL_PHARMACY")]

    assert sum(len(slots) for (place, _), slots in POSITIONS.items() if place == "510502") == 757  # 003
    assert count("411300") == [2 + 39, 78]  # 002
