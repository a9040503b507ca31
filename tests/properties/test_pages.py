"""(a), page by page: every order walked to its end by the hub's own cursors, every operator on every field."""

import os
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from tests.properties.comparison import Bench, Caller
from tests.properties.generate import Query, strict_schema
from tests.properties.oracle_law import CLASS_OF, IDENTIFYING, PAGES, column
from tests.properties.oracle_pages import leaf
from tests.properties.oracle_rows import Row
from tests.properties.test_every_field import some_callers, standing
from tests.properties.whole import ROOTS
from tests.properties.writing import literal

pytestmark = pytest.mark.property
SOAK = bool(os.environ.get("HUB_SOAK"))
KINDS = {"clueTransfers": "ClueTransfer", "penaltyRecords": "PenaltyRecord"}
"""The types with nulls, ties and conditions on some records."""
ONLY_ENUM = {"status"}


def asker(bench: Bench) -> Caller:
    """A caller with an open case, to whom much is open on some records only."""
    return next(
        each for each in some_callers(bench) if standing(bench, each) == "open" and each.purpose == "fund-supervision"
    )


def ask(bench: Bench, caller: Caller, document: str, **variables: Any) -> dict[str, Any]:
    return bench.compare(caller, Query(document, variables, gateway=False, afters={}))[0]


@pytest.mark.parametrize("root", KINDS)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_every_order_walked_to_its_end(bench: Bench, root: str, direction: str) -> None:
    kind, caller = KINDS[root], asker(bench)
    expected = {str(row["public_id"]) for row in bench.records.rows[kind] if bench.judge(caller).is_listed(kind, row)}
    fields = [name for name in CLASS_OF[kind] if _is_sorted_by(kind, name)]
    for name in fields if SOAK else fields[:: 1 if kind == "ClueTransfer" else 2]:
        document = (
            f"query Q($after: String) {{ page: {root}(first: 7, after: $after, orderBy: [{{field: {_member(name)},"
            f" direction: {direction}}}]) {{ nodes {{ id {name} }} pageInfo {{ endCursor hasNextPage }} totalCount }} }}"
        )
        seen: list[str] = []
        after, more = None, True
        while more:
            page = ask(bench, caller, document, after=after)["data"]["page"]
            seen += [node["id"] for node in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(seen) == len(set(seen)), name
        assert set(seen) == expected, name


def test_no_order_by_what_is_hidden(bench: Bench) -> None:
    """To sort by a field is to read it: every field of every type, asked once; the comparison knows who may."""
    caller, refused = asker(bench), 0
    for root in ROOTS:
        for member in sorted(_members(PAGES[f"Query.{root}"][0])):
            answered = ask(
                bench, caller, f"{{ {root}(first: 3, orderBy: [{{field: {member}}}]) {{ nodes {{ __typename }} }} }}"
            )
            refused += "errors" in answered
    assert refused, "some order is refused"


def _is_sorted_by(kind: str, name: str) -> bool:
    return CLASS_OF[kind][name] == CLASS_OF[kind][IDENTIFYING[kind]] and _member(name) in _members(kind)


def _members(kind: str) -> set[str]:
    return set(strict_schema().type_map[f"{kind}OrderField"].values)  # type: ignore[attr-defined]


def _member(name: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name)


@pytest.mark.parametrize("root", KINDS)
def test_every_operator_on_every_field(bench: Bench, root: str) -> None:
    """With a value of a record on which the field is open, and with one of a record on which it is hidden."""
    kind, caller = PAGES[f"Query.{root}"][0], asker(bench)
    hidden_asked = 0
    filters = strict_schema().type_map[f"{kind}Filter"]
    assert isinstance(filters, GraphQLInputObjectType)
    for name, given in filters.fields.items():
        for operator in given.type.fields:
            for hidden, row in _examples(bench, caller, kind, name):
                value = literal(_operand(row[column(kind, name)], operator))
                value = value.strip('"') if name in ONLY_ENUM and operator != "isNull" else value
                value = f"[{value}]" if operator == "in" else value
                ask(
                    bench,
                    caller,
                    f"{{ {root}(filter: {{{name}: {{{operator}: {value}}}}}) {{ nodes {{ id }} totalCount }} }}",
                )
                hidden_asked += hidden
    assert hidden_asked, "some field is hidden on some record"


def _examples(bench: Bench, caller: Caller, kind: str, name: str) -> list[tuple[bool, Row]]:
    """Listed records with a value, by whether it is hidden: one of each there is."""
    judge = bench.judge(caller)
    found: dict[bool, Row] = {}
    for row in bench.records.rows[kind]:
        if row[column(kind, name)] not in (None, []) and judge.is_listed(kind, row):
            found.setdefault(not judge.is_open(kind, row, CLASS_OF[kind][name]), row)
    return list(found.items())


def _operand(value: Any, operator: str) -> Any:
    if operator == "isNull":
        return False
    if isinstance(value, list):
        return value[0]
    return leaf(value, as_text=False)
