"""Stored recalls: what was changed (`recall_cause`), and who is to act on it by when (`recall`)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, InRegion, Record, Xid8

OUTSTANDING = text("acknowledged_at IS NULL")


class Acknowledged(StrEnum):
    """How a recall was acknowledged: its client went past the change in the feed, or said so."""

    FEED = "FEED"
    CLIENT = "CLIENT"


class RecallCause(Base):
    """One change of a shared record that recalls it; written by a trigger in the transaction of the change.

    Nothing depends on its recipients being known then: who received the record is found afterwards, entry by entry, as
    the ledger is indexed (`hub/recalls/settling.py`).

    Attributes:
        xid: of the changing transaction itself: a read saw the change if and only if its snapshot saw this.
        epoch: the counting of transactions that `xid` is of (`feed_epoch`).
        place_xid, place_id: where the change stands in its feed.
        public: the change is part of public history.
        reason: what the law lets be told; of public changes only.
        assigned_at: from when on recipients are looked for, with the deadline; null: not yet looked at.
        due_at, clause, notice: by when and by which clause they act; `notice`: where the clause has no force.
    """

    __tablename__ = "recall_cause"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    epoch: Mapped[int] = mapped_column(Integer)
    feed: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    public: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None] = mapped_column(Text)
    place_xid: Mapped[int] = mapped_column(Xid8)
    place_id: Mapped[int] = mapped_column(BigInteger)
    assigned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    clause: Mapped[str | None] = mapped_column(Text)
    notice: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("(assigned_at IS NULL) = (due_at IS NULL)", name="due_when_assigned"),
        Index("ix_recall_cause_waiting", "id", postgresql_where=text("assigned_at IS NULL")),
        Index("ix_recall_cause_xid", "xid"),
    )


class Recall(Record, InRegion, Base):
    """One client that received a record before a change of it, and whether it has acted.

    `region` is the record's. Nothing here says under which case or purpose the record was received.

    Attributes:
        record_type, record_id, key: the record: its type, internal id, public key.
        client_id, agency: who received it.
        authority: the agency whose record it is.
        told: the authority may know of this recipient: it received the record under no case, and is no agency whose
            reading is under embargo (R27).
        by_feed: the feed shows the change to this recipient, so that going past it acknowledges.
        received_at: the latest reading before the change.
        acknowledged_by: of `Acknowledged`.
    """

    __tablename__ = "recall"

    public_id: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    cause_id: Mapped[int] = mapped_column(ForeignKey("recall_cause.id"))
    feed: Mapped[str] = mapped_column(String(40))
    record_type: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(200))
    client_id: Mapped[str] = mapped_column(String(64))
    agency: Mapped[str] = mapped_column(String(64))
    authority: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    notice: Mapped[str | None] = mapped_column(Text)
    recalled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    place_xid: Mapped[int] = mapped_column(Xid8)
    place_id: Mapped[int] = mapped_column(BigInteger)
    public: Mapped[bool] = mapped_column(Boolean)
    told: Mapped[bool] = mapped_column(Boolean)
    by_feed: Mapped[bool] = mapped_column(Boolean)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    acknowledged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    acknowledged_by: Mapped[str | None] = mapped_column(String(10))

    __table_args__ = (
        UniqueConstraint("cause_id", "client_id"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
        CheckConstraint("acknowledged_by IN ('FEED', 'CLIENT')", name="acknowledged_by"),
        Index("ix_recall_order", "recalled_at", "public_id"),
        Index("ix_recall_client_id", "client_id", "recalled_at", "public_id"),
        Index("ix_recall_authority", "authority", "recalled_at", "public_id"),
        Index("ix_recall_outstanding", "client_id", "feed", "place_xid", "place_id", postgresql_where=OUTSTANDING),
        Index("ix_recall_due_at", "due_at", postgresql_where=OUTSTANDING),
    )


class RecallProgress(Base):
    """One row: up to which batch of the ledger's index (`disclosure_batch`) recipients were looked for."""

    __tablename__ = "recall_progress"

    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=true())
    batch: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[int] = mapped_column(Integer)

    __table_args__ = (CheckConstraint("single", name="single"),)
