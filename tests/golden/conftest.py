"""The golden world: the records of `records.yaml`, a clock that stands still, real policies, an empty ledger."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.db.engine import Database
from hub.policy.engine import PolicyEngine
from tests.golden.golden_records import load_records
from tests.world import World, load_engine

NOW = datetime.fromisoformat("2026-11-16T10:00:00+08:00")


@dataclass
class StandingClock:
    """Stands still until it is moved on: between two callers of a case, so that the ledger tells their order."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def tick(self) -> None:
        self.at += timedelta(seconds=1)


@pytest.fixture(scope="session")
def engine() -> PolicyEngine:
    return load_engine()


@pytest.fixture
def world(empty_database: Callable[[], Database], engine: PolicyEngine, tmp_path: Path) -> Iterator[World]:
    database = empty_database()
    load_records(database.owner_url)
    made = World(database, tmp_path, engine, StandingClock(NOW))
    yield made
    made.close()
