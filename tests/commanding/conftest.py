"""One world a module: each test opens cases of its own."""

from collections.abc import Callable, Iterator

import pytest
from mutating_world import Mutating

from hub.db.engine import Database
from hub.demo.sample import Counts, load_sample


@pytest.fixture(scope="module")
def world(empty_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mutating]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    made = Mutating(database, tmp_path_factory.mktemp("mutating"))
    yield made
    made.close()
