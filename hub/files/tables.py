"""Stored files of evidence: the row is the truth of a file, its bytes lie in the object store under its id."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class FileState(StrEnum):
    """OPEN is being uploaded; a COMPLETE file never changes; the others are over, their bytes are gone."""

    OPEN = "OPEN"
    COMPLETE = "COMPLETE"
    REFUSED = "REFUSED"  # other content than declared
    TERMINATED = "TERMINATED"  # given up by the client
    EXPIRED = "EXPIRED"  # not completed in time
    UNUSED = "UNUSED"  # completed, and never part of a transfer


class EvidenceFile(Base):
    """A file of one case, uploaded by one agency. Items of evidence refer to it (`Evidence.file_id`).

    Attributes:
        officer: certificate number of the officer who opened the upload.
        sha256, size, media_type: as declared; of a COMPLETE file, as checked.
        stored: bytes that are durable so far; `size` if and only if the file is COMPLETE or was.
        parts: names of the objects that hold them, in order; empty once the file is whole.
    """

    __tablename__ = "evidence_file"

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    client_id: Mapped[str] = mapped_column(String(64))
    officer: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    stored: Mapped[int] = mapped_column(BigInteger, server_default="0")
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("state IN ('OPEN','COMPLETE','REFUSED','TERMINATED','EXPIRED','UNUSED')", name="state"),
        CheckConstraint("0 <= stored AND stored <= size AND 0 < size", name="stored"),
        CheckConstraint("(completed_at IS NOT NULL) = (state IN ('COMPLETE','UNUSED'))", name="completed"),
        CheckConstraint("completed_at IS NULL OR stored = size", name="whole"),
        Index("ix_evidence_file_client_id", "client_id", "opened_at"),
        Index("ix_evidence_file_open", "opened_at", postgresql_where=text("state = 'OPEN'")),
    )
