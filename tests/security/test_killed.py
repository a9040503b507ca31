"""G3: the server is killed with SIGKILL under load; every answer that a client received has its row in the ledger.

One short round in `make test`, many in `make soak`.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
import pytest

from hub.http.server import bind
from tests.security.asking import HEALTH, OPEN, SECURITY, TIANSHAN
from tests.world import World

ROUNDS = 25 if os.environ.get("HUB_SOAK") else 1
CLIENTS = 6
START_S = 180
QUERY = """{ clueTransfers(first: 50) { nodes { docNo summary parties { name } } } institutions { nodes { name } }
    unique: institutions(first: 0) { totalCount } }"""
"""The last root is refused with an error id of its own, so that no two answers are the same bytes."""


@contextmanager
def served(world: World, data: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """`hub serve` in a process of its own, on the database and the data folder of `world`."""
    with bind("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {
        "HUB_DATA": str(data),
        "HUB_PORT": str(port),
        "HUB_BASE_URL": url,
        "HUB_DEMO": "1",
        "HUB_DATABASE_URL": world.database.owner_url,
        "HUB_APP_DATABASE_URL": world.database.app_url,
        "HUB_READER_DATABASE_URL": world.database.reader_url,
    }
    hub = Path(sys.executable).parent / "hub"
    process = subprocess.Popen(
        [hub, "serve"], env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert process.poll() is None, "the server ended by itself"
            try:
                if httpx.get(f"{url}/readyz", timeout=2, trust_env=False).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.05)
        else:
            raise AssertionError("the server was not ready in time")
        yield process, url
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def load(url: str, token: str, received: list[bytes], answered: threading.Event) -> None:
    """Asks until the connection breaks; keeps what arrived whole."""
    with httpx.Client(timeout=10, trust_env=False, headers={"authorization": f"Bearer {token}"}) as client:
        while True:
            try:
                response = client.post(f"{url}/graphql", json={"query": QUERY})
            except httpx.HTTPError:
                return
            assert response.status_code == 200, response.text
            received.append(response.content)
            answered.set()


@pytest.mark.soak
def test_what_a_client_received_is_in_the_ledger(own_world: World, tmp_path: Path) -> None:
    chance = Random(11)
    for _ in range(ROUNDS):
        received: list[bytes] = []
        answered = threading.Event()
        with served(own_world, tmp_path) as (process, url):
            tokens = [own_world.token(agency, case_no=OPEN) for agency in (SECURITY, HEALTH, TIANSHAN)] * (CLIENTS // 3)
            clients = [threading.Thread(target=load, args=(url, token, received, answered)) for token in tokens]
            for client in clients:
                client.start()
            assert answered.wait(30)
            time.sleep(chance.uniform(0.2, 1.5))
            process.send_signal(signal.SIGKILL)
            assert process.wait(10) == -signal.SIGKILL
            for client in clients:
                client.join(30)
                assert not client.is_alive()
        assert len(received) > CLIENTS
        keys = own_world.hub.ledger_keys
        wanted = Counter(keys.response_hmac(body) for body in received)
        assert max(wanted.values()) == 1, "answers that cannot be told apart prove nothing"
        found = own_world.owner.execute(
            "SELECT response_hmac FROM disclosure WHERE response_hmac = ANY(%s)", (list(wanted),)
        ).fetchall()
        missing = len(wanted) - len({bytes(row[0]) for row in found})
        assert missing == 0, f"{missing} of {len(wanted)} answers have no row"
