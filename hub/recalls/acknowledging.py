"""`acknowledgeRecall`: an agency says that it has deleted, or replaced, what it received and was recalled since (R23).

For clients that read by query; who keeps a copy by the feed acknowledges by going past the change
(`hub/recalls/settling.py`). All or nothing: an id that is not a recall of the agency refuses the whole, in the words of
what does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final, NoReturn
from uuid import UUID

from psycopg import Connection
from pydantic import Field, ValidationError

from hub.clues import authority, commands_frame
from hub.clues.authority import Acting
from hub.clues.commands_errors import Refused, UserError, nothing_there, of_policy, of_validation
from hub.clues.commands_frame import Identity
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
    try:
        commands_frame.check_key(idempotency_key)
        ids = tuple(dict.fromkeys(Acknowledgement.model_validate(given).ids))
        stated = commands_frame.digest(command, sorted(map(str, ids)))
        identity = Identity(caller.client_id, idempotency_key, stated)
        carry_out = partial(_carried_out, connection, caller, command, ids, identity, now, may)
        return commands_frame.committed(connection, identity, carry_out)
    except ValidationError as error:
        return AcknowledgeResult(user_errors=of_validation(error))
    except Refused as refused:
        return AcknowledgeResult(user_errors=refused.errors)


def _carried_out(
    connection: Connection[Any],
    caller: Caller,
    command: RecallCommand,
    ids: tuple[UUID, ...],
    identity: Identity,
    now: datetime,
    may: CommandPolicy,
) -> AcknowledgeResult:
    about = authority.parameters(caller, identity.key, now)
    send(connection, authority.HOLD, about)
    acting = authority.acting(caller, send(connection, authority.READ, about).fetchone(), now)
    if acting.receipt is not None:
        commands_frame.kept(acting.receipt, identity)
        return AcknowledgeResult(ids, replayed=True)
    _may(acting, command, may)
    about = {"ids": list(ids), "agency": caller.agency, "now": now}
    found = {row["public_id"] for row in send(connection, _LOCK, about).fetchall()}
    if missing := [place for place, one in enumerate(ids) if one not in found]:
        _not_there(missing)
    send(connection, _DONE, about)
    commands_frame.write_receipt(connection, identity, command, now, {})
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
