"""A database that takes its time to come up is waited for."""

import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from hub.db import embedded
from hub.db.embedded import EmbeddedServer


@dataclass
class Recovering:
    """Stands for the library's server: the first starts time out, as with a server that still recovers."""

    timeouts: int
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        if self.starts <= self.timeouts:
            raise subprocess.TimeoutExpired("pg_ctl", 10)


def started(library: Any) -> None:
    server = EmbeddedServer.__new__(EmbeddedServer)
    server._server = library
    server._start()


def test_a_recovery_of_minutes_is_waited_for() -> None:
    library = Recovering(timeouts=embedded.STARTS - 1)
    started(library)
    assert library.starts == embedded.STARTS


def test_a_server_that_never_comes_up_is_told() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        started(Recovering(timeouts=embedded.STARTS))
