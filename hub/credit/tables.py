"""Stored credit scores and the events they are made of. A score is named by institution and period.

What an event costs is an effect of the score, or, where the event belongs to a case, a deduction: read only under it.
The parts of a score bear its id without a foreign key: one function writes both (`scoring`).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, InRegion, Record, Xid8, plain_text, record_id_sequence


class CreditScore(Record, InRegion, Base):
    """信用评分 of one institution for one period (`2025Q4`). `region` and `nhsa_code` are the institution's.

    `changed_xid` is the place of its last change in the feed; `known_from` when it came to be what it is.
    `digest` names what a score was computed from, and is NULL for one that was recorded as an agency gave it
    (`given_by`): that one is replaced by the agency only.
    """

    __tablename__ = "credit_score"

    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    nhsa_code: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(6))
    score: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    grade: Mapped[str] = mapped_column(String(4))
    model_version: Mapped[str] = mapped_column(String(40))
    measures: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    digest: Mapped[str | None] = mapped_column(String(32))
    changed_xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    known_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    given_by: Mapped[str | None] = mapped_column(ForeignKey("agency.code"))
    plain: Mapped[bool] = plain_text("nhsa_code", "period", "grade", "model_version")

    __table_args__ = (
        UniqueConstraint("institution_id", "period"),
        CheckConstraint("score BETWEEN 0 AND 1000", name="score"),
        # By code first: by period first it would look, to the planner, as good as the region's own for a page.
        Index("ix_credit_score_nhsa_code", "nhsa_code", "period", unique=True),
        Index("ix_credit_score_province", "province", "period", "nhsa_code"),
        Index("ix_credit_score_prefecture", "prefecture", "period", "nhsa_code"),
        Index("ix_credit_score_county", "county", "period", "nhsa_code"),
    )


class CreditDimension(Record, Base):
    """One dimension of a score, with its weight under the score's model version."""

    __tablename__ = "credit_dimension"

    score_id: Mapped[int] = mapped_column(BigInteger, index=True)
    name: Mapped[str] = mapped_column(Text)
    score: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    position: Mapped[int] = mapped_column(SmallInteger)


class CreditDeduction(Record, Base):
    """One deduction of a score; shown only under the case it comes from (domain.md P)."""

    __tablename__ = "credit_deduction"

    score_id: Mapped[int] = mapped_column(BigInteger, index=True)
    reason: Mapped[str] = mapped_column(Text)
    points: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    position: Mapped[int] = mapped_column(SmallInteger)


class CreditEffect(Record, Base):
    """What one event of no case does to a score: points from its dimension, by which rule and clause."""

    __tablename__ = "credit_effect"

    score_id: Mapped[int] = mapped_column(BigInteger, index=True)
    event: Mapped[UUID]
    rule: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Text)
    dimension: Mapped[str] = mapped_column(String(40))
    points: Mapped[int]
    occurred_on: Mapped[date] = mapped_column(Date)
    clause: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(SmallInteger)


class CreditEvent(Base):
    """What a score or a person's points are made of, INSERT-only: a correction is an event of its own (`of`).

    Attributes:
        rule: of the scoring model; None for a person, whose event has `points`.
        of, change: the event that this one corrects, and how (`hub.law.credit.Change`).
        effective_on: of a repair, and of the end of a term.
        suspended_months: of a person: how long a suspension lasts that the points lead to, as it was decided.
        case_no: the case that it comes from: then nobody reads it but under that case.
        source, source_id: the record that it follows from (`derived`), where there is one; `life`: how often the record
            had been revoked before.
    """

    __tablename__ = "credit_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"), index=True)
    personnel_id: Mapped[int | None] = mapped_column(ForeignKey("personnel.id"), index=True)
    rule: Mapped[str | None] = mapped_column(String(40))
    points: Mapped[int | None] = mapped_column(SmallInteger)
    occurred_on: Mapped[date | None] = mapped_column(Date)
    of: Mapped[int | None] = mapped_column(ForeignKey("credit_event.id"), index=True)
    change: Mapped[str | None] = mapped_column(String(20))
    effective_on: Mapped[date | None] = mapped_column(Date)
    suspended_months: Mapped[int | None] = mapped_column(SmallInteger)
    reason: Mapped[str | None] = mapped_column(Text)
    case_no: Mapped[str | None] = mapped_column(ForeignKey("case_file.case_no"))
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    life: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    client_id: Mapped[str] = mapped_column(String(64))
    officer: Mapped[str] = mapped_column(String(40))

    __table_args__ = (
        CheckConstraint("(institution_id IS NULL) <> (personnel_id IS NULL)", name="subject"),
        CheckConstraint("(of IS NULL) = (change IS NULL)", name="correction"),
        CheckConstraint("change IN ('AMENDED','REVOKED','REPAIRED','TERM_OVER')", name="change"),
        CheckConstraint("of IS NOT NULL OR occurred_on IS NOT NULL", name="dated"),
        CheckConstraint(
            "coalesce(change IN ('REPAIRED','TERM_OVER'), false) = (effective_on IS NOT NULL)", name="ending"
        ),
        CheckConstraint("points BETWEEN 1 AND 12", name="points"),
        CheckConstraint(
            "CASE WHEN personnel_id IS NULL THEN points IS NULL ELSE points IS NOT NULL OR of IS NOT NULL END",
            name="of_person",
        ),
        CheckConstraint("suspended_months IS NULL OR personnel_id IS NOT NULL", name="suspension"),
        Index(
            "ix_credit_event_source", "source", "source_id", "life",
            unique=True, postgresql_where=text("of IS NULL AND source_id IS NOT NULL"),
        ),
        Index("ix_credit_event_revoked", "of", unique=True, postgresql_where=text("change = 'REVOKED'")),
    )  # fmt: skip


class CreditScoreVersion(Base):
    """A score as it was from `known_from` until it was computed anew: history, INSERT-only.

    What it was made of stays under its `record_id`, where a score has its `id`. Both are NULL of one that was replaced
    before that was kept.
    """

    __tablename__ = "credit_score_version"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    period: Mapped[str] = mapped_column(String(6))
    score: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    grade: Mapped[str] = mapped_column(String(4))
    model_version: Mapped[str] = mapped_column(String(40))
    measures: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    dimensions: Mapped[list[Any]] = mapped_column(JSONB)
    known_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    replaced_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    record_id: Mapped[int | None] = mapped_column(
        BigInteger, record_id_sequence, server_default=record_id_sequence.next_value()
    )

    __table_args__ = (Index("ix_credit_score_version_institution_id", "institution_id", "period", "id"),)


SCORE_AS_KNOWN = Table(
    "credit_score_as_known",
    MetaData(),
    Column("id", BigInteger),
    *(
        Column(name, CreditScore.__table__.c[name].type)
        for name in (
            "institution_id", "nhsa_code", "period", "score", "grade", "model_version", "measures", "province",
            "prefecture", "county",
        )
    ),
    Column("known_from", DateTime(timezone=True)),
    Column("known_until", DateTime(timezone=True)),
)  # fmt: skip
"""A view: scores and their versions, each from when until when it stood ("infinity": it stands). A version is of the
same institution, and in the same region, as the score that stands in its place."""


class CreditRun(Base):
    """A run of `hub credit compute`, that goes on where it was stopped."""

    __tablename__ = "credit_run"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    period: Mapped[str] = mapped_column(String(6))
    model_version: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    done_to: Mapped[int] = mapped_column(BigInteger)
    changed: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
