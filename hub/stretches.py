"""The statements of an export: one stretch of a table each, in the ledger before it is given out.

Each has a snapshot of its own and asks for the authority anew: a revoked token ends the export at its next piece (G7).
Two run at a time where nobody else exports: the second begins where the first is expected to end, and counts only if it
did.
"""

import asyncio
from collections.abc import Callable
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
from hub.query.feedanswer import bound as of_feed
from hub.query.lines import CompiledLines, NotOpen
from hub.query.statement import AUTHORITY_ONLY
from hub.query.tree import LineForm
from hub.query.values import Request as Values

NOT_OPEN: Final = "NOT_OPEN"
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


@dataclass(slots=True)
class Stretch:
    """What one statement found.

    Attributes:
        cut: of each line its id (8 bytes) and its length (4 bytes).
        shown: id of the last line; None for none.
        last: id of the last row that was looked at; `more`: whether others follow.
        next: where the stretch behind it ends; None where it is the last one.
    """

    body: bytes
    cut: bytes
    lines: int
    shown: int | None
    last: int
    more: bool
    next: int | None


@dataclass(slots=True)
class _Fetched:
    """What one statement found, and what is said of it; not in the ledger yet.

    Attributes:
        bits: which conditions hid something, or nothing.
        used: rows of the client's day without those of this export, when the statement began.
    """

    stretch: Stretch
    caller: Caller
    disclosed: Disclosed
    bits: int
    used: int


@dataclass(slots=True)
class Stretches:
    """One export as it is read.

    Attributes:
        facts: gets what was read, for the metrics.
        alone: whether no other export runs in the process.
        begun: the snapshot for which the export stands; None before its first statement.
        id: internal id behind which the next statement goes on.
        lines, bits: of all stretches so far.
        ahead: statements under way, by the id behind which they read.
    """

    hub: Hub
    token: str
    asked: Asked
    facts: list[Facts]
    alone: Callable[[], bool]
    begun: Position | None = None
    id: int = 0
    lines: int = 0
    bits: int = 0
    caller: Caller | None = None
    compiled: CompiledLines | None = None
    ahead: "dict[int, asyncio.Task[_Fetched | None]]" = field(default_factory=dict)

    async def next(self) -> Stretch:
        """The next stretch, recorded.

        Raises:
            Stopped
        """
        for _ in range(2):
            try:
                found = await self._recorded()
            except DatabaseUnavailable:
                raise Stopped(ErrorCode.DATABASE_UNAVAILABLE, 1) from None
            except LedgerUnavailable:
                raise Stopped(ErrorCode.LEDGER_UNAVAILABLE, 1) from None
            if found is not None:
                self.id = found.last
                self.lines += found.lines
                self._go_ahead(found)
                return found
            assert self.caller is not None  # noqa: S101 - it was asked for
            self.hub.callers.forget(self.caller.token_hash)  # the authority has changed since the Caller was read
        raise Stopped(ErrorCode.UNAUTHENTICATED)

    def _go_ahead(self, found: Stretch) -> None:
        """Begins the next statement, or the next two; what began elsewhere is of no use."""
        behind = [found.last] if found.more else []
        if behind and found.next is not None and self.alone():
            behind.append(found.next)
        for after in self.ahead.keys() - set(behind):
            self.ahead.pop(after).cancel()
        for after in behind:
            if after not in self.ahead:
                self.ahead[after] = begun = asyncio.ensure_future(self._fetch(after))
                begun.add_done_callback(_heard)

    async def _recorded(self) -> Stretch | None:
        """None where the caller's authority is no longer in force.

        Raises:
            Stopped: with its row in the ledger. DatabaseUnavailable, LedgerUnavailable
        """
        hub, outcome = self.hub, Outcome.REFUSED
        try:
            fetched = await (self.ahead.pop(self.id, None) or self._fetch(self.id))
            return None if fetched is None else await self._record(fetched)
        except Stopped as stopped:
            if stopped.code == ErrorCode.UNAUTHENTICATED:
                raise
            refused = stopped
        except StatementTimeout:
            refused, outcome = Stopped(ErrorCode.TIMEOUT, 1), Outcome.TIMEOUT
        except (DatabaseUnavailable, LedgerUnavailable):
            raise
        except Exception:  # a defect of the hub: told by a code, recorded like all else
            refused, outcome = Stopped(ErrorCode.INTERNAL), Outcome.FAILED
            log.exception("failed", export=self.asked.export.name)
        caller = self.caller
        assert caller is not None  # noqa: S101 - it was asked for
        in_force = await hub.pool.row(AUTHORITY_ONLY.sql, AUTHORITY_ONLY.parameters(self._values(caller)))
        if in_force is None:
            return None
        disclosed = Disclosed(b"", outcome, codes=(refused.code,), asked=self.asked.text)
        await hub.ledger.append(entry_of(hub, caller, disclosed, 0))
        raise refused

    async def _fetch(self, after: int) -> _Fetched | None:
        """The stretch behind an id; None where the caller's authority is no longer in force.

        Raises:
            Stopped, StatementTimeout, DatabaseUnavailable
        """
        hub, asked = self.hub, self.asked
        caller = await hub.callers.of(self.token)
        if caller is None:
            raise Stopped(ErrorCode.UNAUTHENTICATED)
        self.caller = caller
        try:
            compiled = hub.compiler.lines(asked.export, asked.form, hub.engine.verdicts(caller), caller.scopes)
        except NotOpen as closed:
            raise Stopped(NOT_OPEN, **_why(closed)) from None
        self.compiled = compiled
        if self.begun is None and asked.after is not None:
            after = self._go_on(caller, asked.after)
        values, before = self._values(caller, after), self.lines
        row = await hub.pool.row(compiled.statement.sql, compiled.statement.parameters(values))
        if row is None:
            return None
        used, ids, bits, body, cut, place, read = row
        epoch, horizon, end, (last, more, next_), lines, shown = orjson.loads(place)
        if self.begun is None:
            self.begun = Position(True, int(horizon), 0, values.now, epoch, compiled.condition)
        elif (self.begun.epoch, self.begun.condition) != (epoch, compiled.condition) or (self.begun.xid or 0) > int(
            end
        ):
            raise Stopped(ErrorCode.RESYNC_REQUIRED)  # the place is of another database, or of other records
        told = compiled.report.told(bits)
        disclosed = Disclosed(
            body,
            shown=told.shown,
            masked=told.coordinates,
            policies=told.policies,
            ids=ids,
            read=read,
            asked=asked.text,
        )
        found = Stretch(body, cut, lines, shown, last if last is not None else after, more, next_)
        return _Fetched(found, caller, disclosed, bits, used - before)

    async def _record(self, fetched: _Fetched) -> Stretch:
        """Raises Stopped, LedgerUnavailable."""
        hub, found, caller = self.hub, fetched.stretch, fetched.caller
        self.bits |= fetched.bits
        # What this export told while the statement ran is used too.
        if fetched.used + self.lines + found.lines > caller.daily_row_quota:
            raise Stopped(ErrorCode.QUOTA_EXCEEDED, until_tomorrow(hub.clock.now()))
        if found.lines or self.id == 0:
            await hub.ledger.append(entry_of(hub, caller, fetched.disclosed, found.lines))
            self.facts.append(Facts(caller.client_id, caller.purpose, found.lines, fetched.disclosed.policies))
        return found

    # --- the export around them --------------------------------------------------------------------------------------

    async def in_force(self) -> bool:
        """Whether the caller's authority is what it was.

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
            self.hub.callers.forget(caller.token_hash)
        return row is not None

    def here(self) -> "Stretches":
        """The same export at this place, with nothing under way."""
        return replace(self, ahead={})

    async def close(self) -> None:
        """Ends what is under way."""
        under_way = list(self.ahead.values())
        for each in under_way:
            each.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _go_on(self, caller: Caller, after: str) -> int:
        """The id that a place names, and the snapshot of the export that gave it.

        Raises:
            Stopped
        """
        at = self.hub.cursor_keys.feed.open(after, self.bound(caller, "export"), self.hub.clock.now())
        if at is None or at.xid is None or self.compiled is None or at.condition != self.compiled.condition:
            raise Stopped(ErrorCode.RESYNC_REQUIRED)
        self.begun = replace(at, id=0)
        self.id = at.id
        return at.id

    def bound(self, caller: Caller, kind: str = "") -> str:
        """What a place is good for. `kind`: of a place in an export, which is none in the feed."""
        return kind + of_feed(self.asked.export.feed, caller)

    def _values(self, caller: Caller, after: int = 0) -> Values:
        clock, place = self.hub.clock, {"after": str(after)}
        return Values(caller, clock.now(), today(clock), None, self.hub.cursor_keys, place=place)


def _heard(task: "asyncio.Task[_Fetched | None]") -> None:
    """How it failed is of no interest where nobody waits for it."""
    if not task.cancelled():
        task.exception()


def _why(closed: NotOpen) -> dict[str, Any]:
    reason = closed.reason
    told = {"reason": reason.code.value, "policy": reason.policy, "basis": reason.basis, "opens": list(reason.opens)}
    return told | ({"scope": closed.scope} if closed.scope else {})
