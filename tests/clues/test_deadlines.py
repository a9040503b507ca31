"""What the register works out of a deadline, against the law's own counting and against plain Python."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from commands_world import CITY_SECURITY, FAR_HEALTH, HEALTH, MONDAY, POLICE, SECURITY, CommandWorld, first, head
from sqlalchemy import Column, MetaData, Table, Text, select
from test_commands_routes import drafted, received, sent

from hub.clues import deadlines
from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of many lines
from hub.clues.lifecycle_tables import route_of
from hub.clues.tables import ClueTransfer
from hub.law.calendar import DAYS_AHEAD, DAYS_BACK, around, calendar
from hub.law.clock import due
from hub.law.pack import packs
from hub.law.vocabulary import Route
from hub.policy.scopes import load_scopes
from hub.settings import Settings
from tests.world import World

FIELDS = "status dueAt dueClock duePack dueClause dueBinding dueProvisional overdue owedBy remainingDays remainingWorkingDays"


class Watch:
    """A clock that is set."""

    at = MONDAY

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def reading(commanding: CommandWorld, tmp_path_factory: Any):
    made = World(commanding.database, tmp_path_factory.mktemp("data"), clock=Watch())
    yield made
    made.close()


def told(reading: World, agency: str, transfer: Any, at: datetime, fields: str = FIELDS) -> dict[str, Any]:
    """What the agency reads of a transfer at a moment."""
    reading.clock.at = at
    answered = reading.ask(
        reading.token(agency), f"query($id: ID!) {{ clueTransfer(id: $id) {{ {fields} }} }}", {"id": str(transfer)}
    )
    found: dict[str, Any] = answered["data"]["clueTransfer"]
    return found


def test_days_left_at_midnight_in_beijing_over_a_holiday(world: CommandWorld, reading: World) -> None:
    """Served on Friday 18 September 2026: seven working days end on the 29th (20th a working Sunday, 25th 中秋)."""
    transfer = drafted(world, SECURITY, HEALTH, penaltyServedOn="2026-09-18")
    last = datetime(2026, 9, 29, 16, tzinfo=UTC)  # midnight after the 29th in Beijing
    for at, natural, working, late in (
        (datetime(2026, 9, 21, 2, tzinfo=UTC), 8, 5, False),
        (datetime(2026, 9, 24, 15, 59, 59, tzinfo=UTC), 5, 2, False),  # Thursday: the 28th and 29th are left
        (datetime(2026, 9, 24, 16, tzinfo=UTC), 4, 2, False),  # 中秋 begins
        (last - timedelta(days=1, seconds=1), 1, 1, False),
        (last - timedelta(days=1), 0, 0, False),
        (last - timedelta(microseconds=1), 0, 0, False),
        (last, -1, -1, True),
        (datetime(2026, 10, 7, 16, tzinfo=UTC), -9, -2, True),  # 国庆: only the 30th and the 8th were working days
    ):
        found = told(reading, SECURITY, transfer, at)
        counted = (found["remainingDays"], found["remainingWorkingDays"], found["overdue"])
        assert counted == (natural, working, late), at
        deadline = due(
            "health_transfer_after_service", Route.HEALTHCARE_SECURITY_TO_HEALTH, date(2026, 9, 18), SECURITY[:6]
        )
        assert found["remainingDays"] == deadline.days_left(at)
        assert found["overdue"] is deadline.is_overdue(at)
        assert (found["owedBy"], found["duePack"], found["dueClause"]) == ("SENDER", "NX2022", "三（二）第二款")
        assert (found["dueBinding"], found["dueProvisional"]) == (True, False)


def test_an_hours_end_is_in_time_and_a_microsecond_later_is_not(world: CommandWorld, reading: World) -> None:
    transfer = drafted(world, SECURITY, POLICE)
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    world.do(head(SECURITY), C.APPROVE, id=transfer)
    ends = world.row(transfer)["due_at"]
    assert ends == world.now + timedelta(hours=24)
    assert told(reading, SECURITY, transfer, ends)["overdue"] is False
    assert told(reading, SECURITY, transfer, ends + timedelta(microseconds=1))["overdue"] is True
    assert told(reading, SECURITY, transfer, ends)["remainingDays"] == 0


def test_a_hub_default_is_told_as_such(world: CommandWorld, reading: World) -> None:
    transfer = received(world, SECURITY, HEALTH)
    found = told(reading, HEALTH, transfer, world.now)
    assert (found["owedBy"], found["duePack"], found["dueBinding"]) == ("RECEIVER", "HUB", False)
    assert found["dueClause"].startswith("平台规则")


def test_what_is_over_owes_nothing(world: CommandWorld, reading: World) -> None:
    transfer = sent(world, SECURITY, HEALTH)
    world.do(first(SECURITY), C.RECALL, id=transfer, reason="重复移送")
    found = told(reading, SECURITY, transfer, world.now + timedelta(days=400))
    assert found["overdue"] is False
    assert found["owedBy"] is found["remainingDays"] is found["remainingWorkingDays"] is found["dueAt"] is None


def test_the_register_lists_the_nearest_deadline_first_and_only_to_those_concerned(
    world: CommandWorld, reading: World
) -> None:
    soon, later = received(world, SECURITY, HEALTH), sent(world, SECURITY, HEALTH)
    world.do(first(HEALTH), C.REQUEST_SUPPLEMENT, id=soon, reason="缺少费用清单")
    document = "{ register(first: 1000) { nodes { id dueAt overdue } } }"

    def listed(agency: str, purpose: str | None = None) -> list[str]:
        reading.clock.at = world.now
        answered = reading.ask(reading.token(agency, purpose), document)
        nodes = answered["data"]["register"]["nodes"]
        dates = [node["dueAt"] or "~" for node in nodes]
        assert dates == sorted(dates)
        return [node["id"] for node in nodes]

    ours = listed(SECURITY)
    assert ours.index(str(later)) >= 0
    assert str(soon) in listed(HEALTH)
    assert {str(soon), str(later)} <= set(listed(CITY_SECURITY, "case-oversight"))
    assert not {str(soon), str(later)} & set(listed(FAR_HEALTH))
    assert not {str(soon), str(later)} & set(listed("650100-HEALTHCARE_SECURITY", "case-oversight"))
    assert not {str(soon), str(later)} & set(listed(POLICE))


def test_every_clock_is_owed_by_one_and_the_same() -> None:
    """The register tells by the clock's name whose step it is: no two packs may differ."""
    found: dict[str, set[str]] = {}
    for pack in packs():
        for rule in pack.file.clocks:
            found.setdefault(rule.name, set()).add(rule.actor)
    assert all(len(actors) == 1 for actors in found.values())
    assert {
        name for name, (actor, *_) in ((name, [*actors]) for name, actors in found.items()) if actor != "system"
    } == set(deadlines.actors())


def test_the_route_of_an_imported_transfer_is_that_of_the_lifecycle(sample_copy: Any) -> None:
    """For every pair of kinds."""
    import psycopg
    from sqlalchemy.dialects import postgresql

    kinds = [*load_scopes(Settings().policies).ceilings, "AUDIT"]
    pairs = Table("pairs", MetaData(), *(Column(name, Text) for name in ("sender_kind", "receiver_kind", "route")))
    expression = select(pairs.c.sender_kind, pairs.c.receiver_kind, deadlines.route(pairs, None))  # type: ignore[arg-type]
    text = str(expression.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    with psycopg.connect(sample_copy().owner_url) as connection:
        connection.execute("CREATE TEMP TABLE pairs (sender_kind text, receiver_kind text, route text)")
        connection.cursor().executemany("INSERT INTO pairs VALUES (%s, %s)", list(product(kinds, kinds)))
        found = connection.execute(text.encode()).fetchall()
    assert len(found) == len(kinds) ** 2
    for sender, receiver, route in found:
        assert route == route_of(sender, receiver), (sender, receiver)


@pytest.mark.parametrize("today", [date(2026, 9, 29), date(2026, 2, 16), date(2025, 12, 31), date(2024, 2, 29)])
def test_the_calendar_around_a_day_counts_as_the_calendar_does(today: date) -> None:
    days, working = around("640104", today), calendar("640104")
    assert len(days) == DAYS_BACK + DAYS_AHEAD + 1
    for n in (-DAYS_BACK, -366, -8, -1, 0, 1, 5, 9, 30, 365, DAYS_AHEAD):
        assert (days[DAYS_BACK + n] == "1") is working.is_working_day(today + timedelta(days=n))


def test_beyond_the_calendar_working_days_are_not_guessed(world: CommandWorld, reading: World) -> None:
    transfer = received(world, SECURITY, HEALTH)
    found = told(reading, HEALTH, transfer, MONDAY + timedelta(days=DAYS_BACK + 400))
    assert found["overdue"] is True
    assert found["remainingDays"] < -DAYS_BACK
    assert found["remainingWorkingDays"] is None


def test_the_order_is_the_one_column_that_is_never_null() -> None:
    assert not ClueTransfer.__table__.c.next_due_at.nullable
