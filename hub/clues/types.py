"""Subgraph `clues`: clue transfers 线索移送 with parties, evidence and insured persons (domain.md D)."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from hub.clues import deadlines, tables
from hub.clues.deadlines import OwedBy
from hub.clues.facts import CLUE_TRANSFER, sampled_by_caller
from hub.clues.lifecycle_words import Route
from hub.db.base import Base
from hub.graph.declare import (
    Many,
    RecordType,
    derived,
    hidden_fields,
    item,
    many,
    many_or_one,
    one,
    record,
    related,
    value,
)
from hub.graph.node import Node
from hub.graph.pages import pages
from hub.graph.scalars import BigInt
from hub.parties.types import PENALTIES, Agency, Institution
from hub.policy.vocabulary import DataClass

PROCEDURE, PARTY_IDENTITY = DataClass.PROCEDURE, DataClass.PARTY_IDENTITY
INVESTIGATION, HEALTH_DATA = DataClass.INVESTIGATION, DataClass.HEALTH_DATA
PERSONAL, INFORMANT = DataClass.PERSONAL, DataClass.INFORMANT

strawberry.enum(DataClass, description="数据类别 Data class; every exposed field has exactly one")
strawberry.enum(Route, name="ClueTransferRoute", description="移送路线 From which kind of agency to which")
strawberry.enum(OwedBy, description="由谁办理 Whose step the running deadline is")


@strawberry.enum(description="移送状态 Status of a transfer")
class ClueTransferStatus(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    SENT = "SENT"
    ARRIVED = "ARRIVED"
    RECEIVED = "RECEIVED"
    SUPPLEMENT_REQUESTED = "SUPPLEMENT_REQUESTED"
    HANDLING = "HANDLING"
    RESULT_REPORTED = "RESULT_REPORTED"
    CLOSED = "CLOSED"
    RECALLED = "RECALLED"


def _of_transfer(table: type[Base], row_class: str | None = None) -> RecordType:
    return RecordType(table.__table__, order=(("id", False),), row_class=row_class)


@item(_of_transfer(tables.TransferParty), description="涉案主体 Who a transfer is about")
class TransferParty:
    kind: str | None = value(PARTY_IDENTITY, "类别 Kind")
    name: str | None = value(PARTY_IDENTITY, "姓名或名称 Name")
    identity_number: str | None = value(PARTY_IDENTITY, "证件号码 Identity number")
    uscc: str | None = value(PARTY_IDENTITY, "统一社会信用代码 Unified social credit code")
    hidden_fields: list[str] = hidden_fields()


@item(
    _of_transfer(tables.Evidence, row_class="data_class"),
    description="证据 Evidence included in a transfer; an item is listed by its own data class",
)
class Evidence:
    kind: str | None = value(None, "证据种类 Kind")
    name: str | None = value(None, "名称 Name")
    sha256: str | None = value(None, "SHA-256 of the content 内容摘要")
    size: BigInt | None = value(None, "Bytes 字节数", as_text=True)
    media_type: str | None = value(None, "媒体类型 Media type")
    data_class: DataClass | None = value(None, "数据类别 Data class of the item")
    file_id: strawberry.ID | None = value(
        None, "文件编号 The file, at /files/{ClueTransfer.id}/{fileId}; null: the sender keeps the item itself"
    )


@item(_of_transfer(tables.InsuredPerson), description="参保人 Insured person named in a transfer")
class InsuredPerson:
    name: str | None = value(PERSONAL, "姓名 Name")
    resident_id: str | None = value(PERSONAL, "居民身份证号 Resident number")
    medical_record_no: str | None = value(HEALTH_DATA, "病案号 Medical record number")
    diagnosis: str | None = value(HEALTH_DATA, "诊断 Diagnosis")
    hidden_fields: list[str] = hidden_fields()


@item(_of_transfer(tables.TransferReceipt), description="回执 Receipt of a transfer, signed by a receiver (R13)")
class TransferReceipt:
    agency: Agency | None = one(PROCEDURE, "签收机关 Agency that signed", local="agency", remote="code")
    signed_at: datetime | None = value(PROCEDURE, "签收时间 Signed at")
    sealed: bool | None = value(PROCEDURE, "已加盖印章 The seal stands on it")
    pages: int | None = value(INVESTIGATION, "案卷页数 Pages of the file")
    documents: list[str] | None = value(INVESTIGATION, "有关文书和证据 Documents and evidence")
    officer_name: str | None = value(INVESTIGATION, "签收人 Who signed")
    officer_certificate_no: str | None = value(INVESTIGATION, "签收人执法证号 Law-enforcement certificate number")
    hidden_fields: list[str] = hidden_fields()


@item(
    RecordType(tables.CATALOGUE_TEXT, order=(("code", False),), id_column=None),
    description="“其他”项的说明 What an 'other' member of a catalogue means here",
)
class CatalogueText:
    code: str | None = value(INVESTIGATION, "移送清单代码 Catalogue code")
    text: str | None = value(INVESTIGATION, "具体行为 The conduct in words")
    hidden_fields: list[str] = hidden_fields()


@item(
    RecordType(tables.STEP, order=(("position", False),), id_column=None),
    description="办理步骤 A step of a transfer and what it put on file; on a draft also why it was sent back",
)
class TransferStep:
    kind: str | None = value(INVESTIGATION, "步骤，同 ClueTransferChangeKind What happened")
    at: datetime | None = value(INVESTIGATION, "办理时间 When")
    agency: Agency | None = one(INVESTIGATION, "办理机关 Agency that acted", local="agency", remote="code")
    reason: str | None = value(INVESTIGATION, "理由 Written reasons: what to supplement, why it was declined")
    document_no: str | None = value(INVESTIGATION, "文书文号 Number of the document")
    decided_on: date | None = value(INVESTIGATION, "决定日期 Decided on")
    result_kind: str | None = value(INVESTIGATION, "处理结果种类，同 ResultKind Kind of a result")
    amounts: list[str] | None = value(INVESTIGATION, "金额：种类和元，以空格分开 Kind and yuan, parted by a space")
    sanctions: list[str] | None = value(INVESTIGATION, "处理措施 Sanctions")
    items: list[str] | None = value(INVESTIGATION, "移交的物品和材料 Articles and materials handed over")
    detail: str | None = value(INVESTIGATION, "说明 Detail of a result, note of a supplement")
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.ClueTransfer.__table__,
        CLUE_TRANSFER,
        scope="clues:read",
        identifying="id",
        order=(("discovered_on", True), ("public_id", True)),
        audience=tables.RecordParty.__table__,
    ),
    description="线索移送 Clue transfer to one receiver",
    keys=("id",),
)
class ClueTransfer(Node):
    id: strawberry.ID = value(PROCEDURE, "公开编号 Public id", column="public_id")
    case_no: str | None = value(PROCEDURE, "案件编号 Hub-wide case number")
    doc_no: str | None = value(PROCEDURE, "移送书编号 ×局(委)案移字〔年〕n号")
    status: ClueTransferStatus | None = value(PROCEDURE, "状态 Status")
    catalogue_codes: list[str] | None = value(PROCEDURE, "移送清单代码 Catalogue codes")
    sender: Agency | None = one(PROCEDURE, "移送机关 Sender", local="sender", remote="code")
    receiver: Agency | None = one(PROCEDURE, "接收机关 Current receiver", local="receiver", remote="code")
    notified: list[Agency] | None = many(
        PROCEDURE,
        "抄送机关 Notified agencies",
        Many("id", "transfer_id", tables.ClueTransferNotified.__table__, far="agency", near="code"),
    )
    institution: Institution | None = one(PROCEDURE, "涉及机构 Institution", local="institution_id")
    source: str | None = value(PROCEDURE, "线索来源 Source of the clue")
    route: Route | None = derived(PROCEDURE, "移送路线 Route", deadlines.route, filtered=True)
    discovered_on: date | None = value(PROCEDURE, "发现日期 Discovered on")
    approved_at: datetime | None = value(PROCEDURE, "批准时间 Approved at")
    sent_at: datetime | None = value(PROCEDURE, "发出时间 Sent at")
    due_at: datetime | None = value(
        PROCEDURE, "下一期限 When the next step is due: an hour's end, or the midnight after the last day"
    )
    due_clock: str | None = value(PROCEDURE, "期限名称 Name of the deadline; null where it was imported")
    due_pack: str | None = value(PROCEDURE, "期限所依据的文件 Rule pack that sets the deadline")
    due_clause: str | None = value(PROCEDURE, "期限所依据的条款 Clause that sets the deadline")
    due_binding: bool | None = value(
        PROCEDURE, "该条款在当地是否有法律效力 Whether that clause binds there; false: a hub default"
    )
    due_provisional: bool | None = value(
        PROCEDURE, "所涉年份放假安排尚未公布 Counted over a year whose working days are not yet published"
    )
    overdue: bool | None = derived(PROCEDURE, "是否逾期 The running deadline is past", deadlines.overdue, filtered=True)
    owed_by: OwedBy | None = derived(
        PROCEDURE, "由谁办理 Whose step it is; null where nothing is owed", deadlines.owed_by, filtered=True
    )
    sampled: bool | None = derived(
        PROCEDURE, "本机关抽查抽中 Drawn in a spot check of your agency", sampled_by_caller, filtered=True
    )
    remaining_days: int | None = derived(
        PROCEDURE,
        "剩余自然日 Natural days to the last day, in Beijing; negative when past; null: nothing runs",
        deadlines.remaining_days,
    )
    remaining_working_days: int | None = derived(
        PROCEDURE,
        "剩余工作日 Working days to the last day, by your region's calendar",
        deadlines.remaining_working_days,
    )
    arrived_at: datetime | None = value(PROCEDURE, "送达时间 Arrived at")
    received_at: datetime | None = value(PROCEDURE, "签收时间 Received at")
    result_reported_at: datetime | None = value(PROCEDURE, "反馈结果时间 Result last reported at")
    receipts: list[TransferReceipt] | None = many(PROCEDURE, "回执 Receipts", Many("id", "transfer_id"))
    closed_at: datetime | None = value(PROCEDURE, "办结时间 Closed at")
    outcome: str | None = value(PROCEDURE, "处理结果 Outcome")
    parties: list[TransferParty] | None = many(PARTY_IDENTITY, "涉案主体 Parties", Many("id", "transfer_id"))
    summary: str | None = value(INVESTIGATION, "案情摘要 Summary")
    catalogue_texts: list[CatalogueText] | None = many(
        INVESTIGATION, "“其他”项的说明 Texts of 'other' members", Many("id", "transfer_id")
    )
    suspected_facts: str | None = value(INVESTIGATION, "涉嫌事实 Suspected facts")
    violation_amount: Decimal | None = value(INVESTIGATION, "违规金额（元） Violation amount, yuan", as_text=True)
    fund_loss: Decimal | None = value(INVESTIGATION, "基金损失（元） Fund loss, yuan", as_text=True)
    articles: list[str] | None = value(INVESTIGATION, "涉案物品清单 Articles")
    handling_opinion: str | None = value(INVESTIGATION, "处理意见 Handling opinion")
    result_detail: str | None = value(INVESTIGATION, "处理结果详情 Result in detail")
    steps: list[TransferStep] | None = many(
        INVESTIGATION, "办理步骤 Steps so far, the first first", Many("id", "transfer_id")
    )
    insured_persons: list[InsuredPerson] | None = many(
        INVESTIGATION, "涉及参保人 Insured persons", Many("id", "transfer_id")
    )
    evidence: list[Evidence] | None = many_or_one(
        Evidence,
        INVESTIGATION,
        "证据 Evidence",
        Many("id", "transfer_id", only=(("file_id", "file_id"),)),
        only="Only the item of this file 只取该文件",
    )
    informant_ref: str | None = value(INFORMANT, "举报人代号 Opaque reference; the hub stores no name")
    penalty_records = related(
        PENALTIES, "PenaltyRecord", "行政处罚 Penalties of the case", local="case_no", remote="case_no"
    )
    hidden_fields: list[str] = hidden_fields()


_transfer = pages(ClueTransfer, module=__name__)
ClueTransferConnection, ClueTransferFilter, ClueTransferOrder = _transfer.connection, _transfer.filter, _transfer.order
