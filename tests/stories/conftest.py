"""Places and agencies of the sample, no records, and a calendar that the story turns."""

from collections.abc import Callable, Iterator

import pytest
from telling import Telling

from hub.db.engine import Database
from hub.demo.sample import Counts, load_sample


@pytest.fixture
def told(empty_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    made = Telling(database, tmp_path_factory.mktemp("story"))
    yield made
    made.close()
