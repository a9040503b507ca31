"""The file endpoints: /files and /files/{id} take uploads, /files/{transfer}/{file} gives evidence out.

Order of the checks: method, protocol, token; then what the method itself asks. Each authenticated request leaves a row
in the ledger, refusals too: a download by the query that it is, an upload here.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes
from uuid import UUID

import structlog
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.clues.commands_inputs import MOST_BYTES
from hub.db.pool import DatabaseUnavailable, StatementTimeout
from hub.disclosure import Hub
from hub.files.objects import StoreUnavailable
from hub.graph.errors import ErrorCode
from hub.graph.scalars import is_uuid
from hub.http import problems
from hub.http.downloads import CutShort, Downloads
from hub.http.problems import FileCode, Problem, of_file, of_graphql
from hub.http.requests import Disconnected, Refusal, bearer_token
from hub.http.uploads import EXTENSIONS, VERSION, Reply, Uploads
from hub.ledger.entry import DisclosureEntry, Outcome
from hub.ledger.writer import LedgerUnavailable
from hub.oauth.caller import Caller

PREFIX: Final = "/files"
_METHODS: Final = {0: ("OPTIONS", "POST"), 1: ("OPTIONS", "HEAD", "PATCH", "DELETE"), 2: ("OPTIONS", "GET", "HEAD")}
"""By how many names follow /files."""
_OFFER: Final = {
    "Tus-Resumable": VERSION,
    "Tus-Version": VERSION,
    "Tus-Extension": EXTENSIONS,
    "Tus-Max-Size": str(MOST_BYTES),
}
_ONCE: Final = frozenset(
    (b"authorization", b"content-length", b"content-type", b"upload-offset", b"upload-length", b"upload-metadata",
     b"tus-resumable", b"range", b"if-range"),
)  # fmt: skip
log = structlog.get_logger("hub.files")


class FileEndpoint:
    """One ASGI application for all of /files."""

    def __init__(self, hub: Hub, uploads: Uploads, downloads: Downloads) -> None:
        self._hub = hub
        self._uploads = uploads
        self._downloads = downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = _names(scope)
        tus = {"Tus-Resumable": VERSION} if names is not None and len(names) < 2 else {}  # noqa: PLR2004 - see _METHODS
        try:
            reply = await self._reply(scope, names, receive, send)
        except (Disconnected, CutShort):
            return  # nobody to answer, or what was begun cannot be ended: the connection closes short of its length
        except Exception as error:  # noqa: BLE001 - the door is the last to know; a code and an id pass it
            await _send_problem(_problem(error), tus, scope, send)
        else:
            if reply is not None:
                await _send_reply(reply, tus, send)

    async def _reply(self, scope: Scope, names: list[str] | None, receive: Receive, send: Send) -> Reply | None:
        """The reply that is still to be sent; a download has sent its own."""
        if names is None:
            raise of_file(FileCode.NOT_FOUND)
        method = scope["method"]
        if method not in _METHODS[len(names)]:
            raise of_graphql(ErrorCode.METHOD_NOT_ALLOWED)
        if method == "OPTIONS":
            return Reply(204, _OFFER if len(names) < 2 else {"Allow": ", ".join(_METHODS[2])})  # noqa: PLR2004
        headers = _deciding(scope)
        token = bearer_token(headers)
        if token is None:
            raise of_graphql(ErrorCode.UNAUTHENTICATED)
        if len(names) == 2:  # noqa: PLR2004
            transfer, file = names
            await self._downloads.send(token, transfer, file, headers, send, content=method == "GET")
            return None
        if headers.get(b"tus-resumable") != VERSION.encode():
            raise of_file(FileCode.UNSUPPORTED_TUS_VERSION, {"Tus-Version": VERSION})
        caller = await self._hub.callers.of(token)
        if caller is None:
            raise of_graphql(ErrorCode.UNAUTHENTICATED)
        return await self._upload(caller, token, method, names, headers, receive)

    async def _upload(
        self,
        caller: Caller,
        token: str,
        method: str,
        names: list[str],
        headers: Mapping[bytes, bytes],
        receive: Receive,
    ) -> Reply:
        """One step of an upload, with its row in the ledger."""
        try:
            if not names:
                reply = await self._uploads.open(caller, token, headers)
            elif not is_uuid(names[0]):
                raise of_file(FileCode.NOT_FOUND)
            else:
                file_id = UUID(names[0])
                match method:
                    case "HEAD":
                        reply = await self._uploads.head(caller, token, file_id)
                    case "DELETE":
                        reply = await self._uploads.terminate(caller, token, file_id)
                    case _:
                        reply = await self._uploads.append(caller, token, file_id, headers, receive)
        except Problem as problem:
            if problem.code != ErrorCode.UNAUTHENTICATED:
                await self._remember(caller, method, Outcome.REFUSED, problem.code)
            raise
        await self._remember(caller, method, Outcome.ANSWERED)
        return reply

    async def _remember(self, caller: Caller, method: str, outcome: Outcome, *codes: str) -> None:
        hub, officer = self._hub, caller.officer
        await hub.ledger.append(
            DisclosureEntry(
                at=hub.clock.now(),
                client_id=caller.client_id,
                agency=caller.agency,
                officer_name=officer.name if officer else None,
                officer_certificate_no=officer.certificate_no if officer else None,
                purpose=caller.purpose,
                legal_basis=hub.purposes[caller.purpose].basis,
                case_no=caller.case_no,
                outcome=outcome,
                error_codes=codes,
                operation_hmac=hub.ledger_keys.operation_hmac(f"{method} {PREFIX}"),
                shown=(),
                masked=(),
                filtered=(),
                counted=(),
                record_ids=b"",
                row_count=0,
                policy_version=hub.engine.version,
                response_hmac=hub.ledger_keys.response_hmac(b""),
            )
        )


def _problem(error: Exception) -> Problem:
    """What is answered; what the hub did not foresee is logged without a value."""
    match error:
        case Problem():
            return error
        case DatabaseUnavailable() | StatementTimeout():
            return of_graphql(ErrorCode.DATABASE_UNAVAILABLE)
        case LedgerUnavailable():
            return of_graphql(ErrorCode.LEDGER_UNAVAILABLE)
        case StoreUnavailable():
            log.warning("store_unavailable", kind=str(error))
            return of_file(FileCode.STORE_UNAVAILABLE)
        case Refusal(code=code):
            return of_graphql(code)
    problem = of_graphql(ErrorCode.INTERNAL)
    log.error("failed", error=problem.id, exc_info=error)
    return problem


def routes(endpoint: FileEndpoint) -> list[Route]:
    """Every address under /files."""
    return [Route(PREFIX, endpoint), Route(f"{PREFIX}/{{names:path}}", endpoint)]


def _names(scope: Scope) -> list[str] | None:
    """What follows /files, at most two names; None where there is no such address."""
    path = scope["path"].removeprefix(PREFIX)
    names = path.removeprefix("/").split("/") if path else []
    if any(not name for name in names) or len(names) not in _METHODS:
        return None
    # A name that was encoded (`%2F`) is none of ours.
    raw = scope.get("raw_path") or scope["path"].encode()
    return names if unquote_to_bytes(raw.split(b"?")[0]) == raw.split(b"?")[0] else None


def _deciding(scope: Scope) -> dict[bytes, bytes]:
    """The headers by name.

    Raises:
        Refusal: BAD_REQUEST, one that decides occurs twice.
    """
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in found and name in _ONCE:
            raise Refusal(ErrorCode.BAD_REQUEST)
        found.setdefault(name, value)
    return found


async def _send_reply(reply: Reply, more: Mapping[str, str], send: Send) -> None:
    headers = {**more, **reply.headers}
    if reply.status != 204:  # noqa: PLR2004 - No Content has no length
        headers["Content-Length"] = "0"
    await send({"type": "http.response.start", "status": reply.status, "headers": _encoded(headers)})
    await send({"type": "http.response.body"})


async def _send_problem(problem: Problem, more: Mapping[str, str], scope: Scope, send: Send) -> None:
    body = problem.body()
    headers = {**more, **problem.headers, "Content-Type": problems.MEDIA_TYPE, "Content-Length": str(len(body))}
    if problem.status == 405:  # noqa: PLR2004 - RFC 9110, 15.5.6: says what is allowed
        headers["Allow"] = ", ".join(_METHODS[len(_names(scope) or ())])
    await send({"type": "http.response.start", "status": int(problem.status), "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
