"""The dense database and the hub over it; how long the random search is."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from hub.db.engine import Database
from tests.properties import dense
from tests.properties.comparison import Bench
from tests.world import FixedClock, World, load_engine

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
# The same examples on every run, told as they were found: shrinking takes minutes, and HUB_SOAK=1 does it.
settings.register_profile(
    "hub",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=SLOW_IS_FINE,
)
settings.register_profile("hub-soak", deadline=None, suppress_health_check=SLOW_IS_FINE, print_blob=True)
settings.load_profile("hub-soak" if os.environ.get("HUB_SOAK") else "hub")


@pytest.fixture(scope="session")
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture(scope="session")
def bench(
    empty_database: Callable[[], Database], clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """The hub over the dense database. Shared: nothing changes its records."""
    database = empty_database()
    dense.fill(database, clock.now())
    world = World(database, Path(tmp_path_factory.mktemp("properties")), load_engine(), clock)
    yield Bench(world)
    world.close()
