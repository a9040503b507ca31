"""START HERE: one command on penalties, inspections, agreement measures or credit, from the input to what is durable.

1 form       batch or step as its type, or user errors: nothing is asked of the database
2 who        token, client, agency and officer read again and held until the commit (`hub/clues/authority.py`)
3 again?     a command with this idempotency key was carried out: the same result, nothing is done
4 may they   the policies on commands (`policies/commands/records.cedar`)
5 now?       of a step, the record is locked, its events are folded, the lifecycle decides (`steps`);
             of a batch, every item is checked by itself and all good ones are written in one statement (`batches`);
             a credit event is recorded or corrected (`credit_events`); what follows for credit follows at once
6 write      events, the columns that copy the state, the receipt of the command; commit

A refusal rolls everything back. What the caller may not know of is answered as what does not exist.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from psycopg import Connection
from pydantic import ValidationError

from hub.clues import authority, commands_frame
from hub.clues.authority import Acting, AuthorityLost
from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input, of_policy, of_validation
from hub.clues.commands_frame import Identity
from hub.credit.inputs import CreditEventGiven
from hub.oauth.caller import Caller
from hub.penalties import batches, credit_events, steps, store
from hub.penalties.batches import BATCHES, Batch
from hub.penalties.recording import ItemResult, ItemStatus, Order, RecordCommand, RecordResult, question
from hub.penalties.steps import STEPS
from hub.policy.commanded import CommandPolicy, Relation

__all__ = ["AuthorityLost", "ItemResult", "ItemStatus", "RecordCommand", "RecordResult", "execute"]


def execute(
    connection: Connection[Any],
    caller: Caller,
    command: RecordCommand,
    given: Mapping[str, Any],
    idempotency_key: str,
    now: datetime,
    *,
    may: CommandPolicy,
) -> RecordResult:
    """Carries out one command, durably, or changes nothing.

    Args:
        connection: of the app role, in autocommit, and in no transaction: this is the one owner of the commit.
        given: of a batch `allOrNothing` and its items (`batches.BATCHES`), of a step its input (`steps.STEPS`);
            camelCase or as in Python.
        now: the moment of recording, aware.
        may: the policies on commands.

    Raises:
        AuthorityLost: token, client or agency is not in force any more: 401.
        ValueError: the connection is not in autocommit, or in a transaction.
        psycopg.OperationalError: the database cannot be had, or the connection broke; whether it was carried out, a
            retry with the same key tells.
    """
    try:
        order = _order(caller, command, given, idempotency_key)
        carry_out = partial(_carried_out, connection, caller, order, now, may)
        return commands_frame.committed(connection, order.identity, carry_out)
    except Refused as refused:
        return RecordResult(user_errors=refused.errors)


def _order(caller: Caller, command: RecordCommand, given: Mapping[str, Any], key: str) -> Order:
    commands_frame.check_key(key)
    try:
        parsed: Any
        if command in BATCHES:
            parsed = batches.parse(command, given)
            stated: Any = [parsed.all_or_nothing, parsed.stated]
        else:
            parsed = STEPS[command].model_validate(given)
            stated = parsed.model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        raise Refused(*of_validation(error)) from None
    return Order(command, parsed, Identity(caller.client_id, key, commands_frame.digest(command, stated)))


def _carried_out(
    connection: Connection[Any], caller: Caller, order: Order, now: datetime, may: CommandPolicy
) -> RecordResult:
    about = authority.parameters(caller, order.identity.key, now)
    store.send(connection, authority.HOLD, about)
    acting = authority.acting(caller, store.send(connection, authority.READ, about).fetchone(), now)
    if acting.receipt is not None:
        return _again(acting.receipt, order)
    _may_at_all(acting, order, may)
    if isinstance(order.given, Batch):
        result = RecordResult(items=batches.record(connection, acting, order, order.given, may))
    elif isinstance(order.given, CreditEventGiven):
        result = credit_events.record(connection, acting, order, order.given, may)
    else:
        result = RecordResult(steps.step(connection, acting, order, may))
    commands_frame.write_receipt(connection, order.identity, order.command, now, _receipt(result))
    return result


def _may_at_all(acting: Acting, order: Order, may: CommandPolicy) -> None:
    """Scope, purpose and kind, and the officer: as if every record were its own, so alike for every record.

    Raises:
        Refused
    """
    at_best = question(
        order.command, acting.caller, frozenset({Relation.AUTHORITY, Relation.TERRITORY}), in_that_case=True
    )
    if forbidden := may.judge(at_best):
        raise Refused(of_policy(forbidden, "id"))
    if acting.caller.officer is None:
        raise Refused(of_input(GivenCode.OFFICER_REQUIRED))
    if not acting.roles:
        raise Refused(of_input(GivenCode.OFFICER_NOT_REGISTERED))


def _again(receipt: Mapping[str, Any], order: Order) -> RecordResult:
    kept = commands_frame.kept(receipt, order.identity)
    record = UUID(kept["record"]) if "record" in kept else None
    items = tuple(_item(one) for one in kept.get("items", ()))
    return RecordResult(record, items, replayed=True, subjects=kept.get("subjects", {}))


def _item(kept: Mapping[str, Any]) -> ItemResult:
    told = tuple(
        UserError(**one | {"code": GivenCode(one["code"]), "missing": tuple(one["missing"])})
        for one in kept.get("errors", ())
    )
    return ItemResult(kept["index"], ItemStatus(kept["status"]), UUID(kept["id"]) if "id" in kept else None, told)


def _receipt(result: RecordResult) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if result.record is not None:
        kept["record"] = str(result.record)
    if result.subjects:
        kept["subjects"] = dict(result.subjects)
    if result.items:
        kept["items"] = [_kept(one) for one in result.items]
    return kept


def _kept(one: ItemResult) -> dict[str, Any]:
    kept: dict[str, Any] = {"index": one.index, "status": one.status}
    if one.record is not None:
        kept["id"] = str(one.record)
    if one.user_errors:
        kept["errors"] = [asdict(error) for error in one.user_errors]
    return kept
