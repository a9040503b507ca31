"""Cursors: opaque, signed, of one order. They carry order values only, and sorting by a field is reading it.

A cursor is base64url of the JSON of the order values followed by 16 bytes of an HMAC-SHA-256 over the order's signature
and that JSON. It is made in SQL, where the rows are, with PostgreSQL's own `sha256`, and read here.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, LargeBinary, Text, cast, func, literal_column

BLOCK = 64
MAC_BYTES = 16
MAX_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class CursorKeys:
    """The two padded keys of HMAC (RFC 2104), bound as parameters."""

    inner: bytes
    outer: bytes
    key: bytes

    @classmethod
    def of(cls, key: bytes) -> "CursorKeys":
        padded = key.ljust(BLOCK, b"\x00")
        return cls(bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded), key)

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


def cursor_of(
    columns: list[ColumnElement[object]], signature: str, inner: ColumnElement[bytes], outer: ColumnElement[bytes]
) -> ColumnElement[str]:
    """SQL of the cursor of a row. `signature` is made of names only."""
    payload = func.convert_to(
        cast(func.json_build_array(*(cast(column, Text) for column in columns)), Text),
        literal_column("'UTF8'"),
        type_=LargeBinary,
    )
    head = func.convert_to(literal_column(f"'{signature}' || chr(10)"), literal_column("'UTF8'"), type_=LargeBinary)
    mac = func.sha256(
        outer.concat(func.sha256(inner.concat(head).concat(payload), type_=LargeBinary)), type_=LargeBinary
    )
    text = func.encode(payload.concat(func.substr(mac, 1, MAC_BYTES)), literal_column("'base64'"))
    # base64 of PostgreSQL breaks lines at 76; without padding, with the alphabet of URLs.
    return func.translate(text, literal_column("E'+/=\\n'"), literal_column("'-_'"), type_=Text)
