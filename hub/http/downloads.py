"""Downloads: GET and HEAD /files/{transfer}/{file}. The decision is that of the field `ClueTransfer.evidence`.

The hub asks itself the query below, as any client could: one statement under the same policies, with its row in the
ledger before the first byte. What that answer does not show is not there: absent, foreign and hidden are one 404.
"""

import base64
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import orjson
from starlette.types import Send

from hub.disclosure import Disclosed, Hub, Request, disclose
from hub.files.objects import ObjectMissing, Objects, StoreUnavailable
from hub.graph.errors import ErrorCode
from hub.http.problems import FileCode, Problem, of_file, of_graphql
from hub.ledger.entry import Outcome

DOCUMENT: Final = """
query Download($transfer: ID!, $file: ID!) {
  clueTransfer(id: $transfer) { evidence(fileId: $file) { name mediaType size sha256 } }
}
"""
CONTENT: Final = "Evidence.content"
"""How the ledger names bytes that left, beside the coordinates of the query."""
_DENIED: Final = frozenset({"Query.clueTransfer", "ClueTransfer.evidence"})
_RANGE: Final = re.compile(r"bytes=\s*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))\s*")


@dataclass(frozen=True, slots=True)
class Item:
    """The item of evidence as the answer shows it."""

    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def etag(self) -> str:
        return f'"{self.sha256}"'


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `end`, the last excluded."""

    start: int
    end: int


class CutShort(Exception):
    """The store failed in the middle: the connection ends short of its length, so the client sees it."""


class _Delivery:
    """What leaves beside the answer: decided when the answer is known, before the ledger is written."""

    def __init__(self, objects: Objects, file_id: UUID, headers: Mapping[bytes, bytes], *, content: bool) -> None:
        self._objects = objects
        self._file_id = file_id
        self._headers = headers
        self._content = content
        self.item: Item | None = None
        self.span: Span | None = None
        self.problem: Problem | None = None
        self.unchanged = False

    async def __call__(self, disclosed: Disclosed) -> None:
        if disclosed.code is not None:
            return
        answer = orjson.loads(disclosed.body)
        self.item = _item(answer)
        if self.item is None:
            self._nothing(disclosed, _not_there(answer), Outcome.REFUSED)
            return
        if (problem := await self._missing(self.item)) is not None:
            self._nothing(disclosed, problem, Outcome.FAILED)
            return
        self._choose(self.item)
        if self.span is not None and self._content:
            disclosed.shown += (CONTENT,)

    async def _missing(self, item: Item) -> Problem | None:
        try:
            whole = await self._objects.size(self._file_id) == item.size
        except ObjectMissing:
            whole = False
        except StoreUnavailable:
            return of_file(FileCode.STORE_UNAVAILABLE)
        return None if whole else of_file(FileCode.FILE_LOST)

    def _choose(self, item: Item) -> None:
        """Which bytes are asked for (RFC 9110, 13 and 14); none where the client has them already."""
        asked = self._headers.get(b"range", b"").decode("latin-1")
        if item.etag in _tags(self._headers.get(b"if-none-match")):
            self.unchanged = True
            return
        same = self._headers.get(b"if-range")
        if same is not None and same.decode("latin-1").strip() != item.etag:
            asked = ""
        match = _RANGE.fullmatch(asked)
        if match is None:  # none, several, or of another unit: the whole
            self.span = Span(0, item.size)
            return
        first, last, suffix = match.groups()
        if suffix is not None:
            span = Span(max(0, item.size - int(suffix)), item.size) if int(suffix) else None
        else:
            end = min(int(last) + 1, item.size) if last else item.size
            span = Span(int(first), end) if int(first) < end else None
        if span is None:
            self.problem = of_file(FileCode.RANGE_NOT_SATISFIABLE, {"Content-Range": f"bytes */{item.size}"})
        self.span = span

    def _nothing(self, disclosed: Disclosed, problem: Problem, outcome: Outcome) -> None:
        """Nothing of a record leaves: the ledger names none."""
        self.item, self.problem = None, problem
        disclosed.ids, disclosed.shown, disclosed.outcome, disclosed.codes = b"", (), outcome, (problem.code,)


class Downloads:
    """Files by the policies of the hub."""

    def __init__(self, hub: Hub, objects: Objects) -> None:
        self._hub = hub
        self._objects = objects

    async def send(
        self, token: str, transfer: str, file: str, headers: Mapping[bytes, bytes], send: Send, *, content: bool
    ) -> int:
        """Answers GET (`content`) or HEAD; the status.

        Raises:
            Problem: nothing has been sent.
        """
        # What has not the form of an id names nothing; the same question is asked all the same.
        file_id = _uuid(file)
        delivery = _Delivery(self._objects, file_id, headers, content=content)
        asked = Request(DOCUMENT, variables={"transfer": transfer, "file": str(file_id)})
        answer = await disclose(self._hub, token, asked, delivery)
        if answer.code is not None:
            raise of_graphql(answer.code, answer.retry_after_s)
        if delivery.problem is not None:
            raise delivery.problem
        if delivery.item is None:  # the answer said nothing of it: a defect
            raise of_graphql(ErrorCode.INTERNAL)
        return await self._send(delivery.item, file_id, delivery, send, content=content)

    async def _send(self, item: Item, file_id: UUID, delivery: _Delivery, send: Send, *, content: bool) -> int:
        span = delivery.span
        status = _status(item, span)
        headers = _headers(item, span)
        start = {"type": "http.response.start", "status": status, "headers": headers}
        if span is None or not content:
            await send(start)
            await send({"type": "http.response.body"})
            return status
        await self._stream(self._objects.read(file_id, span.start, span.end), start, send)
        return status

    @staticmethod
    async def _stream(pieces: AsyncIterator[bytes], start: dict[str, Any], send: Send) -> None:
        started = False
        try:
            async for piece in pieces:
                if not started:
                    started = True
                    await send(start)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except (ObjectMissing, StoreUnavailable):
            if not started:
                raise of_file(FileCode.STORE_UNAVAILABLE) from None
            raise CutShort from None
        await send({"type": "http.response.body"})


def _item(answer: Mapping[str, Any]) -> Item | None:
    transfer = (answer.get("data") or {}).get("clueTransfer") or {}
    for item in transfer.get("evidence") or ():
        return Item(item["name"], item["mediaType"], int(item["size"]), item["sha256"])
    return None


def _not_there(answer: Mapping[str, Any]) -> Problem:
    """404; but where the token opens no evidence of any record, it says so, which tells nothing of this one."""
    for entry in answer["extensions"]["masked"]:
        if entry["rows"] == "all" and entry["coordinate"] in _DENIED:
            told = {key: entry[key] for key in ("policy", "basis", "opens", "scope") if key in entry}
            return of_file(FileCode.NOT_OPEN, reason=entry["code"], **told)
    return of_file(FileCode.NOT_FOUND)


def _status(item: Item, span: Span | None) -> int:
    if span is None:
        return HTTPStatus.NOT_MODIFIED
    return HTTPStatus.OK if span == Span(0, item.size) else HTTPStatus.PARTIAL_CONTENT


def _headers(item: Item, span: Span | None) -> list[tuple[bytes, bytes]]:
    """Always an attachment; `Repr-Digest` (RFC 9530) is the whole file's, also of a range."""
    digest = base64.b64encode(bytes.fromhex(item.sha256)).decode()
    told = {
        "etag": item.etag,
        "accept-ranges": "bytes",
        "repr-digest": f"sha-256=:{digest}:",
    }
    if span is not None:
        ending = re.sub(r"[^.a-z0-9]", "", item.name[item.name.rfind(".") :].lower()) if "." in item.name else ""
        told |= {
            "content-type": item.media_type,
            "content-length": str(span.end - span.start),
            # RFC 6266 and 8187; never shown in a browser (the security headers forbid sniffing and scripts besides).
            "content-disposition": (
                f"attachment; filename=\"evidence{ending}\"; filename*=UTF-8''{quote(item.name, safe='')}"
            ),
        }
        if span != Span(0, item.size):
            told["content-range"] = f"bytes {span.start}-{span.end - 1}/{item.size}"
    return [(name.encode(), value.encode("latin-1")) for name, value in told.items()]


def _tags(value: bytes | None) -> frozenset[str]:
    return frozenset(tag.strip().removeprefix("W/") for tag in (value or b"").decode("latin-1").split(","))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


__all__ = ["CONTENT", "DOCUMENT", "CutShort", "Downloads"]
