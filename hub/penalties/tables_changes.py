"""The logs of the feeds of penalties and inspection results, written by triggers (migration 0018)."""

from sqlalchemy import Index, PrimaryKeyConstraint, text

from hub.db.base import Base
from hub.feed.log import CommonLog
from hub.feed.tables import InRegions, RecordChange
from hub.penalties.tables import InspectionResult, PenaltyRecord


class PenaltyChange(RecordChange, Base):
    """One event of a penalty record, as the feed tells it. `record_id`: of `penalty_record`."""

    __tablename__ = "penalty_change"

    __table_args__ = (
        Index("ix_penalty_change_public", "xid", "id", postgresql_where=text("public")),
        Index("ix_penalty_change_record_id", "record_id", "xid"),
    )


class InspectionChange(InRegions, RecordChange, Base):
    """An inspection result recorded or amended."""

    __tablename__ = "inspection_change"

    __table_args__ = (
        PrimaryKeyConstraint("province", "xid", "id"),
        Index("ix_inspection_change_prefecture", "prefecture", "xid", "id"),
        Index("ix_inspection_change_county", "county", "xid", "id"),
    )


PENALTY_CHANGES = CommonLog(table=PenaltyChange.__table__, records=PenaltyRecord.__table__)
INSPECTION_CHANGES = CommonLog(
    table=InspectionChange.__table__,
    records=InspectionResult.__table__,
    regional=True,
    changed="changed_xid",
    walk=(("inspected_on", "'-infinity'::date"), ("public_id", "'00000000-0000-0000-0000-000000000000'::uuid")),
)
