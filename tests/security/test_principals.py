"""L16, L17, 34: one hub, one document, callers of different rights in turn and at once; nothing of one reaches another."""

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from hub.db.engine import Database
from hub.disclosure import Request, disclose
from hub.policy.engine import PolicyEngine
from tests.golden.golden_records import load_records
from tests.security.asking import (
    CLOSED,
    CREDIT,
    DISCIPLINE,
    FOREIGN,
    HEALTH,
    HOSPITAL,
    MARKET,
    OPEN,
    OPERATOR,
    POLICE,
    SECURITY,
    TIANSHAN,
    body,
)
from tests.world import World

DOCUMENTS = [
    """{ clueTransfers(first: 50) { totalCount nodes { id docNo summary parties { name } insuredPersons { name diagnosis }
        evidence { name } informantRef hiddenFields institution { name phone } } } }""",
    f"""{{ institution(nhsaCode: "{HOSPITAL}") {{ name agreementStatus phone settlementAccount hiddenFields
        penaltyRecords {{ nodes {{ decisionNo facts }} }} creditScores {{ nodes {{ score deductions {{ reason }} }} }} }} }}""",
    "{ penaltyRecords(first: 50) { totalCount nodes { id facts servedOn counterpartyPersonName } pageInfo { hasNextPage endCursor } } }",
    "{ viewer { clientId agencyCode purpose caseNo scopes fields { coordinate access policy } } }",
    '{ clueTransfers(filter: {violationAmount: {gt: "0"}}) { totalCount } }',
]
PARTIES_ONLY = ("parties:read",)
CALLERS = [
    *itertools.product((SECURITY, HEALTH, MARKET), (None, OPEN, CLOSED), (None,)),
    (POLICE, OPEN, None),
    (DISCIPLINE, OPEN, None),
    (CREDIT, None, None),
    (OPERATOR, None, None),
    (TIANSHAN, FOREIGN, None),
    (TIANSHAN, None, None),
    (HEALTH, OPEN, PARTIES_ONLY),
]


def tokens(world: World) -> list[str]:
    return [world.token(agency, case_no=case_no, scopes=scopes) for agency, case_no, scopes in CALLERS]


@pytest.fixture(scope="module")
def alone(
    golden_database: Database, engine: PolicyEngine, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[int, int], bytes]:
    """What each caller gets of each document from a hub that never served another."""
    found = {}
    for number in range(len(CALLERS)):
        world = World(golden_database, tmp_path_factory.mktemp("alone"), engine)
        for place, document in enumerate(DOCUMENTS):
            found[number, place] = body(world, tokens(world)[number], document)
        world.close()
    return found


def test_callers_in_any_order_get_what_they_get_alone(world: World, alone: dict[tuple[int, int], bytes]) -> None:
    held = tokens(world)
    turns = [(number, place) for number in range(len(CALLERS)) for place in range(len(DOCUMENTS))] * 3
    Random(7).shuffle(turns)
    for number, place in turns:
        assert body(world, held[number], DOCUMENTS[place]) == alone[number, place], CALLERS[number]
    assert len(set(alone.values())) > len(DOCUMENTS) * 4


def test_callers_at_once_get_what_they_get_alone(world: World, alone: dict[tuple[int, int], bytes]) -> None:
    held = tokens(world)
    turns = [(number, place) for number in range(len(CALLERS)) for place in range(len(DOCUMENTS))] * 2
    Random(8).shuffle(turns)

    async def all_at_once() -> list[bytes]:
        answers = await asyncio.gather(
            *(disclose(world.hub, held[number], Request(DOCUMENTS[place])) for number, place in turns)
        )
        return [answer.body for answer in answers]

    for turn, answer in zip(turns, world.loop.run_until_complete(all_at_once()), strict=True):
        found, expected = json.loads(answer), json.loads(alone[turn])
        for entry in found.get("errors", ()):
            entry["extensions"]["id"] = ""
        assert found == expected, CALLERS[turn[0]]


def test_equal_rights_share_a_plan_and_nothing_else(
    empty_database: Callable[[], Database], engine: PolicyEngine, tmp_path: Path
) -> None:
    """Two agencies of one kind and level run one statement text; agency, region and case are bound."""
    database = empty_database()
    load_records(database.owner_url)
    world = World(database, tmp_path, engine)
    document = DOCUMENTS[0]
    first = world.answer(world.token(SECURITY, case_no=OPEN), document)
    second = world.answer(world.token(TIANSHAN, case_no=FOREIGN), document)
    assert first.facts is not None
    assert second.facts is not None
    assert (first.facts.compiled, second.facts.compiled) == (False, True)
    ids = [
        {node["id"] for node in json.loads(answer.body)["data"]["clueTransfers"]["nodes"]} for answer in (first, second)
    ]
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]
    # Another case, scope or purpose of the same agency is another plan.
    for token in (world.token(SECURITY), world.token(SECURITY, case_no=OPEN, scopes=["clues:read"])):
        facts = world.answer(token, document).facts
        assert facts is not None
        assert facts.compiled is False
    world.close()


def test_variables_of_one_shape_share_a_plan_and_no_value(world: World) -> None:
    document = "query ($c: String, $i: ID!) { clueTransfers(filter: {caseNo: {eq: $c}}) { nodes { caseNo } } node(id: $i) { id } }"
    token = world.token(SECURITY, case_no=OPEN)
    for case_no in (OPEN, CLOSED, "x", OPEN):
        found = world.ask(token, document, {"c": case_no, "i": case_no})["data"]
        assert {node["caseNo"] for node in found["clueTransfers"]["nodes"]} == ({case_no} - {"x"})
        assert found["node"] is None
