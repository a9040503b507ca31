"""The commands on penalties, inspection results and agreement measures as mutations: inputs, titles, payloads."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, cast

import strawberry
from pydantic import BaseModel

from hub.graph.declare import affected, ordered
from hub.graph.inputs import Inputs
from hub.graph.payloads import UserError, replayed, user_errors
from hub.law.vocabulary import Severity
from hub.penalties import inputs as given
from hub.penalties import words
from hub.penalties.commands import execute
from hub.penalties.mutations_titles import FIELDS, TITLES
from hub.penalties.recording import ItemStatus, RecordCommand
from hub.penalties.types import PenaltyRecord

strawberry.enum(Severity, description="违法程度 Severity: decides the publicity term")
strawberry.enum(words.CounterpartyCategory, description="行政相对人类别 Category of the counterparty")
strawberry.enum(words.IdType, name="IdentityDocumentType", description="证件类型 Type of an identity document")
strawberry.enum(words.PenaltyKind, description="处罚种类（处罚法第九条） Kind of penalty")
strawberry.enum(words.InspectionKind, description="检查方式 Kind of inspection")
strawberry.enum(words.FindingsClass, description="检查结果类别 Class of findings")
strawberry.enum(words.InspectionMeasure, description="检查处理措施 Measure at an inspection")
strawberry.enum(words.AgreementMeasureKind, description="协议处理方式（004第二十一条） Kind of agreement measure")
strawberry.enum(words.Statement, name="StatementOutcome", description="陈述申辩情况 What came of statement and defence")
RecordedStatus: Any = strawberry.enum(
    cast(type[Enum], ItemStatus), name="RecordedStatus", description="一项的处理结果 What became of one item"
)

_INPUTS: Final = Inputs(
    FIELDS,
    {
        given.PenaltyGiven: ("PenaltyInput", "行政处罚 One decision against one counterparty"),
        given.InspectionGiven: ("InspectionResultInput", "日常监督检查结果 One inspection result"),
        given.AgreementGiven: ("AgreementMeasureInput", "协议处理 One agreement measure"),
        given.Changes: ("PenaltyChangesInput", "变更的内容，未填的不变 What changes; what is left out stays"),
    },
)


@strawberry.type(description="批量报送中一项的结果 What became of one item of a batch")
class RecordedItem:
    index: int = strawberry.field(description="序号，自0起 Position in the batch, from 0")
    status: RecordedStatus = strawberry.field(description="结果 What became of it")
    id: strawberry.ID | None = strawberry.field(description="记录的公开编号 Public id of its record")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="批量报送的结果 What a batch came to")
class RecordingPayload:
    results: list[RecordedItem] = strawberry.field(
        description="逐项结果；整批不予办理的为空 One for each item, in order; none where the whole was refused"
    )
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


@strawberry.type(description="处罚命令的结果 What a command on a penalty came to")
class PenaltyPayload:
    penalty_record: PenaltyRecord | None = affected("record", "办理后的处罚 The record as it is afterwards")
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


MODELS: Final[Mapping[RecordCommand, type[BaseModel]]] = {
    RecordCommand.RECORD_PENALTIES: given.Penalties,
    RecordCommand.SERVE: given.Service,
    RecordCommand.PUBLISH: given.Publication,
    RecordCommand.WITHHOLD: given.Withholding,
    RecordCommand.AMEND: given.Amendment,
    RecordCommand.REVOKE: given.Revocation,
    RecordCommand.RECORD_INSPECTION_RESULTS: given.Inspections,
    RecordCommand.RECORD_AGREEMENT_MEASURES: given.Agreements,
    RecordCommand.RECORD_OBJECTION: given.Objection,
    RecordCommand.RECORD_CREDIT_REPAIR: given.Objection,
}
_SCOPE: Final[Mapping[RecordCommand, str]] = {
    RecordCommand.RECORD_INSPECTION_RESULTS: "inspections:write",
    RecordCommand.RECORD_AGREEMENT_MEASURES: "inspections:write",
    RecordCommand.RECORD_OBJECTION: "repairs:write",
    RecordCommand.RECORD_CREDIT_REPAIR: "repairs:write",
}
_BATCHES: Final = (given.Penalties, given.Inspections, given.Agreements)


def _field(command: RecordCommand, model: type[BaseModel]) -> Any:
    name = f"{command.value[0].upper()}{command.value[1:]}Input"
    title = TITLES[command]
    payload = RecordingPayload if model in _BATCHES else PenaltyPayload
    scope = _SCOPE.get(command, "penalties:write")
    return ordered(command, _INPUTS.of_command(name, model, title), payload, title, scope=scope, carry_out=execute)


MUTATIONS: Final[Mapping[str, Any]] = {str(command): _field(command, model) for command, model in MODELS.items()}
"""Root fields of `Mutation`, in the order of the table of commands."""
