"""Guards by name: what must hold before an edge is taken, and what is said when it does not.

Two kinds. A *held* guard looks at the state and the actor only; `allowed` checks it, and so does every fold of a
history. An *asked* guard looks at what the command brings; `decide` checks it. A reason and a receiver are kept in the
event, so a fold demands them again.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from hub.clues.events import Actor, Given
from hub.clues.lifecycle_refusals import RefusalCode as Code
from hub.clues.lifecycle_state import TransferState
from hub.clues.lifecycle_words import Competence, Decision, Notice, Reconsideration, Route, Supervision

MINIMUM_OFFICERS: Final = 2
"""国务院令第310号第五条: 2名或者2名以上行政执法人员."""
FILING_KINDS: Final = frozenset({"HEALTHCARE_SECURITY", "PUBLIC_SECURITY"})
"""Kinds of agency that file or decline a case (立案、不予立案); the others start handling."""
KINDS_WITH_A_ROUTE: Final = frozenset({"PUBLIC_SECURITY", "DISCIPLINE_INSPECTION"})
"""Never the receiver of a reverse or other transfer: whatever goes to them goes on their own route."""
RECEIVER_KINDS: Final[Mapping[Route, str]] = {
    Route.HEALTHCARE_SECURITY_TO_HEALTH: "HEALTH",
    Route.HEALTH_TO_HEALTHCARE_SECURITY: "HEALTHCARE_SECURITY",
    Route.TO_MARKET_REGULATION: "MARKET_REGULATION",
    Route.TO_PUBLIC_SECURITY: "PUBLIC_SECURITY",
    Route.TO_DISCIPLINE_INSPECTION: "DISCIPLINE_INSPECTION",
}
"""The one kind that may receive on a route; `REVERSE` and `OTHER` go to any further kind (kinds are data)."""


class Guard(StrEnum):
    NOT_AN_AUTHOR = "not_an_author"
    BEFORE_RECEIPT = "before_receipt"
    NO_DISPUTE = "no_dispute"
    DISPUTE_PENDING = "dispute_pending"
    NOT_DESIGNATED = "not_designated"
    RECEIVER_FILES = "receiver_files"
    RECEIVER_STARTS = "receiver_starts"
    DECLINED = "declined"
    NOT_FILED = "not_filed"
    FILED = "filed"
    JUDGED = "judged"
    RECONSIDERATION_UNUSED = "reconsideration_unused"
    RECONSIDERATION_PENDING = "reconsideration_pending"
    NO_RECONSIDERATION_PENDING = "no_reconsideration_pending"
    SUPERVISION_UNASKED = "supervision_unasked"
    NO_DEMAND_PENDING = "no_demand_pending"
    NO_FILING_DEMAND = "no_filing_demand"
    DEMAND_PENDING = "demand_pending"
    EXPLANATION_DEMANDED = "explanation_demanded"
    EXPLAINED = "explained"
    ARTICLES_OUTSTANDING = "articles_outstanding"
    ARTICLES_SETTLED = "articles_settled"
    HANDLING_OUTSTANDING = "handling_outstanding"
    HANDLING_SETTLED = "handling_settled"
    NOTICE_OWED = "notice_owed"
    NOTICE_SETTLED = "notice_settled"
    CONFIDENTIAL_ONWARD = "confidential_onward"
    FIRST_RESULT = "first_result"
    EARLIER_RESULT = "earlier_result"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    ACKNOWLEDGED = "acknowledged"
    REASON_GIVEN = "reason_given"
    TWO_OFFICERS_NAMED = "two_officers_named"
    CONTENTS_COMPLETE = "contents_complete"
    RECEIPT_COMPLETE = "receipt_complete"
    RESULT_COMPLETE = "result_complete"
    ARTICLES_LISTED = "articles_listed"
    RECEIVER_NAMED = "receiver_named"
    RECEIVER_OF_THIS_ROUTE = "receiver_of_this_route"
    PROCURATORATE_COPIED = "procuratorate_copied"
    DECISION_OVERDUE = "decision_overdue"


class Held(NamedTuple):
    test: Callable[[TransferState, Actor], bool]
    code: Code


class Asked(NamedTuple):
    test: Callable[[TransferState, Given, Actor], bool]
    code: Code


def _supervision(*allowed: Supervision) -> Callable[[TransferState, Actor], bool]:
    return lambda state, _: state.supervision in allowed


def _decision(*allowed: Decision) -> Callable[[TransferState, Actor], bool]:
    return lambda state, _: state.decision in allowed


def _files(state: TransferState, _: Actor) -> bool:
    return state.receiver is not None and state.receiver.kind in FILING_KINDS


HELD: Final[Mapping[Guard, Held]] = {
    Guard.NOT_AN_AUTHOR: Held(lambda state, by: by.officer not in state.authors, Code.AUTHOR_MAY_NOT_APPROVE),
    Guard.BEFORE_RECEIPT: Held(lambda state, _: not state.receipt_ever, Code.RECEIPT_SIGNED),
    Guard.NO_DISPUTE: Held(lambda state, _: state.competence != Competence.DISPUTED, Code.COMPETENCE_DISPUTED),
    Guard.DISPUTE_PENDING: Held(lambda state, _: state.competence == Competence.DISPUTED, Code.COMPETENCE_NOT_DISPUTED),
    Guard.NOT_DESIGNATED: Held(
        lambda state, _: state.competence != Competence.DESIGNATED, Code.JURISDICTION_DESIGNATED
    ),
    Guard.RECEIVER_FILES: Held(_files, Code.OTHER_HANDLING),
    Guard.RECEIVER_STARTS: Held(lambda state, by: not _files(state, by), Code.OTHER_HANDLING),
    Guard.DECLINED: Held(_decision(Decision.DECLINED), Code.NOT_DECLINED),
    Guard.NOT_FILED: Held(_decision(Decision.DECLINED, Decision.NOT_WITHIN_REMIT), Code.NOT_DECLINED),
    Guard.FILED: Held(_decision(Decision.FILED), Code.NOT_FILED),
    Guard.JUDGED: Held(_decision(Decision.FILED, Decision.DECLINED), Code.NOT_DECIDED),
    Guard.RECONSIDERATION_UNUSED: Held(
        lambda state, _: state.reconsideration == Reconsideration.NOT_ASKED, Code.RECONSIDERATION_USED
    ),
    Guard.RECONSIDERATION_PENDING: Held(
        lambda state, _: state.reconsideration == Reconsideration.PENDING, Code.NO_RECONSIDERATION
    ),
    Guard.NO_RECONSIDERATION_PENDING: Held(
        lambda state, _: state.reconsideration != Reconsideration.PENDING, Code.RECONSIDERATION_PENDING
    ),
    Guard.SUPERVISION_UNASKED: Held(_supervision(Supervision.NONE, Supervision.EXPLAINED), Code.SUPERVISION_REQUESTED),
    Guard.NO_DEMAND_PENDING: Held(lambda state, _: not state.supervision_demanded, Code.SUPERVISION_UNANSWERED),
    Guard.NO_FILING_DEMAND: Held(
        lambda state, _: state.supervision != Supervision.FILING_DEMANDED, Code.FILING_DEMANDED
    ),
    Guard.DEMAND_PENDING: Held(lambda state, _: state.supervision_demanded, Code.NOTHING_DEMANDED),
    Guard.EXPLANATION_DEMANDED: Held(_supervision(Supervision.EXPLANATION_DEMANDED), Code.NOTHING_DEMANDED),
    Guard.EXPLAINED: Held(_supervision(Supervision.EXPLAINED), Code.EXPLANATION_COMES_FIRST),
    Guard.ARTICLES_OUTSTANDING: Held(lambda state, _: not state.articles_handed_over, Code.ARTICLES_HANDED_OVER),
    Guard.ARTICLES_SETTLED: Held(
        lambda state, _: state.decision != Decision.FILED or state.articles_handed_over, Code.ARTICLES_NOT_HANDED_OVER
    ),
    Guard.HANDLING_OUTSTANDING: Held(lambda state, _: not state.handled_after_decline, Code.HANDLED_AFTER_DECLINE),
    Guard.HANDLING_SETTLED: Held(
        lambda state, _: state.decision != Decision.DECLINED or state.handled_after_decline,
        Code.NOT_HANDLED_AFTER_DECLINE,
    ),
    Guard.NOTICE_OWED: Held(lambda state, _: state.notice in {Notice.DUE, Notice.DEFERRED}, Code.NO_NOTICE_DUE),
    Guard.NOTICE_SETTLED: Held(lambda state, _: state.notice != Notice.DUE, Code.NOTICE_NOT_GIVEN),
    Guard.CONFIDENTIAL_ONWARD: Held(lambda state, _: state.confidential_onward, Code.NOTHING_TO_DEFER_FOR),
    Guard.FIRST_RESULT: Held(lambda state, _: not state.result_ever, Code.RESULT_ALREADY_REPORTED),
    Guard.EARLIER_RESULT: Held(lambda state, _: state.result_ever, Code.RESULT_REQUIRED),
    Guard.NOT_ACKNOWLEDGED: Held(lambda state, _: not state.acknowledged, Code.ALREADY_ACKNOWLEDGED),
    Guard.ACKNOWLEDGED: Held(lambda state, _: state.acknowledged, Code.NOT_ACKNOWLEDGED),
}


def _receiver_named(state: TransferState, given: Given, by: Actor) -> bool:
    """Another agency than the parties; a superior may designate itself (提级管辖), nobody sends to itself."""
    sender = by.agency if state.status is None else state.sender
    receiver = None if state.receiver is None else state.receiver.agency
    return given.to is not None and bool(given.to.agency) and given.to.agency not in {sender, receiver}


def _on_route(state: TransferState, given: Given, _: Actor) -> bool:
    """Forwarding and designation stay with the kind of agency that the transfer went to."""
    if given.to is None:
        return True
    if given.to.agency == state.sender:
        return False
    if state.route in RECEIVER_KINDS:
        return given.to.kind == RECEIVER_KINDS[state.route]
    if state.receiver is not None and state.sent:
        return given.to.kind == state.receiver.kind
    return given.to.kind not in KINDS_WITH_A_ROUTE


def _complete(_: TransferState, given: Given, _by: Actor) -> bool:
    return not given.missing


ASKED: Final[Mapping[Guard, Asked]] = {
    Guard.REASON_GIVEN: Asked(
        lambda _, given, _by: given.reason is not None and bool(given.reason.strip()), Code.REASON_REQUIRED
    ),
    Guard.TWO_OFFICERS_NAMED: Asked(
        lambda _, given, _by: len({name.strip() for name in given.officers} - {""}) >= MINIMUM_OFFICERS,
        Code.TWO_OFFICERS_REQUIRED,
    ),
    Guard.CONTENTS_COMPLETE: Asked(_complete, Code.CONTENTS_INCOMPLETE),
    Guard.RECEIPT_COMPLETE: Asked(_complete, Code.CONTENTS_INCOMPLETE),
    Guard.RESULT_COMPLETE: Asked(_complete, Code.CONTENTS_INCOMPLETE),
    Guard.ARTICLES_LISTED: Asked(_complete, Code.CONTENTS_INCOMPLETE),
    Guard.RECEIVER_NAMED: Asked(_receiver_named, Code.RECEIVER_REQUIRED),
    Guard.RECEIVER_OF_THIS_ROUTE: Asked(_on_route, Code.RECEIVER_OF_OTHER_KIND),
    Guard.PROCURATORATE_COPIED: Asked(
        lambda _, given, _by: bool(given.procuratorate), Code.PROCURATORATE_COPY_REQUIRED
    ),
    Guard.DECISION_OVERDUE: Asked(lambda _, given, _by: given.overdue, Code.NOT_OVERDUE),
}

KEPT: Final = frozenset(
    {
        Guard.REASON_GIVEN,
        Guard.TWO_OFFICERS_NAMED,
        Guard.RECEIVER_NAMED,
        Guard.RECEIVER_OF_THIS_ROUTE,
        Guard.PROCURATORATE_COPIED,
    }
)
"""Asked guards whose answer stands in the event: a history without it is impossible."""
