"""R28: the figures of the seeds that concern clues and transfers come out of the statistics as they went in.

003 江阳区 2023: 4 to 纪检监察, 3 to 公安, 301 clues of grid workers of which 29 were verified, 842.06万元 recovered.
001 长春 2018: 1166 = 551 + 559 + 56 by kind of institution. 002 南阳 2025: 2 + 39 + 78 + 1. The ten sources of a clue.
Inspections themselves are no transfers; what is here is as if each had led to one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from counting_asking import FIGURES, ask
from recount import NOW, Asker

from hub.demo.sample import Counts, load_sample
from tests.conftest import DatabaseFactory
from tests.world import FixedClock, World

SOURCES = (
    "SMART_MONITORING", "EXPERT_REVIEW", "REPORT", "SOCIAL_SUPERVISOR", "PATROL_ASSISTANT", "GRID_WORKER", "HOME_VISIT",
    "SELF_INSPECTION", "SUPERIOR_ASSIGNMENT", "DEPARTMENT_TRANSFER",
)  # fmt: skip
SENT = f"query($year: Int!) {{ clueStatistics(year: $year) {{ sent {{ {FIGURES} }} }} }}"
KINDS = ("MEDICAL_INSTITUTION", "RETAIL_PHARMACY", "ELDERLY_CARE_INSTITUTION")


@pytest.fixture(scope="module")
def seeds(empty_database: DatabaseFactory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    made = World(database, Path(tmp_path_factory.mktemp("seeds")), clock=FixedClock(NOW))
    made.owner.execute(
        "INSERT INTO case_file (case_no, opened_by, opened_on) VALUES ('R28', '510502-HEALTH', '2018-01-01')"
    )
    made.owner.execute(
        "INSERT INTO agency (code, kind, region, level, name, short_name, uscc) SELECT '411302-HEALTHCARE_SECURITY', kind,"
        " '411302', 3, '宛城区医疗保障局', '宛城区医保局', '11411302MB0000001X' FROM agency WHERE code = '411300-HEALTHCARE_SECURITY'"
    )
    for kind in KINDS:
        made.owner.execute(
            "INSERT INTO institution (nhsa_code, uscc, name, kind, region, level, address, agreement_listed,"
            " agreement_status, legal_representative_id, phone, settlement_account)"
            " SELECT %s, uscc, '某机构', %s, region, level, address, true, agreement_status, legal_representative_id,"
            " phone, settlement_account FROM institution LIMIT 1",
            (f"R28-{kind[:8]}", kind),
        )
    yield made
    made.close()


def add(world: World, count: int, sender: str, receiver: str, year: int, **more: Any) -> None:
    """So many transfers of one kind: sent in May, received and closed in June."""
    kind = more.get("institution")
    world.owner.execute(
        "INSERT INTO clue_transfer (public_id, case_no, doc_no, status, catalogue_codes, sender, sender_kind,"
        " sender_region, receiver, receiver_kind, receiver_region, source, discovered_on, sent_at, arrived_at,"
        " received_at, closed_at, outcome, summary, recovered, institution_id)"
        " SELECT gen_random_uuid(), 'R28', gen_random_uuid()::text, 'CLOSED', '{}', %(sender)s, %(sender_kind)s,"
        " %(sender_region)s, %(receiver)s, %(receiver_kind)s, %(receiver_region)s, %(source)s, %(day)s, %(sent)s, %(sent)s,"
        " %(received)s, %(received)s, %(outcome)s, '线索', %(recovered)s,"
        " (SELECT id FROM institution WHERE nhsa_code = %(institution)s) FROM generate_series(1, %(count)s)",
        {
            "sender": sender,
            "sender_kind": sender[7:],
            "sender_region": sender[:6],
            "receiver": receiver,
            "receiver_kind": receiver[7:],
            "receiver_region": receiver[:6],
            "source": more.get("source", "SMART_MONITORING"),
            "day": f"{year}-05-01",
            "sent": f"{year}-05-10T02:00:00Z",
            "received": f"{year}-06-10T02:00:00Z",
            "outcome": more.get("outcome"),
            "recovered": more.get("recovered"),
            "institution": f"R28-{kind[:8]}" if kind else None,
            "count": count,
        },
    )


def tallies(figures: dict[str, Any], name: str) -> dict[str, int]:
    return {one["key"]: one["count"] for one in figures[name]}


def sent(world: World, agency: str, purpose: str, year: int) -> dict[str, Any]:
    figures: dict[str, Any] = ask(world, Asker(agency, purpose), SENT, year=year)["data"]["clueStatistics"]["sent"]
    return figures


def test_jiangyang_2023(seeds: World) -> None:
    security = "510502-HEALTHCARE_SECURITY"
    add(seeds, 4, security, "510502-DISCIPLINE_INSPECTION", 2023, outcome="DISCIPLINARY_ACTION")
    add(seeds, 3, security, "510502-PUBLIC_SECURITY", 2023, outcome="CRIMINAL_CASE_FILED")
    add(seeds, 28, security, "510502-HEALTH", 2023, source="GRID_WORKER", outcome="PENALTY_IMPOSED", recovered="290000")
    add(seeds, 1, security, "510502-HEALTH", 2023, source="GRID_WORKER", outcome="PENALTY_IMPOSED", recovered="300600")
    add(seeds, 272, security, "510502-HEALTH", 2023, source="GRID_WORKER", outcome="NO_VIOLATION")
    own = sent(seeds, security, "fund-supervision", 2023)
    assert tallies(own, "byRoute") == {
        "HEALTHCARE_SECURITY_TO_HEALTH": 301, "TO_DISCIPLINE_INSPECTION": 4, "TO_PUBLIC_SECURITY": 3,
    }  # fmt: skip
    assert tallies(own, "bySource")["GRID_WORKER"] == 301
    assert tallies(own, "byOutcome")["PENALTY_IMPOSED"] == 29
    assert own["recovered"] == "8420600.00"
    superior = sent(seeds, "510000-HEALTHCARE_SECURITY", "supervision-statistics", 2023)
    assert tallies(superior, "byRoute") == {"HEALTHCARE_SECURITY_TO_HEALTH": 301, "TO_PUBLIC_SECURITY": 3}
    assert (superior["total"], superior["recovered"]) == (304, "8420600.00")


def test_changchun_2018(seeds: World) -> None:
    security = "220100-HEALTHCARE_SECURITY"
    for count, kind in zip((551, 559, 56), KINDS, strict=True):
        receiver = "220100-MARKET_REGULATION" if kind == "RETAIL_PHARMACY" else "220100-HEALTH"
        add(seeds, count, security, receiver, 2018, institution=kind)
    for figures in (
        sent(seeds, security, "fund-supervision", 2018),
        sent(seeds, "220000-HEALTHCARE_SECURITY", "supervision-statistics", 2018),
    ):
        assert figures["total"] == 1166
        assert tallies(figures, "byInstitutionKind") == dict(zip(sorted(KINDS), (56, 551, 559), strict=True))


def test_nanyang_2025(seeds: World) -> None:
    city, county = "411300-HEALTHCARE_SECURITY", "411302-HEALTHCARE_SECURITY"
    add(seeds, 2, city, "411300-HEALTH", 2025, institution="MEDICAL_INSTITUTION")
    add(seeds, 39, county, "411300-HEALTH", 2025, institution="MEDICAL_INSTITUTION")
    add(seeds, 78, county, "411300-MARKET_REGULATION", 2025, institution="RETAIL_PHARMACY")
    add(seeds, 1, city, "411300-FUND_OPERATOR", 2025)
    figures = sent(seeds, "410000-HEALTHCARE_SECURITY", "supervision-statistics", 2025)
    assert figures["total"] == 2 + 39 + 78 + 1
    assert tallies(figures, "byInstitutionKind") == {"MEDICAL_INSTITUTION": 41, "NONE": 1, "RETAIL_PHARMACY": 78}
    assert tallies(figures, "byAgency") == {city: 3, county: 117}


def test_the_ten_sources(seeds: World) -> None:
    for count, source in enumerate(SOURCES, 1):
        add(seeds, count, "510503-HEALTH", "510503-HEALTHCARE_SECURITY", 2024, source=source)
    figures = sent(seeds, "510000-HEALTH", "supervision-statistics", 2024)
    assert tallies(figures, "bySource") == {source: count for count, source in enumerate(SOURCES, 1)}
    assert figures["total"] == 55
