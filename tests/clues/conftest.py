"""A world of agencies that command: the places and agencies of the sample, one institution, and no record else."""

from collections.abc import Iterator

import pytest
from commands_world import MONDAY, CommandWorld

from hub.demo.sample import Counts, load_sample


@pytest.fixture(scope="module")
def commanding(empty_database) -> Iterator[CommandWorld]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    made = CommandWorld(database)
    yield made
    made.close()


@pytest.fixture
def world(commanding) -> CommandWorld:
    """One world a module: each test opens cases of its own, on a Monday."""
    commanding.now = MONDAY
    return commanding
