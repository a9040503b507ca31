"""`recordCreditScores` and `recordCreditEvent`: what is taken, what is refused with nothing changed (R20, R24)."""

from decimal import Decimal
from typing import Any

import pytest
from commands_world import CITY_SECURITY, HEALTH
from recording_world import CREDIT, SECURITY, ItemStatus, RecordCommand, RecordWorld, first
from test_credit_follows import PERIOD, opened, score, told

C = RecordCommand
MODEL = "sample-2026.2"
DIMENSIONS = [
    {"code": "FUND_USE", "score": "700"}, {"code": "AGREEMENT", "score": "900.5"}, {"code": "INFORMATION", "score": "1000"}
]  # fmt: skip


@pytest.fixture
def institution(world: RecordWorld) -> tuple[str, int]:
    return opened(world)


@pytest.fixture
def person(world: RecordWorld) -> str:
    """A member of personnel of 兴庆区 without points."""
    row = world.owner.execute(
        "INSERT INTO personnel (nhsa_code, name, profession, institution_id, region, qualification_status, points,"
        " resident_id, phone) SELECT 'D6401040' || nextval('record_id_seq'), '虚构丙', 'DOCTOR', id, region, 'NORMAL', 0,"
        " '64010419900101001X', '13000000000' FROM institution WHERE region = '640104' ORDER BY id LIMIT 1"
        " RETURNING nhsa_code"
    ).fetchone()
    assert row
    return str(row[0])


def given_score(institution: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {"institution": institution[0], "period": "2026Q2", "modelVersion": MODEL, "score": "820.15"} | more


def stored(world: RecordWorld, institution: tuple[str, int], period: str = "2026Q2") -> dict[str, Any]:
    (row,) = world.rows(
        "SELECT s.*, (SELECT array_agg(d.name || ' ' || d.score ORDER BY position) FROM credit_dimension d"
        " WHERE d.score_id = s.id) AS dimensions FROM credit_score s WHERE institution_id = %s AND period = %s",
        institution[1], period,
    )  # fmt: skip
    return row


def statuses(result: Any) -> list[ItemStatus]:
    return [one.status for one in result.items]


# --- scores --------------------------------------------------------------------------------------------------------------


def test_a_score_is_recorded_with_what_follows_by_the_model(world: RecordWorld, institution: tuple[str, int]) -> None:
    result = world.do(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[given_score(institution, dimensions=DIMENSIONS)])
    assert statuses(result) == [ItemStatus.RECORDED]
    row = stored(world, institution)
    assert (row["score"], row["grade"], row["measures"]) == (Decimal("820.15"), "B", ["加强法治教育"])
    assert row["dimensions"] == ["基金使用合规 700.00", "协议履行 900.50", "信息质量 1000.00"]
    assert (row["given_by"], row["digest"], row["region"]) == (SECURITY, None, "640104")


def test_the_same_again_another_and_a_replacement(world: RecordWorld, institution: tuple[str, int]) -> None:
    one, other = given_score(institution), given_score(institution, score="640")
    desk = first(SECURITY)
    world.do(desk, C.RECORD_CREDIT_SCORES, scores=[one])
    assert statuses(world.do(desk, C.RECORD_CREDIT_SCORES, scores=[one])) == [ItemStatus.ALREADY_RECORDED]
    assert world.refused(desk, C.RECORD_CREDIT_SCORES, scores=[other]) == [
        ("DUPLICATE_OTHER_CONTENT", "scores.0.period")
    ]
    assert world.refused(desk, C.RECORD_CREDIT_SCORES, scores=[one, other])
    result = world.do(desk, C.RECORD_CREDIT_SCORES, scores=[other | {"replace": True}])
    assert statuses(result) == [ItemStatus.RECORDED]
    assert (stored(world, institution)["score"], stored(world, institution)["grade"]) == (Decimal(640), "D")
    (version,) = world.rows("SELECT score FROM credit_score_version WHERE institution_id = %s", institution[1])
    assert version["score"] == Decimal("820.15"), "what stood is kept"


def test_a_computed_score_gives_way_only_on_demand_and_for_good(
    world: RecordWorld, institution: tuple[str, int]
) -> None:
    desk, mine = first(SECURITY), given_score(institution, period=str(PERIOD), score="990")
    world.refused(desk, C.RECORD_CREDIT_SCORES, scores=[mine])
    world.do(desk, C.RECORD_CREDIT_SCORES, scores=[mine | {"replace": True}])
    world.served(institution=institution[0])
    assert stored(world, institution, str(PERIOD))["score"] == Decimal(990), "an agency's own is never recomputed"


BAD = (
    ({"modelVersion": "sample-1900.1"}, "UNKNOWN_MODEL", "modelVersion"),
    ({"period": "2026"}, "INVALID_INPUT", "period"),
    ({"period": "2026Q5"}, "INVALID_INPUT", "period"),
    ({"period": "2026q2"}, "INVALID_INPUT", "period"),
    ({"period": "２０２６Q2"}, "INVALID_INPUT", "period"),
    ({"period": "2026Q4"}, "INVALID_INPUT", "period"),
    ({"score": "NaN"}, "INVALID_INPUT", "score"),
    ({"score": "Infinity"}, "INVALID_INPUT", "score"),
    ({"score": "-0.01"}, "INVALID_INPUT", "score"),
    ({"score": "1000.01"}, "INVALID_INPUT", "score"),
    ({"score": "820.151"}, "INVALID_INPUT", "score"),
    ({"grade": "A"}, "INVALID_INPUT", "grade"),
    ({"dimensions": DIMENSIONS[:2]}, "INVALID_INPUT", "dimensions"),
    ({"dimensions": [*DIMENSIONS, DIMENSIONS[0]]}, "INVALID_INPUT", "dimensions"),
    ({"dimensions": DIMENSIONS, "score": "820.16"}, "INVALID_INPUT", "score"),
    ({"dimensions": [DIMENSIONS[0] | {"score": "NaN"}]}, "INVALID_INPUT", "dimensions.0.score"),
    ({"institution": "NOSUCH"}, "UNKNOWN_INSTITUTION", "institution"),
    ({"more": 1}, "INVALID_INPUT", None),
)


@pytest.mark.parametrize(("bad", "code", "field"), BAD)
def test_a_bad_score_is_refused_alone_or_with_its_batch(
    world: RecordWorld, institution: tuple[str, int], bad: dict[str, Any], code: str, field: str | None
) -> None:
    good, other = given_score(institution), given_score(opened(world)) | bad
    place = f"scores.1.{field}" if field else "scores.1"
    assert world.refused(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[good, other]) == [(code, place)]
    result = world.do(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[good, other], allOrNothing=False)
    assert statuses(result) == [ItemStatus.RECORDED, ItemStatus.REFUSED]
    assert [(str(one.code), one.field) for one in result.items[1].user_errors] == [(code, place)]


def test_a_natural_person_has_no_score(world: RecordWorld, person: str) -> None:
    assert world.refused(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[given_score((person, 0))]) == [
        ("NOT_AN_INSTITUTION", "scores.0.institution")
    ]


def test_another_region_another_kind_and_too_many(
    world: RecordWorld, institution: tuple[str, int], elsewhere: str
) -> None:
    assert world.refused(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[given_score((elsewhere, 0))]) == [
        ("WRONG_REGION", "scores.0.institution")
    ]
    for desk in (first(HEALTH), first(CREDIT)):
        for command, given in (
            (C.RECORD_CREDIT_SCORES, {"scores": [given_score(institution)]}),
            (C.RECORD_CREDIT_EVENT, {"institution": institution[0], "rule": "DATA_LATE", "occurredOn": "2026-09-01"}),
        ):
            assert world.refused(desk, command, **given)
    assert world.refused(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[given_score(institution)] * 1_001)
    assert world.refused(first(SECURITY), C.RECORD_CREDIT_SCORES, scores=[])


# --- events --------------------------------------------------------------------------------------------------------------


def test_an_event_its_corrections_and_the_score_after_each(world: RecordWorld, institution: tuple[str, int]) -> None:
    desk = first(SECURITY)

    def give(**given: Any) -> Any:
        return world.do(desk, C.RECORD_CREDIT_EVENT, **given)

    made = give(institution=institution[0], rule="DATA_FALSE", occurredOn="2026-09-01")
    assert made.subjects == {"institution": institution[0]}
    assert score(world, institution) == "950.00"
    event = str(made.record)
    give(event=event, change="AMENDED", rule="DATA_LATE", reason="更正")
    assert score(world, institution) == "994.00"
    give(event=event, change="AMENDED", occurredOn="2024-09-01", reason="日期更正")
    assert score(world, institution) == "1000.00"
    give(event=event, change="AMENDED", occurredOn="2026-09-02", reason="日期更正")
    give(event=event, change="REPAIRED", effectiveOn="2026-09-20", reason="信用修复")
    assert score(world, institution) == "1000.00"
    give(event=event, change="REVOKED", reason="撤销")
    assert world.refused(desk, C.RECORD_CREDIT_EVENT, event=event, change="REVOKED", reason="再次") == [
        ("INVALID_INPUT", "event")
    ]
    give(institution=institution[0], rule="DATA_FALSE", occurredOn="2026-09-01")
    assert score(world, institution) == "950.00", "recorded again: as if never revoked"
    assert len(told(world, institution)) == 7, "history is kept"


def test_once_with_one_key(world: RecordWorld, institution: tuple[str, int]) -> None:
    given = {"institution": institution[0], "rule": "DATA_LATE", "occurredOn": "2026-09-01"}
    one, two = (
        world.give(first(SECURITY), C.RECORD_CREDIT_EVENT, key=f"event-{institution[1]}", **given) for _ in (1, 2)
    )
    assert (one.record, one.subjects, two.replayed) == (two.record, two.subjects, True)
    assert len(told(world, institution)) == 1


EVENT = {"rule": "DATA_LATE", "occurredOn": "2026-09-01"}
BAD_EVENTS = (
    ({}, None),
    ({"rule": "NO_SUCH"}, "rule"),
    ({"occurredOn": "2026-09-22"}, "occurredOn"),
    ({"occurredOn": None}, "occurredOn"),
    ({"points": 3}, "points"),
    ({"change": "AMENDED"}, "change"),
    ({"effectiveOn": "2026-09-02"}, "effectiveOn"),
    ({"personnel": "D1"}, None),
    ({"rule": "居民640104199001010017"}, "rule"),
    ({"caseNo": "640104-2026-999999"}, "caseNo"),
)


@pytest.mark.parametrize(("bad", "field"), BAD_EVENTS)
def test_a_bad_event(world: RecordWorld, institution: tuple[str, int], bad: dict[str, Any], field: str | None) -> None:
    given = {**({"institution": institution[0]} if bad else {}), **EVENT, **bad}
    refused = world.refused(first(SECURITY), C.RECORD_CREDIT_EVENT, **given)
    assert [place for _, place in refused] == [field]


BAD_CORRECTIONS = (
    ({"change": "REVOKED"}, "reason"),
    ({"change": "REVOKED", "reason": " "}, "reason"),
    ({"change": "TERM_OVER", "reason": "x"}, "change"),
    ({"change": "AMENDED", "reason": "x"}, "change"),
    ({"change": "AMENDED", "reason": "x", "rule": "NO_SUCH"}, "rule"),
    ({"change": "AMENDED", "reason": "x", "points": 3}, "points"),
    ({"change": "REVOKED", "reason": "x", "rule": "DATA_FALSE"}, "change"),
    ({"change": "REPAIRED", "reason": "x"}, "effectiveOn"),
    ({"change": "REPAIRED", "reason": "x", "effectiveOn": "2026-08-31"}, "effectiveOn"),
    ({"change": "REPAIRED", "reason": "x", "effectiveOn": "2026-09-30"}, "effectiveOn"),
    ({"reason": "x"}, "change"),
    ({"change": "REVOKED", "reason": "x", "caseNo": "1"}, "caseNo"),
)


@pytest.mark.parametrize(("bad", "field"), BAD_CORRECTIONS)
def test_a_bad_correction(world: RecordWorld, institution: tuple[str, int], bad: dict[str, Any], field: str) -> None:
    made = world.do(first(SECURITY), C.RECORD_CREDIT_EVENT, institution=institution[0], **EVENT)
    refused = world.refused(first(SECURITY), C.RECORD_CREDIT_EVENT, event=str(made.record), **bad)
    assert [place for _, place in refused] == [field]


def test_an_event_of_another_agency_is_none(world: RecordWorld, institution: tuple[str, int]) -> None:
    made = world.do(first(SECURITY), C.RECORD_CREDIT_EVENT, institution=institution[0], **EVENT)
    absent = "00000000-0000-4000-8000-000000000000"
    answers = [
        world.refused(first(CITY_SECURITY), C.RECORD_CREDIT_EVENT, event=one, change="REVOKED", reason="x")
        for one in (str(made.record), absent)
    ]
    assert answers[0] == answers[1] == [("NOT_A_PARTY", "event")]


# --- points of persons ---------------------------------------------------------------------------------------------------


def standing(world: RecordWorld, person: str) -> tuple[Any, ...]:
    (row,) = world.rows(
        "SELECT points, points_year, qualification_status, qualification_until FROM personnel WHERE nhsa_code = %s",
        person,
    )
    return row["points"], row["points_year"], row["qualification_status"], str(row["qualification_until"])


def test_points_suspend_at_nine_and_end_at_twelve(world: RecordWorld, person: str) -> None:
    desk = first(SECURITY)

    def points(given: int, day: str = "2026-09-01", **more: Any) -> str:
        result = world.do(desk, C.RECORD_CREDIT_EVENT, personnel=person, points=given, occurredOn=day, **more)
        assert result.subjects == {"personnel": person}
        return str(result.record)

    points(6, "2026-03-01")
    assert standing(world, person) == (6, 2026, "NORMAL", "None")
    points(3, suspendedMonths=6)
    assert standing(world, person) == (9, 2026, "SUSPENDED", "2027-02-28"), "it outlasts the year"
    last = points(3, "2026-09-10")
    assert standing(world, person) == (12, 2026, "ENDED", "2027-09-10")
    world.do(desk, C.RECORD_CREDIT_EVENT, event=last, change="REVOKED", reason="申诉成立")
    assert standing(world, person) == (9, 2026, "SUSPENDED", "2027-02-28")
    points(12, "2026-09-11")
    assert standing(world, person) == (21, 2026, "ENDED", "2029-09-11"), "at once: three years"


def test_points_of_the_year_before_are_of_that_year(world: RecordWorld, person: str) -> None:
    desk = first(SECURITY)
    for day, suspended in (("2025-03-01", {}), ("2025-12-01", {"suspendedMonths": 1})):
        world.do(desk, C.RECORD_CREDIT_EVENT, personnel=person, points=5, occurredOn=day, **suspended)
    assert standing(world, person) == (0, 2026, "NORMAL", "None")


def test_points_that_were_imported_stay(world: RecordWorld, person: str) -> None:
    world.owner.execute("UPDATE personnel SET points = 8, points_year = 2026 WHERE nhsa_code = %s", (person,))
    world.do(first(SECURITY), C.RECORD_CREDIT_EVENT, personnel=person, points=1, occurredOn="2026-09-01")
    assert standing(world, person)[:3] == (9, 2026, "SUSPENDED")


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"points": 0}, "points"), ({"points": 13}, "points"), ({"points": -1}, "points"),
        ({"suspendedMonths": 7}, "suspendedMonths"), ({"rule": "DATA_LATE"}, "rule"),
        ({"occurredOn": "2026-10-01"}, "occurredOn"),
    ],
)  # fmt: skip
def test_bad_points(world: RecordWorld, person: str, bad: dict[str, Any], field: str) -> None:
    given = {"personnel": person, "points": 3, "occurredOn": "2026-09-01"} | bad
    assert [place for _, place in world.refused(first(SECURITY), C.RECORD_CREDIT_EVENT, **given)] == [field]


def test_points_have_no_repair(world: RecordWorld, person: str) -> None:
    made = world.do(first(SECURITY), C.RECORD_CREDIT_EVENT, personnel=person, points=3, occurredOn="2026-09-01")
    assert world.refused(
        first(SECURITY), C.RECORD_CREDIT_EVENT, event=str(made.record), change="REPAIRED", effectiveOn="2026-09-02",
        reason="x",
    ) == [("INVALID_INPUT", "change")]  # fmt: skip
