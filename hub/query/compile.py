"""From an operation to its compiled form, cached by document, shape of variables and structure of the verdicts."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLObjectType, GraphQLSchema
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.utils.str_converters import to_camel_case

from hub.graph.catalogue import Catalogue
from hub.graph.declare import Changes, Classified, Derived, Digested, Lookup
from hub.graph.errors import ErrorCode, error
from hub.graph.exporting import Export
from hub.policy.predicate import Const
from hub.policy.verdict import Verdict, Verdicts
from hub.query.access import judge
from hub.query.badvariables import bad_places
from hub.query.digests import BEHIND, NO_KEY
from hub.query.document import Operation, Refused, is_text
from hub.query.feedanswer import ToldFeed
from hub.query.feeds import conditions
from hub.query.lines import CompiledLines, compile_lines
from hub.query.plan import Planner, RootRefused, TooLarge, TooManyConditions
from hub.query.report import Report
from hub.query.roots import RootField, RootPlanner
from hub.query.select import Fields, Selector
from hub.query.sqltext import derived_cast, prepare_condition, prepare_conditions
from hub.query.statement import Statement, columns_of, statement
from hub.query.tree import FeedRoot, LineForm, Root
from hub.query.values import Request, Values, shape_of

CACHED_PLANS = 500
MAX_ROOTS = 30


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
        """Response keys of the roots whose cursors are forged, or of another order; `key.behind`: that is no key."""
        return frozenset(key for check in self.cursors if (key := check(request)) is not None)

    def feeds(self, request: Request, columns: Sequence[bytes | None]) -> dict[str, ToldFeed]:
        """By response key, what is told of each change feed. `columns`: the json columns of the row."""
        return {each.key: each.feed.told(request, columns) for each in self.fields if each.feed is not None}

    @property
    def wait_s(self) -> int:
        """How many seconds the answer waits, where all its feeds are empty."""
        return max((each.feed.wait_s for each in self.fields if each.feed is not None), default=0)

    def errors(self) -> list[dict[str, Any]]:
        return [error(code, path=[key], **extensions) for code, key, extensions in self.refusals]


class Compiler:
    """Compiles operations; remembers the last `CACHED_PLANS`."""

    def __init__(self, schema: GraphQLSchema, catalogue: Catalogue) -> None:
        self.schema = schema
        self.catalogue = catalogue
        self._cache: OrderedDict[Hashable, Compiled] = OrderedDict()
        self._lines: dict[Hashable, CompiledLines] = {}
        self._judged: dict[Hashable, dict[tuple[str, Classified], Verdict]] = {}

    def prepare(self, verdicts: Iterable[Verdicts]) -> None:
        """Makes what is derived and the conditions of these verdicts ready, or fails the start (G4).

        Raises:
            PolicyError, ValueError
        """
        for kind in self.catalogue.types.values():
            for spec in kind.fields.values():
                if isinstance(spec.source, Derived):
                    derived_cast(spec.source, kind)
        for each in verdicts:
            for kind in self.catalogue.types.values():
                if kind.judged_as is not None:
                    classes = {spec.data_class for spec in kind.fields.values() if spec.data_class is not None}
                    judged_as = kind.judged_as
                    prepare_conditions(kind, (judge(each, judged_as, data_class) for data_class in classes))
            self._prepare_feeds(each)

    def _prepare_feeds(self, verdicts: Verdicts) -> None:
        for root in self.catalogue.roots.values():
            if isinstance(root.source, Changes):
                kind = self.catalogue.types[root.source.of]
                asked = conditions(root.source, partial(judge, verdicts), kind)
                for condition in (asked.row, asked.former, asked.less):
                    if not isinstance(condition, Const):
                        prepare_condition(kind, condition)

    def variables(self, operation: Operation, given: Mapping[str, Any] | None) -> VariableValues | None:
        """Coerced variables; None where the operation declares none.

        Raises:
            Refused: BAD_VARIABLES, naming the places in the variables and never their values
        """
        declared = operation.node.variable_definitions
        if not declared:
            return None
        given = dict(given or {})
        try:
            wrong = [name for name, value in given.items() if not _is_storable(value)]
            coerced = get_variable_values(self.schema, declared, given, max_errors=5)
        except RecursionError:
            raise Refused(ErrorCode.BAD_VARIABLES) from None
        if isinstance(coerced, list) or wrong:
            names = {node.variable.name.value for node in declared}
            failures = coerced if isinstance(coerced, list) else []
            locations = dict.fromkeys((place.line, place.column) for each in failures for place in each.locations or ())
            told: dict[str, Any] = {"variables": [name for name in wrong if name in names]} if wrong else {}
            if places := bad_places(self.schema, declared, given):
                told["places"] = places
            at = [{"line": line, "column": column} for line, column in locations]
            raise Refused(ErrorCode.BAD_VARIABLES, [error(ErrorCode.BAD_VARIABLES, locations=at, **told)])
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
        shape = shape_of(variables, operation.first_variables)
        return self._remembered(
            (operation, shape, verdicts.key, scopes, gateway, bad_cursors),
            lambda: self._compile(operation, variables, verdicts, scopes, gateway=gateway, bad_cursors=bad_cursors),
        )

    def payload(
        self,
        operation: Operation,
        variables: VariableValues | None,
        verdicts: Verdicts,
        scopes: frozenset[str],
        key: str,
        nodes: list[FieldNode],
    ) -> tuple[Compiled, bool]:
        """The records that the payload of one root field of a mutation leads to; `compile` for them.

        Their public ids come with the run (`Request.affected`); the fields of the payload that lead to no record are
        not among `Compiled.fields`. A refusal of one of them is one of the root field: before its command is given.

        Raises:
            Refused: COST_EXCEEDED, BAD_VARIABLES
        """
        shape = shape_of(variables, operation.first_variables, operation.shaping_variables)

        def make() -> Compiled:
            name = self.catalogue.mutations[nodes[0].name.value].target
            to_records = self.catalogue.payloads[name]
            kind = self.schema.type_map[name]
            assert isinstance(kind, GraphQLObjectType)  # noqa: S101 - payloads are object types
            planner = self._planner(operation, variables, verdicts, scopes)
            found = planner.selector.fields(kind, [node.selection_set for node in nodes])
            led = {each: nodes for each, nodes in found.items() if nodes[0].name.value in to_records}

            def plan(each: str, nodes: list[FieldNode]) -> RootField | Root:
                spec = to_records[nodes[0].name.value]
                return RootPlanner(planner, each, nodes, gateway=False, path=f"{key}.{each}").affected(spec)

            return _assembled(planner, led, plan, frozenset())

        return self._remembered((operation, shape, verdicts.key, scopes, key), make)

    def lines(self, export: Export, form: LineForm, verdicts: Verdicts, scopes: frozenset[str]) -> CompiledLines:
        """The records of a feed in bulk; remembered like operations.

        Raises:
            NotOpen
        """
        key = (export.name, form, verdicts.key, scopes)
        known = self._lines.get(key)
        if known is None:
            selector = Selector(self.schema, {}, None)
            judged = self._judged.setdefault(verdicts.key, {})
            planner = Planner(self.schema, self.catalogue, verdicts, scopes, selector, Values(), Report(), judged)
            known = compile_lines(planner, export, form)
            if len(self._lines) >= CACHED_PLANS:
                self._lines.clear()
            self._lines[key] = known
        return known

    def _remembered(self, key: Hashable, make: Callable[[], Compiled]) -> tuple[Compiled, bool]:
        known = self._cache.get(key)
        if known is not None:
            self._cache.move_to_end(key)
            return known, True
        try:
            known = make()
        except (TooLarge, TooManyConditions):
            raise Refused(ErrorCode.COST_EXCEEDED) from None
        except GraphQLError:
            # A variable is null where its place needs a value: legal in the document, refused with the values.
            raise Refused(ErrorCode.BAD_VARIABLES) from None
        self._cache[key] = known
        if len(self._cache) > CACHED_PLANS:
            self._cache.popitem(last=False)
        return known, False

    def _planner(
        self, operation: Operation, variables: VariableValues | None, verdicts: Verdicts, scopes: frozenset[str]
    ) -> Planner:
        selector = Selector(self.schema, operation.fragments, variables)
        judged = self._judged.setdefault(verdicts.key, {})
        return Planner(self.schema, self.catalogue, verdicts, scopes, selector, Values(), Report(), judged)

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
        planner = self._planner(operation, variables, verdicts, scopes)
        query = self.schema.query_type
        assert query is not None  # noqa: S101 - the schema has one
        found = planner.selector.fields(query, [operation.node.selection_set])

        def plan(key: str, nodes: list[FieldNode]) -> RootField | Root:
            return RootPlanner(planner, key, nodes, gateway=gateway).plan()

        return _assembled(planner, found, plan, bad_cursors)


def _assembled(
    planner: Planner,
    found: Fields,
    plan: Callable[[str, list[FieldNode]], RootField | Root],
    bad_cursors: frozenset[str],
) -> Compiled:
    """Each field planned, or refused without the others; one statement for all."""
    if len(found) > MAX_ROOTS:
        raise TooLarge
    report, values = planner.report, planner.values
    fields: list[RootField] = []
    roots: list[Root] = []
    columns = 0
    refusals: list[tuple[ErrorCode, str, Mapping[str, Any]]] = []
    for key, nodes in found.items():
        planner.count()
        planner.report = report.branch()
        kept_cursors = len(values.cursors)
        try:
            if bad_cursors & {key, f"{key}.{BEHIND}"}:
                raise _refused_at_run(planner, nodes, behind=key not in bad_cursors)
            root = plan(key, nodes)
        except RootRefused as refused:
            refusals.append((refused.code, key, refused.extensions))
            fields.append(RootField(key))
            report.filtered |= planner.report.filtered
            del values.cursors[kept_cursors:]
            continue
        report.merge(planner.report)
        if isinstance(root, RootField):
            fields.append(root)
            continue
        feed = replace(root.answer, column=columns) if isinstance(root, FeedRoot) else None
        fields.append(RootField(key, columns, feed=feed))
        columns += len(columns_of(root))
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


def _refused_at_run(planner: Planner, nodes: list[FieldNode], *, behind: bool) -> RootRefused:
    """What is answered to a cursor that this root did not give, to a moment that lies ahead, to what is no key."""
    if behind:
        return RootRefused(ErrorCode.INVALID_ARGUMENT, argument=BEHIND, next=NO_KEY)
    source = planner.catalogue.roots[nodes[0].name.value].source
    if isinstance(source, Lookup) and source.moments is not None:
        return RootRefused(ErrorCode.INVALID_ARGUMENT, argument=to_camel_case(source.moments.argument))
    return RootRefused(
        ErrorCode.RESYNC_REQUIRED if isinstance(source, Changes | Digested) else ErrorCode.INVALID_CURSOR
    )


def _is_storable(value: object) -> bool:
    """No NUL and no lone surrogate anywhere in a variable."""
    if isinstance(value, str):
        return is_text(value)
    if isinstance(value, Mapping):
        return all(_is_storable(member) for pair in value.items() for member in pair)
    return all(_is_storable(member) for member in value) if isinstance(value, list) else True
