"""`deadline`, `limitation`, `loss`: what `hub.law` computes, told over GraphQL with every input and basis."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.db.engine import Database
from hub.law.clock import clock_names
from tests.golden.golden_records import load_records
from tests.security.asking import CREDIT, HEALTH, SECURITY, TIANSHAN
from tests.world import FixedClock, World

NOW = datetime.fromisoformat("2026-11-16T10:00:00+08:00")
DEADLINE = """query ($rule: ID!, $at: DateTime, $on: Date, $route: ClueTransferRoute, $region: String) {
  deadline(rule: $rule, startedAt: $at, startedOn: $on, route: $route, region: $region) {
    rule titleZh titleEn route region actor startsWith startedAt startedOn amount unit lastDay dueAt provisional
    basis { pack version digest clause rank standing noticeEn } others { pack clause }
    readings { reason lastDay dueAt basis { pack } }
    calendar { library supplement publishedFrom publishedTo provisionalYears } } }"""
LIMITATION = """query ($began: Date!, $ended: Date, $continues: Boolean = false, $harm: [HarmKind!], $found: Date) {
  limitation(began: $began, ended: $ended, continues: $continues, harm: $harm, discoveredOn: $found) {
    began ended continues harm region runsFrom years extendedBy lastDay barred
    basis { pack clause standing } others { years lastDay basis { pack standing } } } }"""
LOSS = """query ($items: [LossItemInput!]!, $ratio: LossRatioInput, $on: Date) {
  loss(items: $items, ratio: $ratio, on: $on) {
    method amount exact violationAmount ratio reason region on basis { pack clause standing noticeZh }
    items { ref violationAmount fundPaid fundPayable onlySettlementEffect } excluded { ref amount zh en }
    settlement { year category inScopeCost approved { fund yuan } } } }"""
BILLS = [
    {"ref": "A1", "violationAmount": "100.00", "fundPaid": "70.00"},
    {"ref": "A2", "violationAmount": "50", "fundPaid": "40", "fundPayable": "4.5"},
    {
        "ref": "A3",
        "violationAmount": "0",
        "fundPaid": "300.00",
        "fundPayable": "210.00",
        "onlySettlementEffect": True,
    },
]
RATIO = {
    "reason": "参保人员人数众多且待遇配置、报销比例各不相同",
    "category": "INPATIENT",
    "settledYear": 2024,
    "approved": [{"fund": "EMPLOYEE_BASIC_POOLED", "yuan": "1"}, {"fund": "RESIDENT_BASIC", "yuan": "1"}],
    "inScopeCost": "3",
}


@pytest.fixture(scope="module")
def world(empty_database: Callable[[], Database], tmp_path_factory: Any) -> Iterator[World]:
    database = empty_database()
    load_records(database.owner_url)
    folder: Path = tmp_path_factory.mktemp("hub")
    made = World(database, folder, clock=FixedClock(NOW))
    yield made
    made.close()


def asked(world: World, document: str, agency: str = SECURITY, **variables: Any) -> Any:
    answer = world.ask(world.token(agency), document, variables)
    assert "errors" not in answer, answer
    return next(iter(answer["data"].values()))


def refused(world: World, document: str, **variables: Any) -> str:
    """The argument that is named as wrong, with what it may be in both languages."""
    answer = world.ask(world.token(HEALTH), document, variables)
    assert list(answer["data"].values()) == [None]
    (entry,) = answer["errors"]
    assert entry["extensions"]["code"] == "INVALID_ARGUMENT"
    assert entry["extensions"]["next"]["zh"]
    assert entry["extensions"]["next"]["en"]
    return str(entry["extensions"]["argument"])


def test_a_deadline_over_a_holiday_with_everything_it_rests_on(world: World) -> None:
    found = asked(world, DEADLINE, rule="health_transfer_after_service", on="2025-09-30")
    assert (found["lastDay"], found["dueAt"]) == ("2025-10-16", "2025-10-17T00:00:00+08:00")
    assert (found["amount"], found["unit"], found["startsWith"]) == (7, "WORKING_DAYS", "penalty_served")
    assert (found["startedOn"], found["startedAt"]) == ("2025-09-30", None)
    assert (found["route"], found["region"], found["actor"]) == ("HEALTHCARE_SECURITY_TO_HEALTH", "640104", "sender")
    assert (found["basis"]["pack"], found["basis"]["clause"]) == ("NX2022", "三（二）第二款")
    assert (found["basis"]["standing"], found["basis"]["noticeEn"]) == ("IN_FORCE", None)
    assert found["calendar"]["library"].startswith("holidays ")
    assert (found["provisional"], found["calendar"]["provisionalYears"]) == (False, [])


def test_hours_run_from_a_moment_and_the_other_documents_are_shown(world: World) -> None:
    found = asked(world, DEADLINE, rule="police_forward", at="2025-03-03T23:30:00+08:00")
    assert (found["dueAt"], found["unit"]) == ("2025-03-04T23:30:00+08:00", "HOURS")
    assert (found["basis"]["pack"], [one["pack"] for one in found["others"]]) == ("CN310", ["CNMPS159"])
    assert found["startedAt"] == "2025-03-03T15:30:00+00:00"
    assert found["calendar"] is None


def test_a_deadline_without_force_other_readings_and_a_year_not_published(world: World) -> None:
    far = asked(world, DEADLINE, TIANSHAN, rule="supplement", on="2025-09-30", route="TO_MARKET_REGULATION")
    assert far["basis"]["noticeEn"] == "hub default, no legal force here"
    readings = {one["reason"]: one["lastDay"] for one in far["readings"]}
    assert readings["three_days_unit=working_days"] == "2025-10-11"
    later = asked(world, DEADLINE, rule="health_transfer_after_service", on="2031-09-29")
    assert later["provisional"] is True
    assert later["calendar"]["provisionalYears"] == [2031]
    annual = asked(world, DEADLINE, rule="annual_report", on="2025-06-01", route="HEALTHCARE_SECURITY_TO_HEALTH")
    assert (annual["lastDay"], annual["unit"]) == ("2026-01-15", "FIXED_DATE")


def test_every_rule_is_listed_and_can_be_counted(world: World) -> None:
    listed = asked(world, "{ rulePacks { deadlines { name titleZh clause actor amount unit routes defaultRoutes } } }")
    rules = [rule for pack in listed for rule in pack["deadlines"]]
    assert {rule["name"] for rule in rules} == set(clock_names())
    for rule in rules:
        for route in (*rule["routes"], *rule["defaultRoutes"]):
            found = asked(world, DEADLINE, rule=rule["name"], at="2025-09-30T09:00:00+08:00", route=route)
            assert found["lastDay"] >= "2025-09-30"
            assert found["basis"]["clause"]


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"rule": "no_such_rule", "on": "2025-01-01"}, "rule"),
        ({"rule": "supplement", "on": "2025-01-01"}, "route"),
        ({"rule": "police_forward", "at": "2025-01-01T00:00:00Z", "route": "REVERSE"}, "route"),
        ({"rule": "police_forward"}, "startedAt"),
        ({"rule": "police_forward", "at": "2025-01-01T00:00:00Z", "on": "2025-01-01"}, "startedAt"),
        ({"rule": "police_forward", "on": "2025-01-01"}, "startedAt"),
        ({"rule": "health_transfer_after_service", "on": "1999-01-01"}, "startedOn"),
        ({"rule": "health_transfer_after_service", "on": "9999-12-31"}, "startedOn"),
        ({"rule": "police_forward", "at": "2025-01-01T00:00:00Z", "region": "银川"}, "region"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_what_may_be(world: World, given: dict[str, Any], argument: str) -> None:
    assert refused(world, DEADLINE, **given) == argument


def test_the_last_years_of_the_calendar_are_counted_or_refused_never_a_defect(world: World) -> None:
    found = asked(world, DEADLINE, rule="health_transfer_after_service", on="2098-12-31")
    assert found["lastDay"].startswith("2099-01")


def test_limitation_by_the_law_of_the_time_with_the_draft_beside_it(world: World) -> None:
    found = asked(world, LIMITATION, began="2025-09-01", harm=["FINANCIAL_SECURITY"], found="2030-09-02")
    assert (found["years"], found["extendedBy"], found["lastDay"]) == (5, ["FINANCIAL_SECURITY"], "2030-09-01")
    assert (found["barred"], found["basis"]["pack"], found["basis"]["standing"]) == (True, "CNAPL2021", "IN_FORCE")
    draft = next(one for one in found["others"] if one["basis"]["pack"] == "XJ2025D")
    assert (draft["years"], draft["lastDay"], draft["basis"]["standing"]) == (2, "2027-09-01", "HUB_DEFAULT")
    ended = asked(world, LIMITATION, began="2022-01-01", ended="2024-02-29", found="2026-02-28")
    assert (ended["runsFrom"], ended["lastDay"], ended["barred"]) == ("2024-02-29", "2026-02-28", False)
    goes_on = asked(world, LIMITATION, began="2015-01-01", continues=True)
    assert (goes_on["runsFrom"], goes_on["lastDay"], goes_on["barred"]) == (None, None, None)
    assert (goes_on["began"], goes_on["continues"], goes_on["region"]) == ("2015-01-01", True, "640104")


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"began": "2024-01-02", "ended": "2024-01-01"}, "ended"),
        ({"began": "2024-01-02", "ended": "2024-01-03", "continues": True}, "ended"),
        ({"began": "1949-09-30"}, "began"),
        ({"began": "9998-01-01"}, "began"),
        ({"began": "2024-01-02", "found": "9999-12-31"}, "discoveredOn"),
    ],
)
def test_impossible_acts_are_refused(world: World, given: dict[str, Any], argument: str) -> None:
    assert refused(world, LIMITATION, **given) == argument


def test_an_act_before_the_first_law_known_is_an_answer_or_a_refusal(world: World) -> None:
    """Never a defect of the hub."""
    answer = world.ask(world.token(SECURITY), LIMITATION, {"began": "1950-01-01"})
    assert answer["data"]["limitation"] or answer["errors"][0]["extensions"]["argument"] == "began"


def test_loss_item_by_item_with_what_is_excluded(world: World) -> None:
    found = asked(world, LOSS, items=BILLS, on="2025-09-01")
    assert (found["method"], found["amount"], found["exact"]) == ("ITEM_BY_ITEM", "105.50", "211/2")
    assert (found["violationAmount"], found["ratio"], found["settlement"]) == ("150.00", None, None)
    assert [(one["ref"], one["amount"]) for one in found["excluded"]] == [("A3", "90.00")]
    assert "起付线" in found["excluded"][0]["zh"]
    assert [one["fundPayable"] for one in found["items"]] == [None, "4.5", "210.00"]
    assert (found["on"], found["region"]) == ("2025-09-01", "640104")
    assert (found["basis"]["pack"], found["basis"]["standing"]) == ("XJ2025D", "HUB_DEFAULT")
    assert "征求意见稿" in found["basis"]["noticeZh"]


def test_loss_by_ratio_is_exact_before_it_is_rounded(world: World) -> None:
    bills = [{"ref": "A", "violationAmount": "100.01"}]
    found = asked(world, LOSS, items=bills, ratio=RATIO, on="2025-09-01")
    assert (found["method"], found["ratio"], found["exact"], found["amount"]) == ("RATIO", "2/3", "10001/150", "66.67")
    assert found["settlement"] == {
        "year": 2024,
        "category": "INPATIENT",
        "inScopeCost": "3",
        "approved": [{"fund": "EMPLOYEE_BASIC_POOLED", "yuan": "1"}, {"fund": "RESIDENT_BASIC", "yuan": "1"}],
    }
    assert found["reason"] == RATIO["reason"]


@pytest.mark.parametrize(
    ("items", "ratio", "argument"),
    [
        ([], None, "items"),
        ([{"ref": f"{n}", "violationAmount": "1", "fundPaid": "1"} for n in range(101)], None, "items"),
        ([BILLS[0], BILLS[0]], None, "items"),
        ([BILLS[0], {"ref": " ", "violationAmount": "1", "fundPaid": "1"}], None, "items.1.ref"),
        ([{"ref": "x" * 65, "violationAmount": "1", "fundPaid": "1"}], None, "items.0.ref"),
        ([{"ref": "x", "violationAmount": "1"}], None, "items.0.fundPaid"),
        ([BILLS[0], {"ref": "B", "violationAmount": "1", "fundPaid": "2"}], None, "items.1"),
        ([{"ref": "B", "violationAmount": "-1", "fundPaid": "0"}], None, "items.0"),
        ([{"ref": "B", "violationAmount": "1.001", "fundPaid": "0"}], None, "items.0"),
        ([{"ref": "B", "violationAmount": "9999999999999999", "fundPaid": "0"}], None, "items.0"),
        (BILLS[:1], {**RATIO, "settledYear": 2023}, "ratio.settledYear"),
        (BILLS[:1], {**RATIO, "settledCategory": "OTHER"}, "ratio.settledCategory"),
        (BILLS[:1], {**RATIO, "reason": " "}, "ratio.reason"),
        (BILLS[:1], {**RATIO, "reason": "x" * 501}, "ratio.reason"),
        (BILLS[:1], {**RATIO, "inScopeCost": "0"}, "ratio.inScopeCost"),
        (BILLS[:1], {**RATIO, "inScopeCost": "1"}, "ratio.inScopeCost"),
        (BILLS[:1], {**RATIO, "approved": [RATIO["approved"][0]] * 2}, "ratio.approved"),
        (BILLS[:1], {**RATIO, "approved": [{"fund": "RESIDENT_BASIC", "yuan": "-1"}]}, "ratio.approved"),
    ],
)
def test_impossible_bills_are_refused_with_their_place(
    world: World, items: list[Any], ratio: dict[str, Any] | None, argument: str
) -> None:
    assert refused(world, LOSS, items=items, ratio=ratio, on="2025-09-01") == argument


def test_a_refusal_repeats_no_value(world: World) -> None:
    items = [{"ref": "张三的单据", "violationAmount": "12345.67", "fundPaid": "99999.99"}]
    answer = world.answer(world.token(SECURITY), LOSS, {"items": items})
    assert "张三" not in answer.body.decode()
    assert b"12345.67" not in answer.body


def test_everyone_with_a_token_may_ask_and_nothing_is_kept_for_another(world: World) -> None:
    document = (
        '{ deadline(rule: "health_transfer_after_service", startedOn: "2025-09-30") { region basis { standing } } }'
    )
    for _ in range(2):
        assert asked(world, document, SECURITY)["basis"]["standing"] == "IN_FORCE"
        assert asked(world, document, TIANSHAN) == {"region": "650102", "basis": {"standing": "HUB_DEFAULT"}}
    assert asked(world, document, CREDIT)["region"] == "640000"
    row = world.owner.execute("SELECT row_count, outcome FROM disclosure ORDER BY id DESC LIMIT 1").fetchone()
    assert row == (0, "ANSWERED")


def test_many_at_once_are_refused_before_they_run(world: World) -> None:
    one = 'deadline(rule: "police_forward", startedAt: "2025-01-01T00:00:00Z") { lastDay readings { reason basis { pack clause } } }'
    few = "{ " + " ".join(f"a{n}: {one}" for n in range(3)) + " }"
    assert set(world.ask(world.token(SECURITY), few)) == {"data", "extensions"}
    many = "{ " + " ".join(f"a{n}: {one}" for n in range(50)) + " }"
    answer = world.ask(world.token(SECURITY), many)
    assert [entry["extensions"]["code"] for entry in answer["errors"]] == ["COST_EXCEEDED"]
