"""A connection that watches its socket once, for all its statements.

psycopg takes the socket into the event loop and out again at every wait, with a timer beside it: system calls and
callbacks that cost a tenth of what a small request costs. Here the socket stays in the loop while the connection lives.
"""

import asyncio
from typing import Any, TypeVar, cast

from psycopg import AsyncConnection
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

T = TypeVar("T")
CANCEL_SECONDS = 5.0


class WatchedConnection(AsyncConnection[Any]):
    """As its base. Whoever is cancelled during a statement closes the connection: its state is unknown."""

    _socket: int | None = None
    _waiter: "asyncio.Future[None] | None" = None

    async def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:  # noqa: ASYNC109
        """Runs a statement's generator. What asks for more than reading goes the base's way."""
        if timeout is not None:
            self._unwatch()
            return await super().wait(gen, interval, timeout)
        try:
            state = next(gen)
            while state == Wait.R:
                await self._readable()
                state = gen.send(Ready.R)
        except StopIteration as done:
            return cast(T, done.value)
        except asyncio.CancelledError:
            self._unwatch()
            await self._try_cancel(timeout=CANCEL_SECONDS)
            raise
        self._unwatch()
        return await super().wait(_resumed(gen, state), interval)

    async def close(self) -> None:
        self._unwatch()
        await super().close()

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        if self._socket is None:
            self._socket = self.pgconn.socket
            loop.add_reader(self._socket, self._wake)
        try:
            await waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is None:
            self._unwatch()  # nobody asked: the server ended the connection, or told something; the next wait sees it
        elif not self._waiter.done():
            self._waiter.set_result(None)

    def _unwatch(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            asyncio.get_running_loop().remove_reader(socket)


def _resumed(gen: PQGen[T], state: Wait) -> PQGen[T]:
    """The generator from where it stands."""
    while True:
        try:
            state = gen.send((yield state))
        except StopIteration as done:
            return cast(T, done.value)
