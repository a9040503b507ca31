"""`clueStatistics` at the door: arguments, scopes, purposes, the shape of the answer, its row in the ledger."""

from itertools import product
from typing import Any

import pytest
from counting_asking import ask
from recount import Asker

from hub.clues.lifecycle_tables import route_of
from hub.query.sqlcounting import ROUTE
from tests.world import PURPOSE, World

SUPERIOR = Asker("640000-HEALTHCARE_SECURITY", "supervision-statistics")
OWN = Asker("640104-HEALTHCARE_SECURITY", "fund-supervision")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ("year: 1999", "year"),
        ("year: 2101", "year"),
        ("year: -1", "year"),
        ('year: 2025, region: "nowhere"', "region"),
        ('year: 2025, region: "640"', "region"),
        ('year: 2025, region: "999999"', "region"),
        ('year: 2025, region: ""', "region"),
    ],
)
def test_a_wrong_argument_is_named_and_the_rest_is_answered(world: World, arguments: str, wrong: str) -> None:
    document = f"{{ bad: clueStatistics({arguments}) {{ year }} good: clueStatistics(year: 2025) {{ year }} }}"
    answer = ask(world, SUPERIOR, document)
    assert answer["data"] == {"bad": None, "good": {"year": 2025}}
    (error,) = answer["errors"]
    assert error["path"] == ["bad"]
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"
    assert error["extensions"]["argument"] == wrong
    assert wrong in error["extensions"]["next"]["en"]


def test_a_variable_is_checked_each_time(world: World) -> None:
    document = "query($y: Int!, $r: ID) { clueStatistics(year: $y, region: $r) { year region } }"
    assert ask(world, SUPERIOR, document, y=2025)["data"]["clueStatistics"] == {"year": 2025, "region": "640000"}
    assert ask(world, SUPERIOR, document, y=2024, r="6401ND")["data"]["clueStatistics"]["region"] == "6401ND"
    refused = ask(world, SUPERIOR, document, y=1, r="640100")
    assert refused["errors"][0]["extensions"]["argument"] == "year"
    assert "640100" not in str(refused["errors"])
    assert ask(world, SUPERIOR, document, y=2024, r="6401ND")["data"]["clueStatistics"]["year"] == 2024


def test_without_the_scope_it_is_null_with_its_reason(world: World) -> None:
    token = world.token(SUPERIOR.agency, SUPERIOR.purpose, scopes=("clues:read",))
    answer = world.ask(token, "{ clueStatistics(year: 2025) { year } }")
    assert answer["data"] == {"clueStatistics": None}
    (masked,) = answer["extensions"]["masked"]
    assert (masked["coordinate"], masked["code"], masked["scope"]) == (
        "Query.clueStatistics", "SCOPE_MISSING", "statistics:read",
    )  # fmt: skip


@pytest.mark.parametrize("agency", ["640000-CREDIT_PLATFORM", "640000-HUB_OPERATOR"])
def test_a_purpose_that_counts_nothing_is_told(world: World, agency: str) -> None:
    answer = ask(world, Asker(agency, PURPOSE[agency[7:]]), "{ clueStatistics(year: 2025) { year sent { total } } }")
    assert answer["data"] == {"clueStatistics": None}
    (masked,) = answer["extensions"]["masked"]
    assert masked["coordinate"] == "Query.clueStatistics"
    assert masked["code"] == "PURPOSE_NOT_ALLOWED"
    assert "supervision-statistics" in masked["opens"]


def test_the_purpose_of_statistics_reads_no_record(world: World) -> None:
    document = """{ institutions(first: 1) { nodes { name } } clueTransfers(first: 1) { totalCount nodes { id } }
        clueStatistics(year: 2025) { sent { total } differences { reason transfer { id } } } }"""
    answer = ask(world, SUPERIOR, document)
    data = answer["data"]
    assert data["institutions"]["nodes"] == []
    assert data["clueTransfers"] == {"totalCount": 0, "nodes": []}
    assert data["clueStatistics"]["sent"]["total"] > 0
    assert data["clueStatistics"]["differences"] is None
    (masked,) = [one for one in answer["extensions"]["masked"] if one["coordinate"] == "ClueStatistics.differences"]
    assert masked["policy"] == "statistics-counts-only"
    assert "case-oversight" in masked["opens"]


def test_the_differences_need_the_scope_of_transfers(world: World) -> None:
    token = world.token(OWN.agency, OWN.purpose, scopes=("statistics:read",))
    answer = world.ask(token, "{ clueStatistics(year: 2025) { differences { reason } } }")
    assert answer["data"]["clueStatistics"]["differences"] is None
    assert answer["extensions"]["masked"][0]["scope"] == "clues:read"


def test_the_answer_has_the_shape_of_the_document(world: World) -> None:
    document = """query($no: Boolean = false) { a: clueStatistics(year: 2025) { __typename ...F
            b: sent { n: total m: total none: byRoute @include(if: $no) { key } __typename } }
            c: clueStatistics(year: 2024) { y: year ... on ClueStatistics { asOf dueOn threshold } } }
        fragment F on ClueStatistics { sent: received { total byRoute { __typename c: count } }
            differences(first: 2) { __typename why: reason t: transfer { id hiddenFields u: id } } }"""
    data = ask(world, OWN, document)["data"]
    assert list(data["a"]) == ["__typename", "sent", "differences", "b"]
    assert data["a"]["__typename"] == "ClueStatistics"
    assert list(data["a"]["b"]) == ["n", "m", "__typename"]
    assert data["a"]["b"]["n"] == data["a"]["b"]["m"] > 0
    assert {tuple(one) for one in data["a"]["sent"]["byRoute"]} == {("__typename", "c")}
    assert sum(one["c"] for one in data["a"]["sent"]["byRoute"]) == data["a"]["sent"]["total"]
    assert [tuple(one) for one in data["a"]["differences"]] == [("__typename", "why", "t")] * 2
    assert "summary" in data["a"]["differences"][0]["t"]["hiddenFields"]
    assert data["c"] == {"y": 2024, "asOf": "2026-10-31T08:00:00+00:00", "dueOn": "2025-01-15", "threshold": 5}


def test_three_scans_are_too_many(world: World) -> None:
    roots = " ".join(f"s{n}: clueStatistics(year: 2025) {{ sent {{ total }} }}" for n in range(3))
    assert ask(world, OWN, f"{{ {roots} }}")["errors"][0]["extensions"]["code"] == "COST_EXCEEDED"
    for first in (0, 1001):
        answer = ask(world, OWN, f"{{ clueStatistics(year: 2025) {{ differences(first: {first}) {{ reason }} }} }}")
        assert answer["errors"][0]["extensions"]["argument"] == "differences.first"


def row_of_ledger(world: World) -> dict[str, Any]:
    cursor = world.owner.execute("SELECT * FROM disclosure_view ORDER BY at DESC, id DESC LIMIT 1")
    assert cursor.description
    (row,) = cursor.fetchall()
    return dict(zip([column.name for column in cursor.description], row, strict=True))


def test_a_count_is_in_the_ledger_and_few_are_named(world: World) -> None:
    """Which figures; and of at most a hundred transfers, which: to count two tells of both (R26)."""
    data = ask(world, OWN, "{ clueStatistics(year: 2025) { sent { total recovered } } }")["data"]
    row = row_of_ledger(world)
    assert row["agency"] == OWN.agency
    assert {"ClueStatistics.sent", "ClueFigures.total", "ClueFigures.recovered"} <= set(row["counted"])
    assert row["shown"] == []
    received = ask(world, OWN, "{ clueStatistics(year: 2025) { received { total } } }")
    assert received["data"]["clueStatistics"]["received"]["total"] > 0
    few = Asker("640104-PUBLIC_SECURITY", "criminal-referral")
    data = ask(world, few, "{ clueStatistics(year: 2025) { sent { total } received { total } } }")["data"]
    figures = data["clueStatistics"]
    assert 0 < figures["sent"]["total"] + figures["received"]["total"] <= row_of_ledger(world)["record_count"] <= 100
    many = ask(world, SUPERIOR, "{ clueStatistics(year: 2025) { sent { total } } }")["data"]["clueStatistics"]
    assert many["sent"]["total"] > 100
    assert row_of_ledger(world)["record_count"] == 0


def test_routes_in_sql_are_those_of_the_lifecycle(world: World) -> None:
    kinds = [row[0] for row in world.owner.execute("SELECT DISTINCT kind FROM agency ORDER BY 1").fetchall()]
    for sender, receiver in product(kinds, kinds):
        found = world.owner.execute(
            f"SELECT {ROUTE.format('v')} FROM (VALUES (%s, %s)) v(sender_kind, receiver_kind)", (sender, receiver)
        ).fetchone()
        assert found == (route_of(sender, receiver).value,), (sender, receiver)
