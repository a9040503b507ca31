"""What a hostile agency with a valid token tries on the records of others, and to smuggle into what is published."""

from typing import Any

import pytest
from commands_world import CITY_SECURITY, CaseCommand, CommandWorld
from recording_world import (
    CREDIT,
    SECURITY,
    RecordCommand,
    RecordWorld,
    firm_penalty,
    first,
    inspection,
    measure,
    person_penalty,
)
from test_batches import world_of
from test_credit_follows import opened
from test_credit_written import DIMENSIONS, given_score, statuses, stored

from hub.credit.scoring import compute
from hub.demo.numbers import resident_id
from hub.law.credit import Quarter, current

C = RecordCommand
RESIDENT = resident_id("640104", 0.5)
NAMES = ("counterpartyName", "legalRepresentative")
OLD_CODES = (
    "businessRegistrationNo", "organizationCode", "taxRegistrationNo", "publicInstitutionNo", "socialOrganizationNo",
)  # fmt: skip


@pytest.mark.parametrize("field", [*NAMES, *OLD_CODES])
@pytest.mark.parametrize("text", ["{}", "{}01", "A{}"])
def test_no_published_field_takes_a_resident_number(world: RecordWorld, field: str, text: str) -> None:
    item = firm_penalty(**{field: text.format(RESIDENT)})
    assert world.refused(first(SECURITY), C.RECORD_PENALTIES, penalties=[item]) == [
        ("IDENTITY_NUMBER_IN_TEXT", f"penalties.0.{field}")
    ]


def test_a_registration_number_of_fifteen_digits_is_none_of_a_person(world: RecordWorld) -> None:
    assert world.penalty(businessRegistrationNo="640104600123456")


def test_an_amendment_brings_no_resident_number_either(world: RecordWorld) -> None:
    told = world.refused(
        first(SECURITY),
        C.AMEND,
        id=world.served(),
        reason="更正",
        clause="第一条",
        changes={"legalRepresentative": RESIDENT},
    )
    assert [code for code, _ in told] == ["IDENTITY_NUMBER_IN_TEXT"]


@pytest.mark.parametrize("number", ["=1+1 {}", "{} 及其他", f"{RESIDENT}{{}}", "{}\n{}", "＝{}"])
def test_a_number_is_a_number_and_nothing_beside(world: RecordWorld, here: str, number: str) -> None:
    text = number.replace("{}", "银检〔2026〕1号")
    for command, name, field, item in (
        (C.RECORD_PENALTIES, "penalties", "decisionNo", firm_penalty(decisionNo=text)),
        (C.RECORD_INSPECTION_RESULTS, "results", "resultNo", inspection(here, resultNo=text)),
        (C.RECORD_AGREEMENT_MEASURES, "measures", "measureNo", measure(here, measureNo=text)),
    ):
        assert world.refused(first(SECURITY), command, **{name: [item]}) == [("INVALID_INPUT", f"{name}.0.{field}")]


@pytest.mark.parametrize("day", ["0001-01-01", "0003-02-01", "9999-12-31"])
def test_a_day_out_of_all_time_is_refused(world: RecordWorld, here: str, day: str) -> None:
    desk = first(SECURITY)
    assert ("INVALID_INPUT", "penalties.0.validUntil") in world.refused(
        desk, C.RECORD_PENALTIES, penalties=[firm_penalty(validUntil=day)]
    )
    for field in ("periodFrom", "periodTo", "inspectedOn"):
        assert ("INVALID_INPUT", f"results.0.{field}") in world.refused(
            desk, C.RECORD_INSPECTION_RESULTS, results=[inspection(here, **{field: day})]
        )
    assert world.refused(desk, C.SERVE, id=world.penalty(), servedOn=day) == [("INVALID_INPUT", "servedOn")]
    event = {"institution": here, "rule": "PENALTY_GENERAL", "occurredOn": day}
    assert world.refused(desk, C.RECORD_CREDIT_EVENT, **event) == [("INVALID_INPUT", "occurredOn")]


def test_only_the_agency_that_gave_a_score_replaces_it(world: RecordWorld) -> None:
    institution = opened(world)
    mine, other = given_score(institution), given_score(institution, score="100", replace=True)
    world.do(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[mine])
    assert world.refused(first(CITY_SECURITY), C.RECORD_CREDIT_SCORES, scores=[other]) == [
        ("INVALID_INPUT", "scores.0.replace")
    ]
    assert stored(world, institution)["given_by"] == SECURITY
    assert statuses(world.do(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[other])) == ["RECORDED"]


@pytest.mark.parametrize("command", [C.RECORD_CREDIT_REPAIR, C.RECORD_OBJECTION])
def test_the_platform_touches_only_what_it_may_know(world: RecordWorld, command: RecordCommand) -> None:
    """What is not published, or of a natural person, is answered as what is not there."""
    person = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[person_penalty(servedOn="2026-09-10")]).items[0]
    world.do(first(SECURITY), C.PUBLISH, id=person.record)
    told = [
        world.give(first(CREDIT), command, id=one, reason="异议")
        for one in (world.penalty(), world.served(), person.record, "00000000-0000-4000-8000-000000000000")
    ]
    assert {repr(one) for one in told} == {repr(told[-1])}
    assert told[-1].user_errors
    assert world.refused(first(SECURITY), command, id=world.published(), reason="异议")


def changed(world: RecordWorld, institution: tuple[str, int]) -> list[dict[str, Any]]:
    return world.rows(
        "SELECT c.kind, c.public FROM credit_change c JOIN credit_score s ON s.id = c.record_id"
        " WHERE s.institution_id = %s AND s.period = '2026Q2' ORDER BY c.xid, c.id", institution[1],
    )  # fmt: skip


def test_other_dimensions_of_an_equal_score_are_told_to_all_who_follow(world: RecordWorld) -> None:
    """Whoever sees the score sees them: a copy would be wrong for ever."""
    institution = opened(world)
    world.do(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[given_score(institution)])
    before = stored(world, institution)
    world.do(
        first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[given_score(institution, dimensions=DIMENSIONS, replace=True)]
    )
    after = stored(world, institution)
    assert (before["score"], before["dimensions"]) == (after["score"], None)
    assert after["dimensions"]
    assert changed(world, institution) == [{"kind": "SCORED", "public": True}, {"kind": "RESCORED", "public": True}]


def test_a_computed_score_whose_dimensions_alone_change_is_told_and_one_that_looks_the_same_is_not(
    world: RecordWorld,
) -> None:
    """60 points of 0.50 are 100 of 0.30; a case event beyond the most of its rule is to be seen nowhere."""
    institution = opened(world)
    desk, day = first(SECURITY), "2026-06-01"
    event = world.do(
        desk, C.RECORD_CREDIT_EVENT, institution=institution[0], rule="FUND_RECOVERED", occurredOn=day
    ).record
    for _ in range(4):
        world.do(desk, C.RECORD_CREDIT_EVENT, institution=institution[0], rule="PENALTY_GENERAL", occurredOn=day)
    with world.owner.transaction():
        compute(world.owner, current(), Quarter.of("2026Q2"), [institution[1]], world.now)
    before = stored(world, institution)
    world.do(
        desk, C.RECORD_CREDIT_EVENT, event=event, change="AMENDED", reason="更正", rule="AGREEMENT_PAYMENT_REFUSED"
    )
    after = stored(world, institution)
    assert before["score"] == after["score"]
    assert before["dimensions"] != after["dimensions"]
    assert changed(world, institution)[1:] == [{"kind": "RESCORED", "public": True}]
    case_no = CommandWorld.do(world_of(world), desk, CaseCommand.OPEN).case_no
    hidden = {"institution": institution[0], "rule": "PENALTY_GENERAL", "occurredOn": day, "caseNo": case_no}
    world.do(world.who(desk, case_no), C.RECORD_CREDIT_EVENT, **hidden)
    assert stored(world, institution)["dimensions"] == after["dimensions"]
    assert changed(world, institution)[2:] == [{"kind": "RESCORED", "public": False}]


def test_a_case_of_its_own_brings_no_credit_event_of_another_region(world: RecordWorld, elsewhere: str) -> None:
    case_no = CommandWorld.do(world_of(world), first(SECURITY), CaseCommand.OPEN).case_no
    event = {"institution": elsewhere, "rule": "DATA_FALSE", "occurredOn": "2026-06-01", "caseNo": case_no}
    assert world.refused(first(SECURITY), C.RECORD_CREDIT_EVENT, **event) == [("WRONG_REGION", "institution")]
