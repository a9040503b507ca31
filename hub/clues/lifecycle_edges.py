"""One row of a table of transitions, and the rows that all routes share (domain.md R8–R11, R13, R15).

What differs between the routes is in `RouteRules`: whether the principal officer approves, who recalls, what starts
handling, and the clauses. The rows of 公安 alone are in `lifecycle_police`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hub.clues.events import EventKind
from hub.clues.lifecycle_guards import Guard
from hub.clues.lifecycle_refusals import HUB, NX
from hub.clues.lifecycle_state import Facts
from hub.clues.lifecycle_words import (
    Choice,
    Clock,
    Command,
    Competence,
    Decision,
    Notice,
    Reconsideration,
    Role,
    Route,
    Status,
    Supervision,
)

S, E, C, G = Status, EventKind, Command, Guard
SENDER, SENDER_PRINCIPAL = Role.SENDER_CASE_OFFICER, Role.SENDER_PRINCIPAL
RECEIVER, RECEIVER_PRINCIPAL = Role.RECEIVER_CASE_OFFICER, Role.RECEIVER_PRINCIPAL
DEFAULT: Final = f"{HUB}（参照{NX}三（二））"
POLICE_RECEIPT: Final = (
    Clock.POLICE_MATERIAL,
    Clock.POLICE_FORWARD,
    Clock.POLICE_NOT_COMPETENT,
    Clock.POLICE_DECISION,
)
RECEIVER_CLOCKS: Final = (Clock.SUPPLEMENT, Clock.FILING_VERIFICATION, *POLICE_RECEIPT)

REMEDY_WINDOWS: Final = (
    Clock.RECONSIDERATION_REQUEST,
    Clock.FILING_SUPERVISION_REQUEST_DIRECT,
    Clock.FILING_SUPERVISION_REQUEST,
)


@dataclass(frozen=True, slots=True)
class Edge:
    """From `before`, by `command`, to `to`: written as exactly one event in the past tense.

    Attributes:
        before: the statuses it starts from; `None` is "not drafted yet".
        to: the status after it; None leaves the status as it is.
        guards: held ones first, each refusing with its own code; `lifecycle_guards` says what each means.
        sets: finer facts that become true.
        starts: clocks that begin to run, from the event (or from `Event.since`); one that runs already is not reset.
        clause: the rule; one that begins with 平台默认规则 has no legal force of its own.
        moves: the event names a new receiver, which must sign a receipt of its own.
    """

    before: tuple[Status | None, ...]
    command: Command
    who: Role
    event: EventKind
    to: Status | None
    clause: str
    choice: Choice | None = None
    guards: tuple[Guard, ...] = ()
    sets: Facts = field(default_factory=Facts)
    starts: tuple[Clock, ...] = ()
    stops: tuple[Clock, ...] = ()
    moves: bool = False


@dataclass(frozen=True, slots=True)
class RouteRules:
    """What one route asks for. Clauses are as cited to the user.

    Attributes:
        approval: clause of the principal officer's approval; None where the route asks none.
        recall: who recalls before receipt.
        contents: clause of what a transfer must contain.
        transfer_clock: runs from a fact of the case until sending.
        receipt_clocks: start with the receipt, besides `result_feedback`.
        onward: where the receiver may transfer onward what it finds.
        competence: who settles a dispute between agencies of the receiver's kind.
        notifies: the same-level 卫健 is told of an onward transfer (000 三(二)).
    """

    route: Route
    approval: str | None
    recall: Role
    contents: str
    receipt: str
    supplement: str
    handling: str
    transfer_clock: tuple[Clock, ...] = ()
    approval_starts: tuple[Clock, ...] = ()
    submission_starts: tuple[Clock, ...] = ()
    submission_guards: tuple[Guard, ...] = ()
    sending_guards: tuple[Guard, ...] = ()
    recall_guards: tuple[Guard, ...] = ()
    receipt_clocks: tuple[Clock, ...] = ()
    onward: tuple[Choice, ...] = (Choice.TO_PUBLIC_SECURITY, Choice.TO_DISCIPLINE_INSPECTION)
    competence: str = f"处罚法第二十五条；{HUB}"
    notifies: bool = False


def drafting(rules: RouteRules) -> Iterator[Edge]:
    """Draft, and where the route asks for it the approval of the principal officer, never by an author."""
    yield Edge(
        (None,), C.DRAFT, SENDER, E.DRAFTED, S.DRAFT, rules.contents,
        guards=(G.RECEIVER_NAMED, G.RECEIVER_OF_THIS_ROUTE), starts=rules.transfer_clock, moves=True,
    )  # fmt: skip
    yield Edge(
        (S.DRAFT,), C.DRAFT, SENDER, E.DRAFT_REVISED, S.DRAFT, rules.contents,
        guards=(G.RECEIVER_OF_THIS_ROUTE,), starts=rules.transfer_clock, moves=True,
    )  # fmt: skip
    if rules.approval is None:
        return
    yield Edge(
        (S.DRAFT,), C.SUBMIT, SENDER, E.SUBMITTED, S.SUBMITTED, rules.approval,
        guards=(*rules.submission_guards, G.CONTENTS_COMPLETE), starts=rules.submission_starts,
    )  # fmt: skip
    yield Edge(
        (S.SUBMITTED,), C.APPROVE, SENDER_PRINCIPAL, E.APPROVED, S.APPROVED, rules.approval,
        guards=(G.NOT_AN_AUTHOR,), starts=rules.approval_starts, stops=rules.submission_starts,
    )  # fmt: skip
    yield Edge(
        (S.SUBMITTED,), C.SEND_BACK, SENDER_PRINCIPAL, E.SENT_BACK, S.DRAFT, rules.approval,
        guards=(G.NOT_AN_AUTHOR, G.REASON_GIVEN), stops=rules.submission_starts,
    )  # fmt: skip
    yield Edge(
        (S.SUBMITTED,), C.REFUSE_APPROVAL, SENDER_PRINCIPAL, E.APPROVAL_REFUSED, S.DRAFT, rules.approval,
        guards=(G.NOT_AN_AUTHOR, G.REASON_GIVEN), sets={"approval_refused": True},
        stops=(*rules.submission_starts, *rules.transfer_clock),
    )  # fmt: skip


def delivery(rules: RouteRules) -> Iterator[Edge]:
    """Send, recall before receipt, arrive, sign the receipt, supplement."""
    ready = S.DRAFT if rules.approval is None else S.APPROVED
    yield Edge(
        (ready,), C.SEND, SENDER, E.SENT, S.SENT, rules.contents, guards=(*rules.sending_guards, G.CONTENTS_COMPLETE),
        starts=(Clock.ARRIVAL,), stops=(*rules.transfer_clock, *rules.approval_starts),
    )  # fmt: skip
    yield Edge(
        (S.SENT, S.ARRIVED), C.RECALL, rules.recall, E.RECALLED, S.RECALLED, HUB,
        guards=(G.BEFORE_RECEIPT, *rules.recall_guards, G.REASON_GIVEN), stops=(Clock.ARRIVAL, Clock.RECEIPT),
    )  # fmt: skip
    yield Edge(
        (S.SENT,), C.RECORD_ARRIVAL, Role.SYSTEM, E.ARRIVED, S.ARRIVED, HUB,
        starts=(Clock.RECEIPT,), stops=(Clock.ARRIVAL,),
    )  # fmt: skip
    yield Edge(
        (S.ARRIVED,), C.SIGN_RECEIPT, RECEIVER, E.RECEIPT_SIGNED, S.RECEIVED, rules.receipt,
        guards=(G.RECEIPT_COMPLETE,), sets={"receipt_ever": True},
        starts=(Clock.RESULT_FEEDBACK, *rules.receipt_clocks), stops=(Clock.RECEIPT,),
    )  # fmt: skip
    yield Edge(
        (S.RECEIVED,), C.REQUEST_SUPPLEMENT, RECEIVER, E.SUPPLEMENT_REQUESTED, S.SUPPLEMENT_REQUESTED,
        rules.supplement, guards=(G.NO_DISPUTE, G.REASON_GIVEN),
        starts=(Clock.SUPPLEMENT,), stops=(Clock.POLICE_MATERIAL,),
    )  # fmt: skip
    yield Edge(
        (S.SUPPLEMENT_REQUESTED,), C.SUPPLEMENT, SENDER, E.SUPPLEMENTED, S.RECEIVED, rules.supplement,
        stops=(Clock.SUPPLEMENT,),
    )  # fmt: skip


def competence(rules: RouteRules) -> Iterator[Edge]:
    """A dispute over competence goes to the common superior; who is designated handles the case."""
    clause = rules.competence
    yield Edge(
        (S.RECEIVED,), C.RETURN_NOT_COMPETENT, RECEIVER, E.COMPETENCE_DISPUTED, None, clause,
        guards=(G.NO_DISPUTE, G.NOT_DESIGNATED, G.REASON_GIVEN), sets={"competence": Competence.DISPUTED},
        starts=(Clock.DESIGNATION,),
    )  # fmt: skip
    yield Edge(
        (S.RECEIVED,), C.DESIGNATE, Role.COMMON_SUPERIOR, E.JURISDICTION_CONFIRMED, None, clause,
        choice=Choice.CONFIRM, guards=(G.DISPUTE_PENDING, G.REASON_GIVEN), sets={"competence": Competence.DESIGNATED},
        stops=(Clock.DESIGNATION,),
    )  # fmt: skip
    yield Edge(
        (S.RECEIVED,), C.DESIGNATE, Role.COMMON_SUPERIOR, E.JURISDICTION_REASSIGNED, S.SENT, clause,
        choice=Choice.REASSIGN,
        guards=(G.DISPUTE_PENDING, G.REASON_GIVEN, G.RECEIVER_NAMED, G.RECEIVER_OF_THIS_ROUTE),
        sets={"competence": Competence.DESIGNATED},
        starts=(Clock.ARRIVAL,), stops=(*RECEIVER_CLOCKS, Clock.RESULT_FEEDBACK, Clock.DESIGNATION), moves=True,
    )  # fmt: skip


def filing(
    rules: RouteRules,
    extra: tuple[Guard, ...] = (),
    starts: tuple[Clock, ...] = (),
    declining: tuple[Clock, ...] = (),
) -> Iterator[Edge]:
    """医保 and 公安: file or decline a case. Going on without an unanswered supplement is possible, declining not."""
    yield Edge(
        (S.RECEIVED, S.SUPPLEMENT_REQUESTED), C.FILE_CASE, RECEIVER, E.CASE_FILED, S.HANDLING, rules.handling,
        guards=(G.NO_DISPUTE, *extra), starts=starts, stops=RECEIVER_CLOCKS,
        sets={"decision": Decision.FILED, "supervision": Supervision.NONE, "articles_handed_over": False},
    )  # fmt: skip
    yield Edge(
        (S.RECEIVED,), C.DECLINE_CASE, RECEIVER, E.CASE_DECLINED, S.HANDLING, rules.handling,
        guards=(G.NO_DISPUTE, *extra, G.REASON_GIVEN),
        sets={
            "decision": Decision.DECLINED,
            "reconsideration": Reconsideration.NOT_ASKED,
            "supervision": Supervision.NONE,
            "handled_after_decline": False,
        },
        starts=declining, stops=RECEIVER_CLOCKS,
    )  # fmt: skip


def starting(rules: RouteRules, extra: tuple[Guard, ...] = ()) -> Iterator[Edge]:
    yield Edge(
        (S.RECEIVED, S.SUPPLEMENT_REQUESTED), C.START_HANDLING, RECEIVER, E.HANDLING_STARTED, S.HANDLING,
        rules.handling, guards=(G.NO_DISPUTE, *extra), sets={"decision": Decision.STARTED}, stops=RECEIVER_CLOCKS,
    )  # fmt: skip


def onward(rules: RouteRules) -> Iterator[Edge]:
    """What the receiver finds goes on: a crime to 公安, a duty crime to 监察; each opens a draft of its own route."""
    owed: Facts = {"notice": Notice.DUE} if rules.notifies else {}
    clause = f"{NX}三（二）第三款；国务院令第310号第三条、第十九条"
    if Choice.TO_PUBLIC_SECURITY in rules.onward:
        yield Edge(
            (S.HANDLING,), C.TRANSFER_ONWARD, RECEIVER, E.TRANSFERRED_ONWARD_TO_PUBLIC_SECURITY, None, clause,
            choice=Choice.TO_PUBLIC_SECURITY, sets=owed,
        )  # fmt: skip
    if Choice.TO_DISCIPLINE_INSPECTION in rules.onward:
        yield Edge(
            (S.HANDLING,), C.TRANSFER_ONWARD, RECEIVER, E.TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION, None, clause,
            choice=Choice.TO_DISCIPLINE_INSPECTION, sets={**owed, "confidential_onward": True},
        )  # fmt: skip
    if rules.notifies:
        notice = f"{NX}三（二）第三款"
        yield Edge(
            (S.HANDLING, S.RESULT_REPORTED, S.CLOSED), C.NOTIFY_AGENCY, RECEIVER, E.AGENCY_NOTIFIED, None, notice,
            guards=(G.NOTICE_OWED,), sets={"notice": Notice.GIVEN},
        )  # fmt: skip
        yield Edge(
            (S.HANDLING, S.RESULT_REPORTED), C.NOTIFY_AGENCY, RECEIVER, E.NOTICE_DEFERRED, None, notice,
            choice=Choice.DEFER, guards=(G.NOTICE_OWED, G.CONFIDENTIAL_ONWARD, G.REASON_GIVEN),
            sets={"notice": Notice.DEFERRED},
        )  # fmt: skip


def ending(police: tuple[Guard, ...] = (), closing: tuple[Guard, ...] = ()) -> Iterator[Edge]:
    """Result, acknowledgement, closing by the receiver; reopening by its principal officer."""
    clause = f"{NX}三（一）3、三（三）；{HUB}"
    reported: Facts = {"result_ever": True, "acknowledged": False}
    yield Edge(
        (S.HANDLING,), C.REPORT_RESULT, RECEIVER, E.RESULT_REPORTED, S.RESULT_REPORTED, clause,
        guards=(G.FIRST_RESULT, *police, G.RESULT_COMPLETE), sets=reported,
        starts=(Clock.RESULT_ACKNOWLEDGEMENT,), stops=(Clock.RESULT_FEEDBACK,),
    )  # fmt: skip
    yield Edge(
        (S.HANDLING, S.RESULT_REPORTED), C.REPORT_RESULT, RECEIVER, E.RESULT_CORRECTED, S.RESULT_REPORTED, clause,
        guards=(G.EARLIER_RESULT, *police, G.REASON_GIVEN, G.RESULT_COMPLETE), sets=reported,
        starts=(Clock.RESULT_ACKNOWLEDGEMENT,), stops=(Clock.RESULT_FEEDBACK,),
    )  # fmt: skip
    yield Edge(
        (S.RESULT_REPORTED,), C.ACKNOWLEDGE_RESULT, SENDER, E.RESULT_ACKNOWLEDGED, None, HUB,
        guards=(G.NOT_ACKNOWLEDGED,), sets={"acknowledged": True}, stops=(Clock.RESULT_ACKNOWLEDGEMENT,),
    )  # fmt: skip
    yield Edge(
        (S.RESULT_REPORTED,), C.CLOSE, RECEIVER, E.CLOSED, S.CLOSED, clause,
        guards=(*police, *closing, G.ACKNOWLEDGED),
        stops=REMEDY_WINDOWS,
    )  # fmt: skip
    yield Edge(
        (S.CLOSED,), C.REOPEN, RECEIVER_PRINCIPAL, E.REOPENED, S.RECEIVED, HUB, guards=(G.REASON_GIVEN,),
        sets={
            "decision": None,
            "reconsideration": Reconsideration.NOT_ASKED,
            "supervision": Supervision.NONE,
            "articles_handed_over": False,
            "handled_after_decline": False,
            "acknowledged": False,
        },
        starts=(Clock.RESULT_FEEDBACK,),
    )  # fmt: skip
