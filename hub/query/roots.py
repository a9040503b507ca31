"""One root field: a page, a change feed, one record, representations of a gateway, or what a command affected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from graphql import FieldNode
from strawberry.utils.str_converters import to_camel_case

from hub.graph.catalogue import FieldSpec, TypeSpec
from hub.graph.declare import Affected, Changes, Counted, Digested, Lookup, Related
from hub.graph.errors import ErrorCode
from hub.graph.moments import Moments
from hub.graph.scalars import is_uuid
from hub.policy.verdict import Deny
from hub.query.digests import plan_digest
from hub.query.document import is_text
from hub.query.feedanswer import FeedField
from hub.query.feeds import plan_feed
from hub.query.owing import plan_owing
from hub.query.paging import plan_page
from hub.query.plan import Place, Planner, RootRefused
from hub.query.statistics import plan_statistics
from hub.query.tree import EntitiesRoot, FindRoot, PageRoot, Record, Root
from hub.query.values import Getter, Request, Site, as_text

MAX_ENTITIES = 1_000
COUNTING: Mapping[str, Callable[..., Root | None]] = {
    "ClueStatistics": plan_statistics,
    "Oversight": plan_owing,
    "FeedDigest": plan_digest,
}
"""How a root that counts is planned, by the object it answers."""


@dataclass(frozen=True, slots=True)
class RootField:
    """One root field of the answer, in order.

    Attributes:
        column: index of its json column; None: `constant` is its text, or the schema answers it.
        by_schema: `viewer`, introspection, public law: answered by graphql-core, from no record (`hub/graph/static`).
        feed: a change feed: put together from several columns.
    """

    key: str
    column: int | None = None
    constant: bytes = b"null"
    by_schema: bool = False
    feed: FeedField | None = None


class RootPlanner:
    """Plans one root field. `path`: where it stands in the answer, if not at its root."""

    def __init__(
        self, planner: Planner, key: str, nodes: list[FieldNode], *, gateway: bool, path: str | None = None
    ) -> None:
        self._planner = planner
        self._key = key
        self._path = path or key
        self._nodes = nodes
        self._gateway = gateway
        self._name = nodes[0].name.value

    def plan(self) -> RootField | Root:
        """Raises:
        RootRefused
        """
        if self._name == "__typename":
            return RootField(self._key, constant=b'"Query"')
        if self._name in ("__schema", "__type"):
            return RootField(self._key, by_schema=True)
        if self._name in ("_service", "_entities") and not self._gateway:
            raise RootRefused(ErrorCode.GATEWAY_ONLY)
        if self._name == "_service":
            return RootField(self._key, by_schema=True)
        if self._name == "_entities":
            return self._entities()
        spec = self._planner.catalogue.roots[self._name]
        if spec.source is None:  # no record stands behind it
            return RootField(self._key, by_schema=True)
        if isinstance(spec.source, Related):
            return self._page(spec)
        if isinstance(spec.source, Changes):
            return self._changes(spec, spec.source)
        if isinstance(spec.source, Counted | Digested):
            plan = COUNTING[spec.target]
            return plan(self._planner, spec, self._key, self._nodes, self._site()) or RootField(self._key)
        assert isinstance(spec.source, Lookup)  # noqa: S101 - the catalogue has no other root
        return self._find(spec, spec.source)

    def _site(self) -> Site:
        query = self._planner.schema.query_type
        assert query is not None  # noqa: S101 - the schema has one
        return self._planner.values.site(self._nodes[0], query.fields[self._name])

    def _page(self, spec: FieldSpec) -> RootField | Root:
        kind = self._planner.catalogue.types[spec.target.removesuffix("Connection")]
        if not self._in_scope(kind):
            return RootField(self._key)
        return PageRoot(plan_page(self._planner, spec, self._nodes, self._site().field, self._key, 1))

    def _changes(self, spec: FieldSpec, source: Changes) -> RootField | Root:
        kind = self._planner.catalogue.types[source.of]
        if not self._has(source.scope, f"Query.{self._name}") or not self._in_scope(kind):
            return RootField(self._key)
        return plan_feed(self._planner, spec, source, self._nodes, self._key, self._site())

    def affected(self, spec: FieldSpec) -> RootField | Root:
        """The record that a command changed or made, by the public id in its result."""
        assert isinstance(spec.source, Affected)  # noqa: S101 - it is a field of a payload
        kind, name = self._planner.catalogue.types[spec.target], spec.source.name
        if not self._in_scope(kind, coordinate=spec.coordinate):
            return RootField(self._key)
        record = self._record(kind)
        key = self._planner.values.add(lambda run: run.affected.get(name))
        return FindRoot(((record, ((spec.source.column, key),)),))

    def _in_scope(self, kind: TypeSpec, *, tell: bool = True, coordinate: str | None = None) -> bool:
        return self._has(kind.declared.scope, (coordinate or f"Query.{self._name}") if tell else None)

    def _has(self, scope: str | None, told: str | None) -> bool:
        """Whether the token has the scope; where it has not, that is told of the coordinate `told`."""
        if scope is None or scope in self._planner.scopes:
            return True
        if told is not None:
            self._planner.report.scope_missing(told, self._path, scope)
        return False

    def _find(self, spec: FieldSpec, source: Lookup) -> RootField | Root:
        kinds = [self._planner.catalogue.types[name] for name in self._possible(spec.target)]
        open_kinds = [kind for kind in kinds if self._in_scope(kind)]
        if not open_kinds:
            return RootField(self._key)
        site = self._site()
        moment = None
        if source.moments is not None:
            moment = self._moment(source.moments, site)
            if moment is not None:
                open_kinds = [_as_known(kind, source.moments) for kind in open_kinds]
        found = []
        for kind in open_kinds:
            record = self._record(kind)
            by = tuple(
                (
                    column,
                    self._planner.values.add(_identity(site, to_camel_case(argument), uuid=column == "public_id")),
                )
                for argument, column in source.by
            )
            found.append((record, by))
        return FindRoot(tuple(found), moment)

    def _moment(self, moments: Moments, site: Site) -> str | None:
        """Name of the bound moment; None: none is asked for. One that lies ahead refuses the root when it is run.

        Raises:
            RootRefused: FILTER_NOT_ALLOWED, whatever the moment is
        """
        argument, key = to_camel_case(moments.argument), self._key
        if site.values(self._planner.selector.variables).get(argument) is None:
            return None
        verdict = self._planner.verdicts.of(*moments.judged)
        if isinstance(verdict, Deny):
            raise RootRefused(
                ErrorCode.FILTER_NOT_ALLOWED, argument=argument, policy=verdict.reason.policy,
                basis=verdict.reason.basis, reason=verdict.reason.code.value, opens=list(verdict.reason.opens),
            )  # fmt: skip

        def ahead(request: Request) -> str | None:
            return key if site.values(request.variables)[argument] > request.now else None

        self._planner.values.cursors.append(ahead)
        return self._planner.values.add(lambda request: as_text(site.values(request.variables)[argument]))

    def _record(self, kind: TypeSpec) -> Record:
        record, known = self._planner.record(kind)
        assert kind.judged_as is not None  # noqa: S101 - roots are records
        self._planner.count(rows=1)
        self._planner.fill(record, Place(self._path, kind.judged_as, record, known, 1), self._nodes)
        return record

    def _possible(self, target: str) -> list[str]:
        kind = self._planner.schema.type_map[target]
        if target in self._planner.catalogue.types:
            return [target]
        return sorted(each.name for each in self._planner.schema.get_possible_types(kind))  # type: ignore[arg-type]

    def _entities(self) -> Root:
        """Representations of types and keys; an unknown type name, like a refused record, is null at its place."""
        planner, site = self._planner, self._site()
        asked = site.values(planner.selector.variables)["representations"]
        if len(asked) > MAX_ENTITIES:
            raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="representations", limit=MAX_ENTITIES)
        planner.count(rows=len(asked))
        records = []
        for name in self._possible("_Entity"):
            kind = planner.catalogue.types[name]
            if not self._in_scope(kind, tell=any(_names(one, name) for one in asked)):
                continue
            key = {"ClueTransfer": "id", "PenaltyRecord": "id", "LegalEntity": "uscc", "Agency": "code"}.get(
                name, "nhsaCode"
            )
            column = kind.fields[key].source.column  # type: ignore[union-attr]
            keys = planner.values.add(_keys(site, name, key, uuid=column == "public_id"))
            records.append((self._record(kind), column, keys))

        def count(request: Request) -> object:
            return str(len(site.values(request.variables)["representations"]))

        return EntitiesRoot(planner.values.add(count), tuple(records))


def _as_known(kind: TypeSpec, moments: Moments) -> TypeSpec:
    """The type over the rows as they stood: the same fields, classes, facts and key for the ledger."""
    return replace(kind, declared=replace(kind.declared, table=moments.table))


def _names(representation: object, name: str) -> bool:
    return isinstance(representation, dict) and representation.get("__typename") == name


def _identity(site: Site, argument: str, *, uuid: bool) -> Getter:
    def get(request: Request) -> object:
        given = site.values(request.variables)[argument]
        # What has not the form of a public id names no record: absent and refused look alike.
        return given if not uuid or is_uuid(given) else None

    return get


def _keys(site: Site, name: str, key: str, *, uuid: bool) -> Getter:
    """The keys of one type, null at the places of the others."""

    def get(request: Request) -> object:
        asked = site.values(request.variables)["representations"]
        found = [one.get(key) if _names(one, name) else None for one in asked]
        return [one if isinstance(one, str) and is_text(one) and (not uuid or is_uuid(one)) else None for one in found]

    return get
