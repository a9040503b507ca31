"""Two cases as they go in life, told in the order of days. Everybody in them is invented."""

from commands_world import (
    CITY_HEALTH,
    CITY_SECURITY,
    HEALTH,
    MARKET,
    POLICE,
    PROCURATORATE,
    RECEIPT,
    RESULT,
    SECURITY,
    first,
    item,
    papers,
)
from telling import Telling


def test_a_hospital_that_examined_twice(told: Telling) -> None:
    """兴庆区医保局 finds 重复检查, penalises, and hands the matter to 卫健 on the sixth working day, over 国庆."""
    with told.on("09-14"):
        case_no = told.opened(first(SECURITY))

    # The penalty decision is served on Monday 28 September. Seven working days (000三（二）): the 29th and 30th; then the
    # holiday to 7 October; the 8th, the 9th, Saturday the 10th, which is worked, the 12th, and the last on the 13th.
    with told.on("09-28"):
        transfer = told.drafts(
            SECURITY, HEALTH, case_no, penaltyServedOn="2026-09-28", catalogueCodes=["NX2022-HS-4"],
            summary="某医院对住院患者重复检查", violationAmount="86400.00", fundLoss="60480.00",
        )  # fmt: skip
        assert told.due(SECURITY, transfer) == ("health_transfer_after_service", "10-14 00:00")
        assert [one["code"] for one in told.refuses(SECURITY, "sendClueTransfer", transfer)] == ["APPROVAL_REQUIRED"]
        told.acts(SECURITY, "submitClueTransfer", transfer)

    with told.on("10-09"):
        told.principal(SECURITY, "approveClueTransfer", transfer)

    with told.on("10-12"):  # the sixth working day
        sent = told.acts(SECURITY, "sendClueTransfer", transfer)
        assert sent["docNo"] == "银兴医保(局)案移字〔2026〕1号"
        assert told.sees(MARKET, "id", transfer) is None, "no party, no transfer"

    with told.on("10-13"):
        told.acts(HEALTH, "signReceipt", transfer, **RECEIPT)
        told.acts(HEALTH, "requestSupplement", transfer, reason="缺少收费明细")
        assert told.due(SECURITY, transfer) == ("supplement", "10-17 00:00"), "three days, natural ones"

    with told.on("10-15"):
        told.acts(
            SECURITY, "supplementClueTransfer", transfer, note="补交收费明细",
            evidence=[item("OTHER", "收费明细.xlsx")],
        )  # fmt: skip

    # 卫健 reads what it needs, under the case; names of insured persons never.
    with told.on("10-16"):
        fields = "summary evidence { name } insuredPersons { name } hiddenFields"
        seen = told.sees(HEALTH, fields, transfer, case_no)
        assert seen["summary"] == "某医院对住院患者重复检查"
        assert "收费明细.xlsx" in {one["name"] for one in seen["evidence"]}
        assert told.sees(HEALTH, fields, transfer)["summary"] is None, "without the case: procedure only"
        told.acts(HEALTH, "startHandling", transfer)

    with told.on("11-20"):
        told.acts(HEALTH, "reportResult", transfer, **RESULT)
    with told.on("11-23"):
        told.acts(SECURITY, "acknowledgeResult", transfer)
    with told.on("11-24"):
        assert told.acts(HEALTH, "closeClueTransfer", transfer)["status"] == "CLOSED"

    # The annual report shows it on both sides.
    with told.on("12-31"):
        by_security, by_health = told.year(CITY_SECURITY, "640100"), told.year(CITY_HEALTH, "640100")
        assert by_security["sent"]["total"] == 1
        assert by_security["sent"]["byOutcome"] == [{"key": "PENALTY_IMPOSED", "count": 1}]
        assert by_health["received"]["total"] == 1
        for side in (by_security, by_health):
            (flow,) = [
                flow for flow in side["flows"]
                if (flow["senderKind"], flow["receiverKind"]) == ("HEALTHCARE_SECURITY", "HEALTH")
            ]  # fmt: skip
            assert (flow["sent"], flow["received"], flow["differences"]) == (1, 1, [])


def test_beds_without_patients(told: Telling) -> None:  # noqa: PLR0915 - a long story
    """卫健 finds 挂床住院; 医保 files the case; a crime appears; 公安 declines, and files after the 检察院 asks why."""
    with told.on("09-14"):
        case_no = told.opened(first(HEALTH))
        transfer = told.drafts(
            HEALTH, SECURITY, case_no, catalogueCodes=["NX2022-HE-1"], summary="某医院挂床住院骗取医保基金",
            discoveredOn="2026-09-14",
        )  # fmt: skip
        told.acts(HEALTH, "sendClueTransfer", transfer)  # 000 asks no approval of 卫健
    with told.on("09-15"):
        told.acts(SECURITY, "signReceipt", transfer, **RECEIPT)
        told.acts(SECURITY, "fileCase", transfer, documentNo="银兴医保立〔2026〕8号")

    # A crime appears: 公安 gets its part of the case, the same-level 卫健 is told that it did (000三（二）).
    with told.on("10-08"):
        onward = told.do(
            first(SECURITY), "transferOnward", id=transfer, choice="TO_PUBLIC_SECURITY", reason="涉嫌诈骗罪",
            draft={name: value for name, value in papers(POLICE, by=SECURITY).items() if value is not None},
        )["child"]["id"]  # fmt: skip
        told.acts(SECURITY, "submitClueTransfer", onward)
    with told.on("10-09"):
        told.principal(SECURITY, "approveClueTransfer", onward)
        assert told.due(SECURITY, onward) == ("police_transfer", "10-10 09:00"), "24 hours (310号令第五条)"
    with told.on("10-09", 15):
        told.acts(SECURITY, "sendClueTransfer", onward)
        told.acts(SECURITY, "notifyAgency", transfer)
    with told.on("10-09", 16):
        health = told.sees(HEALTH, "status summary", onward, case_no)
        assert health == {"status": health["status"], "summary": None}, "told that there is one, and no more"
        assert told.refuses(HEALTH, "signReceipt", onward, **RECEIPT)[0]["code"] == "NOT_A_PARTY"

    with told.on("10-10"):
        told.acts(POLICE, "signReceipt", onward, **RECEIPT)
        assert told.due(POLICE, onward) == ("police_decision", "10-14 00:00"), "three days of acceptance"
    with told.on("10-12"):
        told.acts(POLICE, "declineCase", onward, reason="没有犯罪事实")
    with told.on("10-13"):
        told.acts(SECURITY, "requestReconsideration", onward, reason="挂床240人次，事实清楚")
    with told.on("10-15"):
        told.acts(POLICE, "answerReconsideration", onward, choice="UPHOLD", reason="维持原决定")
    with told.on("10-16"):
        told.acts(SECURITY, "requestFilingSupervision", onward, reason="建议立案监督")
    with told.on("10-19"):
        told.acts(
            PROCURATORATE, "requestFilingSupervision", onward, choice="DEMAND_EXPLANATION", reason="说明不立案理由"
        )
        assert told.due(POLICE, onward) == ("police_explains", "10-27 00:00"), "seven days (159号令182条)"
    with told.on("10-23"):
        told.acts(POLICE, "answerFilingSupervision", onward, choice="EXPLAIN", reason="理由如下")
    with told.on("10-26"):
        told.acts(PROCURATORATE, "requestFilingSupervision", onward, choice="DEMAND_FILING", reason="理由不能成立")
    with told.on("10-30"):
        told.acts(POLICE, "answerFilingSupervision", onward, choice="FILE")
        assert told.due(SECURITY, onward) == ("articles_handover", "11-03 00:00"), (
            "articles within three days (310第十二条)"
        )
    with told.on("11-02"):
        told.acts(SECURITY, "handOverArticles", onward, articles=["病历12份"], materials=["案卷一册"])
    with told.on("11-20"):
        told.acts(POLICE, "reportResult", onward, **{**RESULT, "kind": "CRIMINAL_CASE_FILED"})
    with told.on("11-23"):
        told.acts(SECURITY, "acknowledgeResult", onward)
        told.acts(POLICE, "closeClueTransfer", onward)
        told.acts(SECURITY, "reportResult", transfer, **RESULT)
    with told.on("11-24"):
        told.acts(HEALTH, "acknowledgeResult", transfer)
        assert told.acts(SECURITY, "closeClueTransfer", transfer)["status"] == "CLOSED"
    with told.on("12-31"):
        year = told.year(CITY_SECURITY, "640100")
        assert year["sent"]["byOutcome"] == [{"key": "CRIMINAL_CASE_FILED", "count": 1}]
        assert year["received"]["total"] == 1
