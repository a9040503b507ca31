"""A caller and a record given in full, as Cedar entities: for cases and the matrix, never for a query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.policy.cedarschema import AttributeType, CedarSchema
from hub.policy.errors import PolicyError
from hub.policy.evaluate import Plain, PlainRecord
from hub.policy.predicate import Parameter
from hub.policy.residual import NO_CASE
from hub.policy.vocabulary import DataClass

Json = Mapping[str, Any]
_ELEMENTARY = {"String": str, "Long": int, "Bool": bool}


@dataclass(frozen=True, slots=True)
class Asker:
    """What the policies see of a caller.

    Attributes:
        agency: its code.
        region: codes of the regions it lies in, from the province down to its own.
        region_level: of its own region: 1 province, 2 prefecture, 3 county.
        case_no: the case named in the token, or None.
        officer: the token names an officer who is registered with the agency today.
    """

    agency: str
    kind: str
    uscc: str
    region: tuple[str, ...]
    region_level: int
    purpose: str
    case_no: str | None
    scopes: frozenset[str]
    officer: bool = False

    def parameters(self) -> Mapping[Parameter, str]:
        """What is bound for this caller; without a case, no predicate asks for one."""
        case = {} if self.case_no is None else {Parameter.CASE: self.case_no}
        return case | {
            Parameter.AGENCY: self.agency,
            Parameter.AGENCY_USCC: self.uscc,
            Parameter.REGION: self.region[-1],
        }


def asker_entities(asker: Asker) -> list[Json]:
    """The client, its agency, its region and the regions above, its case."""
    client = {
        "agency": _reference("Agency", asker.agency),
        "agencyKind": asker.kind,
        "agencyUscc": asker.uscc,
        "region": _reference("Region", asker.region[-1]),
        "regionLevel": asker.region_level,
        "officerRegistered": asker.officer,
    }
    return [
        _entity("Client", "client", client, [("Agency", asker.agency)]),
        _entity("Agency", asker.agency),
        _entity("Case", NO_CASE if asker.case_no is None else asker.case_no),
        *_regions(asker.region),
    ]


def asker_context(asker: Asker, data_class: DataClass) -> Json:
    """What the token says, and the class that is asked for."""
    return {
        "purpose": _reference("Purpose", asker.purpose),
        "dataClass": _reference("DataClass", data_class.value),
        "hasCase": asker.case_no is not None,
        "case": _reference("Case", NO_CASE if asker.case_no is None else asker.case_no),
        "scopes": sorted(asker.scopes),
    }


def record_entities(record: PlainRecord, schema: CedarSchema) -> list[Json]:
    """The record, `{type}::"record"`, and the regions that it or its attributes lie in.

    Raises:
        PolicyError: the record has not exactly the attributes of its type.
    """
    declared = schema.entities[record.type_name]
    if declared.keys() != record.facts.keys():
        differing = ", ".join(sorted(declared.keys() ^ record.facts.keys()))
        raise PolicyError([f"{record.type_name}: the attributes are not those of the schema: {differing}"])
    attributes = {name: _attribute(record.facts[name], declared[name], schema) for name in declared}
    paths = [record.region, *(value for value in record.facts.values() if isinstance(value, tuple))]
    regions = {json_["uid"]["id"]: json_ for path in paths for json_ in _regions(path)}
    parents = [("Region", record.region[-1])] if record.region else []
    return [_entity(record.type_name, "record", attributes, parents), *regions.values()]


def sample_record(schema: CedarSchema, type_name: str) -> PlainRecord:
    """Any record of the type: if Cedar accepts it, the schema was read as Cedar reads it."""
    region = ("a region",) if type_name in schema.in_region else ()
    declared = schema.entities[type_name]
    return PlainRecord(type_name, region, {name: _sample(declared[name], schema) for name in declared})


def _sample(declared: AttributeType, schema: CedarSchema) -> Plain:
    if declared.name in schema.types:
        return frozenset({tuple((name, "x") for name in sorted(schema.types[declared.name]))})
    if declared.is_set:
        return frozenset({"x"})
    if declared.name == "Region":
        return ("x",)
    return {"Long": 0, "Bool": False}.get(declared.name, "x")


def _attribute(value: Plain, declared: AttributeType, schema: CedarSchema) -> Any:
    if declared.is_set:
        if not isinstance(value, frozenset):
            raise PolicyError([f"a set is expected, not {value!r}"])
        members: list[Any] = sorted(value)
        if declared.name in schema.types:
            fields = schema.types[declared.name]
            return [{name: _attribute(text, fields[name], schema) for name, text in pair} for pair in members]
        return [_attribute(member, AttributeType(declared.name), schema) for member in members]
    if declared.name in _ELEMENTARY:
        return value
    return _reference(declared.name, value[-1] if isinstance(value, tuple) else str(value))


def _regions(path: tuple[str, ...]) -> list[Json]:
    above = [None, *path]
    return [
        _entity("Region", code, parents=[("Region", parent)] if parent else [])
        for code, parent in zip(path, above, strict=False)
    ]


def _reference(kind: str, name: str) -> Json:
    return {"__entity": {"type": kind, "id": name}}


def _entity(
    kind: str, name: str, attributes: Json | None = None, parents: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    return {
        "uid": {"type": kind, "id": name},
        "attrs": attributes or {},
        "parents": [{"type": parent, "id": code} for parent, code in parents],
    }
