"""`GET /documents/{id}/transfer-letter.docx` and `…/receipt.docx`: one query like any other, printed.

The caller's token, purpose, policies, one statement and the ledger row are `disclose`'s; what it answers is all that
can be printed, and it is durable in the ledger before a byte of the paper leaves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.clock import Clock, today
from hub.disclosure import Answer
from hub.disclosure import Request as Asked
from hub.documents.contents import Incomplete, Kind, NotSigned, NotThere, Paper, paper
from hub.documents.word import MEDIA_TYPE, query, render
from hub.graph.errors import ErrorCode, Text, error
from hub.http import observe
from hub.http.graphql import advice, deciding
from hub.http.requests import Refusal, bearer_token, url_parameters
from hub.http.statuses import status

Disclose = Callable[[str, Asked], Awaitable[Answer]]
AT_ONCE: Final = 2
"""Papers printed at the same time in one process: each takes some 50 ms of processor time."""
TEXTS: Final = {
    404: (
        "NOT_FOUND",
        Text(
            "没有该移送，或者本令牌无从得知",
            "There is no such transfer, or none that this token may know of",
            "核对公开编号、目的与案件",
            "Check the public id, the purpose and the case",
        ),
    ),
    403: (
        "DOCUMENT_INCOMPLETE",
        Text(
            "文书所载部分内容对本令牌不开放，不予打印残缺文书",
            "Part of what the paper holds is not open to this token; no incomplete paper is made",
            "按 masked 所列依据与目的，另以该案件申请令牌",
            "Ask for a token with the case; `masked` says by which clause and for which purposes",
        ),
    ),
    409: (
        "RECEIPT_NOT_SIGNED",
        Text(
            "接收机关尚未签署回执，或者平台未存有其内容",
            "The receiver has signed no receipt, or the hub does not hold its contents",
            "待接收机关签收后再取",
            "Ask again when the receiver has signed",
        ),
    ),
}
"""By status. Beyond GraphQL, so not of its `ErrorCode`."""


def document_routes(disclose: Disclose, clock: Clock) -> list[Route]:
    """One route for each kind of paper."""
    printing = asyncio.Semaphore(AT_ONCE)

    def route(kind: Kind) -> Route:
        text = query(kind)

        async def get(request: Request) -> Response:
            try:
                answer = await disclose(_token(request), Asked(text, variables={"id": request.path_params["id"]}))
            except Refusal as refusal:
                answer = Answer(orjson.dumps({"errors": [error(refusal.code)]}), refusal.code)
            observe.disclosed(answer)
            if answer.code is not None:
                return _refused(answer, request)
            made = await asyncio.to_thread(paper, kind, orjson.loads(answer.body), today(clock))
            match made:
                case Paper():
                    async with printing:
                        content = await asyncio.to_thread(render, made)
                    return Response(content, media_type=MEDIA_TYPE, headers=_headers(made.name, kind))
                case NotThere():
                    return _told(404)
                case NotSigned():
                    return _told(409)
                case Incomplete(masked):
                    return _told(403, masked=masked)

        return Route(f"/documents/{{id}}/{kind}.docx", get, methods=["GET"])

    return [route(kind) for kind in Kind]


def _token(request: Request) -> str:
    """The bearer token, as at the GraphQL endpoint.

    Raises:
        Refusal: there is none, or headers or parameters that could be read in two ways.
    """
    headers = deciding(request.scope["headers"])
    if request.scope["query_string"]:
        url_parameters(request.scope["query_string"])
    token = bearer_token(headers)
    if token is None:
        raise Refusal(ErrorCode.UNAUTHENTICATED)
    return token


def _refused(answer: Answer, request: Request) -> Response:
    assert answer.code is not None  # noqa: S101 - only such answers come here
    http_status = status(answer.code, legacy_json=False)
    headers = {name.decode(): value.decode() for name, value in advice(http_status, answer, request.scope)}
    return Response(answer.body, http_status, headers, "application/json")


def _told(http_status: int, **extensions: Any) -> Response:
    code, text = TEXTS[http_status]
    entry = {
        "message": f"{text.en} / {text.zh}",
        "extensions": {
            "code": code,
            "id": uuid4().hex,
            "zh": text.zh,
            "en": text.en,
            "next": {"zh": text.next_zh, "en": text.next_en},
            **extensions,
        },
    }
    return JSONResponse({"errors": [entry]}, http_status)


def _headers(name: str, kind: Kind) -> dict[str, str]:
    """Always a file to be saved, with its Chinese name (RFC 6266, RFC 5987)."""
    return {"content-disposition": f"attachment; filename=\"{kind}.docx\"; filename*=UTF-8''{quote(name, safe='')}"}
