"""Writers that commit in any order, with delays and rollbacks, and readers that crash and repeat pages.

However they interleave: each reader's copy becomes exactly what its agency may know, no change is missed, and of one
transfer the order is that of its history.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from commands_world import HEALTH, MARKET, POLICE, SECURITY
from feed_world import FeedWorld, Reader
from psycopg.rows import dict_row

from hub.clues import store, store_events
from hub.clues.events import Actor, Addressee, Event, EventKind
from hub.clues.events_told import told
from hub.clues.lifecycle_state import TransferState
from hub.clues.lifecycle_words import Role, Route, Status

RUNS = 1_000 if os.environ.get("HUB_SOAK") else 100
WRITERS, TRANSFERS = 16, 6
AGENCIES = (SECURITY, HEALTH, MARKET, POLICE)
KINDS = (EventKind.RECEIPT_SIGNED, EventKind.SUPPLEMENT_REQUESTED, EventKind.SUPPLEMENTED, EventKind.HANDLING_STARTED)
AT = datetime(2026, 9, 21, 2, tzinfo=UTC)


class RolledBack(Exception):
    """By its writer."""


@dataclass
class Writers:
    """Write as commands do: the transfer's row is held, then events, columns and audience change together.

    They take their transaction's number at any moment before, as `hold_authority` does, so that one which waited for a
    row may hold a lower number than the one it waited for.
    """

    connections: list[psycopg.Connection[Any]]
    ids: list[int]
    seed: int

    def run(self) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            for done in [pool.submit(self._write, number) for number in range(WRITERS)]:
                done.result()

    def _write(self, number: int) -> None:
        chance, connection = random.Random(self.seed * 1_000 + number), self.connections[number]
        for _ in range(chance.randint(1, 3)):
            try:
                with connection.transaction():
                    if chance.random() < 0.5:
                        connection.execute("SELECT pg_current_xact_id()")
                    self._pause(chance)
                    self._change(connection, chance)
                    self._pause(chance)
                    self._end(chance)
            except RolledBack:
                continue

    @staticmethod
    def _end(chance: random.Random) -> None:
        if chance.random() < 0.2:
            raise RolledBack

    @staticmethod
    def _pause(chance: random.Random) -> None:
        if chance.random() < 0.5:
            time.sleep(chance.random() * 0.004)

    def _change(self, connection: psycopg.Connection[Any], chance: random.Random) -> None:
        transfer_id = chance.choice(self.ids)
        row = connection.cursor(row_factory=dict_row).execute(
            "SELECT * FROM clue_transfer WHERE id = %s FOR UPDATE", (transfer_id,)
        ).fetchone()  # fmt: skip
        assert row
        before = state(row)
        by = Actor(Role.RECEIVER_CASE_OFFICER, row["receiver"], "1")
        if chance.random() < 0.25:
            to = chance.choice([agency for agency in AGENCIES if agency not in (row["sender"], row["receiver"])])
            event = Event(EventKind.FORWARDED, AT, by, to=Addressee(to, to[7:]))
            store.update_transfer(connection, transfer_id, {"receiver": to, "forwarded_from": row["receiver"]})
            store.make_unknown(connection, transfer_id, row["receiver"])
            store.make_known(connection, row, [to])
        else:
            event = Event(chance.choice(KINDS), AT, by)
        row["receiver"] = event.to.agency if event.to else row["receiver"]
        written = store_events.written(event, transfer_id, row["case_no"], "test", {}, told(event, before, state(row)))
        self._pause(chance)
        store.send(connection, store_events.WRITE, written)
        # What a reader must end with: a column that only this change sets.
        store.update_transfer(connection, transfer_id, {"outcome": chance.randbytes(8).hex()})


def state(row: Any) -> TransferState:
    return TransferState(Route.OTHER, Status.RECEIVED, row["sender"], Addressee(row["receiver"], row["receiver"][7:]))


@dataclass
class Follower(Reader):
    """Crashes between applying a page and keeping its cursor, or before applying it; reads the page again."""

    chance: random.Random = field(default_factory=random.Random)
    once: list[tuple[str, str]] = field(default_factory=list)
    token: str = ""

    def __post_init__(self) -> None:
        self.token = self.world.token(self.agency)

    def step(self) -> bool:
        """One page; whether more is there."""
        if self.cursor is None:
            self.copy = {}  # without a cursor every page begins a snapshot of its own
        page = self.world.page(self.token, self.cursor, first=self.chance.choice((2, 5, 50)))
        fate = self.chance.random()
        if fate < 0.15:
            return True  # it was never applied
        if fate < 0.3:
            for node in page["nodes"]:  # applied, the cursor was not kept: it comes again
                self._apply(node)
            return True
        self.once += [(node["id"], node["change"]) for node in page["nodes"]]
        for node in page["nodes"]:
            self._apply(node)
        self.cursor = page["cursor"]
        more: bool = page["hasMore"]
        return more

    def _apply(self, node: dict[str, Any]) -> None:
        if node["tombstone"]:
            self.copy.pop(node["id"], None)
        else:
            self.copy[node["id"]] = node["record"]


@pytest.fixture(scope="module")
def transfers(following: FeedWorld) -> list[int]:
    world = following.commanding
    made = [following.sent(SECURITY, HEALTH) for _ in range(TRANSFERS)]
    return [world.row(public_id)["id"] for public_id in made]


def expected(feeds: FeedWorld, follower: Follower) -> dict[str, dict[str, Any]]:
    """What a query lists."""
    fields = "id status caseNo sender { code } receiver { code } dueAt"
    answered = feeds.ask(follower.token, f"{{ clueTransfers(first: 1000) {{ nodes {{ {fields} }} }} }}")
    return {node["id"]: node for node in answered["data"]["clueTransfers"]["nodes"]}


def history(feeds: FeedWorld, agency: str, after_id: int) -> dict[str, list[str]]:
    """The steps told to an agency since, by transfer, in the order in which each transfer's row was held for them."""
    rows = feeds.commanding.rows(
        "SELECT t.public_id, c.kind FROM transfer_change c JOIN clue_transfer t ON t.id = c.transfer_id"
        " WHERE c.agency = %s AND c.id > %s ORDER BY c.id", agency, after_id,
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row["public_id"]), []).append(row["kind"])
    return found


@pytest.fixture(scope="module")
def connections(following: FeedWorld) -> Iterator[list[psycopg.Connection[Any]]]:
    made = [psycopg.connect(following.database.app_url, autocommit=True) for _ in range(WRITERS)]
    yield made
    for each in made:
        each.close()


@pytest.mark.property
def test_nothing_missed_and_all_in_order(
    following: FeedWorld, transfers: list[int], connections: list[psycopg.Connection[Any]]
) -> None:
    feeds = following
    followers = [Follower(feeds, agency, chance=random.Random(number)) for number, agency in enumerate(AGENCIES)]
    for number in range(RUNS):
        for follower in followers:
            if number % 10 == 0:  # a new reader, which begins with the snapshot while others write
                follower.cursor, follower.copy = None, {}
        began = max(
            (row["id"] for row in feeds.commanding.rows("SELECT max(id) AS id FROM transfer_change")), default=0
        )
        for follower in followers:
            follower.once = []
        writers = Writers(connections, transfers, number)
        writing = threading.Thread(target=writers.run)
        writing.start()
        fresh = number % 10 == 0
        while writing.is_alive():
            followers[number % len(followers)].step()
        writing.join()
        settled(feeds)
        for follower in followers:
            while follower.step():
                pass
            while follower.step():  # a crash on the last page looks like more
                pass
            check(feeds, follower, began, fresh=fresh)


def settled(feeds: FeedWorld) -> None:
    """Until no transaction is older than the last change: one of the server's own (autovacuum) may still run."""
    for _ in range(1_000):
        (row,) = feeds.commanding.rows(
            "SELECT coalesce((SELECT c.xid FROM transfer_change c ORDER BY c.xid DESC LIMIT 1)"
            " < pg_snapshot_xmin(pg_current_snapshot()), true) AS all"
        )
        if row["all"]:
            return
        time.sleep(0.01)
    raise AssertionError("a transaction does not end")


def check(feeds: FeedWorld, follower: Follower, began: int, *, fresh: bool) -> None:
    entitled = expected(feeds, follower)
    assert follower.copy == entitled, follower.agency
    written = history(feeds, follower.agency, began)
    heard: dict[str, list[str]] = {}
    for public_id, kind in follower.once:
        if kind != "PRESENT":
            heard.setdefault(public_id, []).append(kind)
    for public_id in entitled:
        told_, expected_ = heard.get(public_id, []), written.get(public_id, [])
        # Steps from before it left an agency are untold once it has, also when it has come back.
        rest = iter(expected_)
        assert all(kind in rest for kind in told_), (follower.agency, public_id, told_, expected_)
        told_, expected_ = since_it_came(told_), since_it_came(expected_)
        if fresh:  # the snapshot shows the result of what came before it
            expected_ = expected_[len(expected_) - len(told_) :]
        assert told_ == expected_, (follower.agency, public_id)


def since_it_came(kinds: list[str]) -> list[str]:
    """Behind the last time that the agency left."""
    return kinds[len(kinds) - kinds[::-1].index("LEFT") :] if "LEFT" in kinds else kinds
