"""Stored spot checks (抽查): what a superior drew, by whom, when, from what, so that the draw can be made again."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class OversightCommand(StrEnum):
    """Names of the GraphQL mutations of a superior, beside designation."""

    DRAW = "drawSample"


class SpotCheck(Base):
    """One draw (000 三（三）). INSERT-only: a draw is never taken back, another may be made.

    Attributes:
        officer: certificate number of who drew.
        seed: decides the draw, with the public ids of the transfers drawn from.
        share: of the transfers, more than 0 and at most 1.
        sent_from, sent_to: first and last Beijing day on which they were sent.
        population: how many there were; `population_hash` is SHA-256 over their public ids in order, one a line.
        drawn: how many were drawn, rounded up.
    """

    __tablename__ = "spot_check"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    client_id: Mapped[str] = mapped_column(String(64))
    officer: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seed: Mapped[str] = mapped_column(Text)
    share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    sent_from: Mapped[date] = mapped_column(Date)
    sent_to: Mapped[date] = mapped_column(Date)
    population: Mapped[int] = mapped_column(Integer)
    population_hash: Mapped[bytes] = mapped_column(LargeBinary)
    drawn: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        CheckConstraint("sent_from <= sent_to", name="period"),
        Index("ix_spot_check_agency", "agency", "at"),
    )


class SpotCheckTransfer(Base):
    """A transfer drawn; `agency` is the superior that drew it, and for which it opens."""

    __tablename__ = "spot_check_transfer"

    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"), primary_key=True)
    transfer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("clue_transfer.id"), primary_key=True)
    spot_check_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("spot_check.id"), primary_key=True)

    __table_args__ = (Index("ix_spot_check_transfer_spot_check_id", "spot_check_id"),)
