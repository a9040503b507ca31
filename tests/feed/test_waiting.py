"""A reader that waits: woken by its own agency's changes only, bounded, its authority asked again, no connection held."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from commands_world import HEALTH, MARKET, SECURITY
from feed_world import PAGE, FeedWorld

from hub.disclosure import Answer, Request, disclose
from hub.feed.waiting import PER_CLIENT, ClientLeft
from hub.oauth.callers import hash_token

SOON_S = 10
"""Far more than a waiting reader needs, far less than it was given."""


def asking(feeds: FeedWorld, token: str, after: str, wait: int, left: Any = None) -> Awaitable[Answer]:
    request = Request(PAGE, variables={"after": after, "wait": wait}, left=left)
    return disclose(feeds.hub, token, request)


async def waiting(feeds: FeedWorld, number: int) -> None:
    """Until so many wait."""
    for _ in range(500):
        if feeds.hub.waiters.waiting == number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(feeds.hub.waiters.waiting)


def run(feeds: FeedWorld, *asked: Awaitable[Answer], then: Callable[[], object]) -> list[Answer]:
    async def both() -> list[Answer]:
        tasks = [asyncio.ensure_future(one) for one in asked]
        await waiting(feeds, len(tasks))
        await asyncio.to_thread(then)
        return await asyncio.wait_for(asyncio.gather(*tasks), 60)

    return feeds.loop.run_until_complete(both())


def nodes(answer: Answer) -> list[Any]:
    found: list[Any] = json.loads(answer.body)["data"]["clueTransferChanges"]["nodes"]
    return found


def end(feeds: FeedWorld, agency: str) -> str:
    reader = feeds.reader(agency)
    reader.read()
    assert reader.cursor
    return reader.cursor


def test_a_waiting_reader_is_told_at_once_and_another_waits_on(feeds: FeedWorld) -> None:
    health, market = end(feeds, HEALTH), end(feeds, MARKET)
    tokens = feeds.token(HEALTH), feeds.token(MARKET)
    began = time.monotonic()
    told: list[float] = []

    def send() -> None:
        feeds.sent(SECURITY, HEALTH)
        told.append(time.monotonic())

    arrived, other = run(feeds, asking(feeds, tokens[0], health, 30), asking(feeds, tokens[1], market, 3), then=send)
    assert [node["change"] for node in nodes(arrived)] == ["SENT"]
    assert nodes(other) == []
    assert time.monotonic() - began >= 3, "nothing of its own came: it waited to its end"
    assert time.monotonic() - told[0] < SOON_S


def test_the_time_is_over_and_the_answer_is_empty_with_a_cursor_that_goes_on(feeds: FeedWorld) -> None:
    token, after = feeds.token(HEALTH), end(feeds, HEALTH)
    began = time.monotonic()
    (answer,) = run(feeds, asking(feeds, token, after, 1), then=lambda: None)
    assert 1 <= time.monotonic() - began < SOON_S
    page = json.loads(answer.body)["data"]["clueTransferChanges"]
    assert (page["nodes"], page["hasMore"]) == ([], False)
    assert feeds.page(token, page["cursor"])["nodes"] == []


def test_what_is_there_is_not_waited_for(feeds: FeedWorld) -> None:
    after = end(feeds, HEALTH)
    feeds.sent(SECURITY, HEALTH)
    began = time.monotonic()
    assert feeds.page(feeds.token(HEALTH), after, wait=30)["nodes"]
    assert feeds.page(feeds.token(HEALTH), None, wait=30)["nodes"]
    assert time.monotonic() - began < SOON_S


def test_a_token_revoked_during_the_wait_is_refused(feeds: FeedWorld) -> None:
    """Also where a change came for its agency: the authority is asked again before anything is told."""
    for change in (lambda: None, lambda: feeds.sent(SECURITY, HEALTH)):
        token, after = feeds.token(HEALTH), end(feeds, HEALTH)

        def revoke(token: str = token, change: Callable[[], object] = change) -> None:
            feeds.owner.execute(
                "UPDATE access_token SET revoked_at = %s WHERE token_hash = %s", (feeds.clock.now(), hash_token(token))
            )
            change()

        (answer,) = run(feeds, asking(feeds, token, after, 1), then=revoke)
        assert answer.code == "UNAUTHENTICATED"


def test_a_change_that_is_not_told_does_not_end_the_wait(feeds: FeedWorld) -> None:
    """An agency that is a subject is woken by what it may not know, sees nothing, and waits on to the same end."""
    (row,) = feeds.commanding.rows("SELECT uscc FROM agency WHERE code = %s", HEALTH)
    about = [{"kind": "FUND_OPERATOR", "name": "某单位", "uscc": row["uscc"]}]
    token, after = feeds.token(HEALTH), end(feeds, HEALTH)
    began = time.monotonic()
    (answer,) = run(feeds, asking(feeds, token, after, 2), then=lambda: feeds.sent(SECURITY, HEALTH, parties=about))
    assert time.monotonic() - began >= 2
    assert nodes(answer) == []


def test_the_client_that_goes_away_is_waited_for_no_longer(feeds: FeedWorld) -> None:
    before = feeds.owner.execute("SELECT count(*) FROM disclosure").fetchone()

    async def gone() -> None:
        await waiting(feeds, 1)

    token, after = feeds.token(HEALTH), end(feeds, HEALTH)
    before = feeds.owner.execute("SELECT count(*) FROM disclosure").fetchone()
    with pytest.raises(ClientLeft):
        feeds.loop.run_until_complete(asyncio.wait_for(asking(feeds, token, after, 30, gone), SOON_S))
    assert feeds.hub.waiters.waiting == 0
    assert feeds.owner.execute("SELECT count(*) FROM disclosure").fetchone() == before, "nothing was told"


def test_a_client_has_so_many_waiting_and_they_hold_no_connection(feeds: FeedWorld) -> None:
    """The pool has four connections; twice as many wait, and a query is answered meanwhile."""
    token, after = feeds.token(HEALTH), end(feeds, HEALTH)
    other = feeds.token(MARKET)

    async def asked() -> tuple[Answer, Answer]:
        tasks = [asyncio.ensure_future(asking(feeds, token, after, 30)) for _ in range(PER_CLIENT)]
        await waiting(feeds, PER_CLIENT)
        one_more = await asyncio.wait_for(asking(feeds, token, after, 30), SOON_S)
        query = await asyncio.wait_for(disclose(feeds.hub, other, Request("{ agencies { totalCount } }")), SOON_S)
        await asyncio.to_thread(feeds.sent, SECURITY, HEALTH)
        for answer in await asyncio.wait_for(asyncio.gather(*tasks), SOON_S):
            assert len(nodes(answer)) == 1
        return one_more, query

    one_more, query = feeds.loop.run_until_complete(asked())
    assert (one_more.code, one_more.retry_after_s) == ("TOO_MANY_WAITING", 1)
    assert query.code is None


def test_a_server_that_stops_lets_everybody_go(feeds: FeedWorld) -> None:
    token, after = feeds.token(HEALTH), end(feeds, HEALTH)
    try:
        began = time.monotonic()
        (answer,) = run(feeds, asking(feeds, token, after, 30), then=feeds.hub.waiters.release)
        assert time.monotonic() - began < SOON_S
        assert nodes(answer) == []
    finally:
        feeds.hub.waiters._closed = False
