"""31, 32, L13, L14: what a stranger or a wrong document is told. No suggestion, no name, no value, no difference."""

import json
import re
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_introspection_query

from hub.graph.errors import TEXTS, ErrorCode
from hub.graph.schema import graphql_schema
from hub.query.document import _RULES
from tests.security.asking import CREDIT, HEALTH, HOSPITAL, OPEN, RESIDENT, SECURITY, body, codes, transfer
from tests.world import World

DOCUMENTS = [
    "{ __schema { types { name } } }",
    '{ __type(name: "ClueTransfer") { name } }',
    "{ _service { sdl } }",
    "{ viewer { agencyCode } }",
    "{ __typename }",
    "{ instituton { nam } }",
    "{",
    "mutation { x }",
    "{ " + "a " * 10_000 + "}",
    get_introspection_query(),
]  # fmt: skip
TYPES = {
    kind.name
    for kind in graphql_schema().type_map.values()
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
}
NAMES = sorted(
    {kind.name for kind in graphql_schema().type_map.values() if not kind.name.startswith("__")}
    | {
        name
        for kind in graphql_schema().type_map.values()
        for name in (*getattr(kind, "fields", ()), *getattr(kind, "values", ()))
    }
)


@pytest.mark.parametrize("token", [None, "", "a" * 43, "x" * 600, "\ud800", "a" * 42 + "\0"])
def test_an_outsider_is_told_one_thing_whatever_it_asks(world: World, token: str | None) -> None:
    """31: the document is not even parsed; the answers differ in the error id only."""
    before = world.hub.documents.misses
    told = {body(world, token, document) for document in DOCUMENTS}  # type: ignore[arg-type]
    assert len(told) == 1
    assert b"UNAUTHENTICATED" in told.pop()
    assert world.hub.documents.misses == before


def near_misses() -> list[str]:
    """What the tool clairvoyance sends: near names of fields, arguments, enum members, types; wrong shapes."""
    return [
        "{ institutio { name } }",
        "{ clueTransfer }",
        "{ clueTransfers(fist: 1) { nodes { id } } }",
        "{ clueTransfers(filter: {statu: {eq: SENT}}) { nodes { id } } }",
        "{ clueTransfers(filter: {status: {eq: SENTT}}) { nodes { id } } }",
        "{ clueTransfers(filter: {status: {eq: 7}}) { nodes { id } } }",
        "{ clueTransfers(orderBy: [{field: SUMMAR}]) { nodes { id } } }",
        '{ clueTransfers(first: "many") { nodes { id } } }',
        "{ clueTransfers { nodes { summry evidnce { nam } } } }",
        "{ node(id: 1) { ... on ClueTransfe { id } } }",
        "{ node(id: 1) { docNo } }",
        "{ institution { name } }",
        '{ institution(nhsaCode: "x", nhsa: 1) { name } }',
        "query ($a: InstitutonFilter) { institutions(filter: $a) { totalCount } }",
        "query ($a: Int!) { clueTransfers(first: $b) { totalCount } }",
        "{ institutions { totalCount { a } } }",
        "{ institutions }",
        "{ a: institutions { totalCount } a: clueTransfers { totalCount } }",
        "{ institutions @includ(if: true) { totalCount } }",
        "{ institutions @include { totalCount } }",
        "fragment A on ClueTransfer { id } { __typename }",
    ]  # fmt: skip


def test_a_refused_document_suggests_nothing(world: World) -> None:
    """L14: no name of the schema in an error but what everyone's errors say; nothing of the document but places."""
    token = world.token(HEALTH)
    fixed = {
        word
        for text in TEXTS.values()
        for part in (text.en, text.next_en, text.zh, text.next_zh)
        for word in re.findall(r"\w+", part)
    }
    fixed |= {code.value for code in ErrorCode}
    fixed |= {word for _, rule in _RULES for word in rule.split()}  # the same for every document that breaks it
    fixed |= {
        "message",
        "locations",
        "line",
        "column",
        "extensions",
        "code",
        "id",
        "zh",
        "en",
        "next",
        "path",
        "errors",
        "rule",
    }
    for document in near_misses():
        answer = world.ask(token, document)
        assert set(answer) == {"errors"}, document
        for entry in answer["errors"]:
            assert entry["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", document
            # The type that the place is of is told, by the schema; what the writer may have meant is not.
            assert entry["extensions"].pop("type", "Query") in TYPES, document
            told = json.dumps(entry, ensure_ascii=False)
            words = set(re.findall(r"\w+", told)) - fixed
            assert not words & set(NAMES), (document, words & set(NAMES))


def test_coercion_of_a_variable_names_it_and_never_its_value(world: World) -> None:
    token = world.token(HEALTH)
    document = "query ($f: ClueTransferFilter, $n: Int, $i: ID!) { clueTransfers(filter: $f, first: $n) { totalCount } node(id: $i) { id } }"
    for variables in (
        {"f": {"caseNo": {"eq": [RESIDENT]}}},
        {"f": {"status": {"eq": RESIDENT}}},
        {"f": {RESIDENT: {"eq": 1}}},
        {"n": RESIDENT},
        {"f": {"violationAmount": {"eq": RESIDENT + "." + "1" * 9}}},
        {"f": {"discoveredOn": {"eq": RESIDENT}}},
        {"i": {"x": RESIDENT}},
        {"f": {"caseNo": {"eq": RESIDENT + "\0"}}},
    ):
        answer = world.answer(token, document, {"i": "x"} | variables)
        assert answer.code is ErrorCode.BAD_VARIABLES, variables
        assert RESIDENT.encode() not in answer.body


def test_introspection_beside_data_changes_neither(world: World) -> None:
    """L13: `__schema` tells all callers of any right the same, and the data beside it is what it is alone."""
    data = f'clueTransfer(id: "{transfer(1)}") {{ docNo summary }} institution(nhsaCode: "{HOSPITAL}") {{ name phone }}'
    schemas = set()
    for agency, case_no in ((SECURITY, OPEN), (HEALTH, OPEN), (HEALTH, None), (CREDIT, None)):
        token = world.token(agency, case_no=case_no)
        mixed = world.ask(
            token, f'{{ __schema {{ types {{ name }} }} {data} t: __typename __type(name: "Query") {{ name }} }}'
        )
        alone = world.ask(token, f"{{ {data} }}")
        schemas.add(json.dumps([mixed["data"].pop("__schema"), mixed["data"].pop("__type")]))
        assert mixed["data"].pop("t") == "Query"
        assert mixed == alone
    assert len(schemas) == 1


def test_introspection_never_shows_what_the_federation_serves(world: World) -> None:
    answer = world.ask(world.token(SECURITY), '{ __type(name: "_Service") { fields { name } } viewer { scopes } }')
    assert not codes(answer)
    assert world.ask(world.token(SECURITY), "{ _service { sdl } }")["data"]["_service"] is None


def test_every_error_is_a_code_an_id_and_words_that_are_fixed(world: World) -> None:
    """32: no path of a file, no SQL, no driver's text in any refusal of these."""
    token = world.token(HEALTH)
    for document in [
        *DOCUMENTS,
        *near_misses(),
        '{ institution(nhsaCode: "\\u0000") { name } }',
        "{ institutions(first: 0) { totalCount } }",
    ]:
        for entry in world.ask(token, document).get("errors", ()):
            code = ErrorCode(entry["extensions"]["code"])
            assert entry["message"] == f"{TEXTS[code].en} / {TEXTS[code].zh}"
            assert re.fullmatch(r"[0-9a-f]{32}", entry["extensions"]["id"])
            told = json.dumps(entry).lower()
            assert not re.search(r"select |psycopg|traceback|/hub/|\.py|graphql\.error", told)
            assert str(Path.cwd()).lower() not in told
