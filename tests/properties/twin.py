"""A second database that differs from the dense one only in what a caller may not see."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.db.engine import Database
from tests.properties import dense
from tests.properties.comparison import Bench, Caller
from tests.properties.disturb import Disturber
from tests.properties.view import view
from tests.world import World


@contextmanager
def twin(bench: Bench, caller: Caller, empty_database: Callable[[], Database], folder: Path) -> Iterator[Bench]:
    """The hub over it; closed at the end."""
    database = empty_database()
    clock = bench.world.clock
    dense.fill(database, clock.now())
    world = World(database, folder, bench.world.engine, clock)
    disturber = Disturber(world.owner, bench.judge(caller), random.Random(caller.agency))
    disturber.run()
    other = Bench(world)
    assert disturber.changed > 100
    # The premise: what the caller may see, and that it sees no more, is the same by Cedar's own decisions.
    seen, seen_there = view(bench.judge(caller)), view(other.judge(caller))
    assert seen == seen_there
    yield other
    world.close()
