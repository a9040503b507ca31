"""What is refused for where it goes, for what it holds and for its text, and that nothing changes by it."""

import re

import pytest
from commands_world import (
    CITY_DISCIPLINE,
    CITY_HEALTH,
    CITY_POLICE,
    CITY_PROCURATORATE,
    DISCIPLINE,
    FAR_HEALTH,
    HEALTH,
    MARKET,
    POLICE,
    PROCURATORATE,
    RECEIPT,
    RULES,
    SECURITY,
    ZONE_HEALTH,
    first,
    item,
    papers,
)  # fmt: skip
from pydantic.alias_generators import to_camel
from test_commands_routes import approved, drafted, received, sent

from hub.clues.commands import CaseCommand, execute
from hub.clues.commands_errors import CODES
from hub.clues.commands_inputs import Draft, EvidenceKind
from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line

# --- where to ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("receiver", "code"),
    [
        (CITY_HEALTH, "WRONG_LEVEL"),
        (FAR_HEALTH, "WRONG_REGION"),
        (ZONE_HEALTH, "WRONG_REGION"),
        (CITY_POLICE, "WRONG_LEVEL"),
        (SECURITY, "RECEIVER_REQUIRED"),
        ("640104-NOBODY", "UNKNOWN_AGENCY"),
    ],
)
def test_the_receiver_is_the_competent_agency_of_the_same_level(world, receiver, code):
    case_no = world.opened(first(SECURITY))
    given = papers(receiver, caseNo=case_no)
    assert world.refused(first(SECURITY), C.DRAFT, **given) == [code]
    if code.startswith("WRONG"):
        errors = world.give(first(SECURITY), C.DRAFT, **given).user_errors
        assert all("640104-" in one for error in errors for one in error.missing)


def test_a_cadre_of_a_higher_level_belongs_to_its_discipline_inspection(world):
    drafted(world, SECURITY, CITY_DISCIPLINE)


def test_violations_go_to_the_kind_that_they_belong_to(world):
    case_no = world.opened(first(SECURITY))
    wrong = papers(MARKET, caseNo=case_no, catalogueCodes=["NX2022-HS-5"])
    result = world.give(first(SECURITY), C.DRAFT, **wrong)
    assert [(str(e.code), e.missing) for e in result.user_errors] == [("RECEIVER_NOT_COMPETENT", ("HEALTH",))]
    world.do(first(SECURITY), C.DRAFT, **papers(HEALTH, caseNo=case_no, catalogueCodes=["NX2022-HS-5"]))


def test_a_draft_keeps_its_route(world):
    transfer = drafted(world, SECURITY, HEALTH)
    assert world.refused(first(SECURITY), C.DRAFT, id=transfer, receiver=MARKET) == ["RECEIVER_OF_OTHER_KIND"]


def test_the_copy_goes_to_a_procuratorate_of_the_place(world):
    case_no = world.opened(first(SECURITY))
    for copied in (HEALTH, "650102-PROCURATORATE"):
        given = papers(POLICE, by=SECURITY, caseNo=case_no, procuratorate=copied)
        assert world.refused(first(SECURITY), C.DRAFT, **given) == ["WRONG_REGION"]
    transfer = drafted(world, SECURITY, POLICE, procuratorate=None)
    approved(world, SECURITY, transfer)
    assert world.refused(first(SECURITY), C.SEND, id=transfer) == ["PROCURATORATE_COPY_REQUIRED"]


def test_nobody_is_notified_of_a_transfer_to_discipline_inspection(world):
    given = papers(DISCIPLINE, caseNo=world.opened(first(SECURITY)), notified=[HEALTH])
    assert world.refused(first(SECURITY), C.DRAFT, **given) == ["INVALID_INPUT"]


def test_a_receiver_that_was_disabled_is_not_sent_to(world):
    transfer = drafted(world, SECURITY, HEALTH)
    approved(world, SECURITY, transfer)
    world.owner.execute("UPDATE agency SET disabled_at = now() WHERE code = %s", (HEALTH,))
    try:
        assert world.refused(first(SECURITY), C.SEND, id=transfer) == ["UNKNOWN_AGENCY"]
    finally:
        world.owner.execute("UPDATE agency SET disabled_at = NULL WHERE code = %s", (HEALTH,))


# --- contents ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "receiver", "command", "missing"),
    [
        (SECURITY, HEALTH, C.SUBMIT, {"涉案主体", "违法违规问题清单或者目录", "书面移交报告", "违法违规明细", "相关证据材料"}),
        (HEALTH, SECURITY, C.SEND, {"涉案主体", "涉案物品清单", "有关书证、物证", "检验报告或者鉴定结论"}),
        (SECURITY, POLICE, C.SUBMIT, {"涉案主体", "涉嫌犯罪案件情况的调查报告", "涉案物品清单", "检验报告或者鉴定结论",
                                       "其他有关涉嫌犯罪的材料"}),
        (SECURITY, MARKET, C.SUBMIT, {"涉案主体", "涉嫌事实", "相关证据材料"}),
        (POLICE, HEALTH, C.SEND, {"涉案主体", "涉嫌事实", "相关证据材料"}),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(world, sender, receiver, command, missing):
    transfer = drafted(world, sender, receiver, parties=[], evidence=[], articles=[], suspectedFacts=None)
    result = world.give(first(sender), command, id=transfer)
    (error,) = result.user_errors
    assert (str(error.code), {one.partition("（")[0] for one in error.missing}) == ("CONTENTS_INCOMPLETE", missing)
    if receiver == POLICE:
        assert error.clause == "国务院令第310号第六条"
    fields = {to_camel(name) for name in Draft.model_fields}
    for place in (re.fullmatch(r".+（(.+)）", one)[1] for one in error.missing):
        field, _, kind = place.partition(".")
        assert field in fields, "each names where it goes"
        assert not kind or kind in EvidenceKind.__members__
    world.do(first(sender), C.DRAFT, id=transfer, **{
        name: value for name, value in papers(receiver).items() if name in {"parties", "evidence", "articles", "suspectedFacts"}
    })  # fmt: skip
    world.do(first(sender), command, id=transfer)


def test_receipt_result_and_articles_are_complete(world):
    transfer = sent(world, SECURITY, POLICE)
    result = world.give(first(POLICE), C.SIGN_RECEIPT, id=transfer)
    assert result.user_errors[0].missing == (
        "案卷页数（pages）",
        "有关文书和证据（documents）",
        "印章（sealed）",
    )
    world.do(first(POLICE), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    world.do(first(POLICE), C.FILE_CASE, id=transfer)
    assert world.refused(first(SECURITY), C.HAND_OVER_ARTICLES, id=transfer) == ["CONTENTS_INCOMPLETE"]
    result = world.give(first(POLICE), C.REPORT_RESULT, id=transfer, kind="CRIMINAL_CASE_FILED")
    assert len(result.user_errors[0].missing) == 4
    (kept,) = world.rows(
        "SELECT payload FROM transfer_event e JOIN clue_transfer t ON t.id = e.transfer_id"
        " WHERE t.public_id = %s AND e.kind = 'RECEIPT_SIGNED'", transfer,
    )  # fmt: skip
    assert kept["payload"]["record"] == {
        "pages": 42, "documents": ["移送书", "调查报告"], "sealed": True, "addressee": SECURITY,
        "docNo": world.row(transfer)["doc_no"],
    }  # fmt: skip


def test_an_unanswered_supplement_ends_nothing(world):
    transfer = received(world, SECURITY, MARKET)
    world.do(first(MARKET), C.REQUEST_SUPPLEMENT, id=transfer, reason="缺材料")
    world.later(days=30)
    assert world.refused(first(MARKET), C.RETURN_NOT_COMPETENT, id=transfer, reason="材料不全") == [
        "SUPPLEMENT_UNANSWERED"
    ]
    assert world.refused(first(MARKET), C.CLOSE, id=transfer) == ["RESULT_REQUIRED"]
    world.do(first(MARKET), C.START_HANDLING, id=transfer)


# --- text ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "value", "code", "field"),
    [
        ("summary", "患者110101199003077715多次就诊", "IDENTITY_NUMBER_IN_TEXT", "summary"),
        ("suspectedFacts", "１１０１０１ 19900307 7715", "IDENTITY_NUMBER_IN_TEXT", "suspectedFacts"),
        ("summary", "旧号 110101900307771", "IDENTITY_NUMBER_IN_TEXT", "summary"),
        ("summary", "写错一位 110101199003077716", "IDENTITY_NUMBER_IN_TEXT", "summary"),
        ("summary", "11010119900307\u200b7715", "IDENTITY_NUMBER_IN_TEXT", "summary"),
        ("articles", ["病历", "证件 11010119900307771X"], "IDENTITY_NUMBER_IN_TEXT", "articles.1"),
        ("evidence", [item("OTHER", "110101199003077715.pdf")], "IDENTITY_NUMBER_IN_TEXT", "evidence.0.name"),
        ("summary", "机密★10年", "SECRET_IN_TEXT", "summary"),
        ("summary", "密级：工作秘密", "SECRET_IN_TEXT", "summary"),
        ("suspectedFacts", "属于国家秘密", "SECRET_IN_TEXT", "suspectedFacts"),
        ("evidence", [item("OTHER") | {"secrecy": "秘密"}], "SECRET_IN_TEXT", "evidence.0.secrecy"),
        ("informantRef", "110101199003077715", "IDENTITY_NUMBER_IN_TEXT", "informantRef"),
        ("informantRef", "139-1234-5678", "INVALID_INPUT", "informantRef"),
        ("insuredPersons", [{"name": "某", "residentId": "110101199003077715", "medicalRecordNo": "110101199003077715",
                             "diagnosis": "某病"}], "IDENTITY_NUMBER_IN_TEXT", "insuredPersons.0.medicalRecordNo"),
        ("summary", "a\x00b", "INVALID_INPUT", "summary"),
        ("summary", "a\ud800b", "INVALID_INPUT", "summary"),
        ("summary", "x" * 20_001, "INVALID_INPUT", "summary"),
        ("discoveredOn", "2026-09-22", "INVALID_INPUT", "discoveredOn"),
        ("discoveredOn", "0001-01-01", "INVALID_INPUT", "discoveredOn"),
        ("summary", "\u202e疑似", "INVALID_INPUT", "summary"),
        ("summary", "\u200b\ufeff\u3164", "INVALID_INPUT", "summary"),
        ("summary", "疑\U000e0041似", "INVALID_INPUT", "summary"),
        ("discoveredOn", "2026-02-30", "INVALID_INPUT", "discoveredOn"),
        ("violationAmount", "NaN", "INVALID_INPUT", "violationAmount"),
        ("violationAmount", "-1", "INVALID_INPUT", "violationAmount"),
        ("violationAmount", "0.001", "INVALID_INPUT", "violationAmount"),
        ("insuredPersons", [{"name": "某", "residentId": "110101199003077716", "medicalRecordNo": "1", "diagnosis": "某病"}],
         "INVALID_INPUT", "insuredPersons.0.residentId"),
        ("parties", [{"kind": "THIRD_PARTY", "name": "某", "uscc": "91640100000000000A"}], "INVALID_INPUT", "parties.0.uscc"),
        ("evidence", [item("OTHER", data_class="ADMINISTRATION")], "INVALID_INPUT", "evidence.0.dataClass"),
        ("catalogueCodes", ["NX2022-HS-999"], "CATALOGUE_CODE_REFUSED", "catalogueCodes"),
        ("institution", "H00000000000", "UNKNOWN_INSTITUTION", "institution"),
        ("status", "CLOSED", "INVALID_INPUT", None),
        ("source", None, "INVALID_INPUT", "source"),
    ],
)  # fmt: skip
def test_input_that_is_refused_names_its_place_and_repeats_no_value(world, place, value, code, field):
    case_no = world.opened(first(SECURITY))
    given = papers(HEALTH, caseNo=case_no) | {place: value}
    before = world.contents()
    result = world.give(first(SECURITY), C.DRAFT, **given)
    assert [(str(error.code), error.field) for error in result.user_errors] == [(code, field)]
    assert world.contents() == before
    told = repr(result.user_errors)
    assert not any(secret in told for secret in ("110101", "7715", "90030777", "status", "ud800"))


def test_text_that_only_looks_like_it_is_kept(world):
    text = "涉及12345678901234567890号单据，电话13912345678；不涉及国家秘密。金额110101.19元"
    drafted(world, SECURITY, HEALTH, summary=text)


def test_reasons_are_free_text_too(world):
    transfer = received(world, SECURITY, HEALTH)
    given = {"id": transfer, "reason": "缺110101199003077715的病历"}
    assert world.refused(first(HEALTH), C.REQUEST_SUPPLEMENT, **given) == ["IDENTITY_NUMBER_IN_TEXT"]
    for nothing in ("  ", "\u200b", "\u3164\u2800"):
        assert world.refused(first(HEALTH), C.REQUEST_SUPPLEMENT, id=transfer, reason=nothing) == ["INVALID_INPUT"]


def test_the_hubs_own_step_is_nobodys_command(world):
    transfer = sent(world, SECURITY, HEALTH)
    assert world.refused(first(HEALTH), C.RECORD_ARRIVAL, id=transfer) == ["INVALID_INPUT"]


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with space", "键键键键键键键键", "a\x00bcdefgh"])
def test_idempotency_keys_have_a_form(world, key):
    result = execute(
        world.app, world.caller(first(SECURITY)), CaseCommand.OPEN, {}, key, world.now, may=RULES
    )  # fmt: skip
    assert [str(error.code) for error in result.user_errors] == ["INVALID_IDEMPOTENCY_KEY"]


def test_the_list_of_codes_is_closed():
    assert len(CODES) == len(set(CODES))
    assert {"CONTENTS_INCOMPLETE", "OTHER_CASE", "WRONG_LEVEL", "NOT_A_PARTY"} <= set(CODES)


def test_a_command_runs_in_no_other_transaction(world):
    with world.app.transaction(), pytest.raises(ValueError, match="its own transaction"):
        world.give(first(SECURITY), CaseCommand.OPEN)


def test_sent_material_stays_as_it_was(world):
    """Also for the hub's own role: the database refuses."""
    import psycopg

    transfer = world.row(sent(world, SECURITY, HEALTH))["id"]
    for table in ("evidence", "transfer_party", "insured_person", "clue_transfer_notified"):
        if world.rows(f"SELECT 1 FROM {table} WHERE transfer_id = %s", transfer):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                world.app.execute(f"DELETE FROM {table} WHERE transfer_id = %s", (transfer,))
    assert PROCURATORATE


def receipts(world, transfer):
    return world.rows(
        "SELECT r.agency, r.pages, r.documents, r.sealed, r.signed_at, r.officer_name, r.officer_certificate_no"
        " FROM transfer_receipt r JOIN clue_transfer t ON t.id = r.transfer_id WHERE t.public_id = %s ORDER BY r.id",
        transfer,
    )


def test_each_receiver_that_signs_leaves_its_receipt(world):
    """R13, R12: the bureau that forwards has signed, too; a refused or repeated command leaves none."""
    transfer = sent(world, SECURITY, POLICE)
    assert world.refused(first(POLICE), C.SIGN_RECEIPT, id=transfer) == ["CONTENTS_INCOMPLETE"]
    assert receipts(world, transfer) == []
    for _ in range(2):
        world.give(first(POLICE), C.SIGN_RECEIPT, "signed-once-00000001", id=transfer, **RECEIPT)
    signed = {
        "agency": POLICE, "pages": 42, "documents": ["移送书", "调查报告"], "sealed": True, "signed_at": world.now,
        "officer_name": first(POLICE).name, "officer_certificate_no": first(POLICE).certificate,
    }  # fmt: skip
    assert receipts(world, transfer) == [signed]
    world.later(hours=1)
    moved = {"receiver": CITY_POLICE, "procuratorate": CITY_PROCURATORATE, "reason": "市局管辖"}
    world.do(first(POLICE), C.FORWARD, id=transfer, **moved)
    assert receipts(world, transfer) == [signed]
    world.later(hours=1)
    world.do(first(CITY_POLICE), C.SIGN_RECEIPT, id=transfer, pages=43, documents=["移送书"], sealed=True)
    first_receipt, second_receipt = receipts(world, transfer)
    assert first_receipt == signed
    assert (second_receipt["agency"], second_receipt["pages"], second_receipt["signed_at"]) == (
        CITY_POLICE,
        43,
        world.now,
    )
