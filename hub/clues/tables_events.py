"""Stored histories: what happened to transfers and cases, INSERT-only, and the answers to commands already carried out.

State is the fold of these events; the columns of `clue_transfer` are a copy for reading. `xid` is the writing
transaction: `(xid, id)` below the oldest running one is the order of the change feed, which time and serials are not.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import CODE, IS_CODE, Base, Xid8
from hub.feed.log import ChangeLog


class Happened:
    """Mixin: one event. `officer` is the certificate number; empty, like `client_id`, for the hub's own steps."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    case_no: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    agency: Mapped[str] = mapped_column(String(64))
    client_id: Mapped[str] = mapped_column(String(64))
    officer: Mapped[str] = mapped_column(String(40))


class TransferEvent(Happened, Base):
    """One event of `hub.clues.events`. `case_no` is the case at that moment (a merge moves transfers, not histories).

    Attributes:
        role: what the actor was to the transfer.
        payload: what the fold needs beyond the columns (reason, to, route, officers, …), and `record`: what the
            command put on file (receipt, result, …). INVESTIGATION, whatever else it holds.
        confidential: told to the acting agency only (`events.CONFIDENTIAL`).
    """

    __tablename__ = "transfer_event"

    transfer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("clue_transfer.id"))
    role: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    confidential: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (
        Index("ix_transfer_event_transfer_id", "transfer_id", "id"),
        Index("ix_transfer_event_commit_order", "xid", "id"),
    )


class TransferChange(Base):
    """One entry of one agency's feed (`hub/clues/store_changes.py`); written with the event, never changed.

    No foreign keys: an entry is written while the transfer's row is held, and a key to the agency would lock the row of
    a large agency for every step of anyone.

    Attributes:
        xid: with `id` the order of the feed; at least the writer's own transaction.
        kind: the event's, or one of `events_told.ChangeKind`.
        reason: of LEFT, the kind of the event by which the agency stopped being a party.
    """

    __tablename__ = "transfer_change"

    agency: Mapped[str] = mapped_column(String(64), primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    transfer_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(64), CheckConstraint(IS_CODE, name="kind"), info=CODE)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_transfer_change_transfer_id", "transfer_id", "id"),)


TRANSFER_CHANGES = ChangeLog(TransferChange.__table__, record="transfer_id")


class CaseEventRow(Happened, Base):
    """One event of `hub.clues.lifecycle_case`; `other` is the other case number of a merge or split."""

    __tablename__ = "case_event"

    other: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_case_event_case_no", "case_no", "id"),
        Index("ix_case_event_commit_order", "xid", "id"),
    )


class CommandReceipt(Base):
    """A command that was carried out, by the client's idempotency key: the same key gives the same result again."""

    __tablename__ = "command_receipt"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    command: Mapped[str] = mapped_column(String(64))
    input_hash: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class DocCounter(Base):
    """The last number of 移送书 of a sender in a year (Beijing). A number is taken in the transaction that sends."""

    __tablename__ = "doc_counter"

    sender: Mapped[str] = mapped_column(ForeignKey("agency.code"), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)


class CaseCounter(Base):
    """The last case number of a region in a year (Beijing)."""

    __tablename__ = "case_counter"

    region: Mapped[str] = mapped_column(ForeignKey("region.code"), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)
