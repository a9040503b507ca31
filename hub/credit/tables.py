"""Stored credit scores. A score is named by institution and period; deductions name the case they come from."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, InRegion, Record


class CreditScore(Record, InRegion, Base):
    """信用评分 of one institution for one period (`2025Q4`). `region` and `nhsa_code` are the institution's."""

    __tablename__ = "credit_score"

    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    nhsa_code: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(6))
    score: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    grade: Mapped[str] = mapped_column(String(4))
    model_version: Mapped[str] = mapped_column(String(40))
    measures: Mapped[list[str]] = mapped_column(ARRAY(String(60)))

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

    score_id: Mapped[int] = mapped_column(ForeignKey("credit_score.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    score: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    position: Mapped[int] = mapped_column(SmallInteger)


class CreditDeduction(Record, Base):
    """One deduction of a score; shown only under the case it comes from (domain.md P)."""

    __tablename__ = "credit_deduction"

    score_id: Mapped[int] = mapped_column(ForeignKey("credit_score.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    points: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    position: Mapped[int] = mapped_column(SmallInteger)
