"""Every exposed field has a class (G4), and the declarations fit the tables they name."""

import pytest
import strawberry
from sqlalchemy import Table

from hub.graph.catalogue import (
    STRUCTURE_TYPES,
    TypeSpec,
    UnclassifiedField,
    _fields,
    _refuse_unclassified,
    load_catalogue,
)
from hub.graph.declare import Many, One, Related, Stored, record, value
from hub.graph.schema import graphql_schema
from hub.parties.types import Agency


def test_each_field_of_a_record_has_a_class_or_is_structure() -> None:
    for kind in load_catalogue().types.values():
        for spec in kind.fields.values():
            if kind.name in STRUCTURE_TYPES or spec.name == "hiddenFields" or isinstance(spec.source, Related):
                continue
            assert spec.data_class is not None, spec.coordinate


def test_a_field_without_a_class_fails_the_start_and_is_named() -> None:
    declared = Agency.__hub__  # type: ignore[attr-defined]

    @record(declared, description="test")
    class Unclassified:
        code: strawberry.ID = value(None, "no class")

    @strawberry.type
    class Query:
        unclassified: Unclassified | None = None

    kind = strawberry.federation.Schema(query=Query)._schema.type_map["Unclassified"]
    specs = {spec.name: spec for spec in _fields(kind, Unclassified.__strawberry_definition__)}
    with pytest.raises(UnclassifiedField, match=r"Unclassified\.code"):
        _refuse_unclassified({"Unclassified": TypeSpec("Unclassified", declared, specs, "Agency", None)})


@pytest.mark.parametrize("kind", load_catalogue().types.values(), ids=lambda kind: kind.name)
def test_declared_columns_exist(kind: TypeSpec) -> None:
    columns = kind.declared.table.c
    for spec in kind.fields.values():
        match spec.source:
            case Stored(column):
                assert column in columns, spec.coordinate
            case One(local) | Many(local) | Related(str() as local):
                assert local in columns, spec.coordinate
    for column, _ in kind.declared.order:
        assert column in columns
    for spec in kind.fields.values():
        if isinstance(spec.source, Related) and spec.source.order:
            target = load_catalogue().types[spec.target.removesuffix("Connection")]
            assert {column for column, _ in spec.source.order} <= set(target.declared.table.c.keys())
    if kind.declared.id_column:
        assert kind.declared.id_column in columns


def test_the_default_order_is_total_and_readable() -> None:
    """A cursor carries the order's values: each must be of the class that lists the record (design.md 2)."""
    for kind in load_catalogue().types.values():
        if kind.judged_as is None or f"{kind.name}Connection" not in graphql_schema().type_map:
            continue
        by_column = {spec.source.column: spec for spec in kind.fields.values() if isinstance(spec.source, Stored)}
        for column, _ in kind.declared.order:
            spec = by_column.get(column)
            if spec is None:
                assert (kind.name, column) == ("CreditScore", "nhsa_code")  # its institution's key, public
            else:
                assert spec.data_class == kind.identifying, spec.coordinate


def test_the_order_of_the_register_is_total_and_indexed_by_agency() -> None:
    """It reads `next_due_at`, which is what `dueAt` tells of a listed record, and never NULL."""
    transfer, register = load_catalogue().types["ClueTransfer"], load_catalogue().roots["register"].source
    assert isinstance(register, Related)
    columns = [column for column, _ in register.order]
    assert columns == ["next_due_at", "public_id"]
    assert not transfer.declared.table.c["next_due_at"].nullable
    assert transfer.fields["dueAt"].data_class == transfer.identifying
    audience = transfer.declared.audience
    assert isinstance(audience, Table)
    assert ["agency", *columns] in [[column.name for column in index.columns] for index in audience.indexes]


def test_an_unknown_coordinate_is_answered_with_near_ones() -> None:
    with pytest.raises(KeyError, match=r"CreditScore\.deductions"):
        load_catalogue().field("CreditScore.deduction")
