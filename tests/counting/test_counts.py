"""Every figure equals a recount in Python, for every kind of asker; what both sides count differs by what is listed."""

from collections import Counter

import pytest
from counting_asking import ASKERS, LIST, WHOLE, ask
from recount import NOW, Asker, Recount, side

from tests.world import PURPOSE, World


def regions_of(asker: Asker) -> list[str]:
    """Its own, one above or beside it, one below."""
    return [asker.region, "640100", "640104", "510000"]


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: f"{asker.agency}-{asker.purpose}")
def test_every_figure_is_a_recount(world: World, recount: Recount, asker: Asker) -> None:
    for year in (2022, 2024, 2025, 2026):
        for region in dict.fromkeys(regions_of(asker)):
            answer = ask(world, asker, WHOLE, year=year, region=region)
            assert "errors" not in answer, answer
            expected = recount.answer(asker, year, region, NOW)
            assert answer["data"]["clueStatistics"] == expected, (asker, year, region)


def test_the_sample_differs_in_every_way(world: World) -> None:
    """Or the recount would prove less than it says."""
    reasons: set[str] = set()
    for asker in ASKERS:
        for year in (2024, 2025, 2026):
            answer = ask(world, asker, WHOLE, year=year)["data"]["clueStatistics"]
            reasons |= {one["reason"] for flow in answer["flows"] for one in flow["differences"]}
    assert reasons == {
        "RECALLED", "NOT_ARRIVED", "RECEIPT_NOT_SIGNED", "RECEIPT_NOT_SIGNED_AFTER_FORWARDING",
        "FORWARDED_TO_ANOTHER_REGION", "RECEIVED_IN_ANOTHER_REGION", "RECEIVED_IN_ANOTHER_YEAR",
        "SENT_FROM_ANOTHER_REGION", "SENT_IN_ANOTHER_YEAR",
    }  # fmt: skip


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: f"{asker.agency}-{asker.purpose}")
def test_sent_less_received_is_what_differs(world: World, asker: Asker) -> None:
    for year in (2024, 2025):
        found = ask(world, asker, WHOLE, year=year)["data"]["clueStatistics"]
        for flow in found["flows"]:
            by_side = Counter[str]()
            for one in flow["differences"]:
                assert one["side"] == side(one["reason"])
                by_side[one["side"]] += one["count"]
            assert flow["sent"] - flow["received"] == by_side["SENT"] - by_side["RECEIVED"], (asker, flow)


@pytest.mark.parametrize(
    "asker",
    [Asker(f"640104-{kind}", PURPOSE[kind]) for kind in ("HEALTHCARE_SECURITY", "HEALTH", "PUBLIC_SECURITY")],
    ids=lambda asker: asker.agency,
)
def test_the_differences_are_listed_by_case(world: World, asker: Asker) -> None:
    """All that are counted are in the list, page after page, in order."""
    found = ask(world, asker, LIST, year=2025)["data"]["clueStatistics"]
    listed = Counter(one["reason"] for one in found["differences"])
    counted = Counter[str]()
    for flow in found["flows"]:
        for one in flow["differences"]:
            counted[one["reason"]] += one["count"]
    assert listed == counted
    assert len(listed) > 2
    assert [one["transfer"]["caseNo"] for one in found["differences"]] == sorted(
        one["transfer"]["caseNo"] for one in found["differences"]
    )
    paged = []
    while page := ask(world, asker, LIST, year=2025, first=7, skip=len(paged))["data"]["clueStatistics"]["differences"]:
        paged += page
    assert paged == found["differences"]


def test_an_agency_counts_what_it_lists(world: World) -> None:
    """The own figures are those of the lists: neither tells more than the other."""
    for kind in ("HEALTHCARE_SECURITY", "HEALTH", "DISCIPLINE_INSPECTION"):
        asker = Asker(f"640104-{kind}", PURPOSE[kind])
        document = """query { clueStatistics(year: 2025) { sent { total } } clueTransfers(first: 1000, filter: {
            sentAt: {gte: "2024-12-31T16:00:00Z", lt: "2025-12-31T16:00:00Z"}}) { nodes { sender { code } } } }"""
        data = ask(world, asker, document)["data"]
        own = [node for node in data["clueTransfers"]["nodes"] if node["sender"]["code"] == asker.agency]
        assert data["clueStatistics"]["sent"]["total"] == len(own)


def test_an_empty_year_is_all_zero(world: World) -> None:
    asker = Asker("640000-HEALTHCARE_SECURITY", "supervision-statistics")
    found = ask(world, asker, WHOLE, year=2001)["data"]["clueStatistics"]
    assert found["sent"] == found["received"]
    assert found["sent"]["total"] == 0
    assert found["sent"]["recovered"] is None
    assert found["flows"] == []
    assert {one["suppressed"] for one in found["others"]} == {"SMALL_COUNT"}
