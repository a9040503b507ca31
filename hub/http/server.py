"""One server process: its address, its signals, uvicorn, and nothing left behind at the end."""

import errno
import fcntl
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp

from hub.http.connection import BoundedHead

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_S = 10
"""Answers under way may take so long after a stop signal."""
AGAIN_S = 1.0
"""A stop that nobody heeded is raised again after so long."""
BACKLOG = 2048


class StartFailed(Exception):
    """The server cannot start; the message says why and what to do, in Chinese and English."""


class StopRequested(BaseException):
    """A stop signal came outside of uvicorn, which handles its own: nothing but clean-up may follow."""


class StopSignals:
    """Turns SIGINT, SIGTERM and SIGHUP into StopRequested at a moment when nothing can be lost by it.

    The server takes the signals over while it serves, and raises them again for this handler when it has ended.
    """

    def __init__(self) -> None:
        self._deferred = False
        self._pending = False

    def __enter__(self) -> Self:
        # What was ignored at the start stays so: `nohup` means it.
        heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._handle) for number in (*heeded, signal.SIGALRM)}
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """A stop is remembered, and acted on at the end of the block: for steps that start or stop processes."""
        self._deferred = True
        try:
            yield
        except Exception as error:
            # Ctrl-C in a terminal also reaches the programs that the block started: their failure is the stop.
            if self._pending:
                raise StopRequested from error
            raise
        finally:
            self._deferred = False
        if self._pending:
            raise StopRequested

    @contextmanager
    def ignored(self) -> Iterator[None]:
        """For the clean-up: an impatient second Ctrl-C must not leave a process behind."""
        self._deferred = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        yield

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._pending = True
        if not self._deferred:
            # Raised inside a finalizer or a weak reference's callback it would be printed and forgotten.
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
            raise StopRequested


def bind(host: str, port: int) -> socket.socket:
    """The listening address, taken before anything else is started; it accepts nobody until uvicorn serves.

    Raises:
        StartFailed: the port is taken, or is not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address = socket.socket(family, socket.SOCK_STREAM)
    address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        address.bind((host, port))
    except OSError as error:
        address.close()
        if error.errno == errno.EADDRINUSE:
            raise StartFailed(
                f"端口 {port} 已被占用，请另选一个 · Port {port} is taken; choose another one:\n"
                f"  make demo DEMO_ARGS='--port {_another(port)}' | hub demo --port … | HUB_PORT=… hub serve"
            ) from error
        raise StartFailed(
            f"无法监听 {host}:{port}（{error.strerror}）\nCannot listen on {host}:{port} ({error.strerror})"
        ) from error
    address.set_inheritable(True)
    return address


def _another(port: int) -> int:
    return port + 1 if port < 65_535 else port - 1  # noqa: PLR2004 - the highest port


@contextmanager
def only_server(data: Path) -> Iterator[None]:
    """Holds the data folder: a second server on it would be stopped together with this one's database.

    Raises:
        StartFailed: another server holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "server.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartFailed(
                f"数据目录 {data} 已有服务在运行\nA server is already running on the data folder {data}"
            ) from error
        yield


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn knows SIGINT and SIGTERM; a terminal that is closed sends SIGHUP. One not yet heeded ends it now."""
        self.should_exit = signal.setitimer(signal.ITIMER_REAL, 0) != (0, 0)
        before = signal.getsignal(signal.SIGHUP)
        if before is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self.handle_exit)
        try:
            with super().capture_signals():
                yield
        finally:
            signal.signal(signal.SIGHUP, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers that wait for a change are given now, or the stop would wait for them."""
        release = getattr(self.config.loaded_app, "release", None)
        if release is not None:
            release()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()


def configuration(app: ASGIApp | str, **more: Any) -> uvicorn.Config:
    """How the hub is served, everywhere."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=BoundedHead,
        ws="none",
        lifespan="on",
        # The proxy's word about the client is not taken (security.md 17); log lines are the hub's own.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_S,
        **more,
    )


def serve(app: ASGIApp, address: socket.socket, announce: Callable[[], None]) -> None:
    """Serves in this process until a signal; `announce` is called once it accepts connections."""
    _AnnouncingServer(configuration(app), announce).run(sockets=[address])


def serve_workers(factory: str, address: socket.socket, workers: int) -> None:
    """Serves in `workers` processes that share the address; each calls `factory` ("module:function") once."""
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - one process needs none of it

    config = configuration(factory, factory=True, workers=workers)
    address.listen(BACKLOG)
    Multiprocess(config, sockets=[address]).run()
