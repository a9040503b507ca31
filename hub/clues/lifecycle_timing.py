"""Which refusal says best that a command comes too early or too late for the status."""

from collections.abc import Mapping, Sequence
from typing import Final

from hub.clues.lifecycle_edges import Edge
from hub.clues.lifecycle_refusals import RefusalCode as Code
from hub.clues.lifecycle_state import TransferState
from hub.clues.lifecycle_words import Command, Status

_ORDER: Final[Mapping[Status | None, int]] = {None: -1, **{status: place for place, status in enumerate(Status)}}
_WHEN: Final[Mapping[Command, tuple[Code, Code]]] = {
    Command.DRAFT: (Code.NOT_DRAFTED, Code.NOT_A_DRAFT),
    Command.SUBMIT: (Code.NOT_DRAFTED, Code.NOT_A_DRAFT),
    Command.APPROVE: (Code.NOT_SUBMITTED, Code.ALREADY_APPROVED),
    Command.SEND_BACK: (Code.NOT_SUBMITTED, Code.ALREADY_APPROVED),
    Command.REFUSE_APPROVAL: (Code.NOT_SUBMITTED, Code.ALREADY_APPROVED),
    Command.SEND: (Code.APPROVAL_REQUIRED, Code.ALREADY_SENT),
    Command.RECALL: (Code.NOT_SENT, Code.RECEIPT_SIGNED),
    Command.RECORD_ARRIVAL: (Code.NOT_SENT, Code.ALREADY_ARRIVED),
    Command.SIGN_RECEIPT: (Code.NOT_ARRIVED, Code.RECEIPT_SIGNED),
    Command.REQUEST_SUPPLEMENT: (Code.RECEIPT_NOT_SIGNED, Code.ALREADY_DECIDED),
    Command.SUPPLEMENT: (Code.NO_SUPPLEMENT_REQUESTED, Code.NO_SUPPLEMENT_REQUESTED),
    Command.FORWARD: (Code.RECEIPT_NOT_SIGNED, Code.ALREADY_DECIDED),
    Command.RETURN_NOT_COMPETENT: (Code.RECEIPT_NOT_SIGNED, Code.ALREADY_DECIDED),
    Command.DESIGNATE: (Code.COMPETENCE_NOT_DISPUTED, Code.COMPETENCE_NOT_DISPUTED),
    Command.FILE_CASE: (Code.RECEIPT_NOT_SIGNED, Code.ALREADY_DECIDED),
    Command.DECLINE_CASE: (Code.RECEIPT_NOT_SIGNED, Code.ALREADY_DECIDED),
    Command.START_HANDLING: (Code.RECEIPT_NOT_SIGNED, Code.ALREADY_DECIDED),
    Command.REQUEST_RECONSIDERATION: (Code.NOT_DECLINED, Code.NOT_DECLINED),
    Command.ANSWER_RECONSIDERATION: (Code.NO_RECONSIDERATION, Code.NO_RECONSIDERATION),
    Command.REQUEST_FILING_SUPERVISION: (Code.NOT_DECLINED, Code.NOT_DECLINED),
    Command.ANSWER_FILING_SUPERVISION: (Code.RECEIPT_NOT_SIGNED, Code.NOTHING_DEMANDED),
    Command.HAND_OVER_ARTICLES: (Code.NOT_FILED, Code.NOT_FILED),
    Command.HANDLE_AFTER_DECLINE: (Code.NOT_DECLINED, Code.NOT_DECLINED),
    Command.TRANSFER_ONWARD: (Code.NOT_DECIDED, Code.RESULT_ALREADY_REPORTED),
    Command.TRANSFER_BACK: (Code.NOT_DECIDED, Code.RESULT_ALREADY_REPORTED),
    Command.NOTIFY_AGENCY: (Code.NO_NOTICE_DUE, Code.NO_NOTICE_DUE),
    Command.REPORT_RESULT: (Code.NOT_DECIDED, Code.NOT_DECIDED),
    Command.ACKNOWLEDGE_RESULT: (Code.RESULT_REQUIRED, Code.ALREADY_ACKNOWLEDGED),
    Command.CLOSE: (Code.RESULT_REQUIRED, Code.CLOSED),
    Command.REOPEN: (Code.NOT_CLOSED, Code.NOT_CLOSED),
}


def untimely(state: TransferState, edges: Sequence[Edge]) -> Code:
    """The code for a status that none of these edges, all of one command, starts from."""
    command = edges[0].command
    if state.status is Status.RECALLED:
        return Code.RECALLED
    if state.status is Status.CLOSED:
        return Code.CLOSED
    if state.status is None:
        return Code.NOT_DRAFTED
    if state.status is Status.SUPPLEMENT_REQUESTED and command in {
        Command.REQUEST_SUPPLEMENT,
        Command.RETURN_NOT_COMPETENT,
        Command.DECLINE_CASE,
    }:
        return Code.SUPPLEMENT_UNANSWERED
    early, late = _WHEN[command]
    starts = min(_ORDER[status] for edge in edges for status in edge.before)
    return early if _ORDER[state.status] < starts else late
