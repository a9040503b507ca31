"""A client's side of the hub: tokens from its token endpoint, and the cursors that it hands out."""

import time
from collections.abc import Collection
from pathlib import Path
from random import Random
from typing import Any

import httpx

from bench.data import SCOPES, Client
from bench.operations import CURSORS, PAGE, Key
from hub.oauth.client import read_key, request_token

TOKEN_SECONDS = 200
"""A token is good for 300 s; a run must not outlive it."""
PAGES, KEYS = 60, 4_096


class HubClient:
    """One benchmark client at one hub."""

    def __init__(self, url: str, folder: Path, client: Client) -> None:
        self._url = url
        self._key = read_key(folder, client.client_id)
        self._client = client
        self._token, self._asked_at = "", float("-inf")

    def token(self) -> str:
        """A token that is good for at least 100 s."""
        if time.monotonic() - self._asked_at > TOKEN_SECONDS:
            self._token = request_token(self._url, self._client.client_id, self._key, SCOPES, self._client.purpose)
            self._asked_at = time.monotonic()
        return self._token

    def ask(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of the answer.

        Raises:
            RuntimeError: the answer has errors.
        """
        answer = httpx.post(
            f"{self._url}/graphql",
            json={"query": document, "variables": variables or {}},
            headers={"Authorization": f"Bearer {self.token()}"},
            timeout=60,
            trust_env=False,
        ).json()
        if "errors" in answer:
            raise RuntimeError(answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data

    def keys(self, operation: str, first: int, wanted: Collection[tuple[str, ...]] | None = None) -> list[Key]:
        """Positions behind which `first` records follow, with the hub's cursors for them, in random order.

        Args:
            operation: its name.
            first: the size of the page that will be asked.
            wanted: only these; None: all among the first PAGES * 1,000.
        """
        after, found = None, []
        for _ in range(PAGES):
            page = self.ask(CURSORS[operation], {"after": after})["found"]
            found += [Key(_position(operation, edge["node"]), edge["cursor"]) for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                found = found[:-first]
                break
            after = page["pageInfo"]["endCursor"]
        chosen = [key for key in found if wanted is None or key.values in wanted]
        Random(first).shuffle(chosen)
        return chosen[:KEYS]


def _position(operation: str, node: dict[str, Any]) -> tuple[str, str]:
    if operation == PAGE.name:
        return node["discoveredOn"], node["id"]
    return node["period"], node["institution"]["nhsaCode"]
