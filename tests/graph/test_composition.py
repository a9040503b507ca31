"""A gateway composes the subgraphs into one supergraph with every field of the merged schema (design.md 6)."""

import json

import node_running
import pytest
from graphql import GraphQLObjectType

from hub.graph.export import export
from hub.graph.schema import graphql_schema
from hub.graph.subgraphs import MERGED_ROOTS


@pytest.mark.node
def test_the_subgraphs_compose(tmp_path) -> None:
    export(tmp_path)
    node_running.install()
    composed = set(json.loads(node_running.run("compose.mjs", SCHEMA_FOLDER=str(tmp_path))))
    merged = {
        f"{kind.name}.{name}"
        for kind in graphql_schema().type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("_")
        for name in kind.fields
        if not name.startswith("_")
    }
    assert composed == merged - {f"Query.{name}" for name in MERGED_ROOTS}
