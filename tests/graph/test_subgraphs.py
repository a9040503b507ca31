"""The exported SDL is what the code serves, and each slice stands alone."""

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, validate_schema

from hub.graph.export import export, stale
from hub.graph.schema import graphql_schema
from hub.graph.subgraphs import MERGED_ROOTS, SLICES, subgraphs


def test_exported_files_are_current() -> None:
    assert stale() == [], "run `make schema` and review the difference"


def test_a_changed_and_a_superfluous_file_are_stale(tmp_path) -> None:
    export(tmp_path)
    assert stale(tmp_path) == []
    (tmp_path / "hub.graphql").write_text("type Query { a: Int }")
    (tmp_path / "more.graphql").write_text("")
    assert {path.name for path in stale(tmp_path)} == {"hub.graphql", "more.graphql"}


@pytest.mark.parametrize("name", SLICES)
def test_a_subgraph_is_a_valid_schema(name: str) -> None:
    assert validate_schema(subgraphs()[name].schema) == []
    assert "https://specs.apollo.dev/federation/v2.9" in subgraphs()[name].sdl


def _coordinates(schema: GraphQLSchema) -> set[str]:
    return {
        f"{kind.name}.{name}"
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name in kind.fields
        if not name.startswith("_")
    }


def test_the_subgraphs_together_are_the_merged_schema() -> None:
    merged = _coordinates(graphql_schema()) - {"_Service.sdl"}
    parts = set().union(*(_coordinates(each.schema) for each in subgraphs().values())) - {"_Service.sdl"}
    assert parts == merged - {f"Query.{name}" for name in MERGED_ROOTS}


def test_only_keys_and_page_info_are_given_by_several() -> None:
    given: dict[str, list[str]] = {}
    for each in subgraphs().values():
        for coordinate in _coordinates(each.schema):
            given.setdefault(coordinate, []).append(each.name)
    several = {coordinate for coordinate, names in given.items() if len(names) > 1}
    assert several == {
        "Agency.code",
        "Institution.nhsaCode",
        "Personnel.nhsaCode",
        "ClueTransfer.id",
        "PageInfo.endCursor",
        "PageInfo.hasNextPage",
        "_Service.sdl",
        # A value, told by every slice that has commands.
        *(f"UserError.{name}" for name in ("clause", "code", "doEn", "doZh", "en", "field", "missing", "zh")),
    }


def test_the_public_schema_tells_class_and_scope_and_no_gateway_field() -> None:
    from hub.graph.subgraphs import public_sdl

    text = public_sdl()
    assert "_entities" not in text
    assert "summary: String @dataClass(is: [INVESTIGATION])" in text
    assert '@requiresScopes(scopes: [["clues:read"]])' in text
    assert "enum ErrorCode" in text
    directives = "directive @key(fields: String!) repeatable on OBJECT\n"
    directives += "directive @requiresScopes(scopes: [[String!]!]!) on OBJECT | FIELD_DEFINITION\n"
    directives += "directive @link(url: String!, import: [String!]) on SCHEMA\n"
    build_schema(directives + text)
