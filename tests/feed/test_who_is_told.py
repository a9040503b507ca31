"""Each step is told to those who may hear of it, and no feed tells anything of what its agency may not know."""

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
    SECURITY,
    ZONE_HEALTH,
    first,
    head,
    papers,
    second,
)
from feed_world import PAGE, SCOPES, FeedWorld

from hub.clues.commands import CaseCommand
from hub.clues.events import CONFIDENTIAL, Actor, Addressee, Event, EventKind
from hub.clues.events_told import PROCEDURE, SUPERVISED, Told, told
from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line
from hub.clues.lifecycle_state import TransferState
from hub.clues.lifecycle_words import Role, Route, Status


def received(feeds: FeedWorld, sender: str, receiver: str, **more):
    public_id = feeds.sent(sender, receiver, **more)
    feeds.commanding.later(hours=1)
    feeds.commanding.do(first(receiver), C.SIGN_RECEIPT, id=public_id, **RECEIPT)
    return public_id


def test_who_forwards_hears_that_it_left_and_the_next_begins_there(feeds: FeedWorld) -> None:
    world = feeds.commanding
    readers = {agency: feeds.reader(agency) for agency in (SECURITY, POLICE, CITY_POLICE)}
    for reader in readers.values():
        reader.read()
    public_id = received(feeds, SECURITY, POLICE)
    readers[POLICE].read()
    assert str(public_id) in readers[POLICE].copy
    moved = {"receiver": CITY_POLICE, "procuratorate": CITY_PROCURATORATE, "reason": "市局管辖"}
    world.do(first(POLICE), C.FORWARD, id=public_id, **moved)
    (left,) = readers[POLICE].read()
    assert (left["change"], left["reason"], left["tombstone"], left["record"]) == ("LEFT", "FORWARDED", True, None)
    assert str(public_id) not in readers[POLICE].copy
    world.do(first(CITY_POLICE), C.SIGN_RECEIPT, id=public_id, **RECEIPT)
    assert [node["change"] for node in readers[CITY_POLICE].read()] == ["FORWARDED", "ARRIVED", "RECEIPT_SIGNED"]
    assert readers[POLICE].read() == []
    readers[SECURITY].read()
    assert readers[SECURITY].kinds(public_id)[-5:] == [
        "ARRIVED", "RECEIPT_SIGNED", "FORWARDED", "ARRIVED", "RECEIPT_SIGNED",
    ]  # fmt: skip
    # Who comes late hears that it left and nothing of what was before; a new copy does not hold it.
    late = feeds.reader(POLICE)
    assert str(public_id) not in {node["id"] for node in late.read()}


def test_a_receiver_that_waited_to_read_hears_only_that_it_left(feeds: FeedWorld) -> None:
    reader = feeds.reader(POLICE)
    reader.read()
    public_id = received(feeds, SECURITY, POLICE)
    moved = {"receiver": CITY_POLICE, "procuratorate": CITY_PROCURATORATE, "reason": "市局管辖"}
    feeds.commanding.do(first(POLICE), C.FORWARD, id=public_id, **moved)
    reader.read()
    assert reader.kinds(public_id) == ["LEFT"]


def test_a_subject_that_was_the_receiver_hears_nothing_not_even_that_it_left(feeds: FeedWorld) -> None:
    world = feeds.commanding
    (row,) = world.rows("SELECT uscc FROM agency WHERE code = %s", HEALTH)
    reader = feeds.reader(HEALTH)
    reader.read()
    before = feeds.page(feeds.token(HEALTH), reader.cursor)
    public_id = feeds.sent(SECURITY, HEALTH, parties=[{"kind": "FUND_OPERATOR", "name": "某单位", "uscc": row["uscc"]}])
    # As a common superior would give it to another agency.
    world.owner.execute(
        "INSERT INTO transfer_change (agency, xid, transfer_id, kind, at, reason) SELECT %s, pg_current_xact_id(), id,"
        " 'LEFT', now(), 'JURISDICTION_REASSIGNED' FROM clue_transfer WHERE public_id = %s",
        (HEALTH, public_id),
    )
    told_ = world.rows("SELECT kind FROM transfer_change c JOIN clue_transfer t ON t.id = c.transfer_id"
                       " WHERE t.public_id = %s AND c.agency = %s", public_id, HEALTH)  # fmt: skip
    assert {row["kind"] for row in told_} == {"SENT", "LEFT"}, "written, and yet not told"
    assert reader.read() == []
    after = feeds.page(feeds.token(HEALTH), reader.cursor)
    assert {**before, "cursor": "", "watermark": ""} == {**after, "cursor": "", "watermark": ""}
    assert str(public_id) not in {node["id"] for node in feeds.reader(HEALTH).read()}


def test_a_dispute_tells_the_superior_nothing_here_and_the_old_receiver_that_it_left(feeds: FeedWorld) -> None:
    world = feeds.commanding
    readers = {agency: feeds.reader(agency) for agency in (HEALTH, CITY_HEALTH, ZONE_HEALTH)}
    for reader in readers.values():
        reader.read()
    public_id = received(feeds, SECURITY, HEALTH)
    world.do(first(HEALTH), C.RETURN_NOT_COMPETENT, id=public_id, reason="属宁东管辖")
    superior = world.caller(first(CITY_HEALTH), purpose="case-oversight")
    world.do(superior, C.DESIGNATE, id=public_id, choice="REASSIGN", reason="指定", receiver=ZONE_HEALTH)
    assert [node["reason"] for node in readers[HEALTH].read()] == ["JURISDICTION_REASSIGNED"]
    assert [node["change"] for node in readers[ZONE_HEALTH].read()] == ["JURISDICTION_REASSIGNED"]
    assert readers[CITY_HEALTH].read() == []
    oversight = feeds.page(feeds.token(CITY_HEALTH, "case-oversight"))
    assert (oversight["nodes"], oversight["hasMore"]) == ([], False)


def test_a_transfer_to_discipline_inspection_is_told_to_its_two_parties(feeds: FeedWorld) -> None:
    """And what is done on the parent towards it, to the agency that does it: the sender of the parent hears nothing."""
    world = feeds.commanding
    others = (HEALTH, POLICE, PROCURATORATE, CITY_HEALTH, MARKET)
    readers = {agency: feeds.reader(agency) for agency in (*others, SECURITY, DISCIPLINE)}
    parent = received(feeds, HEALTH, SECURITY)
    world.do(first(SECURITY), C.FILE_CASE, id=parent)
    for reader in readers.values():
        reader.read()
    before = {agency: feeds.page(feeds.token(agency), readers[agency].cursor) for agency in others}
    child = world.do(
        first(SECURITY), C.TRANSFER_ONWARD, id=parent, choice="TO_DISCIPLINE_INSPECTION",
        draft=papers(DISCIPLINE, parties=[{"kind": "PUBLIC_OFFICER", "name": "某某"}]),
    ).child  # fmt: skip
    world.do(first(SECURITY), C.NOTIFY_AGENCY, id=parent, choice="DEFER", reason="可能妨碍调查")
    world.do(first(SECURITY), C.SUBMIT, id=child)
    world.do(head(SECURITY), C.APPROVE, id=child)
    world.do(first(SECURITY), C.SEND, id=child)
    world.do(first(DISCIPLINE), C.SIGN_RECEIPT, id=child, **RECEIPT)
    for agency in others:
        after = feeds.page(feeds.token(agency), readers[agency].cursor)
        assert len(after["cursor"]) == len(before[agency]["cursor"])
        assert {**after, "cursor": "", "watermark": ""} == {**before[agency], "cursor": "", "watermark": ""}
        assert after["nodes"] == []
    told_ = readers[SECURITY].read()
    assert {kind for node in told_ if node["id"] == str(parent) for kind in [node["change"]]} == {
        "TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION", "NOTICE_DEFERRED",
    }  # fmt: skip
    readers[DISCIPLINE].read()
    assert readers[DISCIPLINE].kinds(child) == ["SENT", "ARRIVED", "RECEIPT_SIGNED"]


def test_the_notified_hear_of_the_procedure_and_begin_when_notified(feeds: FeedWorld) -> None:
    world = feeds.commanding
    readers = {agency: feeds.reader(agency) for agency in (HEALTH, PROCURATORATE)}
    for reader in readers.values():
        reader.read()
    parent = received(feeds, HEALTH, SECURITY)
    world.do(first(SECURITY), C.FILE_CASE, id=parent)
    given = papers(POLICE, by=SECURITY)
    child = world.do(first(SECURITY), C.TRANSFER_ONWARD, id=parent, choice="TO_PUBLIC_SECURITY", draft=given).child
    world.do(first(SECURITY), C.SUBMIT, id=child)
    world.do(head(SECURITY), C.APPROVE, id=child)
    world.do(first(SECURITY), C.SEND, id=child)
    world.do(first(SECURITY), C.NOTIFY_AGENCY, id=parent)
    world.do(first(POLICE), C.SIGN_RECEIPT, id=child, **RECEIPT)
    world.do(first(POLICE), C.DECLINE_CASE, id=child, reason="没有犯罪事实")
    world.do(first(SECURITY), C.REQUEST_RECONSIDERATION, id=child, reason="事实清楚")
    readers[HEALTH].read()
    readers[PROCURATORATE].read()
    assert readers[HEALTH].kinds(child) == ["AGENCY_NOTIFIED", "ARRIVED", "RECEIPT_SIGNED", "CASE_DECLINED"]
    assert readers[PROCURATORATE].kinds(child) == [
        "SENT", "ARRIVED", "RECEIPT_SIGNED", "CASE_DECLINED", "RECONSIDERATION_REQUESTED",
    ]  # fmt: skip


def test_another_case_number_is_told(feeds: FeedWorld) -> None:
    world = feeds.commanding
    readers = {agency: feeds.reader(agency) for agency in (SECURITY, HEALTH, MARKET)}
    public_id = feeds.sent(SECURITY, HEALTH)
    for reader in readers.values():
        reader.read()
    case_no = readers[SECURITY].copy[str(public_id)]["caseNo"]
    into = world.opened(first(SECURITY))
    world.do(first(SECURITY), CaseCommand.MERGE, caseNo=case_no, into=into, reason="同一违法行为")
    for agency in (SECURITY, HEALTH):
        (node,) = readers[agency].read()
        assert (node["change"], node["record"]["caseNo"]) == ("CASE_CHANGED", into)
    parted = world.do(
        first(SECURITY), CaseCommand.SPLIT, caseNo=into, transfers=[str(public_id)], reason="分案"
    ).case_no
    assert readers[HEALTH].read()[0]["record"]["caseNo"] == parted
    assert readers[MARKET].read() == []


def test_what_the_draft_went_through_is_the_senders_own(feeds: FeedWorld) -> None:
    reader = feeds.reader(HEALTH)
    reader.read()
    world = feeds.commanding
    draft = world.do(
        first(SECURITY), C.DRAFT, caseNo=world.opened(first(SECURITY)), **papers(HEALTH, by=SECURITY)
    ).transfer
    world.do(first(SECURITY), C.SUBMIT, id=draft)
    assert reader.read() == []
    own = feeds.reader(SECURITY)
    own.read()
    assert str(draft) in own.copy


def test_a_purpose_that_opens_no_procedure_and_a_missing_scope(feeds: FeedWorld) -> None:
    platform = feeds.owner.execute("SELECT code FROM agency WHERE kind = 'CREDIT_PLATFORM' LIMIT 1").fetchone()
    assert platform
    answered = feeds.ask(feeds.token(platform[0]), PAGE)
    assert answered["data"]["clueTransferChanges"]["nodes"] == []
    hidden = {entry["coordinate"] for entry in answered["extensions"]["masked"]}
    assert {"ClueTransferChange.id", "ClueTransferChange.change", "ClueTransferChange.record"} <= hidden
    for missing in ("feed:read", "clues:read"):
        scopes = [scope for scope in SCOPES if scope != missing]
        answered = feeds.ask(feeds.token(HEALTH, scopes=scopes), PAGE)
        assert answered["data"] == {"clueTransferChanges": None}
        (entry,) = answered["extensions"]["masked"]
        assert (entry["coordinate"], entry["scope"]) == ("Query.clueTransferChanges", missing)


def test_masks_are_those_of_a_query(feeds: FeedWorld) -> None:
    """INVESTIGATION opens with the case in the token, in the feed as in a query."""
    public_id = feeds.sent(SECURITY, HEALTH)
    fields = "id summary suspectedFacts parties { name } evidence { name } hiddenFields"
    case_no = feeds.commanding.row(public_id)["case_no"]
    for case in (None, case_no):
        token = feeds.token(HEALTH, case_no=case)
        answered = feeds.ask(token, f"{{ clueTransferChanges(first: 1000) {{ nodes {{ record {{ {fields} }} }} }} }}")
        (found,) = [
            node["record"] for node in answered["data"]["clueTransferChanges"]["nodes"] if node["record"]["id"] == str(public_id)
        ]  # fmt: skip
        asked = feeds.ask(
            token, f"query Q($id: ID!) {{ clueTransfer(id: $id) {{ {fields} }} }}", {"id": str(public_id)}
        )
        assert found == asked["data"]["clueTransfer"]
        assert (found["summary"] is None) is (case is None)


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_has_its_hearers(kind: EventKind) -> None:
    """Pure: the parties unless it is confidential, the notified the procedure only, the 检察院 what it supervises."""
    by = Actor(Role.RECEIVER_CASE_OFFICER, "R", "1")
    event = Event(kind, datetime(2026, 1, 1, tzinfo=UTC), by)
    sent = TransferState(
        Route.TO_PUBLIC_SECURITY, Status.RECEIVED, "S", Addressee("R", "PUBLIC_SECURITY"), procuratorate="P"
    )
    found = told(event, sent, sent)
    if kind in CONFIDENTIAL:
        assert found == Told(("R",))
        return
    assert found.agencies == (("S", "R", "P") if kind in SUPERVISED else ("S", "R"))
    assert found.notified == (kind in PROCEDURE)
    assert not {kind} & PROCEDURE & CONFIDENTIAL
    draft = TransferState(Route.TO_PUBLIC_SECURITY, Status.DRAFT, "S", Addressee("R", "PUBLIC_SECURITY"))
    assert told(event, draft, draft) == Told(("S",))


def test_the_second_officer_is_not_another_agency(feeds: FeedWorld) -> None:
    """What an officer of the same agency does is told once, to the agency."""
    public_id = received(feeds, SECURITY, HEALTH)
    reader = feeds.reader(HEALTH)
    reader.read()
    feeds.commanding.do(second(HEALTH), C.REQUEST_SUPPLEMENT, id=public_id, reason="缺少费用清单")
    assert [node["change"] for node in reader.read()] == ["SUPPLEMENT_REQUESTED"]
