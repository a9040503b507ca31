"""Non-interference for the feeds: two databases that differ only in what the platform may not see give the same pages.

Every page of the snapshot and of all changes, byte for byte; a cursor is sealed with chance, so of it the length.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.clock import today
from hub.db.engine import Database
from hub.query.feedanswer import bound
from tests.properties import dense
from tests.properties.comparison import Bench, Caller
from tests.properties.test_credit_platform import _selection
from tests.properties.test_digests import DIGEST, end_of
from tests.properties.twin import twin
from tests.world import ALL_READ, World

pytestmark = pytest.mark.property
PLATFORM = Caller("640104-CREDIT_PLATFORM", "credit-publication", None, (*ALL_READ, "feed:read"))
FEEDS = {
    "penaltyChanges": "PenaltyRecordChange",
    "inspectionChanges": "InspectionResultChange",
    "creditChanges": "CreditScoreChange",
}
SEALED = re.compile(rb'"(cursor|watermark)":"([^"]*)"')
# What happened to every penalty, hidden or not; the moment of a change of a score is that of its database.
HISTORY = """
INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)
SELECT p.id, k.kind, '2026-01-02', p.authority, 'c', 'o', jsonb_build_object('reason', 'for all to read', 'clause', '1')
FROM penalty_record p CROSS JOIN (VALUES (1, 'RECORDED'), (2, 'SERVED'), (3, 'PUBLICATION_WITHHELD'), (4, 'PUBLISHED'),
    (5, 'AMENDED'), (6, 'REVOKED')) k(position, kind)
WHERE CASE k.kind WHEN 'PUBLISHED' THEN SEEN
    -- What was public once is amended and revoked as its state says; that is hidden now, and no history made it so.
    WHEN 'AMENDED' THEN p.published_at IS NULL WHEN 'REVOKED' THEN p.published_at IS NULL OR SEEN AND p.id % 2 = 0
    ELSE true END
ORDER BY p.id, k.position;
UPDATE penalty_record p SET status = 'REVOKED', revoked_at = '2026-01-02' WHERE SEEN AND p.id % 2 = 0;
INSERT INTO credit_score_version
    (institution_id, period, score, grade, model_version, measures, dimensions, replaced_at)
SELECT s.institution_id, s.period, s.score, s.grade, s.model_version, s.measures, (SELECT coalesce(jsonb_agg(
    jsonb_build_object('name', d.name, 'score', d.score, 'weight', d.weight) ORDER BY d.position), '[]')
    FROM credit_dimension d WHERE d.score_id = s.id), '2026-01-02' FROM credit_score s;
UPDATE credit_score SET digest = 'explained otherwise' WHERE id % 3 = 0;
UPDATE inspection_change SET at = '2026-01-02';
UPDATE credit_change SET at = '2026-01-02';
"""
SEEN = """(p.published_at <= 'NOW' AND p.revoked_at IS NULL AND p.repaired_at IS NULL
    AND coalesce(p.publicity_ends_on >= 'TODAY', true) AND p.status <> 'TERM_OVER'
    AND p.counterparty_category <> 'NATURAL_PERSON')"""


@contextmanager
def undisturbed(bench: Bench, database: Database, folder: Path) -> Iterator[Bench]:
    """The dense database once more: what happens here must not happen in the one that all tests share."""
    dense.fill(database, bench.world.clock.now())
    world = World(database, folder, bench.world.engine, bench.world.clock)
    yield Bench(world)
    world.close()


@pytest.fixture(scope="module")
def two(
    bench: Bench, empty_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Bench, Bench]]:
    caller = Caller(PLATFORM.agency, PLATFORM.purpose, None, ALL_READ)
    clock = bench.world.clock
    history = HISTORY.replace("SEEN", SEEN).replace("NOW", str(clock.now())).replace("TODAY", str(today(clock)))
    folder = tmp_path_factory.mktemp
    with (
        twin(bench, caller, empty_database, Path(folder("other"))) as other,
        undisturbed(bench, empty_database(), Path(folder("one"))) as one,
    ):
        for each in (one, other):
            each.world.client(PLATFORM.agency, PLATFORM.scopes)
            each.world.owner.execute(history)
        yield one, other


def pages(bench: Bench, feed: str, after: str | None, first: int) -> list[bytes]:
    """All pages from there on, with the lengths of their cursors in place of these."""
    document = (
        f"query F($after: String, $first: Int!) {{ {feed}(after: $after, first: $first)"
        f" {{ nodes {{ {_selection(FEEDS[feed], 2)} }} hasMore cursor watermark }} }}"
    )
    found = []
    while True:
        body = bench.world.answer(bench.token(PLATFORM), document, {"after": after, "first": first}).body
        assert b'"errors"' not in body, body[:500]
        sealed = dict(SEALED.findall(body))
        after = sealed[b"cursor"].decode()
        found.append(SEALED.sub(lambda match: match[1] + b" of %d" % len(match[2]), body))
        if b'"hasMore":false' in body:
            return found


def beginning(bench: Bench, feed: str) -> str:
    """A cursor before all that has ever changed."""
    world, token = bench.world, bench.token(PLATFORM)
    mark = world.ask(token, f"{{ {feed}(first: 1) {{ watermark }} }}")["data"][feed]["watermark"]
    caller = world.loop.run_until_complete(world.hub.callers.of(token))
    assert caller
    cursors, good_for = world.hub.cursor_keys.feed, bound(feed, caller)
    place = cursors.open(mark, good_for, world.clock.now())
    assert place
    return cursors.seal(replace(place, xid=3, id=0), good_for)


@pytest.mark.parametrize("first", [3, 50, 1_000])
@pytest.mark.parametrize("feed", FEEDS)
def test_every_page_is_the_same(two: tuple[Bench, Bench], feed: str, first: int) -> None:
    snapshots = [pages(bench, feed, None, first) for bench in two]
    assert snapshots[0] == snapshots[1]
    assert any(b'"PRESENT"' in body for body in snapshots[0])
    followed = [pages(bench, feed, beginning(bench, feed), first) for bench in two]
    assert followed[0] == followed[1]
    whole = b"".join(followed[0])
    told = {*re.findall(rb'"change":"(\w+)"', whole)}
    if feed == "penaltyChanges":
        assert b"PUBLISHED" in told
        assert not told & {b"RECORDED", b"SERVED", b"PUBLICATION_WITHHELD"}, "before it was public"
        assert b'"tombstone":true' in whole
    elif feed == "creditChanges":
        assert told == {b"SCORED"}, "what only explains a score otherwise is not told"
    else:
        assert told == {b"RECORDED"}


@pytest.mark.parametrize("first", [1, 20])
@pytest.mark.parametrize("feed", FEEDS)
def test_every_digest_is_the_same(
    two: tuple[Bench, Bench], feed: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of who has read all, and of who has read nothing of what has changed since."""
    monkeypatch.setattr("hub.query.sqldigests.BLOCK", 4)
    for place in (end_of, lambda bench, _, feed: beginning(bench, feed)):
        told = [digests(bench, feed, str(place(bench, PLATFORM, feed)), first) for bench in two]
        assert told[0] == told[1]
        assert all(page["upToDate"] is (place is end_of) for page in told[0])
        assert len(told[0]) > 1 or first > 1


def digests(bench: Bench, feed: str, after: str, first: int) -> list[dict[str, Any]]:
    """Page after page of blocks."""
    behind, found = None, []
    document = DIGEST.replace("count", "count lines") if first == 1 else DIGEST
    while True:
        given = {"feed": feed, "after": after, "behind": behind, "first": first}
        page = bench.world.ask(bench.token(PLATFORM), document, given)["data"]["feedDigest"]
        found.append(page)
        behind = page["blocks"][-1]["to"]
        if behind is None:
            return found
