"""Stored cases and clue transfers. A case (案件) holds material; a transfer (线索移送) goes to one receiver."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
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

from hub.db.base import Base, Record

NEVER = "9999-01-01 00:00:00+00"
"""`next_due_at` where nothing is owed: a moment that drivers can read, infinity is none to them."""
OWED = f"CASE WHEN closed_at IS NULL AND status <> 'RECALLED' THEN coalesce(due_at, '{NEVER}') ELSE '{NEVER}' END"
"""When the next step is due while any is owed; else never."""
COUNTED = (
    "case_no", "sender", "sender_kind", "sender_region", "receiver", "receiver_kind", "receiver_region",
    "forwarded_from", "status", "source", "outcome", "catalogue_codes", "institution_id", "arrived_at", "received_at",
    "closed_at", "due_at", "late_clock", "recovered", "fined",
)  # fmt: skip
"""What statistics read of a transfer, beside `sent_at`: all of it is in one index, the rows are not touched."""
SENT_YEAR = "date_part('year', sent_at AT TIME ZONE 'Asia/Shanghai')"
RECEIVED_YEAR = "date_part('year', received_at AT TIME ZONE 'Asia/Shanghai')"
"""Years in Beijing. An equality of years tells the planner how many rows there are, a range of moments does not."""


class Case(Base):
    """案件 (卷宗), hub-wide `caseNo`. Its existence is PROCEDURE; it is seen only through its transfers."""

    __tablename__ = "case_file"

    case_no: Mapped[str] = mapped_column(String(40), primary_key=True)
    opened_by: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    opened_on: Mapped[date] = mapped_column(Date)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("case_file.case_no"))


class ClueTransfer(Record, Base):
    """线索移送 to one receiver. `receiver` is the current one; a forwarding agency is kept in `forwarded_from`.

    `sender_kind`, `sender_region` and the receiver's are copies, so that oversight needs no join.

    Attributes:
        due_at, due_clock: the nearest deadline that runs, and its clock's name in `hub.law`.
        due_pack, due_clause, due_binding, due_provisional: what it rests on, as it was when it was computed.
        next_due_at: `due_at` while anything is owed, else `NEVER`: the order of the register, never NULL.
        parent_id: the transfer from which this one goes onward or back.
        procuratorate: that got the copy of a transfer to 公安.
        case_officers: certificate numbers of the case officers named (310 第五条).
        recovered, fined: yuan, of the last result reported (`hub.law.statistics`).
        late_clock: the first clock that ran out before its step was taken, kept for statistics.
        catalogue_texts: what an "other" member of a catalogue means here, by code.
    """

    __tablename__ = "clue_transfer"

    public_id: Mapped[UUID] = mapped_column(unique=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    doc_no: Mapped[str | None] = mapped_column(Text)
    doc_year: Mapped[int | None] = mapped_column(SmallInteger)
    doc_number: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(40))
    catalogue_codes: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    sender: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    sender_kind: Mapped[str] = mapped_column(String(40))
    sender_region: Mapped[str] = mapped_column(String(6))
    sender_province: Mapped[str] = mapped_column(
        String(6), Computed("left(sender_region, 2) || '0000'", persisted=True)
    )
    sender_prefecture: Mapped[str] = mapped_column(
        String(6), Computed("left(sender_region, 4) || '00'", persisted=True)
    )
    receiver: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    receiver_kind: Mapped[str] = mapped_column(String(40))
    receiver_region: Mapped[str] = mapped_column(String(6))
    receiver_province: Mapped[str] = mapped_column(
        String(6), Computed("left(receiver_region, 2) || '0000'", persisted=True)
    )
    receiver_prefecture: Mapped[str] = mapped_column(
        String(6), Computed("left(receiver_region, 4) || '00'", persisted=True)
    )
    forwarded_from: Mapped[str | None] = mapped_column(ForeignKey("agency.code"))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    source: Mapped[str] = mapped_column(String(40))
    discovered_on: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    arrived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None] = mapped_column(String(40))
    summary: Mapped[str] = mapped_column(Text)
    suspected_facts: Mapped[str | None] = mapped_column(Text)
    violation_amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    fund_loss: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    articles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    handling_opinion: Mapped[str | None] = mapped_column(Text)
    result_detail: Mapped[str | None] = mapped_column(Text)
    informant_ref: Mapped[str | None] = mapped_column(String(64))
    report_taken_by: Mapped[str | None] = mapped_column(ForeignKey("agency.code"))
    # Of transfers that were recorded without events (imported), route and what follows are unknown: see store_imported.
    route: Mapped[str | None] = mapped_column(String(40))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("clue_transfer.id"))
    procuratorate: Mapped[str | None] = mapped_column(ForeignKey("agency.code"))
    penalty_served_on: Mapped[date | None] = mapped_column(Date)
    case_officers: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default="{}")
    catalogue_texts: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_clock: Mapped[str | None] = mapped_column(String(40))
    due_pack: Mapped[str | None] = mapped_column(String(40))
    due_clause: Mapped[str | None] = mapped_column(Text)
    due_binding: Mapped[bool | None]
    due_provisional: Mapped[bool | None]
    result_reported_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), Computed(OWED, persisted=True))
    recovered: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    fined: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    late_clock: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        UniqueConstraint("sender", "doc_year", "doc_number"),
        UniqueConstraint("sender", "doc_no"),
        CheckConstraint(
            "status IN ('DRAFT','SUBMITTED','APPROVED','SENT','ARRIVED','RECEIVED','SUPPLEMENT_REQUESTED',"
            "'HANDLING','RESULT_REPORTED','CLOSED','RECALLED')",
            name="status",
        ),
        CheckConstraint("sent_at IS NULL OR doc_no IS NOT NULL", name="sent_has_number"),
        CheckConstraint("violation_amount <> 'NaN' AND fund_loss <> 'NaN'", name="amounts_are_numbers"),
        CheckConstraint("recovered <> 'NaN' AND fined <> 'NaN'", name="result_amounts_are_numbers"),
        Index(
            "ix_clue_transfer_statistics",
            text(SENT_YEAR),
            postgresql_include=["id", "sent_at", *COUNTED],
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index(
            "ix_clue_transfer_another_year",
            text(RECEIVED_YEAR),
            postgresql_include=["id", "sent_at", *COUNTED],
            postgresql_where=text(f"{RECEIVED_YEAR} <> {SENT_YEAR}"),
        ),
        Index("ix_clue_transfer_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_clue_transfer_waiting", "id", postgresql_where=text("status = 'SENT'")),
        Index("ix_clue_transfer_discovered_on", "discovered_on", "public_id"),
        # The register of a superior: what its kind below sent, and what it received.
        *(
            Index(f"ix_clue_transfer_{side}_{level}_due", f"{side}_kind", f"{side}_{level}", "next_due_at", "public_id")
            for side in ("sender", "receiver")
            for level in ("province", "prefecture")
        ),
        Index("ix_clue_transfer_institution_id", "institution_id", "discovered_on", "public_id"),
        Index("ix_clue_transfer_sender_oversight", "sender_kind", "sender_prefecture", "discovered_on", "public_id"),
        Index(
            "ix_clue_transfer_receiver_oversight", "receiver_kind", "receiver_prefecture", "discovered_on", "public_id"
        ),
    )


class ClueTransferNotified(Base):
    """抄送: agencies notified of a sent transfer; they see PROCEDURE only."""

    __tablename__ = "clue_transfer_notified"

    transfer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("clue_transfer.id"), primary_key=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"), primary_key=True)


class RecordParty(Base):
    """Who may know that a transfer exists: its sender; from `sent_at` on its current receiver and the notified.

    Written with the transfer and joined by the query compiler: an OR over three columns costs a hundred times more.
    `discovered_on` and `public_id` are the default order of `clueTransfers`, `next_due_at` and `public_id` that of the
    register; triggers keep `next_due_at` equal to the transfer's.
    """

    __tablename__ = "record_party"

    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"), primary_key=True)
    transfer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("clue_transfer.id"), primary_key=True)
    discovered_on: Mapped[date] = mapped_column(Date)
    public_id: Mapped[UUID]
    next_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_record_party_order", "agency", "discovered_on", "public_id", postgresql_include=["transfer_id"]),
        Index("ix_record_party_register", "agency", "next_due_at", "public_id", postgresql_include=["transfer_id"]),
    )


class TransferParty(Record, Base):
    """涉案主体: who a transfer is about; with uscc where it has one (then it is a *subject*, see facts.py).

    `case_no` is the case of which it makes its agency a subject: the transfer's, once that is sent, NULL in a draft.
    Triggers fill it in and let it follow: whether an agency is a subject is asked for every row shown, and so is one
    probe of one index.
    """

    __tablename__ = "transfer_party"

    transfer_id: Mapped[int] = mapped_column(ForeignKey("clue_transfer.id"), index=True)
    case_no: Mapped[str | None] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    identity_number: Mapped[str | None] = mapped_column(String(18))
    uscc: Mapped[str | None] = mapped_column(String(18))

    __table_args__ = (Index("ix_transfer_party_uscc", "uscc", "case_no"),)


class Evidence(Record, Base):
    """证据 included in a transfer; every item has a data class of its own (domain.md D).

    Attributes:
        file_id: the uploaded file (`hub/files`), whose hash, size and type are then copied here; None: the item lies
            with the sender. Of physical evidence (物证) without a file, hash, size and type are NULL.
    """

    __tablename__ = "evidence"

    transfer_id: Mapped[int] = mapped_column(ForeignKey("clue_transfer.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)
    media_type: Mapped[str | None] = mapped_column(String(100))
    data_class: Mapped[str] = mapped_column(String(20))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence_file.file_id"))

    __table_args__ = (
        Index(
            "ix_evidence_file_id",
            "file_id",
            "transfer_id",
            unique=True,
            postgresql_where=text("file_id IS NOT NULL"),
        ),
        CheckConstraint(
            "num_nulls(sha256, size, media_type) = 0"
            " OR num_nulls(sha256, size, media_type) = 3 AND file_id IS NULL AND kind = 'PHYSICAL_EVIDENCE'",
            name="described",
        ),
        CheckConstraint(
            "data_class IN ('PUBLIC','SUPERVISION','PROCEDURE','PARTY_IDENTITY','INVESTIGATION','HEALTH_DATA',"
            "'PERSONAL','TRADE_SECRET','INFORMANT')",
            name="data_class",
        ),
    )


class InsuredPerson(Record, Base):
    """参保人 named in a transfer."""

    __tablename__ = "insured_person"

    transfer_id: Mapped[int] = mapped_column(ForeignKey("clue_transfer.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    resident_id: Mapped[str] = mapped_column(String(18))
    medical_record_no: Mapped[str] = mapped_column(String(40))
    diagnosis: Mapped[str] = mapped_column(Text)


class TransferReceipt(Record, Base):
    """回执 (R13; 000 annex), one for each receiver that signed: a transfer that moved on has several. INSERT-only.

    Attributes:
        agency: that signed. Addressee and number of the transfer stand with the transfer.
        pages: of the file (案卷页数); documents: 有关文书和证据, one line each.
        sealed: the receiver's seal stands on it.
        officer_name, officer_certificate_no: who signed; no name where no register held one.
    """

    __tablename__ = "transfer_receipt"

    transfer_id: Mapped[int] = mapped_column(ForeignKey("clue_transfer.id"), index=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    pages: Mapped[int]
    documents: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sealed: Mapped[bool]
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    officer_name: Mapped[str | None] = mapped_column(Text)
    officer_certificate_no: Mapped[str] = mapped_column(String(40))

    __table_args__ = (CheckConstraint("pages > 0", name="pages"),)


CATALOGUE_TEXT = Table(
    "transfer_catalogue_text",
    MetaData(),
    Column("transfer_id", BigInteger),
    Column("code", Text),
    Column("text", Text),
)
"""A view of `ClueTransfer.catalogue_texts`: one row for each "other" member that the transfer names."""

STEP = Table(
    "transfer_step",
    MetaData(),
    Column("position", BigInteger),
    Column("transfer_id", BigInteger),
    Column("kind", Text),
    Column("at", DateTime(timezone=True)),
    Column("agency", Text),
    Column("reason", Text),
    Column("document_no", Text),
    Column("decided_on", Date),
    Column("result_kind", Text),
    Column("amounts", ARRAY(Text)),
    Column("sanctions", ARRAY(Text)),
    Column("items", ARRAY(Text)),
    Column("detail", Text),
)
"""A view of `TransferEvent`: the steps that both sides may know of, with what they put on file (alembic 0020)."""
