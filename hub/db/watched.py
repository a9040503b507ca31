"""Connections that watch their socket once, for all their statements.

psycopg takes the socket into the event loop and out again at every wait, with a timer beside it: system calls and
callbacks that cost a tenth of what a small request costs. Here the socket stays in the loop while the connection lives.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from psycopg import AsyncConnection, Connection, Pipeline
from psycopg.abc import PQGen
from psycopg.generators import send
from psycopg.waiting import Ready, Wait
from sqlalchemy.util.concurrency import await_, in_greenlet

T = TypeVar("T")
CANCEL_SECONDS = 5.0
WRITES_AT_ONCE = 3
"""In a row a statement is told, unasked, that it may write: it asks twice, and then a full socket is waited for."""


class SocketWatch:
    """A socket that stays in the loop; whoever reads from it waits here."""

    def __init__(self) -> None:
        self._socket: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def readable(self, socket: int) -> None:
        """Returns when the socket has something to read."""
        loop = self._loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        if self._socket is None:
            self._socket = socket
            loop.add_reader(socket, self._wake)
        try:
            await waiter
        finally:
            self._waiter = None

    def end(self) -> None:
        """The socket leaves the loop."""
        socket, self._socket = self._socket, None
        if socket is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(socket)

    def _wake(self) -> None:
        if self._waiter is None:
            self.end()  # nobody asked: the server ended the connection, or told something; the next wait sees it
        elif not self._waiter.done():
            self._waiter.set_result(None)


class WatchedConnection(AsyncConnection[Any]):
    """As its base. Whoever is cancelled during a statement closes the connection: its state is unknown."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._watch = SocketWatch()

    async def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:  # noqa: ASYNC109
        """Runs a statement's generator. What asks for more than reading goes the base's way."""
        if timeout is not None:
            self._watch.end()
            return await super().wait(gen, interval, timeout)
        try:
            state = next(gen)
            while state == Wait.R:
                await self._watch.readable(self.pgconn.socket)
                state = gen.send(Ready.R)
        except StopIteration as done:
            return cast(T, done.value)
        except asyncio.CancelledError:
            self._watch.end()
            await self._try_cancel(timeout=CANCEL_SECONDS)
            raise
        self._watch.end()
        return await super().wait(_resumed(gen, state), interval)

    async def close(self) -> None:
        self._watch.end()
        await super().close()


class _Gathering(Pipeline):
    """Sends when an answer is waited for, and then all of it.

    psycopg sends each statement by itself, BEGIN and COMMIT too, and each wakes the server: on few cores that costs
    more than the statement. libpq gathers up to 64 kB by itself.
    """

    def _communicate_gen(self) -> PQGen[None]:
        while self.command_queue:
            self.command_queue.popleft()()
        yield from ()

    def _fetch_gen(self, *, flush: bool) -> PQGen[None]:
        if not self.result_queue:
            return
        if flush:
            self.pgconn.send_flush_request()
        yield from send(self.pgconn)
        yield from super()._fetch_gen(flush=False)


class LoopConnection(Connection[Any]):
    """A synchronous connection whose waits let the event loop run, where it is used in a greenlet (`greenlet_spawn`).

    Elsewhere it waits as its base does. It is used by one greenlet at a time, and is never cancelled: what waits for a
    greenlet may go away, the greenlet goes on.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._watch = SocketWatch()

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Runs a statement's generator."""
        if timeout is not None or not in_greenlet():
            return super().wait(gen, interval, timeout)
        try:
            state = next(gen)
            written = 0
            while True:
                if state == Wait.R:
                    await_(self._watch.readable(self.pgconn.socket))
                    state, written = gen.send(Ready.R), 0
                elif written < WRITES_AT_ONCE:
                    # A socket that takes no more is noticed by libpq: asking the system first costs a call a statement.
                    state, written = gen.send(Ready.W), written + 1
                else:
                    self._watch.end()
                    state, written = gen.send(await_(_ready(self.pgconn.socket))), 0
        except StopIteration as done:
            return cast(T, done.value)

    @contextmanager
    def pipeline(self) -> Iterator[Pipeline]:
        """As its base; what is sent is gathered."""
        if self._pipeline is None:
            self._pipeline = _Gathering(self)
        with super().pipeline() as pipeline:
            yield pipeline

    def close(self) -> None:
        self._watch.end()
        super().close()


async def _ready(socket: int) -> Ready:
    """For reading or for writing, whichever comes first."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Ready] = loop.create_future()

    def tell(ready: Ready) -> Callable[[], None]:
        return lambda: None if found.done() else found.set_result(ready)

    loop.add_reader(socket, tell(Ready.R))
    loop.add_writer(socket, tell(Ready.W))
    try:
        return await found
    finally:
        loop.remove_reader(socket)
        loop.remove_writer(socket)


def _resumed(gen: PQGen[T], state: Wait) -> PQGen[T]:
    """The generator from where it stands."""
    while True:
        try:
            state = gen.send((yield state))
        except StopIteration as done:
            return cast(T, done.value)
