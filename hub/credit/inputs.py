"""What the commands on credit take, checked field by field for form."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from hub.clues.commands_inputs import CaseNo, CommandInput, Day
from hub.clues.commands_text import Line
from hub.law import credit
from hub.law.credit import BadPeriod, Quarter
from hub.penalties.inputs import Batch, Items, NhsaCode, Problem

_CENT: Final = Decimal("0.01")


def _period(value: str) -> str:
    try:
        return str(Quarter.of(value))
    except BadPeriod:
        raise PydanticCustomError("PERIOD", "期间应写作 2025Q4 / a period is written 2025Q4") from None


Period = Annotated[str, AfterValidator(_period)]
Score = Annotated[Decimal, Field(ge=0, le=1000, max_digits=6, decimal_places=2, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Grade = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,4}$")]


class CreditChange(StrEnum):
    """What an agency may make of a recorded event; the end of a term of publicity is the hub's own."""

    AMENDED = "AMENDED"
    REVOKED = "REVOKED"
    REPAIRED = "REPAIRED"


class DimensionGiven(CommandInput):
    """One dimension of a score, by its code in the model."""

    code: Name
    score: Score


class ScoreGiven(CommandInput):
    """A score as an agency gives it, by a model that the hub knows. `replace`: another stands there, and gives way.

    Grade and measures follow from the score by the model; dimensions, where they are given, are all of the model's.
    """

    institution: NhsaCode
    period: Period
    model_version: Name
    score: Score
    grade: Grade | None = None
    dimensions: Annotated[tuple[DimensionGiven, ...], Field(max_length=20)] = ()
    replace: bool = False

    def problems(self, today: date) -> Iterator[Problem]:
        """What does not go together, or not with the model, which is known."""
        if Quarter.of(self.period).first_day > today:
            yield Problem("period", "尚未开始 / it has not begun")
        model = credit.models()[self.model_version]
        grade = model.grade(self.score)
        if self.grade is not None and self.grade != grade.grade:
            yield Problem("grade", f"按模型应为{grade.grade} / by the model it is {grade.grade}")
        if not self.dimensions:
            return
        given = {one.code: one.score for one in self.dimensions}
        if len(given) != len(self.dimensions) or set(given) != {one.code for one in model.dimensions}:
            codes = ", ".join(one.code for one in model.dimensions)
            told = f"应为模型的各个维度，各一次：{codes} / each dimension of the model, once: {codes}"
            yield Problem("dimensions", told)
            return
        total = sum((given[one.code] * one.weight for one in model.dimensions), Decimal(0))
        if total.quantize(_CENT, ROUND_HALF_UP) != self.score:
            yield Problem("score", "不是各维度加权之和 / not the weighted sum of its dimensions")


class Scores(Batch):
    scores: Annotated[tuple[ScoreGiven, ...], Items]


class CreditEventGiven(CommandInput):
    """A credit event: of an institution by a rule, points of a person, or the correction of a recorded event.

    Exactly one of `institution`, `personnel`, `event`.
    """

    institution: NhsaCode | None = None
    personnel: NhsaCode | None = None
    event: UUID | None = None
    change: CreditChange | None = None
    rule: Name | None = None
    points: int | None = None
    occurred_on: Day | None = None
    suspended_months: int | None = None
    effective_on: Day | None = None
    reason: Line | None = None
    case_no: CaseNo | None = None

    def problems(self) -> Iterator[Problem]:
        """What is missing, and what does not belong to what it is."""
        subjects = ("institution", "personnel", "event")
        if sum(getattr(self, name) is not None for name in subjects) != 1:
            yield Problem("", "填写机构、人员、事件之一 / exactly one of institution, personnel, event")
            return
        wanted, possible = _FIELDS[next(name for name in subjects if getattr(self, name) is not None)]
        for name, told in _NAMES.items():
            if name in wanted and getattr(self, name) is None:
                yield Problem(told, "必填 / required")
            elif name not in wanted + possible and getattr(self, name) is not None:
                yield Problem(told, "此处不填 / does not belong here")


_NAMES: Final = {
    "change": "change", "rule": "rule", "points": "points", "occurred_on": "occurredOn",
    "suspended_months": "suspendedMonths", "effective_on": "effectiveOn", "reason": "reason", "case_no": "caseNo",
}  # fmt: skip
_FIELDS: Final = {
    "institution": (("rule", "occurred_on"), ("reason", "case_no")),
    "personnel": (("points", "occurred_on"), ("reason", "suspended_months")),
    "event": (("change", "reason"), ("rule", "points", "occurred_on", "suspended_months", "effective_on")),
}
"""By subject: what must be said, and what may be."""
