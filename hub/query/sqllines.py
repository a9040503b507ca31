"""An export as SQL: a stretch of the table in the order of internal ids, what of it may be known, each record a line.

The stretch is bounded, not the lines: so one statement costs the same however little of the table its caller may know.
How many lines it gave is told to the hub only, which cuts what leaves by lines (`hub/exporting.py`): no gap tells of a
record that is hidden. Text is put together by PostgreSQL and passed through (docs/decisions/0017-bulk-export.md).
"""

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy.dialects import postgresql

from hub.db.base import PLAIN
from hub.feed.log import HORIZON
from hub.graph.exporting import KEY, Column, Export, Written
from hub.query.sql import Builder, Judged, Scope
from hub.query.sqlcommonfeeds import Later
from hub.query.sqljson import Literal, Piece, either, joined, plain_texts
from hub.query.sqltext import (
    Source,
    any_of,
    condition_text,
    derived_text,
    or_clear,
    or_nothing,
    place_bits,
    together,
)
from hub.query.tree import Constant, Items, Leaf, LineForm, LinesRoot, Object, Output, Record

STRETCH: Final = 1_000
"""Rows that one statement looks at; also the lines of a batch, so that a stretch ends one batch at most."""
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
GUARDED: Final = "=+-@'\t\r＝＋－＠"
"""A cell that begins so could be taken for a formula, or for one that was guarded: it gets an apostrophe in front."""


def lines_select(build: Builder, root: LinesRoot) -> str:
    """One row: bytes of the lines, where each ends (`cut`), the place (m), ids, bits.

    m: epoch; oldest running and next transaction; last id of the stretch, whether more follow, last id of the next
    stretch or null; how many lines, the id of the last. cut: for each line its id (8 bytes) and its length (4 bytes).
    """
    bound, kind = build.parameters, root.record.type
    stored = str(kind.declared.table.description)
    row, lines, seen, walked = (build.name(prefix) for prefix in "txww")
    after = bound.use(root.after, "bigint")
    behind = f"FROM {stored} {seen} WHERE {seen}.id > {after} ORDER BY {seen}.id"
    stretch, both = f"{behind} LIMIT {STRETCH}", f"{behind} LIMIT {2 * STRETCH}"
    source = Source(f"(SELECT {seen}.* {stretch}) {row}")
    values, scope = values_of(build, root.record, row, source, root.export.order)
    line = _line(root, values, row)
    rows = (
        f"SELECT {row}.id, {line} AS line, {together(scope.ids)} AS ids, {any_of(scope.bits)} AS bits"
        f" FROM {source} WHERE {' AND '.join(allowed(build, root.record, row)) or 'true'} ORDER BY {row}.id OFFSET 0"
    )
    numbered = f"SELECT {seen}.id, row_number() OVER (ORDER BY {seen}.id) AS n {both}"
    ends = (
        f"max({walked}.id) FILTER (WHERE {walked}.n <= {STRETCH})",
        f"coalesce(bool_or({walked}.n = {STRETCH}), false)",
        f"max({walked}.id) FILTER (WHERE {walked}.n = {2 * STRETCH})",
    )
    end = f"SELECT json_build_array({', '.join(ends)}) FROM ({numbered}) {walked}"
    place = ", ".join(
        (
            "(SELECT e.number FROM feed_epoch e)",
            f"{HORIZON}::text",
            "pg_snapshot_xmax(pg_current_snapshot())::text",
            f"({end})",
            "count(*)",
            f"max({lines}.id)",
        )
    )
    cut = f"string_agg(int8send({lines}.id) || int4send(octet_length({lines}.line)), NULL)"
    return (
        f"SELECT coalesce(string_agg({lines}.line, NULL), '') AS lines, {or_nothing(cut)} AS cut,"
        f" json_build_array({place}) AS m, {or_nothing(f'string_agg({lines}.ids, NULL)')} AS ids,"
        f" {or_clear(f'bit_or({lines}.bits)')} AS bits FROM ({rows}) {lines}"
    )


def allowed(build: Builder, record: Record, row: str) -> list[str]:
    """The row policy, by the clock of the feeds: what is public in a moment must not be missed by both."""
    if record.by_audience:
        raise TypeError("an export is of records that name no audience")
    if record.nothing:
        return ["false"]
    return [] if record.row is None else [condition_text(record.row, record.type, row, Later(build.parameters))]


# --- values ----------------------------------------------------------------------------------------------------------


class _Values(dict[str, str]):
    """Of a related record that is hidden whole, each field is."""

    def __missing__(self, name: str) -> str:
        holder, dot, _ = name.partition(".")
        if dot and holder in self:
            return "NULL::text"
        raise KeyError(name)


def values_of(
    build: Builder, record: Record, row: str, source: Source, order: tuple[str, ...] = ()
) -> tuple[Mapping[str, str], Scope]:
    """SQL of the value of each field selected, by its name (a dot between an object and its field).

    `order`: columns of the key, which is then there under `KEY`, as its feed names it, whatever is hidden.
    """
    judged = Judged(row, record.type, build.name("k"), build.parameters)
    scope = Scope(row, judged, ids=[f"int8send({row}.id)"])
    values = _Values()
    if order:
        values[KEY] = " || '/' || ".join(f"{row}.{column}::text" for column in order)
    joined: list[Callable[[], None]] = []
    for output in record.outputs:
        if isinstance(output, Object):
            joined.append(_joined(build, output, scope, source, values))
        elif isinstance(output, Items):
            joined.append(_listed(build, output, scope, source, values))
        else:
            values[output.key] = _value(build, output, record, row, judged)
    scope.bits += [place_bits(judged.holds(condition), bit) for bit, condition in record.bits]
    if judged.tested:
        source.add(judged.name, judged.tests(), may_miss=False)
    for add in joined:
        add()
    return values, scope


def _value(build: Builder, output: Output, record: Record, row: str, judged: Judged) -> str:
    match output:
        case Constant(key, None):
            source = record.type.fields[key].source
            column = getattr(source, "column", None)
            kind = record.type.declared.table.c[column].type.compile(_DIALECT) if column else "text"
            return f"NULL::{kind}"
        case Leaf(_, str() as column, _, condition):
            return judged.unless_hidden(f"{row}.{column}", condition)
        case Leaf(_, derived, _, condition):
            return judged.unless_hidden(derived_text(derived, record.type, lambda _: row, build.parameters), condition)  # type: ignore[arg-type]
    raise TypeError(f"an export cannot write {output.key}")


def _joined(build: Builder, output: Object, scope: Scope, source: Source, values: dict[str, str]) -> Callable[[], None]:
    """The fields of a related record; the join is added when all conditions on the row are known."""
    child, name, inner = output.record, build.name("o"), build.name("t")
    where = [f"{inner}.{output.link.remote} = {scope.row}.{output.link.local}", *allowed(build, child, inner)]
    if output.condition is not None and scope.judged is not None:
        where.append(scope.judged.holds(output.condition))
    within = Source(f"{child.type.declared.table.description} {inner}")
    found, own = values_of(build, child, inner, within)
    columns = [f"{value} AS c{at}" for at, value in enumerate(found.values())]
    columns += [f"{together(own.ids)} AS ids", f"{any_of(own.bits)} AS bits"]
    values |= {f"{output.key}.{key}": f"{name}.c{at}" for at, key in enumerate(found)}
    scope.ids.append(or_nothing(f"{name}.ids"))
    if child.bits:
        scope.bits.append(or_clear(f"{name}.bits"))
    return lambda: source.add(name, f"SELECT {', '.join(columns)} FROM {within} WHERE {' AND '.join(where)}")


def _listed(build: Builder, output: Items, scope: Scope, source: Source, values: dict[str, str]) -> Callable[[], None]:
    """A whole list as one JSON text without a line break (json_agg puts one between two members)."""
    child, name, inner, judged = output.record, build.name("l"), build.name("t"), scope.judged
    if output.rules or output.link.through is not None or judged is None:
        raise TypeError("an export cannot hide items of a list one by one")
    within = Source(f"{child.type.declared.table.description} {inner}")
    made = build.render(child, inner, judged if child.judged_on_parent else None, within)
    where = [f"{inner}.{output.link.remote} = {scope.row}.{output.link.local}"]
    if output.condition is not None:
        where.append(judged.holds(output.condition))
    order = ", ".join(f"{inner}.{column}{' DESC' if down else ''}" for column, down in child.type.declared.order)
    select = (
        f"SELECT '[' || coalesce(string_agg({made.json}::text, ',' ORDER BY {order}), '') || ']' AS j,"
        f" {or_nothing(f'string_agg({together(made.ids)}, NULL)')} AS ids"
        f" FROM {made.source} WHERE {' AND '.join(where)}"
    )
    values[output.key] = judged.unless_hidden(f"{name}.j", output.condition)
    scope.ids.append(or_nothing(f"{name}.ids"))
    return lambda: source.add(name, select)


# --- lines -----------------------------------------------------------------------------------------------------------


def _line(root: LinesRoot, values: Mapping[str, str], row: str) -> str:
    """The bytes of a line: not text, so that the driver does not decode what is only to be sent."""

    def pieces(plain: frozenset[str]) -> list[Piece]:
        if root.form is LineForm.NDJSON:
            return _json_pieces(root.export, values, plain)
        return _csv_pieces(root.export, values, plain, root.form)

    return f"convert_to({_line_of(root.record, row, pieces)}, 'UTF8')"


def json_line(export: Export, record: Record, values: Mapping[str, str], row: str) -> str:
    """The text of a line with its end."""
    return _line_of(record, row, lambda plain: _json_pieces(export, values, plain))


def _line_of(record: Record, row: str, pieces: Callable[[frozenset[str]], list[Piece]]) -> str:
    """The pieces of a line, for a row whose texts need no escaping and for any other. Both make the same bytes."""
    escaped, plain = joined(pieces(frozenset())), _plain(record)
    return either(f"{row}.{PLAIN}", joined(pieces(plain)), escaped) if plain else escaped


def _plain(record: Record) -> frozenset[str]:
    """The fields of which a row tells by `plain` whether they need escaping."""
    texts = plain_texts(record.type.declared.table)
    empty = {output.key for output in record.outputs if isinstance(output, Constant) and output.value is None}
    told = {output.key for output in record.outputs if isinstance(output, Leaf) and output.column in texts}
    return frozenset(told | empty if told else ())


def _json_pieces(export: Export, values: Mapping[str, str], plain: frozenset[str]) -> list[Piece]:
    pieces: list[Piece] = [Literal(f'{{"{KEY}":'), *_member(export.key, values, export.empty, plain)]
    for at, column in enumerate(export.columns):
        pieces.append(Literal(f',"{column.name}":' if at else f',"record":{{"{column.name}":'))
        pieces += _member(column, values, export.empty, plain)
    return [*pieces, Literal("}}\n")]


def _member(column: Column, values: Mapping[str, str], empty: str, plain: frozenset[str]) -> list[Piece]:
    """A JSON value as text. `plain`: sources that need no escaping."""
    if not column.sources:
        return [Literal(empty)]
    value = column.sql(*(values[source] for source in column.sources))
    match column.written:
        case Written.TEXT if not plain.issuperset(column.sources):
            return [f"coalesce(to_json({value})::text, '{empty}')"]
        case Written.JSON:
            return [f"coalesce({value}, '{empty}')"]
    if empty == '""':
        return [Literal('"'), f"coalesce({value}, '')", Literal('"')]
    return [f"""coalesce('"' || {value} || '"', '{empty}')"""]


def _csv_pieces(export: Export, values: Mapping[str, str], plain: frozenset[str], form: LineForm) -> list[Piece]:
    """RFC 4180; texts always between quotes."""
    positions = form is LineForm.CSV_POSITIONS
    pieces: list[Piece] = []
    for at, column in enumerate((*export.columns, export.key) if positions else export.columns):
        pieces += [*([Literal(",")] if at else []), *_cell(column, values, plain)]
    # The place is put in by the hub, at the end of a batch.
    return [*pieces, Literal(",\r\n" if positions else "\r\n")]


def _cell(column: Column, values: Mapping[str, str], plain: frozenset[str]) -> list[Piece]:
    """A cell of CSV: empty where there is nothing, never a formula."""
    if not column.sources:
        return []
    value = column.sql(*(values[source] for source in column.sources))
    if column.written is Written.PLAIN:
        return [f"coalesce({value}, '')"]
    quoted = value if plain.issuperset(column.sources) else f"""replace({value}, '"', '""')"""
    if column.written is Written.JSON:
        return [f"""coalesce('"' || {quoted} || '"', '')"""]
    codes = ",".join(str(ord(each)) for each in GUARDED)
    begins = f"""CASE WHEN ascii({value}) IN ({codes}) THEN E'"\\'' ELSE '"' END"""
    return [f"""coalesce({begins} || {quoted} || '"', '')"""]
