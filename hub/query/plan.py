"""Selection ∩ verdicts → a tree. Here a field that is denied disappears, before any SQL exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema
from strawberry.utils.str_converters import to_camel_case

from hub.graph.catalogue import Catalogue, FieldSpec, TypeSpec
from hub.graph.declare import Classified, Derived, HiddenFields, Many, One, Related, Stored
from hub.graph.errors import ErrorCode
from hub.policy.predicate import Operator, Parameter, Predicate, Test
from hub.policy.verdict import Allow, Deny, Reason, Verdict, Verdicts, When
from hub.policy.vocabulary import DataClass
from hub.query.access import judge, known_from, remaining
from hub.query.report import Report, TooManyConditions
from hub.query.select import Selector
from hub.query.tree import (
    Constant,
    Hidden,
    HiddenField,
    ItemRule,
    Items,
    Leaf,
    Object,
    Output,
    PageOutput,
    Record,
)
from hub.query.values import Values

MAX_NODES = 1_000
"""Compiled nodes of one operation: what SQL is built from (security.md 29)."""
RELATION_NODES = 12
"""A relation costs PostgreSQL's planner more than a field costs anyone."""
MAX_BYTES = 48_000_000
"""Of names and punctuation that the answer could hold: rows × the lengths of their fields' names."""
FIELD_BYTES = 24
MAX_ROWS = 50_000
"""Rows that the pages of one operation could hold together: the product of nested `first`s, summed."""
AUDIENCE = Test("audience", Operator.CONTAINS, Parameter.AGENCY)


class RootRefused(Exception):
    """A root field is null with one entry in `errors`; the others are answered."""

    def __init__(self, code: ErrorCode, **extensions: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.extensions = extensions


class TooLarge(Exception):
    """COST_EXCEEDED: more nodes or rows than one operation may ask."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the planner stands.

    Attributes:
        path: response path in words, "clueTransfers.nodes".
        judged_as: resource type of the row that judges; its record is `record`.
        known: conditions that hold for every row here.
        rows: how many rows may be here.
    """

    path: str
    judged_as: str
    record: Record
    known: frozenset[Predicate]
    rows: int

    def at(self, key: str) -> str:
        return f"{self.path}.{key}"


@dataclass(slots=True)
class Planner:
    """Plans the fields of records for one operation, one caller structure, one set of variable shapes."""

    schema: GraphQLSchema
    catalogue: Catalogue
    verdicts: Verdicts
    scopes: frozenset[str]
    selector: Selector
    values: Values
    report: Report = field(default_factory=Report)
    judged: dict[tuple[str, Classified], Verdict] = field(default_factory=dict)
    nodes: int = 0
    rows: int = 0
    bytes: int = 0
    serial: int = 0

    def count(self, nodes: int = 1, rows: int = 0, size: int = 0) -> None:
        """Counts before building.

        Raises:
            TooLarge
        """
        self.nodes += nodes
        self.rows += rows
        self.bytes += size
        if self.nodes > MAX_NODES or self.rows > MAX_ROWS or self.bytes > MAX_BYTES:
            raise TooLarge

    def object_type(self, name: str) -> GraphQLObjectType:
        kind = self.schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101 - the catalogue names object types only
        return kind

    def record(self, kind: TypeSpec) -> tuple[Record, frozenset[Predicate]]:
        """A record of the type under its row policy, and what then is known of each row."""
        self.serial += 1
        made = Record(kind, serial=self.serial)
        if kind.judged_as is None or kind.identifying is None:
            return made, frozenset()
        match self.judge(kind.judged_as, kind.identifying):
            case Deny():
                made.nothing = True
                return made, frozenset()
            case When(predicate):
                known = known_from(predicate)
                made.by_audience = kind.declared.audience is not None and AUDIENCE in known
                made.row = remaining(predicate, frozenset({AUDIENCE}) if made.by_audience else frozenset())
                return made, known
        return made, frozenset()

    def fill(self, record: Record, place: Place, selections: Sequence[FieldNode]) -> None:
        """Plans what is selected of a record."""
        found = self.selector.fields(self.object_type(record.type.name), [node.selection_set for node in selections])
        for key, nodes in found.items():
            self.count(size=place.rows * (len(key) + FIELD_BYTES))
            record.outputs.append(self._output(key, nodes, record.type, place))

    def verdict(self, spec: FieldSpec, judged_as: str) -> Verdict:
        """Of a field; structure is open with what holds it."""
        return Allow() if spec.data_class is None else self.judge(judged_as, spec.data_class)

    def judge(self, judged_as: str, classes: Classified) -> Verdict:
        """`judge` once per class of a type: a record with forty fields has seven classes."""
        key = (judged_as, classes)
        known = self.judged.get(key)
        if known is None:
            known = self.judged[key] = judge(self.verdicts, judged_as, classes)
        return known

    def _output(self, key: str, nodes: list[FieldNode], kind: TypeSpec, place: Place) -> Output:
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(key, kind.name)
        spec = kind.fields[name]
        if isinstance(spec.source, HiddenFields):
            return Hidden(key, self._hidden_fields(kind, place))
        verdict = self.verdict(spec, place.judged_as)
        if isinstance(verdict, Deny):
            self.report.deny(spec, place.at(key), verdict.reason)
            return Constant(key, None)
        if (refused := self.target_refused(spec)) is not None:
            self._tell_target(spec, place.at(key), refused)
            return Constant(key, None)
        condition = self._condition(spec, verdict, place, place.at(key))
        if condition is None:
            self.report.show(spec)
        return self._shown(key, nodes, spec, condition, place)

    def _condition(self, spec: FieldSpec, verdict: Verdict, place: Place, path: str) -> Predicate | None:
        if not isinstance(verdict, When):
            return None
        condition = remaining(verdict.predicate, place.known)
        if condition is not None:
            # One bit for all fields of this record under this condition.
            bit = self.report.conditional(spec, path, verdict.reason, (place.record.serial, condition))
            if (bit, condition) not in place.record.bits:
                place.record.bits.append((bit, condition))
        return condition

    def _shown(
        self, key: str, nodes: list[FieldNode], spec: FieldSpec, condition: Predicate | None, place: Place
    ) -> Output:
        match spec.source:
            case Stored(column, as_text):
                return Leaf(key, column, as_text, condition)
            case Derived() as derived:
                return Leaf(key, derived, as_text=False, condition=condition)
            case One() as link:
                self.count(RELATION_NODES, rows=place.rows)
                target, child = self._child(spec, key, condition, place, 1)
                self.fill(target, child, nodes)
                return Object(key, link, target, condition)
            case Many() as link:
                target, child = self._child(spec, key, condition, place, 10)
                self.count(RELATION_NODES, rows=child.rows)
                self.fill(target, child, nodes)
                rules = self._item_rules(spec, target, place, place.at(key))
                return Items(key, link, target, condition, rules, self._only(spec, link, nodes[0]))
            case Related():
                from hub.query.paging import plan_page  # noqa: PLC0415 - pages hold records, records hold pages

                parent = self.object_type(spec.type_name).fields[spec.name]
                return PageOutput(key, plan_page(self, spec, nodes, parent, place.at(key), place.rows))
        raise AssertionError(spec)  # pragma: no cover - the catalogue has no other source

    def _only(self, spec: FieldSpec, link: Many, node: FieldNode) -> tuple[tuple[str, str], ...]:
        """The arguments that are given, each with its column and the name of its bound value."""
        if not link.only:
            return ()
        site = self.values.site(node, self.object_type(spec.type_name).fields[spec.name])
        given = site.values(self.selector.variables)
        return tuple(
            (column, self.values.argument(site, (to_camel_case(argument),), uuid=True))
            for argument, column in link.only
            if given.get(to_camel_case(argument)) is not None
        )

    def _child(
        self, spec: FieldSpec, key: str, condition: Predicate | None, place: Place, each: int
    ) -> tuple[Record, Place]:
        kind = self.catalogue.types[spec.target]
        target, known = self.record(kind)
        rows = place.rows * each
        if kind.judged_as is not None:
            return target, Place(place.at(key), kind.judged_as, target, known, rows)
        # An item is judged as its parent, on the parent's row, under what is known of that row.
        target.judged_on_parent = True
        known = place.known | known_from(condition)
        return target, Place(place.at(key), place.judged_as, target, known, rows)

    def target_refused(self, spec: FieldSpec) -> Deny | str | None:
        """Why no record of a related type can be shown at all: its scope is missing, or the policy lists none."""
        kind = self.catalogue.types.get(spec.target.removesuffix("Connection"))
        if kind is None or kind.judged_as is None:
            return None
        if kind.declared.scope is not None and kind.declared.scope not in self.scopes:
            return kind.declared.scope
        if isinstance(spec.source, One | Many) and kind.identifying is not None:
            listed = self.judge(kind.judged_as, kind.identifying)
            return listed if isinstance(listed, Deny) else None
        return None

    def _tell_target(self, spec: FieldSpec, path: str, refused: Deny | str) -> None:
        if isinstance(refused, Deny):
            self.report.deny(spec, path, refused.reason)
        else:
            self.report.scope_missing(spec.coordinate, path, refused)

    def _item_rules(self, spec: FieldSpec, target: Record, place: Place, path: str | None) -> tuple[ItemRule, ...]:
        """When the items of a list are visible; none: always. `path` None: for `hiddenFields`, reported nowhere.

        Evidence is hidden item by item and told of (domain.md D). Items that are records of their own, deductions, are
        absent like any record that may not be listed: that one is there would tell of another case.
        """
        if target.type.declared.row_class is not None:
            return self._rules_by_class(spec, place, path)
        if path is None or (target.row is None and not target.by_audience):
            return ()
        kind = target.type
        assert kind.judged_as is not None and kind.identifying is not None  # noqa: PT018, S101 - it has a row policy
        listed = self.judge(kind.judged_as, kind.identifying)
        assert isinstance(listed, When)  # noqa: S101 - denied lists are refused before
        return (ItemRule(None, listed.predicate, None),)

    def _rules_by_class(self, spec: FieldSpec, place: Place, path: str | None) -> tuple[ItemRule, ...]:
        groups: dict[Verdict, list[DataClass]] = {}
        for data_class in DataClass:
            if data_class is not DataClass.ADMINISTRATION:
                groups.setdefault(self.judge(place.judged_as, data_class), []).append(data_class)
        rules = []
        for verdict, classes in groups.items():
            condition = remaining(verdict.predicate, place.known) if isinstance(verdict, When) else None
            bit = None
            if path is not None and not isinstance(verdict, Allow) and (condition or isinstance(verdict, Deny)):
                reason = verdict.reason
                if classes == [DataClass.INFORMANT]:
                    # That an informant's item is there is not told: it is one more hidden item.
                    reason = self._reason_of_others(groups) or reason
                where = (place.record.serial, spec.name, classes[0])
                bit = self.report.conditional(spec, path, reason, where, item=True)
            rules.append(ItemRule(tuple(classes), condition, bit, never=isinstance(verdict, Deny)))
        return tuple(rules)

    @staticmethod
    def _reason_of_others(groups: Mapping[Verdict, list[DataClass]]) -> Reason | None:
        hidden = (verdict for verdict, classes in groups.items() if classes != [DataClass.INFORMANT])
        return next((verdict.reason for verdict in hidden if isinstance(verdict, Deny | When)), None)

    def _hidden_fields(self, kind: TypeSpec, place: Place) -> tuple[HiddenField, ...]:
        found = []
        for spec in kind.fields.values():
            if spec.data_class is None:
                continue
            self.count()
            verdict = self.verdict(spec, place.judged_as)
            if isinstance(verdict, Deny) or self.target_refused(spec) is not None:
                found.append(HiddenField(spec.name, always=True))
                continue
            condition = remaining(verdict.predicate, place.known) if isinstance(verdict, When) else None
            rules: tuple[ItemRule, ...] = ()
            target = None
            if isinstance(spec.source, Many):
                target = self.catalogue.types[spec.target]
                rules = self._item_rules(spec, Record(target), place, None)
            link = spec.source if isinstance(spec.source, Many) and rules else None
            if condition is not None or link is not None:
                found.append(HiddenField(spec.name, False, condition, link, target if link else None, rules))
        return tuple(found)


__all__ = ["MAX_NODES", "MAX_ROWS", "Place", "Planner", "RootRefused", "TooLarge", "TooManyConditions"]
