"""`acknowledgeChanges` in the schema: input, payload, titles."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final, cast

import strawberry

from hub.following.acknowledging import Acknowledgement, Feed, FollowingCommand, Rejected, execute
from hub.graph.declare import ordered
from hub.graph.inputs import Inputs
from hub.graph.payloads import UserError, replayed, user_errors

strawberry.enum(cast(type[Enum], Feed), name="Feed", description="变更流 A change feed, by the name of its root field")
_INPUTS: Final = Inputs(
    {
        "idempotencyKey": "幂等键，每一命令一个随机值 A random value for each command; a retry bears the same",
        "feed": "变更流；不填则以游标为准 The feed; left out, the cursor tells",
        "cursor": "已全部应用并持久保存到此的游标 The cursor up to which all is applied, and durable on your side",
        "rejected": "未能应用的记录，至多1000件 Records that you could not take, up to 1,000",
        "key": "变更项的 key The `key` of the entry",
        "reason": "未能应用的原因 Why not",
    },
    {Rejected: ("RejectedRecordInput", "未能应用的记录 A record that you could not take into your copy")},
)


@strawberry.type(description="确认的结果 What an acknowledgement came to")
class AcknowledgementPayload:
    acknowledged: datetime | None = strawberry.field(
        description="副本截至此刻完整；初始快照未读完的为空 Your copy is complete up to this moment;"
        " null while the first snapshot is not read to its end"
    )
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


_TITLE: Final = (
    "确认变更流已应用至某一游标，只进不退；撤回的送达以此为准"
    " Acknowledges a feed up to a cursor, forward only; recalls are settled by it"
)
MUTATIONS: Final[Mapping[str, Any]] = {
    str(FollowingCommand.ACKNOWLEDGE): ordered(
        FollowingCommand.ACKNOWLEDGE,
        _INPUTS.of_command("AcknowledgeChangesInput", Acknowledgement, _TITLE),
        AcknowledgementPayload,
        _TITLE,
        scope="feed:read",
        carry_out=execute,
        cursors=True,
    )
}
