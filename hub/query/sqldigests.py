"""A digest as SQL: the records behind a key in its order, each its line, a block of them one hash."""

from collections.abc import Callable, Mapping
from typing import Final

from hub.graph.exporting import KEY
from hub.penalties.digest import BLOCK
from hub.policy.predicate import TRUE, Const, Parameter, Predicate
from hub.query.sql import Builder
from hub.query.sqlcommonfeeds import Later
from hub.query.sqllines import allowed, json_line, values_of
from hub.query.sqltext import (
    NO_BITS,
    NO_IDS,
    Source,
    any_of,
    condition_text,
    kinds_of,
    or_clear,
    or_nothing,
    text,
    together,
)
from hub.query.tree import DigestRoot, Figure

_EMPTY: Final = "encode(sha256(''::bytea), 'hex')"
_LOWEST: Final = {"text": "''", "uuid": "'00000000-0000-0000-0000-000000000000'"}
"""Below every key."""


def digest_select(build: Builder, root: DigestRoot) -> str:
    """One row (j: the object, ids, bits). The ledger names what is counted by its fields, lines by their records."""
    blocks = build.name("g")
    parts = {
        "upToDate": lambda _: _up_to_date(build, root),
        "blocks": lambda part: f"(SELECT {_listed(build, root, part, blocks)} FROM {blocks})",
    }
    ids, bits = NO_IDS, NO_BITS
    if root.lines:
        ids = or_nothing(f"(SELECT string_agg({blocks}.ids, NULL) FROM {blocks})")
        bits = or_clear(f"(SELECT bit_or({blocks}.bits) FROM {blocks})")
    return (
        f"WITH {blocks} AS MATERIALIZED ({_blocks(build, root)})"
        f" SELECT {_object(root.parts, parts)} AS j, {ids} AS ids, {bits} AS bits"
    )


def _object(asked: tuple[Figure, ...], parts: Mapping[str, Callable[[Figure], str]]) -> str:
    """Only what was asked for is made: PostgreSQL refuses a parameter that is given and not used."""
    pairs = (
        f"{text(part.key)}, {parts[part.name](part) if part.name else text(part.constant or '')}" for part in asked
    )
    return f"json_build_object({', '.join(pairs)})"


def _listed(build: Builder, root: DigestRoot, asked: Figure, blocks: str) -> str:
    def given() -> str:
        return build.parameters.use(root.given, "text")

    made = {
        "after": lambda _: f"coalesce({blocks}.before, {given()})",
        "to": lambda _: f"CASE WHEN {blocks}.later THEN {blocks}.last END",
        "count": lambda _: f"{blocks}.count",
        "sha256": lambda _: f"{blocks}.sha256",
        "lines": lambda _: f"{blocks}.lines",
    }
    none = {
        "after": lambda _: given(),
        "to": lambda _: "NULL::text",
        "count": lambda _: "0",
        "sha256": lambda _: _EMPTY,
        "lines": lambda _: "'[]'::json",
    }
    some, empty = (_object(asked.parts, each) for each in (made, none))
    return f"coalesce(json_agg({some} ORDER BY {blocks}.b), json_build_array({empty}))"


def _blocks(build: Builder, root: DigestRoot) -> str:
    """b, count, sha256, last key, last key of the block before, whether anything follows; of lines, what they show."""
    row, rows, lines, cut = (build.name(prefix) for prefix in "txqx")
    record, stored = root.record, root.record.type.declared.table
    source = Source(f"{stored.description} {row}")
    values, scope = values_of(build, record, row, source, root.export.order)
    order = ", ".join(f"{row}.{column}" for column in root.export.order)
    where = allowed(build, record, row)
    behind = ", ".join(
        f"coalesce({build.parameters.use(name, kind)}, {_LOWEST[kind]}::{kind})"
        for name, kind in zip(root.behind, (kinds_of(stored)[column] for column in root.export.order), strict=True)
    )
    where.append(f"({order}) > ({behind})")
    most = root.blocks * BLOCK
    line = f"convert_to(rtrim({json_line(root.export, record, values, row)}, E'\\n'), 'UTF8')"
    shown = f", {together(scope.ids)} AS ids, {any_of(scope.bits)} AS bits" if root.lines else ""
    found = (
        f"SELECT {values[KEY]} AS key, {line} AS line{shown} FROM {source} WHERE {' AND '.join(where)}"
        f" ORDER BY {order} LIMIT {most + 1}"
    )
    numbered = f"SELECT {lines}.*, row_number() OVER () AS n FROM ({found}) {lines}"
    grouped = (
        f"SELECT ({rows}.n - 1) / {BLOCK} AS b, count(*) AS count,"
        f" encode(sha256(string_agg(sha256({rows}.line), NULL ORDER BY {rows}.n)), 'hex') AS sha256,"
        f" (array_agg({rows}.key ORDER BY {rows}.n DESC))[1] AS last{_lines_of(rows) if root.lines else ''}"
        f" FROM ({numbered}) {rows} GROUP BY 1"
    )
    return (
        f"SELECT * FROM (SELECT {cut}.*, lag({cut}.last) OVER (ORDER BY {cut}.b) AS before,"
        f" lead({cut}.b) OVER (ORDER BY {cut}.b) IS NOT NULL AS later"
        f" FROM ({grouped}) {cut}) {cut} WHERE {cut}.b < {root.blocks}"
    )


def _lines_of(rows: str) -> str:
    """Of a block: its lines as a JSON list, and what they show."""
    return (
        f", json_agg(convert_from({rows}.line, 'UTF8') ORDER BY {rows}.n) AS lines,"
        f" string_agg({rows}.ids, NULL) AS ids, bit_or({rows}.bits) AS bits"
    )


def _up_to_date(build: Builder, root: DigestRoot) -> str:
    """Whether nothing is told behind the place, be it committed and still to come in the feed."""
    bound, log = build.parameters, root.log
    entry, row = build.name("t"), build.name("t")

    def asked(predicate: Predicate) -> str:
        if isinstance(predicate, Const):
            return "true" if predicate == TRUE else "false"
        return condition_text(predicate, root.record.type, row, Later(bound))

    here = f"{asked(root.row)} AND ({entry}.public OR {asked(root.less)})"
    record = (
        f"SELECT FROM {log.records.description} {row} WHERE {row}.id = {entry}.{log.record}"
        f" AND ({here} OR {entry}.ends AND {asked(root.former)})"
    )
    where = [
        f"({entry}.xid, {entry}.id) > ({bound.use(root.xid, 'xid8')}, {bound.use(root.id, 'bigint')})",
        f"EXISTS ({record})",
    ]
    if root.region:
        where.append(f"{entry}.{root.region} = {bound.use(Parameter.REGION, 'text')}")
    same = f"(SELECT e.number FROM feed_epoch e) = {bound.use(root.epoch, 'bigint')}"
    later = f"SELECT FROM {log.table.description} {entry} WHERE {' AND '.join(where)}"
    return f"({same} AND NOT EXISTS ({later}))"
