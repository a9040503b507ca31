"""What lies beside the hub's addresses: refused in the same form as everywhere, with the way to GraphQL."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.graph.errors import Text

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]

TEXTS = {
    HTTPStatus.NOT_FOUND: (
        "NOT_FOUND",
        Text(
            "此处没有内容",
            "There is nothing at this address",
            "GraphQL 位于 /graphql，令牌位于 /oauth/token",
            "GraphQL is at /graphql, tokens at /oauth/token",
        ),
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "METHOD_NOT_ALLOWED",
        Text("不支持该 HTTP 方法", "This HTTP method is not supported", "见 Allow 头", "See the Allow header"),
    ),
}
"""By status, code and text. Beyond GraphQL, so not of its `ErrorCode`."""


async def refused(_: Request, error: HTTPException) -> Response:
    """The answer to what no route takes; nothing of the request is repeated."""
    status = HTTPStatus(error.status_code)
    code, text = TEXTS.get(status, TEXTS[HTTPStatus.NOT_FOUND])
    entry = {
        "message": f"{text.en} / {text.zh}",
        "extensions": {
            "code": code,
            "id": uuid4().hex,
            "zh": text.zh,
            "en": text.en,
            "next": {"zh": text.next_zh, "en": text.next_en},
        },
    }
    return JSONResponse({"errors": [entry]}, status, error.headers)


HANDLERS: dict[int | type[Exception], Handler] = {HTTPException: refused}
