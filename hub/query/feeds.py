"""A change feed as one root of the statement: what is selected of its entries, and which of them may be known.

Whether a step is told to an agency is written with it (`hub/clues/events_told.py`); whether the record may be known now
is asked here, by the same policies as any list. A record that may not be known is absent with all its entries, as if it
had never been, but for the one that tells a former party to remove its copy.
"""

from collections.abc import Iterator

from graphql import FieldNode

from hub.feed.cursor import Position
from hub.graph.catalogue import FieldSpec, TypeSpec
from hub.graph.declare import FIRST_MAX, WAIT_MAX_S, Changes
from hub.graph.errors import ErrorCode
from hub.policy.predicate import TRUE, Operator, Parameter, Predicate, Test
from hub.policy.simplify import assume
from hub.policy.verdict import Verdict, When
from hub.query.feedanswer import BEGINNING, FeedField, FeedMember, position
from hub.query.plan import AUDIENCE, RELATION_NODES, Place, Planner, RootRefused
from hub.query.tree import FeedRoot, Object, Record
from hub.query.values import Request, Site

PARTIES = Test("parties", Operator.CONTAINS, Parameter.AGENCY)


def plan_feed(
    planner: Planner, spec: FieldSpec, source: Changes, nodes: list[FieldNode], key: str, site: Site
) -> FeedRoot:
    """The plan of one feed.

    Raises:
        RootRefused: INVALID_ARGUMENT
        TooLarge
    """
    arguments = site.values(planner.selector.variables)
    first, wait_s = arguments["first"], arguments["waitSeconds"]
    if not 1 <= first <= FIRST_MAX:
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="first")
    if not 0 <= wait_s <= WAIT_MAX_S:
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="waitSeconds")
    planner.count(RELATION_NODES, rows=first)
    kind = planner.catalogue.types[source.of]
    base, known = planner.record(kind)
    place = Place(key, kind.judged_as or "", base, known, first)
    lists: list[Record] = []
    members = tuple(_members(planner, spec.target, nodes, place, kind, lists))

    def read(request: Request) -> Position:
        return position(site, spec.name, request) or BEGINNING

    def refused(request: Request) -> str | None:
        given = site.values(request.variables)["after"] is not None
        return key if given and position(site, spec.name, request) is None else None

    values = planner.values
    values.cursors.append(refused)
    return FeedRoot(
        lists=tuple(lists),
        base=base,
        left=as_party(planner.judge(place.judged_as, kind.identifying)) if kind.identifying else TRUE,
        first=first,
        log=source.log,
        snapshot=values.add(lambda request: "t" if read(request).snapshot else "f"),
        xid=values.add(lambda request: None if (at := read(request)).xid is None else str(at.xid)),
        id=values.add(lambda request: str(read(request).id)),
        answer=FeedField(spec.name, source.log, site, members, 0, wait_s),
    )


def as_party(verdict: Verdict) -> Predicate:
    """The row policy with the agency taken as the party that it was: what is asked before it is told that it left."""
    if not isinstance(verdict, When):
        return TRUE
    return assume(assume(verdict.predicate, AUDIENCE), PARTIES)


def _members(
    planner: Planner, target: str, nodes: list[FieldNode], place: Place, kind: TypeSpec, lists: list[Record]
) -> Iterator[FeedMember]:
    """The members of the page; adds the entries of each `nodes` to `lists`."""
    found = planner.selector.fields(planner.object_type(target), [node.selection_set for node in nodes])
    for key, members in found.items():
        planner.count()
        name = members[0].name.value
        if name == "nodes":
            lists.append(_entry(planner, members, place, key, kind))
        yield FeedMember(key, name, target)


def _entry(planner: Planner, nodes: list[FieldNode], place: Place, key: str, kind: TypeSpec) -> Record:
    """An entry, judged as its record. The page has asked the row policy of the record; it is not asked again."""
    entries = planner.catalogue.types[f"{kind.name}Change"]
    planner.serial += 1
    entry = Record(entries, serial=planner.serial)
    planner.fill(entry, Place(place.at(key), place.judged_as, entry, place.known, place.rows), nodes)
    for output in entry.outputs:
        if isinstance(output, Object):
            output.record.row, output.record.by_audience = None, False
    return entry
