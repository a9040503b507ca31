"""L3, L5–L8, L9, 21: what may not be seen is absent in the same bytes as what never existed."""

import base64
import json

import pytest
from graphql import GraphQLEnumType
from strawberry.utils.str_converters import to_camel_case

from hub.graph.schema import graphql_schema
from tests.security.asking import (
    CREDIT,
    FOREIGN,
    HEALTH,
    HOSPITAL,
    NOBODY,
    OPEN,
    OPERATOR,
    SECURITY,
    TIANSHAN_HEALTH,
    body,
    codes,
    penalty,
    transfer,
)
from tests.world import World

UNSEEN_BY_HEALTH = [transfer(3), transfer(4), transfer(6), transfer(9), transfer(13), transfer(15), penalty(7)]
"""To others, to discipline inspection (notified to Health), a draft, of another region; a penalty not published there."""
EVERYTHING = """__typename id ... on ClueTransfer { docNo summary hiddenFields evidence { name } institution { name }
    penaltyRecords { totalCount } } ... on PenaltyRecord { decisionNo facts hiddenFields institution { name } }"""
BY_ID = [
    f"query ($id: ID!) {{ found: node(id: $id) {{ {EVERYTHING} }} }}",
    "query ($id: ID!) { found: clueTransfer(id: $id) { id docNo summary hiddenFields sender { code } } }",
    "query ($id: ID!) { found: penaltyRecord(id: $id) { id decisionNo facts hiddenFields authority { code } } }",
    "query ($id: ID!) { clueTransfers(filter: {id: {eq: $id}}) { totalCount nodes { id } pageInfo { endCursor } } }",
    "query ($id: ID!) { penaltyRecords(filter: {id: {in: [$id]}}) { totalCount edges { cursor } } }",
    "query ($id: ID!) { clueTransfers(first: 1000, filter: {id: {eq: $id}, summary: {isNull: false}}) { totalCount } }",
]


@pytest.mark.parametrize("document", BY_ID)
@pytest.mark.parametrize("case_no", [None, OPEN, FOREIGN])
def test_unseen_is_what_never_existed(world: World, document: str, case_no: str | None) -> None:
    token = world.token(HEALTH, case_no=case_no)
    for shape in ("shapeless", "", "11111111-1111-4111-8111", NOBODY.upper(), "{" + NOBODY + "}"):
        assert body(world, token, document, {"id": shape}) == body(world, token, document, {"id": NOBODY}), shape
    for unseen in UNSEEN_BY_HEALTH:
        # Asked of the other type too: an id tells nothing of what it names.
        assert body(world, token, document, {"id": unseen}) == body(world, token, document, {"id": NOBODY}), unseen


def test_the_operator_and_the_platform_find_nothing_by_id(world: World) -> None:
    scopes = ["parties:read", "clues:read", "penalties:read", "credit:read", "ledger:read"]
    for agency, seen in ((OPERATOR, set()), (CREDIT, {penalty(1), penalty(6)})):
        token = world.token(agency, scopes=scopes)
        for document in BY_ID:
            nothing = body(world, token, document, {"id": NOBODY})
            for number in range(1, 16):
                for identity in (transfer(number), penalty(number)):
                    if identity not in seen:
                        assert body(world, token, document, {"id": identity}) == nothing, (agency, identity)


def test_no_error_and_no_bubbling_for_a_hidden_record(world: World) -> None:
    """L6: an unseen record is null where it stands; what stands beside and above is answered, without an error."""
    token = world.token(TIANSHAN_HEALTH)
    answer = world.ask(
        token,
        f"""{{ a: clueTransfer(id: "{transfer(1)}") {{ id }} b: clueTransfer(id: "{transfer(15)}") {{ id }}
        institution(nhsaCode: "{HOSPITAL}") {{ name clueTransfers {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }} }}""",
    )
    assert "errors" not in answer
    assert answer["data"] == {
        "a": None,
        "b": {"id": transfer(15)},
        "institution": {
            "name": "兴庆区康宁医院",
            "clueTransfers": {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        },
    }


def test_pages_end_where_the_visible_ends(world: World) -> None:
    """L5: a next page is promised only if a visible record is on it."""
    token = world.token(HEALTH, case_no=OPEN)
    of_case = f'filter: {{caseNo: {{eq: "{OPEN}"}}}}'
    for first, more in ((1, True), (2, True), (3, False), (4, False)):
        page = world.ask(
            token,
            f"{{ clueTransfers(first: {first}, {of_case}) {{ nodes {{ id }} pageInfo {{ hasNextPage }} totalCount }} }}",
        )
        found = page["data"]["clueTransfers"]
        assert (len(found["nodes"]), found["pageInfo"]["hasNextPage"], found["totalCount"]) == (min(first, 3), more, 3)


# --- cursors (L3) ----------------------------------------------------------------------------------------------------

PAGED = "query ($after: String) { clueTransfers(first: 2, after: $after%s) { nodes { id } pageInfo { endCursor } } }"


def test_a_cursor_carries_the_order_of_visible_fields_only(world: World) -> None:
    token = world.token(HEALTH, case_no=OPEN)
    cursor = world.ask(token, PAGED % "")["data"]["clueTransfers"]["pageInfo"]["endCursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    values = json.loads(raw[:-16])
    shown = world.ask(token, "{ clueTransfers(first: 2) { nodes { discoveredOn id } } }")["data"]["clueTransfers"][
        "nodes"
    ][1]
    assert values == [shown["discoveredOn"], shown["id"]]


def test_a_forged_or_foreign_cursor_opens_nothing(world: World) -> None:
    token = world.token(HEALTH, case_no=OPEN)
    cursor = world.ask(token, PAGED % "")["data"]["clueTransfers"]["pageInfo"]["endCursor"]
    flipped = cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:]
    payload = (
        base64.urlsafe_b64encode(json.dumps(["2026-10-11", transfer(4)]).encode() + b"\0" * 16).decode().rstrip("=")
    )
    other_order = PAGED % ", orderBy: [{field: DOC_NO}]"
    for document, forged in (
        (PAGED % "", flipped),
        (PAGED % "", payload),
        (PAGED % "", ""),
        (PAGED % "", "W10"),
        (other_order, cursor),
        (PAGED % "", cursor * 100),
    ):
        answer = world.ask(token, document, {"after": forged})
        assert answer["data"] == {"clueTransfers": None}
        assert codes(answer) == ["INVALID_CURSOR"]
        assert forged[:20] not in json.dumps(answer) or len(forged) < 5


def test_a_cursor_of_another_caller_gives_nothing_of_that_callers(world: World) -> None:
    sender, health = world.token(SECURITY, case_no=OPEN), world.token(HEALTH, case_no=OPEN)
    document = PAGED % ""
    after = world.ask(sender, document)["data"]["clueTransfers"]["pageInfo"]["endCursor"]
    mine = {
        node["id"]
        for node in world.ask(health, "{ clueTransfers(first: 100) { nodes { id } } }")["data"]["clueTransfers"][
            "nodes"
        ]
    }
    got = world.ask(health, document, {"after": after})["data"]["clueTransfers"]["nodes"]
    assert {node["id"] for node in got} <= mine


def test_what_may_order_is_visible_on_every_record(world: World) -> None:
    """23: for each field that the schema can sort by, either it is refused or no listed record hides it."""
    token = world.token(HEALTH, case_no=OPEN)
    kinds = {"ClueTransfer": "clueTransfers", "PenaltyRecord": "penaltyRecords", "Institution": "institutions"}
    refused = 0
    for kind, root in kinds.items():
        enum = graphql_schema().type_map[f"{kind}OrderField"]
        assert isinstance(enum, GraphQLEnumType)
        for field in enum.values:
            page = f"{root}(first: 50, orderBy: [{{field: {field}}}]) {{ nodes {{ hiddenFields }} edges {{ cursor }} }}"
            answer = world.ask(token, f"{{ {page} }}")
            if answer["data"][root] is None:
                assert codes(answer) == ["SORT_NOT_ALLOWED"], field
                refused += 1
            else:
                name = to_camel_case(field.lower())
                assert all(name not in node["hiddenFields"] for node in answer["data"][root]["nodes"]), field
    assert refused >= 10


# --- federation (L9) -------------------------------------------------------------------------------------------------

ENTITIES = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on ClueTransfer { id docNo summary } ... on Institution { name agreementStatus phone } ... on PenaltyRecord { id facts } } }"


def test_entities_and_sdl_are_for_a_signed_gateway(world: World) -> None:
    token = world.token(HEALTH, case_no=OPEN)
    for document in (
        "{ _service { sdl } }",
        f'{{ a: _entities(representations: [{{__typename: "Institution", nhsaCode: "{HOSPITAL}"}}]) {{ __typename }} }}',
    ):
        answer = world.ask(token, document)
        assert codes(answer) == ["GATEWAY_ONLY"]
        assert list(answer["data"].values()) == [None]


def test_a_gateway_sees_what_the_callers_own_token_sees(world: World) -> None:
    """An unseen, unknown, malformed or re-typed representation is null at its place, and fails no other."""
    representations = [
        {"__typename": "ClueTransfer", "id": transfer(1)},
        {"__typename": "ClueTransfer", "id": transfer(4)},
        {"__typename": "ClueTransfer", "id": transfer(15)},
        {"__typename": "PenaltyRecord", "id": transfer(1)},
        {"__typename": "Nothing", "id": transfer(1)},
        {"__typename": "Disclosure", "id": transfer(1)},
        {"__typename": "CreditScore", "id": transfer(1)},
        {"__typename": "Institution", "nhsaCode": HOSPITAL},
        {"__typename": "Institution", "nhsaCode": ["x"]},
        {"__typename": "Institution", "nhsaCode": {"a": 1}},
        {"__typename": "Institution"},
        {"__typename": "PenaltyRecord", "id": penalty(7)},
        {"__typename": ["Institution"], "nhsaCode": HOSPITAL},
        {},
    ]
    answer = world.ask(world.token(HEALTH), ENTITIES, {"r": representations}, gateway=True)
    found = answer["data"]["_entities"]
    assert "errors" not in answer
    assert found[0] == {
        "__typename": "ClueTransfer",
        "id": transfer(1),
        "docNo": "兴医保案移字〔2026〕1号",
        "summary": None,
    }
    assert found[7] == {
        "__typename": "Institution",
        "name": "兴庆区康宁医院",
        "agreementStatus": "SUSPENDED",
        "phone": None,
    }
    assert [entity is not None for entity in found] == [index in (0, 7) for index in range(len(representations))]
    platform = world.ask(world.token(CREDIT), ENTITIES, {"r": representations}, gateway=True)
    assert [entity is not None for entity in platform["data"]["_entities"]] == [
        index == 7 for index in range(len(representations))
    ]
