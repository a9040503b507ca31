"""Generated queries over the real schema: every form of selection, argument and fragment that a client may write.

Hypothesis draws every choice, so a failing document is shrunk to the smallest that still fails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_composite_type,
    print_schema,
)
from hypothesis import strategies as st

from hub.graph.schema import graphql_schema
from tests.properties.oracle_law import CLASS_OF, FIND, IDENTIFYING, KEY, PAGES, column
from tests.properties.oracle_pages import Order, camel, order_of
from tests.properties.oracle_rows import Records
from tests.properties.writing import Name, Variable, arguments, holds_variable, literal, plain

T = TypeVar("T")
ITEMS = (
    "Region", "Evidence", "TransferParty", "InsuredPerson", "TransferReceipt", "CatalogueText", "TransferStep", "CreditDimension",
    "CreditEffect",
)  # fmt: skip
"""Parts of a record, asked at any depth."""
VIEWER = ("agencyCode", "agencyKind", "regionCode", "purpose", "caseNo", "scopes")
ROOT_PAGES = (
    "clueTransfers",
    "penaltyRecords",
    "institutions",
    "creditScores",
    "inspectionResults",
    "agreementMeasures",
    "clueTransfers",
    "register",
    "agencies",
    "spotChecks",
    "disclosures",
)
"""Transfers twice: most happens there."""
NOWHERE = "00000000-0000-4000-8000-000000000000"


@cache
def strict_schema() -> GraphQLSchema:
    return build_schema(print_schema(graphql_schema()))


@dataclass
class Query:
    """A document with its variables. `afters`: variables that take a cursor, with the type and order it must be of."""

    document: str
    variables: dict[str, Any]
    gateway: bool
    afters: dict[str, tuple[str, Order]]


@dataclass(frozen=True)
class Style:
    """What to generate. `filter_one_in`: a page has a filter one time in so many. `whole`: every page holds all records, and nothing depends on what else is on it."""

    whole: bool = False
    filters: bool = True
    filter_one_in: int = 3
    fields: int = 6


@dataclass
class Maker:
    """Writes one document."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    records: Records
    style: Style = Style()
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    afters: dict[str, tuple[str, Order]] = field(default_factory=dict)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    names: int = 0

    # --- drawing

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def one_in(self, chances: int) -> bool:
        """Shrinks towards no."""
        return self.number(0, chances - 1) == chances - 1

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def variable(self, kind: str, value: Any) -> Variable:
        """`value` as the client gives it; `...` for a variable that is declared and not given."""
        made = Variable(self.name("v"))
        self.variables[made.name] = (kind, value)
        return made

    # --- documents

    def query(self) -> Query:
        gateway = self.one_in(2)
        roots = [self.root(gateway) for _ in range(self.number(1, 3))]
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self.variables.items())
        parts = [f"query{f' Q({declared})' if declared else ''} {{ {' '.join(roots)} }}"]
        parts += [f"fragment {name} on {kind} {{ {body} }}" for name, (kind, body) in self.fragments.items()]
        given = {name: plain(value) for name, (_, value) in self.variables.items() if value is not ...}
        return Query("\n".join(parts), given, gateway, self.afters)

    def root(self, gateway: bool) -> str:
        choice = self.number(0, 19)
        if choice < 12:
            name = self.pick(ROOT_PAGES)
            return self.connection(name, PAGES[f"Query.{name}"][0], 3)
        if choice < 17:
            return self.find(self.pick(list(FIND)))
        if choice == 17:
            return self.entities(gateway)
        if choice == 18 and not self.style.whole:
            return f"{self.name('a')}: viewer {{ {' '.join(self.pick(VIEWER) for _ in range(2))} }}"
        return f"{self.name('a')}: __typename{self.directive()}"

    def find(self, name: str) -> str:
        target = FIND[name]
        values = {argument: self.value_of(self.pick(target), argument, "eq") for argument in self.arguments(name)}
        if name in ("creditScore", "explainScore") and not self.one_in(4):
            row = self.pick(self.records.rows["CreditScore"])
            values = {"nhsaCode": row["nhsa_code"], "period": row["period"]}
        if name == "explainScore" and self.one_in(3):
            values["asOf"] = None  # as it stands; of another moment: tests/credit/test_as_known.py
        kinds = {"nhsaCode": "ID!", "id": "ID!", "period": "String!", "asOf": "DateTime"}
        given = {key: self.maybe_variable(kinds[key], value) for key, value in values.items()}
        body = self.selection(target[0], 2) if len(target) == 1 else self.abstract("Node", target, 2)
        return f"{self.name('a')}: {name}{arguments(given)}{self.directive()} {{ {body} }}"

    def arguments(self, name: str) -> list[str]:
        query = strict_schema().query_type
        assert query is not None
        return [argument for argument in query.fields[name].args if argument != "asOf"]

    def entities(self, gateway: bool) -> str:
        asked = []
        for _ in range(self.number(0, 4)):
            kind = self.pick([*KEY, "Nothing"])
            key = KEY.get(kind, "id")
            value = self.value_of(kind, key, "eq") if kind in KEY else "1"
            asked.append({"__typename": kind, key: value})
        given = self.variable("[_Any!]!", asked)
        body = self.abstract("", self.some(list(KEY), 3), 1)
        return f"{self.name('a')}: _entities(representations: ${given.name}) {{ {body} }}"

    def some(self, options: Sequence[T], most: int) -> list[T]:
        return list(dict.fromkeys(self.pick(options) for _ in range(self.number(1, most))))

    # --- selections

    def abstract(self, interface: str, kinds: Sequence[str], depth: int) -> str:
        """A selection on an interface or union: its own fields, and fragments of its types."""
        parts = ["__typename"] if self.one_in(2) else []
        if interface and self.one_in(2):
            parts.append("id")
        parts += [self.fragment(kind, depth, aliased=True) for kind in kinds]
        if interface and self.one_in(4):
            parts.append(f"... on {interface} {{ id {self.fragment(self.pick(kinds), 0, aliased=True)} }}")
        return " ".join(parts)

    def fragment(self, kind: str, depth: int, *, aliased: bool = False) -> str:
        """`aliased`: leaves have names of their own, as two types may differ in a field of one name."""
        known = [name for name, (on, _) in self.fragments.items() if on == kind]
        if known and self.one_in(3):
            return f"...{self.pick(known)}{self.directive()}"
        body = self.selection(kind, depth, aliased=aliased)
        if self.one_in(3):
            name = self.name("F")
            self.fragments[name] = (kind, body)
            return f"...{name}{self.directive()}"
        return f"... on {kind}{self.directive()} {{ {body} }}"

    def selection(self, kind: str, depth: int, *, aliased: bool = False) -> str:
        names = list(self.object(kind).fields)
        parts = ["hiddenFields"] if "hiddenFields" in names and self.one_in(2) else []
        for _ in range(self.number(1, self.style.fields)):
            match self.number(0, 11):
                case 11:
                    parts.append(f"{self.name('t')}: __typename{self.directive()}")
                case 10:
                    parts.append(f"...{self.directive()} {{ {self.field(kind, self.pick(names), depth, aliased)} }}")
                case 9 if depth:
                    parts.append(self.fragment(kind, depth - 1, aliased=aliased))
                case 8 if depth and "id" in names and kind != "Disclosure":
                    inner = self.fragment(kind, depth - 1, aliased=aliased)
                    parts.append(f"... on Node {{ {self.name('a')}: id {inner} }}")
                case _:
                    parts.append(self.field(kind, self.pick(names), depth, aliased))
        return " ".join(parts)

    def object(self, kind: str) -> GraphQLObjectType:
        made = strict_schema().type_map[kind]
        assert isinstance(made, GraphQLObjectType)
        return made

    def field(self, kind: str, name: str, depth: int, aliased: bool) -> str:
        target = get_named_type(self.object(kind).fields[name].type)
        if f"{kind}.{name}" in PAGES:
            return self.connection(name, PAGES[f"{kind}.{name}"][0], depth - 1) if depth else "__typename"
        if not is_composite_type(target):
            alias = f"{self.name('b')}: " if aliased or self.one_in(5) else ""
            return f"{alias}{name}{self.directive()}"
        alias = f"{self.name('b')}: " if self.one_in(5) else ""
        if f"{kind}.{name}" == "ClueTransfer.evidence" and self.one_in(3):
            # A name of its own: one response key takes one set of arguments.
            alias, name = f"{self.name('b')}: ", name + arguments({"fileId": self.maybe_variable("ID", self.file_id())})
        items = target.name in ITEMS
        if not depth and not items:
            return "__typename"
        return (
            f"{alias}{name}{self.directive()} {{ {self.selection(target.name, max(depth - 1, 0), aliased=aliased)} }}"
        )

    def file_id(self) -> str | None:
        known = [str(row["file_id"]) for row in self.records.rows["Evidence"] if row["file_id"] is not None]
        return self.pick((self.pick(known), self.pick(known), NOWHERE, "no-uuid", None))

    def directive(self) -> str:
        if not self.one_in(9):
            return ""
        word = self.pick(("include", "skip"))
        value = self.pick((True, False, word == "include"))
        if not self.one_in(2):
            return f" @{word}(if: {literal(value)})"
        return f" @{word}(if: ${self.variable('Boolean!', value).name})"

    # --- connections

    def connection(self, name: str, kind: str, depth: int) -> str:
        """One page, or the same field twice: under two aliases, or merged under one."""
        given = arguments(self.page_arguments(kind, name))
        alias = self.name("c")
        made = f"{alias}: {name}{given}{self.directive()} {{ {self.members(kind, depth)} }}"
        if self.one_in(8):
            made += f" {alias}: {name}{given} {{ {self.members(kind, 0)} }}"
        if self.one_in(8):
            other = arguments(self.page_arguments(kind, name))
            made += f" {self.name('c')}: {name}{other} {{ {self.members(kind, 0)} }}"
        return made

    def members(self, kind: str, depth: int) -> str:
        parts = []
        for _ in range(self.number(1, 3)):
            match self.number(0, 8):
                case 0 | 1 | 2:
                    parts.append(f"nodes {{ {self.selection(kind, depth)} }}")
                case 3:
                    parts.append(f"{self.name('n')}: nodes{self.directive()} {{ {self.selection(kind, depth)} }}")
                case 4:
                    parts.append(f"edges {{ cursor node {{ {self.selection(kind, depth)} }} }}")
                case 5:
                    parts.append("pageInfo { endCursor hasNextPage __typename }")
                case 6:
                    parts.append(f"{self.name('n')}: totalCount{self.directive()}")
                case 7:
                    parts.append(f"edges {{ {self.name('n')}: cursor __typename }} pageInfo {{ hasNextPage }}")
                case _:
                    name = self.name("F")
                    self.fragments[name] = (f"{kind}Connection", f"nodes {{ {self.selection(kind, 0)} }} totalCount")
                    parts.append(f"...{name}")
        return " ".join(parts)

    def page_arguments(self, kind: str, name: str) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.style.whole:
            given["first"] = 1000 if not self.one_in(2) else 200
        elif not self.one_in(5):
            first = self.pick((0, -1, 1001)) if self.one_in(40) else self.pick((3, 1, 2, 4, 50))
            given["first"] = self.maybe_variable("Int!", first)
        asked = None
        if self.style.filters and self.one_in(3):
            asked = [self.order(kind) for _ in range(self.number(1, 5 if self.one_in(15) else 2))]
            given["orderBy"] = self.maybe_variable(f"[{kind}Order!]", asked)
        if self.style.filters and self.one_in(self.style.filter_one_in):
            given["filter"] = self.maybe_variable(f"{kind}Filter", self.filter(kind))
        if not self.style.whole and self.one_in(3):
            after = self.variable("String", self.pick((None, None, None, ..., "bm9wZQ")))
            given["after"] = after
            full = [{"direction": "ASC", **term} for term in asked or ()]
            self.afters[after.name] = (kind, order_of(kind, full, name))
        return given

    def order(self, kind: str) -> dict[str, Any]:
        fields = strict_schema().type_map[f"{kind}OrderField"]
        assert isinstance(fields, GraphQLEnumType)
        names = list(fields.values)
        if not self.one_in(3):  # of fields that are hidden on no listed record, or nothing would ever be sorted
            names = [name for name in names if CLASS_OF[kind][camel(name)] == CLASS_OF[kind][IDENTIFYING[kind]]]
        made: dict[str, Any] = {"field": Name(self.pick(names))}
        if self.one_in(2):
            made["direction"] = Name(self.pick(("ASC", "DESC")))
        return made

    def filter(self, kind: str) -> dict[str, Any]:
        known = self.inputs(f"{kind}Filter")
        made: dict[str, Any] = {}
        # Mostly one condition: of many together nearly none would ever match.
        for name in self.some(list(known), 2 if self.one_in(4) else 1):
            if self.one_in(40):
                made[name] = self.pick((None, {}))
                continue
            kinds = self.inputs(known[name])
            made[name] = {}
            for operator in self.some(list(kinds), 2 if self.one_in(4) else 1):
                value = None if self.one_in(40) else self.value_of(kind, name, operator)
                nested = operator != "in" and self.one_in(5)
                made[name][operator] = self.variable(kinds[operator], value) if nested else value
        return made

    def inputs(self, name: str) -> dict[str, str]:
        kind = strict_schema().type_map[name]
        assert isinstance(kind, GraphQLInputObjectType)
        return {key: str(each.type) for key, each in kind.fields.items()}

    # --- values

    def maybe_variable(self, kind: str, value: Any) -> Any:
        if not self.one_in(3) or holds_variable(value):
            return value
        return self.variable(kind, value)

    def value_of(self, kind: str, name: str, operator: str) -> Any:
        """A value as some record has it, or close by."""
        if operator == "isNull":
            return self.one_in(2)
        if operator == "in":
            return [self.value_of(kind, name, "eq") for _ in range(self.number(0, 3))]
        # The ledger grows with every question: nothing drawn may depend on it.
        rows = [] if kind == "Disclosure" else self.records.rows[kind]
        values = [value for row in rows if (value := row[column(kind, name)]) is not None]
        if not values:
            return self.unknown(kind, name)
        value = self.pick(values)
        if isinstance(value, list):
            return self.pick(value) if value else ""
        if operator in ("contains", "startsWith"):
            start = self.number(0, len(value)) if operator == "contains" else 0
            return value[start : start + self.number(0, 3)]
        return self.written(value, name)

    def unknown(self, kind: str, name: str) -> Any:
        declared = self.inputs(f"{kind}Filter")[name]
        known = {"DateFilter": "2026-01-01", "DateTimeFilter": "2026-01-01T00:00:00Z", "DecimalFilter": "1.50"}
        known |= {"IntFilter": 1, "BigIntFilter": "1", "BooleanFilter": True}
        return known.get(declared, NOWHERE)

    def written(self, value: Any, name: str) -> Any:
        other = self.one_in(5)
        match value:
            case UUID():
                return self.pick((str(value).upper(), NOWHERE, f"{{{value}}}", "")) if other else str(value)
            case datetime() if other:
                return value.astimezone(timezone(timedelta(hours=8))).isoformat()
            case date():
                return value.isoformat()
            case Decimal():
                return self.pick((int(value), f"{value}00")) if other else str(value)
            case bool():
                return value
            case int():
                return value + 1 if other else value
            case str() if name in ("status", "route", "owedBy"):
                return Name(value)
            case str() if other:
                return f"{value}x"
        return value


@st.composite
def queries(draw: Any, records: Records, style: Style = Style()) -> Query:
    return Maker(draw, records, style).query()
