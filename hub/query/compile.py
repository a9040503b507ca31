"""From an operation to its compiled form, cached by document, shape of variables and structure of the verdicts."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.utils.str_converters import to_camel_case

from hub.graph.catalogue import Catalogue, FieldSpec, TypeSpec
from hub.graph.declare import Classified, Derived, Lookup, Related
from hub.graph.errors import ErrorCode, error
from hub.graph.scalars import is_uuid
from hub.policy.verdict import Verdict, Verdicts
from hub.query.access import judge
from hub.query.document import Operation, Refused, is_text
from hub.query.paging import plan_page
from hub.query.plan import Place, Planner, RootRefused, TooLarge, TooManyConditions
from hub.query.report import Report
from hub.query.select import Selector
from hub.query.sqltext import derived_cast, prepare_conditions
from hub.query.statement import Statement, statement
from hub.query.tree import EntitiesRoot, FindRoot, PageRoot, Record, Root
from hub.query.values import Getter, Request, Site, Values, shape_of

CACHED_PLANS = 500
MAX_ROOTS = 30
MAX_ENTITIES = 1_000


@dataclass(frozen=True, slots=True)
class RootField:
    """One root field of the answer, in order.

    Attributes:
        column: index of its json column; None: `constant` is its text, or the schema answers it.
        by_schema: `viewer`, introspection, public law: answered by graphql-core, from no record (`hub/graph/static`).
    """

    key: str
    column: int | None = None
    constant: bytes = b"null"
    by_schema: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    """All that a request of this shape needs.

    Attributes:
        refusals: of root fields: code, response key, what else is told.
        static_nodes: root fields that the schema answers.
    """

    fields: tuple[RootField, ...]
    static_nodes: list[FieldNode]
    statement: Statement
    report: Report
    refusals: tuple[tuple[ErrorCode, str, Mapping[str, Any]], ...]
    filtered: tuple[str, ...]
    counted: tuple[str, ...]
    cursors: tuple[Callable[[Request], str | None], ...]

    def bad_cursors(self, request: Request) -> frozenset[str]:
        """Response keys of the roots whose cursors are forged, or of another order."""
        return frozenset(key for check in self.cursors if (key := check(request)) is not None)

    def errors(self) -> list[dict[str, Any]]:
        return [error(code, path=[key], **extensions) for code, key, extensions in self.refusals]


class Compiler:
    """Compiles operations; remembers the last `CACHED_PLANS`."""

    def __init__(self, schema: GraphQLSchema, catalogue: Catalogue) -> None:
        self._schema = schema
        self._catalogue = catalogue
        self._cache: OrderedDict[Hashable, Compiled] = OrderedDict()
        self._judged: dict[Hashable, dict[tuple[str, Classified], Verdict]] = {}

    def prepare(self, verdicts: Iterable[Verdicts]) -> None:
        """Makes what is derived and the conditions of these verdicts ready, or fails the start (G4).

        Raises:
            PolicyError, ValueError
        """
        for kind in self._catalogue.types.values():
            for spec in kind.fields.values():
                if isinstance(spec.source, Derived):
                    derived_cast(spec.source, kind)
        for each in verdicts:
            for kind in self._catalogue.types.values():
                if kind.judged_as is not None:
                    classes = {spec.data_class for spec in kind.fields.values() if spec.data_class is not None}
                    judged_as = kind.judged_as
                    prepare_conditions(kind, (judge(each, judged_as, data_class) for data_class in classes))

    def variables(self, operation: Operation, given: Mapping[str, Any] | None) -> VariableValues | None:
        """Coerced variables; None where the operation declares none.

        Raises:
            Refused: BAD_VARIABLES, naming the variables and never their values
        """
        declared = operation.node.variable_definitions
        if not declared:
            return None
        given = dict(given or {})
        try:
            wrong = [name for name, value in given.items() if not _is_storable(value)]
            coerced = get_variable_values(self._schema, declared, given, max_errors=5)
        except RecursionError:
            raise Refused(ErrorCode.BAD_VARIABLES) from None
        if isinstance(coerced, list) or wrong:
            names = {node.variable.name.value for node in declared}
            places = (
                [] if not isinstance(coerced, list) else [place for each in coerced for place in each.locations or ()]
            )
            raise Refused(
                ErrorCode.BAD_VARIABLES,
                [
                    error(
                        ErrorCode.BAD_VARIABLES,
                        locations=[{"line": place.line, "column": place.column} for place in places],
                        **({"variables": [name for name in wrong if name in names]} if wrong else {}),
                    )
                ],
            )
        return coerced

    def compile(
        self,
        operation: Operation,
        variables: VariableValues | None,
        verdicts: Verdicts,
        scopes: frozenset[str],
        *,
        gateway: bool,
        bad_cursors: frozenset[str] = frozenset(),
    ) -> tuple[Compiled, bool]:
        """The compiled operation, and whether it was remembered.

        Raises:
            Refused: COST_EXCEEDED
        """
        key = (operation, shape_of(variables, operation.first_variables), verdicts.key, scopes, gateway, bad_cursors)
        known = self._cache.get(key)
        if known is not None:
            self._cache.move_to_end(key)
            return known, True
        try:
            known = self._compile(operation, variables, verdicts, scopes, gateway=gateway, bad_cursors=bad_cursors)
        except (TooLarge, TooManyConditions):
            raise Refused(ErrorCode.COST_EXCEEDED) from None
        except GraphQLError:
            # A variable is null where its place needs a value: legal in the document, refused with the values.
            raise Refused(ErrorCode.BAD_VARIABLES) from None
        self._cache[key] = known
        if len(self._cache) > CACHED_PLANS:
            self._cache.popitem(last=False)
        return known, False

    def _compile(
        self,
        operation: Operation,
        variables: VariableValues | None,
        verdicts: Verdicts,
        scopes: frozenset[str],
        *,
        gateway: bool,
        bad_cursors: frozenset[str],
    ) -> Compiled:
        values = Values()
        selector = Selector(self._schema, operation.fragments, variables)
        query = self._schema.query_type
        assert query is not None  # noqa: S101 - the schema has one
        found = selector.fields(query, [operation.node.selection_set])
        if len(found) > MAX_ROOTS:
            raise TooLarge
        report = Report()
        judged = self._judged.setdefault(verdicts.key, {})
        planner = Planner(self._schema, self._catalogue, verdicts, scopes, selector, values, report, judged)
        fields: list[RootField] = []
        roots: list[Root] = []
        refusals: list[tuple[ErrorCode, str, Mapping[str, Any]]] = []
        for key, nodes in found.items():
            planner.count()
            planner.report = report.branch()
            kept_cursors = len(values.cursors)
            try:
                if key in bad_cursors:
                    raise RootRefused(ErrorCode.INVALID_CURSOR)  # noqa: TRY301 - one way for all refusals
                root = _Roots(planner, key, nodes, gateway=gateway).plan()
            except RootRefused as refused:
                refusals.append((refused.code, key, refused.extensions))
                fields.append(RootField(key))
                report.filtered |= planner.report.filtered
                del values.cursors[kept_cursors:]
                continue
            report.merge(planner.report)
            if isinstance(root, RootField):
                fields.append(root)
            else:
                fields.append(RootField(key, len(roots)))
                roots.append(root)
        return Compiled(
            fields=tuple(fields),
            static_nodes=[node for each in fields if each.by_schema for node in found[each.key]],
            statement=statement(roots, values.getters),
            report=report,
            refusals=tuple(refusals),
            filtered=tuple(report.filtered),
            counted=tuple(report.counted),
            cursors=tuple(values.cursors),
        )


class _Roots:
    """Plans one root field."""

    def __init__(self, planner: Planner, key: str, nodes: list[FieldNode], *, gateway: bool) -> None:
        self._planner = planner
        self._key = key
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

    def _in_scope(self, kind: TypeSpec, *, tell: bool = True) -> bool:
        scope = kind.declared.scope
        if scope is None or scope in self._planner.scopes:
            return True
        if tell:
            self._planner.report.scope_missing(f"Query.{self._name}", self._key, scope)
        return False

    def _find(self, spec: FieldSpec, source: Lookup) -> RootField | Root:
        kinds = [self._planner.catalogue.types[name] for name in self._possible(spec.target)]
        open_kinds = [kind for kind in kinds if self._in_scope(kind)]
        if not open_kinds:
            return RootField(self._key)
        site = self._site()
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
        return FindRoot(tuple(found))

    def _record(self, kind: TypeSpec) -> Record:
        record, known = self._planner.record(kind)
        assert kind.judged_as is not None  # noqa: S101 - roots are records
        self._planner.count(rows=1)
        self._planner.fill(record, Place(self._key, kind.judged_as, record, known, 1), self._nodes)
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


def _is_storable(value: object) -> bool:
    """No NUL and no lone surrogate anywhere in a variable."""
    if isinstance(value, str):
        return is_text(value)
    if isinstance(value, Mapping):
        return all(_is_storable(member) for pair in value.items() for member in pair)
    return all(_is_storable(member) for member in value) if isinstance(value, list) else True
