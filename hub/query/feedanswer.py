"""The answer of one change feed: its page, and where the reader stands after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from hub.feed.cursor import Position
from hub.feed.log import ChangeLog
from hub.feed.waiting import Watched
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
    """

    name: str
    log: ChangeLog
    site: Site
    members: tuple[FeedMember, ...]
    column: int
    wait_s: int

    def told(self, request: Request, columns: Sequence[bytes | None]) -> "ToldFeed":
        """The object of the answer, and where the reader stands after it."""
        lists = sum(each.name == "nodes" for each in self.members)
        epoch, horizon, end, more, last, empty = orjson.loads(columns[self.column + lists] or b"null")
        at = self._position(request)
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
                (next(place) or b"[]")
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
            watched=Watched(self.log, request.caller.agency, int(horizon)),
        )

    def _position(self, request: Request) -> Position:
        return position(self.site, self.name, request) or BEGINNING

    def _sealed(self, request: Request, at: Position) -> bytes:
        return b'"%b"' % request.cursors.feed.seal(at, _bound(self.name, request)).encode()


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


def position(site: Site, name: str, request: Request) -> Position | None:
    """Where the reader's cursor stands; None for none, and for one that is refused (`plan_feed` refuses it before)."""
    after = site.values(request.variables)["after"]
    return None if after is None else request.cursors.feed.open(after, _bound(name, request), request.now)


def _next(at: Position, all_read: Position, last: Any, *, more: bool) -> Position:
    """Where the reader stands after a page. `last`: xid, id, moment (epoch seconds) of its last entry."""
    if at.snapshot:
        begun = all_read if at.xid is None else at
        return replace(begun, snapshot=True, id=int(last[1])) if more else replace(begun, snapshot=False, id=0)
    if more:
        return replace(all_read, xid=int(last[0]), id=int(last[1]), since=datetime.fromtimestamp(last[2], UTC))
    return all_read


def _bound(name: str, request: Request) -> str:
    caller = request.caller
    return f"{name}\n{caller.agency}\n{caller.purpose}"
