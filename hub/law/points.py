"""Payment-qualification points 支付资格记分 of personnel, per natural year (R20; 医保发〔2024〕23号).

>>> points(2026, [Points(1, 6, date(2026, 3, 1)), Points(2, 3, date(2026, 9, 1))], "640104").qualification
<Qualification.SUSPENDED: 'SUSPENDED'>
>>> points(2027, [Points(1, 12, date(2026, 3, 1))], "640104").total
0
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.law.pack import Basis, Packs, packs
from hub.law.schema import PointsRule


class Qualification(StrEnum):
    """支付资格 of personnel."""

    NORMAL = "NORMAL"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Points:
    """One decision on points. `points`: 1 to 12 (R20)."""

    id: int
    points: int
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in a natural year.

    Attributes:
        total: of the year; the year before does not count.
        suspended_months: (least, most) that the decision on a suspension may choose from; None where there is none.
        barred_years: before which no registration is possible again; 0 where it was not ended.
    """

    year: int
    total: int
    qualification: Qualification
    suspended_months: tuple[int, int] | None
    barred_years: int
    basis: Basis


def points(year: int, decided: Iterable[Points], region: str, *, source: Packs | None = None) -> Standing:
    """A person's points of one natural year and what follows (医保发〔2024〕23号): reset each year.

    Raises:
        ValueError: points below 1 or above 12.
        NoRule: no document speaks of points.
    """
    all_packs = source or packs()
    found = ((pack, pack.file.points, True) for pack in all_packs if pack.file.points is not None)
    governing = all_packs.governing(found, lambda rule: rule.clause, region, date(year, 12, 31))
    rule: PointsRule = governing.rule
    highest = max(band.most for band in rule.bands)
    of_year = [one for one in decided if one.occurred_on.year == year]
    if any(not 1 <= one.points <= highest for one in of_year):
        raise ValueError(f"points are 1 to {highest} / 记分为1至{highest}分")
    total = sum(one.points for one in of_year)
    if total >= rule.ended_from:
        at_once = any(one.points >= rule.ended_from for one in of_year)
        barred = rule.barred_years_at_once if at_once else rule.barred_years_accumulated
        return Standing(year, total, Qualification.ENDED, None, barred, governing.basis)
    if total >= rule.suspended_from:
        months = (rule.suspended_months.least, rule.suspended_months.most)
        return Standing(year, total, Qualification.SUSPENDED, months, 0, governing.basis)
    return Standing(year, total, Qualification.NORMAL, None, 0, governing.basis)
