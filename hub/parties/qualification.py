"""What of a person's payment qualification is worked out when it is read (R20): nobody has to reset it at new year.

SQL expressions on a row of `personnel`, written as facts are.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, and_, case, cast, func, literal_column

from hub.policy.facts import Bind, Row
from hub.policy.predicate import Parameter


def points(row: Row, bind: Bind) -> ColumnElement[Any]:
    """The points of the present year in Beijing; those of a year before are nought now."""
    this_year = cast(func.date_part(literal_column("'year'", Text()), bind(Parameter.TODAY)), Integer)
    return case((row.c.points_year == this_year, cast(row.c.points, Integer)), else_=literal_column("0", Integer()))


def status(row: Row, bind: Bind) -> ColumnElement[Any]:
    """A suspension ends by itself, by its last day, or with the year of its points; who was ended stays so."""
    word = "'SUSPENDED'"
    over = and_(row.c.qualification_status == literal_column(word, Text()), _last_day(row) < bind(Parameter.TODAY))
    return case((over, literal_column("'NORMAL'", Text())), else_=row.c.qualification_status)


def until(row: Row, bind: Bind) -> ColumnElement[Any]:
    """The last day of a running suspension; of who was ended, the first day on which a registration is possible."""
    return case((status(row, bind) != literal_column("'NORMAL'", Text()), row.c.qualification_until))


def _last_day(row: Row) -> ColumnElement[Any]:
    december, last = literal_column("12", Integer()), literal_column("31", Integer())
    return func.coalesce(row.c.qualification_until, func.make_date(row.c.points_year, december, last))
