"""The log of the feed of scores, written by triggers (migration 0018)."""

from sqlalchemy import Index, PrimaryKeyConstraint

from hub.credit.tables import CreditScore
from hub.db.base import Base
from hub.feed.log import CommonLog
from hub.feed.tables import InRegions, RecordChange


class CreditChange(InRegions, RecordChange, Base):
    """A score given or changed. `public` is whether the score itself differs, and not only what it was made of."""

    __tablename__ = "credit_change"

    __table_args__ = (
        PrimaryKeyConstraint("province", "xid", "id"),
        Index("ix_credit_change_prefecture", "prefecture", "xid", "id"),
        Index("ix_credit_change_county", "county", "xid", "id"),
    )


CREDIT_CHANGES = CommonLog(
    table=CreditChange.__table__,
    records=CreditScore.__table__,
    key=lambda row: f"({row}.nhsa_code || '/' || {row}.period)",
    regional=True,
    changed="changed_xid",
    walk=(("period", "''"), ("nhsa_code", "''")),
)
