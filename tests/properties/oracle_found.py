"""What the oracle finds, and the schema it executes on."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    print_schema,
)

from hub.graph.schema import graphql_schema
from hub.policy.verdict import Reason
from hub.policy.vocabulary import MaskCode
from tests.properties.oracle_pages import Marker
from tests.properties.oracle_rows import Row

MARKER = "cursor:"
BIG_INTS = {"Evidence.size", "Disclosure.rowCount"}


@dataclass(frozen=True, eq=False)
class Record:
    """A record or item; conditions are judged on `judged`. `row` is None for a phantom."""

    kind: str
    row: Row | None
    judged: tuple[str, Row | None]


@dataclass(frozen=True, eq=False)
class Page:
    kind: str
    rows: list[Row] | None
    order: tuple[tuple[str, bool], ...] = ()
    more: bool = False
    total: int = 0
    counted: tuple[Row, ...] = ()


@dataclass(frozen=True, eq=False)
class Edge:
    page: Page
    row: Row | None


@dataclass
class Hidden:
    """What the masked report must say of one coordinate: path → why."""

    everywhere: dict[str, Reason | None] = field(default_factory=dict)
    somewhere: dict[str, set[Reason | None]] = field(default_factory=lambda: defaultdict(set))


@dataclass
class Problems:
    """Codes for which a root field must, or may, be refused."""

    must: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)


FEW_COUNTED = 100
"""So many counted records are named in the ledger; of more, only that they were counted."""
SCOPE_MISSING = Reason(MaskCode.SCOPE_MISSING, "scope-ceiling", "", ())


@dataclass
class Found:
    """What the two passes came to. `ids`: internal ids of all records shown; `markers`: what stands for each cursor."""

    data: Any = None
    hidden: dict[str, Hidden] = field(default_factory=lambda: defaultdict(Hidden))
    problems: dict[str, Problems] = field(default_factory=lambda: defaultdict(Problems))
    ids: set[int] = field(default_factory=set)
    markers: dict[str, Marker] = field(default_factory=dict)


@lru_cache(maxsize=1)
def loose_schema() -> GraphQLSchema:
    """The printed schema, every field nullable: a null where none may be is then a difference, not a failure."""
    schema = build_schema(print_schema(graphql_schema()))
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInterfaceType | GraphQLObjectType) and not kind.name.startswith("__"):
            for each in kind.fields.values():
                each.type = _nullable(each.type)
    return schema


def _nullable(kind: Any) -> Any:
    if isinstance(kind, GraphQLNonNull):
        return _nullable(kind.of_type)
    return GraphQLList(_nullable(kind.of_type)) if isinstance(kind, GraphQLList) else kind
