"""`acknowledgeChanges`, `hub feed lag`, `hub feed rejections`: how far a reader has come, by its own word."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from recording_world import SECURITY, TODAY, RecordWorld
from records_world import PLATFORM, RecordFeeds
from sqlalchemy import create_engine

from hub.demo.sample import Counts, load_sample
from hub.following.lag import lags, rejections
from hub.graph.catalogue import load_catalogue

ACKNOWLEDGE = (
    "mutation A($input: AcknowledgeChangesInput!) { acknowledgeChanges(input: $input)"
    " { acknowledged replayed userErrors { code field zh en doZh doEn } } }"
)


@pytest.fixture(scope="module")
def following(empty_database, tmp_path_factory) -> Iterator[RecordFeeds]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(20, 0, 0, 20, 0))
    recording = RecordWorld(database)
    made = RecordFeeds(recording, tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()
    recording.close()


@pytest.fixture
def feeds(following: RecordFeeds) -> RecordFeeds:
    following.recording.now = TODAY
    following.owner.execute("TRUNCATE feed_consumer, feed_rejection")
    return following


def give(feeds: RecordFeeds, token: str, cursor: str, feed: str = "penaltyChanges", **more: Any) -> dict[str, Any]:
    given = {"idempotencyKey": secrets.token_hex(16), "feed": feed, "cursor": cursor} | more
    answered = feeds.ask(token, ACKNOWLEDGE, {"input": given})
    assert "errors" not in answered, answered
    found: dict[str, Any] = answered["data"]["acknowledgeChanges"]
    return found


def codes(told: dict[str, Any]) -> list[tuple[str, str]]:
    assert all(one["zh"] and one["en"] and one["doZh"] and one["doEn"] for one in told["userErrors"])
    return [(one["code"], one["field"]) for one in told["userErrors"]]


def lag(feeds: RecordFeeds, client: str, feed: str = "penaltyChanges") -> dict[str, Any]:
    engine = create_engine(feeds.database.owner_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = list(lags(connection, load_catalogue(), feeds.engine, feeds.now()))
    engine.dispose()
    return next(one for one in found if one["client"] == f"test-{client}" and one["feed"] in (feed, None))


def end(feeds: RecordFeeds, agency: str, feed: str = "penaltyChanges") -> str:
    reader = feeds.reader(agency, feed)
    reader.read()
    assert reader.cursor
    return reader.cursor


def test_it_moves_forward_only_and_the_operator_sees_who_is_behind(feeds: RecordFeeds) -> None:
    world, token = feeds.recording, feeds.token(PLATFORM)
    assert lag(feeds, PLATFORM)["state"] == "NEVER"
    first = end(feeds, PLATFORM)
    told = give(feeds, token, first)
    assert (told["userErrors"], told["replayed"]) == ([], False)
    assert datetime.fromisoformat(told["acknowledged"]) == TODAY
    assert (lag(feeds, PLATFORM)["state"], lag(feeds, PLATFORM)["behind"]) == ("UP_TO_DATE", 0)
    world.penalty()
    assert lag(feeds, PLATFORM)["behind"] == 0, "what is not public does not count"
    world.published()
    world.published()
    world.later(minutes=10)
    found = lag(feeds, PLATFORM)
    assert (found["state"], found["behind"], found["behindSeconds"]) == ("BEHIND", 2, 600)
    token, second = feeds.token(PLATFORM), end(feeds, PLATFORM)
    assert give(feeds, token, second)["acknowledged"] == (TODAY + timedelta(minutes=10)).isoformat()
    assert lag(feeds, PLATFORM)["state"] == "UP_TO_DATE"
    assert give(feeds, token, first)["acknowledged"] == (TODAY + timedelta(minutes=10)).isoformat()
    assert lag(feeds, PLATFORM)["state"] == "UP_TO_DATE", "an older cursor takes nothing back"


def test_of_a_snapshot_only_its_end_counts(feeds: RecordFeeds) -> None:
    for _ in range(3):
        feeds.recording.published()
    token = feeds.token(PLATFORM)
    page = feeds.page(token, "penaltyChanges", first=1)
    assert page["hasMore"]
    told = give(feeds, token, page["cursor"])
    assert (told["acknowledged"], told["userErrors"]) == (None, [])
    assert lag(feeds, PLATFORM)["state"] == "NEVER"


def test_the_same_key_takes_effect_once(feeds: RecordFeeds) -> None:
    token, cursor = feeds.token(PLATFORM), end(feeds, PLATFORM)
    more = {"idempotencyKey": "k" * 20, "rejected": [{"key": "x", "reason": "格式不符"}]}
    first = give(feeds, token, cursor, **more)
    assert give(feeds, token, cursor, **more) == first | {"replayed": True}
    (row,) = feeds.recording.rows("SELECT count(*) AS n FROM feed_rejection")
    assert row["n"] == 1
    other = give(feeds, token, end(feeds, PLATFORM), idempotencyKey="k" * 20)
    assert codes(other) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]


def test_rejected_records_are_kept_and_listed(feeds: RecordFeeds) -> None:
    token, cursor = feeds.token(PLATFORM), end(feeds, PLATFORM)
    bad = [{"key": f"key-{number}", "reason": "统一社会信用代码未登记"} for number in range(1_000)]
    assert give(feeds, token, cursor, rejected=bad)["userErrors"] == []
    engine = create_engine(feeds.database.owner_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = list(rejections(connection, f"test-{PLATFORM}", 5_000))
        assert list(rejections(connection, "another", 10)) == []
    engine.dispose()
    assert len(found) == 1_000
    assert (found[0]["feed"], found[0]["reason"]) == ("penaltyChanges", "统一社会信用代码未登记")


def test_what_is_refused_changes_nothing(feeds: RecordFeeds) -> None:
    token, own = feeds.token(PLATFORM), end(feeds, PLATFORM)
    other_feed, other_agency = end(feeds, PLATFORM, "creditChanges"), end(feeds, SECURITY)
    for cursor in (own[:-1], own[::-1], "游标", other_feed, other_agency):
        assert codes(give(feeds, token, cursor)) == [("CURSOR_REFUSED", "cursor")]
    assert codes(give(feeds, token, "")) == [("INVALID_INPUT", "cursor")]
    assert codes(give(feeds, token, own, idempotencyKey="short")) == [("INVALID_IDEMPOTENCY_KEY", "idempotencyKey")]
    too_many = [{"key": "k", "reason": "错"}] * 1_001
    assert codes(give(feeds, token, own, rejected=too_many)) == [("INVALID_INPUT", "rejected")]
    number = [{"key": "k", "reason": "身份证 11010119900307771X 重复"}]
    assert codes(give(feeds, token, own, rejected=number)) == [("IDENTITY_NUMBER_IN_TEXT", "rejected.0.reason")]
    feeds.recording.now = TODAY + timedelta(days=500)
    assert codes(give(feeds, feeds.token(PLATFORM), own)) == [("CURSOR_REFUSED", "cursor")]
    feeds.recording.now = datetime(2026, 9, 21, 2, tzinfo=UTC)
    assert feeds.recording.rows("SELECT * FROM feed_consumer") == []
    assert feeds.recording.rows("SELECT * FROM feed_rejection") == []


def test_the_cursor_tells_which_feed(feeds: RecordFeeds) -> None:
    token = feeds.token(PLATFORM)
    for feed in ("creditChanges", "inspectionChanges"):
        assert give(feeds, token, end(feeds, PLATFORM, feed), feed=None)["acknowledged"]
    rows = feeds.recording.rows("SELECT feed FROM feed_consumer ORDER BY feed")
    assert [row["feed"] for row in rows] == ["creditChanges", "inspectionChanges"]


def test_without_the_scope(feeds: RecordFeeds) -> None:
    given = {"idempotencyKey": "a" * 20, "feed": "penaltyChanges", "cursor": end(feeds, PLATFORM)}
    answered = feeds.ask(feeds.token(PLATFORM, scopes=("penalties:read",)), ACKNOWLEDGE, {"input": given})
    assert answered["data"] == {"acknowledgeChanges": None}
    assert answered["extensions"]["masked"][0]["code"] == "SCOPE_MISSING"


def test_after_a_restore_the_reader_begins_again(feeds: RecordFeeds) -> None:
    token, cursor = feeds.token(PLATFORM), end(feeds, PLATFORM)
    give(feeds, token, cursor)
    feeds.owner.execute("UPDATE feed_epoch SET number = number + 1")
    try:
        assert lag(feeds, PLATFORM)["state"] == "RESYNC"
        assert codes(give(feeds, token, cursor)) == [("CURSOR_REFUSED", "cursor")]
        assert give(feeds, token, end(feeds, PLATFORM))["acknowledged"]
        assert lag(feeds, PLATFORM)["state"] == "UP_TO_DATE"
    finally:
        feeds.owner.execute("UPDATE feed_epoch SET number = number - 1")
