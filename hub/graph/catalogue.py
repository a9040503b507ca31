"""Every field of the schema with what was declared beside it: class, source, scope. Read by compiler and commands.

The start fails on a field of a record that has no class (G4): `load_catalogue` names all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from graphql import GraphQLObjectType
from strawberry.types.base import StrawberryObjectDefinition

from hub.graph.declare import (
    KEY,
    Affected,
    Classified,
    Declared,
    Derived,
    Lookup,
    Many,
    One,
    RecordType,
    Related,
    Source,
    Stored,
)
from hub.graph.schema import graphql_schema
from hub.policy.vocabulary import DataClass

STRUCTURE_TYPES = frozenset({"Region", "Evidence"})
"""Their fields are open with the field that holds them: an embedded region; evidence, listed by its own class."""


class UnclassifiedField(Exception):
    """A field of a record without a data class: the hub does not start."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: `coordinate` is `type_name.name`; `data_class` None for structure; `target` the named return type."""

    type_name: str
    name: str
    data_class: Classified | None
    source: Source | None
    target: str

    @property
    def coordinate(self) -> str:
        return f"{self.type_name}.{self.name}"

    @property
    def classes(self) -> tuple[DataClass, ...]:
        """No class, one, or the pair."""
        if self.data_class is None:
            return ()
        return self.data_class if isinstance(self.data_class, tuple) else (self.data_class,)


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """One object type over stored rows.

    Attributes:
        judged_as: name of its resource type in `hub.cedarschema`; None: an item judged as its parent, or Region.
        identifying: class of the field that decides whether a record is listed; None for items.
    """

    name: str
    declared: RecordType
    fields: Mapping[str, FieldSpec]
    judged_as: str | None
    identifying: Classified | None


class Catalogue:
    """All types and fields.

    Attributes:
        types: of records, by GraphQL name.
        roots, mutations: root fields.
        payloads: fields that lead to a record, by type of payload.
    """

    def __init__(
        self,
        types: Mapping[str, TypeSpec],
        roots: Mapping[str, FieldSpec],
        names: frozenset[str],
        mutations: Mapping[str, FieldSpec],
        payloads: Mapping[str, Mapping[str, FieldSpec]],
    ) -> None:
        self.types = types
        self.roots = roots
        self.mutations = mutations
        self.payloads = payloads
        self._names = names

    def judge_of(self, kind: TypeSpec) -> TypeSpec | None:
        """The type as which the fields of a type are judged: itself, an item's parent, an entry's record, or None."""
        if kind.judged_as is not None:
            return kind
        if kind.declared.entry_of:
            return self.types[kind.declared.entry_of]
        return next(
            (
                parent
                for parent in self.types.values()
                if parent.judged_as is not None
                and any(spec.target == kind.name and isinstance(spec.source, Many) for spec in parent.fields.values())
            ),
            None,
        )

    def field(self, coordinate: str) -> FieldSpec:
        """By `Type.field`.

        Raises:
            KeyError: no such coordinate; the message names the nearest ones.
        """
        type_name, _, name = coordinate.partition(".")
        if type_name == "Query" and name in self.roots:
            return self.roots[name]
        if type_name in self.types and name in self.types[type_name].fields:
            return self.types[type_name].fields[name]
        if coordinate in self._names:
            return FieldSpec(type_name, name, None, None, "")
        near = get_close_matches(coordinate, self._names, n=3)
        raise KeyError(f"{coordinate}: no such field / 没有该字段" + (f"; near: {', '.join(near)}" if near else ""))


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Built once from the schema.

    Raises:
        UnclassifiedField
    """
    schema = graphql_schema()
    objects = [
        kind
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
    ]
    names = frozenset(f"{kind.name}.{name}" for kind in objects for name in kind.fields)
    types: dict[str, TypeSpec] = {}
    roots: dict[str, FieldSpec] = {}
    mutations: dict[str, FieldSpec] = {}
    payloads: dict[str, Mapping[str, FieldSpec]] = {}
    for kind in objects:
        definition = kind.extensions.get("strawberry-definition")
        if not isinstance(definition, StrawberryObjectDefinition):
            continue
        specs = {spec.name: spec for spec in _fields(kind, definition)}
        declared = getattr(definition.origin, "__hub__", None)
        if kind.name == "Query":
            roots = specs
        elif isinstance(declared, RecordType):
            types[kind.name] = _type(kind.name, declared, specs, definition)
        elif kind.name == "Mutation":
            mutations = specs
        else:
            payloads[kind.name] = {name: spec for name, spec in specs.items() if isinstance(spec.source, Affected)}
    _refuse_unclassified(types)
    return Catalogue(types, roots, names, mutations, payloads)


def _fields(kind: GraphQLObjectType, definition: StrawberryObjectDefinition) -> list[FieldSpec]:
    by_python_name = {field.python_name: field for field in definition.fields}
    specs = []
    for name, field in kind.fields.items():
        origin = field.extensions.get("strawberry-definition")
        python_name = getattr(origin, "python_name", name)
        declared = by_python_name[python_name].metadata.get(KEY) if python_name in by_python_name else None
        target = field.type
        while hasattr(target, "of_type"):
            target = target.of_type
        if not isinstance(declared, Declared):
            specs.append(FieldSpec(kind.name, name, None, None, target.name))
            continue
        source = declared.source
        if isinstance(source, Stored) and not source.column:
            source = replace(source, column=python_name)
        specs.append(FieldSpec(kind.name, name, declared.data_class, source, target.name))
    return specs


def _type(
    name: str, declared: RecordType, specs: Mapping[str, FieldSpec], definition: StrawberryObjectDefinition
) -> TypeSpec:
    identifying = next(
        (
            field.metadata[KEY].data_class
            for field in definition.fields
            if field.python_name == declared.identifying and KEY in field.metadata
        ),
        None,
    )
    return TypeSpec(name, declared, specs, declared.facts.cedar_type if declared.facts else None, identifying)


def _refuse_unclassified(types: Mapping[str, TypeSpec]) -> None:
    """Only structure may go without a class: relations to pages, hiddenFields, and STRUCTURE_TYPES."""
    missing = [
        spec.coordinate
        for kind in types.values()
        if kind.name not in STRUCTURE_TYPES
        for spec in kind.fields.values()
        if spec.data_class is None and (spec.source is None or isinstance(spec.source, Stored | Derived | One | Lookup))
    ]
    missing += [kind.name for kind in types.values() if kind.judged_as and kind.identifying is None]
    if missing:
        raise UnclassifiedField(
            f"no data class is declared for: {', '.join(sorted(missing))}; declare it in the slice's types.py"
        )


__all__ = ["Catalogue", "FieldSpec", "Related", "TypeSpec", "UnclassifiedField", "load_catalogue"]
