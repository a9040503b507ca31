"""What a step must bring: reasons, two officers, contents, the right receiver. Each missing one is a clear refusal."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lifecycle_people import ACTORS, AT, DRAFTER, FIRST, HEAD, SENDER, WALKS, papers
from test_lifecycle_walk import everybody, walk

from hub.clues import lifecycle as life
from hub.clues.events import CONFIDENTIAL, Actor, Addressee, Event, EventKind, Given
from hub.clues.lifecycle import Command, Refusal, RefusalCode, Role, Route, Status
from hub.clues.lifecycle_tables import TABLES
from hub.clues.lifecycle_wordings import WORDINGS
from hub.clues.lifecycle_words import Clock
from hub.clues.types import ClueTransferStatus

NEEDS_REASON = {
    EventKind.SENT_BACK,
    EventKind.APPROVAL_REFUSED,  # 310 第五条
    EventKind.RECALLED,
    EventKind.SUPPLEMENT_REQUESTED,  # what is missing
    EventKind.FORWARDED,  # 310 第七条: 书面告知
    EventKind.RETURNED_AS_NOT_WITHIN_REMIT,  # 159 第一百八十条: 并说明理由
    EventKind.COMPETENCE_DISPUTED,
    EventKind.JURISDICTION_CONFIRMED,
    EventKind.JURISDICTION_REASSIGNED,
    EventKind.CASE_DECLINED,  # 310 第八条: 应当说明理由
    EventKind.CASE_FILED_ON_NEW_FACTS,
    EventKind.RECONSIDERATION_REQUESTED,
    EventKind.DECLINE_UPHELD,
    EventKind.FILING_SUPERVISION_REQUESTED,
    EventKind.EXPLANATION_DEMANDED,
    EventKind.EXPLANATION_OF_DELAY_DEMANDED,
    EventKind.FILING_DEMANDED,
    EventKind.NOT_FILING_EXPLAINED,  # 159 第一百八十二条: 情况、依据和理由
    EventKind.TRANSFERRED_BACK,
    EventKind.NOTICE_DEFERRED,
    EventKind.RESULT_CORRECTED,
    EventKind.REOPENED,
}
NEEDS_CONTENTS = {
    EventKind.SUBMITTED,
    EventKind.SENT,  # R9, R10, 310 第六条
    EventKind.RECEIPT_SIGNED,  # R13
    EventKind.RESULT_REPORTED,
    EventKind.RESULT_CORRECTED,  # R15
    EventKind.ARTICLES_HANDED_OVER,
    EventKind.HANDLED_AFTER_DECLINE,
}


def refused(state: life.TransferState, event: Event, given: Given) -> Refusal | None:
    edge = next(edge for edge in TABLES[state.route] if edge.event is event.kind)
    answer = life.decide(state, edge.command, event.by, given, AT, edge.choice)
    return answer if isinstance(answer, Refusal) else None


@pytest.mark.parametrize(("route", "kind"), WALKS, ids=str)
def test_reasons_and_contents_are_asked_for_wherever_the_step_is_possible(route: Route, kind: str) -> None:
    seen: set[tuple[EventKind, Status | None]] = set()
    for place, events in walk(route, kind).items():
        for event in events:
            if (key := (event.kind, place.state.status)) in seen:
                continue
            seen.add(key)
            given = papers(kind, place.receiver)
            for blank in (None, "", " \u3000\n"):
                refusal = refused(place.state, event, replace(given, reason=blank))
                assert (refusal is not None) is (event.kind in NEEDS_REASON), event.kind
                assert refusal is None or refusal.code is RefusalCode.REASON_REQUIRED
            refusal = refused(place.state, event, replace(given, missing={"report": "调查报告"}))
            assert (refusal is not None) is (event.kind in NEEDS_CONTENTS), event.kind
            if refusal is not None:
                assert refusal.code is RefusalCode.CONTENTS_INCOMPLETE
                assert refusal.missing == ("调查报告（report）",)
            if event.kind in NEEDS_REASON:
                with pytest.raises(life.ImpossibleHistory):
                    life.apply(place.state, replace(event, reason=None))


def draft(route: Route, kind: str = "PUBLIC_SECURITY", given: Given | None = None) -> Event | Refusal:
    state = life.beginning(route)
    return life.decide(state, Command.DRAFT, ACTORS["sender"], given or papers(kind, None), AT)


def code(answer: Event | Refusal) -> RefusalCode:
    assert isinstance(answer, Refusal)
    return answer.code


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (None, RefusalCode.RECEIVER_REQUIRED),
        (Addressee("", "PUBLIC_SECURITY"), RefusalCode.RECEIVER_REQUIRED),
        (Addressee(SENDER, "PUBLIC_SECURITY"), RefusalCode.RECEIVER_REQUIRED),
        (Addressee(FIRST, "HEALTH"), RefusalCode.RECEIVER_OF_OTHER_KIND),
    ],
)
def test_a_draft_names_another_agency_of_the_route(to: Addressee | None, expected: RefusalCode) -> None:
    given = replace(papers("PUBLIC_SECURITY", None), to=to)
    assert code(draft(Route.TO_PUBLIC_SECURITY, given=given)) is expected


@pytest.mark.parametrize("route", [Route.REVERSE, Route.OTHER])
@pytest.mark.parametrize("kind", ["PUBLIC_SECURITY", "DISCIPLINE_INSPECTION"])
def test_police_and_supervision_are_reached_on_their_own_routes_only(route: Route, kind: str) -> None:
    assert code(draft(route, kind)) is RefusalCode.RECEIVER_OF_OTHER_KIND


def test_a_revised_draft_does_not_turn_back_to_its_sender() -> None:
    drafted = draft(Route.OTHER, "FUND_OPERATOR")
    assert isinstance(drafted, Event)
    given = replace(papers("FUND_OPERATOR", FIRST), to=Addressee(SENDER, "FUND_OPERATOR"))
    answer = life.decide(life.fold([drafted]), Command.DRAFT, ACTORS["sender"], given, AT)
    assert code(answer) is RefusalCode.RECEIVER_OF_OTHER_KIND


@pytest.mark.parametrize("officers", [(), (DRAFTER,), (DRAFTER, DRAFTER), (DRAFTER, f" {DRAFTER} "), (DRAFTER, " ")])
def test_the_police_route_names_two_case_officers(officers: tuple[str, ...]) -> None:
    drafted = draft(Route.TO_PUBLIC_SECURITY)
    assert isinstance(drafted, Event)
    given = replace(papers("PUBLIC_SECURITY", FIRST), officers=officers)
    answer = life.decide(life.fold([drafted]), Command.SUBMIT, ACTORS["sender"], given, AT)
    assert code(answer) is RefusalCode.TWO_OFFICERS_REQUIRED


def test_sending_to_police_needs_the_copy_to_the_procuratorate_and_delay_needs_lateness() -> None:
    for place, events in walk(Route.TO_PUBLIC_SECURITY, "PUBLIC_SECURITY").items():
        given = papers("PUBLIC_SECURITY", place.receiver)
        for event in events:
            without = refused(place.state, event, replace(given, procuratorate=None))
            assert (without is not None) is (event.kind is EventKind.SENT)
            early = refused(place.state, event, replace(given, overdue=False))
            assert (early is not None) is (event.kind is EventKind.EXPLANATION_OF_DELAY_DEMANDED)


@pytest.mark.parametrize("part", ["drafted", "revised", "submitted", "named"])
def test_no_author_approves_whatever_their_part(part: str) -> None:
    """Two persons: whoever drafted, revised, submitted or was named as case officer does not decide on it."""
    clerk, head = ACTORS["sender"], Actor(Role.SENDER_CASE_OFFICER, SENDER, HEAD)
    named = (DRAFTER, HEAD if part == "named" else "30010003")
    given = replace(papers("PUBLIC_SECURITY", None), officers=named)
    state = life.beginning(Route.TO_PUBLIC_SECURITY)
    for step, command in (("drafted", Command.DRAFT), ("revised", Command.DRAFT), ("submitted", Command.SUBMIT)):
        event = life.decide(state, command, head if step == part else clerk, given, AT)
        assert isinstance(event, Event)
        state = life.apply(state, event)
    principal = Actor(Role.SENDER_PRINCIPAL, SENDER, HEAD)
    for command in (Command.APPROVE, Command.SEND_BACK, Command.REFUSE_APPROVAL):
        assert code(life.decide(state, command, principal, given, AT)) is RefusalCode.AUTHOR_MAY_NOT_APPROVE
    other = Actor(Role.SENDER_PRINCIPAL, SENDER, "30010010")
    assert isinstance(life.decide(state, Command.APPROVE, other, given, AT), Event)


def test_a_clock_of_the_case_is_not_started_by_the_draft_nor_reset_by_another() -> None:
    route, kind = Route.HEALTHCARE_SECURITY_TO_HEALTH, "HEALTH"
    served = AT - timedelta(days=5)
    for _ in range(2):  # a second transfer after a recall counts from the same service
        drafted = draft(route, kind, replace(papers(kind, None), since=served))
        assert isinstance(drafted, Event)
        (clock,) = life.fold([drafted]).clocks
        assert (clock.clock, clock.since) == (Clock.HEALTH_TRANSFER_AFTER_SERVICE, served)
    clue = draft(route, kind, replace(papers(kind, None), since=None))
    assert isinstance(clue, Event)
    assert life.fold([clue]).clocks == (), "a mere clue has no clock (R9)"


def test_only_sending_and_forwarding_name_the_procuratorate() -> None:
    """Nobody makes an agency of its choice the supervising procuratorate by another step."""
    for place, events in walk(Route.TO_PUBLIC_SECURITY, "PUBLIC_SECURITY").items():
        for event in events:
            named = replace(event, procuratorate="650102-PROCURATORATE")
            after = life.apply(place.state, named).procuratorate
            may = event.kind in {EventKind.SENT, EventKind.FORWARDED}
            assert (after == "650102-PROCURATORATE") is may


def test_every_refusal_has_words_and_every_word_is_bilingual() -> None:
    assert set(WORDINGS) == set(RefusalCode)
    for words in WORDINGS.values():
        for text in (words.zh, words.do_zh):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text)
        for text in (words.en, words.do_en):
            assert text[0].isascii()


def test_every_refusal_cites_a_rule() -> None:
    codes = set()
    for route, kind in WALKS:
        for place in list(walk(route, kind))[::7]:
            for _, actor in everybody(place.receiver):
                for command in Command:
                    answer = life.allowed(place.state, command, actor)
                    if isinstance(answer, Refusal):
                        codes.add(answer.code)
                        assert answer.clause
    # The rest are refusals of what a command brings, tested above, or need an answer (`choice`) to be given.
    assert len(codes) > 30


def test_the_outer_status_is_that_of_the_schema() -> None:
    assert [str(status) for status in Status] == [str(status) for status in ClueTransferStatus]


def test_what_tells_of_a_transfer_to_supervision_is_confidential() -> None:
    onward = {
        edge.event
        for edges in TABLES.values()
        for edge in edges
        if edge.choice is life.Choice.TO_DISCIPLINE_INSPECTION or edge.command is life.Command.NOTIFY_AGENCY
    }
    assert onward == CONFIDENTIAL


@pytest.mark.parametrize("history", [[], ["second"]])
def test_a_history_begins_with_a_draft(history: list[str]) -> None:
    event = Event(EventKind.SENT, AT, ACTORS["sender"])
    with pytest.raises(life.ImpossibleHistory):
        life.fold([event] * len(history))
