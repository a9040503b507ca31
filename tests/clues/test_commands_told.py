"""What one side puts on file the other side reads: the steps of a transfer, as `ClueTransfer.steps` shows them."""

from commands_world import (
    DISCIPLINE,
    HEALTH,
    POLICE,
    RESULT,
    SECURITY,
    CommandWorld,
    first,
    head,
    item,
    papers,
    second,
)
from test_commands_routes import drafted, received

from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line


def steps(world: CommandWorld, transfer) -> list[dict]:
    return world.rows(
        "SELECT s.* FROM transfer_step s JOIN clue_transfer t ON t.id = s.transfer_id WHERE t.public_id = %s ORDER BY s.position",
        transfer,
    )


def told(world: CommandWorld, transfer, kind: str) -> dict:
    (found,) = [row for row in steps(world, transfer) if row["kind"] == kind]
    return found


def test_the_other_side_reads_what_is_missing_what_came_and_the_result(world):
    transfer = received(world, SECURITY, HEALTH)
    world.do(second(HEALTH), C.REQUEST_SUPPLEMENT, id=transfer, reason="缺少费用清单")
    asked = told(world, transfer, "SUPPLEMENT_REQUESTED")
    assert (asked["agency"], asked["reason"], asked["at"]) == (HEALTH, "缺少费用清单", world.now)
    world.do(second(SECURITY), C.SUPPLEMENT, id=transfer, note="补交", evidence=[item("OTHER", "费用清单.xlsx")])
    assert told(world, transfer, "SUPPLEMENTED")["detail"] == "补交"
    world.do(first(HEALTH), C.START_HANDLING, id=transfer)
    amounts = [{"kind": "追回", "yuan": "12345.60"}, {"kind": "罚款", "yuan": "200.00"}]
    world.do(first(HEALTH), C.REPORT_RESULT, id=transfer, **RESULT | {"amounts": amounts, "sanctions": ["警告"]})
    result = told(world, transfer, "RESULT_REPORTED")
    assert (result["amounts"], result["sanctions"]) == (["追回 12345.60", "罚款 200.00"], ["警告"])
    assert (result["result_kind"], result["document_no"], str(result["decided_on"]), result["detail"]) == (
        RESULT["kind"], RESULT["documentNo"], RESULT["decidedOn"], RESULT["detail"],
    )  # fmt: skip


def test_why_public_security_declined_and_what_was_handed_over(world):
    transfer = received(world, SECURITY, POLICE)
    world.do(first(POLICE), C.DECLINE_CASE, id=transfer, reason="犯罪事实显著轻微", documentNo="公不立字〔2026〕1号")
    declined = told(world, transfer, "CASE_DECLINED")
    assert (declined["reason"], declined["document_no"]) == ("犯罪事实显著轻微", "公不立字〔2026〕1号")
    world.do(first(SECURITY), C.REQUEST_RECONSIDERATION, id=transfer, reason="数额已达标准")
    assert told(world, transfer, "RECONSIDERATION_REQUESTED")["reason"] == "数额已达标准"
    world.do(first(POLICE), C.ANSWER_RECONSIDERATION, id=transfer, choice="FILE", documentNo="公立字〔2026〕2号")
    world.do(first(SECURITY), C.HAND_OVER_ARTICLES, id=transfer, articles=["账本"], materials=["笔录"])
    assert told(world, transfer, "ARTICLES_HANDED_OVER")["items"] == ["账本", "笔录"]


def test_why_a_draft_was_sent_back_is_the_senders_own_and_gone_when_it_is_sent(world):
    transfer = drafted(world, SECURITY, HEALTH)
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    world.do(head(SECURITY), C.SEND_BACK, id=transfer, reason="内部意见")
    assert told(world, transfer, "SENT_BACK")["reason"] == "内部意见"
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    world.do(head(SECURITY), C.APPROVE, id=transfer)
    world.do(first(SECURITY), C.SEND, id=transfer)
    assert [row["kind"] for row in steps(world, transfer)] == ["APPROVED", "SENT"]


def test_no_step_tells_of_a_transfer_to_discipline_inspection(world):
    transfer = received(world, HEALTH, SECURITY)
    world.do(first(SECURITY), C.FILE_CASE, id=transfer)
    before = steps(world, transfer)
    world.do(
        first(SECURITY), C.TRANSFER_ONWARD, id=transfer, choice="TO_DISCIPLINE_INSPECTION",
        draft=papers(DISCIPLINE, by=SECURITY),
    )  # fmt: skip
    world.do(first(SECURITY), C.NOTIFY_AGENCY, id=transfer, choice="DEFER", reason="可能妨碍调查")
    assert steps(world, transfer) == before
