"""What is refused, and that nothing changes by it: who, two persons, where to, contents, text, what one may not know."""

import dataclasses
import uuid
from datetime import date, timedelta

import pytest
from commands_world import (
    ACTING,
    CITY_MARKET,
    DISCIPLINE,
    HEALTH,
    MARKET,
    POLICE,
    RECEIPT,
    RESULT,
    SECURITY,
    Desk,
    first,
    head,
    item,
    papers,
    second,
)  # fmt: skip
from test_commands_routes import approved, drafted, ended, received, sent

from hub.clues.commands import AuthorityLost, CaseCommand
from hub.clues.commands_inputs import INPUTS
from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line

# --- who ---------------------------------------------------------------------------------------------------------------


def test_the_drafter_never_approves(world):
    """Neither who drafted, nor who revised, submitted or is named, though each is a principal officer too."""
    transfer = drafted(world, SECURITY, HEALTH)
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    for number, author in enumerate((first(SECURITY), second(SECURITY))):
        both = Desk(SECURITY, "兼任", f"both-{number}-{transfer}"[:20])
        world.register(both, "PRINCIPAL_OFFICER")
        world.owner.execute(
            "UPDATE officer SET roles = '{CASE_OFFICER,PRINCIPAL_OFFICER}' WHERE certificate_no = %s",
            (author.certificate,),
        )
        assert world.refused(author, C.APPROVE, id=transfer) == ["AUTHOR_MAY_NOT_APPROVE"]
        assert world.refused(author, C.REFUSE_APPROVAL, id=transfer, reason="否") == ["AUTHOR_MAY_NOT_APPROVE"]
        world.owner.execute(
            "UPDATE officer SET roles = '{CASE_OFFICER}' WHERE certificate_no = %s", (author.certificate,)
        )
    world.do(head(SECURITY), C.APPROVE, id=transfer)


def test_only_the_principal_officer_approves_recalls_for_police_and_reopens(world):
    transfer = drafted(world, SECURITY, POLICE)
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    assert world.refused(second(SECURITY), C.APPROVE, id=transfer) == ["ROLE_NOT_ALLOWED"]
    assert world.give(second(SECURITY), C.APPROVE, id=transfer).user_errors[0].missing == ("移送机关主要负责人",)
    world.do(head(SECURITY), C.APPROVE, id=transfer)
    assert world.refused(head(SECURITY), C.SEND, id=transfer) == ["ROLE_NOT_ALLOWED"]
    world.do(first(SECURITY), C.SEND, id=transfer)
    assert world.refused(first(SECURITY), C.RECALL, id=transfer, reason="撤回") == ["ROLE_NOT_ALLOWED"]
    world.do(head(SECURITY), C.RECALL, id=transfer, reason="撤回")
    closed = received(world, SECURITY, MARKET)
    world.do(first(MARKET), C.START_HANDLING, id=closed)
    ended(world, SECURITY, MARKET, closed)
    assert world.refused(first(MARKET), C.REOPEN, id=closed, reason="新事实") == ["ROLE_NOT_ALLOWED"]
    world.do(head(MARKET), C.REOPEN, id=closed, reason="新事实")


def test_no_command_without_a_registered_officer(world):
    draft = {"caseNo": world.opened(first(SECURITY)), **papers(HEALTH)}
    nobody = world.caller(first(SECURITY), officer=False)
    assert world.refused(nobody, C.DRAFT, **draft) == ["OFFICER_REQUIRED"]
    day = date(2026, 9, 21)
    for name, number, begin, end in (
        ("未登记", None, None, None),
        ("已到期", "expired-1", date(2020, 1, 1), day - timedelta(days=1)),
        ("未到任", "early-1", day + timedelta(days=1), None),
    ):
        desk = Desk(SECURITY, name, number or "unknown-1")
        if number:
            world.register(desk, "CASE_OFFICER", begin, end)
        assert world.refused(desk, C.DRAFT, **draft) == ["OFFICER_NOT_REGISTERED"]
    renamed = dataclasses.replace(first(SECURITY), name="另一人")
    assert world.refused(renamed, C.DRAFT, **draft) == ["OFFICER_NOT_REGISTERED"]
    borrowed = dataclasses.replace(first(HEALTH), agency=SECURITY)
    assert world.refused(borrowed, C.DRAFT, **draft) == ["OFFICER_NOT_REGISTERED"]
    last = Desk(SECURITY, "末日", "last-day-1")
    world.register(last, "CASE_OFFICER", date(2020, 1, 1), day)
    world.do(last, C.DRAFT, **draft)


def test_the_officer_acts_by_the_beijing_day(world):
    last = Desk(SECURITY, "末日", "last-day-2")
    world.register(last, "CASE_OFFICER", date(2020, 1, 1), date(2026, 9, 21))
    world.later(hours=13, minutes=59)  # 23:59 in Beijing
    world.do(last, CaseCommand.OPEN)
    world.later(minutes=1)
    assert world.refused(last, CaseCommand.OPEN) == ["OFFICER_NOT_REGISTERED"]


def test_the_police_route_names_two_registered_case_officers(world):
    transfer = drafted(world, SECURITY, POLICE, caseOfficers=[])
    one, two = first(SECURITY).certificate, second(SECURITY).certificate
    assert world.refused(first(SECURITY), C.SUBMIT, id=transfer) == ["TWO_OFFICERS_REQUIRED"]
    assert world.refused(first(SECURITY), C.SUBMIT, id=transfer, caseOfficers=[one, one]) == ["TWO_OFFICERS_REQUIRED"]
    for stranger in ("no-such-1", first(HEALTH).certificate, head(SECURITY).certificate):
        given = {"id": transfer, "caseOfficers": [one, stranger]}
        result = world.give(first(SECURITY), C.SUBMIT, **given)
        assert [(str(e.code), e.field) for e in result.user_errors] == [("UNKNOWN_OFFICER", "caseOfficers.1")]
    world.do(first(SECURITY), C.SUBMIT, id=transfer, caseOfficers=[one, two])
    assert world.row(transfer)["case_officers"] == [one, two]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE access_token SET revoked_at = now() WHERE token_hash = %(token)s",
        "UPDATE access_token SET expires_at = issued_at WHERE token_hash = %(token)s",
        "UPDATE client SET disabled_at = now() WHERE client_id = %(client)s",
        "UPDATE agency SET disabled_at = now() WHERE code = %(agency)s",
        "UPDATE scope_grant SET revoked_at = now() WHERE client_id = %(client)s AND scope = 'clues:write'",
        "UPDATE purpose_grant SET revoked_at = now() WHERE client_id = %(client)s AND purpose = 'market-regulation'",
        "UPDATE client_key SET retired_at = '2020-01-01' WHERE client_id = %(client)s",
        "UPDATE agency SET region = '640100' WHERE code = %(agency)s",
    ],
)
def test_authority_that_ended_commands_nothing(world, change):
    caller = world.caller(first(MARKET))
    before = world.contents()
    values = {"token": caller.token_hash, "client": caller.client_id, "agency": MARKET}
    with world.owner.transaction(force_rollback=True):
        pass
    saved = {
        table: world.rows(f"SELECT * FROM {table} WHERE {column} = %s", value)
        for table, column, value in (("client", "client_id", caller.client_id), ("agency", "code", MARKET))
    }
    world.owner.execute(change, values)
    try:
        with pytest.raises(AuthorityLost):
            world.give(caller, CaseCommand.OPEN)
        assert world.contents() == before
    finally:
        world.owner.execute("UPDATE client SET disabled_at = NULL WHERE client_id = %(client)s", values)
        world.owner.execute("UPDATE agency SET disabled_at = NULL, region = '640104' WHERE code = %(agency)s", values)
        world.owner.execute("UPDATE scope_grant SET revoked_at = NULL WHERE client_id = %(client)s", values)
        world.owner.execute("UPDATE purpose_grant SET revoked_at = NULL WHERE client_id = %(client)s", values)
        world.owner.execute("UPDATE client_key SET retired_at = NULL WHERE client_id = %(client)s", values)
    assert saved
    world.do(world.caller(first(MARKET)), CaseCommand.OPEN)


def test_scope_and_purpose(world):
    reader = world.caller(first(SECURITY), scopes=("clues:read",))
    assert world.refused(reader, CaseCommand.OPEN) == ["SCOPE_MISSING"]
    for purpose in ("market-regulation", "case-oversight"):
        assert world.refused(world.caller(first(SECURITY), purpose=purpose), CaseCommand.OPEN) == [
            "PURPOSE_NOT_ALLOWED"
        ]


def test_a_token_that_names_a_case_acts_in_it_only(world):
    mine, other = world.opened(first(SECURITY)), world.opened(first(SECURITY))
    transfer = drafted(world, SECURITY, HEALTH, case_no=mine)
    elsewhere = world.caller(first(SECURITY), case_no=other)
    assert world.refused(elsewhere, C.SUBMIT, id=transfer) == ["OTHER_CASE"]
    assert world.refused(elsewhere, C.DRAFT, caseNo=mine, **papers(HEALTH)) == ["OTHER_CASE"]
    world.do(world.caller(first(SECURITY), case_no=mine), C.SUBMIT, id=transfer)


# --- what one may not know of -----------------------------------------------------------------------------------------


GIVEN = {
    C.SIGN_RECEIPT: RECEIPT,
    C.REPORT_RESULT: RESULT,
    C.HANDLE_AFTER_DECLINE: RESULT,
    C.DESIGNATE: {"choice": "CONFIRM", "reason": "指定"},
    C.TRANSFER_ONWARD: {"choice": "TO_PUBLIC_SECURITY", "draft": {"receiver": POLICE}},
}


@pytest.mark.parametrize("command", [command for command in INPUTS if isinstance(command, C)])
def test_a_foreign_transfer_looks_like_an_absent_one(world, command):
    """For every agency that is no party: drafts, sent and closed ones, those to 纪检监察, and one that never was."""
    draft = drafted(world, SECURITY, HEALTH)
    secret = sent(world, SECURITY, DISCIPLINE)
    running = received(world, SECURITY, MARKET)
    absent = uuid.uuid4()
    strangers = {
        draft: set(ACTING) - {SECURITY},
        secret: set(ACTING) - {SECURITY, DISCIPLINE},
        running: set(ACTING) - {SECURITY, MARKET},
    }
    for transfer, agencies in strangers.items():
        for agency in sorted(agencies):
            for purpose in (None, "case-oversight"):
                if (command, transfer, agency, purpose) == (C.DESIGNATE, running, CITY_MARKET, "case-oversight"):
                    continue  # oversight may know of it
                caller = world.caller(first(agency), purpose=purpose)
                told = [
                    world.give(caller, command, id=one, **GIVEN.get(command, {})).user_errors
                    for one in (transfer, absent)
                ]
                assert told[0] == told[1], (agency, transfer)
                assert told[0]


def test_a_case_that_one_is_nothing_to_looks_absent(world):
    case_no = world.opened(first(SECURITY))
    drafted(world, SECURITY, HEALTH, case_no=case_no)
    for place in (case_no, "640104-2026-999999"):
        result = world.give(first(HEALTH), C.DRAFT, caseNo=place, **papers(SECURITY))
        assert [(str(e.code), e.field) for e in result.user_errors] == [("NOT_A_PARTY", "caseNo")]


def test_an_agency_that_is_a_subject_of_the_case_finds_nothing(world):
    (row,) = world.rows("SELECT uscc FROM agency WHERE code = %s", HEALTH)
    subject = [{"kind": "FUND_OPERATOR", "name": "某单位", "uscc": row["uscc"]}]
    transfer = sent(world, SECURITY, HEALTH, parties=subject)
    assert world.refused(first(HEALTH), C.SIGN_RECEIPT, id=transfer, **RECEIPT) == ["NOT_A_PARTY"]


def test_a_notified_agency_commands_nothing(world):
    transfer = sent(world, SECURITY, HEALTH, notified=[MARKET])
    assert world.rows("SELECT 1 FROM record_party k JOIN clue_transfer t ON t.id = k.transfer_id"
                      " WHERE t.public_id = %s AND k.agency = %s", transfer, MARKET)  # fmt: skip
    assert world.refused(first(MARKET), C.SIGN_RECEIPT, id=transfer, **RECEIPT) == ["NOT_A_PARTY"]


def test_nobody_takes_the_other_sides_step(world):
    transfer = received(world, SECURITY, MARKET)
    assert world.refused(first(SECURITY), C.START_HANDLING, id=transfer) == ["KIND_NOT_ALLOWED"]
    assert world.refused(first(SECURITY), C.REPORT_RESULT, id=transfer, **RESULT) == ["ROLE_NOT_ALLOWED"]
    assert world.refused(first(MARKET), C.ACKNOWLEDGE_RESULT, id=transfer) == ["ROLE_NOT_ALLOWED"]
    assert world.refused(first(MARKET), C.FILE_CASE, id=transfer) == ["KIND_NOT_ALLOWED"]


# --- when --------------------------------------------------------------------------------------------------------------


def test_no_step_is_skipped(world):
    transfer = drafted(world, SECURITY, HEALTH)
    assert world.refused(first(SECURITY), C.SEND, id=transfer) == ["APPROVAL_REQUIRED"]
    approved(world, SECURITY, transfer)
    world.do(first(SECURITY), C.SEND, id=transfer)
    assert world.refused(first(SECURITY), C.SEND, id=transfer) == ["ALREADY_SENT"]
    assert world.refused(first(HEALTH), C.START_HANDLING, id=transfer) == ["RECEIPT_NOT_SIGNED"]
    assert world.refused(first(HEALTH), C.CLOSE, id=transfer) == ["RESULT_REQUIRED"]
    world.do(first(HEALTH), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    assert world.refused(first(SECURITY), C.RECALL, id=transfer, reason="撤回") == ["RECEIPT_SIGNED"]
    world.do(first(HEALTH), C.START_HANDLING, id=transfer)
    assert world.refused(first(HEALTH), C.CLOSE, id=transfer) == ["RESULT_REQUIRED"]
    world.do(first(HEALTH), C.REPORT_RESULT, id=transfer, **RESULT)
    assert world.refused(first(HEALTH), C.CLOSE, id=transfer) == ["NOT_ACKNOWLEDGED"]


def test_a_refused_approval_is_the_end(world):
    transfer = drafted(world, SECURITY, HEALTH)
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    assert world.refused(head(SECURITY), C.REFUSE_APPROVAL, id=transfer) == ["REASON_REQUIRED"]
    world.do(head(SECURITY), C.REFUSE_APPROVAL, id=transfer, reason="证据不足")
    assert world.refused(first(SECURITY), C.DRAFT, id=transfer, summary="改") == ["APPROVAL_REFUSED"]
    assert world.row(transfer)["closed_at"] == world.now


def test_sent_back_revised_and_sent(world):
    transfer = drafted(world, SECURITY, HEALTH)
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    assert world.refused(first(SECURITY), C.DRAFT, id=transfer, summary="改") == ["NOT_A_DRAFT"]
    world.do(head(SECURITY), C.SEND_BACK, id=transfer, reason="请补充")
    evidence = [item("INVESTIGATION_REPORT"), item("MEDICAL_RECORD", data_class="HEALTH_DATA")]
    insured = [{"name": "某某", "residentId": "110101199003077715", "medicalRecordNo": "B1", "diagnosis": "高血压"}]
    world.do(second(SECURITY), C.DRAFT, id=transfer, summary="改后", evidence=evidence, insuredPersons=insured,
             catalogueCodes=["NX2022-HS-5"], discoveredOn="2026-09-10")  # fmt: skip
    row = world.row(transfer)
    assert (row["summary"], row["source"], row["catalogue_codes"]) == ("改后", "SMART_MONITORING", ["NX2022-HS-5"])
    assert {one["discovered_on"] for one in world.rows("SELECT discovered_on FROM record_party WHERE transfer_id = %s", row["id"])} == {
        date(2026, 9, 10)
    }  # fmt: skip
    approved(world, SECURITY, transfer)
    world.do(first(SECURITY), C.SEND, id=transfer)


def test_a_recalled_number_stays_used(world):
    transfer = sent(world, SECURITY, HEALTH)
    number = world.row(transfer)["doc_number"]
    world.do(second(SECURITY), C.RECALL, id=transfer, reason="有误")
    assert world.row(transfer)["doc_number"] == number
    assert world.row(sent(world, SECURITY, HEALTH))["doc_number"] == number + 1
