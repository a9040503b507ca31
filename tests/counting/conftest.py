"""A sample in which both sides differ in every way, and a hub over it whose clock stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from disturbing import disturb
from recount import NOW, Recount

from hub.db.engine import Database
from tests.conftest import DatabaseFactory
from tests.world import FixedClock, World


@pytest.fixture(scope="session")
def disturbed(sample_copy: DatabaseFactory) -> Database:
    """Shared: never change it."""
    database = sample_copy()
    disturb(database)
    return database


@pytest.fixture(scope="session")
def world(disturbed: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(disturbed, tmp_path_factory.mktemp("statistics"), clock=FixedClock(NOW))
    yield made
    made.close()


@pytest.fixture(scope="session")
def recount(disturbed: Database) -> Recount:
    return Recount(disturbed.owner_url)


@pytest.fixture
def other(sample_copy: DatabaseFactory, tmp_path: Path) -> Iterator[World]:
    """A world of the test's own, which it may change."""
    made = World(sample_copy(), tmp_path, clock=FixedClock(NOW))
    yield made
    made.close()
