"""The plan of `feedDigest`: the records and lines of an export; only counts and hashes leave, or one block whole."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from graphql import FieldNode, GraphQLObjectType, get_named_type

from hub.feed.cursor import Position
from hub.feed.log import CommonLog
from hub.graph.catalogue import FieldSpec
from hub.graph.declare import Changes
from hub.graph.errors import ErrorCode
from hub.graph.exporting import Export
from hub.graph.exports import EXPORTS
from hub.penalties.digest import BLOCK, BLOCKS_MAX
from hub.query.feedanswer import BEGINNING, bound
from hub.query.lines import NotOpen, exported
from hub.query.plan import Planner, RootRefused
from hub.query.tree import DigestRoot, Figure
from hub.query.values import Getter, Request, Site

NODES = 300
"""What the lines of the blocks cost, as fields."""
BEHIND = "behind"
NO_KEY = {"zh": "behind 取上一段的 to", "en": "behind is the `to` of the block before"}


def plan_digest(planner: Planner, spec: FieldSpec, key: str, nodes: list[FieldNode], site: Site) -> DigestRoot | None:
    """The plan, or None where the root is null: the scope is missing, or no record is open.

    Raises:
        RootRefused: INVALID_ARGUMENT
        TooLarge
    """
    given = site.values(planner.selector.variables)
    if not 1 <= given["first"] <= BLOCKS_MAX:
        told = {"zh": f"first 取 1 至 {BLOCKS_MAX}", "en": f"first is 1 to {BLOCKS_MAX}"}
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="first", next=told)
    export = next((each for each in EXPORTS.values() if each.feed == given["feed"].value), None)
    if export is None:
        told = {"zh": "该变更流没有摘要", "en": "This feed has no digest"}
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="feed", next=told)
    planner.count(NODES, rows=given["first"] * BLOCK)
    parts = _parts(planner, planner.object_type(spec.target), nodes)
    lines = _with_lines(parts, given["first"])
    try:
        record, asked = exported(planner, export)
    except NotOpen as closed:
        if closed.scope is not None:
            planner.report.scope_missing(spec.coordinate, key, closed.scope)
        else:
            planner.report.deny(spec, key, closed.reason)
        return None
    if not lines:
        for shown in planner.report.shown:
            planner.report.counted[shown] = None
        planner.report.shown.clear()
    source = planner.catalogue.roots[export.feed].source
    assert isinstance(source, Changes)  # noqa: S101 - an export is of a feed
    assert isinstance(source.log, CommonLog)  # noqa: S101 - whose records are for everybody

    def position(request: Request) -> Position | None:
        sealed = site.values(request.variables)["after"]
        at = request.cursors.feed.open(sealed, bound(export.feed, request.caller), request.now)
        return at if at is not None and not at.snapshot and at.condition == asked.digest else None

    def behind(at: int) -> Getter:
        return lambda request: key_parts(export, site.values(request.variables)["behind"])[at]

    def is_key(request: Request) -> bool:
        last = site.values(request.variables)["behind"]
        return last is None or all(key_parts(export, last))

    values = planner.values

    values.cursors.append(partial(_refused, key, position, is_key))
    return DigestRoot(
        parts=parts,
        record=record,
        export=export,
        log=source.log,
        row=asked.row,
        former=asked.former,
        less=asked.less,
        region=asked.region,
        blocks=given["first"],
        behind=tuple(values.add(behind(at)) for at in range(len(export.order))),
        given=values.add(lambda request: site.values(request.variables)["behind"]),
        xid=values.add(lambda request: str((position(request) or BEGINNING).xid or 0)),
        id=values.add(lambda request: str((position(request) or BEGINNING).id)),
        epoch=values.add(lambda request: str((position(request) or BEGINNING).epoch)),
        lines=lines,
    )


def key_parts(export: Export, key: str | None) -> tuple[str | None, ...]:
    """What the order's columns are compared with; null where the key has not the form of one."""
    if key is None:
        return (None,) * len(export.order)
    if export.order == ("public_id",):
        try:
            return (str(UUID(key)),)
        except ValueError:
            return (None,)
    parts = key.split("/")
    return tuple(parts) if len(parts) == len(export.order) and all(parts) else (None,) * len(export.order)


def _refused(
    key: str, position: Callable[[Request], Position | None], is_key: Callable[[Request], bool], request: Request
) -> str | None:
    if position(request) is None:
        return key
    return None if is_key(request) else f"{key}.{BEHIND}"


def _with_lines(parts: tuple[Figure, ...], first: int) -> bool:
    """Whether the lines leave; of one block at a time.

    Raises:
        RootRefused: INVALID_ARGUMENT
    """
    asked = any(figure.name == "lines" for part in parts for figure in part.parts)
    if asked and first != 1:
        told = {"zh": "取 lines 时 first 为 1", "en": "lines are given of one block: first is 1"}
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="first", next=told)
    return asked


def _parts(planner: Planner, kind: GraphQLObjectType, nodes: list[FieldNode]) -> tuple[Figure, ...]:
    found = planner.selector.fields(kind, [node.selection_set for node in nodes])
    planner.count(nodes=len(found))
    made = []
    for key, members in found.items():
        name = members[0].name.value
        if name == "__typename":
            made.append(Figure(key, constant=kind.name))
            continue
        target = get_named_type(kind.fields[name].type)
        inner = _parts(planner, target, members) if isinstance(target, GraphQLObjectType) else ()
        made.append(Figure(key, name, inner))
    return tuple(made)
