"""The row of a file, from the upload that is opened to the file that is complete. Each function is one transaction.

Who may draft in a case may bring files to it: the policies on commands are asked for `draftClueTransfer`, the officer
is looked up in the register, token, client and agency are held until the commit, as for every command. An upload is the
client's that opened it; to everybody else it does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg import Connection

from hub.clock import BEIJING
from hub.clues import authority, store
from hub.clues.authority import Acting
from hub.clues.commands_case import relations_of
from hub.clues.commands_errors import GivenCode, Refused, of_input, of_policy
from hub.clues.lifecycle_words import Command
from hub.files.declared import Declared
from hub.files.tables import FileState
from hub.oauth.caller import Caller
from hub.policy.commanded import CommandCode, CommandPolicy

MOST_PARTS: Final = 2_000
_NO_KEY: Final = ""
"""Uploads have no idempotency key: the state of a file is told by its offset."""
_COLUMNS: Final = """
file_id, case_no, client_id, name, media_type, size, sha256, state, stored, parts, opened_at
"""
_OPEN: Final = f"""
INSERT INTO evidence_file
    (file_id, case_no, agency, client_id, officer, name, media_type, size, sha256, state, opened_at)
VALUES (%(file_id)s, %(case_no)s, %(agency)s, %(client_id)s, %(officer)s, %(name)s, %(media_type)s, %(size)s,
        %(sha256)s, 'OPEN', %(now)s)
RETURNING {_COLUMNS}
"""
_USED: Final = """
SELECT count(*) FILTER (WHERE state = 'OPEN') AS open,
       coalesce(sum(size) FILTER (WHERE opened_at >= %(day)s), 0) AS bytes
FROM evidence_file WHERE client_id = %(client_id)s AND (state = 'OPEN' OR opened_at >= %(day)s)
"""
_READ: Final = f"SELECT {_COLUMNS} FROM evidence_file WHERE file_id = %(file_id)s AND client_id = %(client_id)s"
_GROW: Final = """
UPDATE evidence_file SET stored = stored + %(length)s, parts = parts || %(part)s::text
WHERE file_id = %(file_id)s AND state = 'OPEN' AND stored = %(stored)s AND cardinality(parts) < %(most)s
"""
_COMPLETE: Final = """
UPDATE evidence_file SET state = 'COMPLETE', stored = size, parts = '{}', completed_at = %(now)s
WHERE file_id = %(file_id)s AND state = 'OPEN' AND stored = %(stored)s
"""
_END: Final = """
UPDATE evidence_file SET state = %(state)s, parts = '{}', ended_at = %(now)s
WHERE file_id = %(file_id)s AND state = 'OPEN'
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as its row says. `stored`: bytes that are durable; `parts`: the objects that hold them."""

    file_id: UUID
    case_no: str
    client_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    state: FileState
    stored: int
    parts: tuple[str, ...]
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may bring. `bytes_a_day`: declared sizes of the uploads opened on a Beijing day."""

    bytes_a_day: int
    open_uploads: int
    hours: int

    def ends(self, upload: Upload) -> datetime:
        """When an upload that is not complete is given up."""
        return upload.opened_at + timedelta(hours=self.hours)


class QuotaReached(Exception):
    """The client has used up its day, or (`of_open`) has too many uploads open."""

    def __init__(self, *, of_open: bool) -> None:
        super().__init__()
        self.of_open = of_open


class NoSuchUpload(Exception):
    """Not there, or another client's: alike."""


class OffsetConflict(Exception):
    """The upload has grown, or ended, meanwhile."""


def open_upload(
    connection: Connection[Any], caller: Caller, declared: Declared, limits: Limits, now: datetime, may: CommandPolicy
) -> Upload:
    """A new upload to a case.

    Raises:
        AuthorityLost, Refused, QuotaReached
    """
    acting = permitted(connection, caller, declared.case_no, now, may)
    day = datetime.combine(_beijing(now), time(), BEIJING)
    # One upload of a client is opened at a time, or two could share what is left of the quota.
    store.send(connection, "SELECT pg_advisory_xact_lock(hashtextextended('files:' || %s, 0))", (caller.client_id,))
    used = store.send(connection, _USED, {"client_id": caller.client_id, "day": day}).fetchone() or {}
    if used["open"] >= limits.open_uploads:
        raise QuotaReached(of_open=True)
    if used["bytes"] + declared.size > limits.bytes_a_day:
        raise QuotaReached(of_open=False)
    values = {
        "file_id": uuid4(),
        "case_no": declared.case_no,
        "agency": caller.agency,
        "client_id": caller.client_id,
        "officer": acting.officer,
        "name": declared.filename,
        "media_type": declared.filetype,
        "size": declared.size,
        "sha256": declared.sha256,
        "now": now,
    }
    return _upload(store.send(connection, _OPEN, values).fetchone())


def find(connection: Connection[Any], caller: Caller, file_id: UUID, now: datetime, may: CommandPolicy) -> Upload:
    """The client's own upload, while the caller may bring files to its case.

    Raises:
        AuthorityLost, Refused, NoSuchUpload
    """
    acting_before_records(connection, caller, now, may)
    row = store.send(connection, _READ, {"file_id": file_id, "client_id": caller.client_id}).fetchone()
    upload = _upload(row)
    _in_case(connection, caller, upload.case_no, may)
    return upload


def grow(connection: Connection[Any], upload: Upload, part: str, length: int) -> None:
    """The part is counted in: from here on the upload goes on behind it.

    Raises:
        OffsetConflict
    """
    values = {"file_id": upload.file_id, "stored": upload.stored, "part": part, "length": length, "most": MOST_PARTS}
    if store.send(connection, _GROW, values).rowcount != 1:
        raise OffsetConflict


def complete(connection: Connection[Any], caller: Caller, upload: Upload, now: datetime, may: CommandPolicy) -> None:
    """The file is whole and checked; who may no longer bring files completes none.

    Raises:
        AuthorityLost, Refused, NoSuchUpload, OffsetConflict
    """
    find(connection, caller, upload.file_id, now, may)
    values = {"file_id": upload.file_id, "stored": upload.stored, "now": now}
    if store.send(connection, _COMPLETE, values).rowcount != 1:
        raise OffsetConflict


def end(connection: Connection[Any], file_id: UUID, state: FileState, now: datetime) -> bool:
    """An open upload is over; False where it is no longer open."""
    return store.send(connection, _END, {"file_id": file_id, "state": state, "now": now}).rowcount == 1


def permitted(connection: Connection[Any], caller: Caller, case_no: str, now: datetime, may: CommandPolicy) -> Acting:
    """The caller, who may bring files to the case; caller and case are held until the commit.

    Raises:
        AuthorityLost, Refused
    """
    acting = acting_before_records(connection, caller, now, may)
    _in_case(connection, caller, case_no, may)
    return acting


def acting_before_records(connection: Connection[Any], caller: Caller, now: datetime, may: CommandPolicy) -> Acting:
    """Scope, purpose, kind and officer: before any record is looked at, so alike for every record.

    Raises:
        AuthorityLost, Refused
    """
    about = authority.parameters(caller, _NO_KEY, now)
    store.send(connection, authority.HOLD, about)
    acting = authority.acting(caller, store.send(connection, authority.READ, about).fetchone(), now)
    forbidden = may.judge(authority.question(Command.DRAFT, caller, frozenset(), None))
    if forbidden and forbidden.code in {
        CommandCode.SCOPE_MISSING,
        CommandCode.PURPOSE_NOT_ALLOWED,
        CommandCode.KIND_NOT_ALLOWED,
    }:
        raise Refused(of_policy(forbidden, "caseNo"))
    if caller.officer is None:
        raise Refused(of_input(GivenCode.OFFICER_REQUIRED))
    if not acting.roles:
        raise Refused(of_input(GivenCode.OFFICER_NOT_REGISTERED))
    return acting


def _in_case(connection: Connection[Any], caller: Caller, case_no: str, may: CommandPolicy) -> None:
    row = store.case(connection, caller, case_no, change=False).fetchone()
    relations = relations_of(row, caller.agency)
    if forbidden := may.judge(authority.question(Command.DRAFT, caller, relations, case_no)):
        raise Refused(of_policy(forbidden, "caseNo"))
    if row is None or row["merged_into"] is not None:
        raise Refused(of_input(GivenCode.CASE_MERGED, "caseNo"))


def _upload(row: Mapping[str, Any] | None) -> Upload:
    if row is None:
        raise NoSuchUpload
    return Upload(**{**row, "state": FileState(row["state"]), "parts": tuple(row["parts"])})


def _beijing(now: datetime) -> date:
    return now.astimezone(BEIJING).date()
