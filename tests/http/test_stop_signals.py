"""A stop is heeded, wherever it comes."""

import signal
import time
import weakref
from collections.abc import Iterator

import pytest

from hub.http import server
from hub.http.server import StopRequested, StopSignals


class Referenced:
    pass


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (*server.SIGNALS, signal.SIGALRM)}
    yield
    assert {number: signal.getsignal(number) for number in before} == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_stop_where_python_forgets_exceptions_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AGAIN_S", 0.05)
    heard = []

    def forgetful(_: object) -> None:
        heard.append(True)
        signal.raise_signal(signal.SIGTERM)

    with StopSignals():
        it = Referenced()
        reference = weakref.ref(it, forgetful)
        del it
        assert heard
        assert reference() is None
        with pytest.raises(StopRequested):
            time.sleep(10)


def test_nothing_interrupts_the_clean_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AGAIN_S", 0.01)
    with StopSignals() as signals:
        with pytest.raises(StopRequested):
            signal.raise_signal(signal.SIGINT)
        with signals.ignored():
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.05)
