"""From HTTP to a `Request`: bounded, strict, and refused with a code."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from hub.disclosure import Request
from hub.graph.errors import ErrorCode

BODY_LIMIT = 1024 * 1024
"""Bytes of a request body: a command brings 500 items of evidence and its texts."""
URL_LIMIT = 256 * 1024
"""Of a query string."""
TOKEN_LIMIT = 512
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)")
_PARAMETERS_LIMIT = 16


class Refusal(Exception):
    """The request is refused at the door, before anything of it is interpreted; `code` becomes status and body."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code)
        self.code = code


class Disconnected(Exception):
    """The client left before its request was complete: nobody to answer."""


def bearer_token(headers: Mapping[bytes, bytes]) -> str | None:
    """The token of the Authorization header (RFC 6750, 2.1), or None where there is none of that form."""
    value = headers.get(b"authorization")
    if value is None:
        return None
    match = _BEARER.fullmatch(value.decode("latin-1").strip())
    return match[1] if match and len(match[1]) <= TOKEN_LIMIT else None


async def read_body(receive: Receive, stated_length: bytes | None) -> bytes:
    """The whole body.

    Raises:
        Refusal: PAYLOAD_TOO_LARGE, as soon as the stated or the received length says so.
        Disconnected
    """
    if stated_length is not None and (not stated_length.isdigit() or int(stated_length[:20]) > BODY_LIMIT):
        raise Refusal(ErrorCode.PAYLOAD_TOO_LARGE)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            raise Refusal(ErrorCode.PAYLOAD_TOO_LARGE)
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def disconnected(receive: Receive) -> None:
    """Returns when the client has left; the whole body was read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def post_request(body: bytes, *, gateway: bool) -> Request:
    """A Request from a JSON body.

    Raises:
        Refusal: BAD_REQUEST
    """
    return _request(_json_object(body), gateway=gateway, get=False, size=len(body))


def get_request(query_string: bytes) -> Request:
    """A Request from URL parameters; `variables` and `extensions` are JSON text.

    Raises:
        Refusal: BAD_REQUEST, PAYLOAD_TOO_LARGE
    """
    values: dict[str, Any] = dict(url_parameters(query_string))
    for name in ("variables", "extensions"):
        # An empty parameter is an absent one, as in an HTML form.
        values[name] = _json_object(values[name].encode()) if values.get(name) not in (None, "", "null") else None
    values["operationName"] = values.get("operationName") or None
    return _request(values, gateway=False, get=True, size=len(query_string))


def url_parameters(query_string: bytes) -> dict[str, str]:
    """URL parameters, each once, never a token among them (RFC 6750, 2.3: refused here).

    Raises:
        Refusal: BAD_REQUEST, PAYLOAD_TOO_LARGE
    """
    if len(query_string) > URL_LIMIT:
        raise Refusal(ErrorCode.PAYLOAD_TOO_LARGE)
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_PARAMETERS_LIMIT,
        )
    except ValueError as error:
        raise Refusal(ErrorCode.BAD_REQUEST) from error
    values = dict(pairs)
    if len(values) != len(pairs) or "access_token" in values:
        raise Refusal(ErrorCode.BAD_REQUEST)
    return values


def _request(values: dict[str, Any], *, gateway: bool, get: bool, size: int) -> Request:
    document = values.get("query")
    operation_name = values.get("operationName")
    variables = values.get("variables")
    extensions = values.get("extensions")
    if (
        not isinstance(document, str)
        or not (operation_name is None or isinstance(operation_name, str))
        or not (variables is None or isinstance(variables, dict))
        or not (extensions is None or isinstance(extensions, dict))
        or "access_token" in values
    ):
        raise Refusal(ErrorCode.BAD_REQUEST)
    return Request(document, operation_name, variables, gateway, get, size)


def _json_object(text: bytes) -> dict[str, Any]:
    """One JSON object in which no name occurs twice: two readers of the same bytes could otherwise disagree on it."""
    try:
        # Strict UTF-8, no NaN, no lone surrogates, bounded depth; the standard parser below has none of these.
        value = orjson.loads(text)
        if not isinstance(value, dict):
            raise Refusal(ErrorCode.BAD_REQUEST)  # arrays are batches: refused (security.md 30)
        _NAMES_ONCE.decode(text.decode())
    except (ValueError, RecursionError) as error:
        raise Refusal(ErrorCode.BAD_REQUEST) from error
    return value


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError


_NAMES_ONCE = json.JSONDecoder(object_pairs_hook=_unique)
