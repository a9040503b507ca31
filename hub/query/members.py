"""Members of a payload that are no record, as they are selected; what several answers hide, told once."""

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import FieldNode, GraphQLObjectType, get_named_type

from hub.query.report import Told
from hub.query.select import Selector


def shown_member(selector: Selector, kind: GraphQLObjectType, values: Mapping[str, Any], nodes: list[FieldNode]) -> Any:
    """One field of an object that is no record: by name, its own fields as they are selected."""
    name = nodes[0].name.value
    if name == "__typename":
        return kind.name
    value, target = values[name], get_named_type(kind.fields[name].type)
    if not isinstance(target, GraphQLObjectType):
        return value
    found = selector.fields(target, [node.selection_set for node in nodes])

    def each(one: Mapping[str, Any] | None) -> Any:
        if one is None:
            return None
        return {key: shown_member(selector, target, one, asked) for key, asked in found.items()}

    return [each(one) for one in value] if isinstance(value, list) else each(value)


def merged(tolds: list[Told]) -> bytes:
    """One entry per coordinate, as in a query."""
    if len(tolds) == 1:
        return tolds[0].masked
    entries: dict[str, dict[str, Any]] = {}
    for told in tolds:
        for entry in orjson.loads(told.masked):
            known = entries.setdefault(entry["coordinate"], entry)
            if known is not entry:
                known["paths"] += entry["paths"]
                if entry["rows"] == "all" and known["rows"] != "all":
                    entries[entry["coordinate"]] = entry | {"paths": known["paths"]}
    return orjson.dumps(list(entries.values()))
