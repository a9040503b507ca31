"""`penaltyChanges`, `inspectionChanges`: what happened to penalties and inspection results, in the order of commits."""

from datetime import datetime
from enum import Enum
from typing import cast

import strawberry

from hub.feed.log import ENTRY, PRESENT, SAME_ROW
from hub.graph.declare import RecordType, item, one, value
from hub.graph.feeds import feed_page
from hub.penalties.lifecycle import PenaltyEventKind
from hub.penalties.supervision_types import InspectionResult
from hub.penalties.types import PenaltyRecord
from hub.policy.vocabulary import PUBLISHED, DataClass

SUPERVISION = DataClass.SUPERVISION
_THERE = "现有的记录 It is there: the snapshot that a reader begins with"
_AT = "发生时间 When; null in the snapshot"
_TOMBSTONE = "Remove your copy, and stop to share and use it: it is public no more 应删除副本并停止共享和使用"
_REASON = "Of a tombstone: why, as far as the law has it told in public 删除原因"
PenaltyRecordChangeKind = strawberry.enum(
    cast(
        type[Enum],
        Enum(
            "PenaltyRecordChangeKind",
            {PRESENT: strawberry.enum_value(PRESENT, description=_THERE)}
            | {kind.name: kind.value for kind in PenaltyEventKind if kind is not PenaltyEventKind.IMPORTED},
        ),
    ),
    description="变更类型 What happened: an event of the record's life, or PRESENT",
)


@strawberry.enum(description="变更类型 What happened")
class InspectionResultChangeKind(Enum):
    PRESENT = strawberry.enum_value("PRESENT", description=_THERE)
    RECORDED = "RECORDED"
    AMENDED = "AMENDED"


@item(
    RecordType(ENTRY, id_column=None, entry_of="PenaltyRecord"),
    description="一项变更 One change of one penalty record",
)
class PenaltyRecordChange:
    key: strawberry.ID | None = value(PUBLISHED, "处罚记录的公开编号 Public id of the record, also of a tombstone")
    change: PenaltyRecordChangeKind | None = value(PUBLISHED, "变更类型 What happened", column="kind")  # type: ignore[valid-type]
    at: datetime | None = value(PUBLISHED, _AT)
    tombstone: bool | None = value(PUBLISHED, _TOMBSTONE)
    reason: str | None = value(PUBLISHED, _REASON)
    record: PenaltyRecord | None = one(
        PUBLISHED, "该记录的当前内容 The record as it is now; null on a tombstone", local=SAME_ROW
    )


@item(
    RecordType(ENTRY, id_column=None, entry_of="InspectionResult"),
    description="一项变更 One change of one inspection result",
)
class InspectionResultChange:
    key: strawberry.ID | None = value(SUPERVISION, "检查结果的公开编号 Public id of the record")
    change: InspectionResultChangeKind | None = value(SUPERVISION, "变更类型 What happened", column="kind")
    at: datetime | None = value(SUPERVISION, _AT)
    tombstone: bool | None = value(SUPERVISION, _TOMBSTONE)
    reason: str | None = value(SUPERVISION, _REASON)
    record: InspectionResult | None = one(
        SUPERVISION, "该结果的当前内容 The result as it is now; null on a tombstone", local=SAME_ROW
    )


PenaltyRecordChanges = feed_page(PenaltyRecordChange, "PenaltyRecord", module=__name__)
InspectionResultChanges = feed_page(InspectionResultChange, "InspectionResult", module=__name__)
