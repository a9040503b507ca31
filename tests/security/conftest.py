"""The records of the golden cases, asked as an attacker would."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.db.engine import Database
from hub.policy.engine import PolicyEngine
from tests.golden.golden_records import load_records
from tests.world import World, load_engine


@pytest.fixture(scope="session")
def engine() -> PolicyEngine:
    return load_engine()


@pytest.fixture(scope="session")
def golden_database(empty_database: Callable[[], Database]) -> Database:
    database = empty_database()
    load_records(database.owner_url)
    return database


@pytest.fixture(scope="module")
def world(golden_database: Database, engine: PolicyEngine, tmp_path_factory: Any) -> Iterator[World]:
    """Shared by the tests of a module: they only ask."""
    made = World(golden_database, tmp_path_factory.mktemp("hub"), engine)
    yield made
    made.close()


@pytest.fixture
def own_world(empty_database: Callable[[], Database], engine: PolicyEngine, tmp_path: Path) -> Iterator[World]:
    """For a test that changes records, rights or the database."""
    database = empty_database()
    load_records(database.owner_url)
    made = World(database, tmp_path, engine)
    yield made
    made.close()
