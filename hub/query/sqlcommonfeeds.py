"""The entries of a feed whose log is for everybody: the log is walked in its order, and each record asked once.

The walk is one range of one index; the record of each entry is found by its id, tested in the same place, and what is
asked of it goes on to the answer. A record that may not be known is passed over here, so that no gap tells of it.
"""

from collections.abc import Sequence

from hub.db.base import PLAIN
from hub.feed.log import HORIZON, PRESENT, SAME_ROW, CommonLog
from hub.policy.predicate import FALSE, TRUE, Parameter, Predicate
from hub.query.sql import Builder
from hub.query.sqljson import plain_texts
from hub.query.sqltext import Parameters, condition_text
from hub.query.tree import FeedRoot

LATER = "later"
"""Name of the bound moment by which the records of a feed are asked."""


class Later(Parameters):
    """Parameters for what is asked of the records of a feed: its clock is a little ahead.

    Whoever publishes a record may have a clock that is ahead of this one, or finish between the moment at which this
    request was taken up and its statement. Asked by the request's own clock its record would not be public yet, and the
    reader go on without it for ever.
    """

    def __init__(self, parameters: Parameters) -> None:
        super().__init__()
        self._parameters = parameters

    def use(self, name: str, kind: str) -> str:
        return self._parameters.use(LATER if name == Parameter.NOW.value else name, kind)

    def constant(self, value: object, kind: str) -> str:
        return self._parameters.constant(value, kind)


def common_cut(build: Builder, feed: FeedRoot, log: CommonLog, columns: Sequence[str]) -> str:
    """The entries of the page and one more, numbered in their order, with the columns of `hub.feed.log.ENTRY`.

    `columns` of the record stand beside them, under names that begin with `SAME_ROW`.
    """
    both = build.name("b")
    return (
        f"SELECT {both}.*, row_number() OVER () AS n"
        f" FROM (({_snapshot(build, feed, log, columns)}) UNION ALL ({_changes(build, feed, log, columns)})) {both}"
    )


def _asked(build: Builder, feed: FeedRoot, predicate: Predicate | None, row: str) -> str:
    if predicate is None or predicate == TRUE:
        return "true"
    if predicate == FALSE:
        return "false"
    return condition_text(predicate, feed.base.type, row, Later(build.parameters))


def _listed(build: Builder, feed: FeedRoot, row: str) -> str:
    return "false" if feed.base.nothing else _asked(build, feed, feed.base.row, row)


def _told(build: Builder, feed: FeedRoot, entry: str, row: str) -> str:
    """Of a record that may be known: whether this change of it is told."""
    if feed.less == TRUE:
        return "true"
    if feed.less == FALSE:
        return f"{entry}.public"
    return f"({entry}.public OR {_asked(build, feed, feed.less, row)})"


def _plain(log: CommonLog, row: str) -> str:
    """Whether key and kind of an entry need no escaping in JSON, as far as the record tells."""
    return f"{row}.{PLAIN}" if plain_texts(log.records) else "false"


def _snapshot(build: Builder, feed: FeedRoot, log: CommonLog, columns: Sequence[str]) -> str:
    """Records that have not changed since the snapshot began; those that have, come with the changes."""
    row, last, later = build.name("t"), build.name("t"), build.name("t")
    bound, stored = build.parameters, str(log.records.description)
    begun = f"coalesce({bound.use(feed.xid, 'xid8')}, {HORIZON})"
    at = bound.use(feed.id, "bigint")
    if log.changed:
        unchanged = f"{row}.{log.changed} < {begun}"
    else:
        changed = (
            f"SELECT FROM {log.table.description} {later} WHERE {later}.{log.record} = {row}.id"
            f" AND {later}.xid >= {begun} AND {_told(build, feed, later, row)}"
        )
        unchanged = f"NOT EXISTS ({changed})"
    order = ", ".join(f"{row}.{column}" for column, _ in log.walk) or f"{row}.id"
    # By the order of an index that leads with the region; the place is that of the last record read.
    place = ", ".join(
        f"coalesce((SELECT {last}.{column} FROM {stored} {last} WHERE {last}.id = {at}), {lowest})"
        for column, lowest in log.walk
    )
    where = [
        bound.use(feed.snapshot, "boolean"),
        _listed(build, feed, row),
        f"({order}) > ({place or at})",
        unchanged,
    ]
    beside = "".join(f", {row}.{column} AS {SAME_ROW}_{column}" for column in columns)
    return (
        f"SELECT '0'::xid8 AS xid, {row}.id AS id, '{PRESENT}'::text AS kind, NULL::timestamptz AS at,"
        f" false AS tombstone, NULL::text AS reason, {log.key(row)} AS key, {row}.id AS record_id,"
        f" {row}.id AS shown_id, {_plain(log, row)} AS {PLAIN}{beside}"
        f" FROM {stored} {row} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT {int(feed.first) + 1}"
    )


def _changes(build: Builder, feed: FeedRoot, log: CommonLog, columns: Sequence[str]) -> str:
    """What was told since, of records that may be known now, and of those that were public and are no more."""
    entry, row, found = build.name("t"), build.name("t"), build.name("t")
    bound = build.parameters
    here = " AND ".join([_listed(build, feed, row), _told(build, feed, entry, row)])
    former = f"{entry}.ends AND {_asked(build, feed, feed.left, row)}"
    told = "false" if feed.base.nothing else f"({here} OR {former})"
    where = [
        f"NOT {bound.use(feed.snapshot, 'boolean')}",
        f"({entry}.xid, {entry}.id) > ({bound.use(feed.xid, 'xid8')}, {bound.use(feed.id, 'bigint')})",
        f"{entry}.xid < {HORIZON}",
    ]
    if feed.region:
        where.append(f"{entry}.{feed.region} = {bound.use(Parameter.REGION, 'text')}")
    if feed.less == FALSE:
        where.append(f"{entry}.public")
    # OFFSET 0 keeps the test with the record (`sqlfeeds._record`).
    beside = "".join(f", {row}.{column} AS {SAME_ROW}_{column}" for column in columns)
    record = (
        f"SELECT {row}.id, {log.key(row)} AS key, ({here}) AS here, {_plain(log, row)} AS {PLAIN}{beside}"
        f" FROM {log.records.description} {row} WHERE {row}.id = {entry}.{log.record} AND {told} OFFSET 0"
    )
    return (
        f"SELECT {entry}.xid, {entry}.id, {entry}.kind::text, {entry}.at, NOT {found}.here,"
        f" CASE WHEN {found}.here THEN NULL ELSE {entry}.reason END, {found}.key, {found}.id,"
        f" CASE WHEN {found}.here THEN {found}.id END, {found}.{PLAIN}"
        f"{''.join(f', {found}.{SAME_ROW}_{column}' for column in columns)}"
        f" FROM {log.table.description} {entry} JOIN LATERAL ({record}) {found} ON true"
        f" WHERE {' AND '.join(where)} ORDER BY {entry}.xid, {entry}.id LIMIT {int(feed.first) + 1}"
    )
