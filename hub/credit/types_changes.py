"""`creditChanges`: what happened to scores, in the order of commits."""

from datetime import datetime
from enum import Enum

import strawberry

from hub.credit.types import CreditScore
from hub.feed.log import ENTRY, SAME_ROW
from hub.graph.declare import RecordType, item, one, value
from hub.graph.feeds import feed_page
from hub.policy.vocabulary import DataClass

SUPERVISION = DataClass.SUPERVISION


@strawberry.enum(description="变更类型 What happened")
class CreditScoreChangeKind(Enum):
    PRESENT = strawberry.enum_value(
        "PRESENT", description="现有的评分 It is there: the snapshot that a reader begins with"
    )
    SCORED = strawberry.enum_value("SCORED", description="首次评分 The first score of the period")
    RESCORED = strawberry.enum_value("RESCORED", description="重新评分 Computed or given anew")


@item(
    RecordType(ENTRY, id_column=None, entry_of="CreditScore"),
    description="一项变更 One change of one score",
)
class CreditScoreChange:
    key: strawberry.ID | None = value(SUPERVISION, "国家医保编码/期间 nhsaCode/period, for example H64010400001/2025Q4")
    change: CreditScoreChangeKind | None = value(SUPERVISION, "变更类型 What happened", column="kind")
    at: datetime | None = value(SUPERVISION, "发生时间 When; null in the snapshot")
    tombstone: bool | None = value(SUPERVISION, "Remove your copy 应删除副本")
    reason: str | None = value(SUPERVISION, "Of a tombstone: why 删除原因")
    record: CreditScore | None = one(
        SUPERVISION, "该评分的当前内容 The score as it is now; null on a tombstone", local=SAME_ROW
    )


CreditScoreChanges = feed_page(CreditScoreChange, "CreditScore", module=__name__)
