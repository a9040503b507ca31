"""An export as SQL: a stretch of the table in the order of internal ids, what of it may be known, each record a line.

The stretch is bounded, not the lines: so one statement costs the same however little of the table its caller may know.
How many lines it gave is told to the hub only, which cuts what leaves by lines (`hub/exporting.py`): no gap tells of a
record that is hidden. Text is put together by PostgreSQL and passed through (docs/decisions/0017-bulk-export.md).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy.dialects import postgresql

from hub.feed.log import HORIZON
from hub.graph.exporting import KEY, Column, Export, Written
from hub.query.sql import Builder, Judged, Scope
from hub.query.sqlcommonfeeds import Later
from hub.query.sqltext import (
    NO_IDS,
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

STRETCH: Final = 5_000
"""Rows that one statement looks at; also the lines of a batch, so that a stretch ends one batch at most."""
_BACKSLASH, _BACKSLASHES, _APOSTROPHE, _END = r"E'\\'", r"E'\\\\'", "''''", r"E'\\x0d0a'::bytea"
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
GUARDED: Final = "=+-@'\t\r＝＋－＠"
"""A cell that begins so could be taken for a formula, or for one that was guarded: it gets an apostrophe in front."""


def lines_select(build: Builder, root: LinesRoot) -> str:
    """One row: bytes of the lines, where each ends (`cut`, only where it is asked for), the place (m), ids, bits.

    m: epoch; oldest running and next transaction; last id of the stretch, whether more follow; how many lines, the id
    of the last. cut: for each line its id (8 bytes) and its length (4 bytes).
    """
    bound, kind = build.parameters, root.record.type
    stored = str(kind.declared.table.description)
    row, lines, seen, walked = (build.name(prefix) for prefix in "txww")
    after = bound.use(root.after, "bigint")
    stretch = f"FROM {stored} {seen} WHERE {seen}.id > {after} ORDER BY {seen}.id LIMIT {STRETCH}"
    source = Source(f"(SELECT {seen}.* {stretch}) {row}")
    values, scope = values_of(build, root.record, row, source)
    line = _line(root, values)
    rows = (
        f"SELECT {row}.id, {line} AS line, {together(scope.ids)} AS ids, {any_of(scope.bits)} AS bits"
        f" FROM {source} WHERE {' AND '.join(allowed(build, root.record, row)) or 'true'} ORDER BY {row}.id OFFSET 0"
    )
    end = f"SELECT max({walked}.id) AS last, count(*) = {STRETCH} AS more FROM (SELECT {seen}.id {stretch}) {walked}"
    place = ", ".join(
        (
            "(SELECT e.number FROM feed_epoch e)",
            f"{HORIZON}::text",
            "pg_snapshot_xmax(pg_current_snapshot())::text",
            f"(SELECT json_build_array({walked}.last, {walked}.more) FROM ({end}) {walked})",
            "count(*)",
            f"max({lines}.id)",
        )
    )
    cut = f"string_agg(int8send({lines}.id) || int4send(octet_length({lines}.line)), NULL)"
    return (
        f"SELECT coalesce(string_agg({lines}.line, NULL), '') AS lines, {cut if root.cut else NO_IDS} AS cut,"
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


def values_of(build: Builder, record: Record, row: str, source: Source) -> tuple[Mapping[str, str], Scope]:
    """SQL of the value of each field selected, by its name (a dot between an object and its field)."""
    judged = Judged(row, record.type, build.name("k"), build.parameters)
    scope = Scope(row, judged, ids=[f"int8send({row}.id)"])
    values: dict[str, str] = {}
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


class Literal(str):
    """A piece of text that is the same in every line."""

    __slots__ = ()


Piece = Literal | str
"""The other pieces are SQL."""


def _line(root: LinesRoot, values: Mapping[str, str]) -> str:
    """The bytes of a line: not text, so that the driver does not decode what is only to be sent."""
    export = root.export
    if root.form is LineForm.NDJSON:
        return f"convert_to({json_line(export, values)}, 'UTF8')"
    cells = [_cell(column, values) for column in export.columns]
    if root.form is LineForm.CSV_POSITIONS:
        cells += [_cell(export.key, values), "NULL"]  # the place is put in by the hub, at the end of a batch
    # A row as text is a line of CSV between parentheses, but for its backslashes, which are doubled.
    text = f"convert_to(replace(ROW({', '.join(cells)})::text, {_BACKSLASHES}, {_BACKSLASH}), 'UTF8')"
    return f"(SELECT substr(r.l, 2, octet_length(r.l) - 2) || {_END} FROM (SELECT {text} AS l OFFSET 0) r)"


def json_line(export: Export, values: Mapping[str, str]) -> str:
    """The text of a line with its end."""
    parts: list[Piece] = [Literal(f'{{"{KEY}":'), *_member(export.key, values, export.empty), Literal(',"record":{')]
    for at, column in enumerate(export.columns):
        parts += [Literal(f'{"," if at else ""}"{column.name}":'), *_member(column, values, export.empty)]
    return _text([*parts, Literal("}}\n")])


def _text(pieces: Sequence[Piece]) -> str:
    """The pieces one after the other: literals that meet are one, and a tree of joins copies less than a chain."""
    met: list[Piece] = []
    for piece in pieces:
        if met and isinstance(piece, Literal) and isinstance(met[-1], Literal):
            met[-1] = Literal(met[-1] + piece)
        else:
            met.append(piece)
    sql = [_quoted(piece) if isinstance(piece, Literal) else piece for piece in met]
    while len(sql) > 1:
        pairs = [f"({one} || {other})" for one, other in zip(sql[::2], sql[1::2], strict=False)]
        sql = pairs + sql[2 * len(pairs) :]
    return sql[0]


def _quoted(literal: Literal) -> str:
    """Raises ValueError: it would have to be escaped otherwise."""
    if "'" in literal or "\\" in literal:
        raise ValueError("not a plain literal")
    return "E'" + literal.replace("\n", r"\n") + "'"


def _member(column: Column, values: Mapping[str, str], empty: str) -> list[Piece]:
    """A JSON value as text."""
    if not column.sources:
        return [Literal(empty)]
    value = column.sql(*(values[source] for source in column.sources))
    match column.written:
        case Written.TEXT:
            return [f"coalesce(to_json({value})::text, '{empty}')"]
        case Written.JSON:
            return [f"coalesce({value}, '{empty}')"]
    if empty == '""':
        return [Literal('"'), f"coalesce({value}, '')", Literal('"')]
    return [f"""coalesce('"' || {value} || '"', '{empty}')"""]


def _cell(column: Column, values: Mapping[str, str]) -> str:
    """A cell of CSV: NULL where there is nothing, never a formula."""
    if not column.sources:
        return "NULL"
    value = column.sql(*(values[source] for source in column.sources))
    if column.written is not Written.TEXT:
        return value
    codes = ",".join(str(ord(each)) for each in GUARDED)
    return f"CASE WHEN ascii({value}) IN ({codes}) THEN {_APOSTROPHE} || {value} ELSE nullif({value}, '') END"
