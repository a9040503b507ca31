"""Credit score of an institution, from dated events under a versioned model (R24).

A score is a pure function of a model, a period, the events and the moment at which they are looked at: the same four
give the same score, for ever. The model that the hub ships is a sample without legal force.

>>> events = [Recorded(1, "PENALTY_GENERAL", date(2025, 11, 3), NOON), Recorded(2, "DATA_LATE", date(2025, 2, 1), NOON)]
>>> score(model("sample-2026.2"), Quarter.of("2025Q4"), events).score
Decimal('919.00')
>>> score(model("sample-2026.2"), Quarter.of("2026Q1"), events).score
Decimal('925.00')
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import Final, Self

from hub.law.pack import Basis, Packs, packs
from hub.law.schema import CreditDimensionRule, CreditGradeRule, CreditModelRule, CreditRule

NOON: Final = datetime(2026, 1, 1, 4, tzinfo=UTC)
"""For examples."""
_QUARTER: Final = re.compile(r"([0-9]{4})Q([1-4])")
_CENT: Final = Decimal("0.01")
FIRST_YEAR, LAST_YEAR = 2000, 2100


class BadPeriod(ValueError):
    """No quarter of this hub (`2025Q4`)."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A period of scoring."""

    year: int
    number: int

    @classmethod
    def of(cls, text: str) -> Self:
        """`2025Q4`.

        Raises:
            BadPeriod
        """
        found = _QUARTER.fullmatch(text)
        if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise BadPeriod(text)
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def on(cls, day: date) -> Self:
        """The quarter of a day."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last_day(self) -> date:
        return self.later(1).first_day - timedelta(days=1)

    def later(self, quarters: int) -> "Quarter":
        """So many quarters on; negative: back."""
        at = self.year * 4 + self.number - 1 + quarters
        return Quarter(at // 4, at % 4 + 1)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something happened that a rule of the model counts. `occurred_on`: the day in Beijing."""

    id: int
    rule: str
    occurred_on: date
    recorded_at: datetime


class Change(StrEnum):
    """What may become of a recorded event; each is an event of its own, and history stays."""

    AMENDED = "AMENDED"
    """It was another rule's, or on another day: counted as corrected, in every period."""
    REVOKED = "REVOKED"
    """It was not so (处罚法48): counted in no period."""
    REPAIRED = "REPAIRED"
    """信用修复: counted no more in periods that end on or after the day of the repair."""
    TERM_OVER = "TERM_OVER"
    """公示期届满 (R23: publishing, sharing and using stop): the same, from the day after its last."""


ENDING: Final = frozenset({Change.REPAIRED, Change.TERM_OVER})
"""Corrections from whose day an event counts no more."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A correction of the event `of`. `rule`, `occurred_on`: of an amendment; `effective_on`: of what ends it."""

    id: int
    of: int
    change: Change
    recorded_at: datetime
    rule: str | None = None
    occurred_on: date | None = None
    effective_on: date | None = None


Event = Recorded | Changed


@dataclass(frozen=True, slots=True)
class Counted:
    """An event as it stands. `until`: it counts in periods that end before this day."""

    id: int
    rule: str
    occurred_on: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one event does to a score: points taken from its dimension, after the rule's limit; and by which clause."""

    event: int
    rule: str
    dimension: str
    points: int
    occurred_on: date
    clause: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class DimensionScore:
    code: str
    zh: str
    en: str
    score: int
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one period, with everything it was made of. `score`: 0.00 to 1,000.00."""

    period: Quarter
    model: str
    score: Decimal
    grade: str
    dimensions: tuple[DimensionScore, ...]
    measures: tuple[str, ...]
    effects: tuple[Effect, ...]
    basis: Basis


class UnknownModel(LookupError):
    """No pack has a model of this version."""


class UnknownRule(LookupError):
    """The model has no such rule."""


class BadHistory(ValueError):
    """A correction of an event that is not there, or before it was recorded."""


@dataclass(frozen=True, slots=True)
class Model:
    """A version of the scoring model, ready to be asked."""

    rule: CreditModelRule
    basis: Basis

    @property
    def version(self) -> str:
        return self.rule.model

    @property
    def dimensions(self) -> Sequence[CreditDimensionRule]:
        return self.rule.dimensions

    def rule_of(self, code: str) -> CreditRule:
        """Raises UnknownRule."""
        for rule in self.rule.rules:
            if rule.code == code:
                return rule
        raise UnknownRule(code)

    def grade(self, score: Decimal) -> CreditGradeRule:
        """The grade that a score reaches."""
        return next(grade for grade in self.rule.grades if score >= grade.least)

    def window(self, period: Quarter) -> tuple[date, date]:
        """First and last day whose events count for a period."""
        return period.later(1 - self.rule.window_quarters).first_day, period.last_day


@cache
def models(source: Packs | None = None) -> Mapping[str, Model]:
    """Every version that the packs hold."""
    return {
        rule.model: Model(rule, pack.basis(rule.clause, binding=False))
        for pack in source or packs()
        for rule in pack.file.credit
    }


def model(version: str, *, source: Packs | None = None) -> Model:
    """Raises UnknownModel."""
    try:
        return models(source)[version]
    except KeyError:
        raise UnknownModel(version) from None


def current(*, source: Packs | None = None) -> Model:
    """The newest version: the last of the last pack."""
    return list(models(source).values())[-1]


def standing(events: Iterable[Event], as_of: datetime | None = None) -> tuple[Counted, ...]:
    """What counts, as it was known at `as_of` (None: all that is known), in the order of days and ids.

    Corrections of one event apply in the order in which they were recorded; the last amendment is what it is, and a
    revocation is undone by nothing: what happened after all is recorded anew.

    Raises:
        BadHistory
    """
    known = sorted(
        (one for one in events if as_of is None or one.recorded_at <= as_of), key=lambda one: (one.recorded_at, one.id)
    )
    found: dict[int, Counted] = {}
    revoked: set[int] = set()
    for one in known:
        if isinstance(one, Recorded):
            found[one.id] = Counted(one.id, one.rule, one.occurred_on)
        elif one.of in revoked:
            continue
        elif one.of not in found:
            raise BadHistory(f"{one.id} corrects {one.of}, which is not there")
        elif one.change is Change.REVOKED:
            revoked.add(one.of)
            del found[one.of]
        elif one.change in ENDING:
            found[one.of] = replace(found[one.of], until=one.effective_on)
        else:
            was = found[one.of]
            found[one.of] = replace(was, rule=one.rule or was.rule, occurred_on=one.occurred_on or was.occurred_on)
    return tuple(sorted(found.values(), key=lambda one: (one.occurred_on, one.id)))


def score(by: Model, period: Quarter, events: Iterable[Event], as_of: datetime | None = None) -> Score:
    """The score of a period: each dimension's full points less what its events cost, weighted, in exact decimals.

    Args:
        as_of: what was known at this moment; None: now. An event of the future of the period never counts.

    Raises:
        UnknownRule, BadHistory
    """
    first, last = by.window(period)
    counted = [
        one
        for one in standing(events, as_of)
        if first <= one.occurred_on <= last and (one.until is None or last < one.until)
    ]
    effects = _effects(by, counted)
    full = by.rule.full
    dimensions = tuple(
        DimensionScore(
            one.code,
            one.zh,
            one.en,
            min(full, max(0, full - sum(effect.points for effect in effects if effect.dimension == one.code))),
            one.weight,
        )
        for one in by.dimensions
    )
    total = sum((one.score * one.weight for one in dimensions), Decimal(0)).quantize(_CENT, ROUND_HALF_UP)
    grade = by.grade(total)
    return Score(period, by.version, total, grade.grade, dimensions, grade.measures, effects, by.basis)


def _effects(by: Model, counted: Sequence[Counted]) -> tuple[Effect, ...]:
    """In the order of days: once a rule's limit is reached, further events of it cost nothing, but are listed."""
    spent: dict[str, int] = {}
    effects = []
    for one in counted:
        rule = by.rule_of(one.rule)
        left = rule.most - spent.get(rule.code, 0)
        size = min(abs(rule.points), left)
        spent[rule.code] = spent.get(rule.code, 0) + size
        points = size if rule.points > 0 else -size
        effects.append(
            Effect(one.id, rule.code, rule.dimension, points, one.occurred_on, rule.clause, rule.zh, rule.en)
        )
    return tuple(effects)
