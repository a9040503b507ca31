"""The commands on credit as mutations: inputs, titles, payloads. They are carried out with those on penalties."""

from collections.abc import Mapping
from typing import Any, Final

import strawberry

from hub.credit import inputs as given
from hub.graph.declare import affected, ordered
from hub.graph.inputs import Inputs
from hub.graph.payloads import UserError, replayed, user_errors
from hub.parties.types import Institution, Personnel
from hub.penalties.commands import execute
from hub.penalties.mutations import RecordingPayload
from hub.penalties.recording import RecordCommand

SCOPE: Final = "credit:write"
strawberry.enum(given.CreditChange, description="更正方式 What becomes of a recorded credit event")

_FIELDS: Final[Mapping[str, str]] = {
    "idempotencyKey": "幂等键，每一命令一个随机值 A random value for each command; a retry bears the same",
    "allOrNothing": "一件有误，整批不收（默认）；否则只不收有误的 One bad item refuses all, or itself alone",
    "scores": "评分，逐件核对 Scores, each checked by itself",
    "institution": "定点医药机构的国家医保编码 nhsaCode of the designated institution",
    "period": "期间，如 2025Q4 Period",
    "modelVersion": "评分模型版本 Version of the scoring model",
    "score": "得分，0至1000，两位小数 0 to 1,000, two decimals",
    "grade": "等级，不填则由模型得出 Grade; by the model where it is left out",
    "dimensions": "各维度得分；填写则须齐全 All dimensions of the model, or none",
    "replace": "更替已有的评分，原评分留存 Replaces the score that stands, which is kept as a version",
    "code": "维度代码 Code of the dimension",
    "personnel": "相关人员的国家医保编码：记分 nhsaCode of a member of personnel: points",
    "event": "要更正的事件的公开编号 Public id of the event that is corrected",
    "change": "更正方式，仅用于更正 How it is corrected",
    "rule": "评分模型的规则代码 Rule of the scoring model",
    "points": "支付资格记分，1至12 Payment-qualification points, 1 to 12",
    "occurredOn": "发生日期 Day of the event",
    "suspendedMonths": "决定暂停的月数，1至6 Months of the suspension as decided, 1 to 6",
    "effectiveOn": "修复生效日期 Day of the repair",
    "reason": "理由；更正必填 Reason; required of a correction",
    "caseNo": "平台案件编号：仅在该案件内可见 Case number: then it is read only under that case",
}
_INPUTS: Final = Inputs(
    _FIELDS,
    {
        given.ScoreGiven: ("CreditScoreInput", "信用评分 One score, as the agency gives it"),
        given.DimensionGiven: ("CreditDimensionInput", "维度得分 One dimension of a score"),
    },
)


@strawberry.type(description="信用事件的结果 What a command on a credit event came to")
class CreditEventPayload:
    event: strawberry.ID | None = strawberry.field(description="事件的公开编号 Public id of the event")
    institution: Institution | None = affected(
        "institution", "所涉机构 The institution it is about", column="nhsa_code"
    )
    personnel: Personnel | None = affected("personnel", "所涉人员 The person it is about", column="nhsa_code")
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


def _mutation(command: RecordCommand, name: str, model: type[Any], payload: type, title: str) -> Any:
    return ordered(command, _INPUTS.of_command(name, model, title), payload, title, scope=SCOPE, carry_out=execute)


MUTATIONS: Final[Mapping[str, Any]] = {
    str(RecordCommand.RECORD_CREDIT_SCORES): _mutation(
        RecordCommand.RECORD_CREDIT_SCORES,
        "RecordCreditScoresInput",
        given.Scores,
        RecordingPayload,
        "报送信用评分，每批不超过1000件 Records credit scores as the agency gives them, up to 1,000",
    ),
    str(RecordCommand.RECORD_CREDIT_EVENT): _mutation(
        RecordCommand.RECORD_CREDIT_EVENT,
        "RecordCreditEventInput",
        given.CreditEventGiven,
        CreditEventPayload,
        "记录或者更正信用事件、人员记分，随即重新计算评分 Records or corrects a credit event, or points; scores follow",
    ),
}
"""Root fields of `Mutation`, in the order of the table of commands."""
