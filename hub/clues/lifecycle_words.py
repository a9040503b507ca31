"""The closed vocabularies of a transfer's life (domain.md G, R8–R15). Pure words: nothing of the hub is imported."""

from enum import StrEnum


class Route(StrEnum):
    """From which kind of agency to which. Each route has one table of transitions; the names are those of `hub.law`.

    `REVERSE` is 反向移送: from 公安, 检察院 or 监察 back to an administrative agency, with or without a parent.
    `OTHER` has no procedure of its own in any source: 000 applies as the hub's default, without legal force there.
    """

    HEALTHCARE_SECURITY_TO_HEALTH = "HEALTHCARE_SECURITY_TO_HEALTH"
    HEALTH_TO_HEALTHCARE_SECURITY = "HEALTH_TO_HEALTHCARE_SECURITY"
    TO_MARKET_REGULATION = "TO_MARKET_REGULATION"
    TO_PUBLIC_SECURITY = "TO_PUBLIC_SECURITY"
    TO_DISCIPLINE_INSPECTION = "TO_DISCIPLINE_INSPECTION"
    REVERSE = "REVERSE"
    OTHER = "OTHER"


class Status(StrEnum):
    """The outer status, equal to `hub.clues.types.ClueTransferStatus`; finer facts are fields of `TransferState`."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    SENT = "SENT"
    ARRIVED = "ARRIVED"
    RECEIVED = "RECEIVED"
    SUPPLEMENT_REQUESTED = "SUPPLEMENT_REQUESTED"
    HANDLING = "HANDLING"
    RESULT_REPORTED = "RESULT_REPORTED"
    CLOSED = "CLOSED"
    RECALLED = "RECALLED"


class Command(StrEnum):
    """What an officer may ask for on a transfer: the names of the GraphQL mutations, in the order of the procedure.

    `RECORD_ARRIVAL` is the hub's own step and no mutation. The commands on a case are in `lifecycle_case`.
    """

    DRAFT = "draftClueTransfer"
    SUBMIT = "submitClueTransfer"
    APPROVE = "approveClueTransfer"
    SEND_BACK = "sendBackClueTransfer"
    REFUSE_APPROVAL = "refuseApproval"
    SEND = "sendClueTransfer"
    RECALL = "recallClueTransfer"
    RECORD_ARRIVAL = "recordArrival"
    SIGN_RECEIPT = "signReceipt"
    REQUEST_SUPPLEMENT = "requestSupplement"
    SUPPLEMENT = "supplementClueTransfer"
    FORWARD = "forwardClueTransfer"
    RETURN_NOT_COMPETENT = "returnNotCompetent"
    DESIGNATE = "designateJurisdiction"
    FILE_CASE = "fileCase"
    DECLINE_CASE = "declineCase"
    START_HANDLING = "startHandling"
    REQUEST_RECONSIDERATION = "requestReconsideration"
    ANSWER_RECONSIDERATION = "answerReconsideration"
    REQUEST_FILING_SUPERVISION = "requestFilingSupervision"
    ANSWER_FILING_SUPERVISION = "answerFilingSupervision"
    HAND_OVER_ARTICLES = "handOverArticles"
    HANDLE_AFTER_DECLINE = "handleAfterDecline"
    TRANSFER_ONWARD = "transferOnward"
    TRANSFER_BACK = "transferBack"
    NOTIFY_AGENCY = "notifyAgency"
    REPORT_RESULT = "reportResult"
    ACKNOWLEDGE_RESULT = "acknowledgeResult"
    CLOSE = "closeClueTransfer"
    REOPEN = "reopenClueTransfer"


class Choice(StrEnum):
    """The answer that a command carries where it may be answered in more than one way."""

    FILE = "FILE"
    """To a reconsideration or to the procuratorate: the case is filed (立案)."""
    UPHOLD = "UPHOLD"
    """To a reconsideration: 不予立案 stands."""
    EXPLAIN = "EXPLAIN"
    """To the procuratorate: why the case is not filed (说明不立案理由)."""
    DEMAND_EXPLANATION = "DEMAND_EXPLANATION"
    """By the procuratorate: 要求说明不立案理由."""
    DEMAND_FILING = "DEMAND_FILING"
    """By the procuratorate: 通知立案."""
    CONFIRM = "CONFIRM"
    """By the common superior: the receiver is competent."""
    REASSIGN = "REASSIGN"
    """By the common superior: another agency is competent."""
    TO_PUBLIC_SECURITY = "TO_PUBLIC_SECURITY"
    TO_DISCIPLINE_INSPECTION = "TO_DISCIPLINE_INSPECTION"
    DEFER = "DEFER"
    """The notice waits, with its reason, while a transfer to 监察 would be told by it."""


class Role(StrEnum):
    """What the acting officer is to this transfer. An officer with several registered roles asks once per role."""

    SENDER_CASE_OFFICER = "SENDER_CASE_OFFICER"
    SENDER_PRINCIPAL = "SENDER_PRINCIPAL"
    RECEIVER_CASE_OFFICER = "RECEIVER_CASE_OFFICER"
    RECEIVER_PRINCIPAL = "RECEIVER_PRINCIPAL"
    PROCURATORATE = "PROCURATORATE"
    COMMON_SUPERIOR = "COMMON_SUPERIOR"
    NOTIFIED = "NOTIFIED"
    """抄送: sees PROCEDURE, commands nothing."""
    SYSTEM = "SYSTEM"


SENDER_ROLES = frozenset({Role.SENDER_CASE_OFFICER, Role.SENDER_PRINCIPAL})
RECEIVER_ROLES = frozenset({Role.RECEIVER_CASE_OFFICER, Role.RECEIVER_PRINCIPAL})


class Decision(StrEnum):
    """What the present receiver decided on the clue; None while it has not."""

    FILED = "FILED"
    DECLINED = "DECLINED"
    NOT_WITHIN_REMIT = "NOT_WITHIN_REMIT"
    STARTED = "STARTED"


class Reconsideration(StrEnum):
    NOT_ASKED = "NOT_ASKED"
    PENDING = "PENDING"
    UPHELD = "UPHELD"


class Supervision(StrEnum):
    """立案监督, where it stands."""

    NONE = "NONE"
    ASKED = "ASKED"
    EXPLANATION_DEMANDED = "EXPLANATION_DEMANDED"
    EXPLAINED = "EXPLAINED"
    FILING_DEMANDED = "FILING_DEMANDED"


class Competence(StrEnum):
    UNDISPUTED = "UNDISPUTED"
    DISPUTED = "DISPUTED"
    DESIGNATED = "DESIGNATED"


class Notice(StrEnum):
    """通报同级卫生健康部门 after an onward transfer (000 三(二))."""

    NOT_DUE = "NOT_DUE"
    DUE = "DUE"
    DEFERRED = "DEFERRED"
    GIVEN = "GIVEN"


class Clock(StrEnum):
    """Names of the clocks that an edge starts or stops; their length, unit and clause are data of `hub.law`."""

    HEALTH_TRANSFER_AFTER_SERVICE = "health_transfer_after_service"
    SECURITY_TRANSFER_AFTER_DISCOVERY = "security_transfer_after_discovery"
    POLICE_REPORT_DECISION = "police_report_decision"
    POLICE_TRANSFER = "police_transfer"
    ARRIVAL = "arrival"
    RECEIPT = "receipt"
    SUPPLEMENT = "supplement"
    POLICE_MATERIAL = "police_material"
    POLICE_FORWARD = "police_forward"
    POLICE_NOT_COMPETENT = "police_not_competent"
    POLICE_DECISION = "police_decision"
    FILING_VERIFICATION = "filing_verification"
    DESIGNATION = "designation"
    RECONSIDERATION_REQUEST = "reconsideration_request"
    RECONSIDERATION_ANSWER = "reconsideration_answer"
    FILING_SUPERVISION_REQUEST_DIRECT = "filing_supervision_request_direct"
    FILING_SUPERVISION_REQUEST = "filing_supervision_request"
    POLICE_EXPLAINS = "police_explains"
    POLICE_FILES = "police_files"
    ARTICLES_HANDOVER = "articles_handover"
    RESULT_FEEDBACK = "result_feedback"
    RESULT_ACKNOWLEDGEMENT = "result_acknowledgement"


WINDOWS = frozenset(
    {
        Clock.POLICE_MATERIAL,
        Clock.POLICE_FORWARD,
        Clock.POLICE_NOT_COMPETENT,
        Clock.RECONSIDERATION_REQUEST,
        Clock.FILING_SUPERVISION_REQUEST_DIRECT,
        Clock.FILING_SUPERVISION_REQUEST,
    }
)
"""Clocks within which something *may* be done or, if it applies, must be: run out, they make nothing overdue."""

FROM_FACTS = frozenset({Clock.HEALTH_TRANSFER_AFTER_SERVICE, Clock.SECURITY_TRANSFER_AFTER_DISCOVERY})
"""Clocks that start on a dated fact of the case (`Event.since`), so that a new transfer never resets them.

None started where the fact is missing: a mere clue has no penalty decision that was served (R9).
"""

OF_HEALTHCARE_SECURITY = frozenset({Clock.FILING_VERIFICATION})
"""Clocks that bind 医保 as the receiver only (国家医疗保障局令第4号第十四条), also on routes that others receive on."""
