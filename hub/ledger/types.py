"""The `disclosures` query: the ledger as the hub operator reads it (004 第17条); reading it is itself recorded."""

from datetime import datetime

import strawberry
from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, Text, Uuid, column, table

from hub.graph.declare import RecordType, hidden_fields, record, value
from hub.graph.pages import pages
from hub.graph.records import DISCLOSURE
from hub.graph.scalars import BigInt
from hub.policy.vocabulary import DataClass

ADMINISTRATION = DataClass.ADMINISTRATION

DISCLOSURE_VIEW = table(
    "disclosure_view",
    column("public_id", Uuid()),
    column("at", DateTime(timezone=True)),
    column("client_id", Text()),
    column("agency", Text()),
    column("officer_name", Text()),
    column("officer_certificate_no", Text()),
    column("purpose", Text()),
    column("legal_basis", Text()),
    column("case_no", Text()),
    column("outcome", Text()),
    column("error_codes", ARRAY(Text())),
    column("shown", ARRAY(Text())),
    column("masked", ARRAY(Text())),
    column("filtered", ARRAY(Text())),
    column("counted", ARRAY(Text())),
    column("record_count", Integer()),
    column("row_count", BigInteger()),
    column("policy_version", Text()),
)


@record(
    RecordType(
        DISCLOSURE_VIEW,
        DISCLOSURE,
        scope="ledger:read",
        identifying="id",
        order=(("at", True), ("public_id", True)),
        id_column=None,
    ),
    description="一次披露 One disclosure: who read which fields, for what, when. Never values",
)
class Disclosure:
    id: strawberry.ID = value(ADMINISTRATION, "公开编号 Public id", column="public_id")
    at: datetime | None = value(ADMINISTRATION, "时间 When")
    client_id: str | None = value(ADMINISTRATION, "客户端 Client")
    agency: str | None = value(ADMINISTRATION, "机关代码 Agency code")
    officer_name: str | None = value(ADMINISTRATION, "承办人 Officer as stated")
    officer_certificate_no: str | None = value(ADMINISTRATION, "执法证号 Certificate number as stated")
    purpose: str | None = value(ADMINISTRATION, "目的 Purpose")
    legal_basis: str | None = value(ADMINISTRATION, "法律依据 Clause of the purpose")
    case_no: str | None = value(ADMINISTRATION, "案件编号 Case of the token")
    outcome: str | None = value(ADMINISTRATION, "结果 ANSWERED, REFUSED, TIMEOUT or FAILED")
    error_codes: list[str] | None = value(ADMINISTRATION, "错误代码 Error codes")
    shown: list[str] | None = value(ADMINISTRATION, "已披露字段 Coordinates shown")
    masked: list[str] | None = value(ADMINISTRATION, "已隐藏字段 Coordinates masked")
    filtered: list[str] | None = value(ADMINISTRATION, "筛选或排序字段 Coordinates filtered or sorted by")
    counted: list[str] | None = value(ADMINISTRATION, "计数字段 Coordinates counted")
    record_count: int | None = value(ADMINISTRATION, "记录数 Distinct records shown, at every depth")
    row_count: BigInt | None = value(ADMINISTRATION, "行数 Rows shown, at every depth", as_text=True)
    policy_version: str | None = value(ADMINISTRATION, "策略版本 Policy version")
    hidden_fields: list[str] = hidden_fields()


_disclosure = pages(Disclosure, module=__name__)
DisclosureConnection, DisclosureFilter, DisclosureOrder = _disclosure.connection, _disclosure.filter, _disclosure.order
