"""A world of agencies that record: the places of the sample and a few institutions, and no penalty."""

from collections.abc import Iterator

import pytest
from recording_world import TODAY, RecordWorld

from hub.demo.sample import Counts, load_sample


@pytest.fixture(scope="module")
def recording(empty_database) -> Iterator[RecordWorld]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(60, 0, 0, 0, 0))
    made = RecordWorld(database)
    yield made
    made.close()


@pytest.fixture
def world(recording: RecordWorld) -> RecordWorld:
    """One world a module, on a Monday, 21 September 2026, 10 o'clock in Beijing."""
    recording.now = TODAY
    return recording


@pytest.fixture
def here(world: RecordWorld) -> str:
    """An institution of 兴庆区."""
    return str(world.rows("SELECT nhsa_code FROM institution WHERE region = '640104' ORDER BY id")[0]["nhsa_code"])


@pytest.fixture
def elsewhere(world: RecordWorld) -> str:
    return str(world.rows("SELECT nhsa_code FROM institution WHERE region = '510502' ORDER BY id")[0]["nhsa_code"])
