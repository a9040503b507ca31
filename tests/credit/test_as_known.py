"""`explainScore(asOf:)`: a score with its effects as it was known at a moment; never for the credit platform (R23, R24)."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from hub.credit import given
from hub.credit.events import By, Correction, correct_event, record_event
from hub.credit.scoring import compute
from hub.db.engine import Database
from hub.law import credit
from hub.law.credit import Change, Quarter
from hub.ledger.lookup import Window, who_saw
from tests.world import World

SECURITY, PROVINCE, PLATFORM = "640104-HEALTHCARE_SECURITY", "640000-HEALTHCARE_SECURITY", "640000-CREDIT_PLATFORM"
COMPUTED = datetime(2026, 10, 5, 2, tzinfo=UTC)
RECORDED, REVOKED = COMPUTED + timedelta(days=1), COMPUTED + timedelta(days=2)
SECOND, TICK = timedelta(seconds=1), timedelta(microseconds=1)
RANDOM = re.compile(rb'"id":"[0-9a-f]{32}",')
"""The number of a refusal, new each time."""
PERIOD = Quarter(2026, 3)
WHOLE = "{ period score grade dimensions { score } effects { event rule points clause } deductions { points } }"
ASKED = f'query Q($code: ID!, $at: DateTime) {{ explainScore(nhsaCode: $code, period: "2026Q3", asOf: $at) {WHOLE} }}'
NOW = f'query Q($code: ID!) {{ explainScore(nhsaCode: $code, period: "2026Q3") {WHOLE} }}'


@pytest.fixture(scope="module")
def world(credit_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(credit_database, tmp_path_factory.mktemp("data"))
    yield made
    made.close()


def known(world: World, code: str, at: datetime | None, agency: str = SECURITY) -> Any:
    answer = world.ask(world.token(agency), ASKED, {"code": code, "at": None if at is None else at.isoformat()})
    return answer["data"]["explainScore"]


def short(found: Any) -> Any:
    return found and (found["score"], [one["rule"] for one in found["effects"]])


def institution(app: psycopg.Connection[Any], number: int) -> tuple[int, str]:
    """Of 兴庆区, and then of the rest of the province."""
    rows = app.execute(
        "SELECT id, nhsa_code FROM institution WHERE region LIKE '64%' ORDER BY region <> '640104', id"
    ).fetchall()
    return rows[number][0], rows[number][1]


def made(app: psycopg.Connection[Any], one: int, at: datetime) -> None:
    with app.transaction():
        compute(app, credit.current(), PERIOD, [one], at)


@pytest.fixture
def history(app: psycopg.Connection[Any]) -> tuple[int, str]:
    """An institution whose score fell by an event that was revoked a day later."""
    one, code = institution(app, 0)
    if app.execute("SELECT FROM credit_score WHERE institution_id = %s", (one,)).fetchone() is None:
        made(app, one, COMPUTED)
        with app.transaction():
            event = record_event(app, By(SECURITY, "t", "T-1", RECORDED), one, "DATA_FALSE", date(2026, 8, 1))
        with app.transaction():
            correct_event(app, By(SECURITY, "t", "T-1", REVOKED), event, Correction(Change.REVOKED, "撤销"))
    return one, code


def test_before_between_and_after(world: World, history: tuple[int, str]) -> None:
    _, code = history
    told = {
        COMPUTED - TICK: None,
        COMPUTED: ("1000.00", []),
        RECORDED - TICK: ("1000.00", []),
        RECORDED: ("950.00", ["DATA_FALSE"]),
        REVOKED - TICK: ("950.00", ["DATA_FALSE"]),
        REVOKED: ("1000.00", []),
        world.clock.now() - SECOND: ("1000.00", []),
    }
    assert {at: short(known(world, code, at)) for at in told} == told
    (effect,) = known(world, code, RECORDED)["effects"]
    assert (effect["points"], bool(effect["event"]), bool(effect["clause"])) == (250, True, True)
    assert len(known(world, code, RECORDED)["dimensions"]) == len(credit.current().dimensions)


def test_without_a_moment_it_is_as_it_stands(world: World, history: tuple[int, str]) -> None:
    _, code = history
    token = world.token(SECURITY)
    stands = world.ask(token, NOW, {"code": code})
    assert stands == world.ask(token, ASKED, {"code": code}) == world.ask(token, ASKED, {"code": code, "at": None})
    assert short(stands["data"]["explainScore"]) == ("1000.00", [])
    creditscore = world.ask(token, NOW.replace("explainScore(", "explainScore: creditScore("), {"code": code})
    assert creditscore["data"] == stands["data"]


def test_a_moment_ahead_or_of_no_form_is_refused(world: World, history: tuple[int, str]) -> None:
    _, code = history
    token = world.token(SECURITY)
    ahead = world.ask(token, ASKED, {"code": code, "at": (world.clock.now() + timedelta(minutes=1)).isoformat()})
    assert ahead["data"] == {"explainScore": None}
    (error,) = ahead["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("INVALID_ARGUMENT", "asOf")
    for wrong in ("2026-10-05", "2026-10-05T00:00:00", "yesterday", 7):
        (error,) = world.ask(token, ASKED, {"code": code, "at": wrong})["errors"]
        assert error["extensions"]["code"] == "BAD_VARIABLES"
    # In the text of the document as in a variable, and the rest of the query is answered.
    written = f'{{ viewer {{ purpose }} explainScore(nhsaCode: "{code}", period: "2026Q3", asOf: "2199-01-01T00:00:00Z") {WHOLE} }}'
    answer = world.ask(token, written)
    assert answer["data"] == {"viewer": {"purpose": "fund-supervision"}, "explainScore": None}
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_ARGUMENT"
    for nobody in ("NONE", institution_elsewhere(world)):
        assert known(world, nobody, RECORDED) is None


def institution_elsewhere(world: World) -> str:
    """Of another region, with a score: seen by its own region only, then as now."""
    row = world.owner.execute("SELECT id, nhsa_code FROM institution WHERE region NOT LIKE '64%' LIMIT 1").fetchone()
    assert row
    with world.owner.transaction():
        compute(world.owner, credit.current(), PERIOD, [row[0]], COMPUTED)
    return str(row[1])


def test_the_credit_platform_is_told_the_same_whatever_there_is(world: World, history: tuple[int, str]) -> None:
    """It reads the score that stands. Asked for another moment, it learns nothing: not even that there is a score."""
    _, code = history
    token = world.token(PLATFORM)
    asked = ASKED.replace(WHOLE, "{ period score grade dimensions { score } }")
    moments = (COMPUTED - TICK, COMPUTED, RECORDED, REVOKED, world.clock.now() + timedelta(days=1))
    answers = {
        RANDOM.sub(b"", world.answer(token, asked, {"code": one, "at": at.isoformat()}).body)
        for one in (code, institution_elsewhere(world), "NONE")
        for at in moments
    }
    (only,) = answers
    assert b'"explainScore":null' in only
    assert b"FILTER_NOT_ALLOWED" in only
    assert b"credit-firewall" in only
    stands = world.ask(token, asked, {"code": code})
    assert (stands["data"]["explainScore"]["score"], "errors" in stands) == ("1000.00", False)


def test_the_ledger_names_what_was_read(world: World, history: tuple[int, str], app: psycopg.Connection[Any]) -> None:
    one, code = history
    before = {row.id for row in who_saw(app, code, Window(limit=1000))}
    known(world, code, RECORDED)
    (entry,) = [row for row in who_saw(app, code, Window(limit=1000)) if row.id not in before]
    ids = app.execute("SELECT record_ids FROM disclosure WHERE public_id = %s", (entry.id,)).fetchone()
    version = app.execute(
        "SELECT record_id FROM credit_score_version WHERE institution_id = %s AND score = 950", (one,)
    ).fetchone()
    assert ids
    assert version
    numbers = {int.from_bytes(ids[0][at : at + 8], "big") for at in range(0, len(ids[0]), 8)}
    effect = app.execute("SELECT id FROM credit_effect WHERE score_id = %s", version).fetchone()
    assert effect
    assert {version[0], effect[0]} <= numbers


def test_scores_as_an_agency_gave_them_are_kept_too(world: World, app: psycopg.Connection[Any]) -> None:
    one, code = institution(app, 1)
    ((region,),) = app.execute("SELECT region FROM institution WHERE id = %s", (one,)).fetchall()

    def row(score: str) -> dict[str, Any]:
        return {
            "institution_id": one, "nhsa_code": code, "region": region, "period": "2026Q3", "score": score,
            "grade": "B", "model_version": "own", "measures": [],
            "dimensions": [{"name": "自评", "score": score, "weight": "1", "position": 0}],
        }  # fmt: skip

    with app.transaction():
        given.record(app, SECURITY, [row("700.00")], COMPUTED)
    with app.transaction():
        given.replace(app, SECURITY, [row("800.00")], RECORDED)
    assert known(world, code, COMPUTED - TICK, PROVINCE) is None
    for at, score in ((COMPUTED, "700.00"), (RECORDED, "800.00"), (None, "800.00")):
        found = known(world, code, at, PROVINCE)
        assert (found["score"], found["dimensions"]) == (score, [{"score": score}])


def test_a_clock_that_goes_back_never_gives_two_scores_for_a_moment(app: psycopg.Connection[Any]) -> None:
    one, _ = institution(app, 2)
    made(app, one, RECORDED)
    for at, rule in ((COMPUTED, "DATA_FALSE"), (REVOKED, "PENALTY_GENERAL"), (COMPUTED, "DATA_FALSE")):
        with app.transaction():
            record_event(app, By(SECURITY, "t", "T-1", at), one, rule, date(2026, 8, 1))
    apart = app.execute(
        "SELECT bool_and(a.id = b.id OR NOT (a.known_from < b.known_until AND b.known_from < a.known_until"
        " AND a.known_from < a.known_until AND b.known_from < b.known_until)), count(*)"
        " FROM credit_score_as_known a JOIN credit_score_as_known b USING (institution_id, period)"
        " WHERE a.institution_id = %s AND a.period = '2026Q3'",
        (one,),
    ).fetchone()
    assert apart == (True, 16)


def test_what_a_version_was_made_of_cannot_be_removed(app: psycopg.Connection[Any]) -> None:
    for table in ("credit_dimension", "credit_effect", "credit_deduction"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(f"DELETE FROM {table}")
