"""A client's side of the hub: tokens from its token endpoint, and the cursors that it hands out."""

import time
from pathlib import Path
from typing import Any

import httpx

from bench.data import PURPOSE, SCOPES, Client
from bench.operations import CURSORS, PAGE, Key
from hub.oauth.client import read_key, request_token

TOKEN_SECONDS = 200
"""A token is good for 300 s; a run must not outlive it."""


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
            self._token = request_token(self._url, self._client.client_id, self._key, SCOPES, PURPOSE)
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

    def with_cursors(self, operation: str, wanted: list[tuple[str, str]], pages: int = 60) -> list[Key]:
        """The wanted positions that lie in the first `pages` pages of 1,000, with the hub's cursors for them."""
        positions, after, found = set(wanted), None, []
        for _ in range(pages):
            page = self.ask(CURSORS[operation], {"after": after})["found"]
            for edge in page["edges"]:
                position = _position(operation, edge["node"])
                if position in positions:
                    found.append(Key(position, edge["cursor"]))
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        return found


def _position(operation: str, node: dict[str, Any]) -> tuple[str, str]:
    if operation == PAGE.name:
        return node["discoveredOn"], node["id"]
    return node["period"], node["institution"]["nhsaCode"]
