"""The fields that a selection set asks of a type: fragments spread, `@skip`/`@include` applied, equal names merged.

GraphQL specification 6.3.2 CollectFields. Ours, because graphql-core's is internal and changes; the property test
compares every answer with graphql-core's executor.
"""

from collections.abc import Iterable, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_directive_values

Fields = dict[str, list[FieldNode]]
"""Response name → the nodes that are merged under it, in the order of first appearance."""


class Selector:
    """Collects fields for one operation and one set of variable values."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues | None
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self.variables = variables

    def fields(self, kind: GraphQLObjectType, selections: Iterable[SelectionSetNode | None]) -> Fields:
        """Fields asked of `kind` by several selection sets together."""
        found: Fields = {}
        for selection in selections:
            if selection is not None:
                self._collect(kind, selection, found, set())
        return found

    def _collect(self, kind: GraphQLObjectType, selections: SelectionSetNode, found: Fields, seen: set[str]) -> None:
        for node in selections.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, kind):
                    self._collect(kind, node.selection_set, found, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, kind):
                    self._collect(kind, fragment.selection_set, found, seen)

    def _included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not include or bool(include["if"])

    def _applies(self, condition: str, kind: GraphQLObjectType) -> bool:
        if condition == kind.name:
            return True
        abstract = self._schema.type_map.get(condition)
        return isinstance(abstract, GraphQLInterfaceType | GraphQLUnionType) and self._schema.is_sub_type(
            abstract, kind
        )
