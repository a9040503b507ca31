"""`acknowledgeRecall` as a mutation: input, title, payload."""

from collections.abc import Mapping
from typing import Any, Final

import strawberry

from hub.graph.declare import ordered
from hub.graph.inputs import Inputs
from hub.graph.payloads import UserError, replayed, user_errors
from hub.recalls.acknowledging import SCOPE, Acknowledgement, RecallCommand, execute

_TITLE: Final = (
    "确认已删除或者更新收到后被撤回的记录；按变更流读取的，确认变更流即可"
    " Says that what was recalled is deleted or replaced; who follows the feed acknowledges that instead"
)
_INPUTS: Final = Inputs(
    {
        "idempotencyKey": "幂等键，8至128个可见ASCII字符；重试用同一键 Idempotency key; the same for a retry",
        "ids": "撤回通知的公开编号，1至1000个；有一个不是本机关的，全部不予确认 Public ids of recalls; all or none",
    },
    {},
)


@strawberry.type(description="确认撤回的结果 What an acknowledgement came to")
class AcknowledgeRecallPayload:
    acknowledged: list[strawberry.ID] = strawberry.field(
        description="已确认的撤回通知 The recalls that are acknowledged, now or before"
    )
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


MUTATIONS: Final[Mapping[str, Any]] = {
    str(RecallCommand.ACKNOWLEDGE): ordered(
        RecallCommand.ACKNOWLEDGE,
        _INPUTS.of_command("AcknowledgeRecallInput", Acknowledgement, _TITLE),
        AcknowledgeRecallPayload,
        _TITLE,
        scope=SCOPE,
        carry_out=execute,
    )
}
