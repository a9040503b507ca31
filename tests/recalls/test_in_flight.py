"""Reads under way when a record is changed: whatever saw it before is recalled, however late its entry comes."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from commands_world import first
from recalling_world import CREDIT, FAR_HEALTH, HEALTH, PENALTY, Recalling

from hub.disclosure import Request, disclose
from hub.ledger.entry import DisclosureEntry
from hub.ledger.writer import LedgerWriter
from hub.penalties.recording import RecordCommand


@dataclass
class Held:
    """A ledger whose entries wait until something has happened: the answer is read, but not yet on file."""

    ledger: LedgerWriter
    meanwhile: Callable[[], Any]

    async def append(self, entry: DisclosureEntry) -> None:
        await asyncio.to_thread(self.meanwhile)
        await self.ledger.append(entry)


def slowly(world: Recalling, agency: str, penalty: Any, meanwhile: Callable[[], Any]) -> bytes:
    hub = replace(world.hub, ledger=Held(world.hub.ledger, meanwhile))  # type: ignore[arg-type]
    request = Request(PENALTY, variables={"id": str(penalty)})
    return world.loop.run_until_complete(disclose(hub, world.token(agency), request)).body


def test_a_slow_answer_is_found_though_its_entry_comes_after_everything(world: Recalling) -> None:
    penalty = world.recording.published()

    def meanwhile() -> None:
        world.revoke(penalty)
        world.settle()
        assert world.stored(penalty) == set(), "the ledger knows of nobody yet"
        for _ in range(3):  # others read on, and batches of the index pass by
            world.disclosed_elsewhere(CREDIT)
            world.settle()

    assert b"PUBLISHED" in slowly(world, FAR_HEALTH, penalty, meanwhile)
    world.settle()
    assert world.stored(penalty) == {("REVOKED", FAR_HEALTH)}


def test_an_answer_that_saw_the_change_is_none_though_its_entry_comes_as_late(world: Recalling) -> None:
    penalty = world.recording.published()
    world.revoke(penalty)
    assert b"REVOKED" in slowly(world, HEALTH, penalty, world.settle)
    world.settle()
    assert world.stored(penalty) == set()


def test_a_change_under_way_that_a_read_did_not_wait_for(world: Recalling) -> None:
    """The revoking transaction has its number long before it commits; reads in between see the record as it was."""
    penalty = world.recording.published()
    entered, go = threading.Event(), threading.Event()
    other = world.recording.connect()

    def revoke() -> None:
        with other.transaction():
            other.execute("SELECT pg_current_xact_id()")
            entered.set()
            assert go.wait(30)
            other.execute(
                "INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)"
                " SELECT id, 'REVOKED', %s, authority, '', '', '{\"reason\": \"撤销\"}' FROM penalty_record"
                " WHERE public_id = %s",
                (world.clock.now(), penalty),
            )
            other.execute(
                "UPDATE penalty_record SET status = 'REVOKED', revoked_at = %s WHERE public_id = %s",
                (world.clock.now(), penalty),
            )

    thread = threading.Thread(target=revoke)
    thread.start()
    assert entered.wait(30)
    assert world.read(FAR_HEALTH, penalty), "with a younger number than the change"
    go.set()
    thread.join()
    other.close()
    assert world.read(CREDIT, penalty) is None, "at once"
    world.settle()
    assert world.stored(penalty) == {("REVOKED", FAR_HEALTH)}


def test_readers_and_revocations_at_full_speed(world: Recalling) -> None:
    """Whose answer held the record saw it before: recalled from exactly these, record by record."""
    ids = [world.recording.published() for _ in range(40)]
    tokens = [world.token(CREDIT) for _ in range(3)]
    done = threading.Event()
    seen: set[str] = set()

    def revoke() -> None:
        for penalty in ids:
            world.revoke(penalty)
        done.set()

    async def reader(token: str, offset: int) -> None:
        turn = offset
        while not done.is_set():
            turn += 1
            asked = ids[turn * 7 % len(ids)]
            answer = await disclose(world.hub, token, Request(PENALTY, variables={"id": str(asked)}))
            if b"PUBLISHED" in answer.body:
                seen.add(str(asked))
            else:
                assert b'"penaltyRecord":null' in answer.body, "blocked in the same instant"

    async def all_readers() -> None:
        await asyncio.gather(*(reader(token, 11 * n) for n, token in enumerate(tokens)))

    thread = threading.Thread(target=revoke)
    thread.start()
    settler = threading.Thread(target=_keep_settling, args=(world, done))
    settler.start()
    world.loop.run_until_complete(all_readers())
    thread.join()
    settler.join()
    world.settle()
    rows = world.recording.rows(
        "SELECT key FROM recall WHERE agency = %s AND key = ANY(%s)", CREDIT, [str(i) for i in ids]
    )
    assert {row["key"] for row in rows} == seen
    assert seen


def _keep_settling(world: Recalling, done: threading.Event) -> None:
    while not done.is_set():
        world.settle()


def test_a_request_from_before_midnight_does_not_show_what_has_ended(world: Recalling) -> None:
    """It brings yesterday's date along, and reads after the end was written down."""
    from datetime import timedelta

    from hub.penalties.publicity import end_terms

    penalty = world.recording.published()
    (row,) = world.recording.rows("SELECT publicity_ends_on FROM penalty_record WHERE public_id = %s", penalty)
    token = world.token(CREDIT)
    then = world.clock.now()
    end_terms(world.recording.app, then + timedelta(days=400))
    assert world.clock.now() == then, "for the request it is still a day of publicity"
    assert row["publicity_ends_on"] > then.date()
    assert world.ask(token, PENALTY, {"id": str(penalty)})["data"]["penaltyRecord"] is None
    gone = world.recording.refused(first(CREDIT), RecordCommand.RECORD_OBJECTION, id=penalty, reason="金额有异议")
    assert gone == [("NOT_A_PARTY", "id")]
