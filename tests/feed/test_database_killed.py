"""PostgreSQL is killed with SIGKILL while a reader follows and scores change: the reader goes on from its cursor, complete.

A server that starts again after a crash may give numbers of transactions a second time: those that never reached its log.
A cursor is safe from that because its page left only after its ledger row was durable, and with it all that was logged
before: every transaction below the cursor's horizon. Here the reader goes on while the numbers are given anew.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psutil
import psycopg
import pytest
from world import ALL_READ, World

from hub.db.embedded import EmbeddedServer
from hub.db.engine import Database
from hub.db.migrate import migrate
from hub.demo.sample import Counts, load_sample

ROUNDS = 20 if os.environ.get("HUB_SOAK") else 1
WRITERS = 4
PLATFORM, SCOPES = "640000-CREDIT_PLATFORM", (*ALL_READ, "feed:read")
AWAY = {"DATABASE_UNAVAILABLE", "LEDGER_UNAVAILABLE", "UNAUTHENTICATED"}
"""What a reader may be told while there is no database; nothing of it moves a cursor."""
PAGE = (
    "query F($after: String) { creditChanges(after: $after, first: 20)"
    " { nodes { key tombstone record { score } } cursor hasMore } }"
)


class Reader:
    """Keeps copy and cursor together, as a consumer's own transaction does."""

    def __init__(self, world: World, token: str) -> None:
        self.world, self.token = world, token
        self.copy: dict[str, Any] = {}
        self.cursor: str | None = None
        self.refused: set[str] = set()
        self.changes = 0

    def step(self) -> bool:
        """One page, or a refusal; whether to ask again at once."""
        answered = self.world.ask(self.token, PAGE, {"after": self.cursor})
        if "errors" in answered:
            self.refused |= {error["extensions"]["code"] for error in answered["errors"]}
            return True
        page = answered["data"]["creditChanges"]
        self.changes += len(page["nodes"])
        self.copy |= {node["key"]: node["record"]["score"] for node in page["nodes"]}
        self.cursor = page["cursor"]
        more: bool = page["hasMore"]
        return more


class Writers:
    """Change scores, some taken back; remember what was acknowledged, and what may have been."""

    def __init__(self, url: str, scores: list[int], seed: int) -> None:
        self.url, self.seed = url, seed
        self.shares = [scores[number::WRITERS] for number in range(WRITERS)]
        self.acknowledged: dict[int, str] = {}
        self.open: dict[int, str] = {}
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def _write(self, number: int) -> None:
        """Until the server is gone."""
        chance = Random(self.seed * WRITERS + number)
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                while True:
                    score, given = chance.choice(self.shares[number]), f"{chance.randint(0, 99_999) / 100:.2f}"
                    back = chance.random() < 0.3
                    connection.execute("BEGIN")
                    connection.execute("UPDATE credit_score SET score = %s WHERE id = %s", (given, score))
                    if back:
                        connection.execute("ROLLBACK")
                        continue
                    self.open[score] = given
                    connection.execute("COMMIT")
                    self.acknowledged[score] = given
                    del self.open[score]
        except psycopg.OperationalError:
            return

    @contextmanager
    def beside(self) -> Iterator[None]:
        for thread in self.threads:
            thread.start()
        yield
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()

    def check(self, found: dict[int, str]) -> None:
        """No acknowledged change is lost; one under way has landed or not."""
        for score, given in self.acknowledged.items():
            assert found[score] in {given, self.open.get(score)}, score


def kill(server: EmbeddedServer) -> None:
    """Every process of the server. Its parent stands still meanwhile: it would start others, or its children would go."""
    parent = psutil.Process(int((server.folder / "postmaster.pid").read_text().splitlines()[0]))
    parent.suspend()
    family = [*parent.children(recursive=True), parent]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=20)


@pytest.mark.soak
def test_a_reader_goes_on_after_the_database_was_killed(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "pgdata")
    try:
        with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
            # As for all tests: what a killed process had written is in the hands of the system, and a start is quick.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        database = Database(*(server.url(role) for role in ("hub_owner", "hub_app", "hub_reader")))
        engine = database.owner_engine()
        migrate(engine)
        engine.dispose()
        load_sample(database.owner_url, counts=Counts(20, 0, 0, 20, 0))
        follow_through_crashes(server, database, tmp_path)
    finally:
        server.stop()


def follow_through_crashes(server: EmbeddedServer, database: Database, folder: Path) -> None:
    world, chance = World(database, folder), Random(7)
    try:
        world.client(PLATFORM, SCOPES)
        reader = Reader(world, world.token(PLATFORM, scopes=SCOPES))
        rows = world.owner.execute("SELECT id FROM credit_score WHERE province = '640000' ORDER BY id").fetchall()
        for number in range(ROUNDS):
            reader.token = world.token(PLATFORM, scopes=SCOPES)
            writers, before = Writers(database.owner_url, [one for (one,) in rows], number), reader.changes
            with writers.beside():
                killing = threading.Timer(chance.uniform(0.4, 0.9), kill, (server,))
                killing.start()
                while killing.is_alive():
                    reader.step()
            reader.step()  # nobody is there
            assert reader.refused
            assert reader.refused <= AWAY
            assert reader.changes > before, "it had read before the server was killed"
            assert EmbeddedServer(server.folder).url("hub_owner") == database.owner_url
            world.owner = psycopg.connect(database.owner_url, autocommit=True)
            # The numbers given anew: changes right after the start, by the same readers' old cursors.
            world.owner.execute("UPDATE credit_score SET score = %s WHERE id = ANY(%s)", (number, [rows[0][0]]))
            until = time.monotonic() + 30
            while (again := world.ask(reader.token, "{ agencies(first: 1) { totalCount } }")).get("errors"):
                assert {error["extensions"]["code"] for error in again["errors"]} <= AWAY
                assert time.monotonic() < until
            while reader.step():
                pass
            listed = world.owner.execute(
                "SELECT id, nhsa_code || '/' || period, score::text FROM credit_score WHERE province = '640000'"
            ).fetchall()
            assert reader.copy == {key: score for _, key, score in listed}
            writers.acknowledged.pop(rows[0][0], None)
            writers.check({one: score for one, _, score in listed})
            reader.refused.clear()
    finally:
        world.close()
