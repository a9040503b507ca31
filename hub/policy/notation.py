"""How lawyers write down a caller and a record: in the cases and situations of `policies/`, short, with defaults.

An agency is its code, `{region}-{kind}`; its regions, kind and uscc follow from it. A set that is not given is empty, a
flag that is not given is false.
"""

from collections.abc import Mapping, Sequence

from hub.policy.cedarschema import AttributeType, CedarSchema
from hub.policy.concrete import Asker
from hub.policy.errors import PolicyError
from hub.policy.evaluate import Plain, PlainRecord

_LEVELS = (2, 4, 6)
"""Digits of a region code that name its province, prefecture, county (GB/T 2260)."""
Given = Mapping[str, object]


def regions_of(code: str) -> tuple[str, ...]:
    """The region and those above it, from the province down: 640104 → 640000, 640100, 640104.

    >>> regions_of("6401ND")
    ('640000', '640100', '6401ND')
    >>> regions_of("640000")
    ('640000',)
    """
    return tuple(dict.fromkeys(code[:digits].ljust(6, "0") for digits in _LEVELS))


def uscc_of(agency: str) -> str:
    """The uscc that an agency has in cases and situations: no real number."""
    return f"USCC-{agency}"


def asker(agency: str, purpose: str, case_no: str | None, scopes: frozenset[str], *, officer: bool) -> Asker:
    """A client of the agency with a token for the purpose and the case, by a registered officer or not."""
    region, kind = _parts(agency)
    path = regions_of(region)
    return Asker(agency, kind, uscc_of(agency), path, len(path), purpose, case_no, scopes, officer)


def plain_record(schema: CedarSchema, type_name: str, given: Given, region: str | None = None) -> PlainRecord:
    """The record with all attributes of its type.

    Args:
        schema: what the attributes are.
        type_name: the type.
        given: attributes by name; kinds and regions of agencies follow from their codes.
        region: where the record lies.

    Raises:
        PolicyError: an unknown type or attribute, or one that has no default is not given.
    """
    if type_name not in schema.resources:
        raise PolicyError([f"{type_name} is no type of record"])
    declared = schema.entities[type_name]
    if unknown := sorted(given.keys() - declared.keys()):
        raise PolicyError([f"{type_name} has no attribute {', '.join(unknown)}"])
    if (region is not None) != (type_name in schema.in_region):
        raise PolicyError([f"{type_name}: a region is given exactly for a record that lies in one"])
    followed = dict(_following(given)) | dict(given)
    facts = {name: _fact(type_name, name, declared[name], followed) for name in declared}
    return PlainRecord(type_name, regions_of(region) if region else (), facts)


def _following(given: Given) -> Mapping[str, object]:
    """`senderKind` and `senderRegion` of `sender`, and so on."""
    followed: dict[str, object] = {}
    for name in ("sender", "receiver"):
        if name in given:
            region, kind = _parts(str(given[name]))
            followed |= {f"{name}Kind": kind, f"{name}Region": region}
    return followed


def _parts(agency: str) -> tuple[str, str]:
    region, separator, kind = agency.partition("-")
    if not separator or len(region) != _LEVELS[-1]:
        raise PolicyError([f"{agency} is no agency code (region-KIND)"])
    return region, kind


def _fact(type_name: str, name: str, declared: AttributeType, given: Given) -> Plain:
    value = given.get(name)
    if declared.is_set:
        members: Sequence[object] = value if isinstance(value, list | tuple) else ()
        return frozenset(tuple(sorted(m.items())) if isinstance(m, dict) else str(m) for m in members)  # type: ignore[return-value]
    if declared.name == "Bool":
        return value is True
    if value is None:
        raise PolicyError([f"{type_name}.{name} is not given"])
    return regions_of(str(value)) if declared.name == "Region" else str(value)
