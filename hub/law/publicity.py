"""Publicity of a penalty decision (R22, R23): until when it may be published, from when repaired, when it is due.

>>> term(Severity.GENERAL, date(2026, 4, 30), "640104", date(2026, 5, 8)).ends_on.isoformat()
'2027-04-30'
>>> term(Severity.SERIOUS, date(2026, 4, 30), "640104", date(2026, 5, 8)).repair_from.isoformat()
'2027-05-01'
>>> due(date(2026, 4, 30), "640104").last_day.isoformat()
'2026-05-13'
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from hub.law.calendar import CalendarVersion, calendar
from hub.law.pack import Basis, Packs, packs
from hub.law.schema import PublicationRule, PublicityRule
from hub.law.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class PublicityTerm:
    """How long a decision may be public.

    Attributes:
        in_principle: False: such a decision is published only where there is a need for it (轻微).
        repair_from: the first day on which the shortest term is over: a repair before is none.
        ends_on: the last day of the longest term; the day after it is public no more.
    """

    severity: Severity
    in_principle: bool
    repair_from: date
    ends_on: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class PublicationDue:
    """By when a decision is published: the end of `last_day`, Beijing time."""

    last_day: date
    basis: Basis
    calendar: CalendarVersion


def term(severity: Severity, decided_on: date, region: str, on: date, *, source: Packs | None = None) -> PublicityTerm:
    """The term from the day of the decision, by the rules in force on the day of publication `on`.

    Raises:
        NoRule: no document speaks of publicity.
    """
    all_packs = source or packs()
    found = ((pack, pack.file.publicity, True) for pack in all_packs if pack.file.publicity is not None)
    governing = all_packs.governing(found, _clause, region, on)
    months = governing.rule.terms[severity]
    least = months_later(decided_on, months.least_months) + timedelta(days=1) if months.least_months else decided_on
    return PublicityTerm(
        severity, months.in_principle, least, months_later(decided_on, months.most_months), governing.basis
    )


def due(decided_on: date, region: str, *, source: Packs | None = None) -> PublicationDue:
    """By when the decision is published.

    Raises:
        NoRule: no document speaks of it.
    """
    all_packs = source or packs()
    found = ((pack, pack.file.publication, True) for pack in all_packs if pack.file.publication is not None)
    governing = all_packs.governing(found, _clause, region, decided_on)
    days = calendar(region)
    last = days.add(decided_on, governing.rule.working_days)
    return PublicationDue(last, governing.basis, days.version(decided_on, last))


def _clause(rule: PublicityRule | PublicationRule) -> str:
    return rule.clause


def months_later(day: date, months: int) -> date:
    """The corresponding day; where there is none, the last of the month (民法典第二百零二条)."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
