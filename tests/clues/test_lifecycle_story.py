"""One transfer to 公安 as it goes in life: declined, upheld, demanded by the 检察院, filed, articles handed over."""

from dataclasses import replace
from datetime import timedelta

from lifecycle_people import ACTORS, AT, FIRST, papers, receivers

from hub.clues import lifecycle as life
from hub.clues.events import Addressee, Event, EventKind
from hub.clues.lifecycle import Actor, Choice, Command, Refusal, RefusalCode, Route, Status
from hub.clues.lifecycle_words import Clock, Decision

SENDER, HEAD = ACTORS["sender"], ACTORS["sender principal"]
RECEIVER, PROCURATORATE, HUB = receivers(FIRST)["receiver"], ACTORS["procuratorate"], ACTORS["hub"]
POLICE = RECEIVER


class Transfer:
    """A transfer that is moved by commands, a day apart."""

    def __init__(self, route: Route, kind: str) -> None:
        self.state, self.kind, self.history = life.beginning(route), kind, list[Event]()

    @property
    def now(self) -> int:
        return len(self.history)

    def does(self, by: Actor, command: Command, choice: Choice | None = None) -> EventKind | RefusalCode:
        given = replace(papers(self.kind, None), to=Addressee(FIRST, self.kind))
        answer = life.decide(self.state, command, by, given, AT + timedelta(days=self.now), choice)
        if isinstance(answer, Refusal):
            return answer.code
        self.history.append(answer)
        self.state = life.fold(self.history)
        return answer.kind

    def clocks(self) -> dict[Clock, int]:
        """Clock → the day from which it counts."""
        return {clock.clock: (clock.since - AT).days for clock in self.state.clocks}


def test_declined_supervised_filed() -> None:
    case = Transfer(Route.TO_PUBLIC_SECURITY, "PUBLIC_SECURITY")

    # 医保 drafts with two officers; the principal officer approves; 公安 and the 检察院 get it.
    assert case.does(SENDER, Command.DRAFT) is EventKind.DRAFTED
    assert case.does(SENDER, Command.SEND) is RefusalCode.APPROVAL_REQUIRED
    assert case.does(SENDER, Command.SUBMIT) is EventKind.SUBMITTED
    assert case.does(HEAD, Command.APPROVE) is EventKind.APPROVED
    assert case.does(SENDER, Command.SEND) is EventKind.SENT
    assert case.does(POLICE, Command.SIGN_RECEIPT) is RefusalCode.NOT_ARRIVED
    assert case.does(HUB, Command.RECORD_ARRIVAL) is EventKind.ARRIVED
    assert case.clocks() == {Clock.RECEIPT: 4}, "unsigned, it runs against the receiver"
    assert case.does(POLICE, Command.FILE_CASE) is RefusalCode.RECEIPT_NOT_SIGNED
    assert case.does(POLICE, Command.SIGN_RECEIPT) is EventKind.RECEIPT_SIGNED
    assert case.does(HEAD, Command.RECALL) is RefusalCode.RECEIPT_SIGNED

    # Material is missing: asked for, no ground to decline, and the three days of 公安 run on.
    assert case.does(POLICE, Command.REQUEST_SUPPLEMENT) is EventKind.SUPPLEMENT_REQUESTED
    assert case.does(POLICE, Command.DECLINE_CASE) is RefusalCode.SUPPLEMENT_UNANSWERED
    assert case.clocks()[Clock.POLICE_DECISION] == 5
    assert case.does(SENDER, Command.SUPPLEMENT) is EventKind.SUPPLEMENTED

    # 不予立案, reconsideration, upheld.
    assert case.does(POLICE, Command.DECLINE_CASE) is EventKind.CASE_DECLINED
    assert case.does(SENDER, Command.REQUEST_RECONSIDERATION) is EventKind.RECONSIDERATION_REQUESTED
    assert case.does(SENDER, Command.HANDLE_AFTER_DECLINE) is RefusalCode.RECONSIDERATION_PENDING
    assert case.does(POLICE, Command.ANSWER_RECONSIDERATION, Choice.UPHOLD) is EventKind.DECLINE_UPHELD
    assert case.does(SENDER, Command.REQUEST_RECONSIDERATION) is RefusalCode.RECONSIDERATION_USED

    # 检察院: first the explanation, then filing; 公安 cannot get round it.
    assert case.does(SENDER, Command.REQUEST_FILING_SUPERVISION) is EventKind.FILING_SUPERVISION_REQUESTED
    demand = Command.REQUEST_FILING_SUPERVISION
    assert case.does(PROCURATORATE, demand, Choice.DEMAND_FILING) is RefusalCode.EXPLANATION_COMES_FIRST
    assert case.does(PROCURATORATE, demand, Choice.DEMAND_EXPLANATION) is EventKind.EXPLANATION_DEMANDED
    assert case.does(POLICE, Command.REPORT_RESULT) is RefusalCode.SUPERVISION_UNANSWERED
    answer = Command.ANSWER_FILING_SUPERVISION
    assert case.does(POLICE, answer, Choice.EXPLAIN) is EventKind.NOT_FILING_EXPLAINED
    assert case.does(PROCURATORATE, demand, Choice.DEMAND_FILING) is EventKind.FILING_DEMANDED
    assert case.does(POLICE, answer, Choice.EXPLAIN) is RefusalCode.FILING_DEMANDED
    assert case.does(POLICE, answer, Choice.FILE) is EventKind.CASE_FILED_ON_SUPERVISION
    assert case.state.decision is Decision.FILED
    # The time for the result still counts from the receipt: a clock that runs is not reset by filing.
    assert case.clocks() == {Clock.RESULT_FEEDBACK: 5, Clock.ARTICLES_HANDOVER: case.now - 1}

    # Result, articles, acknowledgement, closing: none of them can be left out.
    assert case.does(POLICE, Command.CLOSE) is RefusalCode.RESULT_REQUIRED
    assert case.does(POLICE, Command.REPORT_RESULT) is EventKind.RESULT_REPORTED
    assert case.does(POLICE, Command.CLOSE) is RefusalCode.ARTICLES_NOT_HANDED_OVER
    assert case.does(SENDER, Command.HAND_OVER_ARTICLES) is EventKind.ARTICLES_HANDED_OVER
    assert case.does(POLICE, Command.CLOSE) is RefusalCode.NOT_ACKNOWLEDGED
    assert case.does(SENDER, Command.ACKNOWLEDGE_RESULT) is EventKind.RESULT_ACKNOWLEDGED
    assert case.does(SENDER, Command.CLOSE) is RefusalCode.ROLE_NOT_ALLOWED
    assert case.does(POLICE, Command.CLOSE) is EventKind.CLOSED
    assert case.state.status is Status.CLOSED
    assert case.clocks() == {}

    # New facts: the principal officer reopens, and the decision is taken anew.
    assert case.does(POLICE, Command.REOPEN) is RefusalCode.ROLE_NOT_ALLOWED
    assert case.does(receivers(FIRST)["receiver principal"], Command.REOPEN) is EventKind.REOPENED
    assert case.does(POLICE, Command.REPORT_RESULT) is RefusalCode.NOT_DECIDED


def test_onward_from_healthcare_security_tells_health_and_waits_for_supervision() -> None:
    case = Transfer(Route.HEALTH_TO_HEALTHCARE_SECURITY, "HEALTHCARE_SECURITY")
    for by, command in (
        (SENDER, Command.DRAFT),
        (SENDER, Command.SEND),
        (HUB, Command.RECORD_ARRIVAL),
        (RECEIVER, Command.SIGN_RECEIPT),
        (RECEIVER, Command.FILE_CASE),
    ):
        assert isinstance(case.does(by, command), EventKind)
    assert case.does(RECEIVER, Command.NOTIFY_AGENCY) is RefusalCode.NO_NOTICE_DUE
    assert isinstance(case.does(RECEIVER, Command.TRANSFER_ONWARD, Choice.TO_PUBLIC_SECURITY), EventKind)
    assert case.does(RECEIVER, Command.NOTIFY_AGENCY, Choice.DEFER) is RefusalCode.NOTHING_TO_DEFER_FOR
    assert case.does(RECEIVER, Command.REPORT_RESULT) is EventKind.RESULT_REPORTED
    assert case.does(SENDER, Command.ACKNOWLEDGE_RESULT) is EventKind.RESULT_ACKNOWLEDGED
    assert case.does(RECEIVER, Command.CLOSE) is RefusalCode.NOTICE_NOT_GIVEN
    assert case.does(RECEIVER, Command.NOTIFY_AGENCY) is EventKind.AGENCY_NOTIFIED
    assert case.does(RECEIVER, Command.CLOSE) is EventKind.CLOSED
