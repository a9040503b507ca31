"""`acknowledgeChanges`: a reader has applied a feed up to a cursor; of what it could not apply it says why.

The position only moves forward: a cursor that is older than the last acknowledged one changes nothing. What is
acknowledged is the reader's own word; recalls are settled by it (R23), and `hub feed lag` shows who is behind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import Field, StringConstraints, ValidationError

from hub.clues import authority, commands_frame
from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input, of_policy, of_validation
from hub.clues.commands_frame import Identity
from hub.clues.commands_inputs import CommandInput
from hub.clues.commands_text import FreeText, Plain
from hub.feed.cursor import LENGTH, FeedCursors, Position
from hub.oauth.caller import Caller
from hub.policy.commanded import CommandPolicy, CommandQuestion
from hub.query.feedanswer import bound

MOST_REJECTED: Final = 1_000


class FollowingCommand(StrEnum):
    """The commands of this slice, by the names of their mutations and Cedar actions."""

    ACKNOWLEDGE = "acknowledgeChanges"


class Feed(StrEnum):
    """The feeds, by the names of their root fields: so they stand in the schema, too."""

    clueTransferChanges = "clueTransferChanges"  # noqa: N815
    penaltyChanges = "penaltyChanges"  # noqa: N815
    inspectionChanges = "inspectionChanges"  # noqa: N815
    creditChanges = "creditChanges"  # noqa: N815


class Rejected(CommandInput):
    """A record that the reader could not take into its copy."""

    key: Annotated[Plain, Field(max_length=128)]
    reason: FreeText


class Acknowledgement(CommandInput):
    """Up to where the reader has applied a feed, durably on its side. The cursor tells which, where it is not said."""

    feed: Feed | None = None
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=LENGTH)]
    rejected: Annotated[tuple[Rejected, ...], Field(max_length=MOST_REJECTED)] = ()


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What came of it.

    Attributes:
        since: the reader is complete up to this moment, by all that it has acknowledged; None: its snapshot is not
            complete yet.
        user_errors: empty if and only if it was carried out, now or (`replayed`) before.
    """

    since: datetime | None = None
    user_errors: tuple[UserError, ...] = ()
    replayed: bool = False

    @property
    def affected(self) -> Mapping[str, UUID | None]:
        """No record is shown."""
        return {}

    @property
    def told(self) -> Mapping[str, Any]:
        """What the payload says, in the names of the schema."""
        return {"acknowledged": self.since}


_EPOCH: Final = "SELECT number FROM feed_epoch"
_MOVE: Final = """
INSERT INTO feed_consumer AS c (client_id, feed, purpose, xid, id, epoch, since, acknowledged_at)
VALUES (%(client_id)s, %(feed)s, %(purpose)s, %(xid)s::text::xid8, %(id)s, %(epoch)s, %(since)s, %(now)s)
ON CONFLICT (client_id, feed, purpose) DO UPDATE SET xid = excluded.xid, id = excluded.id, epoch = excluded.epoch,
    since = excluded.since, acknowledged_at = excluded.acknowledged_at
WHERE c.epoch <> excluded.epoch OR (excluded.xid, excluded.id) > (c.xid, c.id)
"""
_SINCE: Final = (
    "SELECT since FROM feed_consumer WHERE client_id = %(client_id)s AND feed = %(feed)s AND purpose = %(purpose)s"
)
_REJECT: Final = """
INSERT INTO feed_rejection (client_id, feed, purpose, key, reason, at)
SELECT %(client_id)s, %(feed)s, %(purpose)s, r.key, r.reason, %(now)s
FROM jsonb_to_recordset(%(rejected)s) r(key text, reason text)
"""


def execute(
    connection: Connection[Any],
    caller: Caller,
    command: FollowingCommand,
    given: Mapping[str, Any],
    idempotency_key: str,
    now: datetime,
    *,
    may: CommandPolicy,
    cursors: FeedCursors,
) -> Acknowledged:
    """Carries out one command, durably, or changes nothing.

    Args:
        connection: of the app role, in autocommit, and in no transaction: this is the one owner of the commit.
        cursors: open what the feeds have sealed.

    Raises:
        AuthorityLost: token, client or agency is not in force any more: 401.
        ValueError: the connection is not in autocommit, or in a transaction.
        psycopg.OperationalError: the database cannot be had, or the connection broke; a retry with the same key tells.
    """
    try:
        asked = _parsed(given, idempotency_key)
        stated = commands_frame.digest(command, asked.model_dump(mode="json"))
        identity = Identity(caller.client_id, idempotency_key, stated)
        carry_out = partial(_carried_out, connection, caller, command, asked, identity, now, may, cursors)
        return commands_frame.committed(connection, identity, carry_out)
    except Refused as refused:
        return Acknowledged(user_errors=refused.errors)


def _parsed(given: Mapping[str, Any], key: str) -> Acknowledgement:
    commands_frame.check_key(key)
    try:
        return Acknowledgement.model_validate(given)
    except ValidationError as error:
        raise Refused(*of_validation(error)) from None


def _carried_out(
    connection: Connection[Any],
    caller: Caller,
    command: FollowingCommand,
    asked: Acknowledgement,
    identity: Identity,
    now: datetime,
    may: CommandPolicy,
    cursors: FeedCursors,
) -> Acknowledged:
    cursor = connection.cursor(row_factory=dict_row)
    about = authority.parameters(caller, identity.key, now)
    cursor.execute(authority.HOLD, about)
    acting = authority.acting(caller, cursor.execute(authority.READ, about).fetchone(), now)
    if acting.receipt is not None:
        kept = commands_frame.kept(acting.receipt, identity).get("since")
        return Acknowledged(None if kept is None else datetime.fromisoformat(kept), replayed=True)
    if forbidden := may.judge(_question(command, caller)):
        raise Refused(of_policy(forbidden, "feed"))
    feed, at = _position(cursor.execute(_EPOCH).fetchone(), asked, caller, cursors, now)
    who = {"client_id": caller.client_id, "feed": feed, "purpose": caller.purpose, "now": now}
    if not at.snapshot:
        move = {"xid": str(at.xid), "id": at.id, "epoch": at.epoch, "since": at.since}
        cursor.execute(_MOVE, who | move)
    if asked.rejected:
        cursor.execute(_REJECT, who | {"rejected": Jsonb([one.model_dump() for one in asked.rejected])})
    row = cursor.execute(_SINCE, who).fetchone()
    since: datetime | None = row["since"] if row else None
    result = {} if since is None else {"since": since.isoformat()}
    commands_frame.write_receipt(connection, identity, command, now, result)
    return Acknowledged(since)


def _position(
    epoch: Mapping[str, Any] | None, asked: Acknowledgement, caller: Caller, cursors: FeedCursors, now: datetime
) -> tuple[Feed, Position]:
    """Raises:
    Refused: the cursor is not one of this feed, agency, region and purpose, too old, or of another database.
    """
    for feed in [asked.feed] if asked.feed is not None else Feed:
        at = cursors.open(asked.cursor, bound(feed, caller), now)
        if at is not None and epoch is not None and at.epoch == epoch["number"]:
            return feed, at
    raise Refused(of_input(GivenCode.CURSOR_REFUSED, "cursor"))


def _question(command: FollowingCommand, caller: Caller) -> CommandQuestion:
    return CommandQuestion(
        command=command,
        kind=caller.agency_kind,
        region_level=caller.region_level,
        purpose=caller.purpose,
        scopes=caller.scopes & {"feed:read"},
        relations=frozenset(),
        case_named=caller.case_no is not None,
        in_that_case=False,
    )
