"""The hub is killed with SIGKILL while a reader follows and scores change: the reader goes on from its cursor, complete."""

import os
import signal
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest

from hub.db.engine import Database
from tests.security.test_killed import served
from tests.world import ALL_READ, World

ROUNDS = 20 if os.environ.get("HUB_SOAK") else 1
PLATFORM, SCOPES = "640000-CREDIT_PLATFORM", (*ALL_READ, "feed:read")
PAGE = (
    "query F($after: String) { creditChanges(after: $after, first: 200)"
    " { nodes { key tombstone record { score } } cursor hasMore } }"
)
CHANGE = "UPDATE credit_score SET score = %s WHERE id IN (SELECT id FROM credit_score ORDER BY random() LIMIT 7)"


class Reader:
    """Keeps copy and cursor together, as a consumer's own transaction does."""

    def __init__(self) -> None:
        self.copy: dict[str, Any] = {}
        self.cursor: str | None = None

    def page(self, url: str, token: str) -> bool:
        """Raises httpx.HTTPError where the hub is gone."""
        headers = {"authorization": f"Bearer {token}"}
        asked = {"query": PAGE, "variables": {"after": self.cursor}}
        answer = httpx.post(f"{url}/graphql", json=asked, headers=headers, timeout=10, trust_env=False).json()
        page = answer["data"]["creditChanges"]
        changed = {node["key"]: node["record"]["score"] for node in page["nodes"]}
        self.copy, self.cursor = self.copy | changed, page["cursor"]
        more: bool = page["hasMore"]
        return more

    def follow(self, url: str, token: str) -> None:
        """Until the hub is gone."""
        while True:
            self.page(url, token)


@pytest.mark.soak
def test_a_reader_goes_on_after_the_hub_was_killed(sample_copy: Any, tmp_path: Path) -> None:
    database: Database = sample_copy()
    world, reader, chance = World(database, tmp_path), Reader(), Random(5)
    world.client(PLATFORM, SCOPES)
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(database.owner_url, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute(CHANGE, (chance.randint(0, 99_999) / 100,))
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(ROUNDS):
            with served(world, tmp_path) as (process, url):
                token = world.token(PLATFORM, scopes=SCOPES)
                killing = threading.Timer(chance.uniform(0.3, 1.5), process.send_signal, (signal.SIGKILL,))
                killing.start()
                with pytest.raises(httpx.HTTPError):
                    reader.follow(url, token)
                assert process.wait(10) == -signal.SIGKILL
    finally:
        stop.set()
        writer.join()
    assert reader.cursor is not None, "it had read before the hub was killed"
    with served(world, tmp_path) as (_, url):
        while reader.page(url, world.token(PLATFORM, scopes=SCOPES)):
            pass
    (count,) = world.owner.execute("SELECT count(*) FROM credit_score WHERE province = '640000'").fetchone() or (0,)
    rows = world.owner.execute(
        "SELECT nhsa_code || '/' || period, score::text FROM credit_score WHERE province = '640000'"
    ).fetchall()
    world.close()
    assert len(reader.copy) == count
    assert reader.copy == {str(key): score for key, score in rows}
