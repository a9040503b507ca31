"""Payment-qualification points 支付资格记分 of personnel, per natural year (R20; 医保发〔2024〕23号).

>>> points(2026, [Points(1, 6, date(2026, 3, 1)), Points(2, 3, date(2026, 9, 1))], "640104").qualification
<Qualification.SUSPENDED: 'SUSPENDED'>
>>> points(2027, [Points(1, 12, date(2026, 3, 1))], "640104").total
0
>>> stands(date(2027, 3, 1), [Points(1, 12, date(2026, 3, 1))], "640104").until
datetime.date(2029, 3, 1)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from hub.law.pack import Basis, Packs, Resolution, packs
from hub.law.publicity import months_later
from hub.law.schema import PointsRule


class Qualification(StrEnum):
    """支付资格 of personnel."""

    NORMAL = "NORMAL"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Points:
    """One decision on points. `points`: 1 to 12 (R20); `suspended_months`: of the suspension that they lead to."""

    id: int
    points: int
    occurred_on: date
    suspended_months: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in a natural year.

    Attributes:
        total: of the year; the year before does not count.
        suspended_months: (least, most) that the decision on a suspension may choose from; None where there is none.
        barred_years: before which no registration is possible again; 0 where it was not ended.
        until: last day of the suspension; first day on which the person may be registered again.
    """

    year: int
    total: int
    qualification: Qualification
    suspended_months: tuple[int, int] | None
    barred_years: int
    basis: Basis
    until: date | None = None


def points(year: int, decided: Iterable[Points], region: str, *, source: Packs | None = None) -> Standing:
    """A person's points of one natural year and what follows (医保发〔2024〕23号): reset each year.

    Raises:
        ValueError: points below 1 or above 12.
        NoRule: no document speaks of points.
    """
    governing = _governing(year, region, source)
    rule = governing.rule
    highest = max(band.most for band in rule.bands)
    of_year = sorted(
        (one for one in decided if one.occurred_on.year == year), key=lambda one: (one.occurred_on, one.id)
    )
    if any(not 1 <= one.points <= highest for one in of_year):
        raise ValueError(f"points are 1 to {highest} / 记分为1至{highest}分")
    total = sum(one.points for one in of_year)
    if total >= rule.ended_from:
        at_once = any(one.points >= rule.ended_from for one in of_year)
        barred = rule.barred_years_at_once if at_once else rule.barred_years_accumulated
        until = months_later(_reached(of_year, rule.ended_from), 12 * barred)
        return Standing(year, total, Qualification.ENDED, None, barred, governing.basis, until)
    if total >= rule.suspended_from:
        months = (rule.suspended_months.least, rule.suspended_months.most)
        decided_months = [one.suspended_months for one in of_year if one.suspended_months is not None]
        # No document says how long it lasts where no length was decided: to the end of the year, when points are reset.
        until = date(year, 12, 31)
        if decided_months:
            until = months_later(_reached(of_year, rule.suspended_from), decided_months[-1]) - timedelta(days=1)
        return Standing(year, total, Qualification.SUSPENDED, months, 0, governing.basis, until)
    return Standing(year, total, Qualification.NORMAL, None, 0, governing.basis)


def stands(today: date, decided: Iterable[Points], region: str, *, source: Packs | None = None) -> Standing:
    """Where a person stands on a day: the points are the year's, a suspension and an end outlast it.

    Who was ended stays so until registered again, which `until` says from when on is possible.

    Raises:
        ValueError, NoRule: as `points`.
    """
    known = [one for one in decided if one.occurred_on <= today]
    of_year = points(today.year, known, region, source=source)
    found = [of_year]
    for year in {one.occurred_on.year for one in known} - {today.year}:
        before = points(year, known, region, source=source)
        if before.qualification is Qualification.ENDED or (before.until is not None and before.until >= today):
            found.append(before)
    if of_year.qualification is Qualification.SUSPENDED and of_year.until is not None and of_year.until < today:
        found[0] = replace(of_year, qualification=Qualification.NORMAL, suspended_months=None, until=None)
    worst = max(found, key=lambda one: (_WEIGHT[one.qualification], one.until or date.min))
    return replace(worst, year=of_year.year, total=of_year.total)


_WEIGHT = {Qualification.NORMAL: 0, Qualification.SUSPENDED: 1, Qualification.ENDED: 2}


def _governing(year: int, region: str, source: Packs | None) -> Resolution[PointsRule]:
    all_packs = source or packs()
    found = ((pack, pack.file.points, True) for pack in all_packs if pack.file.points is not None)
    return all_packs.governing(found, lambda rule: rule.clause, region, date(year, 12, 31))


def _reached(of_year: Sequence[Points], limit: int) -> date:
    """The day on which the year's points came to the limit."""
    total = 0
    for one in of_year:
        total += one.points
        if total >= limit:
            return one.occurred_on
    raise ValueError("the limit was not reached")
