"""`hub feed recalls`, and the figures that an operator is alarmed by."""

import asyncio
from datetime import timedelta

from psycopg import AsyncConnection
from recalling_world import CREDIT, FAR_HEALTH, Recalling
from sqlalchemy import create_engine

from hub.http import metrics
from hub.recalls import listing


def test_the_operator_lists_what_is_due_first_and_who_is_late(world: Recalling) -> None:
    penalty = world.recording.published()
    assert world.read(CREDIT, penalty)
    assert world.read(FAR_HEALTH, penalty)
    world.revoke(penalty)
    url = world.database.app_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert listing.standing(connection, world.clock.now()).unassigned == 1
        world.settle()
        connection.rollback()
        now = world.clock.now()
        found = list(listing.recalls(connection, now))
        assert [(each["client"], each["overdue"]) for each in found] == [
            (f"test-{FAR_HEALTH}", False), (f"test-{CREDIT}", False),
        ]  # fmt: skip
        assert {"recordType", "recalledAt", "receivedAt", "dueAt", "acknowledgedAt"} < found[0].keys()
        assert list(listing.recalls(connection, now, overdue=True)) == []
        late = now + timedelta(days=9)
        assert len(list(listing.recalls(connection, late, overdue=True))) == 2
        assert [each["client"] for each in listing.recalls(connection, late, client=f"test-{CREDIT}")] == [
            f"test-{CREDIT}"
        ]
        standing = listing.standing(connection, late)
    engine.dispose()
    assert (standing.outstanding, standing.overdue, standing.unassigned) == (2, 2, 0)

    async def watched() -> listing.Standing:
        async with await AsyncConnection.connect(world.database.app_url, autocommit=True) as connection:
            return await listing.watched(connection, late)

    assert asyncio.run(watched()) == standing
    metrics.recalls(standing)
    assert b"hub_recalls_overdue 2.0" in metrics.exposition()
