"""The engine of the repository's policies, loaded once."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from oracle import POLICIES

from hub.policy.engine import PolicyEngine
from tests.world import load_engine

Mend = Callable[[str, str, str], Path]


@pytest.fixture(scope="session")
def engine() -> PolicyEngine:
    return load_engine()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the policies that the test may spoil."""
    return Path(copytree(POLICIES, tmp_path / "policies"))


@pytest.fixture
def mend(folder: Path) -> Mend:
    """`mend(file, old, new)` replaces a text that must be there, and gives the folder."""

    def replace(file: str, old: str, new: str) -> Path:
        path = folder / file
        text = path.read_text()
        assert old in text, f"{file} does not hold {old}"
        path.write_text(text.replace(old, new, 1))
        return folder

    return replace
