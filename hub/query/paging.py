"""Pages: `first`, `after`, `filter`, `orderBy` of a connection, and the members of the connection object.

To filter or sort by a field is to read it (G5): denied → the root field is refused before SQL, alike for any value;
conditional → a filter also asks the condition, so a hidden value never matches; a sort is refused unless every row
that can be listed meets the condition.
"""

from typing import Any

from graphql import FieldNode, GraphQLField
from sqlalchemy import Uuid
from strawberry.utils.str_converters import to_camel_case

from hub.graph.catalogue import FieldSpec, TypeSpec
from hub.graph.declare import FIRST_MAX, Derived, One, Related, Stored
from hub.graph.errors import ErrorCode
from hub.policy.predicate import Predicate
from hub.policy.verdict import Deny, When
from hub.policy.vocabulary import MaskCode
from hub.query.access import remaining
from hub.query.plan import RELATION_NODES, Place, Planner, RootRefused
from hub.query.report import SCOPE_BASIS, SCOPE_POLICY
from hub.query.tree import Order, Page, PagePart, Record, Term
from hub.query.values import Site

MAX_IN = 100
MAX_ORDER = 4


def plan_page(
    planner: Planner, spec: FieldSpec, nodes: list[FieldNode], parent: GraphQLField, path: str, parents: int
) -> Page:
    """The plan of one connection. `parents`: how many rows may hold such a page.

    Raises:
        RootRefused: FILTER_NOT_ALLOWED, SORT_NOT_ALLOWED, INVALID_ARGUMENT
        TooLarge
    """
    kind = planner.catalogue.types[spec.target.removesuffix("Connection")]
    site = planner.values.site(nodes[0], parent)
    arguments = site.values(planner.selector.variables)
    first = arguments["first"]
    if not 1 <= first <= FIRST_MAX:
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="first")
    planner.count(RELATION_NODES, rows=parents * first)
    base, known = planner.record(kind)
    source = spec.source
    assert isinstance(source, Related) and kind.judged_as is not None  # noqa: PT018, S101 - connections are of records
    order, names = _order(planner, kind, known, arguments.get("orderBy") or [], source.order or kind.declared.order)
    signature = f"{kind.name}:{','.join(names)}"
    page = Page(base, first, order, signature, link=source)
    page.terms = _terms(planner, kind, known, site, arguments.get("filter") or {})
    if arguments.get("after") is not None:
        page.after = planner.values.cursor(site, path.partition(".")[0], signature, len(order))
    place = Place(path, kind.judged_as, base, known, parents * first)
    page.parts = _parts(planner, planner.object_type(spec.target).name, nodes, page, place)
    return page


def _parts(planner: Planner, type_name: str, nodes: list[FieldNode], page: Page, place: Place) -> list[PagePart]:
    found = planner.selector.fields(planner.object_type(type_name), [node.selection_set for node in nodes])
    made = []
    for key, members in found.items():
        planner.count()
        name = members[0].name.value
        inner = Place(place.at(key), place.judged_as, place.record, place.known, place.rows)
        match name:
            case "__typename":
                made.append(PagePart(key, "constant", constant=type_name))
            case "nodes":
                made.append(PagePart(key, "nodes", _record(planner, members, page, inner)))
            case "edges":
                made.append(PagePart(key, "edges", parts=tuple(_edge(planner, members, page, inner))))
            case "pageInfo":
                planner.report.counted[f"{type_name}.pageInfo"] = None
                made.append(PagePart(key, "pageInfo", parts=tuple(_plain(planner, "PageInfo", members))))
            case "totalCount":
                planner.report.counted[f"{type_name}.totalCount"] = None
                made.append(PagePart(key, "totalCount"))
    return made


def _record(planner: Planner, nodes: list[FieldNode], page: Page, place: Place) -> Record:
    """The record as selected here: the page's row policy is tested once, its own fields at this place."""
    base = page.base
    planner.serial += 1
    record = Record(base.type, nothing=base.nothing, serial=planner.serial)
    planner.fill(record, Place(place.path, place.judged_as, record, place.known, place.rows), nodes)
    return record


def _edge(planner: Planner, nodes: list[FieldNode], page: Page, place: Place) -> list[PagePart]:
    type_name = f"{page.base.type.name}Edge"
    found = planner.selector.fields(planner.object_type(type_name), [node.selection_set for node in nodes])
    made = []
    for key, members in found.items():
        planner.count()
        name = members[0].name.value
        if name == "node":
            inner = Place(place.at(key), place.judged_as, place.record, place.known, place.rows)
            made.append(PagePart(key, "node", _record(planner, members, page, inner)))
        elif name == "cursor":
            made.append(PagePart(key, "cursor"))
        else:
            made.append(PagePart(key, "constant", constant=type_name))
    return made


def _plain(planner: Planner, type_name: str, nodes: list[FieldNode]) -> list[PagePart]:
    found = planner.selector.fields(planner.object_type(type_name), [node.selection_set for node in nodes])
    planner.count(nodes=len(found))
    return [
        PagePart(key, "constant", constant=type_name)
        if members[0].name.value == "__typename"
        else PagePart(key, members[0].name.value)
        for key, members in found.items()
    ]


def _order(
    planner: Planner,
    kind: TypeSpec,
    known: frozenset[Predicate],
    asked: list[dict[str, Any]],
    default: tuple[tuple[str, bool], ...],
) -> tuple[tuple[Order, ...], list[str]]:
    """What is asked, then the default order, so that every order is total."""
    if len(asked) > MAX_ORDER:
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="orderBy")
    columns: dict[str, bool] = {}
    for term in asked:
        spec = kind.fields[to_camel_case(term["field"].value)]
        _sortable(planner, spec, kind, known)
        planner.report.filtered[spec.coordinate] = None
        assert isinstance(spec.source, Stored)  # noqa: S101 - only stored scalars are in the enum
        columns.setdefault(spec.source.column, term["direction"].value == "DESC")
    for column, descending in default:
        columns.setdefault(column, descending)
    always = {column for column, _ in default}
    order = tuple(
        Order(column, descending, column not in always and _nullable(kind, column))
        for column, descending in columns.items()
    )
    return order, [f"{term.column}{'-' if term.descending else '+'}" for term in order]


def _nullable(kind: TypeSpec, column: str) -> bool:
    # A column of a view does not say.
    return bool(getattr(kind.declared.table.c[column], "nullable", True))


def _sortable(planner: Planner, spec: FieldSpec, kind: TypeSpec, known: frozenset[Predicate]) -> None:
    assert kind.judged_as is not None  # noqa: S101 - pages are of records
    match planner.verdict(spec, kind.judged_as):
        case Deny(reason):
            raise RootRefused(ErrorCode.SORT_NOT_ALLOWED, **_why(spec, reason))
        case When(predicate, reason) if remaining(predicate, known) is not None:
            raise RootRefused(ErrorCode.SORT_NOT_ALLOWED, **_why(spec, reason))


def _terms(
    planner: Planner, kind: TypeSpec, known: frozenset[Predicate], site: Site, asked: dict[str, Any]
) -> list[Term]:
    made = []
    for name, conditions in asked.items():
        if conditions is None:
            raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument=f"filter.{name}")
        spec = kind.fields[name]
        assert kind.judged_as is not None  # noqa: S101 - pages are of records
        column = _filtered(planner, spec)
        condition = None
        match planner.verdict(spec, kind.judged_as):
            case Deny(reason):
                raise RootRefused(ErrorCode.FILTER_NOT_ALLOWED, **_why(spec, reason))
            case When(predicate):
                condition = remaining(predicate, known)
        planner.report.filtered[spec.coordinate] = None
        for operator, value in conditions.items():
            planner.count()
            made.append(_term(planner, site, kind, column, name, operator, value, condition))
    return made


def _filtered(planner: Planner, spec: FieldSpec) -> str | Derived:
    """What a filter on the field compares. An agency, named by its code, is read only where agencies may be.

    Raises:
        RootRefused
    """
    match spec.source:
        case Stored(column):
            return column
        case Derived() as derived:
            return derived
        case One(column):
            match planner.target_refused(spec):
                case Deny(reason):
                    raise RootRefused(ErrorCode.FILTER_NOT_ALLOWED, **_why(spec, reason))
                case str():
                    raise RootRefused(
                        ErrorCode.FILTER_NOT_ALLOWED,
                        coordinate=spec.coordinate,
                        policy=SCOPE_POLICY,
                        basis=SCOPE_BASIS,
                        reason=MaskCode.SCOPE_MISSING.value,
                        opens=[],
                    )
            return column
    raise AssertionError(spec)  # pragma: no cover - no other field is in a filter


def _term(
    planner: Planner,
    site: Site,
    kind: TypeSpec,
    key: str | Derived,
    name: str,
    operator: str,
    value: Any,
    condition: Predicate | None,
) -> Term:
    uuid = isinstance(key, str) and isinstance(kind.declared.table.c[key].type, Uuid)
    if value is None:
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument=f"filter.{name}.{operator}", hint="isNull")
    path = ("filter", name, operator)
    if isinstance(key, Derived) and isinstance(value, bool) and operator == "eq":
        # Said as the condition itself, which an index can serve: a boolean is part of a plan's shape.
        return Term(key, "is", (), condition, negated=not value)
    if operator == "isNull":
        return Term(key, "isNull", (), condition, negated=not value)
    if operator == "in":
        if len(value) > MAX_IN:
            raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument=f"filter.{name}.in", limit=MAX_IN)
        planner.count(nodes=len(value))
        if any(member is None for member in value):
            raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument=f"filter.{name}.in")
        names = tuple(planner.values.argument(site, (*path, index), uuid=uuid) for index in range(len(value)))
        return Term(key, "in", names, condition)
    return Term(key, operator, (planner.values.argument(site, path, uuid=uuid),), condition)


def _why(spec: FieldSpec, reason: Any) -> dict[str, Any]:
    return {
        "coordinate": spec.coordinate,
        "policy": reason.policy,
        "basis": reason.basis,
        "reason": reason.code.value,
        "opens": list(reason.opens),
    }
