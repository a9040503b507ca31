"""Pieces of SQL text that the builder is made of: parameters, conditions, json objects and lists, ids and bits.

The statement is put together as text; conditions of the policies are SQLAlchemy expressions over the mapped tables and
are turned into text once per condition and type, not once per document (docs/decisions: a cold document costs 20 times
less). Text holds names of the public schema and of columns only; every value is a parameter.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Numeric,
    Text,
    Uuid,
    bindparam,
    literal_column,
)
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.types import TypeEngine

from hub.graph.catalogue import TypeSpec
from hub.graph.declare import Derived
from hub.graph.records import RECORD_FACTS
from hub.policy.predicate import Parameter, Predicate
from hub.policy.simplify import conjuncts
from hub.policy.sql import condition
from hub.policy.verdict import Verdict, When
from hub.query.access import alternatives

NULL = "NULL::json"
NO_IDS = "''::bytea"
NO_BITS = "0::bigint"

MAX_ALIAS_BYTES = 63
"""PostgreSQL cuts a longer name, and two names with one beginning would silently be one."""
PAIRS_A_CALL = 50
"""A function takes at most 100 arguments."""
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z,]*\Z")

_CASTS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Integer, "bigint"),  # SmallInteger is one: a cast as wide as any GraphQL value never fails
    (Numeric, "numeric"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (Boolean, "boolean"),
    (Uuid, "uuid"),
)


class Parameters:
    """Bound values of one statement, numbered as they are first used."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.constants: dict[str, object] = {}
        self._numbers: dict[str, int] = {}

    def use(self, name: str, kind: str) -> str:
        """The parameter, cast: the driver sends text without a type, one prepared statement serves every value."""
        number = self._numbers.get(name)
        if number is None:
            self.names.append(name)
            number = self._numbers[name] = len(self.names)
        return f"${number}::{kind}"

    def constant(self, value: object, kind: str) -> str:
        """A literal of a policy."""
        name = f"= {value!r}"
        self.constants[name] = value
        return self.use(name, kind)


@cache
def kinds_of(stored: FromClause) -> Mapping[str, str]:
    """The cast of an argument that is compared with each column of a table."""
    return {column.key: _cast(column.type) for column in stored.c}


@cache
def is_list(stored: FromClause, column: str) -> bool:
    return isinstance(stored.c[column].type, ARRAY)


def _cast(kind: TypeEngine[Any]) -> str:
    return next((name for known, name in _CASTS if isinstance(kind, known)), "text")


# --- conditions ------------------------------------------------------------------------------------------------------

_DIALECT = asyncpg.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
"""Only for its text, in which each parameter has a cast."""
_ROW = "hub_row"
_COLUMN = re.compile(rf"\b{_ROW}\.(\w+)")
_PARAMETER = re.compile(r"%\((\w+)\)s::(TIMESTAMP WITH TIME ZONE|[A-Z]+)")
_PARAMETERS = frozenset(parameter.value for parameter in Parameter)
_BOUND: Mapping[str, TypeEngine[Any]] = {Parameter.NOW: DateTime(timezone=True), Parameter.TODAY: Date()}


class _Columns:
    """The row of a condition, as text with a type: which alias it stands for is filled in later."""

    def __init__(self, stored: FromClause) -> None:
        self._stored = stored

    def __getitem__(self, column: str) -> Any:
        return literal_column(f"{_ROW}.{column}", self._stored.c[column].type)

    __getattr__ = __getitem__


@dataclass(frozen=True, slots=True)
class _AnyRow:
    c: Any


@lru_cache(maxsize=4_000)
def _template(predicate: Predicate, name: str) -> tuple[str, Mapping[str, Any]]:
    """The text of a condition of a type, with its parameters by name."""
    from hub.graph.catalogue import load_catalogue  # noqa: PLC0415 - made once, before any query

    declared = load_catalogue().types.get(name)
    # What is counted is judged as a type of its own that has no fields.
    facts = declared.declared.facts if declared is not None else RECORD_FACTS[name]
    table = declared.declared.table if declared is not None else RECORD_FACTS[name].table
    if facts is None or table is None:
        raise TypeError("only records are judged")
    return _text(condition(predicate, facts, _AnyRow(_Columns(table)), _bind), name)


@lru_cache(maxsize=200)
def _derived(derived: Derived, name: str) -> tuple[str, Mapping[str, Any], str]:
    """The text of a derived scalar of a type, its parameters, and the cast of what is compared with it."""
    from hub.graph.catalogue import load_catalogue  # noqa: PLC0415 - made once, before any query

    expression = derived.value(_AnyRow(_Columns(load_catalogue().types[name].declared.table)), _bind)
    return *_text(expression, name), _cast(expression.type)


def _bind(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=_BOUND.get(name, Text()), required=False)


def _text(expression: ColumnElement[Any], name: str) -> tuple[str, Mapping[str, Any]]:
    compiled = expression.compile(dialect=_DIALECT)
    template = " ".join(str(compiled).split())
    if "%(" in _PARAMETER.sub("", template):
        raise ValueError(f"{name}: a parameter of an expression has no cast")
    return template, compiled.params


def condition_text(predicate: Predicate, kind: TypeSpec | str, row: str, parameters: Parameters) -> str:
    """A condition on the row under an alias. `kind`: the type, or the name as which it is judged."""
    return _on_row(*_template(predicate, kind if isinstance(kind, str) else kind.name), lambda _: row, parameters)


def derived_text(derived: Derived, kind: TypeSpec, alias: Callable[[str], str], parameters: Parameters) -> str:
    """A derived scalar; `alias` tells under which alias a column of the row is found."""
    template, given, _ = _derived(derived, kind.name)
    return _on_row(template, given, alias, parameters)


def derived_cast(derived: Derived, kind: TypeSpec) -> str:
    """The cast of an argument that is compared with it."""
    return _derived(derived, kind.name)[2]


def _on_row(template: str, given: Mapping[str, Any], alias: Callable[[str], str], parameters: Parameters) -> str:
    def bound(match: re.Match[str]) -> str:
        name, cast = match.groups()
        if name in _PARAMETERS:
            return parameters.use(name, cast)
        return parameters.constant(given[name], cast)

    placed = _COLUMN.sub(lambda match: f"{alias(match[1])}.{match[1]}", _PARAMETER.sub(bound, template))
    return "(" + placed.replace("%%", "%") + ")"


def prepare_conditions(kind: TypeSpec, verdicts: Iterable[Verdict]) -> None:
    """Makes the texts of conditions before any query asks for them, so that what has no text fails the start (G4).

    Raises:
        PolicyError, ValueError
    """
    for verdict in verdicts:
        if isinstance(verdict, When):
            prepare_condition(kind, verdict.predicate)


def prepare_condition(kind: TypeSpec, predicate: Predicate) -> None:
    """The text of one condition and of its parts.

    Raises:
        PolicyError, ValueError
    """
    for part in (predicate, *conjuncts(predicate), *alternatives(predicate)):
        _template(part, kind.name)


def columns_of(alias: str, *texts: str) -> list[str]:
    """The columns that are read under an alias, each once."""
    return list(dict.fromkeys(each for text in texts for each in re.findall(rf"\b{alias}\.(\w+)", text)))


# --- json, ids, bits -------------------------------------------------------------------------------------------------


def text(value: str) -> str:
    """A name of the public schema as a literal.

    Raises:
        ValueError: anything else; no value is ever written as text.
    """
    if not _NAME.match(value):
        raise ValueError("not a name")
    return f"'{value}'::text"


def or_nothing(ids: str) -> str:
    """Ids of a lateral that may have found no row."""
    return f"coalesce({ids}, {NO_IDS})"


def or_clear(bits: str) -> str:
    """Bits of a lateral that may have found no row."""
    return f"coalesce({bits}, {NO_BITS})"


def together(ids: Sequence[str]) -> str:
    """Ids one after the other."""
    return " || ".join(ids) if ids else NO_IDS


def any_of(bits: Iterable[str]) -> str:
    """Bits of all, joined."""
    return " | ".join(bits) or NO_BITS


def place_bits(holds: str, place: int) -> str:
    """Two bits of a place: the higher where the condition shows, the lower where it hides (`report.py`)."""
    return f"CASE WHEN {holds} THEN {2 << 2 * place}::bigint ELSE {1 << 2 * place}::bigint END"


def hidden_bit(holds: str, place: int) -> str:
    """The lower bit of a place, where an item is hidden."""
    return f"CASE WHEN {holds} THEN {NO_BITS} ELSE {1 << 2 * place}::bigint END"


def listed(json: str, order: str, within: str = "") -> str:
    """A json list of rows in order, `[]` for none (json_agg of nothing is NULL). `within`: a FILTER clause."""
    return f"coalesce(json_agg({json} ORDER BY {order}){within}, '[]'::json)"


@dataclass(slots=True)
class Source:
    """A FROM clause that grows by laterals."""

    text: str
    parts: list[str] = field(default_factory=list)

    def add(self, name: str, select: str, *, may_miss: bool = True) -> None:
        self.parts.append(f"{'LEFT' if may_miss else 'INNER'} JOIN LATERAL ({select}) {name} ON true")

    def __str__(self) -> str:
        return " ".join([self.text, *self.parts])


def json_object(pairs: Sequence[tuple[str, str]], source: Source, name: str) -> str:
    """A json object with its members in this order; adds the lateral `name` that shapes it."""
    if all(len(key) <= MAX_ALIAS_BYTES for key, _ in pairs):
        members = ", ".join(f'{value} AS "{key}"' for key, value in pairs)
        source.add(name, f"SELECT {members}", may_miss=False)
        return f"row_to_json({name})"
    # json keeps the order, jsonb would not: the members' texts are joined between one pair of braces.
    chunks = []
    for start in range(0, len(pairs), PAIRS_A_CALL):
        flat = ", ".join(f"{text(key)}, {value}" for key, value in pairs[start : start + PAIRS_A_CALL])
        chunks.append(f"left(substr(json_build_object({flat})::text, 2), -1)")
    return "('{' || " + " || ', ' || ".join(chunks) + " || '}')::json"
