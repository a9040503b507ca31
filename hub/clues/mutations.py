"""The commands on cases and transfers as mutations: their inputs, made from `commands_inputs`, and their payloads."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import strawberry
from pydantic import BaseModel

from hub.clues import commands_inputs as given
from hub.clues.commands import execute
from hub.clues.lifecycle_case import CaseCommand
from hub.clues.lifecycle_titles import COMMANDS
from hub.clues.lifecycle_words import Choice, Command
from hub.clues.mutations_titles import CASES, ENGLISH, FIELDS
from hub.clues.spot_check_types import SpotCheck
from hub.clues.tables_oversight import OversightCommand
from hub.clues.types import ClueTransfer
from hub.graph import law_types  # noqa: F401 - names the enum PartyKind for all
from hub.graph.declare import affected, ordered
from hub.graph.inputs import Inputs
from hub.graph.payloads import UserError, replayed, user_errors
from hub.officers.tables import OfficerCommand, OfficerRole

strawberry.enum(given.Source, name="ClueSource", description="线索来源 Source of a clue")
strawberry.enum(given.EvidenceKind, description="证据种类 Kind of evidence")
strawberry.enum(given.Outcome, name="ResultKind", description="处理结果种类 Kind of result")
strawberry.enum(Choice, name="CommandChoice", description="答复的种类 Which answer a command gives")

_NAMED: Final[Mapping[type[BaseModel], tuple[str, str]]] = {
    given.EvidenceItem: ("EvidenceInput", "证据 Item of evidence"),
    given.PartyGiven: ("PartyInput", "涉案主体 Party"),
    given.InsuredGiven: ("InsuredPersonInput", "参保人 Insured person"),
    given.CodeText: ("CatalogueTextInput", "“其他”项的说明 What an “other” member of a catalogue means here"),
    given.Contents: ("TransferContentsInput", "移送内容 Contents of a transfer"),
    given.AmountGiven: ("AmountInput", "金额 Amount"),
}


@strawberry.type(description="案件 Case")
class CaseNumber:
    case_no: str = strawberry.field(description="案件编号 Hub-wide case number")


@strawberry.type(description="案件命令的结果 What a command on a case came to")
class CasePayload:
    case: CaseNumber | None = strawberry.field(description="办理后的案件 The case that is there afterwards")
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


@strawberry.type(description="移送命令的结果 What a command on a transfer came to")
class ClueTransferPayload:
    clue_transfer: ClueTransfer | None = affected("transfer", "办理后的移送 The transfer as it is afterwards")
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


@strawberry.type(description="再移送、反向移送的结果 What a transfer onward or back came to")
class ClueTransferOnwardPayload:
    clue_transfer: ClueTransfer | None = affected("transfer", "办理后的移送 The transfer as it is afterwards")
    child: ClueTransfer | None = affected("child", "由此拟稿的移送 The draft that goes onward or back")
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


strawberry.enum(OfficerRole, description="执法人员角色 Role of an officer")


@strawberry.type(description="本机关登记的执法人员 An officer of your agency, as registered")
class RegisteredOfficer:
    name: str | None = strawberry.field(description="姓名；终止时不返回 Name; not told when a registration is ended")
    certificate_no: str = strawberry.field(description="执法证号 Certificate number")
    roles: list[OfficerRole] | None = strawberry.field(description="角色 Roles")
    valid_from: date | None = strawberry.field(description="起始日（含当日） First day")
    valid_to: date | None = strawberry.field(description="截止日（含当日） Last day; null: until further notice")


@strawberry.type(description="登记命令的结果 What a command on the register of officers came to")
class OfficerPayload:
    officer: RegisteredOfficer | None = strawberry.field(description="办理后的登记 The registration afterwards")
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


@strawberry.type(description="抽查命令的结果 What drawing a spot check came to")
class SamplePayload:
    sample: SpotCheck | None = affected("sample", "抽查 The check")
    already_drawn: bool | None = strawberry.field(
        description="本季度已就同一期间抽取，返回原抽查 The same days were drawn from this quarter: that check is told"
    )
    user_errors: list[UserError] = user_errors()
    replayed: bool = replayed()


_ONWARD: Final = frozenset({Command.TRANSFER_ONWARD, Command.TRANSFER_BACK})
_INPUTS: Final = Inputs(FIELDS, _NAMED)


def _title(command: given.AnyCommand) -> str:
    chinese = COMMANDS[command] if isinstance(command, Command) else CASES[command]
    return f"{chinese} {ENGLISH[command]}"


def _payload(command: given.AnyCommand) -> type:
    if isinstance(command, CaseCommand):
        return CasePayload
    if isinstance(command, OfficerCommand):
        return OfficerPayload
    if isinstance(command, OversightCommand):
        return SamplePayload
    return ClueTransferOnwardPayload if command in _ONWARD else ClueTransferPayload


def _field(command: given.AnyCommand, model: type[BaseModel]) -> Any:
    name = f"{command.value[0].upper()}{command.value[1:]}Input"
    title = _title(command)
    given_as = _INPUTS.of_command(name, model, title)
    draws = command is OversightCommand.DRAW  # from all that it may list: anything but short
    return ordered(
        command,
        given_as,
        _payload(command),
        title,
        scope="clues:write",
        carry_out=execute,
        listed="ClueTransfer" if draws else "",
        short=not draws,
    )


MUTATIONS: Final[Mapping[str, Any]] = {
    str(command): _field(command, model)
    for command, model in sorted(given.INPUTS.items(), key=lambda pair: isinstance(pair[0], Command))
}
"""Root fields of `Mutation`: cases and officers first, then in the order of the procedure."""
