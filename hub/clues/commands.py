"""START HERE: one command on a case or clue transfer, from the input to what is durable. One transaction, one owner.

1 form       the input as its type, or user errors: nothing is asked of the database
2 who        token, client, agency and officer read again and held until the commit (`authority`)
3 again?     a command with this idempotency key was carried out: the same result, nothing is done
4 may they   the policies on commands (`policies/commands`), by what the agency is to the record
5 now?       the transfer's row is locked, its events are folded, the lifecycle decides: one event, or a refusal
6 contents   what the law asks this step to contain (`commands_contents`), where a transfer may go (`commands_address`)
7 write      events, the columns that copy the state, who may know, the receipt of the command; commit

A refusal rolls everything back. What the caller may not know of is answered as what does not exist.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, Cursor
from pydantic import ValidationError

from hub.clues import (
    authority,
    commands_case,
    commands_frame,
    commands_officers,
    commands_oversight,
    store,
    store_events,
    store_imported,
    store_reading,
    store_writing,
)
from hub.clues import commands_draft as draft
from hub.clues.authority import Acting, AuthorityLost
from hub.clues.commands_arrival import arrived
from hub.clues.commands_errors import GivenCode, Refused, UserError, nothing_there, of_input, of_policy, of_validation
from hub.clues.commands_frame import Identity
from hub.clues.commands_inputs import (
    INPUTS,
    AnyCommand,
    CommandInput,
    Draft,
    DrawSample,
    EndOfficer,
    MergeCases,
    Onward,
    RegisterOfficer,
    SplitCase,
)
from hub.clues.commands_relations import notified_procuratorate, relations_to
from hub.clues.commands_steps import step
from hub.clues.commands_work import Work
from hub.clues.lifecycle import Command, fold
from hub.clues.lifecycle_case import CaseCommand
from hub.clues.lifecycle_words import Choice
from hub.oauth.caller import Caller
from hub.officers.tables import OfficerCommand
from hub.policy.commanded import CommandCode, CommandPolicy
from hub.policy.verdict import Verdict

__all__ = ["AuthorityLost", "CaseCommand", "Command", "CommandResult", "execute"]

_LOOKS_AT_MATERIAL: Final = frozenset({Command.SUBMIT, Command.SEND})
_OPENS_A_DRAFT: Final = frozenset({Command.TRANSFER_ONWARD, Command.TRANSFER_BACK})


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What was done, or why nothing was.

    Attributes:
        transfer: public id of the transfer commanded, or drafted.
        case_no: its case; of a case command, the case that is there afterwards.
        child: public id of the draft that an onward or backward transfer opened.
        officer: as registered or ended, in the names of the schema.
        sample: the public id of a spot check under `id`, and under `alreadyDrawn` whether it was there before.
        user_errors: empty if and only if the command was carried out, now or (`replayed`) before.
    """

    transfer: UUID | None = None
    case_no: str | None = None
    child: UUID | None = None
    officer: Mapping[str, Any] | None = None
    sample: Mapping[str, Any] | None = None
    user_errors: tuple[UserError, ...] = ()
    replayed: bool = False

    @property
    def affected(self) -> Mapping[str, UUID | None]:
        """Public ids of the records that the payload shows, by the names of `hub.graph.declare.affected`."""
        sample = None if self.sample is None else UUID(self.sample["id"])
        return {"transfer": self.transfer, "child": self.child, "sample": sample}

    @property
    def told(self) -> Mapping[str, Any]:
        """What the payload says that is no record, in the names of the schema."""
        unknown = {"name": None, "roles": None, "validFrom": None, "validTo": None}
        return {
            "case": None if self.case_no is None else {"caseNo": self.case_no},
            "officer": None if self.officer is None else {**unknown, **self.officer},
            "alreadyDrawn": None if self.sample is None else self.sample.get("alreadyDrawn", False),
        }


@dataclass(frozen=True, slots=True)
class _Order:
    """A command whose input has its form."""

    command: AnyCommand
    given: CommandInput
    identity: Identity


def execute(
    connection: Connection[Any],
    caller: Caller,
    command: AnyCommand,
    given: Mapping[str, Any],
    idempotency_key: str,
    now: datetime,
    *,
    may: CommandPolicy,
    listed: Verdict | None = None,
) -> CommandResult:
    """Carries out one command, durably, or changes nothing.

    Args:
        connection: of the app role, in autocommit, and in no transaction: this is the one owner of the commit.
        given: fields of the command's input (`commands_inputs.INPUTS`), camelCase or as in Python.
        now: the moment of recording, aware.
        may: the policies on commands.
        listed: which transfers the caller may list; a spot check is drawn from these, without it from none.

    Raises:
        AuthorityLost: token, client or agency is not in force any more: 401.
        ValueError: the connection is not in autocommit, or in a transaction.
        psycopg.OperationalError: the database cannot be had, or the connection broke; whether it was carried out, a
            retry with the same key tells.
    """
    try:
        order = _order(caller, command, given, idempotency_key)
        carry_out = partial(_carried_out, connection, caller, order, now, may, listed)
        made = commands_frame.committed(connection, order.identity, carry_out, store.transaction)
        return made()
    except Refused as refused:
        return CommandResult(user_errors=refused.errors)


def _order(caller: Caller, command: AnyCommand, given: Mapping[str, Any], key: str) -> _Order:
    commands_frame.check_key(key)
    if command not in INPUTS:
        raise Refused(of_input(GivenCode.INVALID_INPUT))
    try:
        parsed = INPUTS[command].model_validate(given)
    except ValidationError as error:
        raise Refused(*of_validation(error)) from None
    # What is not given and what is given as nothing differ where a draft is revised: both count.
    stated = commands_frame.digest(command, parsed.model_dump(mode="json", exclude_unset=True))
    return _Order(command, parsed, Identity(caller.client_id, key, stated))


def _carried_out(
    connection: Connection[Any],
    caller: Caller,
    order: _Order,
    now: datetime,
    may: CommandPolicy,
    listed: Verdict | None,
) -> Callable[[], CommandResult]:
    """What it came to, to be asked when the transaction has ended."""
    about = authority.parameters(caller, order.identity.key, now)
    material = None
    # Sent ahead: the answers are fetched together.
    if isinstance(order.command, Command) and (public_id := getattr(order.given, "id", None)) is not None:
        asked = store_reading.ask(connection, caller, about, public_id)
        if order.command in _LOOKS_AT_MATERIAL:
            material = store.material(connection, public_id)
    else:
        changes_register = isinstance(order.command, OfficerCommand)
        store.send(connection, authority.HOLD_REGISTER if changes_register else authority.HOLD, about)
        asked = store.send(connection, authority.READ, about)
    read = asked.fetchone()
    acting = authority.acting(caller, read, now)
    if acting.receipt is not None:
        return partial(_again, acting.receipt, order)
    _may_at_all(acting, order, may)
    if order.command is CaseCommand.OPEN:
        cursor = commands_case.open_case(connection, acting, _receipt(acting, order, CommandResult()))
        return lambda: CommandResult(case_no=_one(cursor)["case_no"])
    if isinstance(order.command, Command):
        if read is not None and "id" in read:
            work = _work(connection, acting, order, read, may)
            work.asked = material
            result = _step(work, order)
        else:
            result = _new_draft(connection, acting, order, may)
        return lambda: result
    if isinstance(order.command, CaseCommand):
        result = _case(connection, acting, order, may)
    elif isinstance(order.command, OfficerCommand):
        result = _officer(connection, acting, order)
    else:
        assert isinstance(order.given, DrawSample)  # noqa: S101 - the last kind of command
        if forbidden := may.judge(authority.question(order.command, caller, frozenset(), None)):
            raise Refused(of_policy(forbidden, "seed"))
        result = CommandResult(sample=commands_oversight.draw(connection, acting, order.given, listed))
    store_writing.write_receipt(connection, _receipt(acting, order, result))
    return lambda: result


def _one(cursor: Cursor[store.Row]) -> store.Row:
    row = cursor.fetchone()
    if row is None:
        raise AssertionError("an insert returns its row")
    return row


def _again(receipt: Mapping[str, Any], order: _Order) -> CommandResult:
    kept = commands_frame.kept(receipt, order.identity)
    ids = {name: UUID(kept[name]) if name in kept else None for name in ("transfer", "child")}
    return CommandResult(
        ids["transfer"], kept.get("case"), ids["child"], kept.get("officer"), kept.get("sample"), replayed=True
    )


def _receipt(acting: Acting, order: _Order, result: CommandResult) -> dict[str, Any]:
    kept = {name: str(value) for name, value in (("transfer", result.transfer), ("child", result.child)) if value}
    kept_as_it_is = {"case": result.case_no, "officer": result.officer, "sample": result.sample}
    told = kept | {name: value for name, value in kept_as_it_is.items() if value is not None}
    return store_writing.receipt(order.identity, order.command, acting.now, told)


def _may_at_all(acting: Acting, order: _Order, may: CommandPolicy) -> None:
    """Scope, purpose and kind, and the officer: before any record is looked at, so alike for every record.

    Raises:
        Refused
    """
    forbidden = may.judge(authority.question(order.command, acting.caller, frozenset(), None))
    if forbidden and forbidden.code in {
        CommandCode.SCOPE_MISSING,
        CommandCode.PURPOSE_NOT_ALLOWED,
        CommandCode.KIND_NOT_ALLOWED,
    }:
        raise Refused(of_policy(forbidden, "id"))
    if acting.caller.officer is None:
        raise Refused(of_input(GivenCode.OFFICER_REQUIRED))
    if not acting.roles:
        raise Refused(of_input(GivenCode.OFFICER_NOT_REGISTERED))


def _case(connection: Connection[Any], acting: Acting, order: _Order, may: CommandPolicy) -> CommandResult:
    match order.given:
        case MergeCases():
            return CommandResult(case_no=commands_case.merge(connection, acting, may, order.given))
        case SplitCase():
            return CommandResult(case_no=commands_case.split(connection, acting, may, order.given))
        case _:
            raise AssertionError(order.command)


def _officer(connection: Connection[Any], acting: Acting, order: _Order) -> CommandResult:
    match order.given:
        case RegisterOfficer():
            return CommandResult(officer=commands_officers.register_own(connection, acting, order.given))
        case EndOfficer():
            return CommandResult(officer=commands_officers.end_own(connection, acting, order.given))
        case _:
            raise AssertionError(order.command)


def _new_draft(connection: Connection[Any], acting: Acting, order: _Order, may: CommandPolicy) -> CommandResult:
    given = order.given
    if not isinstance(given, Draft) or given.case_no is None:
        raise Refused(of_input(GivenCode.INVALID_INPUT, "caseNo", detail="必填 / required"))
    row = store.case(connection, acting.caller, given.case_no, change=False).fetchone()
    relations = commands_case.relations_of(row, acting.caller.agency)
    if forbidden := may.judge(authority.question(order.command, acting.caller, relations, given.case_no)):
        raise Refused(of_policy(forbidden, "caseNo"))
    if row is None or row["merged_into"] is not None:
        raise Refused(of_input(GivenCode.CASE_MERGED, "caseNo"))
    work = draft.create(connection, acting, given, given.case_no)
    result = CommandResult(work.row["public_id"], given.case_no)
    work.finish(_receipt(acting, order, result))
    return result


def _work(connection: Connection[Any], acting: Acting, order: _Order, row: store.Row, may: CommandPolicy) -> Work:
    if row["id"] is None:
        forbidden = may.judge(authority.question(order.command, acting.caller, frozenset(), None))
        raise Refused(of_policy(forbidden, "id") if forbidden else nothing_there())
    history, imported = store_events.read_history(row.pop("history")), []
    if not history:
        row["procuratorate"] = notified_procuratorate(connection, row)
        history = imported = store_imported.history(row, row["procuratorate"])
    state = fold(history)
    relations = relations_to(connection, acting.caller, row, state)
    if forbidden := may.judge(authority.question(order.command, acting.caller, relations, row["case_no"])):
        raise Refused(of_policy(forbidden, "id"))
    work = Work(connection, acting, row, state, relations, imported=imported)
    if imported:
        work.change(route=state.route, procuratorate=row["procuratorate"])
    return work


def _step(work: Work, order: _Order) -> CommandResult:
    command, given = order.command, order.given
    assert isinstance(command, Command)  # noqa: S101 - cases have their own path
    arrived(work)
    choice: Choice | None = getattr(given, "choice", None)
    work.permitted(command, choice)
    child = None
    if isinstance(given, Draft):
        if given.case_no is not None and given.case_no != work.row["case_no"]:
            raise Refused(of_input(GivenCode.INVALID_INPUT, "caseNo", detail="不是该移送的案件 / not its case"))
        draft.revise(work, given)
    else:
        brought = step(work, command, given)
        event = work.decided(command, brought.given, brought.choice)
        work.change(**brought.columns)
        work.take(event, brought.record, brought.region)
        if brought.follow is not None:
            brought.follow(work)
        if command in _OPENS_A_DRAFT and isinstance(given, Onward):
            child = _child(work, command, given)
    result = CommandResult(work.row["public_id"], work.row["case_no"], child)
    work.finish(_receipt(work.acting, order, result))
    return result


def _child(work: Work, command: Command, given: Onward) -> UUID:
    """The draft that goes onward or back, in the same case."""
    kind = {Choice.TO_PUBLIC_SECURITY: "PUBLIC_SECURITY", Choice.TO_DISCIPLINE_INSPECTION: "DISCIPLINE_INSPECTION"}
    contents = given.draft
    if command is Command.TRANSFER_BACK and contents.receiver is None:
        contents = contents.model_copy(update={"receiver": work.row["sender"]})
    store.case(work.connection, work.acting.caller, work.row["case_no"], change=False)
    child = draft.create(work.connection, work.acting, contents, work.row["case_no"], work.row)
    if given.choice in kind and child.row["receiver_kind"] != kind[given.choice]:
        told = "与所选去向不符 / not of the kind chosen"
        raise Refused(of_input(GivenCode.INVALID_INPUT, "draft.receiver", detail=told))
    child.finish(None)
    public_id: UUID = child.row["public_id"]
    return public_id
