"""Stored register of officers. A row is never deleted: that somebody acted stays explained by the row it rests on.

Every change raises the agency's `authority_version` (trigger of the migration), so the next request of its clients
sees it.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Identity, String, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class OfficerRole(StrEnum):
    """承办人 prepares and acts, 主要负责人 approves (000 三(二); 310 第五条). Nobody is both on one draft."""

    CASE_OFFICER = "CASE_OFFICER"
    PRINCIPAL_OFFICER = "PRINCIPAL_OFFICER"


class OfficerCommand(StrEnum):
    """Names of the GraphQL mutations by which an agency keeps its own part of the register."""

    REGISTER = "registerOfficer"
    END = "endOfficer"


class Officer(Base):
    """An officer of one agency for one period; a certificate number (执法证号) is in force in one agency at a time.

    Attributes:
        valid_from, valid_to: Beijing dates, both included; `valid_to` None: until further notice.
    """

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    name: Mapped[str] = mapped_column(Text)
    certificate_no: Mapped[str] = mapped_column(String(40))
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    registered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    registered_by: Mapped[str] = mapped_column(Text)
    ended_by: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        # Also the index of the look-up by every command.
        Unique("certificate_no", "agency", "valid_from"),
        CheckConstraint(
            "cardinality(roles) > 0 AND roles <@ ARRAY['CASE_OFFICER','PRINCIPAL_OFFICER']::varchar[]", name="roles"
        ),
        CheckConstraint("valid_to >= valid_from - 1", name="period"),
    )
