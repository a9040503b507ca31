"""A world of agencies that record and read; the places of the sample and a few institutions, and no penalty."""

from collections.abc import Iterator

import pytest
from recalling_world import Recalling
from recording_world import TODAY, RecordWorld

from hub.demo.sample import Counts, load_sample


@pytest.fixture(scope="module")
def made(empty_database, tmp_path_factory) -> Iterator[Recalling]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(60, 0, 0, 0, 0))
    recording = RecordWorld(database)
    world = Recalling(recording, tmp_path_factory.mktemp("hub"))
    yield world
    world.close()
    recording.close()


@pytest.fixture
def world(made: Recalling) -> Recalling:
    """One world a module, on a Monday, 21 September 2026, 10 o'clock in Beijing."""
    made.recording.now = TODAY
    return made
