"""`clueTransferChanges`: what happened to the transfers that an agency may know of, in the order of its happening."""

from datetime import datetime
from enum import Enum
from typing import cast

import strawberry

from hub.clues.events import EventKind
from hub.clues.events_told import ChangeKind
from hub.clues.types import ClueTransfer
from hub.feed.log import ENTRY
from hub.graph.declare import RecordType, item, one, value
from hub.graph.feeds import feed_page
from hub.policy.vocabulary import DataClass

PROCEDURE = DataClass.PROCEDURE
_DESCRIPTIONS = {
    ChangeKind.PRESENT: "现有的移送 It is there: the snapshot that a reader begins with",
    ChangeKind.CASE_CHANGED: "并案、分案 It stands under another case number",
    ChangeKind.LEFT: "本机关不再是当事机关 You are no party any more: the last you hear of it",
}
ClueTransferChangeKind = strawberry.enum(
    cast(
        type[Enum],
        Enum(
            "ClueTransferChangeKind",
            {kind.name: strawberry.enum_value(kind.value, description=words) for kind, words in _DESCRIPTIONS.items()}
            | {kind.name: kind.value for kind in EventKind},
        ),
    ),
    description="变更类型 What happened: an event of the transfer's life, or one of the first three",
)


@item(
    RecordType(ENTRY, id_column=None, entry_of="ClueTransfer"),
    description="一项变更 One change of one transfer",
)
class ClueTransferChange:
    id: strawberry.ID | None = value(PROCEDURE, "移送的公开编号 Public id of the transfer", column="public_id")
    change: ClueTransferChangeKind | None = value(PROCEDURE, "变更类型 What happened", column="kind")  # type: ignore[valid-type]
    at: datetime | None = value(PROCEDURE, "发生时间 When; null in the snapshot")
    tombstone: bool | None = value(PROCEDURE, "Remove your copy: you may know of it no more 应删除副本")
    reason: str | None = value(PROCEDURE, "Of a tombstone: by which event 删除原因")
    record: ClueTransfer | None = one(
        PROCEDURE, "该移送的当前内容 The transfer as it is now; null on a tombstone", local="shown_id"
    )


ClueTransferChanges = feed_page(ClueTransferChange, "ClueTransfer", module=__name__)
