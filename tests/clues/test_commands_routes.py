"""Each route from the draft to the closed transfer, on the real database: every step durable, the row always the fold."""

from datetime import UTC, datetime

import pytest
from commands_world import (
    CITY_HEALTH,
    CITY_POLICE,
    CITY_PROCURATORATE,
    DISCIPLINE,
    HEALTH,
    MARKET,
    POLICE,
    PROCURATORATE,
    RECEIPT,
    RESULT,
    SECURITY,
    ZONE_HEALTH,
    CommandWorld,
    first,
    head,
    item,
    papers,
    second,
)  # fmt: skip

from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line

OF = {HEALTH: "START_HANDLING", MARKET: "START_HANDLING", DISCIPLINE: "START_HANDLING", SECURITY: "FILE_CASE"}


def drafted(world: CommandWorld, sender: str, receiver: str, **more):
    case_no = more.pop("case_no", None) or world.opened(first(sender))
    return world.do(first(sender), C.DRAFT, caseNo=case_no, **papers(receiver, by=sender, **more)).transfer


def approved(world: CommandWorld, sender: str, transfer) -> None:
    world.do(first(sender), C.SUBMIT, id=transfer)
    world.do(head(sender), C.APPROVE, id=transfer)


def sent(world: CommandWorld, sender: str, receiver: str, **more):
    transfer = drafted(world, sender, receiver, **more)
    if (sender, receiver) not in {(HEALTH, SECURITY), (POLICE, HEALTH), (POLICE, SECURITY)}:
        approved(world, sender, transfer)
    world.do(first(sender), C.SEND, id=transfer)
    return transfer


def received(world: CommandWorld, sender: str, receiver: str, **more):
    transfer = sent(world, sender, receiver, **more)
    world.later(hours=3)
    world.do(first(receiver), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    return transfer


def ended(world: CommandWorld, sender: str, receiver: str, transfer) -> None:
    world.do(first(receiver), C.REPORT_RESULT, id=transfer, **RESULT)
    world.do(first(sender), C.ACKNOWLEDGE_RESULT, id=transfer)
    world.do(first(receiver), C.CLOSE, id=transfer)


@pytest.mark.parametrize(
    ("sender", "receiver"), [(SECURITY, HEALTH), (HEALTH, SECURITY), (SECURITY, MARKET), (SECURITY, DISCIPLINE)]
)
def test_from_the_draft_to_the_end(world, sender, receiver):
    transfer = received(world, sender, receiver)
    world.do(second(receiver), C.REQUEST_SUPPLEMENT, id=transfer, reason="缺少费用清单")
    assert world.row(transfer)["due_clock"] == "supplement"
    world.later(days=1)
    world.do(second(sender), C.SUPPLEMENT, id=transfer, note="补交", evidence=[item("OTHER", "费用清单.xlsx")])
    world.do(first(receiver), C[OF[receiver]], id=transfer)
    world.later(days=10)
    ended(world, sender, receiver, transfer)
    row = world.row(transfer)
    assert row["result_reported_at"] == world.now
    assert (row["status"], row["outcome"], row["result_detail"]) == ("CLOSED", "PENALTY_IMPOSED", "已作出行政处罚")
    assert world.rows("SELECT count(*) AS n FROM evidence WHERE transfer_id = %s", row["id"]) == [{"n": 6}]
    world.do(head(receiver), C.REOPEN, id=transfer, reason="发现新的事实")
    assert world.row(transfer)["closed_at"] is None
    assert world.kinds(transfer)[-1] == "REOPENED"


def test_the_clock_of_the_transfer_runs_from_the_fact(world):
    """R9: seven working days from service: 20 September 2026 is a working Sunday, 25 September 中秋. A mere clue: none."""
    transfer = drafted(world, SECURITY, HEALTH, penaltyServedOn="2026-09-18")
    row = world.row(transfer)
    assert row["due_clock"] == "health_transfer_after_service"
    assert (row["due_pack"], row["due_clause"], row["due_binding"]) == ("NX2022", "三（二）第二款", True)
    assert row["due_provisional"] is False
    assert row["due_at"] == datetime(2026, 9, 29, 16, tzinfo=UTC)  # midnight after Tuesday the 29th
    mere = drafted(world, SECURITY, HEALTH)
    assert world.row(mere)["due_at"] is None
    back = drafted(world, HEALTH, SECURITY)
    assert world.row(back)["due_clock"] == "security_transfer_after_discovery"


def test_police_files_and_the_articles_follow(world):
    transfer = sent(world, SECURITY, POLICE)
    assert world.row(transfer)["procuratorate"] == PROCURATORATE
    world.do(first(POLICE), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    world.do(first(POLICE), C.FILE_CASE, id=transfer, documentNo="兴公立〔2026〕3号")
    assert world.row(transfer)["due_clock"] == "articles_handover"
    world.do(first(POLICE), C.REPORT_RESULT, id=transfer, **RESULT)
    world.do(first(SECURITY), C.ACKNOWLEDGE_RESULT, id=transfer)
    assert world.refused(first(POLICE), C.CLOSE, id=transfer) == ["ARTICLES_NOT_HANDED_OVER"]
    world.do(first(SECURITY), C.HAND_OVER_ARTICLES, id=transfer, articles=["病历12份"])
    world.do(first(POLICE), C.CLOSE, id=transfer)


def test_police_decline_reconsideration_and_filing_supervision(world):
    transfer = received(world, SECURITY, POLICE)
    world.do(first(POLICE), C.DECLINE_CASE, id=transfer, reason="没有犯罪事实")
    world.do(first(SECURITY), C.REQUEST_RECONSIDERATION, id=transfer, reason="事实清楚")
    world.do(first(POLICE), C.ANSWER_RECONSIDERATION, id=transfer, choice="UPHOLD", reason="维持")
    world.do(first(SECURITY), C.REQUEST_FILING_SUPERVISION, id=transfer, reason="建议立案监督")
    supervisor = first(PROCURATORATE)
    world.do(supervisor, C.REQUEST_FILING_SUPERVISION, id=transfer, choice="DEMAND_EXPLANATION", reason="说明理由")
    world.do(first(POLICE), C.ANSWER_FILING_SUPERVISION, id=transfer, choice="EXPLAIN", reason="理由如下")
    world.do(supervisor, C.REQUEST_FILING_SUPERVISION, id=transfer, choice="DEMAND_FILING", reason="理由不成立")
    world.do(first(POLICE), C.ANSWER_FILING_SUPERVISION, id=transfer, choice="FILE")
    world.do(first(SECURITY), C.HAND_OVER_ARTICLES, id=transfer, materials=["案卷一册"])
    ended(world, SECURITY, POLICE, transfer)


def test_police_that_decides_late_is_asked_why(world):
    transfer = received(world, SECURITY, POLICE)
    supervisor = first(PROCURATORATE)
    asked = {"choice": "DEMAND_EXPLANATION", "reason": "逾期未决定"}
    assert world.refused(supervisor, C.REQUEST_FILING_SUPERVISION, id=transfer, **asked) == ["NOT_OVERDUE"]
    world.later(days=5)
    world.do(supervisor, C.REQUEST_FILING_SUPERVISION, id=transfer, **asked)


def test_declined_and_handled_by_the_sender_itself(world):
    transfer = received(world, SECURITY, POLICE)
    world.do(first(POLICE), C.DECLINE_CASE, id=transfer, reason="情节显著轻微")
    world.do(first(SECURITY), C.HANDLE_AFTER_DECLINE, id=transfer, **RESULT)
    assert world.row(transfer)["outcome"] is None
    ended(world, SECURITY, POLICE, transfer)


def test_police_forwards_to_another_bureau(world):
    transfer = received(world, SECURITY, POLICE)
    world.do(
        first(POLICE), C.FORWARD, id=transfer, receiver=CITY_POLICE, procuratorate=CITY_PROCURATORATE, reason="市局管辖"
    )
    row = world.row(transfer)
    assert (row["receiver"], row["forwarded_from"], row["receiver_region"]) == (CITY_POLICE, POLICE, "640100")
    assert row["received_at"] is None
    assert world.refused(first(POLICE), C.FILE_CASE, id=transfer) == ["NOT_A_PARTY"]
    world.do(first(CITY_POLICE), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    world.do(first(CITY_POLICE), C.RETURN_NOT_COMPETENT, id=transfer, reason="不属于公安机关职责范围")


def test_police_transfers_back_without_crime(world):
    transfer = received(world, SECURITY, POLICE)
    world.do(first(POLICE), C.DECLINE_CASE, id=transfer, reason="没有犯罪事实，应当追究行政责任")
    result = world.do(first(POLICE), C.TRANSFER_BACK, id=transfer, reason="应当追究行政责任")
    child = world.row(result.child)
    assert (child["route"], child["sender"], child["receiver"]) == ("REVERSE", POLICE, SECURITY)
    assert child["parent_id"] == world.row(transfer)["id"]
    world.check(result.child)
    world.do(first(POLICE), C.DRAFT, id=result.child, evidence=[item("INTERVIEW_RECORD")])
    world.do(first(POLICE), C.SEND, id=result.child)
    world.do(first(SECURITY), C.SIGN_RECEIPT, id=result.child, **RECEIPT)
    world.do(first(SECURITY), C.FILE_CASE, id=result.child)


def test_onward_to_police_and_the_health_agency_is_told(world):
    transfer = received(world, HEALTH, SECURITY)
    world.do(first(SECURITY), C.FILE_CASE, id=transfer)
    onward = world.do(
        first(SECURITY), C.TRANSFER_ONWARD, id=transfer, choice="TO_PUBLIC_SECURITY",
        draft=papers(POLICE, by=SECURITY),
    )  # fmt: skip
    world.do(first(SECURITY), C.NOTIFY_AGENCY, id=transfer)
    row = world.row(onward.child)
    assert (row["route"], row["status"], row["parent_id"]) == ("TO_PUBLIC_SECURITY", "DRAFT", world.row(transfer)["id"])
    approved(world, SECURITY, onward.child)
    world.do(first(SECURITY), C.SEND, id=onward.child)
    known = {one["agency"] for one in world.rows("SELECT agency FROM record_party WHERE transfer_id = %s", row["id"])}
    assert known == {SECURITY, POLICE, PROCURATORATE, HEALTH}
    assert world.refused(first(HEALTH), C.SIGN_RECEIPT, id=onward.child, **RECEIPT) == ["NOT_A_PARTY"]
    ended(world, HEALTH, SECURITY, transfer)


def test_onward_to_discipline_inspection_stays_between_two(world):
    transfer = received(world, HEALTH, SECURITY)
    world.do(first(SECURITY), C.FILE_CASE, id=transfer)
    before = world.row(transfer)
    onward = world.do(
        first(SECURITY), C.TRANSFER_ONWARD, id=transfer, choice="TO_DISCIPLINE_INSPECTION",
        draft=papers(DISCIPLINE, parties=[{"kind": "PUBLIC_OFFICER", "name": "某某"}]),
    )  # fmt: skip
    assert world.row(transfer) == before
    assert world.refused(first(SECURITY), C.NOTIFY_AGENCY, id=transfer, choice="DEFER") == ["REASON_REQUIRED"]
    world.do(first(SECURITY), C.NOTIFY_AGENCY, id=transfer, choice="DEFER", reason="可能妨碍调查")
    assert world.row(transfer) == before
    confidential = {
        row["kind"]: row["confidential"]
        for row in world.rows("SELECT kind, confidential FROM transfer_event WHERE transfer_id = %s", before["id"])
    }
    assert confidential["TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION"]
    assert confidential["NOTICE_DEFERRED"]
    assert not confidential["CASE_FILED"]
    approved(world, SECURITY, onward.child)
    world.do(first(SECURITY), C.SEND, id=onward.child)
    child = world.row(onward.child)["id"]
    known = {row["agency"] for row in world.rows("SELECT agency FROM record_party WHERE transfer_id = %s", child)}
    assert known == {SECURITY, DISCIPLINE}
    for stranger in (HEALTH, POLICE, PROCURATORATE, CITY_HEALTH):
        asked = {"id": onward.child, **RECEIPT}
        assert world.refused(first(stranger), C.SIGN_RECEIPT, **asked) == ["NOT_A_PARTY"]


def test_a_dispute_goes_to_the_common_superior(world):
    transfer = received(world, SECURITY, HEALTH)
    world.do(first(HEALTH), C.RETURN_NOT_COMPETENT, id=transfer, reason="属宁东管辖")
    assert world.row(transfer)["due_clock"] == "designation"
    assert world.refused(first(HEALTH), C.START_HANDLING, id=transfer) == ["COMPETENCE_DISPUTED"]
    superior = world.caller(first(CITY_HEALTH), purpose="case-oversight")
    given = {"id": transfer, "choice": "REASSIGN", "reason": "指定宁东管辖"}
    assert world.refused(superior, C.DESIGNATE, **given) == ["RECEIVER_REQUIRED"]
    world.do(superior, C.DESIGNATE, **given, receiver=ZONE_HEALTH)
    row = world.row(transfer)
    assert (row["receiver"], row["forwarded_from"], row["status"]) == (ZONE_HEALTH, HEALTH, "SENT")
    world.do(first(ZONE_HEALTH), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    assert world.refused(first(ZONE_HEALTH), C.RETURN_NOT_COMPETENT, id=transfer, reason="否") == [
        "JURISDICTION_DESIGNATED"
    ]


def test_a_reverse_transfer_without_a_parent(world):
    transfer = sent(world, POLICE, HEALTH)
    assert world.row(transfer)["route"] == "REVERSE"
    world.do(first(HEALTH), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    world.do(first(HEALTH), C.START_HANDLING, id=transfer)


def test_one_case_several_receivers(world):
    case_no = world.opened(first(SECURITY))
    transfers = [
        sent(world, SECURITY, receiver, case_no=case_no, evidence=[item(kind) for kind in kinds])
        for receiver, kinds in (
            (HEALTH, ("VIOLATION_LIST", "INVESTIGATION_REPORT", "MEDICAL_RECORD")),
            (MARKET, ("PURCHASE_LEDGER",)),
            (POLICE, ("INVESTIGATION_REPORT", "EXPERT_OPINION", "INTERVIEW_RECORD")),
        )
    ]
    numbers = [world.row(transfer)["doc_number"] for transfer in transfers]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert {world.row(transfer)["case_no"] for transfer in transfers} == {case_no}
