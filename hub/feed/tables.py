"""Stored beside the logs of changes, and the columns that logs for everybody share."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, Identity, Index, Integer, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import CODE, IS_CODE, Base, Xid8


class RecordChange:
    """Mixin: a change of one record, written by triggers in the transaction that changes it.

    Attributes:
        public: the change is part of public history: the record was public before it or is after it.
        ends: it was public before and is not after it: whoever has a copy removes it.
        reason: of a public change, what the law lets a tombstone carry.
    """

    xid: Mapped[int] = mapped_column(Xid8, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    record_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40), CheckConstraint(IS_CODE, name="kind"), info=CODE)
    public: Mapped[bool] = mapped_column(Boolean)
    ends: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None] = mapped_column(Text)


class InRegions:
    """Mixin: the record's region as it was at the change, by level."""

    province: Mapped[str] = mapped_column(String(6), primary_key=True)
    prefecture: Mapped[str] = mapped_column(String(6))
    county: Mapped[str] = mapped_column(String(6))


class FeedConsumer(Base):
    """How far a client has acknowledged a feed for a purpose: all below `(xid, id)`, up to the moment `since`."""

    __tablename__ = "feed_consumer"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    feed: Mapped[str] = mapped_column(String(40), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(64), primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8)
    id: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    acknowledged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class FeedRejection(Base):
    """A record that a client could not take into its copy, and why, in its own words. INSERT-only."""

    __tablename__ = "feed_rejection"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    feed: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(128))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_feed_rejection_at", "at", "id"),)


class FeedEpoch(Base):
    """One row: which counting of transactions the logs are in. A cursor of another one says nothing here."""

    __tablename__ = "feed_epoch"

    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=true())
    number: Mapped[int] = mapped_column(Integer)

    __table_args__ = (CheckConstraint("single", name="single"),)
