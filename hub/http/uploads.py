"""Uploads over HTTP: tus 1.0.0 (core, creation, expiration, termination), a protocol that clients already speak.

POST /files opens an upload, PATCH appends at an offset, HEAD tells the offset, DELETE gives up. What was received is
durable part by part, so that after any interruption the client goes on from where HEAD says. With the last byte the
content is checked; the offset reaches the length only when the file is complete.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg import Connection
from pydantic import ValidationError
from starlette.types import Receive

from hub.clock import BEIJING, Clock
from hub.clues.authority import AuthorityLost
from hub.clues.commands_errors import Refused, of_validation
from hub.clues.commands_inputs import MOST_BYTES
from hub.db.transactions import Transactions
from hub.files import uploads
from hub.files.assemble import WrongHash, assemble
from hub.files.declared import UNKNOWN_KIND, Declared
from hub.files.kinds import HEAD_BYTES, NotOfItsKind, check_head
from hub.files.objects import ObjectMissing, Objects
from hub.files.tables import FileState
from hub.files.uploads import Limits, NoSuchUpload, OffsetConflict, QuotaReached, Upload
from hub.graph.errors import ErrorCode
from hub.http.problems import FileCode, of_command, of_file, of_graphql
from hub.http.requests import Disconnected
from hub.oauth.caller import Caller
from hub.oauth.callers import Callers
from hub.policy.commanded import CommandPolicy

T = TypeVar("T")
VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,expiration,termination"
APPENDED: Final = "application/offset+octet-stream"
PART_BYTES: Final = 2_000_000
"""Durable at once; at most so much is sent again after an interruption."""
BODIES_AT_ONCE: Final = 16
"""Bodies of PATCH in one process: each may hold a part in memory."""
BODIES_OF_A_CLIENT: Final = 4
SILENCE_S: Final = 60.0
"""A client that sends nothing for so long is taken to have left."""
_METADATA_BYTES: Final = 4_096
_COUNT: Final = re.compile(rb"[0-9]{1,18}")
_KEYS: Final = ("caseNo", "filename", "filetype", "sha256")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


class Uploads:
    """The protocol over rows and objects.

    Args:
        base_url: of the hub, without trailing slash.
        may: the policies on commands.
    """

    def __init__(
        self,
        callers: Callers,
        transactions: Transactions,
        objects: Objects,
        may: CommandPolicy,
        limits: Limits,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._callers = callers
        self._transactions = transactions
        self._objects = objects
        self._may = may
        self._limits = limits
        self._base_url = base_url
        self._clock = clock
        self._bodies: dict[str, int] = {}

    async def open(self, caller: Caller, token: str, headers: Mapping[bytes, bytes]) -> Reply:
        """POST /files. Raises Problem."""
        size = _count(headers, b"upload-length")
        if size > MOST_BYTES:
            raise of_file(FileCode.FILE_TOO_LARGE)
        declared = _declared(headers, size)
        now = self._clock.now()
        upload = await self._as(
            caller,
            token,
            lambda connection, who: uploads.open_upload(connection, who, declared, self._limits, now, self._may),
        )
        return Reply(201, {"Location": f"{self._base_url}/files/{upload.file_id}", **self._told(upload)})

    async def head(self, caller: Caller, token: str, file_id: UUID) -> Reply:
        """HEAD /files/{id}. Raises Problem."""
        upload = await self._found(caller, token, file_id)
        return Reply(
            200,
            {
                **self._told(upload),
                "Upload-Length": str(upload.size),
                "Upload-Metadata": _metadata(upload),
            },
        )

    async def terminate(self, caller: Caller, token: str, file_id: UUID) -> Reply:
        """DELETE /files/{id}: of an upload that is not complete; a file stays. Raises Problem."""
        upload = await self._found(caller, token, file_id)
        await self._end(upload, FileState.TERMINATED)
        return Reply(204)

    async def append(
        self, caller: Caller, token: str, file_id: UUID, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Reply:
        """PATCH /files/{id}. Raises Problem, Disconnected."""
        if headers.get(b"content-type", b"").strip().lower() != APPENDED.encode():
            raise of_graphql(ErrorCode.UNSUPPORTED_MEDIA_TYPE)
        offset = _count(headers, b"upload-offset")
        upload = await self._found(caller, token, file_id)
        if offset != upload.stored:
            raise of_file(FileCode.OFFSET_CONFLICT, {"Upload-Offset": str(upload.stored)})
        if upload.state is FileState.COMPLETE:
            return Reply(204, self._told(upload))
        length = headers.get(b"content-length")
        if length is not None and (not _COUNT.fullmatch(length) or int(length) > upload.size - offset):
            raise of_file(FileCode.FILE_TOO_LARGE)
        if len(upload.parts) >= uploads.MOST_PARTS:
            raise of_file(FileCode.TOO_MANY_PARTS)
        async with self._body(caller.client_id):
            upload = await _Body(self, caller, token, upload, receive).take()
        return Reply(204, self._told(upload))

    # --- steps of a body ------------------------------------------------------------------------------------------

    async def store(self, upload: Upload, data: bytes) -> Upload:
        """A part, durable and counted in. Raises Problem, StoreUnavailable, DatabaseUnavailable."""
        name = await self._objects.put_part(upload.file_id, upload.stored, data)
        try:
            await self._transactions.run(partial(uploads.grow, upload=upload, part=name, length=len(data)))
        except OffsetConflict:
            await self._objects.drop_part(upload.file_id, name)
            raise of_file(FileCode.OFFSET_CONFLICT) from None
        return _grown(upload, len(data), (*upload.parts, name))

    async def complete(self, caller: Caller, token: str, upload: Upload, last: bytes) -> Upload:
        """The whole is there: checked, put in its place, and declared complete by who may still do so.

        Raises:
            Problem, StoreUnavailable, DatabaseUnavailable
        """
        try:
            await assemble(self._objects, upload, last)
        except NotOfItsKind:
            await self.refuse(upload)
            raise of_file(FileCode.WRONG_CONTENT) from None
        except WrongHash:
            await self.refuse(upload)
            raise of_file(FileCode.WRONG_HASH) from None
        except ObjectMissing:
            # Completed by a twin, whose parts are gone, or the store has lost some: the row tells which.
            found = await self._found(caller, token, upload.file_id)
            if found.state is FileState.OPEN and found.stored == upload.stored:
                await self._end(found, FileState.EXPIRED)
                raise of_file(FileCode.UPLOAD_ENDED) from None
            raise of_file(FileCode.OFFSET_CONFLICT) from None
        now = self._clock.now()
        try:
            await self._as(
                caller, token, lambda connection, who: uploads.complete(connection, who, upload, now, self._may)
            )
        except OffsetConflict:
            raise of_file(FileCode.OFFSET_CONFLICT) from None
        with suppress(Exception):  # what is left is swept; the file is complete whatever happens here
            await self._objects.drop_upload(upload.file_id)
        return _grown(upload, len(last), ())

    async def refuse(self, upload: Upload) -> None:
        """The content is not what was declared: nothing of it is kept."""
        await self._end(upload, FileState.REFUSED)

    # ---------------------------------------------------------------------------------------------------------------

    async def _end(self, upload: Upload, state: FileState) -> None:
        now = self._clock.now()
        if await self._transactions.run(lambda connection: uploads.end(connection, upload.file_id, state, now)):
            await self._objects.drop_upload(upload.file_id)

    async def _found(self, caller: Caller, token: str, file_id: UUID) -> Upload:
        """The client's own upload that is open or complete.

        Raises:
            Problem
        """
        now = self._clock.now()
        upload = await self._as(
            caller, token, lambda connection, who: uploads.find(connection, who, file_id, now, self._may)
        )
        if upload.state not in (FileState.OPEN, FileState.COMPLETE) or (
            upload.state is FileState.OPEN and self._limits.ends(upload) <= now
        ):
            raise of_file(FileCode.UPLOAD_ENDED)
        return upload

    async def _as(self, caller: Caller, token: str, work: Callable[[Connection[Any], Caller], T]) -> T:
        """One transaction of the caller; what is refused becomes a Problem. OffsetConflict passes."""
        try:
            try:
                return await self._transactions.run(lambda connection: work(connection, caller))
            except AuthorityLost:
                self._callers.forget(caller.token_hash)
                again = await self._callers.of(token)
                if again is None:
                    raise
                return await self._transactions.run(lambda connection: work(connection, again))
        except AuthorityLost:
            raise of_graphql(ErrorCode.UNAUTHENTICATED) from None
        except Refused as refused:
            raise of_command(refused.errors) from None
        except NoSuchUpload:
            raise of_file(FileCode.NOT_FOUND) from None
        except QuotaReached as reached:
            if reached.of_open:
                raise of_file(FileCode.TOO_MANY_UPLOADS, {"Retry-After": "60"}) from None
            seconds = {"Retry-After": str(_until_tomorrow(self._clock.now()))}
            raise of_file(FileCode.UPLOAD_QUOTA_EXCEEDED, seconds) from None

    def _told(self, upload: Upload) -> dict[str, str]:
        told = {"Upload-Offset": str(upload.stored)}
        if upload.stored < upload.size:
            told["Upload-Expires"] = format_datetime(self._limits.ends(upload), usegmt=True)
        return told

    @asynccontextmanager
    async def _body(self, client_id: str) -> AsyncIterator[None]:
        of_client = self._bodies.get(client_id, 0)
        if of_client >= BODIES_OF_A_CLIENT or sum(self._bodies.values()) >= BODIES_AT_ONCE:
            raise of_file(FileCode.TOO_MANY_UPLOADS, {"Retry-After": "5"})
        self._bodies[client_id] = of_client + 1
        try:
            yield
        finally:
            self._bodies[client_id] -= 1
            if not self._bodies[client_id]:
                del self._bodies[client_id]


class _Body:
    """The body of one PATCH: taken as it comes, a part at a time."""

    def __init__(self, of: Uploads, caller: Caller, token: str, upload: Upload, receive: Receive) -> None:
        self._of = of
        self._caller = caller
        self._token = token
        self._upload = upload
        self._receive = receive
        self._held = bytearray()
        self._looked_at = upload.stored > 0

    async def take(self) -> Upload:
        """The upload as it is after the body. Raises Problem, Disconnected."""
        while True:
            more = await self._next()
            if self._upload.stored + len(self._held) > self._upload.size:
                raise of_file(FileCode.FILE_TOO_LARGE)
            if len(self._held) >= HEAD_BYTES:
                await self._look()
            if more is None or not more:
                break
            while len(self._held) >= PART_BYTES and self._upload.stored + len(self._held) < self._upload.size:
                await self._store(PART_BYTES)
        if self._upload.stored + len(self._held) == self._upload.size:
            return await self._of.complete(self._caller, self._token, self._upload, bytes(self._held))
        if self._held:
            await self._store(len(self._held))
        if more is None:
            raise Disconnected
        return self._upload

    async def _next(self) -> bool | None:
        """Whether more follows; None: the client has left."""
        try:
            async with asyncio.timeout(SILENCE_S):
                message = await self._receive()
        except TimeoutError:
            return None
        if message["type"] == "http.disconnect":
            return None
        self._held += message.get("body", b"")
        return bool(message.get("more_body"))

    async def _look(self) -> None:
        """The first bytes tell the type: what is refused is refused before the rest comes."""
        if self._looked_at:
            return
        self._looked_at = True
        try:
            check_head(self._upload.media_type, bytes(self._held[:HEAD_BYTES]))
        except NotOfItsKind:
            await self._of.refuse(self._upload)
            raise of_file(FileCode.WRONG_CONTENT) from None

    async def _store(self, length: int) -> None:
        self._upload = await self._of.store(self._upload, bytes(self._held[:length]))
        del self._held[:length]


def _grown(upload: Upload, length: int, parts: tuple[str, ...]) -> Upload:
    return replace(upload, stored=upload.stored + length, parts=parts)


def _count(headers: Mapping[bytes, bytes], name: bytes) -> int:
    value = headers.get(name, b"")
    if not _COUNT.fullmatch(value):
        raise of_file(FileCode.BAD_UPLOAD_REQUEST, field=name.decode())
    return int(value)


def _declared(headers: Mapping[bytes, bytes], size: int) -> Declared:
    """What `Upload-Metadata` says; keys that the hub does not ask for are passed over.

    Raises:
        Problem
    """
    given: dict[str, Any] = {"size": size}
    stated = headers.get(b"upload-metadata", b"")
    bad = of_file(FileCode.BAD_UPLOAD_REQUEST, field="upload-metadata")
    if len(stated) > _METADATA_BYTES:
        raise bad
    for pair in filter(None, (part.strip() for part in stated.split(b","))):
        key, _, value = pair.partition(b" ")
        name = key.decode("latin-1")
        if name not in _KEYS:
            continue
        if name in given:
            raise bad
        try:
            given[name] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            raise bad from None
    try:
        return Declared.model_validate(given)
    except ValidationError as error:
        if any(entry["type"] == UNKNOWN_KIND for entry in error.errors(include_input=False, include_url=False)):
            raise of_file(FileCode.MEDIA_TYPE_NOT_ACCEPTED) from None
        raise of_command(of_validation(error)) from None


def _metadata(upload: Upload) -> str:
    stated = (upload.case_no, upload.name, upload.media_type, upload.sha256)
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in zip(_KEYS, stated, strict=True)
    )


def _until_tomorrow(now: datetime) -> int:
    here = now.astimezone(BEIJING)
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, int((midnight - here).total_seconds()))
