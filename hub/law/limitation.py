"""Limitation 追罚时效 (R19; 处罚法 第三十六条): 2 years; 5 where life, health or finance was endangered with harm.

>>> limitation(Act(date(2023, 3, 15)), "640104").last_day.isoformat()
'2025-03-15'
>>> limitation(Act(date(2023, 3, 15), harm=frozenset({Harm.LIFE_AND_HEALTH})), "640104").last_day.isoformat()
'2028-03-15'
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from hub.law.pack import Basis, Packs, packs
from hub.law.schema import LimitationRule
from hub.law.vocabulary import Harm


@dataclass(frozen=True, slots=True)
class Act:
    """The conduct.

    Attributes:
        began: day of the act, or first day of a continuous one.
        ended: last day of a continuous or continuing act; None where it happened once.
        continues: it goes on still: the term has not begun.
        harm: what it endangered, only where a harmful consequence followed (且有危害后果).
    """

    began: date
    ended: date | None = None
    continues: bool = False
    harm: frozenset[Harm] = frozenset()

    def __post_init__(self) -> None:
        if self.ended is not None and (self.continues or self.ended < self.began):
            raise ValueError("an act ends after it began, and does not continue / 行为终了不早于发生，且不再继续")


@dataclass(frozen=True, slots=True)
class Other:
    """What another document on the same says: its years and last day, and its standing here."""

    years: int
    last_day: date | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Limitation:
    """Until when the act may be discovered so that it can still be punished.

    Attributes:
        runs_from: day of the act or of its end; None while it continues.
        years: 2 or 5; `extended_by`: the endangered goods that made it 5.
        last_day: the last day of discovery; None while the act continues.
        others: further documents, such as 004 (draft), which knows 5 years for life and health only.
    """

    act: Act
    runs_from: date | None
    years: int
    extended_by: frozenset[Harm]
    last_day: date | None
    basis: Basis
    others: tuple[Other, ...]

    def is_barred(self, discovered_on: date) -> bool:
        """Whether the act was discovered too late to be punished."""
        return self.last_day is not None and discovered_on > self.last_day


def limitation(act: Act, region: str, *, source: Packs | None = None) -> Limitation:
    """The term for an act, by the law in force when it ended (处罚法 第三十七条).

    Raises:
        NoRule: no document speaks of acts of that time.
    """
    all_packs = source or packs()
    runs_from = None if act.continues else act.ended or act.began
    # An act that still continues falls under the newest law known; one that ended, under the law of its last day.
    on = runs_from or max(pack.file.effective_from or date.min for pack in all_packs if pack.file.limitation)
    found = ((pack, pack.file.limitation, True) for pack in all_packs if pack.file.limitation is not None)
    governing = all_packs.governing(found, _clause, region, on)
    years = _years(governing.rule, act)
    return Limitation(
        act=act,
        runs_from=runs_from,
        years=years,
        extended_by=act.harm & set(governing.rule.extended_if),
        last_day=_after(runs_from, years),
        basis=governing.basis,
        others=tuple(
            Other(_years(other.rule, act), _after(runs_from, _years(other.rule, act)), other.basis)
            for other in governing.others
        ),
    )


def _clause(rule: LimitationRule) -> str:
    return rule.clause


def _years(rule: LimitationRule, act: Act) -> int:
    return rule.extended_years if act.harm & set(rule.extended_if) else rule.years


def _after(day: date | None, years: int) -> date | None:
    """The corresponding day; where there is none (29 February), the last of the month (民法典第二百零二条)."""
    if day is None:
        return None
    year = day.year + years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
