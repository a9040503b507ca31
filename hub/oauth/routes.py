"""The authorization server over HTTP: forms in, JSON out, nothing cached anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.oauth import errors
from hub.oauth.errors import Refused
from hub.oauth.server import Endpoint, OAuthServer, Reply, reply_of

MAX_BODY = 64 * 1024
MAX_PARAMETERS = 32
FORM = "application/x-www-form-urlencoded"
THREADS = 8
"""Requests that wait for the database at once; more wait here, not in the connection pool."""
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
PATHS = {
    "/oauth/token": Endpoint.TOKEN,
    "/oauth/introspect": Endpoint.INTROSPECTION,
    "/oauth/revoke": Endpoint.REVOCATION,
}


def oauth_routes(server: OAuthServer) -> list[Route]:
    """Routes for the application to mount at its root."""

    async def metadata(_: Request) -> Response:
        return JSONResponse(server.metadata(), headers=NO_STORE)

    async def keys(_: Request) -> Response:
        # Tokens are opaque: the hub signs nothing that a client could verify, so the set is honestly empty.
        return JSONResponse({"keys": []}, headers=NO_STORE)

    limiter = anyio.CapacityLimiter(THREADS)
    return [
        *(Route(path, FormEndpoint(server, endpoint, limiter)) for path, endpoint in PATHS.items()),
        Route("/oauth/jwks", keys, methods=["GET"]),
        Route("/.well-known/oauth-authorization-server", metadata, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class FormEndpoint:
    """One endpoint as an ASGI application; the database work runs in a thread."""

    server: OAuthServer
    endpoint: Endpoint
    limiter: anyio.CapacityLimiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._reply(Request(scope, receive))
        except Refused as refused:
            headers = [("Allow", "POST")] if refused.refusal is errors.METHOD_NOT_ALLOWED else []
            reply = reply_of(refused.refusal, headers)
            self.server.told(self.endpoint, reply)
        except ClientDisconnect:
            return
        response = JSONResponse(dict(reply.body), reply.status, {**NO_STORE, **dict(reply.headers)})
        await response(scope, receive, send)
        if self.server.purge_is_due():
            await anyio.to_thread.run_sync(self.server.purge, limiter=self.limiter)

    async def _reply(self, request: Request) -> Reply:
        if request.method != "POST":
            raise Refused(errors.METHOD_NOT_ALLOWED)
        form = parse_form(request.headers.get("content-type", ""), await read_body(request))
        has_authorization = "authorization" in request.headers
        return await anyio.to_thread.run_sync(
            lambda: self.server.respond(self.endpoint, form, has_authorization=has_authorization), limiter=self.limiter
        )


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        Refused: TOO_LARGE, as soon as it is.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(errors.TOO_LARGE)
    return bytes(body)


def parse_form(content_type: str, body: bytes) -> Mapping[str, str]:
    """Parameters by name; one without a value counts as omitted (RFC 6749 section 3.2), one given twice is refused.

    Raises:
        Refused: NOT_A_FORM, REPEATED_PARAMETER, INVALID_REQUEST (too many, or a NUL).
    """
    media_type, _, rest = content_type.partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != FORM or charset not in ("", "utf-8", "utf8"):
        raise Refused(errors.NOT_A_FORM)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise Refused(errors.NOT_A_FORM) from error
    except ValueError as error:
        raise Refused(errors.INVALID_REQUEST) from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused(errors.REPEATED_PARAMETER)
    if any("\0" in value for value in form.values()):
        raise Refused(errors.INVALID_REQUEST)
    return {name: value for name, value in form.items() if value}
