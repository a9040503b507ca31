"""The tree → selects whose json column is the answer.

Shape, measured best (findings.md): `row_to_json` over a lateral sub-select with quoted aliases; a page is cut before
its relations are joined; a condition is tested once per row, whatever it hides.

Every select gives the columns j (json), ids (of the records shown in it) and bits (of the conditions that hid
something in it).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import FromClause

from hub.db.base import PLAIN
from hub.feed.log import SAME_ROW
from hub.graph.catalogue import TypeSpec
from hub.policy.predicate import Parameter, Predicate
from hub.query import sqllists
from hub.query.sqljson import Kind, Member, kind_of, object_text, plain_texts
from hub.query.sqltext import (
    NULL,
    Parameters,
    Source,
    any_of,
    columns_of,
    condition_text,
    derived_text,
    json_object,
    kinds_of,
    listed,
    or_clear,
    or_nothing,
    place_bits,
    text,
    together,
)
from hub.query.tree import Constant, EntitiesRoot, FindRoot, Hidden, Items, Leaf, Object, Output, PageOutput, Record


@dataclass(slots=True)
class Judged:
    """The row on which conditions are tested: each once, as a column of a lateral beside the row."""

    row: str
    kind: TypeSpec
    name: str
    parameters: Parameters
    tested: dict[Predicate, str] = field(default_factory=dict)

    def holds(self, predicate: Predicate) -> str:
        column = self.tested.setdefault(predicate, f"k{len(self.tested)}")
        return f"{self.name}.{column}"

    def unless_hidden(self, value: str, predicate: Predicate | None) -> str:
        return value if predicate is None else f"CASE WHEN {self.holds(predicate)} THEN {value} END"

    def tests(self) -> str:
        """OFFSET 0 keeps the planner from copying the conditions to each place that asks."""
        each = (
            f"{condition_text(predicate, self.kind, self.row, self.parameters)} AS {column}"
            for predicate, column in self.tested.items()
        )
        return f"SELECT {', '.join(each)} OFFSET 0"


@dataclass(slots=True)
class Scope:
    """While one record is rendered: its row, who judges, and what its members bring along."""

    row: str
    judged: Judged | None
    laterals: list[tuple[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    bits: list[str] = field(default_factory=list)

    def add(self, name: str, select: str) -> str:
        """A lateral of (j, ids, bits) that may find no row; gives its json."""
        self.laterals.append((name, select))
        self.ids.append(or_nothing(f"{name}.ids"))
        self.bits.append(or_clear(f"{name}.bits"))
        return f"{name}.j"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record's object: the FROM clause that it stands on, its json, ids, bits."""

    source: Source
    json: str
    ids: list[str]
    bits: list[str]


class Builder:
    """Builds the selects of one statement; aliases are numbered through it."""

    def __init__(self) -> None:
        self.parameters = Parameters()
        self._numbers = count()

    def name(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    def argument(self, name: str, stored: FromClause, column: str) -> str:
        """A bound argument value that is compared with a column."""
        return self.parameters.use(name, kinds_of(stored)[column])

    # --- roots -------------------------------------------------------------------------------------------------

    def find(self, root: FindRoot) -> str:
        """One record, or no row. Among several types at most one is found: public ids are unique over all."""
        found = [self._found(record, by, root.moment) for record, by in root.records]
        if len(found) == 1:
            return found[0]
        source = Source("(SELECT 1)", [])
        source.text += f" {self.name('u')}"
        names = [self.name("n") for _ in found]
        for name, select in zip(names, found, strict=True):
            source.add(name, select)
        return (
            f"SELECT coalesce({', '.join(f'{name}.j' for name in names)}) AS j,"
            f" {together([or_nothing(f'{name}.ids') for name in names])} AS ids,"
            f" {any_of(or_clear(f'{name}.bits') for name in names)} AS bits FROM {source}"
        )

    def _found(self, record: Record, by: Sequence[tuple[str, str]], moment: str | None) -> str:
        row, stored = self.name("t"), record.type.declared.table
        where = [f"{row}.{column} = {self.argument(name, stored, column)}" for column, name in by]
        if moment is not None:
            at = self.argument(moment, stored, "known_from")
            where.append(f"{row}.known_from <= {at} AND {at} < {row}.known_until")
        return self.one(record, row, None, where)

    def entities(self, root: EntitiesRoot) -> str:
        """The records of the representations, each at its place, null where there is none."""
        place = self.name("g")
        source = Source(f"generate_series(1, {self.parameters.use(root.count, 'integer')}) {place}(n)")
        names = []
        for record, column, keys in root.records:
            row, kind = self.name("t"), kinds_of(record.type.declared.table)[column]
            wanted = f"({self.parameters.use(keys, 'text[]')})[{place}.n]::{kind}"
            names.append(self.name("n"))
            source.add(names[-1], self.one(record, row, None, [f"{row}.{column} = {wanted}"]))
        found = f"coalesce({', '.join(f'{name}.j' for name in names)})" if names else NULL
        ids = together([or_nothing(f"{name}.ids") for name in names])
        bits = any_of(or_clear(f"{name}.bits") for name in names)
        return (
            f"SELECT {listed(found, f'{place}.n')} AS j, {or_nothing(f'string_agg({ids}, NULL)')} AS ids,"
            f" {or_clear(f'bit_or({bits})')} AS bits FROM {source}"
        )

    # --- records -----------------------------------------------------------------------------------------------

    def one(self, record: Record, row: str, judged: Judged | None, where: list[str]) -> str:
        """One record. `judged`: of the parent, for an item."""
        source, _, allowed = self.rows(record, row, record.row)
        made = self.render(record, row, judged, source)
        return (
            f"SELECT {made.json} AS j, {together(made.ids)} AS ids, {any_of(made.bits)} AS bits"
            f" FROM {made.source} WHERE {' AND '.join([*where, *allowed])}"
        )

    def rows(self, record: Record, row: str, policy: Predicate | None) -> tuple[Source, str | None, list[str]]:
        """Where the rows of a record come from, the audience's row, and what is still to test.

        `policy`: the row policy of the record, or one of its alternatives.
        """
        allowed: list[str] = []
        source = Source(f"{record.type.declared.table.description} {row}")
        known = None
        audience = record.type.declared.audience
        if record.by_audience and audience is not None:
            known = self.name("t")
            source.text += f" INNER JOIN {audience.description} {known} ON {known}.transfer_id = {row}.id"
            allowed.append(f"{known}.agency = {self.parameters.use(Parameter.AGENCY, 'text')}")
        if record.nothing:
            allowed.append("false")
        if policy is not None:
            allowed.append(condition_text(policy, record.type, row, self.parameters))
        return source, known, allowed

    def render(self, record: Record, row: str, judged: Judged | None, source: Source) -> Rendered:
        """The record's object over `source`, as json."""
        values, scope = self._values(record, row, judged, source)
        json = json_object([(output.key, value) for output, value in values], source, self.name("j"))
        return Rendered(source, json, scope.ids, scope.bits)

    def render_text(self, record: Record, row: str, source: Source, plain: str | None) -> Rendered:
        """The same as text, the quicker way for many rows. `plain`: SQL of whether the row's texts are (`sqljson`)."""
        values, scope = self._values(record, row, None, source)
        members = [Member(output.key, value, *_written(output, record.type)) for output, value in values]
        return Rendered(source, object_text(members, plain), scope.ids, scope.bits)

    def _values(
        self, record: Record, row: str, judged: Judged | None, source: Source
    ) -> tuple[Sequence[tuple[Output, str]], Scope]:
        """The SQL of each value of a record; adds to `source` what they are read from."""
        own = None
        if record.type.judged_as is not None:
            own = Judged(row, record.type, self.name("k"), self.parameters)
        scope = Scope(row, own or judged)
        if record.type.declared.id_column is not None:
            scope.ids.append(f"int8send({row}.{record.type.declared.id_column})")
        values = [(output, self._value(output, record.type, scope)) for output in record.outputs]
        if scope.judged is not None:
            # Of an item too, whose conditions are those of its parent's row: else its hidden fields go untold.
            scope.bits += [place_bits(scope.judged.holds(condition), bit) for bit, condition in record.bits]
        if own is not None and own.tested:
            source.add(own.name, own.tests(), may_miss=False)
        for name, select in scope.laterals:
            source.add(name, select)
        return values, scope

    def _value(self, output: Output, kind: TypeSpec, scope: Scope) -> str:
        match output:
            case Constant(_, None):
                return NULL
            case Constant(_, str() as constant):
                return text(constant)
            case Leaf(_, column, as_text, condition):
                value = (
                    f"{scope.row}.{column}" + ("::text" if as_text else "")
                    if isinstance(column, str)
                    else derived_text(column, kind, lambda _: scope.row, self.parameters)
                )
                return value if scope.judged is None else scope.judged.unless_hidden(value, condition)
            case Hidden(_, fields):
                return sqllists.hidden_fields(self, fields, scope)
            case Object():
                return self._object(output, scope)
            case Items():
                return sqllists.items(self, output, scope)
            case PageOutput(_, page):
                from hub.query.sqlpages import page_select  # noqa: PLC0415 - pages hold records, records hold pages

                return scope.add(self.name("p"), page_select(self, page, scope.row))
        raise AssertionError(output)  # pragma: no cover - the cases are all there are

    def _object(self, output: Object, scope: Scope) -> str:
        child = output.record
        if output.link.local == SAME_ROW:
            return self._same_row(child, scope)
        row = self.name("t")
        where = [f"{row}.{output.link.remote} = {scope.row}.{output.link.local}"]
        if output.condition is not None and scope.judged is not None:
            where.append(scope.judged.holds(output.condition))
        judged = scope.judged if child.judged_on_parent else None
        return scope.add(self.name("o"), self.one(child, row, judged, where))

    def _same_row(self, child: Record, scope: Scope) -> str:
        """The record of an entry, which the page has found and tested; nothing on a tombstone.

        Its columns stand beside those of the entry, under names of their own: the page brings along what is asked for.
        """
        row = self.name("t")
        plain = f"{row}.{PLAIN}" if plain_texts(child.type.declared.table) else None
        made = self.render_text(child, row, Source(""), plain)
        select = f"SELECT {made.json} AS j, {together(made.ids)} AS ids, {any_of(made.bits)} AS bits FROM"
        rest = f"{row}{made.source} WHERE NOT {scope.row}.tombstone"
        asked = ", ".join(f"{scope.row}.{SAME_ROW}_{column} AS {column}" for column in columns_of(row, select, rest))
        return scope.add(self.name("o"), f"{select} (SELECT {asked}) {rest}")


def _written(output: Output, kind: TypeSpec) -> tuple[Kind, bool]:
    """How a value is written as text, and whether it can be NULL."""
    match output:
        case Constant(_, str()):
            return Kind.PLAIN, False
        case Leaf(_, str() as column, as_text, condition):
            stored = kind.declared.table
            nullable = condition is not None or bool(getattr(stored.c[column], "nullable", True))
            return kind_of(stored, column, as_text=as_text), nullable
        case Leaf():
            return Kind.OTHER, True
        case _:
            return Kind.JSON, True
