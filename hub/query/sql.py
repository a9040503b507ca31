"""The tree → selects whose json column is the answer.

Shape, measured best (findings.md): `row_to_json` over a lateral sub-select with quoted aliases; a page is cut before
its relations are joined; a condition is tested once per row, whatever it hides. Values are bound; only names of the
public schema and of columns stand in the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    select,
)

from hub.graph.catalogue import TypeSpec
from hub.policy.facts import RecordFacts
from hub.policy.predicate import Parameter, Predicate
from hub.policy.sql import condition as policy_condition
from hub.query import sqllists
from hub.query.access import PUBLISHED_FACT
from hub.query.sqltext import (
    JSON_NULL,
    Column,
    Joined,
    Row,
    any_of,
    argument,
    bind,
    bit_unless,
    json_object,
    listed,
    or_clear,
    or_nothing,
    text,
    together,
)
from hub.query.tree import Constant, EntitiesRoot, FindRoot, Hidden, Items, Leaf, Object, Output, PageOutput, Record


def facts_of(kind: TypeSpec) -> RecordFacts:
    """The facts of a type, with the one that only the pair of classes asks for."""
    facts = kind.declared.facts
    assert facts is not None  # noqa: S101 - asked for record types only
    if kind.declared.published is None:
        return facts
    return replace(facts, attributes={**facts.attributes, PUBLISHED_FACT: kind.declared.published})


def allows(predicate: Predicate, kind: TypeSpec, row: Row) -> ColumnElement[bool]:
    """A condition of a record type on a row."""
    return policy_condition(predicate, facts_of(kind), row, bind)


@dataclass(slots=True)
class Judged:
    """The row on which conditions are tested: each once, as a column of a lateral beside the row."""

    row: Row
    kind: TypeSpec
    name: str
    tested: dict[Predicate, str] = field(default_factory=dict)

    def holds(self, predicate: Predicate) -> ColumnElement[bool]:
        column = self.tested.setdefault(predicate, f"k{len(self.tested)}")
        return literal_column(f"{self.name}.{column}", Boolean)

    def unless_hidden(self, value: Column, predicate: Predicate | None) -> Column:
        return value if predicate is None else case((self.holds(predicate), value))

    def lateral(self) -> FromClause | None:
        """OFFSET 0 keeps the planner from copying the conditions to each place that asks."""
        if not self.tested:
            return None
        tests = [allows(predicate, self.kind, self.row).label(column) for predicate, column in self.tested.items()]
        return select(*tests).offset(literal_column("0")).correlate_except().lateral(self.name)


@dataclass(slots=True)
class Scope:
    """While one record is rendered: its row, who judges, and what its members bring along."""

    row: Row
    judged: Judged | None
    parts: list[tuple[FromClause, bool]] = field(default_factory=list)
    ids: list[Column] = field(default_factory=list)
    bits: list[Column] = field(default_factory=list)

    def add(self, part: Any) -> Column:
        """A lateral of (json, ids, bits) that may find no row; gives its json."""
        self.parts.append((part, True))
        self.ids.append(or_nothing(part.c.ids))
        self.bits.append(or_clear(part.c.bits))
        return part.c.j  # type: ignore[no-any-return]


class Builder:
    """Builds the selects of one statement; aliases are numbered through it."""

    def __init__(self) -> None:
        self._numbers = count()

    def row(self, table: FromClause) -> Row:
        return Row.of(table, self.name("t"))

    def name(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    # --- roots -------------------------------------------------------------------------------------------------

    def find(self, root: FindRoot) -> Select[Any]:
        """One record, or no row. Among several types at most one is found: public ids are unique over all."""
        found = [self._found(record, by) for record, by in root.records]
        if len(found) == 1:
            return found[0]
        joined = Joined(select(literal_column("1").label("one")).subquery(self.name("u")))
        each = [part.lateral(self.name("n")) for part in found]
        for part in each:
            joined.add(part)
        return select(
            func.coalesce(*(part.c.j for part in each), type_=JSON).label("j"),
            together([or_nothing(part.c.ids) for part in each]).label("ids"),
            any_of([or_clear(part.c.bits) for part in each]).label("bits"),
        ).select_from(joined.source)

    def _found(self, record: Record, by: Sequence[tuple[str, str]]) -> Select[Any]:
        row = self.row(record.type.declared.table)
        return self.one(record, row, None, [row.c[column] == argument(name, row.c[column]) for column, name in by])

    def entities(self, root: EntitiesRoot) -> Select[Any]:
        """The records of the representations, each at its place, null where there is none."""
        length = bindparam(root.count, type_=Integer(), required=False)
        place = func.generate_series(literal_column("1"), length).table_valued("n", name=self.name("g"))
        joined = Joined(place)
        each: list[Any] = []
        for record, column, name in root.records:
            row = self.row(record.type.declared.table)
            keys = bindparam(name, type_=ARRAY(Text()), required=False)
            wanted: Column = keys[place.c.n]
            if isinstance(row.c[column].type, Uuid):
                wanted = cast(wanted, Uuid())
            each.append(self.one(record, row, None, [row.c[column] == wanted]).lateral(self.name("n")))
            joined.add(each[-1])
        found = func.coalesce(*(part.c.j for part in each), type_=JSON) if each else JSON_NULL
        ids = func.string_agg(together([or_nothing(part.c.ids) for part in each]), literal_column("''::bytea"))
        return select(
            listed(found, place.c.n).label("j"),
            or_nothing(ids).label("ids"),
            or_clear(func.bit_or(any_of([or_clear(part.c.bits) for part in each]))).label("bits"),
        ).select_from(joined.source)

    # --- records -----------------------------------------------------------------------------------------------

    def one(self, record: Record, row: Row, judged: Judged | None, where: list[ColumnElement[bool]]) -> Select[Any]:
        """One record as json, ids, bits. `judged`: of the parent, for an item."""
        source, _, allowed = self.rows(record, row)
        joined, json, ids, bits = self.render(record, row, judged, source)
        made = select(json.label("j"), together(ids).label("ids"), any_of(bits).label("bits"))
        return made.select_from(joined).where(*where, *allowed).correlate_except()

    def rows(self, record: Record, row: Row) -> tuple[FromClause, Row | None, list[ColumnElement[bool]]]:
        """Where the rows of a record come from under its row policy, the audience's row, and what is still to test."""
        allowed: list[ColumnElement[bool]] = []
        source: FromClause = row.source
        known = None
        audience = record.type.declared.audience
        if record.by_audience and audience is not None:
            known = self.row(audience)
            source = source.join(known.source, known.c.transfer_id == row.c.id)
            allowed.append(known.c.agency == bind(Parameter.AGENCY))
        if record.nothing:
            allowed.append(false())
        if record.row is not None:
            allowed.append(allows(record.row, record.type, row))
        return source, known, allowed

    def render(
        self, record: Record, row: Row, judged: Judged | None, source: FromClause
    ) -> tuple[FromClause, Column, list[Column], list[Column]]:
        """The record's object over `source`: FROM clause, json, ids, bits."""
        own = Judged(row, record.type, self.name("k")) if record.type.judged_as is not None else None
        scope = Scope(row, own or judged)
        if record.type.declared.id_column is not None:
            scope.ids.append(func.int8send(row.c[record.type.declared.id_column], type_=LargeBinary))
        pairs = [(output.key, self._value(output, scope)) for output in record.outputs]
        if own is not None:
            scope.bits += [bit_unless(own.holds(condition), bit) for bit, condition in record.bits]
        joined = Joined(source)
        if own is not None and (tests := own.lateral()) is not None:
            joined.add(tests, may_miss=False)
        for part, may_miss in scope.parts:
            joined.add(part, may_miss=may_miss)
        json = json_object(pairs, joined, self.name("j"))
        return joined.source, json, scope.ids, scope.bits

    def _value(self, output: Output, scope: Scope) -> Column:
        match output:
            case Constant(_, None):
                return JSON_NULL
            case Constant(_, str() as constant):
                return text(constant)
            case Leaf(_, column, as_text, condition):
                value: Column = cast(scope.row.c[column], Text) if as_text else scope.row.c[column]
                return value if scope.judged is None else scope.judged.unless_hidden(value, condition)
            case Hidden(_, fields):
                return sqllists.hidden_fields(self, fields, scope)
            case Object():
                return self._object(output, scope)
            case Items():
                return sqllists.items(self, output, scope)
            case PageOutput(_, page):
                from hub.query.sqlpages import page_select  # noqa: PLC0415 - pages hold records, records hold pages

                return scope.add(page_select(self, page, scope.row).lateral(self.name("p")))
        raise AssertionError(output)  # pragma: no cover - the cases are all there are

    def _object(self, output: Object, scope: Scope) -> Column:
        child = output.record
        target = self.row(child.type.declared.table)
        where: list[ColumnElement[bool]] = [target.c[output.link.remote] == scope.row.c[output.link.local]]
        if output.condition is not None and scope.judged is not None:
            where.append(scope.judged.holds(output.condition))
        judged = scope.judged if child.judged_on_parent else None
        return scope.add(self.one(child, target, judged, where).lateral(self.name("o")))
