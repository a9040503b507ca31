"""Every page is in the ledger before it leaves, with the records it showed; and a delivery by feed is an arrival."""

import asyncio
import struct

import psycopg
from commands_world import HEALTH, MARKET, POLICE, RECEIPT, SECURITY, first
from feed_world import PAGE, FeedWorld

from hub.clues.commands_arrival import take_deliveries
from hub.clues.lifecycle import Command
from hub.ledger.follower import index_next


def last(feeds: FeedWorld) -> dict[str, object]:
    return feeds.commanding.rows("SELECT * FROM disclosure ORDER BY at DESC, id DESC LIMIT 1")[0]


def ids(entry: dict[str, object]) -> set[int]:
    packed = entry["record_ids"]
    assert isinstance(packed, bytes)
    return set(struct.unpack(f">{len(packed) // 8}q", packed))


def test_a_page_is_remembered_like_a_query(feeds: FeedWorld) -> None:
    reader = feeds.reader(HEALTH)
    reader.read()
    public_id = feeds.sent(SECURITY, HEALTH)
    page = feeds.page(feeds.token(HEALTH), reader.cursor)
    assert [node["id"] for node in page["nodes"]] == [str(public_id)]
    entry = last(feeds)
    assert (entry["client_id"], entry["outcome"]) == (f"test-{HEALTH}", "ANSWERED")
    assert feeds.commanding.row(public_id)["id"] in ids(entry)
    shown = feeds.commanding.rows("SELECT * FROM disclosure_view ORDER BY at DESC LIMIT 1")[0]["shown"]
    assert {"ClueTransferChange.change", "ClueTransferChange.record", "ClueTransfer.status"} <= set(shown)


def test_an_entry_without_its_record_and_a_tombstone_are_remembered_too(feeds: FeedWorld) -> None:
    reader = feeds.reader(POLICE)
    reader.read()
    public_id = feeds.sent(SECURITY, POLICE)
    internal = feeds.commanding.row(public_id)["id"]
    feeds.ask(
        feeds.token(POLICE),
        "query F($a: String) { clueTransferChanges(after: $a) { nodes { id } } }",
        {"a": reader.cursor},
    )
    assert ids(last(feeds)) == {internal}
    feeds.commanding.do(first(POLICE), Command.SIGN_RECEIPT, id=public_id, **RECEIPT)
    moved = {"receiver": "640100-PUBLIC_SECURITY", "procuratorate": "640100-PROCURATORATE", "reason": "市局管辖"}
    feeds.commanding.do(first(POLICE), Command.FORWARD, id=public_id, **moved)
    page = feeds.page(feeds.token(POLICE), reader.cursor)
    assert [node["change"] for node in page["nodes"]] == ["LEFT"]
    assert ids(last(feeds)) == {internal}


def test_an_empty_page_shows_no_record(feeds: FeedWorld) -> None:
    reader = feeds.reader(MARKET)
    reader.read()
    feeds.sent(SECURITY, HEALTH)
    feeds.ask(feeds.token(MARKET), PAGE, {"after": reader.cursor})
    assert ids(last(feeds)) == set()


def test_a_quota_counts_what_the_feed_showed(feeds: FeedWorld) -> None:
    feeds.sent(SECURITY, HEALTH)
    token = feeds.token(HEALTH)
    feeds.owner.execute("UPDATE client SET daily_row_quota = 0 WHERE client_id = %s", (f"test-{HEALTH}",))
    try:
        feeds.hub.callers._cache.clear()
        answered = feeds.ask(token, PAGE)
        assert answered["errors"][0]["extensions"]["code"] == "QUOTA_EXCEEDED"
        assert "data" not in answered
    finally:
        feeds.owner.execute("UPDATE client SET daily_row_quota = 1000000000 WHERE client_id = %s", (f"test-{HEALTH}",))
        feeds.hub.callers._cache.clear()


def test_who_reads_it_in_the_feed_has_received_it(feeds: FeedWorld) -> None:
    """送达: the arrival is recorded from the ledger row of the page, and told in the feed in its turn."""
    health, security = feeds.reader(HEALTH), feeds.reader(SECURITY)
    health.read()
    public_id = feeds.sent(SECURITY, HEALTH)
    security.read()
    taken(feeds)
    assert feeds.commanding.row(public_id)["status"] == "SENT", "its sender's reading is no delivery"
    health.read()
    taken(feeds)
    assert feeds.commanding.row(public_id)["status"] == "ARRIVED"
    for reader in (security, health):
        assert [node["change"] for node in reader.read() if node["id"] == str(public_id)] == ["ARRIVED"]


def taken(feeds: FeedWorld) -> None:
    async def index() -> None:
        async with await psycopg.AsyncConnection.connect(feeds.database.app_url, autocommit=True) as connection:
            while await index_next(connection):
                pass

    asyncio.run(index())
    with psycopg.connect(feeds.database.app_url, autocommit=True) as connection:
        take_deliveries(connection)
