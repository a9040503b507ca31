"""Ten thousand records over on one day, a record that a thousand received, a task that is killed, a database restored."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from ledger_entries import entry
from recalling_world import CREDIT, FAR_HEALTH, HEALTH, Recalling

from hub.penalties.publicity import end_terms

SOAK = bool(os.environ.get("HUB_SOAK"))
RECORDS = 10_000 if SOAK else 1_500
TIMES = 10 if SOAK else 2


def published(world: Recalling, number: int, ends_on: str = "2026-09-20") -> list[int]:
    """Published records of firms, whose term ends on a day; internal ids."""
    template = world.recording.published()
    rows = world.owner.execute(
        "INSERT INTO penalty_record (public_id, authority, decision_no, counterparty_key, counterparty_category,"
        " counterparty_name, violation_type, published_facts, facts, basis, kinds, content, decided_on, data_source,"
        " data_source_uscc, case_officers, region, status, published_at, publicity_ends_on, served_on, severity)"
        " SELECT gen_random_uuid(), p.authority, p.decision_no || n, p.counterparty_key || n, p.counterparty_category,"
        " p.counterparty_name, p.violation_type, p.published_facts, p.facts, p.basis, p.kinds, p.content, p.decided_on,"
        " p.data_source, p.data_source_uscc, p.case_officers, p.region, 'PUBLISHED', p.published_at, %s, p.served_on,"
        " p.severity FROM penalty_record p, generate_series(1, %s) n WHERE p.public_id = %s RETURNING id",
        (ends_on, number, template),
    ).fetchall()
    return [row[0] for row in rows]


def received(world: Recalling, ids: list[int], readers: dict[str, str]) -> None:
    """Entries of a thousand records each, by client and agency."""
    ((read,),) = world.owner.execute("SELECT pg_current_snapshot()::text").fetchall()

    async def write() -> None:
        more = {"at": world.clock.now(), "read": read, "case_no": None, "purpose": "medical-practice-regulation"}
        await asyncio.gather(
            *(
                world.hub.ledger.append(entry(ids[at : at + 1_000], client_id=client, agency=agency, **more))
                for client, agency in readers.items()
                for at in range(0, len(ids), 1_000)
            )
        )

    world.loop.run_until_complete(write())


def recalls(world: Recalling, ids: list[int]) -> list[dict[str, Any]]:
    return world.recording.rows("SELECT record_id, client_id, cause FROM recall WHERE record_id = ANY(%s)", ids)


def test_thousands_of_records_over_on_one_day(world: Recalling) -> None:
    ids = published(world, RECORDS)
    readers = {"test-one": CREDIT, "test-two": FAR_HEALTH, "test-three": HEALTH}
    received(world, ids, readers)
    received(world, ids[:10], {"test-four": HEALTH})
    began = time.monotonic()
    assert (end_terms(world.recording.app, world.clock.now()) or 0) >= RECORDS
    ended = time.monotonic()
    steps = world.settle()
    print(f"terms {ended - began:.1f} s, recalls {time.monotonic() - ended:.1f} s")
    found = recalls(world, ids)
    assert len(found) == 3 * RECORDS + 10
    assert {row["client_id"] for row in found} == {*readers, "test-four"}
    assert sum(step.recalls for step in steps) >= len(found)
    assert world.settle() == []


def test_a_record_that_a_thousand_received_more_than_once(world: Recalling) -> None:
    penalty = world.recording.published()
    ((record,),) = world.owner.execute("SELECT id FROM penalty_record WHERE public_id = %s", (penalty,)).fetchall()
    readers = {f"test-many-{n}": (FAR_HEALTH, HEALTH, CREDIT)[n % 3] for n in range(1_000)}
    for _ in range(TIMES):
        received(world, [record], readers)
    world.revoke(penalty)
    world.settle()
    assert {row["client_id"] for row in recalls(world, [record])} == set(readers)
    assert len(recalls(world, [record])) == len(readers)


RUNNER = """
import asyncio, sys
from hub.clock import SystemClock
from hub.ledger.follower import Follower
from hub.recalls import settling
settling.CAUSES = 100
async def main():
    stop = asyncio.Event()
    print("running", flush=True)
    await asyncio.gather(Follower(sys.argv[1], poll_s=0.01, retry_s=0.05).run(stop),
                         settling.Settling(sys.argv[1], SystemClock(), sys.argv[2].split(","), poll_s=0.01, retry_s=0.05).run(stop))
asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX")
def test_a_task_that_is_killed_again_and_again_misses_nobody_and_doubles_nobody(world: Recalling) -> None:
    ids = published(world, 2_000)
    received(world, ids, {"test-kill-one": CREDIT, "test-kill-two": FAR_HEALTH})
    end_terms(world.recording.app, world.clock.now())
    arguments = [sys.executable, "-c", RUNNER, world.database.app_url, ",".join(world.supervising)]
    partly = set()
    for attempt in range(25 if SOAK else 4):
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as running:
            assert running.stdout
            assert running.stdout.readline() == b"running\n"
            time.sleep(0.1 + 0.07 * attempt)
            running.kill()
            running.wait()
        partly.add(len(recalls(world, ids)))
    world.settle()
    found = recalls(world, ids)
    assert len(found) == len({(row["record_id"], row["client_id"]) for row in found}) == 2 * len(ids)


def test_a_downtime_is_caught_up(world: Recalling) -> None:
    """Changes and readings of a time without any task: the next one finds all."""
    ids = published(world, 50, ends_on="2027-01-01")
    for at in range(5):
        group = ids[10 * at : 10 * at + 10]
        received(world, group, {f"test-down-{at}": FAR_HEALTH})
        world.owner.execute("UPDATE penalty_record SET publicity_ends_on = '2026-09-20' WHERE id = ANY(%s)", (group,))
        end_terms(world.recording.app, world.clock.now())
    world.settle()
    found = {(row["record_id"], row["client_id"]) for row in recalls(world, ids)}
    assert found == {(ids[10 * at + n], f"test-down-{at}") for at in range(5) for n in range(10)}


def test_one_task_at_a_time(world: Recalling) -> None:
    """Whoever has not the lock does nothing; two steps at once leave one set of recalls."""
    import psycopg

    from hub.clock import SystemClock
    from hub.recalls.settling import LOCK, Settling

    ids = published(world, 20)
    received(world, ids, {"test-lock": FAR_HEALTH})
    end_terms(world.recording.app, world.clock.now())

    async def a_while() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(
            Settling(world.database.app_url, SystemClock(), world.supervising, poll_s=0.01, retry_s=0.01).run(stop)
        )
        await asyncio.sleep(0.3)
        stop.set()
        await task

    with psycopg.connect(world.database.app_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        asyncio.run(a_while())
        assert (
            world.recording.rows(
                "SELECT 1 FROM recall_cause WHERE record_id = ANY(%s) AND assigned_at IS NOT NULL", ids
            )
            == []
        )
    world.settle()
    assert len(recalls(world, ids)) == len(ids)


def test_a_database_restored_into_another_cluster(world: Recalling) -> None:
    """Transactions are counted anew: readings of the old count were before every change of the new one."""
    old, new = world.recording.published(), world.recording.published()
    assert world.read(CREDIT, old)
    assert world.read(CREDIT, new)
    world.revoke(old)
    # As a restore leaves it: numbers of the old cluster lie far ahead of the counter, and the start has noticed.
    world.owner.execute("UPDATE disclosure SET read = '900000000000:900000000000:'")
    world.owner.execute("UPDATE recall_cause SET xid = '900000000000'")
    world.owner.execute("UPDATE feed_epoch SET number = number + 1")
    assert world.read(FAR_HEALTH, new)
    world.revoke(new)
    world.settle()
    assert world.stored(old) == {("REVOKED", CREDIT)}
    assert world.stored(new) == {("REVOKED", CREDIT), ("REVOKED", FAR_HEALTH)}
