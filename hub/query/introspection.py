"""What introspection, `viewer` and public law cost, before they run (security.md 29).

2,800 bytes of `types { a1: fields { type { fields … } } }` hold the event loop for seconds, though their fields are
few: graphql-core answers introspection field by field. So the fields that it would resolve are estimated here, from the
document's names and this schema's own sizes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    get_named_type,
    parse,
)

from hub.graph import calculators, law

ROOM = 1.2
"""Allowed: this many times the usual introspection query of graphql-js with everything in it."""
Members = Mapping[str, float]
"""By name of a list field, how many members it has; "": what a root costs before any of its fields."""


class IntrospectionCost:
    """Estimates for one schema. `limit`: what an operation may cost."""

    def __init__(self, schema: GraphQLSchema) -> None:
        kinds = list(schema.type_map.values())
        fields = [each for kind in kinds for each in _fields(kind).values()]
        asked = [get_named_type(each.type) for each in fields]
        args = [len(each.args) for each in fields]
        # Over all types the sum is what counts; one type named by `__type` may be the largest.
        self._average: Members = {
            "types": len(kinds),
            "directives": len(schema.directives),
            "args": max(1.0, fmean(args)),
            **{name: max(1.0, _mean(kinds, of), _mean(asked, of)) for name, of in _MEMBERS.items()},
        }
        self._largest: Members = {
            "args": max(args),
            **{name: max(len(of(kind)) for kind in kinds) for name, of in _MEMBERS.items()},
        }
        self._viewer: Members = {"fields": len(fields)}
        self._law = {**law.sizes(), **calculators.sizes()}
        usual = get_introspection_query(
            specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
        )
        self.limit = ROOM * self.resolved(parse(usual))

    def resolved(self, document: DocumentNode) -> float:
        """Estimated fields below the roots that graphql-core answers, in a valid document's costliest operation."""
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        roots = {"__schema": self._average, "__type": self._largest, "viewer": self._viewer, **self._law}
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        return max((_Count(fragments, roots).below(node.selection_set, None) for node in operations), default=0)


@dataclass(slots=True)
class _Count:
    """One walk; a fragment is counted once for each root that it stands under. Valid documents have no cycles."""

    fragments: Mapping[str, FragmentDefinitionNode]
    roots: Mapping[str, Members]
    known: dict[tuple[str, int], float] = field(default_factory=dict)

    def below(self, selections: SelectionSetNode | None, members: Members | None) -> float:
        total = 0.0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                name = node.name.value
                under = self.roots.get(name) if members is None else members
                if under is not None:
                    total += 1 + under.get(name, 1) * self.below(node.selection_set, under)
                    total += under.get("", 0) if members is None else 0
            elif isinstance(node, FragmentSpreadNode):
                total += self._fragment(node.name.value, members)
            elif isinstance(node, InlineFragmentNode):
                total += self.below(node.selection_set, members)
        return total

    def _fragment(self, name: str, members: Members | None) -> float:
        key = (name, id(members))
        if key not in self.known:
            self.known[key] = self.below(self.fragments[name].selection_set, members)
        return self.known[key]


def _mean(kinds: Sequence[GraphQLNamedType], members: Callable[[GraphQLNamedType], Mapping[str, Any]]) -> float:
    return fmean(len(members(kind)) for kind in kinds)


def _fields(kind: GraphQLNamedType) -> Mapping[str, Any]:
    return kind.fields if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else {}


_MEMBERS: Mapping[str, Callable[[GraphQLNamedType], Mapping[str, Any]]] = {
    "fields": _fields,
    "inputFields": lambda kind: kind.fields if isinstance(kind, GraphQLInputObjectType) else {},
    "enumValues": lambda kind: kind.values if isinstance(kind, GraphQLEnumType) else {},
}
