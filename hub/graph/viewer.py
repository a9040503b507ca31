"""`viewer`: who am I here, for which purpose, and what is open to me. Built from the caller alone, reads no record."""

from datetime import datetime
from enum import StrEnum

import strawberry

from hub.policy.vocabulary import DataClass, MaskCode


@strawberry.enum(description="对本访问令牌的判定 What this token may read")
class Access(StrEnum):
    ALLOW = "ALLOW"
    CONDITIONAL = "CONDITIONAL"
    DENY = "DENY"


strawberry.enum(MaskCode, description="隐藏原因代码 Why a field is hidden; a closed enum")


@strawberry.type(description="字段可见性 What a field is to this token")
class FieldAccess:
    coordinate: str = strawberry.field(description="Type.field 字段坐标")
    data_classes: list[DataClass] = strawberry.field(description="数据类别 One, or the pair of a penalty")
    access: Access = strawberry.field(description="On every record, on some, on none 判定")
    code: MaskCode | None = strawberry.field(description="Why it is hidden, where it is 原因代码")
    policy: str | None = strawberry.field(description="Policy id 策略编号")
    basis: str | None = strawberry.field(description="Clause 依据条款")
    opens: list[str] = strawberry.field(description="Purposes that open it 可开放的目的")


@strawberry.type(description="令牌中的承办人 The acting officer as stated in the token")
class ViewerOfficer:
    name: str = strawberry.field(description="姓名 Name")
    certificate_no: str = strawberry.field(description="执法证号 Law-enforcement certificate number")
    registered: bool = strawberry.field(
        description="当日是否在本机关名册 In the agency's register today: who is not reads no INVESTIGATION and above"
    )


@strawberry.type(description="我是谁，可以读什么 Who I am here and what I may read")
class Viewer:
    client_id: str = strawberry.field(description="客户端 Client")
    agency_code: str = strawberry.field(description="机关代码 Agency")
    agency_name: str = strawberry.field(description="机关名称 Its name")
    agency_kind: str = strawberry.field(description="机关类别 Its kind")
    region_code: str = strawberry.field(description="行政区划代码 Its region")
    region_name: str = strawberry.field(description="行政区划 Name of its region")
    purpose: str = strawberry.field(description="目的 Purpose of the token")
    purpose_title: str = strawberry.field(description="目的名称 Its title")
    legal_basis: str = strawberry.field(description="法律依据 Clause of the purpose")
    case_no: str | None = strawberry.field(description="案件编号 Case of the token")
    scopes: list[str] = strawberry.field(description="授权范围 Scopes of the token")
    officer: ViewerOfficer | None = strawberry.field(description="承办人 Acting officer")
    expires_at: datetime = strawberry.field(description="令牌到期时间 When the token ends")
    fields: list[FieldAccess] = strawberry.field(
        description="Every classified field, with the reason where it is hidden 各字段的可见性及依据"
    )
