"""(d) `feedDigest` and the export are of exactly the copy that the law gives, for any caller: no record more, none less.

The copy is worked out in Python (`oracle_copy.py`). What the reference client makes of the pages of the feed is the same.
"""

import importlib.util
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from hub.exporting import Asked, Exports, Stopped
from hub.graph.exports import EXPORTS
from hub.query.tree import LineForm
from tests.properties.callers import callers
from tests.properties.comparison import Bench, Caller
from tests.properties.oracle_copy import FEEDS, blocks_of, copy_of
from tests.properties.test_every_field import some_callers

pytestmark = pytest.mark.property
SOAK = bool(os.environ.get("HUB_SOAK"))
EXAMPLES = 1_000 if SOAK else 60
BLOCK = 4
"""Records of a block, in place of a thousand: the dense database has few of each type."""
DIGEST = (
    "query D($feed: Feed!, $after: String!, $behind: String, $first: Int!) { feedDigest(feed: $feed, after: $after,"
    " behind: $behind, first: $first) { upToDate blocks { after to count sha256 } } }"
)


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.query.sqldigests.BLOCK", BLOCK)
        yield


CLIENT = Path(__file__).parents[2] / "examples" / "credit_platform" / "lines.py"


@pytest.fixture(scope="module")
def client() -> ModuleType:
    """The reference client's own way to write the line of a record that the feed gave."""
    spec = importlib.util.spec_from_file_location("reference_lines", CLIENT)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def following(caller: Caller) -> Caller:
    return replace(caller, scopes=tuple(dict.fromkeys((*caller.scopes, "feed:read"))))


def end_of(bench: Bench, caller: Caller, feed: str) -> str | None:
    """The cursor of who has read everything; None where nothing of the feed is open."""
    document = f"query F($after: String) {{ {feed}(after: $after, first: 1000) {{ cursor hasMore }} }}"
    after = None
    while True:
        page = bench.world.ask(bench.token(caller), document, {"after": after})["data"][feed]
        if page is None or not page["hasMore"]:
            return page and str(page["cursor"])
        after = page["cursor"]


def digest(bench: Bench, caller: Caller, feed: str, first: int, *, lines: bool = False) -> list[dict[str, Any]] | None:
    """All blocks, page after page; None where it is refused."""
    behind, found = None, []
    after, asked = end_of(bench, caller, feed), DIGEST.replace("count", "count lines") if lines else DIGEST
    if after is None:
        return None
    while True:
        given = {"feed": feed, "after": after, "behind": behind, "first": first}
        answered = bench.world.ask(bench.token(caller), asked, given)
        assert "errors" not in answered, answered
        assert bench.ledger.last
        page = answered["data"]["feedDigest"]
        assert bool(bench.ledger.last.shown) is (lines and page is not None)
        if page is None:
            return None
        assert page["upToDate"] is True
        found += page["blocks"]
        behind = page["blocks"][-1]["to"]
        if behind is None:
            return found


def lines_within(lines: dict[str, bytes], block: dict[str, Any]) -> list[str]:
    after, to = block["after"] or "", block["to"]
    return [line.decode() for key, line in lines.items() if key > after and (to is None or key <= to)]


def exported(bench: Bench, caller: Caller, feed: str) -> list[tuple[str, bytes]] | None:
    """Key and line of each record; None where the export is refused."""
    (export,) = (each for each in EXPORTS.values() if each.feed == feed)

    async def run() -> bytes:
        pieces = Exports(bench.world.hub).pieces(bench.token(caller), Asked(export, LineForm.NDJSON), [])
        async with aclosing(pieces):
            return b"".join([piece.body async for piece in pieces])

    try:
        lines = bench.world.loop.run_until_complete(run()).splitlines()
    except Stopped:
        return None
    found = [(json.loads(line).get("key"), line) for line in lines[:-1]]
    assert json.loads(lines[-1])["count"] == len(found)
    return found


def check(bench: Bench, caller: Caller, feed: str, first: int) -> int:
    """How many records there were."""
    expected = copy_of(bench, caller, feed)
    told, lines = digest(bench, caller, feed, first), exported(bench, caller, feed)
    assert (told is None) == (lines is None)
    if told is not None and first == 1:
        whole = digest(bench, caller, feed, 1, lines=True)
        assert whole == [block | {"lines": lines_within(expected, block)} for block in told], (caller, feed)
    if told is None or lines is None:
        assert not expected or not {f"{SCOPES[feed]}:read", "feed:read"} <= set(caller.scopes), (caller, feed)
        return 0
    assert told == blocks_of(expected, BLOCK), (caller, feed, expected)
    assert sorted(lines, key=lambda line: line[0].encode()) == list(expected.items()), (caller, feed)
    return len(expected)


SCOPES = {"penaltyChanges": "penalties", "inspectionChanges": "inspections", "creditChanges": "credit"}


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_any_caller(bench: Bench, data: st.DataObject) -> None:
    caller = data.draw(callers(bench))
    caller = following(caller) if data.draw(st.integers(0, 9)) else caller
    feed, first = data.draw(st.sampled_from(list(FEEDS))), data.draw(st.sampled_from((1, 2, 20)))
    event(f"{feed}: {'some' if check(bench, caller, feed, first) else 'nothing'}")


def test_every_standing(bench: Bench) -> None:
    found: Counter[str] = Counter()
    for caller in some_callers(bench):
        for feed in FEEDS:
            found[caller.purpose] += check(bench, following(caller), feed, 20)
    assert all(found[purpose] for purpose in ("credit-publication", "fund-supervision", "medical-practice-regulation"))
    assert not found["hub-administration"]


def test_what_the_reference_client_makes_of_the_feed(bench: Bench, client: ModuleType) -> None:
    found: Counter[str] = Counter()
    for caller in map(following, some_callers(bench)):
        if caller.case_no is not None:
            continue  # what only a case opens is not followed
        for feed in client.FEEDS.values():
            document = (
                f"query F($after: String) {{ {feed.root}(after: $after, first: 7)"
                f" {{ nodes {{ key tombstone record {feed.selection} }} cursor hasMore }} }}"
            )
            copy, after, more = {}, None, True
            while more:
                page = bench.world.ask(bench.token(caller), document, {"after": after})["data"][feed.root]
                if page is None:
                    break
                (name,) = (each for each, one in client.FEEDS.items() if one is feed)
                copy |= {node["key"]: client.line(name, node["key"], node["record"]) for node in page["nodes"]}
                after, more = page["cursor"], page["hasMore"]
            assert dict(sorted(copy.items())) == copy_of(bench, caller, feed.root), caller
            found[caller.purpose, feed.root] += len(copy)
    assert all(found["credit-publication", feed] for feed in FEEDS)
