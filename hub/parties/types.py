"""Subgraph `parties`: agencies, regions, legal entities, designated institutions, personnel (domain.md D)."""

from datetime import date

import strawberry

from hub.graph.declare import RecordType, derived, hidden_fields, item, one, record, related, value
from hub.graph.pages import pages
from hub.parties import qualification, tables
from hub.parties.facts import AGENCY, INSTITUTION, LEGAL_ENTITY, PERSONNEL
from hub.policy.vocabulary import DataClass

PUBLIC, SUPERVISION = DataClass.PUBLIC, DataClass.SUPERVISION
PERSONAL, TRADE_SECRET = DataClass.PERSONAL, DataClass.TRADE_SECRET

CLUES, PENALTIES, CREDIT = "hub.clues.types", "hub.penalties.types", "hub.credit.types"
INSPECTIONS = "hub.penalties.supervision_types"


@item(
    RecordType(tables.Region.__table__, order=(("code", False),), id_column=None),
    description="行政区划 Region: GB/T 2260, or a zone's own code",
)
class Region:
    code: str = value(None, "Code of six characters 区划代码")
    name: str = value(None, "Name 名称")
    level: int = value(None, "1 province, 2 prefecture, 3 county 层级")


@record(
    RecordType(tables.Agency.__table__, AGENCY, scope="parties:read", identifying="code", order=(("code", False),)),
    description="机关 Agency",
    keys=("code",),
)
class Agency:
    code: strawberry.ID = value(PUBLIC, "机关代码 Natural key")
    kind: str | None = value(PUBLIC, "机关类别 Kind, for example HEALTHCARE_SECURITY")
    name: str | None = value(PUBLIC, "名称 Name")
    short_name: str | None = value(PUBLIC, "简称 Short name")
    level: int | None = value(PUBLIC, "1 province, 2 prefecture, 3 county 层级")
    region: Region | None = one(PUBLIC, "行政区划 Region", local="region", remote="code")
    uscc: str | None = value(PUBLIC, "统一社会信用代码 Unified social credit code")
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.LegalEntity.__table__, LEGAL_ENTITY, scope="parties:read", identifying="uscc", order=(("uscc", False),)
    ),
    description="法人 Legal entity; branches share its uscc",
    keys=("uscc",),
)
class LegalEntity:
    uscc: strawberry.ID = value(PUBLIC, "统一社会信用代码 Unified social credit code")
    name: str | None = value(PUBLIC, "名称 Name")
    kind: str | None = value(PUBLIC, "类别 Kind")
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.Institution.__table__,
        INSTITUTION,
        scope="parties:read",
        identifying="nhsa_code",
        order=(("nhsa_code", False),),
    ),
    description="定点医药机构 Designated institution",
    keys=("nhsaCode",),
)
class Institution:
    nhsa_code: strawberry.ID = value(PUBLIC, "国家医保编码 National healthcare security code")
    uscc: str | None = value(PUBLIC, "统一社会信用代码 Unified social credit code")
    name: str | None = value(PUBLIC, "名称 Name")
    kind: str | None = value(PUBLIC, "机构类别 Kind")
    level: str | None = value(PUBLIC, "等级 Level")
    region: Region | None = one(PUBLIC, "行政区划 Region", local="region", remote="code")
    address: str | None = value(PUBLIC, "地址 Address")
    agreement_listed: bool | None = value(PUBLIC, "是否列入定点名单 Listed as designated")
    legal_entity: LegalEntity | None = one(PUBLIC, "法人 Legal entity", local="uscc", remote="uscc")
    agreement_status: str | None = value(SUPERVISION, "协议状态 Agreement status")
    legal_representative_id: str | None = value(PERSONAL, "法定代表人身份证号 Resident number of the representative")
    phone: str | None = value(PERSONAL, "电话 Phone")
    settlement_account: str | None = value(TRADE_SECRET, "结算账户 Settlement account")
    personnel = related(__name__, "Personnel", "相关人员 Personnel", local="id", remote="institution_id")
    clue_transfers = related(CLUES, "ClueTransfer", "线索移送 Transfers about it", local="id", remote="institution_id")
    penalty_records = related(PENALTIES, "PenaltyRecord", "行政处罚 Penalties", local="id", remote="institution_id")
    credit_scores = related(CREDIT, "CreditScore", "信用评分 Scores", local="id", remote="institution_id")
    inspection_results = related(
        INSPECTIONS, "InspectionResult", "检查结果 Inspection results", local="id", remote="institution_id"
    )
    agreement_measures = related(
        INSPECTIONS, "AgreementMeasure", "协议处理 Agreement measures", local="id", remote="institution_id"
    )
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.Personnel.__table__,
        PERSONNEL,
        scope="parties:read",
        identifying="nhsa_code",
        order=(("nhsa_code", False),),
    ),
    description="相关人员 Personnel of an institution",
    keys=("nhsaCode",),
)
class Personnel:
    nhsa_code: strawberry.ID = value(PUBLIC, "国家医保编码 National healthcare security code")
    license_no: str | None = value(PUBLIC, "执业证号 Licence number, may be absent")
    name: str | None = value(PUBLIC, "姓名 Name")
    profession: str | None = value(PUBLIC, "职业 Profession")
    institution: Institution | None = one(PUBLIC, "所在机构 Institution", local="institution_id")
    qualification_status: str | None = derived(
        SUPERVISION, "支付资格状态 Payment qualification: NORMAL, SUSPENDED, ENDED", qualification.status, filtered=True
    )
    points: int | None = derived(
        SUPERVISION, "本年度支付资格记分 Payment-qualification points of this year", qualification.points, filtered=True
    )
    qualification_until: date | None = derived(
        SUPERVISION,
        "暂停的最后一日；终止的，可再次登记之日 Last day of a suspension; or when registration is possible again",
        qualification.until,
    )
    resident_id: str | None = value(PERSONAL, "居民身份证号 Resident number")
    phone: str | None = value(PERSONAL, "电话 Phone")
    hidden_fields: list[str] = hidden_fields()


_agency = pages(Agency, module=__name__)
AgencyConnection, AgencyFilter, AgencyOrder = _agency.connection, _agency.filter, _agency.order
_institution = pages(Institution, module=__name__)
InstitutionConnection, InstitutionFilter, InstitutionOrder = (
    _institution.connection,
    _institution.filter,
    _institution.order,
)
_personnel = pages(Personnel, module=__name__)
PersonnelConnection, PersonnelFilter, PersonnelOrder = _personnel.connection, _personnel.filter, _personnel.order
