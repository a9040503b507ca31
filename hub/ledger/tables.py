"""Stored ledger: INSERT and SELECT only for the app role. Only `client_usage`, a counter, may be updated.

No foreign keys: an entry outlives clients, agencies and records, and a key check would lock rows that requests share.
Readers have `disclosure_view` (migration 0003): entry and shape joined, HMACs as hex, no record ids; its keyset order
`(at, public_id)` is indexed, alone and after `client_id`, `agency` or `purpose`.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from hub.db.base import Base, Xid8, record_id_sequence


class Snapshot(UserDefinedType[str]):
    """`pg_snapshot`: which transactions a statement saw."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "PG_SNAPSHOT"


class Disclosure(Base):
    """One entry. Partitioned by month of `at` (UTC), with a default partition so that none is ever lost.

    `id` comes from the hub-wide sequence (an entry can itself be shown, to the auditor) and stays inside.
    `xid` is the writing transaction: `(xid, id)` is the order of the follower, which time and serials are not.
    `record_ids` is STORAGE EXTERNAL: compressing random ids costs a fifth of the rate and saves nothing.
    `read` is the snapshot in which the records were read, `epoch` the counting of transactions that it is of
    (`feed_epoch`): whether an entry saw a change is told by these, never by times.
    """

    __tablename__ = "disclosure"

    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=record_id_sequence.next_value())
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    client_id: Mapped[str] = mapped_column(Text)
    agency: Mapped[str] = mapped_column(Text)
    officer_name: Mapped[str | None] = mapped_column(Text)
    officer_certificate_no: Mapped[str | None] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    case_no: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    error_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    operation_hmac: Mapped[bytes] = mapped_column(LargeBinary)
    response_hmac: Mapped[bytes] = mapped_column(LargeBinary)
    shape: Mapped[bytes] = mapped_column(LargeBinary)
    record_ids: Mapped[bytes] = mapped_column(LargeBinary)
    record_count: Mapped[int] = mapped_column(Integer)
    row_count: Mapped[int] = mapped_column(Integer)
    read: Mapped[str | None] = mapped_column(Snapshot)
    epoch: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        Index("ix_disclosure_client_id", "client_id", "at", "public_id"),
        Index("ix_disclosure_agency", "agency", "at", "public_id"),
        Index("ix_disclosure_purpose", "purpose", "at", "public_id"),
        Index("ix_disclosure_commit_order", "xid", "id"),
        {"postgresql_partition_by": "RANGE (at)"},
    )


class DisclosureShape(Base):
    """What repeats from entry to entry, stored once under its SHA-256: fields, clause, policy version."""

    __tablename__ = "disclosure_shape"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    policy_version: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    shown: Mapped[list[str]] = mapped_column(ARRAY(Text))
    masked: Mapped[list[str]] = mapped_column(ARRAY(Text))
    filtered: Mapped[list[str]] = mapped_column(ARRAY(Text))
    counted: Mapped[list[str]] = mapped_column(ARRAY(Text))


class DisclosureBatch(Base):
    """How far the follower has indexed: the newest row's `(xid, id)`. Entries beyond it are the tail.

    `oldest_read`: every transaction below it had ended when the records of the batch's entries were read.
    """

    __tablename__ = "disclosure_batch"

    batch: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    xid: Mapped[int] = mapped_column(Xid8)
    id: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(Integer)
    oldest_read: Mapped[int | None] = mapped_column(Xid8)
    indexed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DisclosureRecord(Base):
    """The index "which entries showed this record": per record and batch, the entries' ids and times, side by side.

    A row per record *and entry* costs 4 µs and 180 bytes of log each; a popular record costs a tenth of that so.
    """

    __tablename__ = "disclosure_record"

    record_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    batch: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    disclosure_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    ats: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))


class ClientUsage(Base):
    """Rows shown to a client on a Beijing day; the query statement compares it with the client's quota."""

    __tablename__ = "client_usage"

    client_id: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    rows: Mapped[int] = mapped_column(BigInteger)

    # One row is updated by every batch: room on its page keeps the updates in place (HOT).
    __table_args__ = (
        {
            "postgresql_with": {
                "fillfactor": 20,
                "autovacuum_vacuum_scale_factor": 0,
                "autovacuum_vacuum_threshold": 1000,
            }
        },
    )
