"""Relay connections, filters and orders of a record type, made from its declared fields.

Every stored scalar can be filtered and sorted by; an agency or region can be filtered by its code, and so can some
derived scalars. Whether a caller may is the policies' affair.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Optional, cast, get_args

import strawberry

from hub.graph.declare import KEY, Declared, Derived, One, Source, Stored
from hub.graph.scalars import BigInt

PERIOD_FIELDS = {"period"}


@strawberry.type(description="Where a page lies 分页信息")
class PageInfo:
    has_next_page: bool = strawberry.field(description="More records follow 是否还有下一页")
    end_cursor: str | None = strawberry.field(description="Cursor of the last record; null for an empty page 末条游标")


@strawberry.enum(description="排序方向")
class Direction(Enum):
    ASC = "ASC"
    DESC = "DESC"


_FILTERS: dict[tuple[Any, bool], type] = {}
_ORDERED = (int, BigInt, Decimal, date, datetime)
_COMPARED = ("eq", "lt", "lte", "gt", "gte")
_NAMES: dict[Any, str] = {
    str: "String",
    strawberry.ID: "ID",
    int: "Int",
    BigInt: "BigInt",
    bool: "Boolean",
    Decimal: "Decimal",
    date: "Date",
    datetime: "DateTime",
}


def _input(name: str, annotations: dict[str, Any], description: str) -> type:
    # Python keeps `in` for itself.
    defaults = {
        key: strawberry.field(name="in", default=strawberry.UNSET) if key == "in_" else strawberry.UNSET
        for key in annotations
    }
    return strawberry.input(
        type(name, (), {"__annotations__": annotations, "__module__": __name__, **defaults}), description=description
    )


def _filter_of(kind: Any, ordered: bool) -> type:
    """The filter input of one scalar, enum, or list of strings: all conditions given must hold."""
    if (kind, ordered) not in _FILTERS:
        optional = Optional[kind]  # noqa: UP045 - built at run time
        if kind == list[str]:
            name, annotations = "StringListFilter", {"contains": Optional[str], "is_null": Optional[bool]}  # noqa: UP045
        else:
            name = f"{'Ordered' if ordered and kind is str else ''}{_NAMES.get(kind) or kind.__name__}Filter"
            annotations = {"eq": optional}
            if kind is not bool:
                annotations["in_"] = Optional[list[kind]]  # noqa: UP045
            if ordered:
                annotations |= dict.fromkeys(_COMPARED[1:], optional)
            if kind is str:
                annotations |= {"contains": optional, "starts_with": optional}
            annotations["is_null"] = Optional[bool]  # noqa: UP045
        _FILTERS[kind, ordered] = _input(
            name, annotations, "All conditions given must hold; a hidden field never matches. 所列条件须同时满足"
        )
    return _FILTERS[kind, ordered]


@dataclass(frozen=True, slots=True)
class Pages:
    """The four types of a record type's pages."""

    connection: type
    filter: type
    order: type


def _scalar(annotation: Any) -> Any:
    """`T | None` → T."""
    inner = [member for member in get_args(annotation) if member is not type(None)]
    return inner[0] if inner and type(None) in get_args(annotation) else annotation


def pages(node: type, *, module: str) -> Pages:
    """Makes `<Node>Connection`, `<Node>Edge`, `<Node>Filter`, `<Node>Order` for a class made by `@record`."""
    name = node.__name__
    sources: dict[str, Source] = {
        field.python_name: field.metadata[KEY].source
        for field in node.__strawberry_definition__.fields  # type: ignore[attr-defined]
        if isinstance(field.metadata.get(KEY), Declared)
    }
    filters = {}
    orders = {}
    for python_name, source in sources.items():
        kind = _scalar(node.__annotations__.get(python_name))  # a connection has none, and is in no filter
        match source:
            case Stored():
                compared = kind in _ORDERED or python_name in PERIOD_FIELDS
                filters[python_name] = Optional[_filter_of(kind, compared)]  # noqa: UP045
                if kind != list[str]:
                    orders[python_name.upper()] = python_name
            case Derived(_, filtered=True):
                filters[python_name] = Optional[_filter_of(kind, ordered=kind in _ORDERED)]  # noqa: UP045
            case One(_, "code"):
                # An agency or region is named by its code, which the row holds.
                filters[python_name] = Optional[_filter_of(strawberry.ID, ordered=False)]  # noqa: UP045
    order_field = strawberry.enum(cast(type[Enum], Enum(f"{name}OrderField", orders)), description="可排序字段")
    made = Pages(
        connection=_connection(node, name, module),
        filter=_input(f"{name}Filter", filters, f"Conditions on {name}; all given must hold. 筛选条件"),
        order=_order(name, order_field),
    )
    for part in (made.filter, made.order):
        part.__module__ = module
    return made


def _order(name: str, order_field: Any) -> type:
    cls = type(
        f"{name}Order",
        (),
        {"__annotations__": {"field": order_field, "direction": Direction}, "direction": Direction.ASC},
    )
    return strawberry.input(cls, description="Nulls come last either way. 空值总在最后")


def _connection(node: type, name: str, module: str) -> type:
    edge = strawberry.type(
        type(
            f"{name}Edge",
            (),
            {
                "__annotations__": {"cursor": str, "node": cast(Any, node)},
                "__module__": module,
                "cursor": strawberry.field(description="Opaque, of this order only 不透明游标"),
                "node": strawberry.field(description=name),
            },
        ),
        description=f"One {name} and its place in the order 边",
    )
    nodes: Any = list[node]  # type: ignore[valid-type]
    edges: Any = list[edge]  # type: ignore[valid-type]
    annotations = {"nodes": nodes, "edges": edges, "page_info": PageInfo, "total_count": int}
    return strawberry.type(
        type(
            f"{name}Connection",
            (),
            {
                "__annotations__": annotations,
                "__module__": module,
                "nodes": strawberry.field(description="The records of this page 本页记录"),
                "edges": strawberry.field(description="The same with their cursors 带游标的记录"),
                "page_info": strawberry.field(description="Where this page lies 分页信息"),
                "total_count": strawberry.field(
                    description="How many records you may list with this filter; counted only when asked 总数"
                ),
            },
        ),
        description=f"A page of {name} 分页",
    )
