"""A page of a change feed as SQL: a snapshot of what may be known, or the log below the oldest running transaction.

Both are in one text, and the reader's place decides which of them runs; so the plan tells nothing of the place.
"""

from collections.abc import Sequence

from hub.db.base import PLAIN
from hub.feed.log import HORIZON, LEFT, PRESENT, SAME_ROW, CommonLog
from hub.policy.predicate import Parameter
from hub.query.sql import Builder
from hub.query.sqlcommonfeeds import common_cut
from hub.query.sqltext import (
    NO_IDS,
    Source,
    any_of,
    columns_of,
    condition_text,
    or_clear,
    or_nothing,
    together,
)
from hub.query.tree import FeedRoot, Object, Record


def feed_select(build: Builder, feed: FeedRoot) -> str:
    """One row: a column a list (c0, c1, …: UTF-8 of its items, NULL for none), the place (m), ids, bits."""
    cut, rows = build.name("q"), build.name("x")
    source = Source("")
    columns: list[str] = []
    ids: list[str] = []
    bits: list[str] = []
    for at, entry in enumerate(feed.lists):
        made = build.render_text(entry, cut, source, f"{cut}.{PLAIN}")
        columns.append(f"{made.json} AS c{at}")
        ids += [*made.ids, _own_id(entry, cut)]
        bits += made.bits
    columns += [f"{cut}.{name} AS {name}" for name in ("n", "xid", "id", "at")]
    columns += [f"{together(ids)} AS ids", f"{any_of(bits)} AS bits"]
    row = [name for name in columns_of(cut, *columns, *source.parts) if name.startswith(f"{SAME_ROW}_")]
    source.text = f"({_cut(build, feed, [name.removeprefix(f'{SAME_ROW}_') for name in row])}) {cut}"
    within = f" FILTER (WHERE {rows}.n <= {int(feed.first)})"
    items = (f"string_agg({rows}.c{at}, ',' ORDER BY {rows}.n){within}" for at in range(len(feed.lists)))
    # Bytes, not json or text: nothing reads them again on their way out.
    lists = [f"convert_to({each}, 'UTF8') AS c{at}" for at, each in enumerate(items)]
    last = f"json_build_array({rows}.xid::text, {rows}.id::text, extract(epoch FROM {rows}.at)::bigint)"
    place = ", ".join(
        (
            "(SELECT e.number FROM feed_epoch e)",
            f"{HORIZON}::text",
            "(SELECT pg_snapshot_xmax(pg_current_snapshot()))::text",
            f"coalesce(bool_or({rows}.n > {int(feed.first)}), false)",
            # Only a full page is followed by more, so only its last row is a place to go on from.
            f"max(CASE WHEN {rows}.n = {int(feed.first)} THEN {last}::text END)::json",
            "count(*) = 0",
        )
    )
    found = [
        *lists,
        f"json_build_array({place}) AS m",
        f"{or_nothing(f'string_agg({rows}.ids, NULL){within}')} AS ids",
        f"{or_clear(f'bit_or({rows}.bits){within}')} AS bits",
    ]
    return f"SELECT {', '.join(found)} FROM (SELECT {', '.join(columns)} FROM {source}) {rows}"


def _own_id(entry: Record, cut: str) -> str:
    """An entry shows its record's id; where the record is shown too, that has told the ledger of it."""
    if any(isinstance(output, Object) for output in entry.outputs):
        return f"CASE WHEN {cut}.tombstone THEN int8send({cut}.record_id) ELSE {NO_IDS} END"
    return f"int8send({cut}.record_id)"


def _cut(build: Builder, feed: FeedRoot, row: Sequence[str]) -> str:
    """The entries of the page and one more, numbered in their order, with the columns of `hub.feed.log.ENTRY`.

    `row`: columns of the record that are asked for beside them.
    """
    if isinstance(feed.log, CommonLog):
        return common_cut(build, feed, feed.log, row)
    both = build.name("b")
    return (
        f"SELECT {both}.*, row_number() OVER (ORDER BY {both}.xid, {both}.id) AS n"
        f" FROM (({_snapshot(build, feed)}) UNION ALL ({_changes(build, feed)})) {both}"
    )


def _snapshot(build: Builder, feed: FeedRoot) -> str:
    """Records that have not changed since the snapshot began; those that have, come with the changes."""
    known, row, later = build.name("t"), build.name("t"), build.name("t")
    bound, log = build.parameters, feed.log
    _, audience = _tables(feed)
    agency = bound.use(Parameter.AGENCY, "text")
    begun = f"coalesce({bound.use(feed.xid, 'xid8')}, {HORIZON})"
    changed = (
        f"SELECT FROM {log.table.description} {later} WHERE {later}.{log.record} = {row}.id"
        f" AND {later}.{log.agency} = {agency} AND {later}.xid >= {begun}"
    )
    where = [
        bound.use(feed.snapshot, "boolean"),
        f"{known}.agency = {agency}",
        f"{known}.{log.record} > {bound.use(feed.id, 'bigint')}",
    ]
    found = _record(feed, row, f"{known}.{log.record}", [f"NOT EXISTS ({changed})", *_listed(build, feed, row)])
    return (
        f"SELECT '0'::xid8 AS xid, {row}.id AS id, {row}.public_id AS public_id, '{PRESENT}'::text AS kind,"
        f" NULL::timestamptz AS at, false AS tombstone, NULL::text AS reason, {row}.id AS record_id,"
        f" {row}.id AS shown_id, false AS {PLAIN} FROM {audience} {known} {found}"
        f" WHERE {' AND '.join(where)} ORDER BY {known}.{log.record} LIMIT {int(feed.first) + 1}"
    )


def _changes(build: Builder, feed: FeedRoot) -> str:
    """What was told since, of records that may be known now, and of those that the agency left."""
    entry, row, known = build.name("t"), build.name("t"), build.name("t")
    bound, log = build.parameters, feed.log
    _, audience = _tables(feed)
    agency = bound.use(Parameter.AGENCY, "text")
    left = f"{entry}.kind = '{LEFT}'"
    party = (
        f"EXISTS (SELECT FROM {audience} {known} WHERE {known}.agency = {agency} AND {known}.{log.record} = {row}.id)"
    )
    here = " AND ".join([f"NOT {left}", party, *_listed(build, feed, row)])
    former = condition_text(feed.left, feed.base.type, row, bound)
    where = [
        f"NOT {bound.use(feed.snapshot, 'boolean')}",
        f"{entry}.{log.agency} = {agency}",
        f"({entry}.xid, {entry}.id) > ({bound.use(feed.xid, 'xid8')}, {bound.use(feed.id, 'bigint')})",
        f"{entry}.xid < {HORIZON}",
    ]
    told = "false" if feed.base.nothing else f"({here} OR {left} AND ({former}))"
    return (
        f"SELECT {entry}.xid, {entry}.id, {row}.public_id, {entry}.kind::text, {entry}.at, {left},"
        f" {entry}.reason::text, {row}.id, CASE WHEN {left} THEN NULL ELSE {row}.id END, false"
        f" FROM {log.table.description} {entry} {_record(feed, row, f'{entry}.{log.record}', [told])}"
        f" WHERE {' AND '.join(where)} ORDER BY {entry}.xid, {entry}.id LIMIT {int(feed.first) + 1}"
    )


def _record(feed: FeedRoot, row: str, record: str, conditions: list[str]) -> str:
    """The record of each entry, where the conditions hold.

    OFFSET 0 keeps the conditions with the record: a planner that thinks them rare would read all entries before it
    takes the first thousand; so they are walked in their order and the walk ends with the page.
    """
    stored, _ = _tables(feed)
    where = " AND ".join([f"{row}.id = {record}", *conditions])
    return f"JOIN LATERAL (SELECT {row}.id, {row}.public_id FROM {stored} {row} WHERE {where} OFFSET 0) {row} ON true"


def _tables(feed: FeedRoot) -> tuple[str, str]:
    declared = feed.base.type.declared
    if declared.audience is None:
        raise TypeError("a feed is of records that name who may know of them")
    return str(declared.table.description), str(declared.audience.description)


def _listed(build: Builder, feed: FeedRoot, row: str) -> list[str]:
    """The row policy that remains beside being of the audience."""
    base = feed.base
    if base.nothing:
        return ["false"]
    return [] if base.row is None else [condition_text(base.row, base.type, row, build.parameters)]
