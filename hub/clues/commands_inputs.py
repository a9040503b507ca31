"""What each command takes: the fields of its GraphQL input, checked for form. What the law asks for is checked later.

Names are those of the schema (camelCase) or of Python. `parse` turns the input into one of these, or into user errors.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from stdnum.cn import uscc

from hub.clues.commands_text import FreeText, Line, Plain, resident_number
from hub.clues.lifecycle_case import CaseCommand
from hub.clues.lifecycle_words import Choice, Command
from hub.clues.tables_oversight import OversightCommand
from hub.law.vocabulary import PartyKind
from hub.officers.tables import OfficerCommand, OfficerRole
from hub.policy.vocabulary import DataClass

MOST_ITEMS: Final = 500
MOST_BYTES: Final = 200_000_000
"""Of one file."""
_PHONE: Final = re.compile(r"(?:86)?1[3-9]\d{9}")


class Source(StrEnum):
    """线索来源 (R28)."""

    SMART_MONITORING = "SMART_MONITORING"
    EXPERT_REVIEW = "EXPERT_REVIEW"
    REPORT = "REPORT"
    SOCIAL_SUPERVISOR = "SOCIAL_SUPERVISOR"
    PATROL_ASSISTANT = "PATROL_ASSISTANT"
    GRID_WORKER = "GRID_WORKER"
    HOME_VISIT = "HOME_VISIT"
    SELF_INSPECTION = "SELF_INSPECTION"
    SUPERIOR_ASSIGNMENT = "SUPERIOR_ASSIGNMENT"
    DEPARTMENT_TRANSFER = "DEPARTMENT_TRANSFER"


class EvidenceKind(StrEnum):
    """What an item of evidence is; the contents that R9, R10 and R12 ask for are told by it."""

    TRANSFER_DOCUMENT = "TRANSFER_DOCUMENT"  # 移送书
    INVESTIGATION_REPORT = "INVESTIGATION_REPORT"  # 调查报告、书面报告
    VIOLATION_LIST = "VIOLATION_LIST"  # 违规问题明细
    ARTICLES_LIST = "ARTICLES_LIST"  # 涉案物品清单
    INSPECTION_REPORT = "INSPECTION_REPORT"  # 检验报告、检查报告
    EXPERT_OPINION = "EXPERT_OPINION"  # 鉴定结论
    PENALTY_DECISION = "PENALTY_DECISION"  # 行政处罚决定书
    INTERVIEW_RECORD = "INTERVIEW_RECORD"  # 询问笔录
    MEDICAL_RECORD = "MEDICAL_RECORD"
    PRESCRIPTION = "PRESCRIPTION"
    EXAMINATION_REPORT = "EXAMINATION_REPORT"
    IDENTITY_DOCUMENT = "IDENTITY_DOCUMENT"
    PURCHASE_LEDGER = "PURCHASE_LEDGER"
    SUPPLY_CONTRACT = "SUPPLY_CONTRACT"
    PHYSICAL_EVIDENCE = "PHYSICAL_EVIDENCE"  # 物证
    REPORT_RECORD = "REPORT_RECORD"  # 举报登记表
    OTHER = "OTHER"


class Outcome(StrEnum):
    """处理结果 (R15)."""

    PENALTY_IMPOSED = "PENALTY_IMPOSED"
    AGREEMENT_MEASURE = "AGREEMENT_MEASURE"
    CRIMINAL_CASE_FILED = "CRIMINAL_CASE_FILED"
    CASE_DECLINED = "CASE_DECLINED"
    NO_VIOLATION = "NO_VIOLATION"
    DISCIPLINARY_ACTION = "DISCIPLINARY_ACTION"
    NOT_WITHIN_REMIT = "NOT_WITHIN_REMIT"


def _uscc(value: str) -> str:
    if not uscc.is_valid(value):
        raise PydanticCustomError("USCC", "统一社会信用代码校验不通过 / not a valid uscc")
    return str(uscc.compact(value))


def _resident(value: str) -> str:
    number = resident_number(value)
    if number is None:
        raise PydanticCustomError("RESIDENT_ID", "居民身份证号校验不通过 / not a valid resident number")
    return number


def _opaque(value: str) -> str:
    """A reference that says nothing by itself: the hub stores neither name nor number of who reported (domain.md D)."""
    if _PHONE.fullmatch(value.replace("-", "")):
        raise PydanticCustomError("INFORMANT_REF", "不得填写电话号码 / a telephone number is no opaque reference")
    return value


def _evidence_class(value: DataClass) -> DataClass:
    if value is DataClass.ADMINISTRATION:
        raise PydanticCustomError("DATA_CLASS", "不是证据的数据类别 / no class of evidence")
    return value


InformantRef = Annotated[Line, StringConstraints(pattern=r"^[0-9A-Za-z-]{4,64}$"), AfterValidator(_opaque)]
Uscc = Annotated[str, AfterValidator(_uscc)]
ResidentId = Annotated[str, AfterValidator(_resident)]
AgencyCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{6}-[A-Z][A-Z_]{0,39}$")]
CaseNo = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
Certificate = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{4,40}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z-]{1,40}$")]
Day = Annotated[date, Field(ge=date(1949, 10, 1), le=date(2199, 12, 31))]
"""Of what agencies do; further off no clock counts."""
MANY: Final = Field(max_length=MOST_ITEMS)
Yuan = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2, allow_inf_nan=False)]


class CommandInput(BaseModel):
    """Base of all inputs: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class EvidenceItem(CommandInput):
    """An item of evidence, in one of three forms.

    - With `fileId`: a file of this case that the agency uploaded. Hash, size and type are the file's, and its name
      where no other is given.
    - With `sha256`, `size`, `mediaType`: a file that the sender keeps and hands over by other means.
    - Physical evidence (物证) without any of them.

    `secrecy`: its 密级, where it bears one; then it is refused.
    """

    kind: EvidenceKind
    name: Line | None = None
    file_id: UUID | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    size: Annotated[int, Field(ge=1, le=MOST_BYTES)] | None = None
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,19}/[a-z0-9.+-]{1,80}$")] | None = None
    data_class: Annotated[DataClass, AfterValidator(_evidence_class)]
    secrecy: Line | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        described = {self.sha256 is not None, self.size is not None, self.media_type is not None}
        if self.file_id is not None:
            if described != {False}:
                told = "fileId 之外不得再填 sha256、size、mediaType / they are those of the file"
                raise PydanticCustomError("EVIDENCE_FORM", told)
        elif self.name is None:
            raise PydanticCustomError("EVIDENCE_FORM", "name 必填 / name is required")
        elif described == {False, True} or (described == {False} and self.kind is not EvidenceKind.PHYSICAL_EVIDENCE):
            told = (
                "请填 fileId，或者 sha256、size、mediaType 三项 / give fileId, or all three of sha256, size, mediaType"
            )
            raise PydanticCustomError("EVIDENCE_FORM", told)
        return self


class PartyGiven(CommandInput):
    """涉案主体."""

    kind: PartyKind
    name: Plain
    identity_number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{5,18}$")] | None = None
    uscc: Uscc | None = None


class InsuredGiven(CommandInput):
    """参保人."""

    name: Plain
    resident_id: ResidentId
    medical_record_no: Annotated[Line, Field(max_length=40)]
    diagnosis: Line


class CodeText(CommandInput):
    """What an "other" member of a catalogue means here."""

    code: Code
    text: FreeText


class Contents(CommandInput):
    """What a transfer holds. In a draft anything may still be missing that the law does not need to place it."""

    receiver: AgencyCode | None = None
    procuratorate: AgencyCode | None = None
    notified: Annotated[tuple[AgencyCode, ...], MANY] = ()
    institution: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,20}$")] | None = None
    catalogue_codes: Annotated[tuple[Code, ...], MANY] = ()
    catalogue_texts: Annotated[tuple[CodeText, ...], MANY] = ()
    source: Source | None = None
    discovered_on: Day | None = None
    penalty_served_on: Day | None = None
    case_officers: Annotated[tuple[Certificate, ...], MANY] = ()
    summary: FreeText | None = None
    suspected_facts: FreeText | None = None
    violation_amount: Yuan | None = None
    fund_loss: Yuan | None = None
    articles: Annotated[tuple[Line, ...], MANY] = ()
    handling_opinion: FreeText | None = None
    informant_ref: InformantRef | None = None
    report_taken_by: AgencyCode | None = None
    parties: Annotated[tuple[PartyGiven, ...], MANY] = ()
    insured_persons: Annotated[tuple[InsuredGiven, ...], MANY] = ()
    evidence: Annotated[tuple[EvidenceItem, ...], MANY] = ()


class Draft(Contents):
    """`draftClueTransfer`: with `caseNo` a new draft, with `id` a revision, in which fields not given stay."""

    id: UUID | None = None
    case_no: CaseNo | None = None


class Step(CommandInput):
    """A command that takes the transfer and nothing else."""

    id: UUID


class Reasoned(Step):
    reason: FreeText | None = None


class Submission(Step):
    """`caseOfficers`: those who report (310 第五条: at least two), instead of those of the draft."""

    case_officers: Annotated[tuple[Certificate, ...], MANY] = ()


class Receipt(Step):
    """回执 (R13). `sealed`: the receiver's seal stands on it."""

    pages: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    documents: Annotated[tuple[Line, ...], MANY] = ()
    sealed: bool = False


class SupplementGiven(Step):
    note: FreeText | None = None
    evidence: Annotated[tuple[EvidenceItem, ...], MANY] = ()


class Forwarding(Reasoned):
    receiver: AgencyCode | None = None
    procuratorate: AgencyCode | None = None


class Designation(Reasoned):
    choice: Choice | None = None
    receiver: AgencyCode | None = None


class Handling(Step):
    """`fileCase`, `startHandling`. `documentNo`: of the receiver's own decision."""

    reason: FreeText | None = None
    document_no: Line | None = None
    handling_opinion: FreeText | None = None


class Answer(Reasoned):
    choice: Choice | None = None
    document_no: Line | None = None


class Articles(Step):
    """移交 (310 第十二条)."""

    articles: Annotated[tuple[Line, ...], MANY] = ()
    materials: Annotated[tuple[Line, ...], MANY] = ()


class AmountGiven(CommandInput):
    kind: Line
    yuan: Yuan


class Result(Reasoned):
    """Result (R15): `amounts` and `sanctions` are lists that may be empty, but must be given."""

    kind: Outcome | None = None
    document_no: Line | None = None
    decided_on: Day | None = None
    amounts: Annotated[tuple[AmountGiven, ...], MANY] | None = None
    sanctions: Annotated[tuple[Line, ...], MANY] | None = None
    detail: FreeText | None = None


class Onward(Reasoned):
    """`transferOnward`, `transferBack`: the step, and the draft that it opens in the same case."""

    choice: Choice | None = None
    draft: Contents = Contents()


class Notice(Reasoned):
    choice: Choice | None = None
    agency: AgencyCode | None = None


class OpenCase(CommandInput):
    """Takes nothing: the case gets its number, its day and its agency from the caller."""


class MergeCases(CommandInput):
    """`caseNo` goes into `into`."""

    case_no: CaseNo
    into: CaseNo
    reason: FreeText | None = None


class SplitCase(CommandInput):
    """`transfers` become a case of their own."""

    case_no: CaseNo
    transfers: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    reason: FreeText | None = None


class RegisterOfficer(CommandInput):
    """An officer of the caller's own agency. `valid_from`: default today; both days are included."""

    name: Plain
    certificate_no: Certificate
    roles: Annotated[tuple[OfficerRole, ...], Field(min_length=1, max_length=len(OfficerRole))]
    valid_from: Day | None = None
    valid_to: date | None = None


class EndOfficer(CommandInput):
    """`last_day`: default yesterday, so that it acts at once."""

    certificate_no: Certificate
    last_day: Day | None = None


class DrawSample(CommandInput):
    """Which share of the transfers sent from one Beijing day to another, both included, by which seed.

    How large a share may be is a limit of its own (`commands_oversight.MOST_SHARE`).
    """

    seed: Annotated[Line, StringConstraints(max_length=100)]
    share: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]
    sent_from: Day
    sent_to: Day


AnyCommand = Command | CaseCommand | OfficerCommand | OversightCommand
INPUTS: Final[Mapping[AnyCommand, type[CommandInput]]] = {
    Command.DRAFT: Draft,
    Command.SUBMIT: Submission,
    Command.APPROVE: Step,
    Command.SEND_BACK: Reasoned,
    Command.REFUSE_APPROVAL: Reasoned,
    Command.SEND: Step,
    Command.RECALL: Reasoned,
    Command.SIGN_RECEIPT: Receipt,
    Command.REQUEST_SUPPLEMENT: Reasoned,
    Command.SUPPLEMENT: SupplementGiven,
    Command.FORWARD: Forwarding,
    Command.RETURN_NOT_COMPETENT: Reasoned,
    Command.DESIGNATE: Designation,
    Command.FILE_CASE: Handling,
    Command.DECLINE_CASE: Answer,
    Command.START_HANDLING: Handling,
    Command.REQUEST_RECONSIDERATION: Reasoned,
    Command.ANSWER_RECONSIDERATION: Answer,
    Command.REQUEST_FILING_SUPERVISION: Answer,
    Command.ANSWER_FILING_SUPERVISION: Answer,
    Command.HAND_OVER_ARTICLES: Articles,
    Command.HANDLE_AFTER_DECLINE: Result,
    Command.TRANSFER_ONWARD: Onward,
    Command.TRANSFER_BACK: Onward,
    Command.NOTIFY_AGENCY: Notice,
    Command.REPORT_RESULT: Result,
    Command.ACKNOWLEDGE_RESULT: Step,
    Command.CLOSE: Step,
    Command.REOPEN: Reasoned,
    CaseCommand.OPEN: OpenCase,
    CaseCommand.MERGE: MergeCases,
    CaseCommand.SPLIT: SplitCase,
    OfficerCommand.REGISTER: RegisterOfficer,
    OfficerCommand.END: EndOfficer,
    OversightCommand.DRAW: DrawSample,
}
"""By command. `recordArrival` is the hub's own step: nobody gives it."""
