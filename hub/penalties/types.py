"""Subgraph `penalties`: penalty records 行政处罚, the content of the dual-publicity form (R22, domain.md D)."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from hub.graph.declare import RecordType, hidden_fields, one, record, value
from hub.graph.node import Node
from hub.graph.pages import pages
from hub.parties.types import Agency, Institution
from hub.penalties import tables
from hub.penalties.facts import PENALTY_RECORD
from hub.policy.vocabulary import PUBLISHED, DataClass

SUPERVISION, PARTY_IDENTITY = DataClass.SUPERVISION, DataClass.PARTY_IDENTITY
INVESTIGATION, PERSONAL = DataClass.INVESTIGATION, DataClass.PERSONAL


@record(
    RecordType(
        tables.PenaltyRecord.__table__,
        PENALTY_RECORD,
        scope="penalties:read",
        identifying="id",
        order=(("decided_on", True), ("public_id", True)),
    ),
    description="行政处罚 Penalty record; amounts in yuan",
    keys=("id",),
)
class PenaltyRecord(Node):
    id: strawberry.ID = value(PUBLISHED, "公开编号 Public id", column="public_id")
    decision_no: str | None = value(PUBLISHED, "行政处罚决定书文号 Decision number")
    institution: Institution | None = one(PUBLISHED, "被处罚机构 Institution", local="institution_id")
    counterparty_name: str | None = value(PUBLISHED, "行政相对人名称 Counterparty; null for a natural person")
    counterparty_category: str | None = value(PUBLISHED, "行政相对人类别 Category of the counterparty")
    counterparty_uscc: str | None = value(PUBLISHED, "统一社会信用代码 Unified social credit code")
    business_registration_no: str | None = value(PUBLISHED, "工商注册号 Business registration number")
    organization_code: str | None = value(PUBLISHED, "组织机构代码 Organization code")
    tax_registration_no: str | None = value(PUBLISHED, "税务登记号 Tax registration number")
    public_institution_no: str | None = value(PUBLISHED, "事业单位证书号 Public-institution certificate number")
    social_organization_no: str | None = value(PUBLISHED, "社会组织登记证号 Social-organization certificate number")
    legal_representative: str | None = value(PUBLISHED, "法定代表人 Name of the legal representative")
    violation_type: str | None = value(PUBLISHED, "违法行为类型 Violation type")
    published_facts: str | None = value(PUBLISHED, "公示的违法事实 Facts as published")
    basis: str | None = value(PUBLISHED, "处罚依据 Legal basis")
    kinds: list[str] | None = value(PUBLISHED, "处罚类别 Kinds of penalty")
    content: str | None = value(PUBLISHED, "处罚内容 Content")
    fine: Decimal | None = value(PUBLISHED, "罚款金额（元） Fine, yuan", as_text=True)
    confiscation: Decimal | None = value(PUBLISHED, "没收金额（元） Confiscation, yuan", as_text=True)
    licence_revoked: str | None = value(PUBLISHED, "暂扣或吊销证照名称及编号 Licence suspended or revoked")
    decided_on: date | None = value(PUBLISHED, "处罚决定日期 Decided on")
    authority: Agency | None = one(PUBLISHED, "处罚机关 Authority", local="authority", remote="code")
    valid_until: date | None = value(PUBLISHED, "处罚有效期 Valid until")
    publicity_ends_on: date | None = value(PUBLISHED, "公示截止期 Publicity ends on")
    data_source: str | None = value(PUBLISHED, "数据来源单位 Data source")
    data_source_uscc: str | None = value(PUBLISHED, "数据来源单位统一社会信用代码 Uscc of the data source")
    remark: str | None = value(PUBLISHED, "备注 Remark")
    published_at: datetime | None = value(PUBLISHED, "公示时间 Published at")
    revoked_at: datetime | None = value(PUBLISHED, "撤销时间 Revoked at")
    status: str | None = value(PUBLISHED, "状态 State, for example PUBLISHED")
    severity: str | None = value(PUBLISHED, "违法程度 MINOR, GENERAL or SERIOUS: decides the publicity term")
    amended_at: datetime | None = value(PUBLISHED, "更正时间 Last amended at")
    repaired_at: datetime | None = value(PUBLISHED, "信用修复时间 Repaired at")
    served_on: date | None = value(SUPERVISION, "送达日期 Served on")
    not_published_reason: str | None = value(SUPERVISION, "不予公示的原因 Reason for not publishing")
    counterparty_person_name: str | None = value(PARTY_IDENTITY, "自然人姓名 Name of a natural person")
    facts: str | None = value(INVESTIGATION, "违法事实 Facts in full")
    case_officers: list[str] | None = value(INVESTIGATION, "承办人 Case officers")
    case_file_no: str | None = value(INVESTIGATION, "案卷号 File number")
    counterparty_id_type: str | None = value(PERSONAL, "自然人证件类型 Type of the person's document")
    counterparty_resident_id: str | None = value(PERSONAL, "自然人证件号码 Number of the person's document")
    legal_representative_id_type: str | None = value(
        PERSONAL, "法定代表人证件类型 Type of the representative's document"
    )
    legal_representative_id: str | None = value(PERSONAL, "法定代表人证件号码 Number of the representative's document")
    hidden_fields: list[str] = hidden_fields()


_penalty = pages(PenaltyRecord, module=__name__)
PenaltyRecordConnection, PenaltyRecordFilter, PenaltyRecordOrder = _penalty.connection, _penalty.filter, _penalty.order
