"""Events of a transfer's life: what happened, in the past tense. The history is the transfer; its state is their fold.

Nothing is overwritten. A correction (sent back, recalled, result corrected, reopened, filed after all) is an event of
its own, and what it corrects stays in the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.clues.lifecycle_words import Role, Route


class EventKind(StrEnum):
    DRAFTED = "DRAFTED"
    DRAFT_REVISED = "DRAFT_REVISED"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    SENT_BACK = "SENT_BACK"
    APPROVAL_REFUSED = "APPROVAL_REFUSED"
    SENT = "SENT"
    RECALLED = "RECALLED"
    ARRIVED = "ARRIVED"
    RECEIPT_SIGNED = "RECEIPT_SIGNED"
    SUPPLEMENT_REQUESTED = "SUPPLEMENT_REQUESTED"
    SUPPLEMENTED = "SUPPLEMENTED"
    FORWARDED = "FORWARDED"
    RETURNED_AS_NOT_WITHIN_REMIT = "RETURNED_AS_NOT_WITHIN_REMIT"
    COMPETENCE_DISPUTED = "COMPETENCE_DISPUTED"
    JURISDICTION_CONFIRMED = "JURISDICTION_CONFIRMED"
    JURISDICTION_REASSIGNED = "JURISDICTION_REASSIGNED"
    CASE_FILED = "CASE_FILED"
    CASE_FILED_ON_NEW_FACTS = "CASE_FILED_ON_NEW_FACTS"
    CASE_DECLINED = "CASE_DECLINED"
    HANDLING_STARTED = "HANDLING_STARTED"
    RECONSIDERATION_REQUESTED = "RECONSIDERATION_REQUESTED"
    CASE_FILED_ON_RECONSIDERATION = "CASE_FILED_ON_RECONSIDERATION"
    DECLINE_UPHELD = "DECLINE_UPHELD"
    FILING_SUPERVISION_REQUESTED = "FILING_SUPERVISION_REQUESTED"
    EXPLANATION_DEMANDED = "EXPLANATION_DEMANDED"
    EXPLANATION_OF_DELAY_DEMANDED = "EXPLANATION_OF_DELAY_DEMANDED"
    FILING_DEMANDED = "FILING_DEMANDED"
    NOT_FILING_EXPLAINED = "NOT_FILING_EXPLAINED"
    CASE_FILED_ON_SUPERVISION = "CASE_FILED_ON_SUPERVISION"
    ARTICLES_HANDED_OVER = "ARTICLES_HANDED_OVER"
    HANDLED_AFTER_DECLINE = "HANDLED_AFTER_DECLINE"
    TRANSFERRED_ONWARD_TO_PUBLIC_SECURITY = "TRANSFERRED_ONWARD_TO_PUBLIC_SECURITY"
    TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION = "TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION"
    TRANSFERRED_BACK = "TRANSFERRED_BACK"
    AGENCY_NOTIFIED = "AGENCY_NOTIFIED"
    NOTICE_DEFERRED = "NOTICE_DEFERRED"
    RESULT_REPORTED = "RESULT_REPORTED"
    RESULT_CORRECTED = "RESULT_CORRECTED"
    RESULT_ACKNOWLEDGED = "RESULT_ACKNOWLEDGED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"


CONFIDENTIAL = frozenset(
    {EventKind.TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION, EventKind.NOTICE_DEFERRED, EventKind.AGENCY_NOTIFIED}
)
"""Told to the agency that did it and to nobody else, the other party of the transfer included: they would tell that a
transfer to 纪检监察 exists (domain.md P). A notice is told to the notified with the transfer of which it notifies."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `agency` is its code, `officer` the law-enforcement certificate number (空 for the hub itself).

    That the officer is registered, valid today and holds the role is checked before (register of officers); that the
    agency is a party in this role is checked here.
    """

    role: Role
    agency: str
    officer: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """The agency that a transfer goes to, with its kind (domain.md G)."""

    agency: str
    kind: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one transfer.

    Attributes:
        at: when it was recorded, with time zone. Passed in, never read from a clock here.
        reason: written reasons, where the edge asks for them; free text, INVESTIGATION.
        to: the new receiver (drafting, forwarding, designation).
        route: of a first event only.
        officers: certificate numbers of the case officers named (310号令第五条: at least two).
        procuratorate: agency code that got the copy of a transfer to 公安.
        since: start of a clock that runs from a fact of the case: service of the penalty decision, or discovery.
    """

    kind: EventKind
    at: datetime
    by: Actor
    reason: str | None = None
    to: Addressee | None = None
    route: Route | None = None
    officers: tuple[str, ...] = ()
    procuratorate: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a command brings, as the command layer found it; `decide` checks what the edge asks for.

    Attributes:
        missing: what R9, R10, R12, R13 or R15 ask this step to contain and is not there: name of the item → 中文.
        overdue: the receiver's decision or receipt is late, by the clock of `hub.law` (for 立案监督 of a delay).
    """

    reason: str | None = None
    to: Addressee | None = None
    officers: tuple[str, ...] = ()
    procuratorate: str | None = None
    since: datetime | None = None
    missing: Mapping[str, str] | None = None
    overdue: bool = False
