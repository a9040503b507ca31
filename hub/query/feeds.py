"""A change feed as one root of the statement: what is selected of its entries, and which of them may be known.

Whether a step is told to an agency is written with it (`hub/clues/events_told.py`); whether the record may be known now
is asked here, by the same policies as any list. A record that may not be known is absent with all its entries, as if it
had never been, but for the one that tells a former party to remove its copy.

Of records that are public for a time (`CommonLog`) nobody is told one by one: who may know of the record now is told of
its changes, those that are not part of its public history only where the policies open what is not public of it; who
might know of it were it public is told that it is no more. What is open by a case alone is not followed: it comes and
goes with the case, and no log of the records would tell.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from graphql import FieldNode

from hub.feed.cursor import Position
from hub.feed.log import REGIONS, CommonLog
from hub.graph.catalogue import FieldSpec, TypeSpec
from hub.graph.declare import FIRST_MAX, WAIT_MAX_S, Changes, Classified
from hub.graph.errors import ErrorCode
from hub.policy.errors import PolicyError
from hub.policy.predicate import FALSE, TRUE, And, Not, Operator, Or, Parameter, Predicate, RecordOperand, Test
from hub.policy.simplify import assume, conjunction, conjuncts, disjunction
from hub.policy.verdict import Allow, Reason, Verdict, When
from hub.policy.vocabulary import MaskCode
from hub.query.access import IS_PUBLISHED, predicate_of
from hub.query.feedanswer import BEGINNING, FeedField, FeedMember
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

    told = conditions(source, planner.judge, kind)
    if isinstance(source.log, CommonLog):
        base.row, base.nothing = (None if told.row == TRUE else told.row), told.row == FALSE
        closed = why_closed(planner.judge(place.judged_as, kind.identifying), told) if kind.identifying else None
        if closed is not None and closed.code is MaskCode.QUERY_UNDER_CASE:
            planner.report.entries.clear()  # that they opened for a case would send the reader on a wrong way
            planner.report.deny(spec, key, closed)
    answer = FeedField(spec.name, source.log, site, members, 0, wait_s, told.digest, told.region, told.less == FALSE)

    def read(request: Request) -> Position:
        return answer.position(request) or BEGINNING

    def refused(request: Request) -> str | None:
        given = site.values(request.variables)["after"] is not None
        return key if given and answer.position(request) is None else None

    values = planner.values
    values.cursors.append(refused)
    return FeedRoot(
        lists=tuple(lists),
        base=base,
        left=told.former,
        first=first,
        log=source.log,
        snapshot=values.add(lambda request: "t" if read(request).snapshot else "f"),
        xid=values.add(lambda request: None if (at := read(request)).xid is None else str(at.xid)),
        id=values.add(lambda request: str(read(request).id)),
        answer=answer,
        less=told.less,
        region=told.region,
    )


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is asked of the records of a feed.

    Attributes:
        row: of a record that is told of.
        former: of one that is no more, before it is told that its copy goes.
        less: of one of which a change is told that is not part of public history.
        region: column of the log that equals the caller's region; "": it is not walked by region.
        digest: of all, 64 bits: who asks otherwise has not read the same feed. 0: of no weight (an audience is told).
    """

    row: Predicate
    former: Predicate
    less: Predicate = TRUE
    region: str = ""
    digest: int = 0


def conditions(source: Changes, judge: Callable[[str, Classified], Verdict], kind: TypeSpec) -> Conditions:
    """For one caller, by its verdicts.

    Raises:
        PolicyError: the log is walked by region, and the policies do not limit the records to one.
    """
    assert kind.judged_as is not None and kind.identifying is not None  # noqa: PT018, S101 - feeds are of records
    verdict = judge(kind.judged_as, kind.identifying)
    if not isinstance(source.log, CommonLog):
        return Conditions(predicate_of(verdict), as_party(verdict))
    row = by_remit(predicate_of(verdict))
    former = FALSE if row == FALSE else by_remit(assume(predicate_of(verdict), IS_PUBLISHED))
    less = by_remit(predicate_of(judge(*source.less))) if source.less is not None else TRUE
    region = ""
    if source.log.regional and row != FALSE:
        levels = [part.level for part in conjuncts(row) if isinstance(part, Test) and _is_own_region(part)]
        if not levels:
            raise PolicyError([f"{kind.name}: its feed is walked by region, and not all records are of the caller's"])
        region = REGIONS[max(levels) - 1]
    written = repr((row, former, less)).encode()
    digest = int.from_bytes(hashlib.sha256(written).digest()[:8], "big")
    return Conditions(row, former, less, region, digest)


def why_closed(verdict: Verdict, asked: Conditions) -> Reason | None:
    """Why the feed, and its export, tells of nothing at all; None where it may. `verdict`: on the identifying field."""
    if asked.row != FALSE or isinstance(verdict, Allow):
        return None
    by_case = isinstance(verdict, When) or verdict.reason.code is MaskCode.CASE_REQUIRED
    return replace(verdict.reason, code=MaskCode.QUERY_UNDER_CASE) if by_case else verdict.reason


def _is_own_region(part: Test) -> bool:
    return part.operator is Operator.IN_REGION and not part.attribute and part.operand is Parameter.REGION


def by_remit(predicate: Predicate) -> Predicate:
    """The predicate where nothing is open by a case: never wider than it."""
    match predicate:
        case And(parts):
            return conjunction(by_remit(part) for part in parts)
        case Or(parts):
            return disjunction(by_remit(part) for part in parts)
        case Test() | Not(Test()):
            test = predicate.part if isinstance(predicate, Not) else predicate
            return FALSE if isinstance(test, Test) and _asks_the_case(test) else predicate
    return predicate


def _asks_the_case(test: Test) -> bool:
    operand = test.operand
    if isinstance(operand, RecordOperand):
        return any(value is Parameter.CASE for _, value in operand.fields)
    return operand is Parameter.CASE


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
