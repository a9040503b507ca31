from collections.abc import Iterator

import pytest
from commands_world import CommandWorld
from files_site import FilesSite
from site_running import running

from hub.demo.sample import Counts, load_sample


@pytest.fixture(scope="module")
def hub(empty_database, tmp_path_factory) -> Iterator[FilesSite]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    world = CommandWorld(database)
    with running(database, tmp_path_factory.mktemp("files")) as site:
        yield FilesSite(site, world)
    world.close()
