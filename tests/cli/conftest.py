"""Fixtures: `start` a hub process, `folders` for its data, `data`: of a demo that serves."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_process import Running, Start, spawn, start_demo


@pytest.fixture
def start() -> Iterator[Start]:
    """`start("demo", folder, *arguments, **environment)`; what the test leaves running is stopped after it."""
    started: list[Running] = []

    def run(command: str, folder: Path, *arguments: str, **environment: str) -> Running:
        started.append(spawn(command, folder, *arguments, **environment))
        return started[-1]

    yield run
    for running in started:
        if running.process.poll() is None:
            running.stop()


@pytest.fixture(scope="session")
def folders() -> Iterator[Callable[[], Path]]:
    """Makes data folders that the embedded server's own account can reach."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="hub-cli-")))
        return made[-1] / "data"

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def data(folders: Callable[[], Path]) -> Iterator[Path]:
    """The folder of one demo for all tests that only ask it, and add to it at most."""
    folder = folders()
    with start_demo(folder):
        yield folder
