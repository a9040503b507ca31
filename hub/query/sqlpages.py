"""A page as SQL: its rows are cut first, by filter, cursor, order and `first`; relations are joined to what is left."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    Text,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from hub.query.cursor import cursor_of
from hub.query.sql import Builder, allows
from hub.query.sqltext import (
    Column,
    Joined,
    Row,
    any_of,
    argument,
    json_object,
    listed,
    or_clear,
    or_nothing,
    text,
    together,
)
from hub.query.tree import Order, Page, PagePart, Term

CURSOR_INNER, CURSOR_OUTER = "cursor_inner", "cursor_outer"
"""Names of the bound keys of the cursors' HMAC."""
DIGITS = "FM0000"
"""Wide enough for the number of any row of a page: FIRST_MAX and one more."""

_OPERATORS: dict[str, Callable[[Column, Column], ColumnElement[bool]]] = {
    "eq": lambda column, value: column == value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "startsWith": lambda column, value: func.starts_with(column, value, type_=Boolean),
    # No LIKE: a pattern with a bad escape fails only where a row is reached, which is an oracle (findings.md).
    "contains": lambda column, value: func.strpos(column, value, type_=Integer) > literal_column("0"),
}


def page_select(build: Builder, page: Page, parent: Row | None) -> Select[Any]:
    """One row (json of the connection object, ids, bits). `parent`: the row that the page is asked of."""
    rows = _cut(build, page, parent)
    lists = [part for part in page.parts if part.kind in ("nodes", "edges")]
    joined, ids, bits, columns = Joined(rows.source), [], [], []
    for index, part in enumerate(lists):
        json, more_ids, more_bits = _member(build, part, page, rows, joined)
        columns.append(json.label(f"c{index}"))
        ids += more_ids
        bits += more_bits
    id_column = page.base.type.declared.id_column
    if not ids and id_column is not None and any(_asks(part, "cursor", "endCursor") for part in page.parts):
        ids.append(func.int8send(rows.c[id_column], type_=LargeBinary))
    if any(_asks(part, "endCursor") for part in page.parts):
        columns.append(_cursor(page, rows).label("cursor"))
    inner = (
        select(*columns, rows.c.n.label("n"), together(ids).label("ids"), any_of(bits).label("bits"))
        .select_from(joined.source)
        .correlate_except()
        .subquery(build.name("x"))
    )
    return _connection(build, page, lists, inner, parent)


def _cut(build: Builder, page: Page, parent: Row | None) -> Row:
    """The rows of the page, numbered in order; one more where it is asked whether more follow."""
    row = build.row(page.base.type.declared.table)
    source, known, where = build.rows(page.base, row)
    where += _conditions(page, row, parent)
    if page.after:
        where.append(_after(page, row))
    order = [_ordered(_order_column(row, known, term), term) for term in page.order]
    limit = page.first + (1 if any(_asks(part, "hasNextPage") for part in page.parts) else 0)
    name = build.name("q")
    cut = (
        select(literal_column(f"{row.name}.*"), func.row_number().over(order_by=order).label("n"))
        .select_from(source)
        .where(*where)
        .order_by(*order)
        # A number of 1 to 1,001, checked: with a bound LIMIT a generic plan expects a tenth of the table.
        .limit(literal_column(str(limit)))
        .correlate_except()
        .subquery(name)
    )
    return row.cut(cut, name, "n")


def _order_column(row: Row, known: Row | None, term: Order) -> Column:
    """The audience table holds the columns of the default order, indexed by agency: the page comes in its order."""
    return known.c[term.column] if known is not None and term.column in known.c else row.c[term.column]


def _conditions(page: Page, row: Row, parent: Row | None) -> list[ColumnElement[bool]]:
    where = [_term(page, term, row) for term in page.terms]
    if page.remote is not None and page.local is not None and parent is not None:
        where.append(row.c[page.remote] == parent.c[page.local])
    return where


def _term(page: Page, term: Term, row: Row) -> ColumnElement[bool]:
    """One condition of the filter, and the one under which the field may be read at all: hidden never matches."""
    column = row.c[term.column]
    values = [argument(name, column) for name in term.names]
    holds: ColumnElement[bool]
    if term.operator == "isNull":
        holds = column.is_not(None) if term.negated else column.is_(None)
    elif term.operator == "in":
        # One equality a value: the planner knows how many, and no array is bound (findings.md).
        holds = or_(false(), *(column == value for value in values))
    elif hasattr(column.type, "item_type"):
        holds = values[0] == func.any(column)
    else:
        holds = _OPERATORS[term.operator](column, values[0])
    if term.condition is None:
        return holds
    return and_(allows(term.condition, page.base.type, row), holds)


def _ordered(column: Column, term: Order) -> Column:
    made = column.desc() if term.descending else column.asc()
    return made.nulls_last() if term.nullable and term.descending else made


def _after(page: Page, row: Row) -> ColumnElement[bool]:
    """Rows behind the cursor. Row-wise where that is right, it uses the index; not for NULLs and mixed directions."""
    columns = [row.c[term.column] for term in page.order]
    values = [argument(name, column) for name, column in zip(page.after, columns, strict=True)]
    if len({term.descending for term in page.order}) == 1 and not any(term.nullable for term in page.order):
        return tuple_(*columns) < tuple_(*values) if page.order[0].descending else tuple_(*columns) > tuple_(*values)
    branches = []
    equal: list[ColumnElement[bool]] = []
    for term, column, value in zip(page.order, columns, values, strict=True):
        later = column < value if term.descending else column > value
        if term.nullable:  # nulls come last
            later = or_(later, and_(column.is_(None), value.is_not(None)))
        branches.append(and_(*equal, later))
        equal.append(column.is_not_distinct_from(value) if term.nullable else column == value)
    return or_(*branches)


def _cursor(page: Page, rows: Row) -> ColumnElement[str]:
    inner, outer = (bindparam(name, type_=LargeBinary, required=False) for name in (CURSOR_INNER, CURSOR_OUTER))
    return cursor_of([rows.c[term.column] for term in page.order], page.signature, inner, outer)


def _asks(part: PagePart, *kinds: str) -> bool:
    return part.kind in kinds or any(_asks(inner, *kinds) for inner in part.parts)


def _member(
    build: Builder, part: PagePart, page: Page, rows: Row, joined: Joined
) -> tuple[Column, list[Column], list[Column]]:
    """One row of `nodes` or `edges`: json, ids, bits."""
    if part.record is not None:
        joined.source, json, ids, bits = build.render(part.record, rows, None, joined.source)
        return json, ids, bits
    pairs: list[tuple[str, Column]] = []
    all_ids: list[Column] = []
    all_bits: list[Column] = []
    for inner in part.parts:
        if inner.kind == "cursor":
            pairs.append((inner.key, _cursor(page, rows)))
        elif inner.kind == "constant":
            pairs.append((inner.key, text(inner.constant or "")))
        else:
            json, ids, bits = _member(build, inner, page, rows, joined)
            pairs.append((inner.key, json))
            all_ids += ids
            all_bits += bits
    return json_object(pairs, joined, build.name("j")), all_ids, all_bits


def _connection(build: Builder, page: Page, lists: list[PagePart], inner: Any, parent: Row | None) -> Select[Any]:
    """The connection object over the rows; the row beyond `first` only tells that it is there."""
    first = literal_column(str(page.first))
    within = inner.c.n <= first
    columns = [listed(inner.c[f"c{index}"], inner.c.n, within).label(f"c{index}") for index in range(len(lists))]
    columns += [
        func.coalesce(func.bool_or(inner.c.n > first), false()).label("more"),
        or_nothing(func.string_agg(inner.c.ids, literal_column("''::bytea")).filter(within)).label("ids"),
        or_clear(func.bit_or(inner.c.bits).filter(within)).label("bits"),
    ]
    if "cursor" in inner.c:
        # The cursor of the greatest number: numbers are equally wide, so text order is number order.
        number = func.to_char(inner.c.n, text(DIGITS), type_=Text)
        last = func.max(number.concat(inner.c.cursor)).filter(within)
        columns.append(func.substr(last, len(DIGITS) - 1, type_=Text).label("last"))
    whole = select(*columns).select_from(inner).correlate_except().subquery(build.name("a"))
    joined = Joined(whole)
    total = _total(build, page, parent) if any(part.kind == "totalCount" for part in page.parts) else None
    if total is not None:
        joined.add(total, may_miss=False)
    pairs: list[tuple[str, Column]] = []
    for part in page.parts:
        match part.kind:
            case "nodes" | "edges":
                value: Column = whole.c[f"c{lists.index(part)}"]
            case "totalCount" if total is not None:
                value = total.c.total
            case "pageInfo":
                value = json_object([(each.key, _info(each, whole)) for each in part.parts], joined, build.name("j"))
            case _:
                value = text(part.constant or "")
        pairs.append((part.key, value))
    json = json_object(pairs, joined, build.name("j"))
    made = select(json.label("j"), whole.c.ids.label("ids"), whole.c.bits.label("bits"))
    return made.select_from(joined.source).correlate_except()


def _info(part: PagePart, whole: Any) -> Column:
    match part.kind:
        case "hasNextPage":
            return whole.c.more  # type: ignore[no-any-return]
        case "endCursor":
            return whole.c.last  # type: ignore[no-any-return]
        case _:
            return text(part.constant or "")


def _total(build: Builder, page: Page, parent: Row | None) -> Any:
    row = build.row(page.base.type.declared.table)
    source, _, where = build.rows(page.base, row)
    where += _conditions(page, row, parent)
    made = select(func.count(type_=Integer).label("total")).select_from(source).where(*where)
    return made.correlate_except().lateral(build.name("c"))
