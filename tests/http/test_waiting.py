"""A reader that waits for a change, over HTTP: told when it comes, let go when it leaves or the server stops."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from site_running import Site, running

from hub.db.engine import Database

FOLLOW = """query F($after: String, $wait: Int! = 0) { clueTransferChanges(after: $after, first: 1000, waitSeconds: $wait) {
    nodes { id change } cursor hasMore } }"""


def page(response: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["data"]["clueTransferChanges"]
    return found


def end(site: Site, token: str) -> str:
    """The cursor behind everything that is there."""
    after = None
    while True:
        found = page(site.post(token, FOLLOW, variables={"after": after}))
        after = found["cursor"]
        if not found["hasMore"]:
            return str(after)


@pytest.fixture(scope="module")
def waited_site(sample_copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for these tests: each has a token of its own, and ends when nobody waits any more."""
    with running(sample_copy(), tmp_path_factory.mktemp("waited")) as site:
        yield site


@pytest.fixture
def token(waited_site: Site) -> str:
    return waited_site.token("demo-health", "medical-practice-regulation")


def happen(site: Site) -> None:
    """As a command would: an entry for the health agency, in a transaction of its own."""
    site.rows(
        "INSERT INTO transfer_change (agency, xid, transfer_id, kind, at)"
        " SELECT k.agency, pg_current_xact_id(), k.transfer_id, 'RECEIPT_SIGNED', now() FROM record_party k"
        " JOIN client c ON c.agency = k.agency WHERE c.client_id = 'demo-health' ORDER BY k.transfer_id LIMIT 1"
        " RETURNING transfer_id"
    )


def test_it_is_told_when_it_comes_and_get_waits_too(waited_site: Site, token: str) -> None:
    after = end(waited_site, token)
    with ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(waited_site.post, token, FOLLOW, variables={"after": after, "wait": 20}),
            pool.submit(
                waited_site.http.get,
                f"{waited_site.url}/graphql",
                params={"query": FOLLOW, "variables": f'{{"after": "{after}", "wait": 20}}'},
                headers={"authorization": f"Bearer {token}", "accept": "application/json"},
            ),
        ]
        time.sleep(0.3)
        began = time.monotonic()
        happen(waited_site)
        for each in asked:
            (node,) = page(each.result())["nodes"]
            assert node["change"] == "RECEIPT_SIGNED"
        assert time.monotonic() - began < 10


def test_who_leaves_is_waited_for_no_longer(waited_site: Site, token: str) -> None:
    """And has no row in the ledger: nothing was told. The next request of the client is answered."""
    after = end(waited_site, token)
    before = waited_site.rows("SELECT count(*) FROM disclosure")
    with pytest.raises(httpx.ReadTimeout):
        waited_site.http.post(
            f"{waited_site.url}/graphql",
            json={"query": FOLLOW, "variables": {"after": after, "wait": 30}},
            headers={"authorization": f"Bearer {token}"},
            timeout=0.5,
        )
    time.sleep(0.5)
    assert waited_site.rows("SELECT count(*) FROM disclosure") == before
    happen(waited_site)
    assert len(page(waited_site.post(token, FOLLOW, variables={"after": after}))["nodes"]) == 1


def test_a_token_that_is_revoked_meanwhile_is_401(waited_site: Site, token: str) -> None:
    after = end(waited_site, token)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(waited_site.post, token, FOLLOW, variables={"after": after, "wait": 3})
        time.sleep(0.3)
        waited_site.rows("UPDATE access_token SET revoked_at = now() RETURNING 1")
        assert asked.result().status_code == 401


def test_too_many_of_one_client_are_429(waited_site: Site, token: str) -> None:
    after = end(waited_site, token)
    statuses: list[int] = []
    lock = threading.Lock()

    def ask() -> None:
        answer = waited_site.post(token, FOLLOW, variables={"after": after, "wait": 2})
        with lock:
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_WAITING"

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(statuses) == [200] * 8 + [429] * 2
