"""Where a reader stands, sealed: a cursor of a feed is authenticated and encrypted, and every one is equally long.

A position holds transaction numbers. They count what everybody does, so the reader must not see them: not as text, not
by length, not by comparing two cursors. AES-SIV (RFC 5297) needs no nonce that must never repeat; a random one beside
the data makes every cursor differ from the last.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

KEPT = timedelta(days=400)
"""A position older than this is refused: entries may be pruned from then on, and no reader misses one unknowingly."""
NONCE_BYTES = 16
_FORM = struct.Struct(">B?IQqQQ")
_VERSION = 2
LENGTH = (NONCE_BYTES + 16 + _FORM.size) * 4 // 3 + 1
"""Longest text that is looked at."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader stands.

    Attributes:
        snapshot: within the snapshot that a reader begins with; else within the changes.
        xid: of the snapshot, the transaction below which it stands for all changes, None before its first page; of the
            changes, that of the last one read.
        id: the last record of the snapshot, or the last change, that was read.
        since: moment up to which the reader is complete, whole seconds.
        epoch: of the database's numbers (`hub/feed/restored.py`).
        condition: digest of what was asked of the records, where a reader that asks otherwise would have missed some.
    """

    snapshot: bool
    xid: int | None
    id: int
    since: datetime
    epoch: int
    condition: int = 0


class FeedCursors:
    """Seals and opens positions.

    Args:
        secret: of the hub's cursors; the key is derived from it.
    """

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESSIV(hmac.new(secret, b"hub feed cursor 1", hashlib.sha512).digest())

    def seal(self, position: Position, bound: str) -> str:
        """The cursor of a position whose snapshot has begun. `bound`: what it is good for: feed, agency and purpose."""
        packed = _FORM.pack(
            _VERSION,
            position.snapshot,
            position.epoch,
            position.xid or 0,
            position.id,
            int(position.since.timestamp()),
            position.condition,
        )
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(packed, [bound.encode(), nonce])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, cursor: object, bound: str, now: datetime) -> Position | None:
        """The position; None for anything that was not sealed for this, and for one that is too old."""
        if not isinstance(cursor, str) or len(cursor) > LENGTH:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            packed = self._cipher.decrypt(raw[NONCE_BYTES:], [bound.encode(), raw[:NONCE_BYTES]])
        except (binascii.Error, ValueError, InvalidTag):
            return None
        if len(packed) != _FORM.size:  # of an older version
            return None
        version, snapshot, epoch, xid, last, since, condition = _FORM.unpack(packed)
        moment = datetime.fromtimestamp(since, UTC)
        if version != _VERSION or moment < now - KEPT:
            return None
        return Position(snapshot, xid, last, moment, epoch, condition)
