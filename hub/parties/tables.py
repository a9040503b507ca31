"""Stored parties. Names follow domain.md G; classes are declared in `types.py`, facts for policies in `facts.py`."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, InRegion, Record


class Region(Base):
    """行政区划: GB/T 2260, or a zone of its own (宁东). Level 1 province, 2 prefecture, 3 county."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(SmallInteger)
    parent: Mapped[str | None] = mapped_column(ForeignKey("region.code"))

    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        # The generated columns of InRegion rest on this: a code starts with its parent's digits.
        CheckConstraint(
            "level = 1 OR left(code, 2 * (level - 1)) = left(parent, 2 * (level - 1))", name="under_parent"
        ),
    )


class Agency(Record, InRegion, Base):
    """机关. `code` is the natural key, `{region}-{kind}` by convention (for example `640100-HEALTH`).

    `document_word` stands before 案移字 in its document numbers (`银兴医保(局)`); without one, the short name does.
    """

    __tablename__ = "agency"

    code: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    level: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text)
    short_name: Mapped[str] = mapped_column(Text)
    uscc: Mapped[str] = mapped_column(String(18), index=True)
    document_word: Mapped[str | None] = mapped_column(Text)
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    authority_version: Mapped[int] = mapped_column(Integer, server_default="1")


class LegalEntity(Record, Base):
    """法人. One legal entity may run several institutions (branches share its uscc)."""

    __tablename__ = "legal_entity"

    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))


class Institution(Record, InRegion, Base):
    """定点医药机构, by its 国家医保编码."""

    __tablename__ = "institution"

    nhsa_code: Mapped[str] = mapped_column(String(20), unique=True)
    uscc: Mapped[str] = mapped_column(ForeignKey("legal_entity.uscc"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    level: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(Text)
    agreement_listed: Mapped[bool]
    agreement_status: Mapped[str] = mapped_column(String(40))
    legal_representative_id: Mapped[str] = mapped_column(String(18))
    phone: Mapped[str] = mapped_column(String(20))
    settlement_account: Mapped[str] = mapped_column(String(40))


Index("ix_institution_province_nhsa_code", Institution.province, Institution.nhsa_code)
Index("ix_institution_prefecture_nhsa_code", Institution.prefecture, Institution.nhsa_code)
Index("ix_institution_county_nhsa_code", Institution.county, Institution.nhsa_code)


class Personnel(Record, InRegion, Base):
    """相关人员 of one institution; `region` is that of the institution. `license_no` may be absent.

    `points` are those of `points_year`: in the next they are nought. `qualification_until`: the last day of a
    suspension, or the first on which a person who was ended may be registered again.
    """

    __tablename__ = "personnel"

    nhsa_code: Mapped[str] = mapped_column(String(20), unique=True)
    license_no: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    profession: Mapped[str] = mapped_column(String(40))
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), index=True)
    qualification_status: Mapped[str] = mapped_column(String(40))
    points: Mapped[int] = mapped_column(SmallInteger)
    points_year: Mapped[int] = mapped_column(
        SmallInteger, server_default=text("extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')")
    )
    qualification_until: Mapped[date | None] = mapped_column(Date)
    resident_id: Mapped[str] = mapped_column(String(18))
    phone: Mapped[str] = mapped_column(String(20))
