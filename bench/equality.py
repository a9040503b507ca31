"""All peers answer the same data, or nothing is measured."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from bench.data import Client
from bench.operations import BARE, HIDDEN, HUB, Key, Operation, payload

MOMENTS = ("sentAt", "dueAt", "receivedAt")


class Unequal(Exception):
    """Two peers answered differently: a figure would compare different work."""


def check(operation: Operation, urls: Mapping[str, str], keys: list[Key], client: Client, token: str) -> None:
    """Asks every peer for every key.

    Raises:
        Unequal
    """
    for key in keys:
        expected = None
        for peer, url in urls.items():
            answered = _plain(_ask(url, payload(operation, peer, key, client), token if peer == HUB else None))
            if expected is None:
                expected = answered
                if not _records(expected):
                    raise Unequal(f"{operation.name}: {peer} answered no record")
            elif answered != expected:
                raise Unequal(f"{operation.name}: {peer} answers otherwise than the hub for {key.values}")


def _ask(url: str, asked: dict[str, Any], token: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(f"{url}/graphql", json=asked, headers=headers, timeout=60, trust_env=False).json()
    if "errors" in answer:
        raise Unequal(str(answer["errors"])[:500])
    return answer["data"]


def _plain(value: Any, name: str = "") -> Any:
    """Without what only the hub is asked for, and with one form for moments and for PostGraphile's join row."""
    if isinstance(value, dict):
        if value.keys() == {"transfer"}:
            return _plain(value["transfer"])
        return {key: _plain(member, key) for key, member in value.items() if key not in HIDDEN}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if name in MOMENTS and value is not None:
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


def _records(data: Any) -> bool:
    [root] = data.values()
    return bool(root and root.get("nodes", True))


__all__ = ["BARE", "Unequal", "check"]
