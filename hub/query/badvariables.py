"""Where in the variables a value is missing or has not the form asked for: a batch has thousands of places.

A place is told by variable, positions in lists and names that the schema has; never by a value, nor by a name that only
the request has (security.md 32).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    VariableDefinitionNode,
    is_input_type,
    is_non_null_type,
    type_from_ast,
    validate_input_value,
)

MOST: Final = 5
_REQUIRED: Final = re.compile(r"to include required field '(\w+)'")


class _Enough(Exception):
    pass


def bad_places(
    schema: GraphQLSchema, declared: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
) -> list[dict[str, str]]:
    """The first of them, as `{"place": "input.penalties.3.kinds.0", "rule": …}`; none where values nest too deeply."""
    found: list[dict[str, str]] = []

    def tell(place: Sequence[str | int], rule: str) -> None:
        found.append({"place": ".".join(map(str, place)), "rule": rule})
        if len(found) == MOST:
            raise _Enough

    try:
        for node in declared:
            name, kind = node.variable.name.value, type_from_ast(schema, node.type)
            if not is_input_type(kind):
                continue
            if name not in given:
                if is_non_null_type(kind) and node.default_value is None:
                    tell([name], "missing")
                continue
            _look(given[name], kind, name, tell)
    except (_Enough, RecursionError):
        pass
    return found


def _look(value: Any, kind: GraphQLInputType, name: str, tell: Any) -> None:
    def on_error(failure: GraphQLError, path: list[str | int]) -> None:
        if required := _REQUIRED.search(failure.message):
            tell([name, *path, required[1]], "missing")
        elif "unknown field" in failure.message:
            tell([name, *path], "has a member that its type has not")
        else:
            tell([name, *path], "value of another type")

    validate_input_value(value, kind, on_error, hide_suggestions=True)
