"""A feed in bulk: pieces of lines, each with its rows in the ledger before it leaves.

The snapshot is that of a change feed (decision 0008): the first statement notes below which transaction it stands for
all changes, and whoever has the whole export follows the feed from there. Each statement is short and has a snapshot of
its own, so an export holds nothing open however slow its reader is; what changes meanwhile comes again by the feed.
How they are read, `hub/stretches.py` says.

What leaves is cut by lines, never by rows that were looked at: no gap, size or place tells of a record that is hidden.
"""

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from hub.disclosure import Facts, Hub
from hub.feed.cursor import Position
from hub.graph.errors import ErrorCode
from hub.query.sqllines import STRETCH
from hub.query.tree import LineForm
from hub.stretches import Asked, Stopped, Stretch, Stretches

TOO_MANY_EXPORTS: Final = "TOO_MANY_EXPORTS"
PER_CLIENT: Final = 2
MOST: Final = 8
"""Exports of one client, and of one process, at the same time: each holds up to three pieces; one alone, four."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What leaves in one go.

    Attributes:
        cursor: from which to follow the feed when the export is complete; alike for all pieces.
    """

    body: bytes
    cursor: str
    last: bool


class Exports:
    """The exports that run in one process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._running: Counter[str] = Counter()

    async def pieces(self, token: str, asked: Asked, facts: list[Facts]) -> AsyncGenerator[Piece, None]:
        """The pieces, each durable in the ledger. `facts` gets what was read, for the metrics.

        Raises:
            Stopped: before the first piece: nothing leaves; later: the export is not complete.
        """
        hub = self._hub
        caller = await hub.callers.of(token)
        if caller is None:
            raise Stopped(ErrorCode.UNAUTHENTICATED)
        running = _Running(Stretches(hub, token, asked, facts, alone=lambda: self._running.total() == 1))
        with self._counted(caller.client_id):
            coming = asyncio.ensure_future(running.piece())
            try:
                while True:
                    piece = await coming
                    behind = running.here()
                    if not piece.last:
                        coming = asyncio.ensure_future(running.piece())
                    yield piece
                    if piece.last:
                        return
                    if not await running.stretches.in_force():
                        # What comes was read ahead, under an authority that has changed since: it is read anew.
                        await running.close(coming)
                        running = behind
                        coming = asyncio.ensure_future(running.piece())
            finally:
                await running.close(coming)

    @contextmanager
    def _counted(self, client_id: str) -> Iterator[None]:
        if self._running[client_id] >= PER_CLIENT or self._running.total() >= MOST:
            raise Stopped(TOO_MANY_EXPORTS, 5)
        self._running[client_id] += 1
        try:
            yield
        finally:
            self._running[client_id] -= 1
            self._running += Counter()  # drops those at nought


@dataclass(slots=True)
class _Running:
    """One export under way.

    Attributes:
        room: lines that are still wanted for the piece.
        waiting: bytes of lines that are recorded and have not left yet.
    """

    stretches: Stretches
    room: int = field(default_factory=lambda: STRETCH)
    waiting: list[bytes] = field(default_factory=list)

    async def piece(self) -> Piece:
        """The next piece.

        Raises:
            Stopped
        """
        while True:
            found = await self.stretches.next()
            if found.lines < self.room:
                self.waiting.append(found.body)
                self.room -= found.lines
                if found.more:
                    continue
                return Piece(self._end(), self._cursor(), last=True)
            at, last = _cut(found, self.room)
            self.waiting.append(found.body[:at] if at < len(found.body) else found.body)
            body = self._batch(last)
            self.waiting, self.room = [found.body[at:]], STRETCH - (found.lines - self.room)
            if not found.more:
                body += self._end()
            return Piece(body, self._cursor(), last=not found.more)

    def here(self) -> "_Running":
        """The same export at this place, with nothing under way."""
        return replace(self, stretches=self.stretches.here(), waiting=list(self.waiting))

    async def close(self, coming: "asyncio.Future[Piece]") -> None:
        """Ends what is under way."""
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await self.stretches.close()

    # --- places ------------------------------------------------------------------------------------------------------

    def _sealed(self, at: Position, kind: str = "") -> str:
        assert self.stretches.caller is not None  # noqa: S101 - something was read
        return self.stretches.hub.cursor_keys.feed.seal(at, self.stretches.bound(self.stretches.caller, kind))

    def _begun(self, *, snapshot: bool, last: int = 0) -> Position:
        at = self.stretches.begun
        assert at is not None  # noqa: S101 - likewise
        return replace(at, snapshot=snapshot, id=last)

    def _cursor(self) -> str:
        return self._sealed(self._begun(snapshot=False))

    # --- what leaves -------------------------------------------------------------------------------------------------

    def _batch(self, last: int) -> bytes:
        """The lines that wait, and the place behind them."""
        lines, place = b"".join(self.waiting), self._sealed(self._begun(snapshot=True, last=last), "export").encode()
        match self.stretches.asked.form:
            case LineForm.NDJSON:
                return lines + b'{"after":"%b"}\n' % place
            case LineForm.CSV_POSITIONS:
                return lines.removesuffix(b"\r\n") + place + b"\r\n"
        return lines

    def _end(self) -> bytes:
        lines = b"".join(self.waiting)
        if self.stretches.asked.form is not LineForm.NDJSON:
            return lines
        read = self.stretches
        assert read.compiled is not None  # noqa: S101 - something was read
        masked = read.compiled.report.told(read.bits).masked
        return lines + b'{"cursor":"%b","count":%d,"masked":%b}\n' % (
            self._cursor().encode(),
            self.stretches.lines,
            masked,
        )


def _cut(found: Stretch, lines: int) -> tuple[int, int]:
    """Where in the bytes so many lines end, and the id of the last of them."""
    if found.lines == lines:
        return len(found.body), found.shown or found.last
    ends = list(struct.iter_unpack(">qi", found.cut[: lines * 12]))
    return sum(length for _, length in ends), ends[-1][0]
