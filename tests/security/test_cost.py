"""29, L12, L19: what a document costs is counted on compiled nodes and refused before SQL is built or run."""

import re
from collections import Counter
from typing import Any

import pytest
from graphql import get_introspection_query

import hub.graph.static as answering
import hub.query.compile as compiling
from hub.graph.errors import ErrorCode
from hub.query.plan import MAX_NODES, Planner
from tests.security.asking import HEALTH, OPEN, SECURITY, TIANSHAN_HEALTH, body
from tests.world import World

COST, INVALID = ErrorCode.COST_EXCEEDED, ErrorCode.GRAPHQL_VALIDATION_FAILED
PAGE = "penaltyRecords(first: 1000) { nodes { id"


def fragments(levels: int) -> str:
    doubled = " ".join(f"fragment F{n} on Institution {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ institutions {{ nodes {{ ...F0 }} }} }} {doubled} fragment F{levels} on Institution {{ name }}"


def aliases(field: str, count: int) -> str:
    return " ".join(f"a{n}: {field}" for n in range(count))


HOSTILE = {
    "18 doubling fragments": (fragments(18), COST),
    "22 doubling fragments": (fragments(22), COST),
    "10,000 aliases": ("{ " + aliases("__typename", 10_000) + " }", COST),
    "31 roots": ("{ " + aliases("institutions { totalCount }", 31) + " }", COST),
    "duplicates": ("{ institutions { nodes { " + "name " * 200 + "} } }", COST),
    "deep nesting": (
        "{ institution(nhsaCode: 1) { " + "personnel { nodes { institution { " * 6 + "name" + " } } }" * 6 + " } }",
        COST,
    ),
    "pages in pages": (
        "{ institutions(first: 1000) { nodes { penaltyRecords(first: 100) { nodes { id } } } } }",
        COST,
    ),
    "pages side by side": ("{ " + " ".join(f"a{n}: {PAGE} }} }}" for n in range(29)) + " }", None),
    "pages side by side in a page": (
        "{ institutions(first: 50) { nodes { " + aliases("clueTransfers(first: 300) { nodes { id } }", 4) + " } } }",
        COST,
    ),
    "hiddenFields everywhere": (
        "{ " + aliases("clueTransfers(first: 1) { nodes { " + aliases("hiddenFields", 10) + " } }", 28) + " }",
        COST,
    ),
    "long lists of values": (
        "{ " + aliases("institutions(filter: {name: {in: [" + '"x",' * 100 + "]}}) { totalCount }", 12) + " }",
        COST,
    ),
    "deep introspection": (
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        INVALID,
    ),
    "wide introspection": (
        "{ __schema { types { " + aliases("fields { type { fields { name } } }", 60) + " } } }",
        COST,
    ),
    "introspection of one type": (
        '{ __type(name: "Query") { fields { ' + aliases("type { fields { name } }", 90) + " } } }",
        COST,
    ),
    "introspection in fragments": (
        "{ ...A } fragment A on Query { __schema { types { ...B } } } fragment B on __Type { "
        + aliases("fields { type { fields { name } } }", 60) + " }",
        COST,
    ),
    "introspection at many roots": ("{ " + aliases("__schema { types { f: fields { type { fields { name } } } fields { type { fields { name } } } } }", 29) + " }", COST),
    "viewer": ("{ viewer { " + aliases("fields { coordinate access policy basis opens }", 60) + " } }", COST),
}  # fmt: skip


@pytest.fixture
def built(world: World, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often SQL was built and run, fields of the schema were executed; and the most nodes and rows counted."""
    counted: Counter[str] = Counter()

    def counting(name: str, original: Any) -> Any:
        def call(*arguments: Any, **more: Any) -> Any:
            counted[name] += 1
            return original(*arguments, **more)

        return call

    count = Planner.count

    def watched(planner: Planner, *arguments: Any, **more: Any) -> None:
        try:
            count(planner, *arguments, **more)
        finally:
            counted["nodes"] = max(counted["nodes"], planner.nodes)

    monkeypatch.setattr("hub.query.compile.statement", counting("built", compiling.statement))
    monkeypatch.setattr("hub.graph.static.execute", counting("executed", answering.execute))
    monkeypatch.setattr(Planner, "count", watched)
    return counted


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_before_sql(world: World, built: Counter[str], name: str) -> None:
    document, code = HOSTILE[name]
    token = world.token(SECURITY, case_no=OPEN)
    statements: list[str] = []
    original = world.hub.pool.rows

    async def rows(sql: str, parameters: Any) -> Any:
        statements.append(sql)
        return await original(sql, parameters)

    world.hub.pool.rows = rows  # type: ignore[method-assign]
    try:
        answer = world.answer(token, document)
    finally:
        del world.hub.pool.rows
    assert answer.code is code
    if code is not None:
        assert b'"data"' not in answer.body
        # What ran is about the token, not about a record.
        assert (built["built"], built["executed"]) == (0, 0)
        assert not [
            sql for sql in statements if re.search(r"institution|clue_transfer|penalty_record|credit_score", sql)
        ]
    # What was counted before the refusal: the largest step is one list of values.
    assert built["nodes"] <= MAX_NODES + 100


def test_the_same_holds_when_the_document_is_asked_again(world: World, built: Counter[str]) -> None:
    token = world.token(HEALTH)
    for _ in range(3):
        for document, code in HOSTILE.values():
            if code is not None:
                assert world.answer(token, document).code is code
    assert built["built"] == built["executed"] == 0


def test_bounds_do_not_depend_on_who_asks_or_on_values(world: World) -> None:
    """A refusal for cost is no oracle: it is the same for callers of any right and for any value."""
    document = (
        "query ($c: String) { clueTransfers(first: 1000, filter: {caseNo: {eq: $c}})"
        " { nodes { penaltyRecords(first: 50) { nodes { id } } } } }"
    )
    told = {
        body(world, world.token(agency, case_no=case_no), document, {"c": value})
        for agency, case_no in ((SECURITY, OPEN), (SECURITY, None), (HEALTH, OPEN), (TIANSHAN_HEALTH, None))
        for value in (OPEN, "nothing", "")
    }
    assert len(told) == 1
    assert b"COST_EXCEEDED" in told.pop()


def test_the_usual_introspection_passes_and_is_executed_once(world: World, built: Counter[str]) -> None:
    document = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    answers = {
        world.answer(world.token(agency), document).body for agency in (SECURITY, HEALTH, "640000-CREDIT_PLATFORM")
    }
    assert len(answers) == 1
    assert built["executed"] == 1


def test_aliases_of_one_connection_count_each(world: World) -> None:
    """L19: rows shown under ten aliases are ten times the rows, for quota and ledger."""
    token = world.token(SECURITY)
    once = "{ institutions { nodes { name } } }"
    world.answer(token, once)
    world.answer(token, "{ " + aliases("institutions { nodes { name } }", 10) + " }")
    first, second = world.owner.execute("SELECT row_count FROM disclosure ORDER BY id DESC LIMIT 2").fetchall()
    assert (first[0], second[0]) == (40, 4)
