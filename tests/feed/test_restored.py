"""A database that was restored into another cluster, where transactions are counted anew, loses no change."""

import pytest
from commands_world import HEALTH, SECURITY
from feed_world import PAGE, FeedWorld

from hub.feed.restored import renumber
from hub.graph.records import CHANGE_LOGS


def test_nothing_is_done_where_nothing_is_wrong(feeds: FeedWorld) -> None:
    feeds.sent(SECURITY, HEALTH)
    before = feeds.commanding.rows("SELECT * FROM feed_epoch")
    assert not renumber(feeds.database.owner_url, CHANGE_LOGS)
    assert feeds.commanding.rows("SELECT * FROM feed_epoch") == before


@pytest.mark.parametrize("later", [0, 1])
def test_a_restored_log_is_put_before_all_that_is_new(feeds: FeedWorld, later: int) -> None:
    reader = feeds.reader(HEALTH)
    reader.read()
    old = feeds.sent(SECURITY, HEALTH)
    # As if written under a higher count than this cluster's.
    feeds.owner.execute("UPDATE transfer_change SET xid = (xid::text::bigint + 1000000000)::text::xid8")
    assert reader.read() == [], "invisible until the counter has passed them"
    assert renumber(feeds.database.owner_url, CHANGE_LOGS)
    token = feeds.token(HEALTH)
    refused = feeds.ask(token, PAGE, {"after": reader.cursor})
    assert refused["errors"][0]["extensions"]["code"] == "RESYNC_REQUIRED"
    again = feeds.reader(HEALTH)
    again.read()
    assert str(old) in again.copy
    for _ in range(later):
        feeds.closed(old, SECURITY, HEALTH)
        assert [node["change"] for node in again.read()][-1] == "CLOSED"
    new = feeds.sent(SECURITY, HEALTH)
    assert [node["id"] for node in again.read()] == [str(new)]
