"""To whom each event of a transfer is told by the change feed. Pure: from the event and the state on both sides of it.

This only says who may hear of the *step*. Whether an agency may know of the transfer at all is asked of the policies
again whenever the feed is read (`hub/query/feeds.py`), so to be named here never opens anything.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.clues.events import CONFIDENTIAL, Event, EventKind
from hub.clues.lifecycle_state import TransferState

PROCEDURE: Final = frozenset(
    {
        EventKind.SENT,
        EventKind.RECALLED,
        EventKind.ARRIVED,
        EventKind.RECEIPT_SIGNED,
        EventKind.SUPPLEMENT_REQUESTED,
        EventKind.SUPPLEMENTED,
        EventKind.FORWARDED,
        EventKind.RETURNED_AS_NOT_WITHIN_REMIT,
        EventKind.COMPETENCE_DISPUTED,
        EventKind.JURISDICTION_CONFIRMED,
        EventKind.JURISDICTION_REASSIGNED,
        EventKind.CASE_FILED,
        EventKind.CASE_FILED_ON_NEW_FACTS,
        EventKind.CASE_FILED_ON_RECONSIDERATION,
        EventKind.CASE_FILED_ON_SUPERVISION,
        EventKind.CASE_DECLINED,
        EventKind.HANDLING_STARTED,
        EventKind.RESULT_REPORTED,
        EventKind.RESULT_CORRECTED,
        EventKind.CLOSED,
        EventKind.REOPENED,
    }
)
"""Steps that change what PROCEDURE shows (status, receiver, dates, outcome): told to the notified as well (抄送).

Steps towards another transfer are not among them: that one exists is told by that one, to whoever is notified of it.
"""
SUPERVISED: Final = frozenset(
    {
        EventKind.RECONSIDERATION_REQUESTED,
        EventKind.DECLINE_UPHELD,
        EventKind.FILING_SUPERVISION_REQUESTED,
        EventKind.EXPLANATION_DEMANDED,
        EventKind.EXPLANATION_OF_DELAY_DEMANDED,
        EventKind.FILING_DEMANDED,
        EventKind.NOT_FILING_EXPLAINED,
        EventKind.ARTICLES_HANDED_OVER,
        EventKind.HANDLED_AFTER_DECLINE,
    }
)
"""What the 检察院 with the copy supervises beyond that (310号令第九条、第十四条)."""


class ChangeKind(StrEnum):
    """Entries of the feed that are no event of the transfer; every other entry bears the name of its event."""

    PRESENT = "PRESENT"
    """The transfer is there: the snapshot with which a reader begins."""
    CASE_CHANGED = "CASE_CHANGED"
    """并案、分案: it stands under another case number now."""
    LEFT = "LEFT"
    """The agency has stopped being a party: forwarded, or given to another by the common superior. The last entry."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told.

    Attributes:
        agencies: codes.
        notified: so are the agencies notified of the transfer.
        left: that stops being a party by this event; told that, and not where the transfer went.
    """

    agencies: tuple[str, ...] = ()
    notified: bool = False
    left: str | None = None


NOBODY: Final = Told()
"""Of events that are written down later than they happened (imported transfers): the snapshot shows the result."""


def told(event: Event, before: TransferState, after: TransferState) -> Told:
    """Who is told of an event. `before`, `after`: the transfer's state on both sides of it."""
    if event.kind in CONFIDENTIAL:
        return Told((event.by.agency,))
    agencies = [after.sender]
    left = None
    if after.sent and after.receiver is not None:
        agencies.append(after.receiver.agency)
        if before.sent and before.receiver is not None and before.receiver.agency != after.receiver.agency:
            left = before.receiver.agency
        if event.kind in SUPERVISED:
            agencies.append(after.procuratorate)
    known = tuple(dict.fromkeys(code for code in agencies if code is not None))
    return Told(known, after.sent and event.kind in PROCEDURE, None if left in known else left)
