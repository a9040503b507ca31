"""Cursors: opaque, signed, of one order. They carry order values only, and sorting by a field is reading it.

A cursor is base64url of the JSON of the order values followed by 16 bytes of an HMAC-SHA-256 over the order's signature
and that JSON. It is made in SQL, where the rows are, with PostgreSQL's own `sha256`, and read here.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass

from hub.feed.cursor import FeedCursors

BLOCK = 64
MAC_BYTES = 16
MAX_LENGTH = 1_000
_SIGNATURE = re.compile(r"[A-Za-z]+:[a-z_0-9+,-]+\Z")


@dataclass(frozen=True, slots=True)
class CursorKeys:
    """The two padded keys of HMAC (RFC 2104), bound as parameters. `feed`: cursors of change feeds, sealed."""

    inner: bytes
    outer: bytes
    key: bytes
    feed: FeedCursors

    @classmethod
    def of(cls, key: bytes) -> "CursorKeys":
        padded = key.ljust(BLOCK, b"\x00")
        return cls(bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded), key, FeedCursors(key))

    def read(self, cursor: object, signature: str) -> list[str | None] | None:
        """The order values, or None for anything that this hub did not sign for this order."""
        if not isinstance(cursor, str) or len(cursor) > MAX_LENGTH:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        expected = hmac.new(self.key, signature.encode() + b"\n" + payload, hashlib.sha256).digest()[:MAC_BYTES]
        if not hmac.compare_digest(mac, expected):
            return None
        values: list[str | None] = json.loads(payload)
        return values


def cursor_text(columns: list[str], signature: str, inner: str, outer: str) -> str:
    """SQL of the cursor of a row. `columns`, `inner`, `outer` are SQL; `signature` is made of names, + and - only."""
    if not _SIGNATURE.match(signature):
        raise ValueError("not a signature")
    values = ", ".join(f"{column}::text" for column in columns)
    payload = f"convert_to(json_build_array({values})::text, 'UTF8')"
    head = f"convert_to('{signature}' || chr(10), 'UTF8')"
    mac = f"sha256({outer} || sha256({inner} || {head} || {payload}))"
    # base64 of PostgreSQL breaks lines at 76; without padding, with the alphabet of URLs.
    return f"translate(encode({payload} || substr({mac}, 1, {MAC_BYTES}), 'base64'), E'+/=\\n', '-_')"
