"""Non-interference for the credit platform, not sampled: every field, filter, order, key and feed of the whole schema.

Two databases that differ only in what the platform may not see answer alike, byte for byte; and no answer names a case.
What can be reached at all is proved from the schema (`tests/graph/test_firewall.py`); this proves that the hub keeps to it.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type, is_composite_type

from hub.db.engine import Database
from tests.properties.comparison import Bench, Caller
from tests.properties.dense_places import CASES
from tests.properties.generate import strict_schema
from tests.properties.oracle_law import FIND, KEY, PAGES, column
from tests.properties.test_non_interference import ERROR_ID
from tests.properties.twin import twin
from tests.properties.writing import literal
from tests.world import ALL_READ

pytestmark = pytest.mark.property
# More than its ceiling: the policies alone must do.
PLATFORM = Caller("640104-CREDIT_PLATFORM", "credit-publication", None, ALL_READ)
BY_ROOT = {name.removeprefix("Query."): kind for name, (kind, _, _) in PAGES.items() if name.startswith("Query.")}
AT_ONCE = 8
VALUES = 6
"""Of one field, from each database: most fields have fewer that differ."""


@pytest.fixture(scope="module")
def two(
    bench: Bench, empty_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Bench, Bench]]:
    with twin(bench, PLATFORM, empty_database, Path(tmp_path_factory.mktemp("credit"))) as other:
        yield bench, other


def test_every_record_whole(two: tuple[Bench, Bench]) -> None:
    bodies = [_alike(two, f"{{ {name}(first: 200) {{ {_page(kind, 2)} }} }}") for name, kind in BY_ROOT.items()]
    # Something was there to be compared.
    for kind in ("penaltyRecords", "creditScores", "inspectionResults", "institutions", "agencies"):
        assert any(f'"{kind}":{{"nodes":[{{'.encode() in body for body in bodies), kind


def test_every_filter_and_order(two: tuple[Bench, Bench]) -> None:
    asked = [
        f"{name}(first: 30, {condition}) {{ nodes {{ {_first(kind)} }} totalCount pageInfo {{ hasNextPage }} }}"
        for name, kind in BY_ROOT.items()
        if kind != "Disclosure"
        for condition in (*_filters(two, kind), *_orders(kind))
    ]
    assert len(asked) > 500
    answered = [_alike(two, document) for document in _documents(asked)]
    assert any(b'"totalCount":1,' in body or b'"totalCount":2,' in body for body in answered)


def test_every_record_by_its_key(two: tuple[Bench, Bench]) -> None:
    asked = [
        f"{name}({given}) {{ {' '.join(f'... on {kind} {{ {_aliased(kind)} }}' for kind in kinds)} }}"
        for name, kinds in FIND.items()
        for given in sorted({given for kind in kinds for given in _keys(two, name, kind)})
    ]
    assert len(asked) > 200
    for document in _documents(asked, 4):
        _alike(two, document)


def test_every_entity_for_a_gateway(two: tuple[Bench, Bench]) -> None:
    asked = [
        {"__typename": kind, name: value}
        for kind, name in KEY.items()
        for value in sorted({str(row[column(kind, name)]) for bench in two for row in bench.records.rows[kind]})
    ]
    body = " ".join(f"... on {kind} {{ {_aliased(kind)} }}" for kind in KEY)
    document = f"query Q($asked: [_Any!]!) {{ _entities(representations: $asked) {{ {body} }} }}"
    for start in range(0, len(asked), 200):
        _alike(two, document, {"asked": asked[start : start + 200]}, gateway=True)


def test_every_feed(two: tuple[Bench, Bench]) -> None:
    """As far as a token for this purpose can follow one: the entries; a cursor counts what everybody does."""
    query = strict_schema().query_type
    assert query is not None
    feeds = {name: get_named_type(each.type) for name, each in query.fields.items() if name.endswith("Changes")}
    assert feeds
    for name, page in feeds.items():
        assert isinstance(page, GraphQLObjectType)
        entry = get_named_type(page.fields["nodes"].type)
        _alike(two, f"{{ {name}(first: 1000) {{ hasMore nodes {{ {_selection(entry.name, 2)} }} }} }}")


def test_another_caller_is_told_of_the_difference(two: tuple[Bench, Bench]) -> None:
    """The two databases do differ, and these questions find it."""
    caller = Caller("640104-HEALTHCARE_SECURITY", "fund-supervision", None, ALL_READ)
    for name in ("personnel", "agreementMeasures", "penaltyRecords"):
        document = f"{{ institutions(first: 200) {{ nodes {{ {name} {{ nodes {{ hiddenFields }} totalCount }} }} }} }}"
        bodies = [bench.world.answer(bench.token(caller), document, {}).body for bench in two]
        if bodies[0] != bodies[1]:
            return
    pytest.fail("the two databases look alike to a regulator")


def _alike(
    two: tuple[Bench, Bench], document: str, variables: dict[str, Any] | None = None, *, gateway: bool = False
) -> bytes:
    bodies = [
        ERROR_ID.sub(b"", bench.world.answer(bench.token(PLATFORM), document, variables or {}, gateway=gateway).body)
        for bench in two
    ]
    assert bodies[0] == bodies[1], document
    assert b'"data":' in bodies[0], (document[:300], bodies[0][:300])
    assert not [case_no for case_no in CASES if f'"{case_no}"'.encode() in bodies[0]], document
    return bodies[0]


def _documents(asked: list[str], at_once: int = AT_ONCE) -> Iterator[str]:
    """`at_once`: root fields of one document."""
    for start in range(0, len(asked), at_once):
        roots = (f"r{number}: {root}" for number, root in enumerate(asked[start : start + at_once]))
        yield f"{{ {' '.join(roots)} }}"


# --- selections ------------------------------------------------------------------------------------------------------


def _fields(kind: str) -> dict[str, str]:
    """The named type of each field."""
    made = strict_schema().type_map[kind]
    assert isinstance(made, GraphQLObjectType)
    return {name: get_named_type(each.type).name for name, each in made.fields.items()}


def _is_leaf(target: str) -> bool:
    return not is_composite_type(strict_schema().type_map[target])


def _leaves(kind: str) -> str:
    return " ".join(["__typename", *(name for name, target in _fields(kind).items() if _is_leaf(target))])


def _first(kind: str) -> str:
    """Enough to know a record again, in its place."""
    leaves = [name for name, target in _fields(kind).items() if _is_leaf(target)]
    return " ".join([*leaves[:2], "hiddenFields"])


def _aliased(kind: str) -> str:
    """Under names of the type's own: two types of an interface may differ in a field of one name."""
    leaves = (name for name, target in _fields(kind).items() if _is_leaf(target))
    return " ".join(f"{kind[0].lower()}{kind[1:]}_{name}: {name}" for name in leaves)


def _selection(kind: str, depth: int) -> str:
    parts = [_leaves(kind)]
    for name, target in _fields(kind).items():
        if _is_leaf(target):
            continue
        if target.endswith("Connection"):
            parts += [f"{name}(first: 5) {{ {_page(target.removesuffix('Connection'), depth - 1)} }}"] if depth else []
        elif depth:
            parts.append(f"{name} {{ {_selection(target, depth - 1 if depth > 1 else 0)} }}")
    return " ".join(parts)


def _page(kind: str, depth: int) -> str:
    inner = _leaves(kind) if depth < 1 else _selection(kind, depth - 1)
    return f"nodes {{ {inner} }} totalCount pageInfo {{ hasNextPage }}"


# --- arguments -------------------------------------------------------------------------------------------------------


def _inputs(name: str) -> dict[str, str]:
    made = strict_schema().type_map[name]
    assert isinstance(made, GraphQLInputObjectType)
    return {key: get_named_type(each.type).name for key, each in made.fields.items()}


def _filters(two: tuple[Bench, Bench], kind: str) -> Iterator[str]:
    """Each field by each operator, with values that records have in one database or the other, hidden ones too."""
    for name, filtered in _inputs(f"{kind}Filter").items():
        operators = _inputs(filtered)
        if "isNull" in operators:
            yield f"filter: {{{name}: {{isNull: true}}}}"
            yield f"filter: {{{name}: {{isNull: false}}}}"
        enum = name in ("status", "route", "owedBy") and filtered != "StringFilter"
        for value in sorted(set(_values(two, kind, name))):
            written = value.strip('"') if enum else value
            for operator in ("eq", "gte", "contains"):
                if operator in operators:
                    yield f"filter: {{{name}: {{{operator}: {written}}}}}"
                    break
            if "lt" in operators:
                yield f"filter: {{{name}: {{lt: {written}}}}}"


def _orders(kind: str) -> Iterator[str]:
    for name in strict_schema().type_map[f"{kind}OrderField"].values:  # type: ignore[attr-defined] - it is an enum
        yield f"orderBy: [{{field: {name}, direction: ASC}}]"
        yield f"orderBy: [{{field: {name}, direction: DESC}}]"


def _values(two: tuple[Bench, Bench], kind: str, name: str) -> Iterator[str]:
    for bench in two:
        found = {
            _written(member)
            for row in bench.records.rows[kind]
            if (value := row[column(kind, name)]) is not None
            for member in (value if isinstance(value, list) else [value])
        }
        yield from sorted(found)[:VALUES]


def _written(value: Any) -> str:
    match value:
        case bool() | int():
            return literal(value)
        case datetime() | date():
            return literal(value.isoformat())
        case Decimal() | UUID():
            return literal(str(value))
    return literal(value)


def _keys(two: tuple[Bench, Bench], root: str, kind: str) -> Iterator[str]:
    for bench in two:
        for row in bench.records.rows[kind]:
            if kind == "CreditScore":
                key = f"nhsaCode: {literal(row['nhsa_code'])}, period: {literal(row['period'])}"
                yield from (key, f'{key}, asOf: "2026-11-01T00:00:00Z"') if root == "explainScore" else (key,)
            elif root in ("institution", "personnel"):
                yield f"nhsaCode: {literal(row['nhsa_code'])}"
            else:
                yield f"id: {literal(str(row['public_id']))}"
