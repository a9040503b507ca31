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

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection, errors
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from hub.clues import authority
from hub.clues.authority import Acting, AuthorityLost
from hub.clues.commands import ATTEMPTS, KEY
from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input, of_policy, of_validation
from hub.credit.inputs import CreditEventGiven
from hub.oauth.caller import Caller
from hub.penalties import batches, credit_events, steps, store
from hub.penalties.batches import BATCHES, Batch
from hub.penalties.recording import ItemResult, ItemStatus, Order, RecordCommand, RecordResult, question
from hub.penalties.steps import STEPS
from hub.policy.commanded import CommandPolicy, Relation

__all__ = ["AuthorityLost", "ItemResult", "ItemStatus", "RecordCommand", "RecordResult", "execute"]

_RECEIPT: Final = """
INSERT INTO command_receipt (client_id, idempotency_key, command, input_hash, result, at)
VALUES (%(client_id)s, %(key)s, %(command)s, %(hash)s, %(result)s, %(at)s)
"""
_DONE: Final = """
SELECT 1 AS done FROM command_receipt WHERE client_id = %s AND idempotency_key = %s AND input_hash = %s
"""


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
    if not connection.autocommit or connection.info.transaction_status is not TransactionStatus.IDLE:
        raise ValueError("a command begins and commits its own transaction")
    try:
        order = _order(command, given, idempotency_key)
    except Refused as refused:
        return RecordResult(user_errors=refused.errors)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.transaction():
                return _carried_out(connection, caller, order, now, may)
        except Refused as refused:
            # A twin that held the record may have done just this: then its result is the answer.
            twin = attempt == 1 and store.send(connection, _DONE, (caller.client_id, order.key, order.hash)).fetchone()
            if not twin:
                return RecordResult(user_errors=refused.errors)
        except (errors.DeadlockDetected, errors.SerializationFailure):
            if attempt == ATTEMPTS:
                raise
        except errors.UniqueViolation as error:
            if error.diag.constraint_name != "pk_command_receipt" or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _order(command: RecordCommand, given: Mapping[str, Any], key: str) -> Order:
    if not KEY.fullmatch(key):
        raise Refused(of_input(GivenCode.INVALID_IDEMPOTENCY_KEY, "idempotencyKey"))
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
    written = orjson.dumps([str(command), stated], option=orjson.OPT_SORT_KEYS, default=str)
    return Order(command, parsed, key, hashlib.sha256(written).digest())


def _carried_out(
    connection: Connection[Any], caller: Caller, order: Order, now: datetime, may: CommandPolicy
) -> RecordResult:
    about = authority.parameters(caller, order.key, now)
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
    _receipt(connection, acting, order, result)
    return result


def _may_at_all(acting: Acting, order: Order, may: CommandPolicy) -> None:
    """Scope, purpose and kind, and the officer: as if every record were its own, so alike for every record.

    Raises:
        Refused
    """
    at_best = question(order.command, acting.caller, frozenset({Relation.AUTHORITY}), in_that_case=True)
    if forbidden := may.judge(at_best):
        raise Refused(of_policy(forbidden, "id"))
    if acting.caller.officer is None:
        raise Refused(of_input(GivenCode.OFFICER_REQUIRED))
    if not acting.roles:
        raise Refused(of_input(GivenCode.OFFICER_NOT_REGISTERED))


def _again(receipt: Mapping[str, Any], order: Order) -> RecordResult:
    if receipt["hash"] != order.hash.hex():
        raise Refused(of_input(GivenCode.IDEMPOTENCY_KEY_REUSED, "idempotencyKey"))
    kept = receipt["result"]
    record = UUID(kept["record"]) if "record" in kept else None
    items = tuple(_item(one) for one in kept.get("items", ()))
    return RecordResult(record, items, replayed=True, subjects=kept.get("subjects", {}))


def _item(kept: Mapping[str, Any]) -> ItemResult:
    told = tuple(
        UserError(**one | {"code": GivenCode(one["code"]), "missing": tuple(one["missing"])})
        for one in kept.get("errors", ())
    )
    return ItemResult(kept["index"], ItemStatus(kept["status"]), UUID(kept["id"]) if "id" in kept else None, told)


def _receipt(connection: Connection[Any], acting: Acting, order: Order, result: RecordResult) -> None:
    kept: dict[str, Any] = {}
    if result.record is not None:
        kept["record"] = str(result.record)
    if result.subjects:
        kept["subjects"] = dict(result.subjects)
    if result.items:
        kept["items"] = [_kept(one) for one in result.items]
    values = {
        "client_id": acting.caller.client_id,
        "key": order.key,
        "command": order.command,
        "hash": order.hash,
        "result": Jsonb(kept),
        "at": acting.now,
    }
    store.send(connection, _RECEIPT, values)


def _kept(one: ItemResult) -> dict[str, Any]:
    kept: dict[str, Any] = {"index": one.index, "status": one.status}
    if one.record is not None:
        kept["id"] = str(one.record)
    if one.user_errors:
        kept["errors"] = [asdict(error) for error in one.user_errors]
    return kept
