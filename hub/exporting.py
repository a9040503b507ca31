"""A feed in bulk: pieces of lines, each with its rows in the ledger before it leaves.

The snapshot is that of a change feed (decision 0008): the first statement notes below which transaction it stands for
all changes, and whoever has the whole export follows the feed from there. Each statement is short and has a snapshot of
its own, so an export holds nothing open however slow its reader is; what changes meanwhile comes again by the feed.
Each asks for the authority anew: a revoked token ends the export at its next piece (G7).

What leaves is cut by lines, never by rows that were looked at: no gap, size or place tells of a record that is hidden.
"""

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
import structlog

from hub.clock import today
from hub.db.pool import DatabaseUnavailable, StatementTimeout
from hub.disclosure import Disclosed, Facts, Hub, entry_of, until_tomorrow
from hub.feed.cursor import Position
from hub.graph.errors import ErrorCode
from hub.graph.exporting import Export
from hub.ledger.entry import Outcome
from hub.ledger.writer import LedgerUnavailable
from hub.oauth.caller import Caller
from hub.query.feedanswer import bound
from hub.query.lines import CompiledLines, NotOpen
from hub.query.sqllines import STRETCH
from hub.query.statement import AUTHORITY_ONLY
from hub.query.tree import LineForm
from hub.query.values import Request as Values

NOT_OPEN: Final = "NOT_OPEN"
TOO_MANY_EXPORTS: Final = "TOO_MANY_EXPORTS"
PER_CLIENT: Final = 2
MOST: Final = 8
"""Exports of one client, and of one process, at the same time: each holds up to three pieces of 5,000 lines."""
log = structlog.get_logger("hub.exporting")


class Stopped(Exception):
    """The export ends here. `code`: an ErrorCode, NOT_OPEN or TOO_MANY_EXPORTS; `told`: what else is said."""

    def __init__(self, code: str, retry_after_s: int | None = None, **told: Any) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s
        self.told = told


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `after`: the place that an earlier export of the same feed gave; None: from the beginning."""

    export: Export
    form: LineForm
    after: str | None = None

    @property
    def text(self) -> str:
        """For the ledger's HMAC of what was asked."""
        return f"export {self.export.name} {self.form}"


@dataclass(frozen=True, slots=True)
class Piece:
    """What leaves in one go.

    Attributes:
        cursor: from which to follow the feed when the export is complete; alike for all pieces.
    """

    body: bytes
    cursor: str
    last: bool


@dataclass(slots=True)
class _Read:
    """What one statement found.

    Attributes:
        cut: of each line its id (8 bytes) and its length (4 bytes), where that is needed.
        shown: id of the last line; None for none.
        last: id of the last row that was looked at; `more`: whether others follow.
    """

    body: bytes
    cut: bytes
    lines: int
    shown: int | None
    last: int
    more: bool


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
        running = _Running(hub, token, asked, facts)
        with self._counted(caller.client_id):
            coming = asyncio.ensure_future(running.piece())
            try:
                while True:
                    piece = await coming
                    if not piece.last:
                        coming = asyncio.ensure_future(running.piece())
                    yield piece
                    if piece.last:
                        return
                    if coming.done():
                        # It was read while the reader took its time: the token may have been revoked since.
                        await running.check()
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

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
        begun: the snapshot for which it stands; None before its first statement.
        id: internal id behind which the next statement goes on.
        room: lines that are still wanted for the piece.
        waiting: bytes of lines that are recorded and have not left yet.
    """

    hub: Hub
    token: str
    asked: Asked
    facts: list[Facts]
    begun: Position | None = None
    id: int = 0
    room: int = field(default_factory=lambda: STRETCH)
    lines: int = 0
    bits: int = 0
    waiting: list[bytes] = field(default_factory=list)
    caller: Caller | None = None
    compiled: CompiledLines | None = None

    async def piece(self) -> Piece:
        """The next piece.

        Raises:
            Stopped
        """
        while True:
            found = await self._read()
            self.id = found.last
            self.lines += found.lines
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

    async def check(self) -> None:
        """Passes while the token is in force.

        Raises:
            Stopped
        """
        caller = self.caller
        assert caller is not None  # noqa: S101 - something was read
        try:
            row = await self.hub.pool.row(AUTHORITY_ONLY.sql, AUTHORITY_ONLY.parameters(self._values(caller)))
        except (DatabaseUnavailable, StatementTimeout):
            raise Stopped(ErrorCode.DATABASE_UNAVAILABLE, 1) from None
        if row is None:
            raise Stopped(ErrorCode.UNAUTHENTICATED)

    # --- one statement -----------------------------------------------------------------------------------------------

    async def _read(self) -> _Read:
        """One stretch, recorded.

        Raises:
            Stopped
        """
        for _ in range(2):
            try:
                caller = self.caller = await self.hub.callers.of(self.token)
                if caller is None:
                    raise Stopped(ErrorCode.UNAUTHENTICATED)
                found = await self._of(caller)
            except DatabaseUnavailable:
                raise Stopped(ErrorCode.DATABASE_UNAVAILABLE, 1) from None
            except LedgerUnavailable:
                raise Stopped(ErrorCode.LEDGER_UNAVAILABLE, 1) from None
            if found is not None:
                return found
            self.hub.callers.forget(caller.token_hash)  # the authority has changed since the Caller was read
        raise Stopped(ErrorCode.UNAUTHENTICATED)

    async def _of(self, caller: Caller) -> _Read | None:
        """None where the caller's authority is no longer in force.

        Raises:
            Stopped: with its row in the ledger. DatabaseUnavailable, LedgerUnavailable
        """
        hub = self.hub
        disclosed = Disclosed(b"", asked=self.asked.text)
        try:
            found = await self._fetch(caller, disclosed)
        except Stopped as stopped:
            refused = stopped
        except StatementTimeout:
            refused, disclosed.outcome = Stopped(ErrorCode.TIMEOUT, 1), Outcome.TIMEOUT
        except (DatabaseUnavailable, LedgerUnavailable):
            raise
        except Exception:  # a defect of the hub: told by a code, recorded like all else
            refused, disclosed.outcome = Stopped(ErrorCode.INTERNAL), Outcome.FAILED
            log.exception("failed", export=self.asked.export.name)
        else:
            if found is not None and (found.lines or self.id == 0):
                await hub.ledger.append(entry_of(hub, caller, disclosed, found.lines))
                self.facts.append(
                    Facts(caller.client_id, caller.purpose, found.lines, disclosed.policies, compiled=None)
                )
            return found
        if disclosed.outcome is Outcome.ANSWERED:
            disclosed.outcome = Outcome.REFUSED
        disclosed.codes = (refused.code,)
        in_force = await hub.pool.row(AUTHORITY_ONLY.sql, AUTHORITY_ONLY.parameters(self._values(caller)))
        if in_force is None:
            return None
        await hub.ledger.append(entry_of(hub, caller, disclosed, 0))
        raise refused

    async def _fetch(self, caller: Caller, disclosed: Disclosed) -> _Read | None:
        """Raises Stopped, StatementTimeout, DatabaseUnavailable."""
        hub = self.hub
        try:
            compiled = self.compiled = hub.compiler.lines(
                self.asked.export,
                self.asked.form,
                hub.engine.verdicts(caller),
                caller.scopes,
                cut=self.room < STRETCH,
            )
        except NotOpen as closed:
            raise Stopped(NOT_OPEN, **_why(closed)) from None
        if self.begun is None and self.asked.after is not None:
            self._go_on(caller, self.asked.after)
        values = self._values(caller)
        row = await hub.pool.row(compiled.statement.sql, compiled.statement.parameters(values))
        if row is None:
            return None
        used, ids, bits, body, cut, place, read = row
        epoch, horizon, end, (last, more), lines, shown = orjson.loads(place)
        if self.begun is None:
            self.begun = Position(True, int(horizon), 0, values.now, epoch, compiled.condition)
        elif (self.begun.epoch, self.begun.condition) != (epoch, compiled.condition) or (self.begun.xid or 0) > int(
            end
        ):
            raise Stopped(ErrorCode.RESYNC_REQUIRED)  # the place is of another database, or of other records
        if used + lines > caller.daily_row_quota:
            raise Stopped(ErrorCode.QUOTA_EXCEEDED, until_tomorrow(values.now))
        told = compiled.report.told(bits)
        self.bits |= bits
        disclosed.body, disclosed.ids, disclosed.read = body, ids, read
        disclosed.shown, disclosed.masked, disclosed.policies = told.shown, told.coordinates, told.policies
        return _Read(body, cut, lines, shown, last if last is not None else self.id, more)

    def _values(self, caller: Caller) -> Values:
        clock = self.hub.clock
        place = {"after": str(self.id)}
        return Values(caller, clock.now(), today(clock), None, self.hub.cursor_keys, place=place)

    # --- places ------------------------------------------------------------------------------------------------------

    def _go_on(self, caller: Caller, after: str) -> None:
        at = self.hub.cursor_keys.feed.open(after, self._bound(caller, "export"), self.hub.clock.now())
        if at is None or at.xid is None or self.compiled is None or at.condition != self.compiled.condition:
            raise Stopped(ErrorCode.RESYNC_REQUIRED)
        self.begun, self.id = replace(at, id=0), at.id

    def _bound(self, caller: Caller, kind: str = "") -> str:
        """What a place is good for. `kind`: of a place in an export, which is none in the feed."""
        return kind + bound(self.asked.export.feed, caller)

    def _sealed(self, at: Position, kind: str = "") -> str:
        assert self.caller is not None  # noqa: S101 - something was read
        return self.hub.cursor_keys.feed.seal(at, self._bound(self.caller, kind))

    def _begun(self, *, snapshot: bool, last: int = 0) -> Position:
        at = self.begun
        assert at is not None  # noqa: S101 - likewise
        return replace(at, snapshot=snapshot, id=last)

    def _cursor(self) -> str:
        return self._sealed(self._begun(snapshot=False))

    # --- what leaves -------------------------------------------------------------------------------------------------

    def _batch(self, last: int) -> bytes:
        """The lines that wait, and the place behind them."""
        lines, place = b"".join(self.waiting), self._sealed(self._begun(snapshot=True, last=last), "export").encode()
        match self.asked.form:
            case LineForm.NDJSON:
                return lines + b'{"after":"%b"}\n' % place
            case LineForm.CSV_POSITIONS:
                return lines.removesuffix(b"\r\n") + place + b"\r\n"
        return lines

    def _end(self) -> bytes:
        lines = b"".join(self.waiting)
        if self.asked.form is not LineForm.NDJSON:
            return lines
        assert self.compiled is not None  # noqa: S101 - something was read
        masked = self.compiled.report.told(self.bits).masked
        return lines + b'{"cursor":"%b","count":%d,"masked":%b}\n' % (self._cursor().encode(), self.lines, masked)


def _cut(found: _Read, lines: int) -> tuple[int, int]:
    """Where in the bytes so many lines end, and the id of the last of them."""
    if found.lines == lines:
        return len(found.body), found.shown or found.last
    ends = list(struct.iter_unpack(">qi", found.cut[: lines * 12]))
    return sum(length for _, length in ends), ends[-1][0]


def _why(closed: NotOpen) -> dict[str, Any]:
    reason = closed.reason
    told = {"reason": reason.code.value, "policy": reason.policy, "basis": reason.basis, "opens": list(reason.opens)}
    return told | ({"scope": closed.scope} if closed.scope else {})
