"""Stored penalty records (R22), inspection results, agreement measures. Amounts are in yuan; 万元 appears only in the
dual-publicity form.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, InRegion, Record, Xid8, plain_text


class PenaltyRecord(Record, InRegion, Base):
    """行政处罚. Natural key: authority + decisionNo + counterparty.

    `region` is the institution's, or the authority's where there is no institution. `counterparty_name` is null for a
    natural person, whose name stands in `counterparty_person_name`. `counterparty_key` is the uscc, or for a natural
    person the resident number: it makes the natural key and is shown nowhere. `status` and the columns beside it copy
    the fold of the record's events (`lifecycle`); `content_hash` is of what was recorded, and tells a retry from
    another content.
    """

    __tablename__ = "penalty_record"

    public_id: Mapped[UUID] = mapped_column(unique=True)
    authority: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    decision_no: Mapped[str] = mapped_column(String(128))
    counterparty_key: Mapped[str] = mapped_column(String(200))
    counterparty_category: Mapped[str] = mapped_column(String(40))
    counterparty_name: Mapped[str | None] = mapped_column(String(200))
    counterparty_person_name: Mapped[str | None] = mapped_column(String(200))
    counterparty_uscc: Mapped[str | None] = mapped_column(String(18))
    business_registration_no: Mapped[str | None] = mapped_column(String(40))
    organization_code: Mapped[str | None] = mapped_column(String(40))
    tax_registration_no: Mapped[str | None] = mapped_column(String(40))
    public_institution_no: Mapped[str | None] = mapped_column(String(40))
    social_organization_no: Mapped[str | None] = mapped_column(String(40))
    legal_representative: Mapped[str | None] = mapped_column(Text)
    legal_representative_id_type: Mapped[str | None] = mapped_column(String(40))
    legal_representative_id: Mapped[str | None] = mapped_column(String(40))
    counterparty_id_type: Mapped[str | None] = mapped_column(String(40))
    counterparty_resident_id: Mapped[str | None] = mapped_column(String(40))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    violation_type: Mapped[str] = mapped_column(Text)
    published_facts: Mapped[str] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    content: Mapped[str] = mapped_column(Text)
    fine: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    confiscation: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    licence_revoked: Mapped[str | None] = mapped_column(Text)
    decided_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    publicity_ends_on: Mapped[date | None] = mapped_column(Date)
    data_source: Mapped[str] = mapped_column(Text)
    data_source_uscc: Mapped[str] = mapped_column(String(18))
    remark: Mapped[str | None] = mapped_column(Text)
    served_on: Mapped[date | None] = mapped_column(Date)
    not_published_reason: Mapped[str | None] = mapped_column(Text)
    case_officers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    case_file_no: Mapped[str | None] = mapped_column(String(64))
    case_no: Mapped[str | None] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    status: Mapped[str] = mapped_column(String(20), server_default="DECIDED")
    severity: Mapped[str | None] = mapped_column(String(20))
    amended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    repaired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    content_hash: Mapped[bytes | None]
    plain: Mapped[bool] = plain_text(
        *("decision_no", "counterparty_category", "counterparty_name", "counterparty_uscc", "business_registration_no"),
        *("organization_code", "tax_registration_no", "public_institution_no", "social_organization_no"),
        *("legal_representative", "violation_type", "published_facts", "basis", "content", "licence_revoked"),
        *("data_source", "data_source_uscc", "remark"),
    )

    __table_args__ = (
        UniqueConstraint("authority", "decision_no", "counterparty_key"),
        CheckConstraint(
            "counterparty_category <> 'NATURAL_PERSON' OR counterparty_name IS NULL", name="person_unnamed"
        ),
        CheckConstraint("fine <> 'NaN' AND confiscation <> 'NaN'", name="amounts_are_numbers"),
        CheckConstraint(
            "status IN ('DECIDED','SERVED','WITHHELD','PUBLISHED','TERM_OVER','REPAIRED','REVOKED')", name="status"
        ),
        CheckConstraint("severity IN ('MINOR','GENERAL','SERIOUS')", name="severity"),
        Index("ix_penalty_record_running_term", "publicity_ends_on", postgresql_where=text("status = 'PUBLISHED'")),
        Index("ix_penalty_record_order", "decided_on", "public_id"),
        Index("ix_penalty_record_institution_id", "institution_id", "decided_on", "public_id"),
        Index("ix_penalty_record_prefecture", "prefecture", "decided_on", "public_id"),
        Index("ix_penalty_record_county", "county", "decided_on", "public_id"),
    )


class InspectionResult(Record, InRegion, Base):
    """日常监督检查结果 of one institution (条例33; 004 第19条). Natural key: authority + resultNo.

    `region` is the institution's. Nothing in it tells of a case: the credit platform reads it. `changed_xid` is the
    place of its last change in the feed.
    """

    __tablename__ = "inspection_result"

    public_id: Mapped[UUID] = mapped_column(unique=True)
    authority: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    result_no: Mapped[str] = mapped_column(String(64))
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    kind: Mapped[str] = mapped_column(String(40))
    period_from: Mapped[date] = mapped_column(Date)
    period_to: Mapped[date] = mapped_column(Date)
    inspected_on: Mapped[date] = mapped_column(Date)
    findings_class: Mapped[str] = mapped_column(String(40))
    measures: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    amount_recovered: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    plain: Mapped[bool] = plain_text("result_no", "kind", "findings_class")

    __table_args__ = (
        UniqueConstraint("authority", "result_no"),
        CheckConstraint("period_from <= period_to", name="period"),
        CheckConstraint("amount_recovered <> 'NaN'", name="amount_is_a_number"),
        Index("ix_inspection_result_institution_id", "institution_id", "inspected_on", "public_id"),
        Index("ix_inspection_result_province", "province", "inspected_on", "public_id"),
        Index("ix_inspection_result_prefecture", "prefecture", "inspected_on", "public_id"),
        Index("ix_inspection_result_county", "county", "inspected_on", "public_id"),
    )


class AgreementMeasure(Record, InRegion, Base):
    """协议处理 of one institution under its service agreement (004 第21条). Natural key: authority + measureNo.

    `region` is the institution's. `statement` is what came of the institution's 陈述、申辩, which it was told of on
    `informed_on`. `department` is the part of the institution whose services end; persons are not named here.
    """

    __tablename__ = "agreement_measure"

    public_id: Mapped[UUID] = mapped_column(unique=True)
    authority: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    measure_no: Mapped[str] = mapped_column(String(64))
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    kind: Mapped[str] = mapped_column(String(40))
    agreement_clause: Mapped[str] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    informed_on: Mapped[date] = mapped_column(Date)
    statement: Mapped[str] = mapped_column(String(40))
    statement_on: Mapped[date | None] = mapped_column(Date)
    decided_on: Mapped[date] = mapped_column(Date)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("authority", "measure_no"),
        CheckConstraint("informed_on <= decided_on", name="informed_before"),
        CheckConstraint("starts_on <= ends_on", name="term"),
        CheckConstraint("amount <> 'NaN'", name="amount_is_a_number"),
        Index("ix_agreement_measure_institution_id", "institution_id", "decided_on", "public_id"),
        Index("ix_agreement_measure_province", "province", "decided_on", "public_id"),
        Index("ix_agreement_measure_prefecture", "prefecture", "decided_on", "public_id"),
        Index("ix_agreement_measure_county", "county", "decided_on", "public_id"),
    )
