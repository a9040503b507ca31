"""Writers of penalties, results and scores that commit in any order, with delays and rollbacks; readers that crash.

However they interleave: each reader's copy becomes exactly what its agency may know, no change is missed, and of one
record the order is that of its history.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from recording_world import SECURITY, RecordWorld
from records_world import PLATFORM, RecordFeeds, RecordReader

from hub.demo.sample import Counts, load_sample

RUNS = 1_000 if os.environ.get("HUB_SOAK") else 100
WRITERS, PENALTIES = 16, 8
FAR = "510502-HEALTHCARE_SECURITY"
AT = datetime(2026, 9, 21, 2, tzinfo=UTC)
READERS = (
    (PLATFORM, "penaltyChanges"), (FAR, "penaltyChanges"), (SECURITY, "penaltyChanges"),
    (PLATFORM, "inspectionChanges"), (PLATFORM, "creditChanges"), (SECURITY, "creditChanges"),
)  # fmt: skip
STEPS = {
    "PUBLISHED": {"status": "PUBLISHED", "published_at": AT, "revoked_at": None, "repaired_at": None},
    "AMENDED": {},
    "REVOKED": {"status": "REVOKED", "revoked_at": AT},
    "REPAIRED": {"status": "REPAIRED", "repaired_at": AT},
    "RECORDED": {"status": "DECIDED", "published_at": None, "revoked_at": None, "repaired_at": None},
}
AFTER = {
    "DECIDED": ("PUBLISHED", "AMENDED", "REVOKED"),
    "SERVED": ("PUBLISHED", "AMENDED", "REVOKED"),
    "PUBLISHED": ("AMENDED", "AMENDED", "REVOKED", "REPAIRED"),
    "REVOKED": ("RECORDED",),
    "REPAIRED": ("AMENDED", "REVOKED"),
}


class RolledBack(Exception):
    """By its writer."""


@dataclass
class Writers:
    """Write as commands do: the record's row is held, its event told, then its columns change.

    They take their transaction's number at any moment before, so that one which waited for a row may hold a lower number
    than the one it waited for.
    """

    connections: list[psycopg.Connection[Any]]
    penalties: list[int]
    scores: list[int]
    places: list[tuple[int, str]]
    seed: int

    def run(self) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            for done in [pool.submit(self._write, number) for number in range(WRITERS)]:
                done.result()

    def _write(self, number: int) -> None:
        chance, connection = random.Random(self.seed * 1_000 + number), self.connections[number]
        ways = (self._penalty, self._penalty, self._score, self._inspection)
        for _ in range(chance.randint(1, 3)):
            try:
                with connection.transaction():
                    if chance.random() < 0.5:
                        connection.execute("SELECT pg_current_xact_id()")
                    self._pause(chance)
                    chance.choice(ways)(connection, chance)
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

    def _penalty(self, connection: psycopg.Connection[Any], chance: random.Random) -> None:
        penalty = chance.choice(self.penalties)
        row = connection.execute("SELECT status FROM penalty_record WHERE id = %s FOR UPDATE", (penalty,)).fetchone()
        assert row
        kind = chance.choice(AFTER[row[0]])
        connection.execute(
            "INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)"
            " VALUES (%s, %s, %s, %s, 'c', 'o', %s)",
            (penalty, kind, AT, SECURITY, Jsonb({"reason": "更正", "clause": "某条"})),
        )
        self._pause(chance)
        # What a reader must end with: a column that only this change sets.
        columns = STEPS[kind] | {"remark": chance.randbytes(8).hex()}
        connection.execute(
            f"UPDATE penalty_record SET {', '.join(f'{name} = %s' for name in columns)} WHERE id = %s",
            (*columns.values(), penalty),
        )

    def _score(self, connection: psycopg.Connection[Any], chance: random.Random) -> None:
        some = sorted(chance.sample(self.scores, chance.randint(1, 3)))
        connection.execute(
            "UPDATE credit_score SET score = %s, digest = 'd' WHERE id IN"
            " (SELECT id FROM credit_score WHERE id = ANY(%s) ORDER BY id FOR UPDATE)",
            (chance.randint(0, 99_999) / 100, some),
        )

    def _inspection(self, connection: psycopg.Connection[Any], chance: random.Random) -> None:
        institution, region = chance.choice(self.places)
        connection.cursor().executemany(
            "INSERT INTO inspection_result (public_id, authority, result_no, institution_id, region, kind, period_from,"
            " period_to, inspected_on, findings_class, measures, recorded_at) VALUES (gen_random_uuid(), %s, %s, %s, %s,"
            " 'SPOT_CHECK', '2025-01-01', '2025-12-31', %s, 'NO_PROBLEM', '{}', %s)",
            [
                (SECURITY, chance.randbytes(12).hex(), institution, region, f"2026-0{chance.randint(1, 8)}-01", AT)
                for _ in range(chance.randint(1, 3))
            ],
        )


@dataclass
class Follower(RecordReader):
    """Crashes before applying a page, or between applying it and keeping its cursor; reads the page again."""

    chance: random.Random = field(default_factory=random.Random)
    once: list[tuple[str, str]] = field(default_factory=list)
    token: str = ""
    began: int = 0
    fresh: bool = True

    def begin(self, began: int, *, fresh: bool) -> None:
        """Since the last check, whose last change was `began`."""
        self.token, self.fresh = self.world.token(self.agency), fresh
        self.once, self.began = [], began
        if fresh:  # a new reader, which begins with the snapshot while others write
            self.cursor, self.copy = None, {}

    def step(self) -> bool:
        """One page; whether more is there."""
        if self.cursor is None:
            self.copy = {}  # without a cursor every page begins a snapshot of its own
        page = self.world.page(self.token, self.feed, self.cursor, first=self.chance.choice((2, 5, 50)))
        fate = self.chance.random()
        if fate < 0.15:
            return True  # it was never applied
        self.apply(page["nodes"])
        if fate < 0.3:
            return True  # applied, the cursor was not kept: it comes again
        self.once += [(node["key"], node["change"]) for node in page["nodes"]]
        self.cursor = page["cursor"]
        more: bool = page["hasMore"]
        return more


@pytest.fixture(scope="module")
def feeds(empty_database, tmp_path_factory) -> Iterator[RecordFeeds]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(20, 0, 0, 20, 0))
    recording = RecordWorld(database)
    made = RecordFeeds(recording, tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()
    recording.close()


@pytest.fixture
def connections(feeds: RecordFeeds) -> Iterator[list[psycopg.Connection[Any]]]:
    # Scores change as the job writes them; it is the owner's.
    made = [psycopg.connect(feeds.database.owner_url, autocommit=True) for _ in range(WRITERS)]
    yield made
    for each in made:
        each.close()


@pytest.mark.property
def test_nothing_missed_and_all_in_order(feeds: RecordFeeds, connections: list[psycopg.Connection[Any]]) -> None:
    world = feeds.recording
    public = [world.served() for _ in range(PENALTIES)]
    ids = [world.record(one)["id"] for one in public]
    scores = [row["id"] for row in world.rows("SELECT id FROM credit_score WHERE county = '640104' ORDER BY id")]
    places = [(r["id"], r["region"]) for r in world.rows("SELECT id, region FROM institution ORDER BY id")]
    assert len(scores) >= 3
    followers = [
        Follower(feeds, agency, feed, chance=random.Random(number)) for number, (agency, feed) in enumerate(READERS)
    ]
    told: Counter[str] = Counter()
    for follower in followers:
        follower.begin(0, fresh=True)
    for number in range(RUNS):
        writers = Writers(connections, ids, scores, places, number)
        with ThreadPoolExecutor(1) as beside:
            writing = beside.submit(writers.run)
            while not writing.done():
                followers[number % len(followers)].step()
            writing.result()
        settled(feeds)
        for turn in (number, number + 3):  # the others were away, and come back to more
            follower = followers[turn % len(followers)]
            while follower.step() or follower.step():  # a crash on the last page looks like more
                pass
            last = check(feeds, follower)
            told.update(change for _, change in follower.once)
            follower.begin(last, fresh=number % 11 == 0)
    assert {"PUBLISHED", "AMENDED", "REVOKED", "REPAIRED", "RESCORED", "RECORDED", "PRESENT"} <= told.keys()


LOGS = {
    "penaltyChanges": "penalty_change",
    "inspectionChanges": "inspection_change",
    "creditChanges": "credit_change",
}
NAMED = {
    "penalty_change": ("penalty_record", "r.public_id::text"),
    "inspection_change": ("inspection_result", "r.public_id::text"),
    "credit_change": ("credit_score", "r.nhsa_code || '/' || r.period"),
}


def settled(feeds: RecordFeeds) -> None:
    """Until no transaction is older than the last change: one of the server's own (autovacuum) may still run."""
    (mark,) = feeds.owner.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())").fetchone() or ()
    for _ in range(1_000):
        done = feeds.owner.execute("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::text::xid8", (str(mark),))
        if done.fetchone() == (True,):
            return
        time.sleep(0.01)
    raise AssertionError("a transaction does not end")


def check(feeds: RecordFeeds, follower: Follower) -> int:
    """The copy is what a query lists; each record's changes came in its order, those that are told all and once.

    Gives the last change that there is.
    """
    assert follower.copy == feeds.listed(follower.agency, follower.feed), (follower.agency, follower.feed)
    log = LOGS[follower.feed]
    records, key = NAMED[log]
    written: dict[str, list[tuple[str, bool]]] = {}
    last = follower.began
    for row in feeds.recording.rows(
        f"SELECT c.id, {key} AS key, c.kind, c.public FROM {log} c JOIN {records} r ON r.id = c.record_id"
        f" WHERE c.id > %s ORDER BY c.id",
        follower.began,
    ):
        last = row["id"]
        written.setdefault(row["key"], []).append((row["kind"], row["public"]))
    heard: dict[str, list[str]] = {}
    for name, change in follower.once:
        if change != "PRESENT":
            heard.setdefault(name, []).append(change)
    whole = follower.agency == SECURITY
    for name in {*heard, *written}:
        # Who reads by publicity alone hears of nothing else.
        expected = [kind for kind, public in written.get(name, []) if public or whole]
        found, what = heard.get(name, []), (follower.agency, name)
        rest = iter(expected)
        assert all(kind in rest for kind in found), (*what, found, expected)
        if follower.fresh:
            continue  # what the snapshot held already is not told again
        if whole:
            assert found == expected, what
            continue
        # A page read while the record was not public passed over its changes until then. Each end of its publicity is
        # told nevertheless, and if it is public now, everything since the last end.
        assert [kind for kind in found if kind in ENDS] == [kind for kind in expected if kind in ENDS], what
        if name in follower.copy:
            assert since_last_end(found) == since_last_end(expected), what
    return last


ENDS = {"REVOKED", "REPAIRED"}
"""What ends publicity in these histories; of a record that was not public neither is told."""


def since_last_end(kinds: list[str]) -> list[str]:
    """All of them, where nothing ended."""
    return kinds[max((place + 1 for place, kind in enumerate(kinds) if kind in ENDS), default=0) :]
