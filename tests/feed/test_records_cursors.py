"""Cursors of the feeds for everybody: what they are good for, and what a reader is told that may not go on from one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from recording_world import TODAY, RecordWorld
from records_world import PLATFORM, RECORDS, RecordFeeds, page_of

from hub.demo.sample import Counts, load_sample
from hub.feed.cursor import KEPT, Position
from hub.query.feedanswer import bound
from tests.clues.commands_world import HEALTH, SECURITY


@pytest.fixture(scope="module")
def following(empty_database, tmp_path_factory) -> Iterator[RecordFeeds]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(60, 0, 40, 60, 20))
    recording = RecordWorld(database)
    made = RecordFeeds(recording, tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()
    recording.close()


@pytest.fixture
def feeds(following: RecordFeeds) -> RecordFeeds:
    following.recording.now = TODAY
    return following


@pytest.mark.parametrize("feed", RECORDS)
def test_forged_foreign_and_stale_are_told_to_begin_again(feeds: RecordFeeds, feed: str) -> None:
    token = feeds.token(PLATFORM)
    own = feeds.page(token, feed)["cursor"]
    other_feed = feeds.page(token, next(one for one in RECORDS if one != feed))["cursor"]
    other_agency = feeds.page(feeds.token(SECURITY), feed)["cursor"]
    for after in ("", "x", "游标", own[:-1], own + "A", own[::-1], other_feed, other_agency, "A" * 5_000):
        told = feeds.refusal(token, feed, after)
        assert told["code"] == "RESYNC_REQUIRED"
        assert "after" in told["next"]["en"]
        assert told["next"]["zh"]
    other_purpose = feeds.token(SECURITY, "agreement-management")
    assert feeds.refusal(other_purpose, feed, other_agency)["code"] == "RESYNC_REQUIRED"
    assert feeds.page(token, feed, own)["nodes"] == []
    feeds.recording.now = TODAY + KEPT + timedelta(days=1)
    assert feeds.refusal(feeds.token(PLATFORM), feed, own)["code"] == "RESYNC_REQUIRED"


@pytest.mark.parametrize("feed", RECORDS)
def test_one_that_was_read_under_another_condition(feeds: RecordFeeds, feed: str) -> None:
    """A policy has changed since: what is open now was passed over before."""
    token = feeds.token(PLATFORM)
    page = feeds.page(token, feed)
    caller = feeds.loop.run_until_complete(feeds.hub.callers.of(token))
    assert caller
    place = feeds.hub.cursor_keys.feed.open(page["cursor"], bound(feed, caller), feeds.now())
    assert place
    assert place.condition
    other = Position(place.snapshot, place.xid, place.id, place.since, place.epoch, place.condition ^ 1)
    sealed = feeds.hub.cursor_keys.feed.seal(other, bound(feed, caller))
    assert len(sealed) == len(page["cursor"])
    assert feeds.refusal(token, feed, sealed)["code"] == "RESYNC_REQUIRED"


@pytest.mark.parametrize("feed", RECORDS)
@pytest.mark.parametrize(("given", "wrong"), [
    ({"first": 5_000}, "first"), ({"first": 0}, "first"), ({"first": -1}, "first"), ({"wait": 31}, "waitSeconds"),
])  # fmt: skip
def test_arguments_out_of_range(feeds: RecordFeeds, feed: str, given: dict[str, int], wrong: str) -> None:
    told = feeds.refusal(feeds.token(PLATFORM), feed, None, **given)
    assert (told["code"], told["argument"]) == ("INVALID_ARGUMENT", wrong)


@pytest.mark.parametrize("feed", RECORDS)
def test_without_the_scope_of_feeds_or_of_the_records(feeds: RecordFeeds, feed: str) -> None:
    for scopes in (("penalties:read", "inspections:read", "credit:read"), ("feed:read",)):
        answered = feeds.ask(feeds.token(HEALTH, scopes=scopes), page_of(feed, "__typename"))
        assert answered["data"] == {feed: None}
        assert answered["extensions"]["masked"][0]["code"] == "SCOPE_MISSING"


@pytest.mark.parametrize("feed", RECORDS)
def test_every_page_size_makes_the_same_snapshot(feeds: RecordFeeds, feed: str) -> None:
    whole = feeds.listed(PLATFORM, feed)
    assert len(whole) >= 5
    for first in (1, 3, 1_000):
        reader = feeds.reader(PLATFORM, feed, first=first)
        told = reader.read()
        assert reader.copy == whole
        assert len(told) == len(whole), "each once"
        assert {node["change"] for node in told} == {"PRESENT"}
