"""Whole lists of a record, whose items may be hidden one by one, and `hiddenFields`, which tells that some are."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ColumnElement, FromClause, and_, case, false, func, literal_column, not_, or_, select, true

from hub.query.sqltext import (
    NO_BITS,
    Column,
    Row,
    any_of,
    bit_unless,
    listed,
    or_clear,
    or_nothing,
    text,
    together,
)
from hub.query.tree import HiddenField, ItemRule, Items

if TYPE_CHECKING:
    from hub.graph.catalogue import TypeSpec
    from hub.query.sql import Builder, Judged, Scope


def items(build: "Builder", output: Items, scope: "Scope") -> Column:
    """A list with its hidden items left out, their bits set; null, and not executed, where the field is hidden."""
    child, judged = output.record, scope.judged
    target = build.row(child.type.declared.table)
    source, linked = _linked(build, output.link, target, scope.row)
    where = [linked]
    if output.condition is not None and judged is not None:
        where.append(judged.holds(output.condition))
    joined, json, ids, bits = build.render(child, target, judged if child.judged_on_parent else None, source)
    order = [target.c[column].desc() if down else target.c[column] for column, down in child.type.declared.order]
    inner = (
        select(
            json.label("j"),
            together(ids).label("ids"),
            any_of(bits).label("bits"),
            _visible(output.rules, child.type, target, judged).label("v"),
            _hidden_bits(output.rules, child.type, target, judged).label("h"),
            func.row_number().over(order_by=order).label("n"),
        )
        .select_from(joined)
        .where(*where)
        .correlate_except()
        .subquery(build.name("i"))
    )
    shown = inner.c.v
    whole = (
        select(
            listed(inner.c.j, inner.c.n, shown).label("j"),
            or_nothing(func.string_agg(inner.c.ids, literal_column("''::bytea")).filter(shown)).label("ids"),
            or_clear(func.bit_or(inner.c.bits).filter(shown)).op("|")(or_clear(func.bit_or(inner.c.h))).label("bits"),
        )
        .select_from(inner)
        .correlate_except()
        .lateral(build.name("l"))
    )
    value = scope.add(whole)
    return value if judged is None else judged.unless_hidden(value, output.condition)


def hidden_fields(build: "Builder", fields: tuple[HiddenField, ...], scope: "Scope") -> Column:
    """The names, in schema order; neighbours under one condition are one text."""
    if all(field.always for field in fields):
        names = ",".join(f'"{field.name}"' for field in fields)
        return literal_column(f"'[{names}]'::json", JSON)
    runs: list[Column] = []
    for _, group in groupby(fields, key=lambda field: (field.always, field.condition, field.link and field.name)):
        members = list(group)
        names = text(",".join(field.name for field in members))
        runs.append(names if members[0].always else case((_is_hidden(build, members[0], scope), names)))
    joined = func.concat_ws(text(","), *runs)
    return func.to_json(func.string_to_array(joined, text(",")), type_=JSON)


def _is_hidden(build: "Builder", field: HiddenField, scope: "Scope") -> ColumnElement[bool]:
    judged = scope.judged
    assert judged is not None  # noqa: S101 - only judged records have conditional fields
    hidden = false() if field.condition is None else not_(judged.holds(field.condition))
    if field.link is None or field.target is None:
        return hidden
    target = build.row(field.target.declared.table)
    source, linked = _linked(build, field.link, target, scope.row)
    item = select(literal_column("1")).select_from(source)
    item = item.where(linked, not_(_visible(field.rules, field.target, target, judged))).correlate_except()
    return or_(hidden, item.exists())


def _linked(build: "Builder", link: Any, target: Row, row: Row) -> tuple[FromClause, ColumnElement[bool]]:
    if link.through is None:
        return target.source, target.c[link.remote] == row.c[link.local]
    through = build.row(link.through)
    joined = target.source.join(through.source, through.c[link.far] == target.c[link.near])
    return joined, through.c[link.remote] == row.c[link.local]


def _holds(rule: ItemRule, kind: "TypeSpec", target: Row, judged: "Judged | None") -> ColumnElement[bool]:
    """The rule's condition: on the parent for an item that is judged as its parent, else on the item itself."""
    from hub.query.sql import allows  # noqa: PLC0415 - the builder imports this module

    if rule.never:
        return false()
    if rule.condition is None:
        return true()
    if kind.judged_as is None and judged is not None:
        return judged.holds(rule.condition)
    return allows(rule.condition, kind, target)


def _of_classes(rule: ItemRule, kind: "TypeSpec", target: Row) -> ColumnElement[bool]:
    if rule.classes is None or kind.declared.row_class is None:
        return true()
    return target.c[kind.declared.row_class].in_([text(member.value) for member in rule.classes])


def _visible(
    rules: tuple[ItemRule, ...], kind: "TypeSpec", target: Row, judged: "Judged | None"
) -> ColumnElement[bool]:
    if not rules:
        return true()
    each = [
        and_(_of_classes(rule, kind, target), _holds(rule, kind, target, judged)) for rule in rules if not rule.never
    ]
    return or_(false(), *each)


def _hidden_bits(rules: tuple[ItemRule, ...], kind: "TypeSpec", target: Row, judged: "Judged | None") -> Column:
    bits = [
        bit_unless(or_(not_(_of_classes(rule, kind, target)), _holds(rule, kind, target, judged)), rule.bit)
        for rule in rules
        if rule.bit is not None
    ]
    return any_of(bits) if bits else NO_BITS
