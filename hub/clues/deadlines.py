"""What of a transfer's deadline is worked out when it is read: overdue, by whom it is owed, days left, its route.

SQL expressions on a row, written as facts are. `next_due_at` is the deadline that runs, `NEVER` where nothing is owed;
`due_at` and `due_clock` are what was computed when the transfer last changed (`commands_due`).
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Interval, Text, and_, case, cast, false, func, literal_column, or_
from sqlalchemy import types as sql

from hub.clues.lifecycle_words import Route
from hub.clues.tables import NEVER
from hub.law.calendar import DAYS_AHEAD, DAYS_BACK
from hub.law.pack import packs
from hub.law.vocabulary import Unit
from hub.policy.facts import Bind, Row
from hub.policy.predicate import Parameter


class OwedBy(StrEnum):
    """Whose step the running deadline is."""

    SENDER = "SENDER"
    RECEIVER = "RECEIVER"
    COMMON_SUPERIOR = "COMMON_SUPERIOR"


@cache
def actors() -> Mapping[str, OwedBy]:
    """Who owes the step of each clock; all packs agree (a test holds it). The hub's own clocks are owed by nobody."""
    return {
        rule.name: OwedBy(rule.actor.upper()) for pack in packs() for rule in pack.file.clocks if rule.actor != "system"
    }


@cache
def counted_in_hours() -> frozenset[str]:
    """Clocks whose last moment is still in time; of all others `due_at` is a midnight that is already late."""
    return frozenset(rule.name for pack in packs() for rule in pack.file.clocks if rule.unit is Unit.HOURS)


def overdue(row: Row, bind: Bind) -> ColumnElement[bool]:
    """The running deadline is past. The first conjunct is what an index serves."""
    now = bind(Parameter.NOW)
    return and_(row.c.next_due_at <= now, or_(row.c.next_due_at < now, ~_in_hours(row)))


def owed_by(row: Row, bind: Bind) -> ColumnElement[Any]:
    """Null where nothing is owed; of an imported transfer, whose clock is unknown, by whether it was sent."""
    by_clock = [
        (_is_clock(row, {name for name, owed in actors().items() if owed is actor}), _name(actor)) for actor in OwedBy
    ]
    unknown = case((row.c.sent_at.is_(None), _name(OwedBy.SENDER)), else_=_name(OwedBy.RECEIVER))
    return case((~_runs(row), literal_column("NULL", Text())), *by_clock, else_=unknown)


def remaining_days(row: Row, bind: Bind) -> ColumnElement[Any]:
    """Natural days from today in Beijing to the last day: 0 on that day, negative when it is past, null: none runs."""
    return case((_runs(row), _left(row, bind)), else_=literal_column("NULL", Integer()))


def remaining_working_days(row: Row, bind: Bind) -> ColumnElement[Any]:
    """The working days among them, by the calendar of the caller's region; past the last day, those gone since.

    Null also where the last day is farther away than `hub.law.calendar.around` looks.
    """
    left = _left(row, bind)
    days = func.substr(
        bind(Parameter.WORKING_DAYS), _number(DAYS_BACK + 2) + func.least(left, _number(0)), func.abs(left)
    )
    working = func.length(func.replace(days, literal_column("'0'", Text()), literal_column("''", Text())))
    near = and_(_runs(row), left.between(_number(-DAYS_BACK), _number(DAYS_AHEAD)))
    return case((near, working * cast(func.sign(left), Integer)), else_=literal_column("NULL", Integer()))


def route(row: Row, bind: Bind) -> ColumnElement[Any]:
    """The stored route; of an imported transfer, by the kinds of its agencies (`lifecycle_tables.route_of`)."""
    sender, receiver = row.c.sender_kind, row.c.receiver_kind
    criminal = ("PUBLIC_SECURITY", "DISCIPLINE_INSPECTION", "PROCURATORATE")
    by_kinds = case(
        (receiver == _word("PUBLIC_SECURITY"), _name(Route.TO_PUBLIC_SECURITY)),
        (receiver == _word("DISCIPLINE_INSPECTION"), _name(Route.TO_DISCIPLINE_INSPECTION)),
        (and_(_one_of(sender, criminal), ~_one_of(receiver, criminal)), _name(Route.REVERSE)),
        (
            and_(sender == _word("HEALTHCARE_SECURITY"), receiver == _word("HEALTH")),
            _name(Route.HEALTHCARE_SECURITY_TO_HEALTH),
        ),
        (
            and_(sender == _word("HEALTH"), receiver == _word("HEALTHCARE_SECURITY")),
            _name(Route.HEALTH_TO_HEALTHCARE_SECURITY),
        ),
        (receiver == _word("MARKET_REGULATION"), _name(Route.TO_MARKET_REGULATION)),
        else_=_name(Route.OTHER),
    )
    return func.coalesce(row.c.route, by_kinds, type_=Text())


def _runs(row: Row) -> ColumnElement[bool]:
    running: ColumnElement[bool] = row.c.next_due_at < literal_column(f"'{NEVER}'::timestamptz", sql.DateTime())
    return running


def _left(row: Row, bind: Bind) -> ColumnElement[Any]:
    """From today to the last day, both dates in Beijing; only where a deadline runs."""
    moment = row.c.due_at - literal_column("interval '1 microsecond'", Interval())
    end = case((_in_hours(row), row.c.due_at), else_=moment)
    last_day = cast(func.timezone(literal_column("'Asia/Shanghai'", Text()), end), Date)
    left: ColumnElement[Any] = last_day.op("-", return_type=Integer())(bind(Parameter.TODAY))
    return left


def _in_hours(row: Row) -> ColumnElement[bool]:
    return _is_clock(row, counted_in_hours())


def _is_clock(row: Row, names: frozenset[str] | set[str]) -> ColumnElement[bool]:
    """Never NULL."""
    return func.coalesce(_one_of(row.c.due_clock, tuple(sorted(names))), false(), type_=sql.Boolean())


def _one_of(column: ColumnElement[Any], names: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(column == _word(name) for name in names))


def _name(member: StrEnum) -> ColumnElement[Any]:
    return _word(member.value)


def _word(name: str) -> ColumnElement[Any]:
    """A name of the code's own vocabulary, written into the text: it is never a value of anybody's."""
    return literal_column(f"'{name}'", Text())


def _number(value: int) -> ColumnElement[Any]:
    return literal_column(str(value), Integer())
