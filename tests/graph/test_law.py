"""`catalogue`, `rulePacks`, `routing`: public law, told to whoever has a token, from no record."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.db.engine import Database
from hub.graph.subgraphs import subgraphs
from hub.law.catalogue import catalogues
from hub.query.document import Documents
from tests.golden.golden_records import load_records
from tests.security.asking import CREDIT, HEALTH, SECURITY, TIANSHAN
from tests.world import FixedClock, World

NOW = datetime.fromisoformat("2026-11-16T10:00:00+08:00")
EVERYTHING = """{ catalogue {
  id requirement titleZh titleEn derived
  basis { pack version digest titleZh titleEn clause rank territory standing confirmed noticeZh noticeEn }
  entries { code number zh en short other origin criteria exceptions related }
  other { code number zh en short other origin criteria exceptions related }
} }"""


@pytest.fixture(scope="module")
def world(empty_database: Callable[[], Database], tmp_path_factory: Any) -> Iterator[World]:
    database = empty_database()
    load_records(database.owner_url)
    folder: Path = tmp_path_factory.mktemp("hub")
    made = World(database, folder, clock=FixedClock(NOW))
    yield made
    made.close()


def asked(world: World, document: str, agency: str = SECURITY, **variables: Any) -> Any:
    answer = world.ask(world.token(agency), document, variables or None)
    assert "errors" not in answer, answer
    return answer["data"]


def test_the_lists_have_the_members_that_their_documents_list(world: World) -> None:
    lists = {one["id"]: one for one in asked(world, EVERYTHING)["catalogue"]}
    named = {name: (one["requirement"], len(one["entries"])) for name, one in lists.items()}
    assert named["NX2022-HS"] == ("R3", 7)
    assert named["NX2022-HE"] == ("R4", 8)
    assert named["XJ2025D-PS"] == ("R5", 10)
    assert named["CC2018-FK"] == ("R7", 14)
    assert named["XJ2025D-DF"] == ("R7", 11)
    routes = {name for name, (requirement, _) in named.items() if requirement == "R6"}
    assert routes == {"NY2025-HL", "NY2025-MR", "NY2025-PS", "NY2025-DI"}
    for one in lists.values():
        assert one["other"]["other"] is True
        assert [entry["code"] for entry in one["entries"] if entry["other"]] in ([], [one["other"]["code"]])
        assert all(entry["zh"] and entry["en"] for entry in one["entries"])


def test_definitions_have_criteria_and_exceptions_and_lists_are_mapped_both_ways(world: World) -> None:
    lists = {one["id"]: one for one in asked(world, EVERYTHING)["catalogue"]}
    definitions = lists["XJ2025D-DF"]["entries"]
    for name in ("criteria", "exceptions"):
        told = [entry[name] for entry in definitions]
        assert told == [list(getattr(entry, name)) for entry in catalogues().lists["XJ2025D-DF"].entries]
        assert any(told)
    related = {
        entry["code"]: set(entry["related"]) for one in lists.values() for entry in (*one["entries"], one["other"])
    }
    assert related["XJ2025D-DF-2"] == {"CC2018-FK-3", "NX2022-HE-1"}
    assert all(code in related[other] for code, others in related.items() for other in others)


def test_where_a_document_has_no_force_the_answer_says_so(world: World) -> None:
    document = """query ($region: String, $on: Date) {
      catalogue(lists: ["NX2022-HS", "XJ2025D-PS", "nothing"], region: $region, on: $on) {
        id basis { standing noticeZh noticeEn rank } } }"""

    def standing(agency: str, **where: Any) -> dict[str, str]:
        return {one["id"]: one["basis"]["standing"] for one in asked(world, document, agency, **where)["catalogue"]}

    at_home = {"NX2022-HS": "IN_FORCE", "XJ2025D-PS": "HUB_DEFAULT"}
    assert standing(SECURITY) == at_home
    assert set(standing(TIANSHAN).values()) == {"HUB_DEFAULT"}, "a notice of Ningxia binds nobody in Xinjiang"
    assert standing(TIANSHAN, region="640104") == at_home
    assert set(standing(SECURITY, on="2022-08-04").values()) == {"HUB_DEFAULT"}, "not in force yet"
    draft = asked(world, document)["catalogue"][1]["basis"]
    assert draft["rank"] == "DRAFT"
    assert "征求意见稿" in draft["noticeZh"]
    assert "no legal force here" in draft["noticeEn"]


def test_rule_packs_name_their_document_and_its_force(world: World) -> None:
    found = asked(
        world,
        "{ rulePacks { id titleZh form number rank territory effectiveFrom effectiveTo source confirmed standing"
        " noticeEn clauses } }",
    )["rulePacks"]
    packs = {one["id"]: one for one in found}
    assert packs["NX2022"]["effectiveFrom"] == "2022-08-05"
    assert packs["NX2022"]["territory"] == "640000"
    assert packs["NX2022"]["standing"] == "IN_FORCE"
    assert packs["NX2022"]["noticeEn"] is None
    assert packs["XJ2025D"]["effectiveFrom"] is None
    assert packs["XJ2025D"]["noticeEn"]
    assert packs["CN310"]["rank"] == "LAW"
    assert "第五条" in " ".join(packs["CN310"]["clauses"])
    assert all(one["source"] and one["titleZh"] for one in found)


def test_a_finding_goes_to_several_receivers_each_with_its_clause(world: World) -> None:
    document = """query ($codes: [ID!]!, $suspected: [Suspicion!]) {
      routing(codes: $codes, suspected: $suspected, parties: [{kind: MEDICAL_INSTITUTION}]) {
        receivers { kind region level codes elsewhere whyZh basis { pack clause standing } }
        notices { kind about deferrable basis { clause } } own unrouted } }"""
    found = asked(world, document, codes=["NX2022-HS-5", "NX2022-HE-1"], suspected=["CRIME"])["routing"]
    receivers = {one["kind"]: one for one in found["receivers"]}
    assert receivers["HEALTH"]["codes"] == ["NX2022-HS-5"]
    assert (receivers["HEALTH"]["region"], receivers["HEALTH"]["level"]) == ("640104", 3)
    assert receivers["HEALTH"]["basis"]["pack"] == "NX2022"
    assert receivers["HEALTH"]["basis"]["standing"] == "IN_FORCE"
    assert receivers["PUBLIC_SECURITY"]["basis"]["clause"]
    assert "PROCURATORATE" in {one["kind"] for one in found["notices"]}
    assert found["own"] == ["NX2022-HE-1"], "healthcare security handles it itself"
    assert found["unrouted"] == []


def test_a_party_of_another_region_is_routed_there(world: World) -> None:
    found = asked(
        world,
        '{ routing(codes: ["NX2022-HE-1"], parties: [{kind: INSURED_PERSON, region: "640106"}], senderKind: "HEALTH") {'
        " receivers { kind region elsewhere } designations { kind level } } }",
    )["routing"]
    assert {"kind": "HEALTHCARE_SECURITY", "region": "640106", "elsewhere": True} in found["receivers"]


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ('catalogue(region: "64 0104") { id }', "region"),
        ('rulePacks(region: "银川") { id }', "region"),
        ('routing(codes: ["NX2022-HS-99"]) { own }', "codes"),
        ('routing(codes: ["NX2022-HS-1"], senderKind: "Ａ") { own }', "senderKind"),
        ('routing(codes: ["NX2022-HS-1"], parties: [{kind: THIRD_PARTY, region: "x"}]) { own }', "parties"),
        ("routing(codes: [" + '"NX2022-HS-1",' * 51 + "]) { own }", "codes"),
        ('routing(codes: ["NX2022-HS-1"], parties: [' + "{kind: THIRD_PARTY}," * 11 + "]) { own }", "parties"),
    ],
)
def test_a_wrong_argument_is_refused_alone_and_not_repeated(world: World, field: str, argument: str) -> None:
    answer = world.ask(world.token(HEALTH), "{ asked: " + field + " viewer { purpose } }")
    assert answer["data"] == {"asked": None, "viewer": {"purpose": "medical-practice-regulation"}}
    (entry,) = answer["errors"]
    assert entry["path"] == ["asked"]
    assert entry["extensions"]["code"] == "INVALID_ARGUMENT"
    assert entry["extensions"]["argument"] == argument
    assert "99" not in str({**entry, "extensions": {**entry["extensions"], "id": ""}})


def test_everyone_with_a_token_may_ask_and_no_record_is_read(world: World) -> None:
    document = "{ catalogue { id entries { code zh } } rulePacks { id } }"
    assert asked(world, document, CREDIT) == asked(world, document, SECURITY)
    row = world.owner.execute("SELECT row_count, outcome FROM disclosure ORDER BY id DESC LIMIT 1").fetchone()
    assert row == (0, "ANSWERED")


def test_one_day_and_place_is_not_answered_from_another(world: World) -> None:
    """The answers are kept: by the kind and place of the caller, and the day."""
    document = '{ catalogue(lists: ["NX2022-HS"]) { basis { standing } } }'
    for _ in range(2):
        assert asked(world, document, SECURITY)["catalogue"][0]["basis"]["standing"] == "IN_FORCE"
        assert asked(world, document, TIANSHAN)["catalogue"][0]["basis"]["standing"] == "HUB_DEFAULT"


def test_a_subgraph_answers_the_same(world: World) -> None:
    from dataclasses import replace

    from hub.disclosure import Request, disclose

    parties = replace(world.hub, documents=Documents(subgraphs()["parties"].schema))
    document = '{ routing(codes: ["NX2022-HS-5"], on: "2026-11-16") { receivers { kind basis { rank } } } }'
    token = world.token(SECURITY)
    one = world.loop.run_until_complete(disclose(parties, token, Request(document)))
    assert one.body == world.answer(token, document).body
    assert b"HEALTH" in one.body


@pytest.mark.parametrize(
    "document",
    [
        "{ " + " ".join(f"a{n}: catalogue {{ entries {{ zh en short }} }}" for n in range(29)) + " }",
        "{ catalogue { entries { " + " ".join(f"a{n}: zh" for n in range(99)) + " } } }",
        "{ " + " ".join(f'a{n}: routing(codes: ["NX2022-HS-1"]) {{ receivers {{ why: whyZh kind }} }}' for n in range(29)) + " }",
    ],
)  # fmt: skip
def test_what_many_aliases_cost_is_refused_before_it_runs(world: World, document: str) -> None:
    answer = world.ask(world.token(SECURITY), document)
    assert [entry["extensions"]["code"] for entry in answer["errors"]] == ["COST_EXCEEDED"]
    assert "data" not in answer


def test_everything_of_the_catalogue_at_once_is_allowed(world: World) -> None:
    assert len(asked(world, EVERYTHING)["catalogue"]) == 10
