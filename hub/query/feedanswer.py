"""The answer of one change feed: its page, and where the reader stands after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from hub.feed.cursor import Position
from hub.feed.log import ChangeLog
from hub.feed.waiting import Watched
from hub.oauth.caller import Caller
from hub.query.values import Request, Site

BEGINNING = Position(snapshot=True, xid=None, id=0, since=datetime.min.replace(tzinfo=UTC), epoch=0)


class FeedMember(NamedTuple):
    """One member of a feed's page under its response key. `type_name`: of the page."""

    key: str
    name: str
    type_name: str


@dataclass(frozen=True, slots=True)
class FeedField:
    """How the answer of one feed is put together from its columns of the statement's row.

    Attributes:
        name: of the root field, which a cursor belongs to.
        column: index of its first column; the last of them tells the next place.
        wait_s: how long an empty answer waits.
        condition, region, public: what the feed's records are asked (`hub.query.feeds.Conditions`); `public`: only
            changes that are part of public history are told.
    """

    name: str
    log: ChangeLog
    site: Site
    members: tuple[FeedMember, ...]
    column: int
    wait_s: int
    condition: int = 0
    region: str = ""
    public: bool = False

    def told(self, request: Request, columns: Sequence[bytes | None]) -> "ToldFeed":
        """The object of the answer, and where the reader stands after it."""
        lists = sum(each.name == "nodes" for each in self.members)
        epoch, horizon, end, more, last, empty = orjson.loads(columns[self.column + lists] or b"null")
        at = self.position(request) or BEGINNING
        all_read = Position(snapshot=False, xid=int(horizon), id=0, since=request.now, epoch=epoch)
        after = _next(at, all_read, last, more=more)
        values: Mapping[str, bytes] = {
            "cursor": self._sealed(request, after),
            "watermark": self._sealed(request, all_read),
            # The snapshot was made at its first page: what has changed since can be read when it ends.
            "hasMore": orjson.dumps(more or (at.snapshot and at.xid is not None)),
        }
        place = iter(columns[self.column : self.column + lists])
        body = b",".join(
            b'"%b":%b'
            % (
                each.key.encode(),
                b"[%b]" % (next(place) or b"")
                if each.name == "nodes"
                else b'"%b"' % each.type_name.encode()
                if each.name == "__typename"
                else values[each.name],
            )
            for each in self.members
        )
        return ToldFeed(
            body=b"{%b}" % body,
            ahead=at.xid is not None and (at.epoch != epoch or at.xid > int(end)),
            empty=bool(empty) and not more and not at.snapshot,
            watched=self._watched(request.caller, int(horizon)),
        )

    def position(self, request: Request) -> Position | None:
        """Where the reader's cursor stands; None for none, and for one that is refused (`plan_feed` refuses it)."""
        after = self.site.values(request.variables)["after"]
        at = None if after is None else request.cursors.feed.open(after, bound(self.name, request.caller), request.now)
        return at if at is not None and at.condition == self.condition else None

    def _sealed(self, request: Request, at: Position) -> bytes:
        sealed = request.cursors.feed.seal(replace(at, condition=self.condition), bound(self.name, request.caller))
        return b'"%b"' % sealed.encode()

    def _watched(self, caller: Caller, xid: int) -> Watched:
        if self.log.agency:
            return Watched(self.log, xid, self.log.agency, caller.agency)
        return Watched(self.log, xid, self.region, caller.region, self.public)


@dataclass(frozen=True, slots=True)
class ToldFeed:
    """One answered feed.

    Attributes:
        ahead: the cursor stands where this database has not been: it is of another one.
        empty: nothing was there to read, so the reader may wait for `watched`.
    """

    body: bytes
    ahead: bool
    empty: bool
    watched: Watched


def _next(at: Position, all_read: Position, last: Any, *, more: bool) -> Position:
    """Where the reader stands after a page. `last`: xid, id, moment (epoch seconds) of its last entry."""
    if at.snapshot:
        begun = all_read if at.xid is None else at
        return replace(begun, snapshot=True, id=int(last[1])) if more else replace(begun, snapshot=False, id=0)
    if more:
        return replace(all_read, xid=int(last[0]), id=int(last[1]), since=datetime.fromtimestamp(last[2], UTC))
    return all_read


def bound(name: str, caller: Caller) -> str:
    """What a cursor of a feed is good for. A caller in another region has not read the same records."""
    return f"{name}\n{caller.agency}\n{caller.region}\n{caller.purpose}"
