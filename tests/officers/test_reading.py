"""Who may read what only a registered officer reads: as of now, by the Beijing day, whatever was remembered before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from hub.db.engine import Database
from hub.officers.register import RegisterError, end_officer, register_officer
from hub.officers.tables import OfficerRole
from tests.golden.golden_records import load_records
from tests.world import World, load_engine

HEALTH, SECURITY = "640104-HEALTH", "640104-HEALTHCARE_SECURITY"
CASE = "NX-2026-0001"
OFFICER = ("钱一", "64010477001")
ASKED = '{ clueTransfers(filter: {docNo: {eq: "兴医保案移字〔2026〕1号"}}) { nodes { status summary } } }'
LATE = datetime.fromisoformat("2026-11-16T23:59:00+08:00")


@dataclass
class Clock:
    at: datetime = LATE

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def golden(empty_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    database = empty_database()
    load_records(database.owner_url)
    world = World(database, tmp_path_factory.mktemp("data"), load_engine(), Clock())
    yield world
    world.close()


@pytest.fixture
def world(golden: World) -> World:
    """With an empty register but for the golden officers, one minute before midnight in Beijing."""
    golden.clock.at = LATE
    golden.client(HEALTH)
    golden.owner.execute("DELETE FROM officer WHERE certificate_no = %s", (OFFICER[1],))
    return golden


def change(world: World, act: Callable[[Connection], object]) -> None:
    engine = world.database.owner_engine()
    with engine.begin() as connection:
        act(connection)
    engine.dispose()


def register(world: World, agency: str = HEALTH, name: str = OFFICER[0], **period: Any) -> None:
    period = {"valid_from": date(2026, 1, 1)} | period
    role = [OfficerRole.CASE_OFFICER]
    change(world, lambda c: register_officer(c, agency, name, OFFICER[1], role, **period, by="test"))


def end(world: World, last_day: date) -> None:
    change(world, lambda c: end_officer(c, HEALTH, OFFICER[1], last_day, by="test"))


def read(world: World, token: str) -> str:
    """ "open", or the code told for `summary`; the procedure is open either way."""
    answer = world.ask(token, ASKED)
    (node,) = answer["data"]["clueTransfers"]["nodes"]
    assert node["status"] == "HANDLING"
    told = {entry["coordinate"]: entry["code"] for entry in answer["extensions"]["masked"]}
    assert (node["summary"] is None) == ("ClueTransfer.summary" in told)
    return str(told.get("ClueTransfer.summary", "open"))


def test_the_next_request_sees_a_change_of_the_register(world: World) -> None:
    """With one and the same token, which no change of the register ends."""
    token = world.token(HEALTH, case_no=CASE, officer=OFFICER)
    assert read(world, token) == "OFFICER_REQUIRED"
    register(world)
    assert read(world, token) == "open"
    end(world, date(2026, 11, 15))
    assert read(world, token) == "OFFICER_REQUIRED"
    register(world, valid_from=date(2026, 11, 16))
    assert read(world, token) == "open"
    for statement, code in (
        ("UPDATE officer SET name = '钱二' WHERE certificate_no = %s", "OFFICER_REQUIRED"),
        ("UPDATE officer SET name = '钱一' WHERE certificate_no = %s", "open"),
        (f"UPDATE officer SET agency = '{SECURITY}' WHERE certificate_no = %s", "OFFICER_REQUIRED"),
        (f"UPDATE officer SET agency = '{HEALTH}' WHERE certificate_no = %s", "open"),
        ("DELETE FROM officer WHERE certificate_no = %s", "OFFICER_REQUIRED"),
    ):
        world.owner.execute(statement, (OFFICER[1],))
        assert read(world, token) == code, statement


def test_the_day_ends_at_midnight_in_beijing(world: World) -> None:
    register(world, valid_to=date(2026, 11, 16))
    token = world.token(HEALTH, case_no=CASE, officer=OFFICER)
    assert read(world, token) == "open"
    world.clock.at += timedelta(minutes=1)
    assert read(world, token) == "OFFICER_REQUIRED"


def test_the_day_begins_at_midnight_in_beijing(world: World) -> None:
    register(world, valid_from=date(2026, 11, 17))
    token = world.token(HEALTH, case_no=CASE, officer=OFFICER)
    assert read(world, token) == "OFFICER_REQUIRED"
    world.clock.at += timedelta(seconds=59, milliseconds=999)
    assert read(world, token) == "OFFICER_REQUIRED"
    world.clock.at += timedelta(milliseconds=1)
    assert read(world, token) == "open"


def test_a_change_at_another_agency_is_no_matter(world: World) -> None:
    """Neither does it open, nor are the callers of this agency read anew."""
    token = world.token(HEALTH, case_no=CASE, officer=OFFICER)
    before = world.loop.run_until_complete(world.hub.callers.of(token))
    register(world, SECURITY)
    assert read(world, token) == "OFFICER_REQUIRED"
    assert world.loop.run_until_complete(world.hub.callers.of(token)) is before


def test_the_app_registers_and_the_version_rises_all_the_same(world: World) -> None:
    """It may write officers and no agency: the trigger has the owner's right."""
    token = world.token(HEALTH, case_no=CASE, officer=OFFICER)
    assert read(world, token) == "OFFICER_REQUIRED"
    with psycopg.connect(world.database.app_url, autocommit=True) as app:
        app.execute(
            "INSERT INTO officer (agency, name, certificate_no, roles, valid_from, registered_by)"
            " VALUES (%s, %s, %s, '{CASE_OFFICER}', '2026-01-01', 'test')",
            (HEALTH, *OFFICER),
        )
        assert read(world, token) == "open"
        app.execute("UPDATE officer SET valid_to = '2026-11-01' WHERE certificate_no = %s", (OFFICER[1],))
        assert read(world, token) == "OFFICER_REQUIRED"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("UPDATE agency SET authority_version = 1")


@pytest.mark.parametrize(
    "stated",
    [
        None,
        ("钱一 ", OFFICER[1]),
        (" 钱一", OFFICER[1]),
        ("錢一", OFFICER[1]),
        ("钱一", OFFICER[1] + " "),
        ("钱一", OFFICER[1].replace("6", "６")),
        ("钱%", OFFICER[1]),
        ("", ""),
        (OFFICER[1], OFFICER[0]),
    ],
)
def test_name_and_certificate_are_those_of_the_register_to_the_letter(
    world: World, stated: tuple[str, str] | None
) -> None:
    register(world)
    assert read(world, world.token(HEALTH, case_no=CASE, officer=OFFICER)) == "open"
    assert read(world, world.token(HEALTH, case_no=CASE, officer=stated)) == "OFFICER_REQUIRED"


def test_the_ledger_names_the_officer_as_stated_also_where_the_register_does_not(world: World) -> None:
    world.ask(world.token(HEALTH, case_no=CASE, officer=("某人", "0000")), ASKED)
    row = world.owner.execute(
        "SELECT officer_name, officer_certificate_no, masked FROM disclosure_view ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert row
    assert row[:2] == ("某人", "0000")
    assert "ClueTransfer.summary" in row[2]


def test_a_register_that_refuses_changes_nothing(world: World) -> None:
    register(world)
    versions = "SELECT array_agg(authority_version ORDER BY code) FROM agency"
    before = world.owner.execute(versions).fetchone()
    with pytest.raises(RegisterError):
        register(world)
    with pytest.raises(RegisterError):
        register(world, SECURITY)
    assert world.owner.execute(versions).fetchone() == before


def test_a_schema_answer_tells_whether_the_officer_is_registered(world: World) -> None:
    asked = "{ viewer { officer { name certificateNo registered } fields { coordinate access code } } }"
    register(world)
    for officer, expected in ((OFFICER, True), (("钱二", OFFICER[1]), False)):
        viewer = world.ask(world.token(HEALTH, case_no=CASE, officer=officer), asked)["data"]["viewer"]
        assert viewer["officer"] == {"name": officer[0], "certificateNo": officer[1], "registered": expected}
        access = {each["coordinate"]: (each["access"], each["code"]) for each in viewer["fields"]}
        assert (access["ClueTransfer.summary"] == ("DENY", "OFFICER_REQUIRED")) is not expected
        assert access["ClueTransfer.status"][0] == "CONDITIONAL"
    assert world.ask(world.token(HEALTH, officer=None), asked)["data"]["viewer"]["officer"] is None
