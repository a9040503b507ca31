"""Deadlines of R8–R12, R15 and R17 as named clocks: when a step is due, why, and what another reading would say.

>>> from datetime import date
>>> found = due("health_transfer_after_service", Route.HEALTHCARE_SECURITY_TO_HEALTH, date(2025, 9, 30), "640104")
>>> found.last_day.isoformat(), found.basis.pack, found.basis.clause
('2025-10-16', 'NX2022', '三（二）第二款')
>>> due("supplement", Route.TO_MARKET_REGULATION, date(2025, 9, 30), "640104").basis.notice_en
'hub default, no legal force here'
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Final

from hub.law.calendar import CalendarVersion, WorkCalendar, calendar
from hub.law.pack import Basis, NoRule, Pack, Packs, Resolution, packs
from hub.law.period import Pause, Term, beijing_day, count
from hub.law.schema import ClockRule
from hub.law.settings import DEFAULT, Settings
from hub.law.vocabulary import Route, Unit

_COUNTING: Final = ("period_ends_on_rest_day", "supplement_stops_clock")


@dataclass(frozen=True, slots=True)
class Asked:
    """The whole question: the same question to the same packs and calendar has the same answer (`recompute`)."""

    clock: str
    route: Route
    start: datetime | date
    region: str
    settings: Settings
    pauses: tuple[Pause, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What another reading of an open question (R29) or another document would give."""

    reason: str
    last_day: date
    due_at: datetime
    basis: Basis


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a step is due.

    Attributes:
        title_zh, title_en: what is due; `actor`: sender, receiver, system or common_superior.
        start_event: the event that the period runs from, after the settings were read.
        amount, unit: the period (0 with a fixed date).
        first_day, last_day: Beijing dates; the first is not counted where days are.
        due_at: hours: the last moment in time; days: midnight after the last day, which is already late.
        basis: pack, clause, standing. `others`: other documents on the same, whether they agree or not.
        readings: other readings that lead to another day. Shown, never hidden.
        calendar: version of the working days, where they were counted; None where they were not.
        provisional: a year was counted whose 调休 is not published: count again when it is.
    """

    asked: Asked
    title_zh: str
    title_en: str
    actor: str
    start_event: str
    amount: int
    unit: Unit
    first_day: date
    last_day: date
    due_at: datetime
    basis: Basis
    others: tuple[Basis, ...]
    readings: tuple[Reading, ...]
    calendar: CalendarVersion | None
    provisional: bool

    def is_overdue(self, at: datetime) -> bool:
        """Whether the step is late at that moment: an hour's end is still in time, midnight after a day is not."""
        return at > self.due_at if self.unit is Unit.HOURS else at >= self.due_at

    def days_left(self, at: datetime) -> int:
        """Natural days from that moment's Beijing date to the last day; negative when past it."""
        return (self.last_day - beijing_day(at)).days


def due(
    clock: str,
    route: Route,
    start: datetime | date,
    region: str,
    *,
    settings: Settings = DEFAULT,
    pauses: tuple[Pause, ...] = (),
    source: Packs | None = None,
    days: WorkCalendar | None = None,
    readings: bool = True,
) -> Deadline:
    """When the step of a named clock is due.

    Args:
        clock: a name of `clock_names`.
        route: way of the transfer.
        start: moment (aware) or, where days are counted, date of the start event. For a fixed date: any day of the
            year reported on.
        region: code of the place of the agency that must act.
        settings: the readings of open questions.
        pauses: supplements within the period; they count only where the settings say that they stop the clock.
        source: rule packs; the shipped ones unless given.
        days: working days; those of the region unless given.
        readings: whether other readings are counted too, which costs more than all the rest.

    Raises:
        NoRule: no such clock on that route.
        NoMoment: a start without time zone, or a date where hours are counted.
        OutsideCalendar: a year that cannot be counted.
    """
    asked = Asked(clock, route, start, region, settings, pauses)
    found = _resolve(asked, source or packs())
    days = days or calendar(region)
    term = count(found.rule, start, settings, days, pauses)
    version = days.version(term.first_day, term.last_day) if term.calendar_used else None
    return Deadline(
        asked=asked,
        title_zh=found.rule.title.zh,
        title_en=found.rule.title.en,
        actor=found.rule.actor,
        start_event=settings[found.rule.start_setting] if found.rule.start_setting else found.rule.start,
        amount=found.rule.amount,
        unit=term.unit,
        first_day=term.first_day,
        last_day=term.last_day,
        due_at=term.due_at,
        basis=found.basis,
        others=tuple(other.basis for other in found.others),
        readings=tuple(_readings(asked, found, term, days)) if readings else (),
        calendar=version,
        provisional=bool(version and version.provisional_years),
    )


def recompute(deadline: Deadline, *, source: Packs | None = None, days: WorkCalendar | None = None) -> Deadline:
    """The same question asked again; differs only where packs or calendar have changed since."""
    asked = deadline.asked
    return due(
        asked.clock,
        asked.route,
        asked.start,
        asked.region,
        settings=asked.settings,
        pauses=asked.pauses,
        source=source,
        days=days,
    )


def annual_report(year: int, route: Route, region: str, *, settings: Settings = DEFAULT) -> Deadline:
    """When the transfers sent in `year` must be reported (R17): by 15 January of the next."""
    return due("annual_report", route, date(year, 12, 31), region, settings=settings)


def _resolve(asked: Asked, source: Packs) -> Resolution[ClockRule]:
    def found() -> Iterator[tuple[Pack, ClockRule, bool]]:
        for pack in source:
            for rule in pack.file.clocks:
                if rule.name == asked.clock and asked.route in (*rule.routes, *rule.default_routes):
                    yield pack, rule, asked.route in rule.routes

    try:
        return source.governing(found(), lambda rule: rule.clause, asked.region, beijing_day(asked.start))
    except NoRule as error:
        raise NoRule(f"{asked.clock} on {asked.route}: {error}") from None


def _readings(asked: Asked, found: Resolution[ClockRule], term: Term, days: WorkCalendar) -> Iterator[Reading]:
    rule = found.rule
    open_here = [name for name in (rule.unit_setting, rule.fixed and rule.fixed.inclusive_setting) if name]
    for name in (*open_here, *_COUNTING):
        for settings in asked.settings.other_readings(name):
            other = count(rule, asked.start, settings, days, asked.pauses)
            if other.due_at != term.due_at:
                yield Reading(f"{name}={settings[name]}", other.last_day, other.due_at, found.basis)
    for competing in found.others:
        if competing.rule.unit is Unit.HOURS and not isinstance(asked.start, datetime):
            continue
        other = count(competing.rule, asked.start, asked.settings, days, asked.pauses)
        if other.due_at != term.due_at:
            yield Reading(competing.basis.pack, other.last_day, other.due_at, competing.basis)


@cache
def clock_names() -> Mapping[str, frozenset[Route]]:
    """Every clock of the shipped packs, with the routes that it runs on: the closed list that lifecycles refer to."""
    names: dict[str, frozenset[Route]] = {}
    for pack in packs():
        for rule in pack.file.clocks:
            names[rule.name] = names.get(rule.name, frozenset()) | {*rule.routes, *rule.default_routes}
    return MappingProxyType(dict(sorted(names.items())))
