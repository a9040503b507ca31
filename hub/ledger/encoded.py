"""An entry made ready for the batch: columns in the order of the statement, and the shape it refers to."""

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache

import orjson

from hub.ledger import wire
from hub.ledger.entry import DisclosureEntry

ID_BYTES = 8
HASH_BYTES = 32
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("at", "timestamptz", wire.TIMESTAMPTZ),
    ("public_id", "uuid", wire.UUID_OID),
    ("client_id", "text", wire.TEXT),
    ("agency", "text", wire.TEXT),
    ("officer_name", "text", wire.TEXT),
    ("officer_certificate_no", "text", wire.TEXT),
    ("purpose", "text", wire.TEXT),
    ("case_no", "text", wire.TEXT),
    ("outcome", "text", wire.TEXT),
    ("error_codes", "text", wire.TEXT),
    ("operation_hmac", "bytea", wire.BYTEA),
    ("response_hmac", "bytea", wire.BYTEA),
    ("shape", "bytea", wire.BYTEA),
    ("record_ids", "bytea", wire.BYTEA),
    ("record_count", "int4", wire.INT4),
    ("row_count", "int4", wire.INT4),
    ("read", "text", wire.TEXT),
)
"""Name, type and element OID; the error codes travel as one text with commas between (a closed enum holds none)."""
SNAPSHOT_BYTES = 900
"""Of the text of a snapshot: it names every transaction that ran, twenty bytes each."""

Coordinates = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A row of `disclosure_shape`: hash, then what is hashed, as JSON."""

    hash: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Encoded:
    """One entry in binary form; `size` in bytes."""

    columns: tuple[bytes, ...]
    shape: Shape
    client_id: str
    row_count: int
    size: int


@lru_cache(maxsize=2048)
def shape_of(
    policy_version: str,
    legal_basis: str,
    shown: Coordinates,
    masked: Coordinates,
    filtered: Coordinates,
    counted: Coordinates,
) -> Shape:
    """The shape of these lists; remembered, because a compiled plan repeats them request after request."""
    content = orjson.dumps(
        {
            "policy_version": policy_version,
            "legal_basis": legal_basis,
            "shown": shown,
            "masked": masked,
            "filtered": filtered,
            "counted": counted,
        }
    )
    if b"\\u0000" in content:
        raise ValueError("NUL in a coordinate, clause or version")
    return Shape(hashlib.sha256(content).digest(), content)


def distinct(record_ids: bytes) -> tuple[bytes, int]:
    """The ids without duplicates, in order of first appearance, and how many.

    Raises:
        ValueError: not a multiple of 8 bytes.
    """
    count, rest = divmod(len(record_ids), ID_BYTES)
    if rest:
        raise ValueError("record ids are 8 bytes each")
    ids = struct.unpack(f">{count}q", record_ids)
    unique = len(set(ids))
    if unique == count:
        return record_ids, count
    return struct.pack(f">{unique}q", *dict.fromkeys(ids)), unique


def encode(entry: DisclosureEntry) -> Encoded:
    """Checks and encodes an entry.

    Raises:
        ValueError, TypeError, struct.error: the entry cannot be stored; no value is in the message.
    """
    if len(entry.operation_hmac) != HASH_BYTES or len(entry.response_hmac) != HASH_BYTES or entry.row_count < 0:
        raise ValueError("an HMAC of 32 bytes and a count of at least 0 are needed")
    ids, count = distinct(entry.record_ids)
    shape = shape_of(entry.policy_version, entry.legal_basis, entry.shown, entry.masked, entry.filtered, entry.counted)
    columns = (
        wire.timestamp(entry.at),
        wire.uuid(entry.public_id),
        wire.text(entry.client_id),
        wire.text(entry.agency),
        wire.text(entry.officer_name),
        wire.text(entry.officer_certificate_no),
        wire.text(entry.purpose),
        wire.text(entry.case_no),
        wire.text(entry.outcome),
        wire.text(",".join(entry.error_codes)),
        wire.blob(entry.operation_hmac),
        wire.blob(entry.response_hmac),
        wire.blob(shape.hash),
        wire.blob(ids),
        wire.int4(count),
        wire.int4(entry.row_count),
        wire.text(_shortened(entry.read)),
    )
    return Encoded(columns, shape, entry.client_id, entry.row_count, sum(map(len, columns)))


def _shortened(read: str | None) -> str | None:
    """A snapshot of a great many transactions as an earlier one, that saw what had ended before the oldest of them."""
    if read is None or len(read) <= SNAPSHOT_BYTES:
        return read
    oldest = read.partition(":")[0]
    return f"{oldest}:{oldest}:"
