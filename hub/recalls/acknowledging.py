"""`acknowledgeRecall`: an agency says that it has deleted, or replaced, what it received and was recalled since (R23).

For clients that read by query; who keeps a copy by the feed acknowledges by going past the change
(`hub/recalls/settling.py`). All or nothing: an id that is not a recall of the agency refuses the whole, in the words of
what does not exist.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NoReturn
from uuid import UUID

import orjson
from psycopg import Connection, errors
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb
from pydantic import Field, ValidationError

from hub.clues import authority
from hub.clues.authority import Acting
from hub.clues.commands import ATTEMPTS, KEY
from hub.clues.commands_errors import GivenCode, Refused, UserError, nothing_there, of_input, of_policy, of_validation
from hub.clues.commands_inputs import CommandInput
from hub.oauth.caller import Caller
from hub.penalties.store import send
from hub.policy.commanded import CommandPolicy, CommandQuestion, Relation
from hub.recalls.tables import Acknowledged

MOST: Final = 1_000
SCOPE: Final = "feed:read"
_LOCK: Final = """
SELECT public_id, acknowledged_at FROM recall
WHERE public_id = ANY(%(ids)s) AND agency = %(agency)s ORDER BY id FOR UPDATE
"""
_DONE: Final = f"""
UPDATE recall SET acknowledged_at = %(now)s, acknowledged_by = '{Acknowledged.CLIENT}'
WHERE public_id = ANY(%(ids)s) AND agency = %(agency)s AND acknowledged_at IS NULL
"""
_RECEIPT: Final = """
INSERT INTO command_receipt (client_id, idempotency_key, command, input_hash, result, at)
VALUES (%(client_id)s, %(key)s, %(command)s, %(hash)s, %(result)s, %(at)s)
"""


class RecallCommand(StrEnum):
    """The commands of this slice, by the names of their mutations and Cedar actions."""

    ACKNOWLEDGE = "acknowledgeRecall"


class Acknowledgement(CommandInput):
    """What the mutation takes: public ids of recalls."""

    ids: tuple[UUID, ...] = Field(min_length=1, max_length=MOST)


@dataclass(frozen=True, slots=True)
class AcknowledgeResult:
    """`acknowledged`: public ids, all that were given, also those that had been acknowledged before."""

    acknowledged: tuple[UUID, ...] = ()
    user_errors: tuple[UserError, ...] = ()
    replayed: bool = False

    @property
    def affected(self) -> Mapping[str, UUID | None]:
        """The payload shows no record."""
        return {}

    @property
    def told(self) -> Mapping[str, Any]:
        """In the names of the schema."""
        return {"acknowledged": [str(one) for one in self.acknowledged]}


def execute(
    connection: Connection[Any],
    caller: Caller,
    command: RecallCommand,
    given: Mapping[str, Any],
    idempotency_key: str,
    now: datetime,
    *,
    may: CommandPolicy,
) -> AcknowledgeResult:
    """Carries out the command, durably, or changes nothing.

    Args:
        connection: of the app role, in autocommit, and in no transaction: this is the one owner of the commit.

    Raises:
        AuthorityLost: token, client or agency is not in force any more: 401.
        ValueError: the connection is not in autocommit, or in a transaction.
        psycopg.OperationalError: whether it was carried out, a retry with the same key tells.
    """
    if not connection.autocommit or connection.info.transaction_status is not TransactionStatus.IDLE:
        raise ValueError("a command begins and commits its own transaction")
    if not KEY.fullmatch(idempotency_key):
        return AcknowledgeResult(user_errors=(of_input(GivenCode.INVALID_IDEMPOTENCY_KEY, "idempotencyKey"),))
    try:
        ids = tuple(dict.fromkeys(Acknowledgement.model_validate(given).ids))
    except ValidationError as error:
        return AcknowledgeResult(user_errors=of_validation(error))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.transaction():
                return _carried_out(connection, caller, command, ids, idempotency_key, now, may)
        except Refused as refused:
            return AcknowledgeResult(user_errors=refused.errors)
        except (errors.DeadlockDetected, errors.UniqueViolation):  # a twin with the same key: its result is the answer
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _carried_out(
    connection: Connection[Any],
    caller: Caller,
    command: RecallCommand,
    ids: tuple[UUID, ...],
    key: str,
    now: datetime,
    may: CommandPolicy,
) -> AcknowledgeResult:
    about = authority.parameters(caller, key, now)
    send(connection, authority.HOLD, about)
    acting = authority.acting(caller, send(connection, authority.READ, about).fetchone(), now)
    digest = hashlib.sha256(orjson.dumps([str(command), sorted(map(str, ids))])).digest()
    if acting.receipt is not None:
        if acting.receipt["hash"] != digest.hex():
            raise Refused(of_input(GivenCode.IDEMPOTENCY_KEY_REUSED, "idempotencyKey"))
        return AcknowledgeResult(ids, replayed=True)
    _may(acting, command, may)
    about = {"ids": list(ids), "agency": caller.agency, "now": now}
    found = {row["public_id"] for row in send(connection, _LOCK, about).fetchall()}
    if missing := [place for place, one in enumerate(ids) if one not in found]:
        _not_there(missing)
    send(connection, _DONE, about)
    receipt = {
        "client_id": caller.client_id,
        "key": key,
        "command": command,
        "hash": digest,
        "result": Jsonb({}),
        "at": now,
    }
    send(connection, _RECEIPT, receipt)
    return AcknowledgeResult(ids)


def _may(acting: Acting, command: RecallCommand, may: CommandPolicy) -> None:
    """Scope, purpose and kind, as if every recall were the agency's: alike for every id.

    Raises:
        Refused
    """
    caller = acting.caller
    question = CommandQuestion(
        command=command,
        kind=caller.agency_kind,
        region_level=caller.region_level,
        purpose=caller.purpose,
        scopes=caller.scopes & {SCOPE},
        relations=frozenset({Relation.RECEIVER}),
        case_named=caller.case_no is not None,
        in_that_case=False,
    )
    if forbidden := may.judge(question):
        raise Refused(of_policy(forbidden, "ids"))


def _not_there(places: list[int]) -> NoReturn:
    raise Refused(*(nothing_there(f"ids.{place}") for place in places[:20]))
