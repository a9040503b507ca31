"""The facts about a record that policies may ask for, and the SQL they stand for: declared once, beside the type.

A Cedar attribute is mandatory, Cedar has no null: a scalar fact is a NOT NULL column (checked at start), whatever may
be absent is a set. The engine checks that these names and kinds equal those of `policies/hub.cedarschema`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause


class Row(Protocol):
    """What a condition is written against, a table, an alias, or `hub.query.sqltext.Row`: use `row.c.<column>`."""

    @property
    def c(self) -> Any: ...


Bind = Callable[[str], ColumnElement[Any]]
"""Gives the bound parameter of a `Parameter` name (`agency`, `case_no`, `now`, …)."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, a long or an entity reference: a NOT NULL column, tested with == and one-of."""

    column: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean, computed: `test(row, bind)` is never NULL."""

    test: Callable[[Row, Bind], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class RegionOf:
    """A Region reference; `columns` are those of level 1, 2, 3. Tested with `in Region::"…"` and ==."""

    columns: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set of strings or entities: `contains(row, member, bind)` is never NULL, `member` is one bound value."""

    contains: Callable[[Row, ColumnElement[Any], Bind], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class PairSet:
    """A set of records: `contains(row, fields, bind)`, fields by name, never NULL."""

    contains: Callable[[Row, Mapping[str, ColumnElement[Any]], Bind], ColumnElement[bool]]


Fact = Scalar | Flag | RegionOf | SetOf | PairSet


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """One Cedar resource type: its attributes, and the columns of its region where it lies in one.

    Attributes:
        cedar_type: name in `hub.cedarschema` and in GraphQL.
        region: columns of level 1, 2, 3 for `resource in Region::"…"`; None: never in a region (the test is FALSE).
        attributes: fact by attribute name.
        table: where the columns of scalars and regions are; the start checks there that none may be NULL.
    """

    cedar_type: str
    region: tuple[str, str, str] | None = None
    attributes: Mapping[str, Fact] = field(default_factory=dict)
    table: FromClause | None = None


REGION_COLUMNS = ("province", "prefecture", "county")
