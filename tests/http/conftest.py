"""The fixtures `site` (shared, only asked) and `own_site` (for a test that changes it)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from site_running import Site, running

from hub.db.engine import Database


@pytest.fixture(scope="session")
def site(sample_copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(sample_copy(), tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def own_site(sample_copy: Callable[[], Database], tmp_path: Path) -> Iterator[Site]:
    with running(sample_copy(), tmp_path) as site:
        yield site
