"""`clueStatistics` → a tree of figures: which transfers may be counted, for whom exactly, and what is asked of them.

A count is judged as `ClueCount` (policies/statistics.cedar): class PROCEDURE decides which transfers are counted
exactly, class PUBLIC which are counted in sums that are never small. Nothing of a record is selected but under
`differences`, which lists transfers under their own policy.
"""

import re
from datetime import date, datetime
from functools import cache
from typing import Any

from graphql import FieldNode, GraphQLObjectType, get_named_type

from hub.clock import BEIJING
from hub.clues.statistics_types import EXACT, IN_SUMS, SCOPE
from hub.graph.catalogue import FieldSpec
from hub.graph.declare import FIRST_MAX
from hub.graph.errors import ErrorCode
from hub.law.clock import annual_report
from hub.law.region import level_of
from hub.law.statistics import statistics_rules
from hub.law.vocabulary import Route
from hub.parties.data import read_regions
from hub.policy.predicate import Predicate
from hub.policy.verdict import Allow, Deny, Verdict, When
from hub.query.plan import Place, Planner, RootRefused
from hub.query.tree import Figure, Record, StatisticsRoot
from hub.query.values import Request, Site

COUNTED = "ClueCount"
NODES = 400
"""A scan of a year's transfers costs what hundreds of fields cost: two of them in one operation at most."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
SKIP_MAX = 100_000
ZONE = re.compile(r"[0-9]{4}[A-Z]{2}")
CHAIN = frozenset({"supervision-statistics", "case-oversight"})
"""Purposes of a superior: what its kind below it sent counts as its own side's."""


def plan_statistics(
    planner: Planner, spec: FieldSpec, key: str, nodes: list[FieldNode], site: Site
) -> StatisticsRoot | None:
    """The plan, or None where the root is null: the scope is missing, or the purpose opens no count.

    Raises:
        RootRefused: INVALID_ARGUMENT
        TooLarge
    """
    exact = opened(planner, spec, key)
    if exact is None:
        return None
    _check(site.values(planner.selector.variables))
    planner.count(nodes=NODES)
    others = planner.judge(COUNTED, IN_SUMS)
    parts = Figures(planner, others).of(spec.target, nodes, key)
    return StatisticsRoot(parts, left(exact), None if isinstance(others, Deny) else left(others), _bound(planner, site))


def opened(planner: Planner, spec: FieldSpec, key: str) -> Allow | When | None:
    """Which transfers are counted exactly; None, which is reported: the scope is missing, or the purpose opens none."""
    if SCOPE not in planner.scopes:
        planner.report.scope_missing(spec.coordinate, key, SCOPE)
        return None
    exact = planner.judge(COUNTED, EXACT)
    if isinstance(exact, Deny):
        planner.report.deny(spec, key, exact.reason)
        return None
    return exact


def left(verdict: Verdict) -> Predicate | None:
    """What remains to be tested of each transfer; None: nothing."""
    return verdict.predicate if isinstance(verdict, When) else None


@cache
def _regions() -> frozenset[str]:
    return frozenset(region.code for region in read_regions())


def _check(arguments: Any) -> None:
    """Raises:
    RootRefused: which argument, and what it may be.
    """
    if not FIRST_YEAR <= arguments["year"] <= LAST_YEAR:
        told = {"zh": f"year 取 {FIRST_YEAR} 至 {LAST_YEAR}", "en": f"year is {FIRST_YEAR} to {LAST_YEAR}"}
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="year", next=told)
    region = arguments.get("region")
    # A zone of a site's own has letters; whether it is there, its figures tell.
    if region is not None and region not in _regions() and not ZONE.fullmatch(region):
        told = {
            "zh": "region 为六位行政区划代码，例如 640100；省略时为本机关的行政区划",
            "en": "region is a six-digit region code, e.g. 640100; without it, your own region",
        }
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="region", next=told)


def _bound(planner: Planner, site: Site) -> dict[str, str]:
    """Names of the values that are bound when the statement runs."""

    def year(request: Request) -> int:
        found: int = site.values(request.variables)["year"]
        return found

    def begins(later: int) -> Any:
        return lambda request: datetime(year(request) + later, 1, 1, tzinfo=BEIJING).isoformat()

    def region(request: Request) -> str:
        return site.values(request.variables).get("region") or request.caller.region

    values = {
        "year": lambda request: str(year(request)),
        "from": begins(0),
        "until": begins(1),
        "region": region,
        "within": lambda request: _prefix(region(request)),
        "own": lambda request: _prefix(request.caller.region),
        "kind": lambda request: request.caller.agency_kind,
        "for_report": lambda request: "t" if site.values(request.variables)["forReport"] else "f",
        "chain": lambda request: "t" if request.caller.purpose in CHAIN else "f",
        "ended": lambda request: "t" if year(request) < request.today.year else "f",
        "due_on": lambda request: report_due_on(year(request), region(request)).isoformat(),
        "threshold": lambda _: str(statistics_rules().threshold),
    }
    return {name: planner.values.add(getter) for name, getter in values.items()}


def _prefix(region: str) -> str:
    """The digits that the codes of a region and of all below it begin with."""
    return region[: 2 * level_of(region)]


def report_due_on(year: int, region: str) -> date:
    """The last day for the annual report of a year, R17."""
    return annual_report(year, Route.HEALTHCARE_SECURITY_TO_HEALTH, region).last_day


class Figures:
    """What is selected of the objects of counts."""

    def __init__(self, planner: Planner, others: Verdict) -> None:
        self._planner = planner
        self._others = others

    def of(self, name: str, nodes: list[FieldNode], path: str) -> tuple[Figure, ...]:
        """The members of an object type, in order."""
        kind = self._planner.object_type(name)
        found = self._planner.selector.fields(kind, [node.selection_set for node in nodes])
        self._planner.count(nodes=len(found))
        return tuple(self._one(kind, key, members, f"{path}.{key}") for key, members in found.items())

    def _one(self, kind: GraphQLObjectType, key: str, nodes: list[FieldNode], path: str) -> Figure:
        name = nodes[0].name.value
        if name == "__typename":
            return Figure(key, constant=kind.name)
        coordinate = f"{kind.name}.{name}"
        if coordinate == "ClueStatistics.differences":
            return self._differences(key, nodes, path)
        if coordinate == "ClueStatistics.others" and isinstance(self._others, Deny):
            self._planner.report.deny(FieldSpec(kind.name, name, IN_SUMS, None, ""), path, self._others.reason)
            return Figure(key)
        target = get_named_type(kind.fields[name].type)
        if coordinate == "ClueDifference.transfer":
            return self._transfer(key, nodes, path)
        self._planner.report.counted[coordinate] = None
        if isinstance(target, GraphQLObjectType):
            return Figure(key, name, self.of(target.name, nodes, path))
        return Figure(key, name)

    def _differences(self, key: str, nodes: list[FieldNode], path: str) -> Figure:
        """Transfers one by one: of those that may be listed at all."""
        planner = self._planner
        spec = FieldSpec("ClueStatistics", "differences", EXACT, None, "ClueTransfer")
        listed = planner.catalogue.types["ClueTransfer"]
        scope = listed.declared.scope
        if scope is not None and scope not in planner.scopes:
            planner.report.scope_missing(spec.coordinate, path, scope)
            return Figure(key)
        assert listed.judged_as is not None and listed.identifying is not None  # noqa: PT018, S101 - it is a record
        verdict = planner.judge(listed.judged_as, listed.identifying)
        if isinstance(verdict, Deny):
            planner.report.deny(spec, path, verdict.reason)
            return Figure(key)
        field = planner.object_type("ClueStatistics").fields["differences"]
        site = planner.values.site(nodes[0], field)
        given = site.values(planner.selector.variables)
        if not 1 <= given["first"] <= FIRST_MAX:
            raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="differences.first")
        planner.count(rows=given["first"])

        def skip(request: Request) -> str:
            return str(min(max(site.values(request.variables)["skip"], 0), SKIP_MAX))

        record, known = planner.record(listed)
        self._place = Place(path, listed.judged_as, record, known, given["first"])
        planner.report.counted[spec.coordinate] = None
        parts = self.of("ClueDifference", nodes, path)
        return Figure(key, "differences", parts, None, record, given["first"], planner.values.add(skip))

    def _transfer(self, key: str, nodes: list[FieldNode], path: str) -> Figure:
        place = self._place
        planner = self._planner
        planner.serial += 1
        record = Record(place.record.type, nothing=place.record.nothing, serial=planner.serial)
        planner.fill(record, Place(path, place.judged_as, record, place.known, place.rows), nodes)
        return Figure(key, "transfer", record=record)
