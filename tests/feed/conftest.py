"""Agencies that command, and a hub over the same database that they read their feeds from."""

from collections.abc import Iterator

import pytest
from commands_world import MONDAY, CommandWorld
from feed_world import FeedWorld

from hub.demo.sample import Counts, load_sample


@pytest.fixture(scope="module")
def following(empty_database, tmp_path_factory) -> Iterator[FeedWorld]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    commanding = CommandWorld(database)
    made = FeedWorld(commanding, tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()
    commanding.close()


@pytest.fixture
def feeds(following: FeedWorld) -> FeedWorld:
    """One world a module: each test opens cases of its own, on a Monday."""
    following.commanding.now = MONDAY
    return following
