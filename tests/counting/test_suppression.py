"""What a superior may not count stays uncounted: not in a total, not by subtraction, not by asking as another."""

import json
from itertools import product
from typing import Any

import pytest
from counting_asking import WHOLE, ask
from recount import THRESHOLD, Asker, Recount, up

from tests.world import PURPOSE, World

SUPERIORS = [
    Asker(f"{region}-{kind}", "supervision-statistics")
    for region in ("640000", "640100", "650000", "510000", "410000", "220000")
    for kind in ("HEALTHCARE_SECURITY", "HEALTH")
]
YEARS = (2023, 2024, 2025)


def others(world: World, asker: Asker, year: int, region: str) -> dict[str, int | None]:
    found = ask(world, asker, WHOLE, year=year, region=region)["data"]["clueStatistics"]["others"]
    return {one["route"]: one["sent"] for one in found}


@pytest.mark.parametrize("asker", SUPERIORS, ids=lambda asker: asker.agency)
def test_no_difference_of_regions_is_small(world: World, recount: Recount, asker: Asker) -> None:
    """A province is the sum of its prefectures as they are shown: what is left out of one is left out of the other."""
    places = {up(row["sender_region"])[1:] for row in recount.rows}
    shown = 0
    for year, province in product(YEARS, sorted({province for _, province in places})):
        whole = others(world, asker, year, province)
        below = [place for place, above in sorted(places) if above == province != place]
        parts = [others(world, asker, year, place) for place in below]
        for route, count in whole.items():
            given = [each for part in parts if (each := part[route]) is not None]
            # What is over is of the province's own agencies: one more unit, which is not small either.
            over = (count or 0) - sum(given)
            for each in (*given, *([over] if over else [])):
                assert each >= THRESHOLD, (asker, year, province, route)
            shown += count is not None
    assert shown > 5, "or nothing was compared"


@pytest.mark.parametrize("agency", ["640000-HEALTHCARE_SECURITY", "640100-HEALTHCARE_SECURITY", "640100-HEALTH"])
def test_no_difference_between_purposes_of_one_agency_is_anything(world: World, agency: str) -> None:
    """What is counted exactly under one purpose is in the sums of none: no sum less an exact count is a small one."""
    purposes = ("supervision-statistics", "case-oversight", PURPOSE[agency[7:]])
    for year, region in product((2024, 2025), ("640000", "640100", "510000", "650000")):
        told = [
            ask(world, Asker(agency, purpose), WHOLE, year=year, region=region)["data"]["clueStatistics"]["others"]
            for purpose in purposes
        ]
        given = [each for each in told if each is not None]
        assert given
        assert all(each == given[0] for each in given), (agency, year, region)


def test_a_county_and_a_running_year_are_not_given(world: World) -> None:
    asker = SUPERIORS[0]
    assert set(others(world, asker, 2024, "510502").values()) == {None}
    assert set(others(world, asker, 2026, "510000").values()) == {None}


def whole_answers(world: World, askers: list[Asker], regions: tuple[str, ...]) -> list[Any]:
    """Everything that these askers are told, as bytes would be."""
    told = []
    for asker, year, region in product(askers, (2024, 2025), regions):
        answer = ask(world, asker, WHOLE, year=year, region=region)
        assert "errors" not in answer
        told.append((asker, year, region, json.dumps(answer, sort_keys=True)))
    return told


def test_small_units_change_nothing(other: World) -> None:
    """Two hubs that differ only in transfers that no superior may count answer alike."""
    asker = Asker("640000-HEALTHCARE_SECURITY", "supervision-statistics")
    unit = other.owner.execute(
        "SELECT array_agg(id) FROM clue_transfer WHERE sent_at >= '2024-12-31 16:00Z' AND sent_at < '2025-12-31 16:00Z'"
        " AND receiver_kind = 'MARKET_REGULATION' AND sender_province <> '640000'"
        " GROUP BY sender_prefecture HAVING count(*) > 5 ORDER BY count(*) LIMIT 1"
    ).fetchone()
    assert unit
    ids = unit[0]
    regions = ("510000", "510500", "650000", "650100", "220100", "411300")
    seen = set()
    for left in (0, 1, 4, 5):
        other.owner.execute(
            "UPDATE clue_transfer SET sent_at = CASE WHEN id = ANY(%s) THEN timestamptz '2025-06-01 00:00Z'"
            " ELSE timestamptz '2021-06-01 00:00Z' END WHERE id = ANY(%s)",
            (ids[:left], ids),
        )
        seen.add(str(whole_answers(other, [asker], regions)))
        assert len(seen) == (1 if left < THRESHOLD else 2), f"{left} transfers are told from none"


def test_a_discipline_transfer_changes_nothing_for_others(other: World) -> None:
    """Neither its superior nor anyone else can tell, by any figure, that it was sent."""
    drafts = other.owner.execute(
        "SELECT id, sender FROM clue_transfer WHERE sent_at IS NULL AND sender_kind = 'HEALTHCARE_SECURITY'"
        " AND sender_province = '640000' ORDER BY id LIMIT 8"
    ).fetchall()
    assert len(drafts) == 8
    senders = {sender for _, sender in drafts}
    strangers = [asker for asker in SUPERIORS if asker.agency not in senders]
    strangers += [Asker("640000-HEALTHCARE_SECURITY", "case-oversight"), Asker("640104-HEALTH", PURPOSE["HEALTH"])]
    strangers = [asker for asker in strangers if asker.agency not in senders]
    regions = ("640000", "640100")
    before = whole_answers(other, strangers, regions)
    sender = Asker(drafts[0][1], PURPOSE["HEALTHCARE_SECURITY"])
    of_sender = ask(other, sender, WHOLE, year=2025)["data"]["clueStatistics"]["sent"]["total"]
    other.owner.execute(
        "UPDATE clue_transfer SET receiver = '640104-DISCIPLINE_INSPECTION', receiver_region = '640104',"
        " receiver_kind = 'DISCIPLINE_INSPECTION', status = 'SENT', sent_at = '2025-05-05 00:00Z',"
        " doc_no = coalesce(doc_no, 'D' || id::text) WHERE id = ANY(%s)",
        ([identity for identity, _ in drafts],),
    )
    assert whole_answers(other, strangers, regions) == before
    mine = sum(code == sender.agency for _, code in drafts)
    assert ask(other, sender, WHOLE, year=2025)["data"]["clueStatistics"]["sent"]["total"] == of_sender + mine


def test_a_subject_counts_what_it_lists_and_no_sum_tells_it(other: World) -> None:
    asker = Asker("640104-HEALTH", PURPOSE["HEALTH"])
    far = [Asker("650000-HEALTH", "supervision-statistics")]
    document = "{ clueStatistics(year: 2025) { received { total } } clueTransfers { totalCount } }"

    def counted() -> tuple[int, int]:
        data = ask(other, asker, document)["data"]
        return data["clueStatistics"]["received"]["total"], data["clueTransfers"]["totalCount"]

    row = other.owner.execute(
        "SELECT id, case_no FROM clue_transfer WHERE receiver = %s AND received_at >= '2025-02-01'"
        " AND received_at < '2025-11-01' AND case_no NOT IN (SELECT p.case_no FROM transfer_party p JOIN agency a"
        " ON a.uscc = p.uscc WHERE a.code = %s) ORDER BY id LIMIT 1",
        (asker.agency, asker.agency),
    ).fetchone()
    assert row
    received, listed = counted()
    sums = whole_answers(other, far, ("640000", "640100"))
    for code in (asker.agency, far[0].agency):
        other.owner.execute(
            "INSERT INTO transfer_party (transfer_id, case_no, kind, name, uscc)"
            " SELECT %s, %s, 'MEDICAL_INSTITUTION', '某单位', uscc FROM agency WHERE code = %s",
            (row[0], row[1], code),
        )
    now_received, now_listed = counted()
    assert now_received < received
    assert now_listed < listed
    assert whole_answers(other, far, ("640000", "640100")) == sums


def test_the_other_chain_is_exact_only_where_it_is_a_party(world: World) -> None:
    """What 医保 sends to 市场监管 is none of 卫健's: counted in sums only, whoever of the chain asks."""
    asker = Asker("640000-HEALTH", "supervision-statistics")
    found = ask(world, asker, WHOLE, year=2025)["data"]["clueStatistics"]
    kinds = {(flow["senderKind"], flow["receiverKind"]) for flow in found["flows"]}
    assert all("HEALTH" in pair for pair in kinds)
    sent = [one["key"] for one in found["sent"]["byAgency"]]
    assert all(code.endswith("-HEALTH") and code.startswith("64") for code in sent)
