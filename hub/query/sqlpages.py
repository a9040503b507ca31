"""A page as SQL: its rows are cut first, by filter, cursor, order and `first`; relations are joined to what is left."""

from collections.abc import Callable

from sqlalchemy import FromClause

from hub.policy.predicate import Predicate
from hub.query.access import alternatives
from hub.query.cursor import cursor_text
from hub.query.sql import Builder
from hub.query.sqltext import (
    NO_IDS,
    Source,
    any_of,
    condition_text,
    derived_cast,
    derived_text,
    is_list,
    json_object,
    kinds_of,
    listed,
    or_clear,
    or_nothing,
    text,
    together,
)
from hub.query.tree import Order, Page, PagePart, Term

CURSOR_INNER, CURSOR_OUTER = "cursor_inner", "cursor_outer"
"""Names of the bound keys of the cursors' HMAC."""
FEW = 100
"""Up to so many counted records are named in the ledger."""
DIGITS = "FM0000"
"""Wide enough for the number of any row of a page: FIRST_MAX and one more."""

_OPERATORS: dict[str, Callable[[str, str], str]] = {
    "eq": "{} = {}".format,
    "lt": "{} < {}".format,
    "lte": "{} <= {}".format,
    "gt": "{} > {}".format,
    "gte": "{} >= {}".format,
    "startsWith": "starts_with({}, {})".format,
    # No LIKE: a pattern with a bad escape fails only where a row is reached, which is an oracle (findings.md).
    "contains": "strpos({}, {}) > 0".format,
}


def page_select(build: Builder, page: Page, parent: str | None) -> str:
    """One row (j: the connection object, ids, bits). `parent`: the row that the page is asked of."""
    cut, inner = build.name("q"), build.name("x")
    source = Source(f"({_cut(build, page, parent)}) {cut}")
    lists = [part for part in page.parts if part.kind in ("nodes", "edges")]
    ids: list[str] = []
    bits: list[str] = []
    columns = [f"{_member(build, part, page, cut, source, ids, bits)} AS c{at}" for at, part in enumerate(lists)]
    id_column = page.base.type.declared.id_column
    if (
        not ids
        and id_column is not None
        and any(_asks(part, "cursor", "endCursor", "hasNextPage") for part in page.parts)
    ):
        ids.append(f"int8send({cut}.{id_column})")
    if any(_asks(part, "endCursor") for part in page.parts):
        columns.append(f"{_cursor(build, page, cut)} AS cursor")
    numbers = ["n"] if _numbered(page) else [f"o{at}" for at in range(len(page.order))]
    columns += [f"{cut}.{number} AS {number}" for number in numbers]
    columns += [f"{together(ids)} AS ids", f"{any_of(bits)} AS bits"]
    rows = f"(SELECT {', '.join(columns)} FROM {source}) {inner}"
    return _connection(build, page, lists, rows, inner, parent)


def _cut(build: Builder, page: Page, parent: str | None) -> str:
    """The rows of the page, numbered in order; one more where it is asked whether more follow."""
    limit = page.first + (1 if any(_asks(part, "hasNextPage") for part in page.parts) else 0)
    # The limit is a number of 1 to 1,001, checked: with a bound LIMIT a generic plan expects a tenth of the table.
    end = f"LIMIT {int(limit)}"
    policy = page.base.row
    ways = alternatives(policy) if policy is not None and page.link.remote is None and not page.base.by_audience else ()
    if len(ways) < 2:  # noqa: PLR2004 - a choice is between two
        columns, rows, row = _rows(build, page, parent, policy)
        order = _in_order(page, columns)
        return f"SELECT {row}.*, {_placed(page, columns, order)} {rows} ORDER BY {order} {end}"
    # Each alternative comes in order from an index of its own; of what they bring, the first rows are the page.
    found = []
    for way in ways:
        columns, rows, row = _rows(build, page, parent, way)
        places = ", ".join(f"{column} AS o{at}" for at, column in enumerate(columns))
        found.append(f"(SELECT {row}.*, {places} {rows} ORDER BY {_in_order(page, columns)} {end})")
    union = build.name("u")
    order = _in_order(page, [f"{union}.o{at}" for at in range(len(page.order))])
    number = f", row_number() OVER (ORDER BY {order}) AS n" if _numbered(page) else ""
    return f"SELECT {union}.*{number} FROM ({' UNION ALL '.join(found)}) {union} ORDER BY {order} {end}"


def _rows(build: Builder, page: Page, parent: str | None, policy: Predicate | None) -> tuple[list[str], str, str]:
    """The order's columns, FROM and WHERE of the rows behind the cursor, and their alias."""
    row = build.name("t")
    source, known, where = build.rows(page.base, row, policy)
    alias = _aliases(page, row, known)
    where += _conditions(build, page, row, alias, parent)
    columns = [f"{alias(term.column)}.{term.column}" for term in page.order]
    if page.after:
        where.append(_after(build, page, columns))
    return columns, f"FROM {source} WHERE {' AND '.join(where) or 'true'}", row


def _placed(page: Page, columns: list[str], order: str) -> str:
    if _numbered(page):
        return f"row_number() OVER (ORDER BY {order}) AS n"
    return ", ".join(f"{column} AS o{at}" for at, column in enumerate(columns))


def _in_order(page: Page, columns: list[str]) -> str:
    return ", ".join(_ordered(column, term) for column, term in zip(columns, page.order, strict=True))


def _aliases(page: Page, row: str, known: str | None) -> Callable[[str], str]:
    """Where a column of the row is read: the audience table holds those of the default orders, indexed by agency.

    There the page begins, comes in order, and ends.
    """
    audience = page.base.type.declared.audience
    if known is None or audience is None:
        return lambda _: row
    return lambda column: known if column in audience.c else row


def _numbered(page: Page) -> bool:
    """Whether rows need numbers: to tell that one more is there, or which is the last. It costs a quarter of a page."""
    return any(_asks(part, "hasNextPage", "endCursor") for part in page.parts)


def _conditions(build: Builder, page: Page, row: str, alias: Callable[[str], str], parent: str | None) -> list[str]:
    where = [_term(build, page, term, row, alias) for term in page.terms]
    link = page.link
    if link.remote is not None and link.local is not None and parent is not None:
        if link.through is None:
            where.append(f"{row}.{link.remote} = {parent}.{link.local}")
        else:
            through = build.name("t")
            linked = f"{through}.{link.remote} = {parent}.{link.local}"
            found = f"SELECT {through}.{link.far} FROM {link.through.description} {through} WHERE {linked}"
            where.append(f"{row}.{page.base.type.declared.id_column} IN ({found})")
    return where


def _term(build: Builder, page: Page, term: Term, row: str, alias: Callable[[str], str]) -> str:
    """One condition of the filter, and the one under which the field may be read at all: hidden never matches."""
    kind, stored = page.base.type, page.base.type.declared.table
    if isinstance(term.column, str):
        column, cast = f"{row}.{term.column}", kinds_of(stored)[term.column]
    else:
        column, cast = derived_text(term.column, kind, alias, build.parameters), derived_cast(term.column, kind)
    values = [build.parameters.use(name, cast) for name in term.names]
    if term.operator == "is":
        holds = f"NOT {column}" if term.negated else column
    elif term.operator == "isNull":
        holds = f"{column} IS {'NOT ' if term.negated else ''}NULL"
    elif term.operator == "in":
        # One equality a value: the planner knows how many, and no array is bound (findings.md).
        holds = f"{column} IN ({', '.join(values)})" if values else "false"
    elif isinstance(term.column, str) and is_list(stored, term.column):
        holds = f"{values[0]} = ANY ({column})"
    else:
        holds = _OPERATORS[term.operator](column, values[0])
    if term.condition is None:
        return holds
    return f"{condition_text(term.condition, kind, row, build.parameters)} AND {holds}"


def _ordered(column: str, term: Order) -> str:
    direction = " DESC" if term.descending else ""
    return f"{column}{direction}{' NULLS LAST' if term.nullable and term.descending else ''}"


def _after(build: Builder, page: Page, columns: list[str]) -> str:
    """Rows behind the cursor. Row-wise where that is right, it uses the index; not for NULLs and mixed directions."""
    stored: FromClause = page.base.type.declared.table
    values = [build.argument(name, stored, term.column) for name, term in zip(page.after, page.order, strict=True)]
    if len({term.descending for term in page.order}) == 1 and not any(term.nullable for term in page.order):
        return f"({', '.join(columns)}) {'<' if page.order[0].descending else '>'} ({', '.join(values)})"
    branches = []
    equal: list[str] = []
    for term, column, value in zip(page.order, columns, values, strict=True):
        later = f"{column} {'<' if term.descending else '>'} {value}"
        if term.nullable:  # nulls come last
            later = f"({later} OR ({column} IS NULL AND {value} IS NOT NULL))"
        branches.append(" AND ".join([*equal, later]))
        equal.append(f"{column} {'IS NOT DISTINCT FROM' if term.nullable else '='} {value}")
    return "(" + " OR ".join(f"({branch})" for branch in branches) + ")"


def _cursor(build: Builder, page: Page, row: str) -> str:
    inner, outer = (build.parameters.use(name, "bytea") for name in (CURSOR_INNER, CURSOR_OUTER))
    return cursor_text([f"{row}.{term.column}" for term in page.order], page.signature, inner, outer)


def _asks(part: PagePart, *kinds: str) -> bool:
    return part.kind in kinds or any(_asks(inner, *kinds) for inner in part.parts)


def _member(
    build: Builder, part: PagePart, page: Page, row: str, source: Source, ids: list[str], bits: list[str]
) -> str:
    """The json of one row of `nodes` or `edges`; adds to source, ids and bits."""
    if part.record is not None:
        made = build.render(part.record, row, None, source)
        ids += made.ids
        bits += made.bits
        return made.json
    pairs = []
    for inner in part.parts:
        match inner.kind:
            case "cursor":
                value = _cursor(build, page, row)
            case "constant":
                value = text(inner.constant or "")
            case _:
                value = _member(build, inner, page, row, source, ids, bits)
        pairs.append((inner.key, value))
    return json_object(pairs, source, build.name("j"))


def _connection(build: Builder, page: Page, lists: list[PagePart], rows: str, inner: str, parent: str | None) -> str:
    """The connection object over the rows; the row beyond `first` only tells that it is there."""
    if _numbered(page):
        order, within = f"{inner}.n", f" FILTER (WHERE {inner}.n <= {int(page.first)})"
    else:
        # The order of the cut, said again: PostgreSQL sees that the rows come in it, and sorts nothing.
        order, within = ", ".join(_ordered(f"{inner}.o{at}", term) for at, term in enumerate(page.order)), ""
    columns = [f"{listed(f'{inner}.c{at}', order, within)} AS c{at}" for at in range(len(lists))]
    if within:
        columns.append(f"coalesce(bool_or({inner}.n > {int(page.first)}), false) AS more")
    columns += [
        f"{or_nothing(f'string_agg({inner}.ids, NULL){within}')} AS ids",
        f"{or_clear(f'bit_or({inner}.bits){within}')} AS bits",
    ]
    if any(_asks(part, "endCursor") for part in page.parts):
        # The cursor of the greatest number: numbers are equally wide, so text order is number order.
        numbered = f"to_char({inner}.n, '{DIGITS}') || {inner}.cursor"
        columns.append(f"substr(max({numbered}){within}, {len(DIGITS) - 1}) AS last")
    whole, total = build.name("a"), build.name("c")
    source = Source(f"(SELECT {', '.join(columns)} FROM {rows}) {whole}")
    if counted := any(part.kind == "totalCount" for part in page.parts):
        source.add(total, _total(build, page, parent), may_miss=False)
    pairs = []
    for part in page.parts:
        match part.kind:
            case "nodes" | "edges":
                value = f"{whole}.c{lists.index(part)}"
            case "totalCount":
                value = f"{total}.total"
            case "pageInfo":
                value = json_object([(each.key, _info(each, whole)) for each in part.parts], source, build.name("j"))
            case _:
                value = text(part.constant or "")
        pairs.append((part.key, value))
    json = json_object(pairs, source, build.name("j"))
    ids = f"{whole}.ids || {total}.ids" if counted else f"{whole}.ids"
    return f"SELECT {json} AS j, {ids} AS ids, {whole}.bits AS bits FROM {source}"


def _info(part: PagePart, whole: str) -> str:
    match part.kind:
        case "hasNextPage":
            return f"{whole}.more"
        case "endCursor":
            return f"{whole}.last"
        case _:
            return text(part.constant or "")


def _total(build: Builder, page: Page, parent: str | None) -> str:
    """How many, and which where they are few: to count two hospitals by a condition tells of both (R26)."""
    row, counted, few = build.name("t"), build.name("c"), build.name("f")
    source, known, where = build.rows(page.base, row, page.base.row)
    where += _conditions(build, page, row, _aliases(page, row, known), parent)
    rows = f"FROM {source} WHERE {' AND '.join(where) or 'true'}"
    id_column = page.base.type.declared.id_column
    if id_column is None:
        return f"SELECT count(*) AS total, {NO_IDS} AS ids {rows}"
    named = f"SELECT string_agg(int8send({few}.i), NULL) FROM (SELECT {row}.{id_column} AS i {rows} LIMIT {FEW}) {few}"
    ids = f"CASE WHEN {counted}.total <= {FEW} THEN {or_nothing(f'({named})')} ELSE {NO_IDS} END"
    return f"SELECT {counted}.total, {ids} AS ids FROM (SELECT count(*) AS total {rows}) {counted}"
