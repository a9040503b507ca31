"""What `policies/hub.cedarschema` declares, and whether the facts beside the types declare the same.

Cedar gives no reader of its schema language, so the few forms that the file uses are read here; anything else is an
error. The engine lets Cedar itself check one entity of each type made from this reading.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hub.policy.errors import PolicyError
from hub.policy.facts import Fact, Flag, PairSet, RecordFacts, RegionOf, Scalar, SetOf

_ENTITY = re.compile(r"entity (\w+)(?: in \[(\w+)\])?(?: \{(.*)\})?")
_ENUM = re.compile(r"entity (\w+) enum \[(.*)\]")
_TYPE = re.compile(r"type (\w+) = \{(.*)\}")
_ACTION = re.compile(r'action "read" appliesTo \{ principal: \[Client\], resource: \[(.*?)\], context: \{.*\},? \}')
_ATTRIBUTE = re.compile(r"(\w+): (?:(\w+)|Set<(\w+)>)")


@dataclass(frozen=True, slots=True)
class AttributeType:
    """`String`, `Long`, `Bool`, an entity type, or the name of a record type; or a set of these."""

    name: str
    is_set: bool = False


Attributes = Mapping[str, AttributeType]


@dataclass(slots=True)
class CedarSchema:
    """The declarations by name.

    Attributes:
        entities: attributes of each entity type.
        in_region: entity types whose members lie in a Region.
        enums: the closed vocabularies.
        types: record types (`OpenCase`).
        resources: entity types that can be read.
    """

    entities: dict[str, Attributes] = field(default_factory=dict)
    in_region: set[str] = field(default_factory=set)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    types: dict[str, Attributes] = field(default_factory=dict)
    resources: tuple[str, ...] = ()


def read_schema(text: str) -> CedarSchema:
    """The declarations of the schema.

    Raises:
        PolicyError: a declaration of another form, for example an optional attribute.
    """
    schema = CedarSchema()
    bare = " ".join(re.sub(r"//[^\n]*", "", text).split())
    for statement in filter(None, (part.strip() for part in bare.split(";"))):
        if match := _ENUM.fullmatch(statement):
            schema.enums[match[1]] = tuple(re.findall(r'"([^"]*)"', match[2]))
        elif match := _ENTITY.fullmatch(statement):
            schema.entities[match[1]] = _attributes(match[3] or "")
            if match[2] == "Region":
                schema.in_region.add(match[1])
        elif match := _TYPE.fullmatch(statement):
            schema.types[match[1]] = _attributes(match[2])
        elif match := _ACTION.fullmatch(statement):
            schema.resources = tuple(name.strip() for name in match[1].split(","))
        else:
            raise PolicyError([f"hub.cedarschema: a form that the hub does not read: {statement[:120]}"])
    return schema


def _attributes(text: str) -> Attributes:
    attributes = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _ATTRIBUTE.fullmatch(part)
        if match is None:
            reason = "optional attributes let a forbid be skipped" if "?" in part else "not a form that the hub reads"
            raise PolicyError([f"hub.cedarschema: {part}: {reason}"])
        attributes[match[1]] = AttributeType(match[2] or match[3], is_set=match[3] is not None)
    return attributes


def disagreements(schema: CedarSchema, records: Mapping[str, RecordFacts]) -> Iterator[str]:
    """Every place where the schema and the facts of the types differ, and every fact that may be NULL."""
    for name in sorted(set(schema.resources) ^ records.keys()):
        side = "hub.cedarschema" if name in schema.resources else "hub/*/facts.py"
        yield f"{name}: readable only according to {side}"
    for name in sorted(set(schema.resources) & records.keys()):
        facts, declared = records[name], schema.entities.get(name, {})
        if (facts.region is not None) != (name in schema.in_region):
            yield f"{name}: lies in a Region only according to one of hub.cedarschema and hub/*/facts.py"
        for attribute in sorted(declared.keys() ^ facts.attributes.keys()):
            side = "hub.cedarschema" if attribute in declared else "hub/*/facts.py"
            yield f"{name}.{attribute}: declared only in {side}"
        for attribute in sorted(declared.keys() & facts.attributes.keys()):
            expected = _kind(schema, declared[attribute])
            if not isinstance(facts.attributes[attribute], expected):
                yield f"{name}.{attribute}: the schema asks for {expected.__name__} in hub/*/facts.py"
        yield from _nullable(facts)


def _kind(schema: CedarSchema, declared: AttributeType) -> type[Fact]:
    if declared.is_set:
        return PairSet if declared.name in schema.types else SetOf
    return {"Bool": Flag, "Region": RegionOf}.get(declared.name, Scalar)


def _nullable(facts: RecordFacts) -> Iterator[str]:
    """Cedar has no null: a scalar that were NULL would make a forbid neither true nor false."""
    columns = list(facts.region or ())
    for fact in facts.attributes.values():
        match fact:
            case Scalar(column):
                columns.append(column)
            case RegionOf(three):
                columns.extend(three)
    for column in columns:
        if facts.table is None:
            yield f"{facts.cedar_type}: its facts name columns, but no table to look them up in"
            return
        if column not in facts.table.c:
            yield f"{facts.cedar_type}: {facts.table} has no column {column}"
        elif facts.table.c[column].nullable:
            yield f"{facts.cedar_type}: {facts.table}.{column} may be NULL"
