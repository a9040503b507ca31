"""Arrival: the first disclosure to the receiver's client, read off the ledger; or a day after sending."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import psycopg
from commands_world import MARKET
from mutating_world import HEALTH, SECURITY, Mutating, first

from hub.clues.arrivals import Arrivals
from hub.clues.commands_arrival import presume, record_deliveries, take_deliveries
from hub.ledger.follower import index_next


def transfer(world: Mutating, public_id: str) -> dict[str, Any]:
    found = world.owner.execute(
        "SELECT status, sent_at, arrived_at, due_at, due_clock FROM clue_transfer WHERE public_id = %s", (public_id,)
    ).fetchone()
    assert found
    return dict(zip(("status", "sent_at", "arrived_at", "due_at", "due_clock"), found, strict=True))


def arrivals(world: Mutating, public_id: str) -> list[tuple[datetime, bool, str]]:
    return world.owner.execute(
        "SELECT e.at, (e.payload #>> '{record,presumed}')::bool, e.client_id FROM transfer_event e"
        " JOIN clue_transfer t ON t.id = e.transfer_id WHERE t.public_id = %s AND e.kind = 'ARRIVED'",
        (public_id,),
    ).fetchall()


def indexed(world: Mutating) -> None:
    async def index() -> None:
        async with await psycopg.AsyncConnection.connect(world.database.app_url, autocommit=True) as connection:
            while await index_next(connection):
                pass

    asyncio.run(index())


def taken(world: Mutating) -> int:
    indexed(world)
    with psycopg.connect(world.database.app_url, autocommit=True) as connection:
        return take_deliveries(connection)


def read(world: Mutating, agency: str, public_id: str, **more: Any) -> None:
    world.ask(world.token_of(first(agency), **more), f'{{ clueTransfer(id: "{public_id}") {{ id }} }}')


def test_a_query_of_the_receiver_is_a_delivery_at_the_time_of_its_ledger_row(world: Mutating) -> None:
    _, public_id = world.delivered(SECURITY, HEALTH)
    read(world, SECURITY, public_id)
    read(world, MARKET, public_id)
    assert taken(world) == 0
    assert transfer(world, public_id)["status"] == "SENT"
    read(world, HEALTH, public_id)
    first_row = world.ledger()[-1]
    read(world, HEALTH, public_id)
    assert taken(world) == 1
    after = transfer(world, public_id)
    assert after["status"] == "ARRIVED"
    assert after["arrived_at"] == datetime.fromisoformat(first_row["at"])
    assert after["due_clock"] == "receipt"
    assert arrivals(world, public_id) == [(after["arrived_at"], False, "")]
    assert taken(world) == 0
    assert len(arrivals(world, public_id)) == 1


def test_a_list_and_a_nested_record_are_deliveries_too(world: Mutating) -> None:
    sent = [world.delivered(SECURITY, HEALTH)[1] for _ in range(2)]
    world.ask(world.token_of(first(HEALTH)), "{ clueTransfers(first: 100) { nodes { docNo } } }")
    assert taken(world) >= 2
    assert {transfer(world, public_id)["status"] for public_id in sent} == {"ARRIVED"}


def test_a_count_or_a_refused_query_delivers_nothing(world: Mutating) -> None:
    _, public_id = world.delivered(SECURITY, HEALTH)
    world.ask(world.token_of(first(HEALTH)), "{ clueTransfers(first: 100) { totalCount } }")
    read(world, HEALTH, public_id, scopes=("parties:read",))
    world.ask(world.token_of(first(HEALTH)), "{ clueTransfers { nodes { nothing } } }")
    taken(world)
    assert transfer(world, public_id)["status"] == "SENT"


def test_a_day_after_sending_arrival_is_presumed_at_that_moment(world: Mutating) -> None:
    _, public_id = world.delivered(SECURITY, HEALTH)
    sent_at = transfer(world, public_id)["sent_at"]
    with psycopg.connect(world.database.app_url, autocommit=True) as connection:
        assert presume(connection, sent_at + timedelta(hours=23, minutes=59)) == 0
        while presume(connection, sent_at + timedelta(days=3)):
            pass
    after = transfer(world, public_id)
    assert (after["status"], after["arrived_at"]) == ("ARRIVED", sent_at + timedelta(days=1))
    assert arrivals(world, public_id) == [(after["arrived_at"], True, "")]


def test_a_delivery_to_whoever_is_not_the_receiver_is_none(world: Mutating) -> None:
    _, public_id = world.delivered(SECURITY, HEALTH)
    now = world.clock.now()
    with psycopg.connect(world.database.app_url, autocommit=True) as connection:
        assert record_deliveries(connection, MARKET, [public_id], now) == 0
        assert record_deliveries(connection, HEALTH, [public_id], now - timedelta(days=1)) == 0
        assert record_deliveries(connection, HEALTH, [public_id], now) == 1
        assert record_deliveries(connection, HEALTH, [public_id], now) == 0


def test_a_draft_read_by_nobody_but_its_sender_and_a_recalled_one_never_arrive(world: Mutating) -> None:
    _, draft = world.drafted(SECURITY, HEALTH)
    _, recalled = world.delivered(SECURITY, HEALTH)
    for public_id in (draft, recalled):
        read(world, SECURITY, public_id)
        read(world, HEALTH, public_id)
    world.do(first(SECURITY), "recallClueTransfer", id=recalled, reason="有误")
    taken(world)
    assert (transfer(world, draft)["status"], transfer(world, recalled)["status"]) == ("DRAFT", "RECALLED")


def test_one_process_records_and_another_takes_over(world: Mutating) -> None:
    one, two = (Arrivals(world.database.app_url, world.clock, presume_s=0) for _ in range(2))
    _, public_id = world.delivered(SECURITY, HEALTH)
    read(world, HEALTH, public_id)
    indexed(world)
    assert one.sweep() is True
    assert two.sweep() is False
    assert transfer(world, public_id)["status"] == "ARRIVED"
    one._disconnect()
    assert two.sweep() is True
    two._disconnect()


def test_a_delivery_of_a_transfer_that_somebody_works_on_is_recorded_later(world: Mutating) -> None:
    """Though the ledger's index has gone on: what was found and not recorded is asked for again, what is new too."""
    (_, first_id), (_, second_id) = (world.delivered(SECURITY, HEALTH) for _ in range(2))
    arriving = Arrivals(world.database.app_url, world.clock, presume_s=1_000)
    indexed(world)
    assert arriving.sweep() is True
    read(world, HEALTH, first_id)
    indexed(world)
    with psycopg.connect(world.database.owner_url) as working:
        working.execute("SELECT 1 FROM clue_transfer WHERE public_id = %s FOR UPDATE", (first_id,))
        assert arriving.sweep() is True
    assert transfer(world, first_id)["status"] == "SENT"
    read(world, HEALTH, second_id)
    indexed(world)
    assert arriving.sweep() is True
    assert {transfer(world, each)["status"] for each in (first_id, second_id)} == {"ARRIVED"}
    arriving._disconnect()
