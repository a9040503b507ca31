"""Counting one period: from an event to its last day and the moment after which it is missed. Beijing time throughout.

The day of the event is not counted (民法典第二百零一条; 刑事诉讼法第一百零五条); hours run from the moment itself.
A period of days ends with its last day, at midnight in Beijing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from hub.law.calendar import WorkCalendar
from hub.law.schema import ClockRule
from hub.law.settings import Settings
from hub.law.vocabulary import Unit

BEIJING: Final = ZoneInfo("Asia/Shanghai")
_DAY: Final = timedelta(days=1)


class NoMoment(ValueError):
    """A start without time zone, or a bare date where hours are counted."""


class Pause(NamedTuple):
    """A supplement: asked for at `start`, answered at `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Term:
    """A counted period.

    Attributes:
        first_day, last_day: Beijing dates of the start and of the end.
        due_at: with hours, the last moment; with days, the midnight that follows the last day.
        unit: what was counted, after the settings were read.
        calendar_used: whether working days were asked for; natural days alone need no calendar.
    """

    first_day: date
    last_day: date
    due_at: datetime
    unit: Unit
    calendar_used: bool


def beijing_day(moment: datetime | date) -> date:
    """The date in Beijing.

    Raises:
        NoMoment: a datetime without time zone.
    """
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise NoMoment("a moment needs its time zone / 时间须带时区")
    return moment.astimezone(BEIJING).date()


def midnight_after(day: date) -> datetime:
    """24:00 of a day in Beijing."""
    return datetime.combine(day + _DAY, time(), BEIJING)


def count(
    rule: ClockRule, start: datetime | date, settings: Settings, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> Term:
    """Count the period of a rule.

    Args:
        rule: the clock.
        start: moment of the start event; a date will do where days are counted.
        settings: the readings (unit of 3日, rest days, inclusive date, whether a supplement stops the receiver).
        calendar: working days.
        pauses: supplements while the receiver's clock ran.

    Raises:
        NoMoment: see there.
    """
    day = beijing_day(start)
    if rule.fixed is not None:
        inclusive = settings[rule.fixed.inclusive_setting] == "yes"
        last = date(day.year + 1, rule.fixed.month, rule.fixed.day) - (_DAY if not inclusive else timedelta())
        return Term(day, last, midnight_after(last), Unit.FIXED_DATE, calendar_used=False)
    stopped = pauses if rule.actor == "receiver" and settings["supplement_stops_clock"] == "yes" else ()
    if rule.unit is Unit.HOURS:
        if not isinstance(start, datetime):
            raise NoMoment("hours are counted from a moment / 小时自具体时刻起算")
        extra = sum((pause.end - pause.start for pause in stopped), timedelta())
        due = start.astimezone(BEIJING) + timedelta(hours=rule.amount) + extra
        return Term(day, due.date(), due, Unit.HOURS, calendar_used=False)
    working = rule.unit is Unit.WORKING_DAYS or (
        rule.unit_setting is not None and settings[rule.unit_setting] == "working_days"
    )
    spans = [(beijing_day(pause.start), beijing_day(pause.end)) for pause in stopped]
    if working:
        last = calendar.add(day, rule.amount + sum(calendar.between(first, end) for first, end in spans))
        return Term(day, last, midnight_after(last), Unit.WORKING_DAYS, calendar_used=True)
    last = day + _DAY * (rule.amount + sum((end - first).days for first, end in spans))
    rolls = settings["period_ends_on_rest_day"] == "next_working_day"
    if rolls:
        last = calendar.next_working_day(last)
    return Term(day, last, midnight_after(last), Unit.NATURAL_DAYS, calendar_used=rolls)
