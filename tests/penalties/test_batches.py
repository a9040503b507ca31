"""Batches: each item by itself, all or nothing by choice, duplicates, revoked and recorded again, concurrency."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import chain

import pytest
from commands_world import DISCIPLINE, HEALTH, MARKET, POLICE, CaseCommand, Command, CommandWorld, head, papers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recording_world import (
    CREDIT,
    OPERATOR,
    SECURITY,
    RecordCommand,
    firm_penalty,
    first,
    inspection,
    measure,
    person_penalty,
)

C = RecordCommand
WHY = {"reason": "复议决定撤销", "clause": "处罚法第四十八条"}


def statuses(result) -> list[str]:
    return [str(item.status) for item in result.items]


def codes(result) -> list[list[tuple[str, str | None]]]:
    return [[(str(e.code), e.field) for e in item.user_errors] for item in result.items]


def test_a_batch_records_everything_with_its_events(world, here) -> None:
    given_ = [
        firm_penalty(institution=here, servedOn="2026-09-10"),
        person_penalty(),
        firm_penalty(kinds=["CONFISCATION", "WARNING", "FINE"], confiscation="0.1"),
    ]
    result = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=given_)
    assert statuses(result) == ["RECORDED"] * 3
    for item in result.items:
        world.check_record(item.record)
    one, person, three = (world.record(item.record) for item in result.items)
    assert (one["region"], one["status"], one["served_on"]) == ("640104", "SERVED", date(2026, 9, 10))
    assert (one["data_source"], one["authority"]) == (world.who(first(SECURITY)).agency_name, SECURITY)
    assert (person["counterparty_name"], person["counterparty_uscc"]) == (None, None)
    assert person["counterparty_key"] == person["counterparty_resident_id"]
    assert (three["kinds"], str(three["confiscation"])) == (["CONFISCATION", "FINE", "WARNING"], "0.10")
    assert world.told(result.items[0].record) == ["RECORDED", "SERVED"]
    assert world.told(result.items[1].record) == ["RECORDED"]


BAD = [
    ({"decisionNo": "银兴医保罚决2026-12"}, "decisionNo"),
    ({"decisionNo": "银兴医保罚决〔2025〕12号"}, "decisionNo"),
    ({"counterpartyUscc": "91640104MA0000000X"}, "counterpartyUscc"),
    ({"counterpartyUscc": None}, "counterpartyUscc"),
    ({"counterpartyName": None}, "counterpartyName"),
    ({"counterpartyPersonName": "虚构甲"}, "counterpartyPersonName"),
    ({"counterpartyCategory": "ALIEN"}, "counterpartyCategory"),
    ({"legalRepresentativeIdType": "RESIDENT_ID"}, "legalRepresentativeId"),
    (
        {"legalRepresentativeIdType": "RESIDENT_ID", "legalRepresentativeId": "640121199001011234"},
        "legalRepresentativeId",
    ),
    ({"fine": None}, "fine"),
    ({"fine": "0"}, "fine"),
    ({"fine": "-1"}, "fine"),
    ({"fine": "2000.001"}, "fine"),
    ({"fine": "NaN"}, "fine"),
    ({"fine": "1e30"}, "fine"),
    ({"confiscation": "5"}, "confiscation"),
    ({"kinds": []}, "kinds"),
    ({"kinds": ["FINE", "LICENCE_REVOCATION"]}, "licenceRevoked"),
    ({"severity": None}, "severity"),
    ({"decidedOn": "2026-09-22"}, "decidedOn"),
    ({"decidedOn": "2026-02-30"}, "decidedOn"),
    ({"servedOn": "2026-09-07"}, "servedOn"),
    ({"validUntil": "2026-09-07"}, "validUntil"),
    ({"caseOfficers": ["一人"]}, "caseOfficers"),
    ({"facts": "当事人身份证 110101 19900307 7715"}, "facts"),
    ({"facts": "本件属机密★5年"}, "facts"),
    ({"facts": "a\x00b"}, "facts"),
    ({"remark": "\ud800"}, "remark"),
    ({"institution": "H99999999999"}, "institution"),
    ({"caseNo": "640104-2026-999999"}, "caseNo"),
    ({"somethingElse": 1}, None),
]


@pytest.mark.parametrize(("bad", "field"), BAD)
def test_one_bad_item_refuses_all_or_only_itself(world, bad, field) -> None:
    batch = [firm_penalty(), firm_penalty(**bad), firm_penalty()]
    told = world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=batch)
    place = f"penalties.1.{field}" if field else "penalties.1"
    assert str(told[0][1]).startswith(place)
    result = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=batch, allOrNothing=False)
    assert statuses(result) == ["RECORDED", "REFUSED", "RECORDED"]
    assert str(codes(result)[1][0][1]).startswith(place)
    assert not world.rows("SELECT FROM penalty_record WHERE decision_no = %s", batch[1]["decisionNo"])


def test_a_natural_person_has_fields_of_its_own(world) -> None:
    bad = [
        person_penalty(counterpartyName="虚构公司"),
        person_penalty(counterpartyResidentId="640121199001011234"),
        person_penalty(counterpartyPersonName=None),
    ]
    result = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=bad, allOrNothing=False)
    assert [one[0][1] for one in codes(result)] == [
        "penalties.0.counterpartyName", "penalties.1.counterpartyResidentId", "penalties.2.counterpartyPersonName",
    ]  # fmt: skip
    good = person_penalty(counterpartyIdType="PASSPORT", counterpartyResidentId="e1234567")
    (item,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[good]).items
    assert world.record(item.record)["counterparty_key"] == "E1234567"


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"penalties": []},
        {"penalties": "x"},
        {"penalties": None},
        {"penalties": [{}], "allOrNothing": "yes"},
        {"penalties": [{}], "more": 1},
        {"penalties": [None]},
        {"penalties": ["x"]},
        {"penalties": [{}] * 1_001},
    ],
)
def test_what_is_no_batch(world, given_) -> None:
    assert {code for code, _ in world.refused(first(SECURITY), C.RECORD_PENALTIES, **given_)} == {"INVALID_INPUT"}


def test_a_duplicate_with_the_same_content_is_there_already(world) -> None:
    item = firm_penalty()
    (made,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[item]).items
    world.do(first(SECURITY), C.SERVE, id=made.record, servedOn="2026-09-10")
    world.do(first(SECURITY), C.AMEND, id=made.record, changes={"remark": "更正"}, **WHY)
    # The same amount and the same kinds otherwise written; the record was served and amended since: still the same.
    again = world.do(
        first(SECURITY), C.RECORD_PENALTIES, penalties=[item | {"fine": "2000.00", "kinds": ["FINE", "FINE"]}]
    )
    assert [(one.status, one.record) for one in again.items] == [("ALREADY_RECORDED", made.record)]
    assert world.told(made.record) == ["RECORDED", "SERVED", "AMENDED"]


def test_a_duplicate_with_another_content_is_refused(world) -> None:
    item = firm_penalty()
    world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[item])
    other = item | {"content": "责令改正。罚款2000元。"}
    assert world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=[firm_penalty(), other]) == [
        ("DUPLICATE_OTHER_CONTENT", "penalties.1.decisionNo")
    ]
    result = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[firm_penalty(), other], allOrNothing=False)
    assert statuses(result) == ["RECORDED", "REFUSED"]


def test_duplicates_within_one_batch(world) -> None:
    item = firm_penalty()
    batch = [item, item | {"fine": "2000.00"}, item | {"remark": "另一内容"}]
    assert world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=batch) == [
        ("DUPLICATE_OTHER_CONTENT", "penalties.2.decisionNo")
    ]
    result = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=batch, allOrNothing=False)
    assert statuses(result) == ["RECORDED", "ALREADY_RECORDED", "REFUSED"]
    assert result.items[0].record == result.items[1].record


def test_one_decision_against_two_counterparties_is_two_records(world) -> None:
    item = firm_penalty()
    result = world.do(
        first(SECURITY), C.RECORD_PENALTIES, penalties=[item, person_penalty(decisionNo=item["decisionNo"])]
    )
    assert statuses(result) == ["RECORDED", "RECORDED"]
    # Another authority may use the same number.
    (elsewhere,) = world.do(first(HEALTH), C.RECORD_PENALTIES, penalties=[item]).items
    assert elsewhere.status == "RECORDED"


def test_revoked_then_recorded_again_is_as_if_new_and_keeps_its_history(world) -> None:
    item = firm_penalty()
    (made,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[item]).items
    world.do(first(SECURITY), C.SERVE, id=made.record, servedOn="2026-09-10")
    world.do(first(SECURITY), C.PUBLISH, id=made.record)
    world.do(first(SECURITY), C.REVOKE, id=made.record, **WHY)
    # A client that sends its batches again must not bring back what was revoked.
    assert world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=[item]) == [
        ("REVOKED_BEFORE", "penalties.0.decisionNo")
    ]
    new = item | {"fine": "1500", "content": "责令改正，罚款1500元。", "servedOn": "2026-09-11", "recordAgain": True}
    (again,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[new]).items
    assert (again.status, again.record) == ("RECORDED", made.record)
    world.check_record(made.record)
    row = world.record(made.record)
    assert (row["status"], row["revoked_at"], row["published_at"], str(row["fine"])) == (
        "SERVED",
        None,
        None,
        "1500.00",
    )
    assert world.told(made.record) == ["RECORDED", "SERVED", "PUBLISHED", "REVOKED", "RECORDED", "SERVED"]
    assert world.events(made.record)[4]["payload"]["record"]["before"]["fine"] == "2000.00"
    (fresh,) = world.do(first(HEALTH), C.RECORD_PENALTIES, penalties=[new]).items
    kept = ("id", "public_id", "authority", "data_source", "data_source_uscc")
    assert {k: v for k, v in row.items() if k not in kept} == {
        k: v for k, v in world.record(fresh.record).items() if k not in kept
    }
    # The same wish once more: it is there, and nothing is recorded a third time.
    (same,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[new]).items
    assert same.status == "ALREADY_RECORDED"


def test_a_batch_is_carried_out_once_for_one_key(world) -> None:
    key, batch = "a-batch-key-000001", [firm_penalty(), firm_penalty(fine=None)]
    done = world.give(first(SECURITY), C.RECORD_PENALTIES, key, penalties=batch, allOrNothing=False)
    again = world.give(first(SECURITY), C.RECORD_PENALTIES, key, penalties=batch, allOrNothing=False)
    assert again.replayed
    assert again.items == done.items
    for other in ({"penalties": batch}, {"penalties": batch[:1], "allOrNothing": False}):
        refused = world.give(first(SECURITY), C.RECORD_PENALTIES, key, **other)
        assert [str(error.code) for error in refused.user_errors] == ["IDEMPOTENCY_KEY_REUSED"]


def test_an_authority_records_in_its_region_and_in_its_cases(world, here, elsewhere) -> None:
    assert world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=[firm_penalty(institution=elsewhere)]) == [
        ("WRONG_REGION", "penalties.0.institution")
    ]
    case_no = CommandWorld.do(world_of(world), first(SECURITY), CaseCommand.OPEN).case_no
    far = firm_penalty(institution=elsewhere, caseNo=case_no)
    assert world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=[far]) == [
        ("WRONG_REGION", "penalties.0.institution")
    ], "a case that the agency opened itself opens no other region"
    draft = drafted(world, case_no, elsewhere)
    sent(world, drafted(world, case_no, here))
    assert world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=[far]), "nor one about another, nor a draft"
    sent(world, draft)
    foreign = CommandWorld.do(world_of(world), first(HEALTH), CaseCommand.OPEN).case_no
    told = [
        world.give(first(SECURITY), C.RECORD_PENALTIES, penalties=[firm_penalty(caseNo=unknown)])
        for unknown in (foreign, "640104-2026-888888")
    ]
    assert told[0] == told[1], "a case of others is answered as none"
    (made,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[far]).items
    assert world.record(made.record)["region"] == "510502"
    # A token that names a case records in no other.
    named = world.who(first(SECURITY), case_no)
    assert world.refused(named, C.RECORD_PENALTIES, penalties=[firm_penalty()]) == [("OTHER_CASE", None)]
    assert statuses(world.do(named, C.RECORD_PENALTIES, penalties=[firm_penalty(caseNo=case_no)])) == ["RECORDED"]
    assert world.refused(named, C.SERVE, id=world.penalty(), servedOn="2026-09-10") == [("OTHER_CASE", None)]


def drafted(world, case_no: str, institution: str):
    given = papers(HEALTH, by=SECURITY, institution=institution)
    return CommandWorld.do(world_of(world), first(SECURITY), Command.DRAFT, caseNo=case_no, **given).transfer


def sent(world, transfer) -> None:
    for desk, command in ((first, Command.SUBMIT), (head, Command.APPROVE), (first, Command.SEND)):
        CommandWorld.do(world_of(world), desk(SECURITY), command, id=transfer)


def world_of(world):
    """The same world with the commands on cases: `give` of its base class."""
    plain = CommandWorld.__new__(CommandWorld)
    plain.__dict__.update(world.__dict__)
    return plain


@pytest.mark.parametrize(
    ("agency", "command", "allowed"),
    [
        (SECURITY, C.RECORD_PENALTIES, True),
        (HEALTH, C.RECORD_PENALTIES, True),
        (MARKET, C.RECORD_PENALTIES, True),
        (OPERATOR, C.RECORD_PENALTIES, False),
        (POLICE, C.RECORD_PENALTIES, False),
        (DISCIPLINE, C.RECORD_PENALTIES, False),
        (CREDIT, C.RECORD_PENALTIES, False),
        (SECURITY, C.RECORD_INSPECTION_RESULTS, True),
        (HEALTH, C.RECORD_INSPECTION_RESULTS, False),
        (OPERATOR, C.RECORD_INSPECTION_RESULTS, False),
        (CREDIT, C.RECORD_INSPECTION_RESULTS, False),
        (SECURITY, C.RECORD_AGREEMENT_MEASURES, True),
        (OPERATOR, C.RECORD_AGREEMENT_MEASURES, True),
        (MARKET, C.RECORD_AGREEMENT_MEASURES, False),
    ],
)
def test_who_records_what(world, here, agency, command, allowed) -> None:
    batch = {
        C.RECORD_PENALTIES: {"penalties": [firm_penalty()]},
        C.RECORD_INSPECTION_RESULTS: {"results": [inspection(here)]},
        C.RECORD_AGREEMENT_MEASURES: {"measures": [measure(here)]},
    }[command]
    if allowed:
        assert statuses(world.do(first(agency), command, **batch)) == ["RECORDED"]
    else:
        assert world.refused(first(agency), command, **batch) == [("PURPOSE_NOT_ALLOWED", None)]


def test_batches_that_meet_record_each_decision_once(world) -> None:
    """Eight writers send overlapping batches in opposite orders at the same time: no deadlock is told, none is lost."""
    items = [firm_penalty() for _ in range(60)]
    caller = world.who(first(SECURITY))

    def send(number: int):
        batch = items[number * 5 :] + items[: number * 5]
        if number % 2:
            batch.reverse()
        with world.connect() as connection:
            return world.give(caller, C.RECORD_PENALTIES, None, connection, penalties=batch)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(send, range(8)))
    assert all(not result.user_errors for result in results)
    recorded = [one.record for one in chain(*(r.items for r in results)) if one.status == "RECORDED"]
    assert len(recorded) == len(set(recorded)) == 60
    for record in recorded:
        assert world.told(record) == ["RECORDED"]


def test_twins_with_one_key_are_carried_out_once(world) -> None:
    batch, caller, key = [firm_penalty()], world.who(first(SECURITY)), secrets.token_hex(16)

    def send(_: int):
        with world.connect() as connection:
            return world.give(caller, C.RECORD_PENALTIES, key, connection, penalties=batch)

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(send, range(6)))
    assert [result.user_errors for result in results] == [()] * 6
    assert sorted(result.replayed for result in results) == [False] + [True] * 5
    assert len({result.items for result in results}) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_batch_twice_is_the_same_and_never_half(world, data) -> None:
    """Whatever good and bad items: what is told RECORDED is there once, with its events; sent again, nothing changes."""
    pool = [firm_penalty() for _ in range(4)]
    batch = [
        data.draw(st.sampled_from(pool)) | data.draw(st.sampled_from([{}, {}, {}, {"remark": "x"}, {"fine": None}]))
        for _ in range(data.draw(st.integers(1, 8)))
    ]
    result = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=batch, allOrNothing=False)
    for item, given_ in zip(result.items, batch, strict=True):
        if item.record is not None:
            assert world.record(item.record)["decision_no"] == given_["decisionNo"]
            world.check_record(item.record)
    records = [item.record for item in result.items if item.status == "RECORDED"]
    assert len(records) == len(set(records))
    again = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=batch, allOrNothing=False)
    assert [one.record for one in again.items] == [one.record for one in result.items]
    assert "RECORDED" not in statuses(again)
