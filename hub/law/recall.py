"""Recall of a shared record (R23): by when a recipient has removed or replaced what it received, and by which clause.

>>> from datetime import date
>>> found = due(RecallCause.REVOKED, date(2026, 4, 30), "640104", public=True)
>>> found.last_day.isoformat(), found.basis.pack, found.basis.notice_en
('2026-05-08', 'CNAPL2021', '')
>>> due(RecallCause.TERM_OVER, date(2026, 4, 30), "640104", public=True).basis.notice_en
'hub default, no legal force here'
"""

from datetime import date, datetime
from enum import StrEnum

from hub.law.clock import Deadline
from hub.law.clock import due as clock_due
from hub.law.pack import Packs
from hub.law.vocabulary import Route


class RecallCause(StrEnum):
    """What ended the sharing of a record, or of what it said."""

    REVOKED = "REVOKED"
    AMENDED = "AMENDED"
    REPAIRED = "REPAIRED"
    TERM_OVER = "TERM_OVER"


_WITHDRAWAL, _REMOVAL = "publication_withdrawal", "recall_acknowledgement"


def due(cause: RecallCause, on: date | datetime, region: str, *, public: bool, source: Packs | None = None) -> Deadline:
    """By when every recipient has acted. The day of the change is not counted.

    A published decision that is changed or revoked is withdrawn within three working days (处罚法48, 85). The law binds
    the authority; the hub holds its recipients to the same day, for a decision is not withdrawn while they show it. For
    what no law names a time, and for what was never published, the hub's own default is told as what it is.

    Args:
        cause: what happened.
        on: the Beijing day of it, or the moment.
        region: of the record.
        public: whether the record was public when it happened, or is by it.

    Raises:
        NoRule: no pack has the clock.
    """
    by_law = public and cause in (RecallCause.REVOKED, RecallCause.AMENDED)
    return clock_due(_WITHDRAWAL if by_law else _REMOVAL, Route.OTHER, on, region, source=source)
