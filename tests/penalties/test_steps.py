"""Steps on one record, on a real database: each durable with its event; who may; what is refused changes nothing."""

from datetime import UTC, date, datetime

import pytest
from commands_world import CITY_SECURITY, FAR_HEALTH, HEALTH
from recording_world import CREDIT, OPERATOR, SECURITY, RecordCommand, first, head, person_penalty

C = RecordCommand
WHY = {"reason": "复议决定撤销", "clause": "处罚法第四十八条"}


def test_a_life_from_decision_to_the_end_of_its_term(world) -> None:
    penalty = world.penalty()
    world.do(first(SECURITY), C.SERVE, id=penalty, servedOn="2026-09-10")
    world.do(head(SECURITY), C.PUBLISH, id=penalty)
    row = world.record(penalty)
    assert (row["status"], row["published_at"]) == ("PUBLISHED", world.now)
    assert row["publicity_ends_on"] == date(2027, 9, 8)  # 一般: a year from the decision
    published = world.events(penalty)[-1]["payload"]
    assert published == {
        "ends_on": "2027-09-08",
        "repair_from": "2026-12-09",
        "record": {"basis": "CNCR2026", "version": 1},
    }
    world.do(first(CREDIT), C.RECORD_OBJECTION, id=penalty, reason="对罚款金额有异议", objectionNo="异议-1")
    world.now = datetime(2026, 12, 9, 1, tzinfo=UTC)
    world.do(first(CREDIT), C.RECORD_CREDIT_REPAIR, id=penalty)
    row = world.record(penalty)
    assert (row["status"], row["repaired_at"]) == ("REPAIRED", world.now)
    assert world.told(penalty) == ["RECORDED", "SERVED", "PUBLISHED", "OBJECTION_RECORDED", "REPAIRED"]


def test_a_minor_one_is_published_only_for_a_reason(world) -> None:
    penalty = world.served(severity="MINOR")
    assert world.refused(first(SECURITY), C.PUBLISH, id=penalty) == [("REASON_REQUIRED", "reason")]
    world.do(first(SECURITY), C.PUBLISH, id=penalty, reason="社会影响较大，确有必要公示")
    assert world.record(penalty)["publicity_ends_on"] == date(2026, 12, 8)


def test_withheld_with_its_reason_then_published_after_all(world) -> None:
    penalty = world.served()
    assert world.refused(first(SECURITY), C.WITHHOLD, id=penalty) == [("REASON_REQUIRED", "reason")]
    world.do(first(SECURITY), C.WITHHOLD, id=penalty, reason="不具有一定社会影响")
    assert world.record(penalty)["not_published_reason"] == "不具有一定社会影响"
    world.do(first(SECURITY), C.PUBLISH, id=penalty)
    assert world.record(penalty)["not_published_reason"] is None


def test_an_amendment_keeps_what_was_before(world) -> None:
    penalty = world.published()
    changes = {"fine": "2500.5", "content": "责令改正，罚款2500.50元。", "severity": "SERIOUS"}
    world.do(first(SECURITY), C.AMEND, id=penalty, changes=changes, **WHY)
    row = world.record(penalty)
    assert (str(row["fine"]), row["severity"], row["amended_at"]) == ("2500.50", "SERIOUS", world.now)
    assert (row["status"], row["publicity_ends_on"]) == ("PUBLISHED", date(2029, 9, 8))
    kept = world.events(penalty)[-1]["payload"]
    assert (kept["reason"], kept["clause"]) == (WHY["reason"], WHY["clause"])
    assert kept["record"]["before"] == {"fine": "2000.00", "content": "责令改正，罚款2000元。", "severity": "GENERAL"}
    assert kept["record"]["after"]["fine"] == "2500.50"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"changes": {"fine": "2500"}}, [("REASON_REQUIRED", "reason")]),
        ({"changes": {"fine": "2500"}, "reason": "x"}, [("REASON_REQUIRED", "reason")]),
        ({"changes": {}, **WHY}, [("NOTHING_TO_AMEND", "changes")]),
        ({"changes": {"fine": "2000.00"}, **WHY}, [("NOTHING_TO_AMEND", "changes")]),
        ({"changes": {"kinds": ["WARNING"]}, **WHY}, [("INVALID_INPUT", "changes.fine")]),
        ({"changes": {"fine": None}, **WHY}, [("INVALID_INPUT", "changes.fine")]),
        ({"changes": {"fine": "NaN"}, **WHY}, [("INVALID_INPUT", "changes.fine")]),
        ({"changes": {"facts": "身份证 110101199003077715"}, **WHY}, [("IDENTITY_NUMBER_IN_TEXT", "changes.facts")]),
        ({"changes": {"decidedOn": "2026-09-01"}, **WHY}, [("INVALID_INPUT", "changes")]),
        ({**WHY}, [("INVALID_INPUT", "changes")]),
    ],
)
def test_bad_amendments_change_nothing(world, given, told) -> None:
    assert world.refused(first(SECURITY), C.AMEND, id=world.published(), **given) == told


def test_a_revocation_has_a_reason_and_a_clause(world) -> None:
    penalty = world.published()
    assert world.refused(first(SECURITY), C.REVOKE, id=penalty) == [("REASON_REQUIRED", "reason")]
    assert world.refused(first(SECURITY), C.REVOKE, id=penalty, reason="x") == [("REASON_REQUIRED", "reason")]
    world.do(first(SECURITY), C.REVOKE, id=penalty, **WHY)
    assert world.record(penalty)["revoked_at"] == world.now
    assert world.refused(first(SECURITY), C.REVOKE, id=penalty, **WHY) == [("STATE_NOT_ALLOWED", None)]


@pytest.mark.parametrize("day", ["2026-09-07", "2026-09-22"])
def test_service_before_the_decision_or_after_today_is_refused(world, day) -> None:
    assert world.refused(first(SECURITY), C.SERVE, id=world.penalty(), servedOn=day) == [
        ("DATE_OUT_OF_ORDER", "servedOn")
    ]


def test_nothing_is_published_that_was_not_served_nor_after_its_longest_term(world) -> None:
    assert world.refused(first(SECURITY), C.PUBLISH, id=world.penalty()) == [("STATE_NOT_ALLOWED", None)]
    old = world.penalty(
        decisionNo="银兴医保罚决〔2025〕77号", decidedOn="2025-06-01", servedOn="2025-06-02", severity="GENERAL"
    )
    assert world.refused(first(SECURITY), C.PUBLISH, id=old) == [("PUBLICITY_TERM_OVER", None)]


def test_a_repair_before_the_shortest_term_is_refused(world) -> None:
    assert world.refused(first(CREDIT), C.RECORD_CREDIT_REPAIR, id=world.published()) == [
        ("SHORTEST_TERM_NOT_OVER", None)
    ]


def test_another_agency_is_told_the_same_of_its_record_as_of_none(world) -> None:
    """Of another's record, of none, and of a malformed wish alike: nothing tells that the record exists."""
    absent = "00000000-0000-4000-8000-000000000000"
    given = {
        C.SERVE: {"servedOn": "2026-09-10"},
        C.PUBLISH: {},
        C.WITHHOLD: {"reason": "x"},
        C.AMEND: {"changes": {"fine": "1"}, **WHY},
        C.REVOKE: WHY,
    }
    for made in (world.penalty(), world.served(), world.published()):
        for desk in (first(HEALTH), first(CITY_SECURITY), first(FAR_HEALTH)):
            for command, more in given.items():
                known = world.give(desk, command, id=made, **more)
                unknown = world.give(desk, command, id=absent, **more)
                assert known == unknown
                assert [str(error.code) for error in known.user_errors] == ["NOT_A_PARTY"]


def test_to_the_credit_platform_only_what_is_published_of_firms_is_there(world) -> None:
    absent = "00000000-0000-4000-8000-000000000000"
    (person,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[person_penalty(servedOn="2026-09-10")]).items
    world.do(first(SECURITY), C.PUBLISH, id=person.record)
    revoked, over = world.published(), world.published()
    world.do(first(SECURITY), C.REVOKE, id=revoked, **WHY)
    world.owner.execute("UPDATE penalty_record SET publicity_ends_on = '2026-09-20' WHERE public_id = %s", (over,))
    for command in (C.RECORD_OBJECTION, C.RECORD_CREDIT_REPAIR):
        unknown = world.give(first(CREDIT), command, id=absent, reason="x")
        assert [str(error.code) for error in unknown.user_errors] == ["NOT_A_PARTY"]
        for hidden in (world.penalty(), world.served(), person.record, revoked, over):
            assert world.give(first(CREDIT), command, id=hidden, reason="x") == unknown


@pytest.mark.parametrize("command", [C.RECORD_OBJECTION, C.RECORD_CREDIT_REPAIR])
def test_a_platform_acts_in_its_own_region_and_elsewhere_nothing_is_there(world, command) -> None:
    """A repair ends publicity in the whole country: it is for the platform of the place, or of a region above."""
    absent = "00000000-0000-4000-8000-000000000000"
    made = world.published()
    county, sibling, far = (f"{region}-CREDIT_PLATFORM" for region in ("640104", "6401ND", "510502"))
    for agency in (county, sibling, far):
        world.platform(agency)
    world.now = datetime(2027, 1, 10, tzinfo=UTC)
    before = world.record(made)
    for agency in (sibling, far):
        unknown = world.give(first(agency), command, id=absent, reason="x")
        assert [str(error.code) for error in unknown.user_errors] == ["NOT_A_PARTY"]
        for each in (made, world.penalty(), world.served()):
            assert world.give(first(agency), command, id=each, reason="x") == unknown
    assert world.record(made) == before
    world.do(first(county), command, id=made, reason="x")
    world.do(first(CREDIT), command, id=world.published(), reason="x")


def test_an_institution_lies_where_it_is_whoever_decided(world) -> None:
    """The authority of one place, the institution of another: the platform of the institution's place acts."""
    made = world.published()
    world.owner.execute("UPDATE penalty_record SET region = '6401ND' WHERE public_id = %s", (made,))
    county, other = "640104-CREDIT_PLATFORM", "6401ND-CREDIT_PLATFORM"
    for agency in (county, other):
        world.platform(agency)
    assert world.refused(first(county), C.RECORD_OBJECTION, id=made, reason="x") == [("NOT_A_PARTY", "id")]
    world.do(first(other), C.RECORD_OBJECTION, id=made, reason="x")


@pytest.mark.parametrize(
    ("desk", "command", "more", "code"),
    [
        (first(OPERATOR), C.SERVE, {"servedOn": "2026-09-10"}, "PURPOSE_NOT_ALLOWED"),
        (first(CREDIT), C.REVOKE, WHY, "PURPOSE_NOT_ALLOWED"),
        (first(SECURITY), C.RECORD_OBJECTION, {"reason": "x"}, "KIND_NOT_ALLOWED"),
        (first(SECURITY), C.RECORD_CREDIT_REPAIR, {"reason": "x"}, "KIND_NOT_ALLOWED"),
        (first(HEALTH), C.RECORD_OBJECTION, {"reason": "x"}, "KIND_NOT_ALLOWED"),
    ],
)
def test_who_may_not(world, desk, command, more, code) -> None:
    assert world.refused(desk, command, id=world.published(), **more) == [(code, None)]


def test_scope_officer_and_purpose(world) -> None:
    penalty = world.penalty()
    serve = {"id": penalty, "servedOn": "2026-09-10"}
    without = world.who(first(SECURITY), scopes=("clues:read",))
    assert world.refused(without, C.SERVE, **serve) == [("SCOPE_MISSING", None)]
    nobody = world.who(first(SECURITY), officer=False)
    assert world.refused(nobody, C.SERVE, **serve) == [("OFFICER_REQUIRED", None)]
    stranger = world.who(type(first(SECURITY))(SECURITY, "无此人", "6401049999"))
    assert world.refused(stranger, C.SERVE, **serve) == [("OFFICER_NOT_REGISTERED", None)]
    oversight = world.who(first(CITY_SECURITY), purpose="case-oversight")
    assert world.refused(oversight, C.SERVE, **serve) == [("PURPOSE_NOT_ALLOWED", None)]


def test_once_for_one_key_and_another_input_is_refused(world) -> None:
    penalty, key = world.penalty(), "a-key-of-its-own-1"
    done = world.give(first(SECURITY), C.SERVE, key, id=penalty, servedOn="2026-09-10")
    again = world.give(first(SECURITY), C.SERVE, key, id=penalty, servedOn="2026-09-10")
    assert (again.record, again.replayed, done.replayed) == (done.record, True, False)
    assert world.told(penalty) == ["RECORDED", "SERVED"]
    other = world.give(first(SECURITY), C.SERVE, key, id=penalty, servedOn="2026-09-11")
    assert [str(error.code) for error in other.user_errors] == ["IDEMPOTENCY_KEY_REUSED"]
    for bad in ("short", "with blank in it", "ä" * 10):
        assert world.give(first(SECURITY), C.SERVE, bad, id=penalty).user_errors[0].field == "idempotencyKey"


def test_an_imported_record_gets_the_state_in_which_it_was_found(world) -> None:
    made = world.published()
    world.owner.execute("DELETE FROM penalty_event WHERE penalty_id = (SELECT id FROM penalty_record WHERE public_id = %s)", (made,))  # fmt: skip
    before = world.record(made)
    world.do(first(SECURITY), C.AMEND, id=made, changes={"remark": "更正"}, **WHY)
    assert world.told(made) == ["IMPORTED", "AMENDED"]
    after = world.record(made)
    assert {name for name in after if after[name] != before[name]} == {"remark", "amended_at"}
