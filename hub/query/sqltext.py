"""Pieces of SQL that the builder is made of: bound values, json objects and lists, gathered ids and bits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import TypeEngine

from hub.policy.predicate import Parameter

Column = ColumnElement[Any]

JSON_NULL: Column = literal_column("NULL::json", JSON)
EMPTY_LIST: Column = literal_column("'[]'::json", JSON)
NO_IDS: Column = literal_column("''::bytea", LargeBinary)
NO_BITS: Column = literal_column("0::bigint", BigInteger)

MAX_ALIAS_BYTES = 63
"""PostgreSQL cuts a longer name, and two names with one beginning would silently be one."""
PAIRS_A_CALL = 50
"""A function takes at most 100 arguments."""

_CALLER_TYPES: Mapping[str, TypeEngine[Any]] = {Parameter.NOW: DateTime(timezone=True), Parameter.TODAY: Date()}


def bind(name: str) -> Column:
    """The bound parameter of a caller's attribute or of the clock."""
    return bindparam(str(name), type_=_CALLER_TYPES.get(name, Text()), required=False)


def argument(name: str, like: Column) -> Column:
    """A bound argument value, cast as wide as its column allows, so that no value fails to be cast."""
    kind: TypeEngine[Any] = like.type
    if isinstance(kind, Integer):  # SmallInteger and BigInteger are
        kind = BigInteger()
    elif isinstance(kind, ARRAY) or kind.python_type is str:
        kind = Text()
    return bindparam(name, type_=kind, required=False)


def text(value: str) -> Column:
    """A name of the public schema as a literal: letters, digits, underscore, comma."""
    return literal_column(f"'{value}'", Text)


def or_nothing(ids: Column) -> Column:
    """Ids of a lateral that may have found no row."""
    return func.coalesce(ids, NO_IDS, type_=LargeBinary)


def or_clear(bits: Column) -> Column:
    """Bits of a lateral that may have found no row."""
    return func.coalesce(bits, NO_BITS, type_=BigInteger)


def together(ids: Sequence[Column]) -> Column:
    """Ids one after the other."""
    whole = ids[0] if ids else NO_IDS
    for part in ids[1:]:
        whole = whole.concat(part)
    return whole


def any_of(bits: Sequence[Column]) -> Column:
    """Bits of all, joined."""
    whole = bits[0] if bits else NO_BITS
    for part in bits[1:]:
        whole = whole.op("|")(part)
    return whole


def bit_unless(holds: Column, bit: int) -> Column:
    return case((holds, NO_BITS), else_=literal_column(f"{1 << bit}::bigint"))


def listed(json: Column, order: Column, shown: Column | None = None) -> Column:
    """A json list of rows in order, `[]` for none (json_agg of nothing is NULL)."""
    items = func.json_agg(aggregate_order_by(json, order))  # type: ignore[no-untyped-call]
    return func.coalesce(items if shown is None else items.filter(shown), EMPTY_LIST, type_=JSON)


class Columns:
    """Columns of a row, as text with a type: SQLAlchemy's own aliases copy every column of the table at each use."""

    __slots__ = ("_made", "_name", "_types")

    def __init__(self, name: str, types: Mapping[str, TypeEngine[Any]]) -> None:
        self._name = name
        self._types = types
        self._made: dict[str, Column] = {}

    def __getitem__(self, column: str) -> Column:
        made = self._made.get(column)
        if made is None:
            made = self._made[column] = literal_column(f"{self._name}.{column}", self._types[column])
        return made

    __getattr__ = __getitem__

    def __contains__(self, column: str) -> bool:
        return column in self._types


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row of a stored table in the statement: its FROM element and its columns."""

    name: str
    source: FromClause
    c: Columns
    types: Mapping[str, TypeEngine[Any]]

    @classmethod
    def of(cls, stored: FromClause, name: str) -> "Row":
        """`stored` under an alias."""
        types = _types(stored)
        return cls(name, table(str(stored.description)).alias(name), Columns(name, types), types)

    def cut(self, source: FromClause, name: str, number: str) -> "Row":
        """The same columns, and a number, out of a sub-select that keeps them all."""
        types = {**self.types, number: Integer()}
        return Row(name, source, Columns(name, types), types)


@cache
def _types(stored: FromClause) -> Mapping[str, TypeEngine[Any]]:
    return {column.key: column.type for column in stored.c}


@dataclass(slots=True)
class Joined:
    """A FROM clause that grows by laterals."""

    source: FromClause

    def add(self, part: FromClause, *, may_miss: bool = True) -> None:
        self.source = self.source.join(part, true(), isouter=may_miss)


def json_object(pairs: Sequence[tuple[str, Column]], joined: Joined, name: str) -> Column:
    """A json object with its members in this order; adds the lateral `name` that shapes it."""
    if all(len(key) <= MAX_ALIAS_BYTES for key, _ in pairs):
        shaped = select(*(value.label(key) for key, value in pairs)).correlate_except().lateral(name)
        joined.add(shaped, may_miss=False)
        return func.row_to_json(literal_column(name), type_=JSON)
    # json keeps the order, jsonb would not: the members' texts are joined between one pair of braces.
    whole: Column = text("{")
    for start in range(0, len(pairs), PAIRS_A_CALL):
        flat = [member for key, value in pairs[start : start + PAIRS_A_CALL] for member in (text(key), value)]
        members = func.left(func.substr(cast(func.json_build_object(*flat), Text), 2), -1, type_=Text)
        whole = whole.concat(members if start == 0 else text(", ").concat(members))
    return cast(whole.concat(text("}")), JSON)
