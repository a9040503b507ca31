"""The form of a pack file. An unknown key, a missing text or a wrong word fails: a pack is read whole or not at all."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.law.vocabulary import Harm, PartyKind, Rank, Route, Severity, Suspicion, Unit


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """The same sentence in Chinese and in English."""

    zh: str
    en: str


class EntryRule(Strict):
    """One kind of violation. `n` is its number in the document's list."""

    n: int = Field(ge=1)
    zh: str
    en: str
    short: str
    other: bool = False
    origin: Literal["document", "etc", "hub"] = "document"
    maps: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


class CatalogueRule(Strict):
    """One list of a document. `derived`: put together by the hub from the named clauses."""

    id: str
    requirement: str
    title: Text
    clause: str
    derived: bool = False
    other_added: Text | None = None
    entries: tuple[EntryRule, ...]

    @model_validator(mode="after")
    def _numbered_and_open(self) -> "CatalogueRule":
        if [entry.n for entry in self.entries] != list(range(1, len(self.entries) + 1)):
            msg = f"{self.id}: entries are not numbered 1, 2, 3 …"
            raise ValueError(msg)
        others = [entry.n for entry in self.entries if entry.other]
        if others != ([] if self.other_added else [len(self.entries)]):
            msg = f"{self.id}: a list ends in exactly one 'other' member, its own or other_added"
            raise ValueError(msg)
        return self


class FixedDate(Strict):
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    inclusive_setting: str


class ClockRule(Strict):
    """A deadline. `routes`: where the document sets it; `default_routes`: where the hub borrows it, without force."""

    name: str
    title: Text
    routes: tuple[Route, ...] = ()
    default_routes: tuple[Route, ...] = ()
    clause: str
    actor: Literal["sender", "receiver", "system", "common_superior"]
    start: str
    start_setting: str | None = None
    amount: int = Field(default=0, ge=0)
    unit: Unit
    unit_setting: str | None = None
    fixed: FixedDate | None = None

    @model_validator(mode="after")
    def _complete(self) -> "ClockRule":
        if (self.unit is Unit.FIXED_DATE) != (self.fixed is not None) or (self.fixed is None) != (self.amount > 0):
            msg = f"{self.name}: either an amount, or a fixed date"
            raise ValueError(msg)
        if not (self.routes or self.default_routes) or set(self.routes) & set(self.default_routes):
            msg = f"{self.name}: each route once, under routes or default_routes"
            raise ValueError(msg)
        return self


class RoutingRule(Strict):
    """Who receives, is told, or designates; exactly one of the three. Conditions of one rule:

    any of `codes` (a list or a code), `suspected`, `party_kinds` matches, and `party_elsewhere`, `when_receiver`,
    `received_from` hold where they are given. `concerns`: whose region counts, that of the officers
    (公职人员、检查人员) or of everybody else.
    """

    id: str
    clause: str
    senders: tuple[str, ...]
    codes: tuple[str, ...] = ()
    suspected: Suspicion | None = None
    party_kinds: tuple[PartyKind, ...] = ()
    party_elsewhere: bool = False
    when_receiver: tuple[str, ...] = ()
    received_from: str | None = None
    concerns: Literal["officials", "others"] = "others"
    receiver: str | None = None
    notify: str | None = None
    designate: str | None = None
    deferrable_for: tuple[str, ...] = ()
    place: Literal["party", "sender", "superior"]
    basis_text: Text

    @model_validator(mode="after")
    def _one_consequence(self) -> "RoutingRule":
        if sum(kind is not None for kind in (self.receiver, self.notify, self.designate)) != 1:
            msg = f"{self.id}: exactly one of receiver, notify, designate"
            raise ValueError(msg)
        return self


class LimitationRule(Strict):
    """追罚时效. `extended_if`: what the act must have endangered, with harm done, for the longer term."""

    clause: str
    years: int = Field(ge=1)
    extended_years: int = Field(ge=1)
    extended_if: tuple[Harm, ...]


class PublicityMonths(Strict):
    """公示期限 of one severity, in months from the decision. `in_principle`: whether such decisions are published."""

    in_principle: bool
    least_months: int = Field(ge=0)
    most_months: int = Field(ge=1)


class PublicityRule(Strict):
    """How long a penalty is public, by severity."""

    clause: str
    terms: dict[Severity, PublicityMonths]

    @model_validator(mode="after")
    def _complete(self) -> "PublicityRule":
        months = [self.terms[one] for one in Severity if one in self.terms]
        if len(months) != len(Severity) or any(one.least_months > one.most_months for one in months):
            msg = "a term for every severity, the shortest not above the longest"
            raise ValueError(msg)
        return self


class PublicationRule(Strict):
    """Within how many working days of the decision it is published."""

    clause: str
    working_days: int = Field(ge=1)


class CreditDimensionRule(Strict):
    code: str
    zh: str
    en: str
    weight: Decimal = Field(gt=0, le=1)


class CreditRule(Strict):
    """What one event costs its dimension. `most`: of one rule within one window; negative `points` are a bonus."""

    code: str
    dimension: str
    points: int
    most: int = Field(ge=1)
    clause: str
    zh: str
    en: str


class CreditRecordRule(Strict):
    """What an event follows from: a record of this kind with this value (severity, class of findings, measure)."""

    record: Literal["PENALTY", "INSPECTION", "AGREEMENT_MEASURE"]
    value: str
    rule: str


class CreditGradeRule(Strict):
    grade: str = Field(max_length=4)
    least: int = Field(ge=0)
    measures: tuple[str, ...] = ()


class CreditModelRule(Strict):
    """A model of credit scoring (R24), by its version. `full`: points of a dimension without events."""

    model: str = Field(max_length=40)
    clause: str
    window_quarters: int = Field(ge=1, le=40)
    full: int = Field(ge=1)
    dimensions: tuple[CreditDimensionRule, ...]
    rules: tuple[CreditRule, ...]
    records: tuple[CreditRecordRule, ...] = ()
    grades: tuple[CreditGradeRule, ...]

    @model_validator(mode="after")
    def _whole(self) -> "CreditModelRule":
        codes = [one.code for one in self.dimensions]
        least = [grade.least for grade in self.grades]
        sound = (
            sum(one.weight for one in self.dimensions) == 1
            and len(set(codes)) == len(codes)
            and len({rule.code for rule in self.rules}) == len(self.rules)
            and all(rule.dimension in codes and rule.points for rule in self.rules)
            and {one.rule for one in self.records} <= {rule.code for rule in self.rules}
            and len({(one.record, one.value) for one in self.records}) == len(self.records)
            and least == sorted(least, reverse=True)
            and least[-1:] == [0]
        )
        if not sound:
            msg = f"{self.model}: weights sum to 1, unique codes, rules name dimensions, records rules, grades fall"
            raise ValueError(msg)
        return self


class PointsBand(Strict):
    severity: str
    least: int = Field(ge=1)
    most: int = Field(ge=1)


class PointsMonths(Strict):
    least: int = Field(ge=1)
    most: int = Field(ge=1)


class PointsRule(Strict):
    """Payment-qualification points of personnel 支付资格记分 (R20), per natural year."""

    clause: str
    bands: tuple[PointsBand, ...]
    suspended_from: int = Field(ge=1)
    suspended_months: PointsMonths
    ended_from: int = Field(ge=1)
    barred_years_accumulated: int = Field(ge=1)
    barred_years_at_once: int = Field(ge=1)


class LossRule(Strict):
    clause: str


class BoundaryRule(Strict):
    clause: str
    inclusive: dict[str, bool]


class FigureRule(Strict):
    """A figure of a document, with its unit: statistics must be able to reproduce it (R28). `parts` add up to it."""

    name: str
    value: Decimal
    unit: Literal["家", "例", "件", "条", "起", "份", "万元"]
    zh: str
    en: str
    parts: tuple[str, ...] = ()


class SettingRule(Strict):
    """A reading left open (R29)."""

    name: str
    default: str
    options: tuple[str, ...]
    clause: str
    question: Text


class PackFile(Strict):
    """One document. Effective days are inclusive; none at the start means: in force nowhere."""

    id: str
    version: int = Field(ge=1)
    short: str
    title: Text
    form: str
    number: str
    rank: Rank
    territory: str = Field(pattern=r"^\d{4}[0-9A-Z]{2}$")
    effective_from: date | None
    effective_to: date | None = None
    source: str
    confirmed: bool
    fallback: int | None = None
    boundary: BoundaryRule | None = None
    catalogues: tuple[CatalogueRule, ...] = ()
    clocks: tuple[ClockRule, ...] = ()
    routing: tuple[RoutingRule, ...] = ()
    limitation: LimitationRule | None = None
    loss: LossRule | None = None
    publicity: PublicityRule | None = None
    publication: PublicationRule | None = None
    credit: tuple[CreditModelRule, ...] = ()
    points: PointsRule | None = None
    figures: tuple[FigureRule, ...] = ()
