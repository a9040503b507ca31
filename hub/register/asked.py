"""The pages of the register, asked of the hub like any client: token, policy, ledger."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from hub.clock import BEIJING
from hub.register.columns import FIELDS, Node

PAGE = 500
DOCUMENT = f"""
query Register($after: String, $filter: ClueTransferFilter) {{
  register(first: {PAGE}, after: $after, filter: $filter) {{
    nodes {{ {" ".join(FIELDS.split())} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""


class Asks(Protocol):
    """`hub.http.asking.Asking`: one client, one purpose, at most one case; a new token for each question."""

    def answer(self, document: str, variables: str | None) -> bytes:
        """The GraphQL answer."""
        ...


class Refused(Exception):
    """The hub refused; the message is its own words, Chinese and English."""


def transfers(asks: Asks, wanted: Mapping[str, Any]) -> Iterator[Node]:
    """All transfers of the register under a filter, in its order.

    Raises:
        Refused, and what `asks` raises.
    """
    after = None
    while True:
        page = answered(asks, DOCUMENT, {"after": after, "filter": dict(wanted)})["register"]
        if page is None:
            raise Refused("未获得 clues:read，或该目的不打开台账 / no clues:read, or the purpose opens no register")
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def answered(asks: Asks, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """`data` of an answer.

    Raises:
        Refused: there are errors.
    """
    found = json.loads(asks.answer(document, json.dumps(variables)))
    if found.get("errors"):
        told = [entry.get("extensions", {}) for entry in found["errors"]]
        raise Refused("\n".join(f"{each.get('code')}: {each.get('zh', '')} / {each.get('en', '')}" for each in told))
    data: dict[str, Any] = found["data"]
    return data


def due_between(first: date | None, last: date | None) -> dict[str, str]:
    """A filter on `dueAt`: deadlines whose last day lies between two Beijing days, both included.

    A deadline of days falls due at the midnight that ends its last day, one of hours within it.
    """
    wanted = {}
    if first is not None:
        wanted["gt"] = _midnight(first).isoformat()
    if last is not None:
        wanted["lte"] = _midnight(last + timedelta(days=1)).isoformat()
    return wanted


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING)
