"""Bounds are counted before validation and before SQL (security.md 29); errors name no value and suggest nothing."""

import pytest

from hub.graph.errors import ErrorCode
from hub.graph.schema import graphql_schema
from hub.query.document import MAX_FIELDS, Documents, Refused


@pytest.fixture(scope="module")
def documents() -> Documents:
    return Documents(graphql_schema())


def refusal(documents: Documents, text: str, name: str | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        documents.operation(text, name)
    return refused.value


def nested_fragments(levels: int) -> str:
    parts = [f"fragment F{n} on Institution {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    parts.append(f"fragment F{levels} on Institution {{ name }}")
    return "{ institutions { nodes { ...F0 } } } " + " ".join(parts)


@pytest.mark.parametrize(
    "text",
    [
        "{ " + " ".join(f"a{n}: __typename" for n in range(10_000)) + " }",
        "{ " + " ".join(f"a{n}: __typename" for n in range(MAX_FIELDS + 1)) + " }",
        nested_fragments(18),
        nested_fragments(60),
        "{ institutions { nodes " + "{ legalEntity " * 30 + "{ name }" + " }" * 31 + " }",
        "{ institutions { nodes { " + "name " * 300 + "} } }",
        "{ institutions { nodes { " + "name @skip(if: false) " * 201 + "} } }",
        "{ "
        + " ".join(f"...F{n}" for n in range(101))
        + " } "
        + " ".join(f"fragment F{n} on Query {{ __typename }}" for n in range(101)),
    ],
    ids=["10,000 aliases", "fields", "18 fragments", "60 fragments", "depth", "equal names", "directives", "spreads"],
)
def test_a_hostile_document_is_refused_before_validation(documents: Documents, text: str, monkeypatch) -> None:
    monkeypatch.setattr("hub.query.document.validate", lambda *_a, **_k: pytest.fail("validated"))
    assert refusal(documents, text).code is ErrorCode.COST_EXCEEDED


def test_a_cycle_of_fragments_is_refused(documents: Documents) -> None:
    text = "{ institutions { nodes { ...A } } } fragment A on Institution { ...B } fragment B on Institution { ...A }"
    assert refusal(documents, text).code is ErrorCode.GRAPHQL_VALIDATION_FAILED


def test_one_field_under_the_limit_passes(documents: Documents) -> None:
    text = "{ " + " ".join(f"a{n}: __typename" for n in range(50)) + " }"
    assert documents.operation(text, None).node


@pytest.mark.parametrize(
    "text",
    [
        '{ institution(nhsaCod: "110101199003070011") { nam } }',
        "{ clueTransfers(filter: {status: {eq: SENTT}}) { nodes { id } } }",
        "{ clueTransfers(filter: {caseNo: {eq: 110101199003070011}}) { nodes { id } } }",
        "{ clueTransfer { id } }",
    ],
)
def test_a_refusal_of_validation_suggests_nothing_and_echoes_nothing(documents: Documents, text: str) -> None:
    told = str(refusal(documents, text).errors)
    for leak in ("Did you mean", "nhsaCode", "SENT", "110101199003070011", "name"):
        assert leak not in told


def test_literals_do_not_reach_the_operation_text(documents: Documents) -> None:
    one = documents.operation('{ institution(nhsaCode: "H1") { name } }', None).stripped
    two = documents.operation('{ institution(nhsaCode: "H2\\"x") { name } }', None).stripped
    assert one == two
    number = documents.operation("{ institutions(first: 7) { nodes { name } } }", None).stripped
    assert "7" not in number


@pytest.mark.parametrize("text", ['{ institution(nhsaCode: "a\\u0000b") { name } }'])
def test_a_nul_in_a_literal_is_refused(documents: Documents, text: str) -> None:
    assert refusal(documents, text).code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("text", ["", "{", "{ a(", "{ institutions { } }", "\x00"])
def test_what_is_no_document_is_refused(documents: Documents, text: str) -> None:
    assert refusal(documents, text).code is ErrorCode.GRAPHQL_PARSE_FAILED


def test_operation_names(documents: Documents) -> None:
    two = "query A { __typename } query B { __typename }"
    assert documents.operation(two, "B").node.name.value == "B"
    assert refusal(documents, two).code is ErrorCode.BAD_REQUEST
    assert refusal(documents, two, "C").code is ErrorCode.BAD_REQUEST
    assert refusal(documents, "{ __typename }", "A").code is ErrorCode.BAD_REQUEST
