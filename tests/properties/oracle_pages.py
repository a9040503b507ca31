"""Pages in plain Python: filter, order with nulls last, cursor, `first`. And the meaning of a cursor, learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cmp_to_key
from typing import Any
from uuid import UUID

from tests.properties.oracle_law import ORDER, REGISTER, column
from tests.properties.oracle_rows import Row

Order = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Marker:
    """What a cursor says: its type, its order, the order's values. Its text is the hub's own affair."""

    kind: str
    order: Order
    values: tuple[Any, ...]


@dataclass
class Cursors:
    """Which text means which place. One text for one place, and the other way round."""

    places: dict[str, Marker] = field(default_factory=dict)
    texts: dict[Marker, str] = field(default_factory=dict)

    def learn(self, text: str, place: Marker) -> None:
        assert self.places.setdefault(text, place) == place, "one cursor for two places"
        assert self.texts.setdefault(place, text) == text, "two cursors for one place"


def order_of(kind: str, asked: Sequence[Mapping[str, Any]] | None, connection: str = "") -> Order:
    """What is asked, the first mention of a field; then the default order, which is the register's own in `register`."""
    columns: dict[str, bool] = {}
    for term in asked or ():
        columns.setdefault(column(kind, camel(term["field"])), term["direction"] == "DESC")
    for name, descending in REGISTER if connection == "register" else ORDER[kind]:
        columns.setdefault(name, descending)
    return tuple(columns.items())


def camel(member: str) -> str:
    """`DISCOVERED_ON` → `discoveredOn`."""
    first, *others = member.lower().split("_")
    return first + "".join(word.capitalize() for word in others)


def values_of(row: Row, order: Order) -> tuple[Any, ...]:
    return tuple(row[name] for name, _ in order)


def _compare(order: Order, left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
    for (_, descending), one, other in zip(order, left, right, strict=True):
        if one == other:
            continue
        if one is None or other is None:
            return 1 if one is None else -1
        return (1 if one < other else -1) if descending else (-1 if one < other else 1)
    return 0


def ordered(rows: Sequence[Row], order: Order) -> list[Row]:
    key = cmp_to_key(lambda left, right: _compare(order, left, right))
    return sorted(rows, key=lambda row: key(values_of(row, order)))


def behind(rows: Sequence[Row], order: Order, place: Marker) -> list[Row]:
    return [row for row in rows if _compare(order, values_of(row, order), place.values) > 0]


def matches(value: Any, conditions: Mapping[str, Any]) -> bool:
    """Whether a value that may be read meets all conditions of one field's filter."""
    return all(_holds(value, operator, operand) for operator, operand in conditions.items())


def _holds(value: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return (value is None) == operand
    if value is None:
        return False
    match operator:
        case "contains" | "startsWith" if isinstance(value, list):
            return operand in value
        case "contains":
            return operand in value
        case "startsWith":
            return bool(value.startswith(operand))
        case "in":
            return any(value == as_value(value, member) for member in operand)
        case "eq":
            return bool(value == as_value(value, operand))
    other = as_value(value, operand)
    return bool({"lt": value < other, "lte": value <= other, "gt": value > other, "gte": value >= other}[operator])


def as_value(like: Any, given: Any) -> Any:
    """An argument as what it is compared with; None for what is no such value."""
    match like:
        case UUID():
            try:
                return UUID(given) if str(UUID(given)) == given.lower() else None
            except ValueError:
                return None
        case datetime():
            return datetime.fromisoformat(given)
        case date():
            return date.fromisoformat(given)
        case Decimal():
            return Decimal(given)
        case bool() | str():
            return given
        case int():
            return int(given)
    raise AssertionError(like)


def leaf(value: Any, *, as_text: bool) -> Any:
    """A value as JSON has it: amounts and 64-bit numbers as text, times in UTC with offset."""
    match value:
        case datetime():
            text = value.isoformat()
            if value.microsecond:
                moment, _, offset = text.partition("+")
                text = f"{moment.rstrip('0')}+{offset}"
            return text
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case UUID():
            return str(value)
        case int() if as_text and not isinstance(value, bool):
            return str(value)
    return value


def complete(conditions: Mapping[str, Any] | None) -> bool:
    """Whether a field's filter compares with values: a null compares with nothing, and `in` has at most 100."""
    if conditions is None or None in conditions.values():
        return False
    members = conditions.get("in", [])
    return len(members) <= 100 and None not in members
