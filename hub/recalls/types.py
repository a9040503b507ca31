"""Subgraph `recalls`: what agencies received that is no longer shared as it was, and who has yet to act (R23)."""

from datetime import datetime
from enum import Enum
from typing import Any, cast

import strawberry

from hub.graph.declare import RecordType, derived, hidden_fields, record, value
from hub.graph.pages import pages
from hub.law.recall import RecallCause
from hub.policy.vocabulary import DataClass
from hub.recalls import facts
from hub.recalls.tables import Acknowledged
from hub.recalls.tables import Recall as Stored

ADMINISTRATION = DataClass.ADMINISTRATION
strawberry.enum(cast(type[Enum], RecallCause), description="撤回的原因 Why a record is recalled")
AcknowledgedBy: Any = strawberry.enum(
    cast(type[Enum], Acknowledged), name="AcknowledgedBy", description="确认的方式 How a recall was acknowledged"
)


@record(
    RecordType(
        Stored.__table__,
        facts.RECALL,
        identifying="id",
        order=(("recalled_at", True), ("public_id", True)),
    ),
    description="撤回通知 One agency's client received a record that was changed since: delete it, or read it again",
)
class Recall:
    id: strawberry.ID = value(ADMINISTRATION, "公开编号 Public id", column="public_id")
    record_type: str | None = value(ADMINISTRATION, "记录类型 Type of the record, for example PenaltyRecord")
    key: str | None = value(ADMINISTRATION, "记录的公开编号 Public key of the record, as the feed tells it")
    cause: RecallCause | None = value(ADMINISTRATION, "撤回的原因 What happened to the record")
    reason: str | None = value(ADMINISTRATION, "公开说明的理由 The reason as made public; null where none was")
    clause: str | None = value(ADMINISTRATION, "期限的依据 Document and clause of the deadline")
    notice: str | None = value(ADMINISTRATION, "依据无法律效力时的说明 Where the clause has no legal force")
    recalled_at: datetime | None = value(ADMINISTRATION, "撤回时间 When the record was changed")
    due_at: datetime | None = value(ADMINISTRATION, "期限届满时刻 From this moment on it is late")
    client_id: str | None = value(ADMINISTRATION, "收到记录的客户端 Client that received the record")
    agency: str | None = value(ADMINISTRATION, "收到记录的机关代码 Its agency, by code")
    authority: str | None = value(ADMINISTRATION, "作出决定的机关代码 Agency whose record it is, by code")
    received_at: datetime | None = value(ADMINISTRATION, "最后收到的时间 When it was last received before the change")
    acknowledged_at: datetime | None = value(ADMINISTRATION, "确认时间 When the recall was acknowledged")
    acknowledged_by: AcknowledgedBy | None = value(ADMINISTRATION, "确认的方式 How")
    overdue: bool | None = derived(
        ADMINISTRATION, "是否逾期未确认 Not acknowledged and past its deadline", facts.overdue, filtered=True
    )
    hidden_fields: list[str] = hidden_fields()


_recall = pages(Recall, module=__name__)
RecallConnection, RecallFilter, RecallOrder = _recall.connection, _recall.filter, _recall.order
