"""The GraphQL endpoint: GraphQL over HTTP as one raw ASGI callable (any middleware costs more than the whole of it).

Order of the checks: method, what the client accepts, is there a token, content type, size, JSON, parameters. Only then
`disclose` looks the token up, and only for a valid one is the document parsed.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from time import perf_counter

import orjson
from starlette.types import Receive, Scope, Send

from hub.clock import Clock
from hub.disclosure import Answer, Request
from hub.feed.waiting import ClientLeft
from hub.graph.errors import ErrorCode, error
from hub.http import gateway, media, observe
from hub.http.log import logger
from hub.http.requests import (
    Disconnected,
    Refusal,
    bearer_token,
    disconnected,
    get_request,
    post_request,
    read_body,
    url_parameters,
)
from hub.http.statuses import status

Disclose = Callable[[str, Request], Awaitable[Answer]]
Header = tuple[bytes, bytes]

SECURITY_HEADERS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_HEADERS = {
    media_type: (
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"vary", b"Accept, Authorization"),
        *SECURITY_HEADERS,
    )
    for media_type in (media.GRAPHQL_RESPONSE, media.JSON)
}
_ONCE = frozenset((b"authorization", b"content-type", b"content-length", b"content-encoding", gateway.HEADER))
"""Headers that decide: two of one name could be read differently by a proxy and by the hub."""
_RETRY_AFTER_S = 1


class GraphQLEndpoint:
    """`disclose`, spoken over HTTP.

    Args:
        disclose: answers one request for one token.
        gateway_key: of the registered gateway (`hub/http/gateway.py`).
        clock: for the gateway's window.
        page: GraphiQL for a browser, in demo mode: what GET with `Accept: text/html` is answered.
    """

    def __init__(
        self,
        disclose: Disclose,
        gateway_key: bytes,
        clock: Clock,
        page: Callable[[Send], Awaitable[None]] | None = None,
    ) -> None:
        self._disclose = disclose
        self._gateway_key = gateway_key
        self._clock = clock
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        media_type = media.JSON
        try:
            headers = deciding(scope["headers"])
            accept = headers.get(b"accept", b"")
            if self._page is not None and scope["method"] == "GET" and b"text/html" in accept:
                await self._page(send)
                return
            media_type = _wanted(accept)
            answer = await self._answer(scope, headers, receive)
        except Refusal as refusal:
            answer = _refused(refusal.code)
        except (Disconnected, ClientLeft):
            return
        except Exception:  # noqa: BLE001 - the door is the last to know; nothing may pass it but a code and an id
            answer = _refused(ErrorCode.INTERNAL)
            logger.exception("internal", error=_error_id(answer))
        code = answer.code
        http_status = status(code, legacy_json=media_type is media.JSON)
        answer_headers = [*_HEADERS[media_type], (b"content-length", b"%d" % len(answer.body))]
        if code is not None:
            answer_headers += advice(http_status, answer, scope)
        await send({"type": "http.response.start", "status": http_status, "headers": answer_headers})
        await send({"type": "http.response.body", "body": answer.body})
        observe.graphql(started, http_status, answer, None if code is None else _error_id(answer))

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        method = scope["method"]
        if method not in ("POST", "GET"):
            raise Refusal(ErrorCode.METHOD_NOT_ALLOWED)
        if scope["query_string"]:
            url_parameters(scope["query_string"])  # a token in the URL is refused, whatever else was sent
        token = bearer_token(headers)
        if token is None:
            raise Refusal(ErrorCode.UNAUTHENTICATED)
        left = partial(disconnected, receive)
        if method == "GET":
            return await self._disclose(token, replace(get_request(scope["query_string"]), left=left))
        if not media.is_json(headers.get(b"content-type", b"").decode("latin-1")):
            raise Refusal(ErrorCode.UNSUPPORTED_MEDIA_TYPE)
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Refusal(ErrorCode.UNSUPPORTED_MEDIA_TYPE)
        body = await read_body(receive, headers.get(b"content-length"))
        signature = headers.get(gateway.HEADER)
        if signature is not None and not gateway.verify(self._gateway_key, signature, body, self._clock.now()):
            # Not the gateway it says it is: nothing is answered, not even what the token alone would open.
            raise Refusal(ErrorCode.UNAUTHENTICATED)
        return await self._disclose(token, replace(post_request(body, gateway=signature is not None), left=left))


def _wanted(accept: bytes) -> str:
    """The media type of the answer.

    Raises:
        Refusal: NOT_ACCEPTABLE
    """
    media_type = media.accepted(accept.decode("latin-1"))
    if media_type is None:
        raise Refusal(ErrorCode.NOT_ACCEPTABLE)
    return media_type


def advice(http_status: int, answer: Answer, scope: Scope) -> list[Header]:
    """What a refusal's status obliges to say beside it (RFC 9110, RFC 6750)."""
    match http_status:
        case HTTPStatus.UNAUTHORIZED:
            token_given = any(name == b"authorization" for name, _ in scope["headers"])
            return [(b"www-authenticate", b'Bearer realm="hub"' + (b', error="invalid_token"' if token_given else b""))]
        case HTTPStatus.METHOD_NOT_ALLOWED:
            # A mutation by GET: the method is right, for queries only.
            return [(b"allow", b"POST" if scope["method"] == "GET" else b"GET, POST")]
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return [(b"retry-after", b"%d" % (answer.retry_after_s or _RETRY_AFTER_S))]
    return []


def deciding(headers: Iterable[Header]) -> dict[bytes, bytes]:
    """The headers by name; of several Accept headers the list, of several others the first.

    Raises:
        Refusal: BAD_REQUEST, one of _ONCE occurs twice
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name not in found:
            found[name] = value
        elif name in _ONCE:
            raise Refusal(ErrorCode.BAD_REQUEST)
        elif name == b"accept":
            found[name] += b"," + value
    return found


def _refused(code: ErrorCode) -> Answer:
    return Answer(orjson.dumps({"errors": [error(code)]}), code)


def _error_id(answer: Answer) -> str:
    """The id of the first error of a refused request, for the operator's log."""
    return str(orjson.loads(answer.body)["errors"][0]["extensions"]["id"])
