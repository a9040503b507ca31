"""What the commands on penalties, inspections and agreement measures take, checked field by field for form.

Checksums: uscc GB 32100, resident number GB 11643. What one field says of another (`problems`) is
checked after the forms. Amounts are in yuan.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from hub.clues.commands_inputs import CaseNo, CommandInput, Day, Uscc, Yuan
from hub.clues.commands_text import IDENTITY_NUMBER, FreeText, Line, Name, holds_resident_number, resident_number
from hub.law.vocabulary import Severity
from hub.penalties.words import (
    AgreementMeasureKind,
    CounterpartyCategory,
    FindingsClass,
    IdType,
    InspectionKind,
    InspectionMeasure,
    PenaltyKind,
    Statement,
)

MOST_ITEMS: Final = 1_000
"""Of one batch."""
_NUMBER: Final = re.compile(r"[㐀-鿿A-Za-z（）()]{1,40}〔([12][0-9]{3})〕(?:第)?[1-9][0-9]{0,6}号(?:之[0-9]{1,3})?")
_LICENCE: Final = frozenset({PenaltyKind.LICENCE_SUSPENSION, PenaltyKind.LICENCE_REVOCATION})
_OF_MONEY: Final = frozenset({AgreementMeasureKind.REFUSE_PAYMENT, AgreementMeasureKind.RECOVER})


def year_of(number: str) -> int | None:
    """The year in a document number `×罚决〔2026〕12号`; None: it has not the form of one.

    >>> year_of("银兴医保罚决〔2026〕12号"), year_of("银兴医保罚决2026-12")
    (2026, None)
    """
    found = _NUMBER.fullmatch(number)
    return int(found[1]) if found else None


class Problem(NamedTuple):
    """A field whose value does not go with another; `told` in Chinese and English."""

    field: str
    told: str


def _sorted(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(sorted(value)))


def _of_no_person(value: str) -> str:
    """These numbers are published: the tax number of a sole trader was once the owner's resident number and more."""
    if holds_resident_number(value):
        raise PydanticCustomError(IDENTITY_NUMBER, "含居民身份证号 / holds a resident number")
    return value


_WHOLE: Final = f"^(?:{_NUMBER.pattern})$"
"""Patterns of pydantic are searched for: unbound, anything might stand before and behind a number."""
DecisionNo = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128, pattern=_WHOLE)]
RecordNo = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=_WHOLE)]
NhsaCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,20}$")]
OldCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z㐀-鿿第号字()（）-]{1,40}$"),
    AfterValidator(_of_no_person),
]
IdNumber = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[0-9A-Za-z()]{5,40}$")]
Kinds = Annotated[tuple[PenaltyKind, ...], Field(min_length=1, max_length=12), AfterValidator(_sorted)]
Short = Annotated[Name, Field(max_length=64)]


class PenaltyGiven(CommandInput):
    """One penalty decision against one counterparty: the content of the 30-field form, and what is not published.

    Of a natural person the name stands in `counterpartyPersonName`, with the document's type and number; of all others
    in `counterpartyName`, with the uscc. `recordAgain`: it was revoked, and is meant to be there again.
    """

    decision_no: DecisionNo
    counterparty_category: CounterpartyCategory
    counterparty_name: Name | None = None
    counterparty_uscc: Uscc | None = None
    counterparty_person_name: Name | None = None
    counterparty_id_type: IdType | None = None
    counterparty_resident_id: IdNumber | None = None
    business_registration_no: OldCode | None = None
    organization_code: OldCode | None = None
    tax_registration_no: OldCode | None = None
    public_institution_no: OldCode | None = None
    social_organization_no: OldCode | None = None
    legal_representative: Name | None = None
    legal_representative_id_type: IdType | None = None
    legal_representative_id: IdNumber | None = None
    institution: NhsaCode | None = None
    violation_type: Line
    published_facts: FreeText
    facts: FreeText
    basis: FreeText
    kinds: Kinds
    content: FreeText
    severity: Severity
    fine: Yuan | None = None
    confiscation: Yuan | None = None
    licence_revoked: Line | None = None
    decided_on: Day
    served_on: Day | None = None
    valid_until: Day | None = None
    remark: Line | None = None
    case_officers: Annotated[tuple[Short, ...], Field(min_length=2, max_length=10)]
    case_file_no: Short | None = None
    case_no: CaseNo | None = None
    record_again: bool = False

    @property
    def key(self) -> str:
        """What makes the counterparty one: its uscc, or the number of the person's document."""
        return self.counterparty_uscc or self.counterparty_resident_id or ""

    def problems(self, today: date) -> Iterator[Problem]:
        """What does not go together."""
        yield from self._counterparty()
        yield from self._kinds()
        if year_of(self.decision_no) != self.decided_on.year:
            yield Problem("decisionNo", "文号年份应为决定日期的年份 / its year is that of the decision")
        if self.decided_on > today:
            yield Problem("decidedOn", "晚于今日 / after today")
        if self.served_on is not None and not self.decided_on <= self.served_on <= today:
            yield Problem("servedOn", "应在决定之日至今日之间 / between the decision and today")
        if self.valid_until is not None and self.valid_until < self.decided_on:
            yield Problem("validUntil", "早于决定日期 / before the decision")

    def _counterparty(self) -> Iterator[Problem]:
        person = self.counterparty_category is CounterpartyCategory.NATURAL_PERSON
        of_persons = ("counterparty_person_name", "counterparty_id_type", "counterparty_resident_id")
        of_firms = ("counterparty_name", "counterparty_uscc")
        told = "自然人用自然人栏目，其他用单位栏目 / natural persons have fields of their own"
        for name in of_persons if person else of_firms:
            if getattr(self, name) is None:
                yield Problem(to_camel(name), "必填 / required")
        for name in of_firms if person else of_persons:
            if getattr(self, name) is not None:
                yield Problem(to_camel(name), told)
        numbers = (
            ("counterpartyResidentId", self.counterparty_id_type, self.counterparty_resident_id),
            ("legalRepresentativeId", self.legal_representative_id_type, self.legal_representative_id),
        )
        for field, kind, number in numbers:
            if (kind is None) != (number is None):
                yield Problem(field, "证件类型和号码应同时填写 / type and number go together")
            elif kind is IdType.RESIDENT_ID and number is not None and resident_number(number) is None:
                yield Problem(field, "居民身份证号校验不通过 / not a valid resident number")

    def _kinds(self) -> Iterator[Problem]:
        wanted = (
            ("fine", self.fine is not None and self.fine > 0, PenaltyKind.FINE in self.kinds),
            (
                "confiscation",
                self.confiscation is not None and self.confiscation > 0,
                PenaltyKind.CONFISCATION in self.kinds,
            ),
            ("licenceRevoked", self.licence_revoked is not None, bool(_LICENCE & set(self.kinds))),
        )
        for field, stated, meant in wanted:
            if stated != meant:
                yield Problem(field, "与处罚种类不符 / does not go with the kinds of penalty")


class InspectionGiven(CommandInput):
    """日常监督检查结果 of one institution."""

    result_no: RecordNo
    institution: NhsaCode
    kind: InspectionKind
    period_from: Day
    period_to: Day
    inspected_on: Day
    findings_class: FindingsClass
    measures: Annotated[tuple[InspectionMeasure, ...], Field(max_length=10), AfterValidator(_sorted)] = ()
    amount_recovered: Yuan | None = None

    def problems(self, today: date) -> Iterator[Problem]:
        """What does not go together."""
        if self.period_from > self.period_to:
            yield Problem("periodTo", "早于起始日 / before the first day")
        if self.period_to > today:
            yield Problem("periodTo", "晚于今日 / after today")
        if self.inspected_on > today:
            yield Problem("inspectedOn", "晚于今日 / after today")
        if self.findings_class is FindingsClass.NO_PROBLEM and self.measures:
            yield Problem("measures", "未发现问题的，不填处理措施 / none where no problem was found")
        if (self.amount_recovered is not None) != (InspectionMeasure.RECOVERY in self.measures):
            yield Problem("amountRecovered", "与处理措施不符 / does not go with the measures")


class AgreementGiven(CommandInput):
    """协议处理 of one institution. Before it is decided, the institution is told and may state and defend."""

    measure_no: RecordNo
    institution: NhsaCode
    kind: AgreementMeasureKind
    agreement_clause: Line
    department: Line | None = None
    informed_on: Day
    statement: Statement
    statement_on: Day | None = None
    decided_on: Day
    starts_on: Day | None = None
    ends_on: Day | None = None
    amount: Yuan | None = None

    def problems(self, today: date) -> Iterator[Problem]:
        """What does not go together."""
        if not self.informed_on <= self.decided_on <= today:
            yield Problem("decidedOn", "应在告知之日至今日之间 / between the notice and today")
        if (self.statement_on is None) != (self.statement is Statement.NOT_MADE):
            yield Problem("statementOn", "与陈述申辩情况不符 / does not go with the statement")
        elif self.statement_on is not None and not self.informed_on <= self.statement_on <= self.decided_on:
            yield Problem("statementOn", "应在告知之日至处理之日之间 / between the notice and the decision")
        if self.starts_on is not None and self.starts_on < self.decided_on:
            yield Problem("startsOn", "早于处理日期 / before the decision")
        if self.ends_on is not None and (self.starts_on is None or self.ends_on < self.starts_on):
            yield Problem("endsOn", "早于起始日期，或者没有起始日期 / before its start, or without one")
        if (self.amount is not None) != (self.kind in _OF_MONEY):
            yield Problem("amount", "不予拨付、追回须填金额，其他不填 / for refusals and recoveries only")
        if (self.department is not None) and self.kind is not AgreementMeasureKind.END_SERVICES:
            yield Problem("department", "仅用于终止医药服务 / only where services end")


Items = Field(min_length=1, max_length=MOST_ITEMS)


class Batch(CommandInput):
    """Items of one kind. `allOrNothing`: one bad item refuses all; otherwise itself alone.

    The commands check each item by itself (`batches.parse`); these models say what the schema shows.
    """

    all_or_nothing: bool = True


class Penalties(Batch):
    penalties: Annotated[tuple[PenaltyGiven, ...], Items]


class Inspections(Batch):
    results: Annotated[tuple[InspectionGiven, ...], Items]


class Agreements(Batch):
    measures: Annotated[tuple[AgreementGiven, ...], Items]


class PenaltyStep(CommandInput):
    """A command on one record."""

    id: UUID


class Service(PenaltyStep):
    """送达."""

    served_on: Day


class Publication(PenaltyStep):
    """公示. `reason`: why a minor one is published after all (信用修复管理办法)."""

    reason: Line | None = None


class Withholding(PenaltyStep):
    """不予公示. `reason` (处罚法第四十八条: 具有一定社会影响的才公示)."""

    reason: Line | None = None


class Revocation(PenaltyStep):
    """撤销. The reason is told in public (处罚法第四十八条)."""

    reason: Line | None = None
    clause: Line | None = None


class Objection(PenaltyStep):
    """异议, inbound from the credit platform. `objectionNo`: its own number there."""

    reason: FreeText | None = None
    objection_no: Short | None = None


class Changes(CommandInput):
    """What an amendment may change; what is not given stays. Who is penalised, by whom and when: another decision."""

    counterparty_name: Name | None = None
    legal_representative: Name | None = None
    violation_type: Line | None = None
    published_facts: FreeText | None = None
    facts: FreeText | None = None
    basis: FreeText | None = None
    kinds: Kinds | None = None
    content: FreeText | None = None
    severity: Severity | None = None
    fine: Yuan | None = None
    confiscation: Yuan | None = None
    licence_revoked: Line | None = None
    valid_until: Day | None = None
    remark: Line | None = None


class Amendment(PenaltyStep):
    """变更."""

    reason: Line | None = None
    clause: Line | None = None
    changes: Changes
