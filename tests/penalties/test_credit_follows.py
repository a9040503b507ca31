"""A penalty that is revoked or repaired: its credit event is corrected and the score computed anew, at once (R23, R24)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from recording_world import CREDIT, SECURITY, RecordCommand, RecordWorld, first

from hub.credit.events import PENALTY, By, record_event
from hub.credit.scoring import compute
from hub.law import credit
from hub.law.credit import Quarter

C = RecordCommand
WHY = {"reason": "复议决定撤销", "clause": "处罚法第四十八条"}
PERIOD = Quarter.of("2026Q3")
RECORDED = "SELECT change, effective_on, agency, of FROM credit_event WHERE institution_id = %s ORDER BY id"


@pytest.fixture
def scored(world: RecordWorld, here: str) -> tuple[Any, int]:
    """A published penalty of an institution, its event and its score; public id, and id of the institution."""
    penalty = world.published(institution=here)
    row = world.record(penalty)
    institution = int(row["institution_id"])
    with world.app.transaction():
        by = By(SECURITY, f"test-{SECURITY}", "", world.now)
        record_event(world.app, by, institution, "PENALTY_GENERAL", date(2026, 9, 8), source=(PENALTY, int(row["id"])))
        compute(world.app, credit.current(), PERIOD, [institution], world.now)
    return penalty, institution


def score(world: RecordWorld, institution: int) -> tuple[Any, int]:
    """The score, and how many effects it has."""
    (row,) = world.rows(
        "SELECT s.score, (SELECT count(*) FROM credit_effect e WHERE e.score_id = s.id) AS effects FROM credit_score s"
        " WHERE s.institution_id = %s AND s.period = %s",
        institution,
        str(PERIOD),
    )
    return row["score"], row["effects"]


def last(world: RecordWorld, institution: int) -> dict[str, Any]:
    return world.rows(RECORDED, institution)[-1]


def test_a_revocation(world: RecordWorld, scored: tuple[Any, int]) -> None:
    penalty, institution = scored
    before, effects = score(world, institution)
    world.do(first(SECURITY), C.REVOKE, id=penalty, **WHY)
    after, left = score(world, institution)
    assert (after > before, left) == (True, effects - 1)
    told = last(world, institution)
    assert (told["change"], told["agency"]) == ("REVOKED", SECURITY)


def test_a_repair_of_the_credit_platform(world: RecordWorld, scored: tuple[Any, int]) -> None:
    """In a quarter that ended before the repair the event still counts; it takes effect on the day."""
    penalty, institution = scored
    before = score(world, institution)
    world.now = datetime(2026, 12, 9, 1, tzinfo=UTC)
    world.do(first(CREDIT), C.RECORD_CREDIT_REPAIR, id=penalty)
    told = last(world, institution)
    assert (told["change"], told["effective_on"], told["agency"]) == ("REPAIRED", date(2026, 12, 9), CREDIT)
    assert score(world, institution) == before


def test_once_with_one_key(world: RecordWorld, scored: tuple[Any, int]) -> None:
    penalty, institution = scored
    for _ in range(2):
        assert not world.give(
            first(SECURITY), C.REVOKE, key="revoke-once-" + str(penalty), id=penalty, **WHY
        ).user_errors
    assert [row["change"] for row in world.rows(RECORDED, institution)].count("REVOKED") >= 1
    corrected = [row["of"] for row in world.rows(RECORDED, institution) if row["of"] is not None]
    assert len(corrected) == len(set(corrected))


def test_a_refused_repair_corrects_nothing(world: RecordWorld, scored: tuple[Any, int]) -> None:
    penalty, institution = scored
    before = (world.rows(RECORDED, institution), score(world, institution))
    world.refused(first(CREDIT), C.RECORD_CREDIT_REPAIR, id=penalty)  # the shortest term is not over
    assert (world.rows(RECORDED, institution), score(world, institution)) == before


def test_a_penalty_without_an_event(world: RecordWorld) -> None:
    count = "SELECT count(*) AS n FROM credit_event"
    before = world.rows(count)
    world.do(first(SECURITY), C.REVOKE, id=world.published(), **WHY)
    assert world.rows(count) == before
