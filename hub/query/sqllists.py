"""Whole lists of a record, whose items may be hidden one by one, and `hiddenFields`, which tells that some are."""

from itertools import groupby
from typing import TYPE_CHECKING

from hub.graph.catalogue import TypeSpec
from hub.graph.declare import Many
from hub.query.sqltext import (
    NO_BITS,
    Source,
    any_of,
    condition_text,
    hidden_bit,
    listed,
    or_clear,
    or_nothing,
    text,
    together,
)
from hub.query.tree import HiddenField, ItemRule, Items

if TYPE_CHECKING:
    from hub.query.sql import Builder, Scope


def items(build: "Builder", output: Items, scope: "Scope") -> str:
    """A list with its hidden items left out, their bits set; null, and not executed, where the field is hidden."""
    child, judged = output.record, scope.judged
    row, inner = build.name("t"), build.name("i")
    source, where = _linked(build, output.link, child.type, row, scope.row)
    if output.condition is not None and judged is not None:
        where += f" AND {judged.holds(output.condition)}"
    made = build.render(child, row, judged if child.judged_on_parent else None, source)
    order = ", ".join(f"{row}.{column}{' DESC' if down else ''}" for column, down in child.type.declared.order)
    rules = [
        (rule, _classes(rule, child.type, row), _holds(build, rule, child.type, row, scope)) for rule in output.rules
    ]
    # What is hidden is told of the whole list: whether a hidden item bears the id that is asked for, nothing tells.
    asked = "".join(
        f" AND {row}.{column} = {build.argument(name, child.type.declared.table, column)}"
        for column, name in output.only
    )
    rows = (
        f"SELECT {made.json} AS j, {together(made.ids)} AS ids, {any_of(made.bits)} AS bits,"
        f" {_visible(rules)}{asked} AS v, {_hidden_bits(rules)} AS h, row_number() OVER (ORDER BY {order}) AS n"
        f" FROM {made.source} WHERE {where}"
    )
    value = scope.add(
        build.name("l"),
        f"SELECT {listed(f'{inner}.j', f'{inner}.n', f' FILTER (WHERE {inner}.v)')} AS j,"
        f" {or_nothing(f'string_agg({inner}.ids, NULL) FILTER (WHERE {inner}.v)')} AS ids,"
        f" {or_clear(f'bit_or({inner}.bits) FILTER (WHERE {inner}.v)')} | {or_clear(f'bit_or({inner}.h)')} AS bits"
        f" FROM ({rows}) {inner}",
    )
    return value if judged is None else judged.unless_hidden(value, output.condition)


def hidden_fields(build: "Builder", fields: tuple[HiddenField, ...], scope: "Scope") -> str:
    """The names, in schema order; neighbours under one condition are one text."""
    if all(field.always for field in fields):
        return "'[" + ",".join(f'"{field.name}"' for field in fields) + "]'::json"
    runs = []
    for _, group in groupby(fields, key=lambda field: (field.always, field.condition, field.link and field.name)):
        members = list(group)
        names = text(",".join(field.name for field in members))
        runs.append(
            names if members[0].always else f"CASE WHEN {_is_hidden(build, members[0], scope)} THEN {names} END"
        )
    return f"to_json(string_to_array(concat_ws(',', {', '.join(runs)}), ','))"


def _is_hidden(build: "Builder", field: HiddenField, scope: "Scope") -> str:
    judged = scope.judged
    assert judged is not None  # noqa: S101 - only judged records have conditional fields
    hidden = "false" if field.condition is None else f"NOT {judged.holds(field.condition)}"
    if field.link is None or field.target is None:
        return hidden
    row = build.name("t")
    source, linked = _linked(build, field.link, field.target, row, scope.row)
    rules = [
        (rule, _classes(rule, field.target, row), _holds(build, rule, field.target, row, scope)) for rule in field.rules
    ]
    return f"({hidden} OR EXISTS (SELECT FROM {source} WHERE {linked} AND NOT {_visible(rules)}))"


def _linked(build: "Builder", link: Many, kind: TypeSpec, row: str, parent: str) -> tuple[Source, str]:
    stored = kind.declared.table.description
    if link.through is None:
        return Source(f"{stored} {row}"), f"{row}.{link.remote} = {parent}.{link.local}"
    through = build.name("t")
    source = Source(
        f"{stored} {row} INNER JOIN {link.through.description} {through} ON {through}.{link.far} = {row}.{link.near}"
    )
    return source, f"{through}.{link.remote} = {parent}.{link.local}"


Rule = tuple[ItemRule, str, str]
"""A rule, is the item of its classes, does its condition hold."""


def _holds(build: "Builder", rule: ItemRule, kind: TypeSpec, row: str, scope: "Scope") -> str:
    """The rule's condition: on the parent for an item that is judged as its parent, else on the item itself."""
    if rule.never:
        return "false"
    if rule.condition is None:
        return "true"
    if kind.judged_as is None and scope.judged is not None:
        return scope.judged.holds(rule.condition)
    return condition_text(rule.condition, kind, row, build.parameters)


def _classes(rule: ItemRule, kind: TypeSpec, row: str) -> str:
    if rule.classes is None or kind.declared.row_class is None:
        return "true"
    return f"{row}.{kind.declared.row_class} IN ({', '.join(text(member.value) for member in rule.classes)})"


def _visible(rules: list[Rule]) -> str:
    if not rules:
        return "true"
    return "(" + " OR ".join(f"({classes} AND {holds})" for _, classes, holds in rules) + ")"


def _hidden_bits(rules: list[Rule]) -> str:
    bits = [
        hidden_bit(f"(NOT {classes} OR {holds})", rule.bit) for rule, classes, holds in rules if rule.bit is not None
    ]
    return any_of(bits) if bits else NO_BITS
