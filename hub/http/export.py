"""GET /feed/export: a feed in bulk as NDJSON or CSV, streamed (`hub/exporting.py` says what of it leaves, and when).

A refusal before the first line is a problem document. Later the status has been sent: NDJSON gets a line with the
error, and in both forms the connection ends short of its end, so nobody takes a part for the whole.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.disclosure import Answer, Facts
from hub.exporting import TOO_MANY_EXPORTS, Exports, Piece
from hub.graph.errors import ErrorCode, Text
from hub.graph.exporting import KEY, Export
from hub.graph.exports import EXPORTS
from hub.http import observe, problems
from hub.http.problems import Problem, of_graphql
from hub.http.requests import Refusal, bearer_token, disconnected, url_parameters
from hub.query.tree import LineForm
from hub.stretches import NOT_OPEN, Asked, Stopped

PATH: Final = "/feed/export"
CURSOR_HEADER: Final = "hub-feed-cursor"
STALLED_S: Final = 120
"""A reader that takes nothing for so long is given up; it goes on from its last place."""
BOM: Final = "﻿".encode()
_FORMS: Final = {"ndjson": LineForm.NDJSON, "csv": LineForm.CSV}
_FLAGS: Final = {"true": True, "false": False}
_PARAMETERS: Final = frozenset({"feed", "format", "after", "positions", "bom"})
_TYPES: Final = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
BAD_EXPORT: Final = "BAD_EXPORT_REQUEST"
_TEXTS: Final[Mapping[str, tuple[HTTPStatus, Text]]] = {
    BAD_EXPORT: (
        HTTPStatus.BAD_REQUEST,
        Text(
            "导出参数缺失、重复或者取值不符",
            "A parameter of the export is missing, given twice, or has no such value",
            "feed 取 penalties、inspections、credit；format 取 ndjson、csv；其余见接入文档",
            "feed is penalties, inspections or credit; format is ndjson or csv; see the integration guide",
        ),
    ),
    ErrorCode.METHOD_NOT_ALLOWED: (
        HTTPStatus.METHOD_NOT_ALLOWED,
        Text(
            "不支持该 HTTP 方法",
            "This HTTP method is not supported",
            "使用 GET，参数写在地址中",
            "Use GET with URL parameters",
        ),
    ),
    NOT_OPEN: (
        HTTPStatus.FORBIDDEN,
        Text(
            "该令牌不能导出此类记录",
            "This token opens no record of this export",
            "依据与可开放的目的、所缺的权限范围见本答复",
            "Basis, opening purposes and the missing scope are in this answer",
        ),
    ),
    TOO_MANY_EXPORTS: (
        HTTPStatus.TOO_MANY_REQUESTS,
        Text(
            "同时进行的导出过多",
            "Too many exports at once",
            "待正在进行的导出结束后再试",
            "Try again when one of them has ended",
        ),
    ),
    ErrorCode.RESYNC_REQUIRED: (
        HTTPStatus.GONE,
        Text(
            "续传位置无效、过旧，或不属于本机关的本目的、本导出",
            "The place is not one of this export, agency and purpose, or it is too old",
            "不带 after 重新导出",
            "Begin the export again without `after`",
        ),
    ),
}


class _CutShort(Exception):
    """The response has begun and cannot be ended: the connection closes without its last chunk."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    asked: Asked
    format: str
    bom: bool


class ExportEndpoint:
    """One ASGI application."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] != "GET":
                raise _of(ErrorCode.METHOD_NOT_ALLOWED)
            token = bearer_token(_headers(scope))
            if token is None:
                raise of_graphql(ErrorCode.UNAUTHENTICATED)
            await self._stream(token, _wanted(scope["query_string"]), receive, send)
        except Problem as problem:
            await _send_problem(problem, send)

    async def _stream(self, token: str, wanted: _Wanted, receive: Receive, send: Send) -> None:
        """Raises Problem (nothing has been sent), _CutShort."""
        facts: list[Facts] = []
        sending = _Sending(wanted, send)
        left = asyncio.ensure_future(disconnected(receive))
        try:
            async with aclosing(self._exports.pieces(token, wanted.asked, facts)) as pieces:
                async for piece in pieces:
                    if not await _until(sending.piece(piece), left):
                        return
        except Stopped as stopped:
            problem = _problem(stopped)
            if not sending.started:
                raise problem from None
            if wanted.asked.form is LineForm.NDJSON:
                await _until(sending.error(problem), left)
            raise _CutShort from None
        finally:
            left.cancel()
            for each in facts:
                observe.disclosed(Answer(b"", facts=each))


class _Sending:
    """The response as it goes out."""

    def __init__(self, wanted: _Wanted, send: Send) -> None:
        self._wanted = wanted
        self._send = send
        self.started = False

    async def piece(self, piece: Piece) -> None:
        if not self.started:
            self.started = True
            await self._start(piece)
        await self._send({"type": "http.response.body", "body": piece.body, "more_body": not piece.last})

    async def error(self, problem: Problem) -> None:
        body = b'{"error":%b}\n' % problem.body()
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _start(self, piece: Piece) -> None:
        wanted = self._wanted
        headers = {"content-type": _TYPES[wanted.format], CURSOR_HEADER: piece.cursor}
        if wanted.format == "csv":
            header = "absent" if wanted.asked.after else "present"
            headers["content-type"] += f"; header={header}"  # RFC 4180
            headers["content-disposition"] = f'attachment; filename="{wanted.asked.export.name}.csv"'
        told = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": 200, "headers": told})
        if wanted.format == "csv" and not wanted.asked.after:
            await self._send({"type": "http.response.body", "body": _heading(wanted), "more_body": True})


def _heading(wanted: _Wanted) -> bytes:
    names = [column.heading for column in wanted.asked.export.columns]
    if wanted.asked.form is LineForm.CSV_POSITIONS:
        names += [KEY, "after"]
    return (BOM if wanted.bom else b"") + (",".join(names) + "\r\n").encode()


async def _until(sent: Coroutine[Any, Any, None], left: "asyncio.Future[None]") -> bool:
    """Whether the reader took it; False where it has left.

    Raises:
        _CutShort: it takes nothing.
    """
    sending = asyncio.ensure_future(sent)
    done, _ = await asyncio.wait({sending, left}, timeout=STALLED_S, return_when=asyncio.FIRST_COMPLETED)
    if sending in done:
        await sending
        return left not in done
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    if left not in done:
        raise _CutShort
    return False


def _wanted(query_string: bytes) -> _Wanted:
    """Raises Problem."""
    try:
        given = url_parameters(query_string)
    except Refusal:
        raise _of(BAD_EXPORT) from None
    export: Export | None = EXPORTS.get(given.get("feed", ""))
    form = _FORMS.get(given.get("format", "ndjson"))
    positions, bom = (_FLAGS.get(given.get(name, "false")) for name in ("positions", "bom"))
    after = given.get("after")
    if (
        export is None
        or form is None
        or positions is None
        or bom is None
        or not given.keys() <= _PARAMETERS
        or after == ""
        or (form is LineForm.NDJSON and (positions or bom))
        or (after and form is LineForm.CSV and not positions)
    ):
        raise _of(BAD_EXPORT)
    if positions:
        form = LineForm.CSV_POSITIONS
    return _Wanted(Asked(export, form, after), given.get("format", "ndjson"), bom)


def _problem(stopped: Stopped) -> Problem:
    if stopped.code in _TEXTS:
        return _of(stopped.code, stopped.retry_after_s, **stopped.told)
    return of_graphql(ErrorCode(stopped.code), stopped.retry_after_s)


def _of(code: str, retry_after_s: int | None = None, **told: object) -> Problem:
    status, text = _TEXTS[code]
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    return Problem(status, code, text, headers, **told)


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Raises Problem: two Authorization headers."""
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) > 1:
        raise of_graphql(ErrorCode.BAD_REQUEST)
    return {b"authorization": found[0]} if found else {}


async def _send_problem(problem: Problem, send: Send) -> None:
    body = problem.body()
    headers = {"content-type": problems.MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = "GET"
    told = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": told})
    await send({"type": "http.response.body", "body": body})


def routes(endpoint: ExportEndpoint) -> list[Route]:
    """For the application: every method comes here, and is refused in this form."""
    return [Route(PATH, endpoint, methods=None)]
