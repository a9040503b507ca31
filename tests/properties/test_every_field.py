"""(b) What leaves the hub is what Cedar's `is_authorized` allows, for every row, every field and every kind of caller."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.properties.callers import all_callers
from tests.properties.comparison import Bench, Caller
from tests.properties.generate import Query
from tests.properties.oracle_judge import Judge
from tests.properties.oracle_law import CLASS_OF, IDENTIFYING, MANY, ONE, PAGES, column
from tests.properties.oracle_pages import leaf
from tests.properties.oracle_rows import Row
from tests.properties.whole import ROOTS, document

pytestmark = pytest.mark.property


def some_callers(bench: Bench) -> list[Caller]:
    """One of each kind, purpose and standing in the case; all of them in a soak; and some whom no officer stands for."""
    everyone = all_callers(bench)
    if os.environ.get("HUB_SOAK"):
        return [*everyone, *(replace(caller, officer=False) for caller in everyone)]
    kinds: dict[Any, Caller] = {}
    for caller in everyone:
        agency = bench.records.one("Agency", code=caller.agency)
        assert agency
        kinds.setdefault((agency["kind"], caller.purpose, standing(bench, caller)), caller)
    unnamed = [replace(caller, officer=False) for caller in kinds.values() if standing(bench, caller) == "open"]
    return [*kinds.values(), *unnamed]


def standing(bench: Bench, caller: Caller) -> str:
    """What the agency is to the case of its token."""
    if caller.case_no is None:
        return "none"
    if bench.cases.uscc[caller.agency] in bench.cases.subjects.get(caller.case_no, ()):
        return "subject"
    if (caller.case_no, caller.agency) in bench.cases.open_for:
        return "open"
    parties = [bench.cases.parties(row) for row in bench.cases.transfers if row["case_no"] == caller.case_no]
    return "closed" if any(caller.agency in each for each in parties) else "foreign"


def test_the_database_holds_every_standing(bench: Bench) -> None:
    """Or the properties would prove less than they say."""
    standings = {(caller.purpose, standing(bench, caller)) for caller in all_callers(bench)}
    for purpose in ("fund-supervision", "medical-practice-regulation", "agreement-management"):
        assert {(purpose, each) for each in ("none", "open", "closed", "foreign")} <= standings
    assert {("agreement-management", "subject"), ("medical-practice-regulation", "subject")} <= standings
    statuses = {row["status"] for row in bench.records.rows["ClueTransfer"]}
    assert len(statuses) == 11
    assert len({row["data_class"] for row in bench.records.rows["Evidence"]}) == 9


def test_declared_classes_are_those_of_the_law() -> None:
    """Every field of the schema has the class that domain.md gives it, and no field is missing on either side."""
    from hub.graph.catalogue import load_catalogue

    declared = {
        kind.name: {spec.name: spec.classes for spec in kind.fields.values() if spec.classes}
        for kind in load_catalogue().types.values()
    }
    by_hand = {
        kind: {name: ("PUBLIC", "SUPERVISION") if " " in each else (each,) for name, each in fields.items()}
        for kind, fields in CLASS_OF.items()
    }
    assert {kind: fields for kind, fields in declared.items() if fields} == by_hand


def test_every_field_is_as_decided(bench: Bench) -> None:
    for caller in some_callers(bench):
        judge = bench.judge(caller)
        for root in ROOTS:
            kind, *_ = PAGES[f"Query.{root}"]
            page = bench.ask(caller, Query(document(root), {}, gateway=False, afters={}))["data"][root]
            _check(judge, kind, judge.records.rows[kind], page["nodes"], caller)
            assert page["totalCount"] == len(page["nodes"])


def _check(judge: Judge, kind: str, rows: list[Row], nodes: list[Row], caller: Caller) -> None:
    """Exactly the records that may be listed, each with exactly the fields that may be read."""
    listed = {_key(kind, row): row for row in rows if judge.is_listed(kind, row)}
    found = {_key_in(kind, node, judge): node for node in nodes}
    assert listed.keys() == found.keys(), (caller, kind)
    for key, row in listed.items():
        node, hidden = found[key], set(_hidden(judge, kind, row))
        assert set(node["hiddenFields"]) == hidden, (caller, kind, key, hidden)
        for name in CLASS_OF[kind]:
            if f"{kind}.{name}" in MANY or f"{kind}.{name}" in ONE:
                closed = name in hidden and f"{kind}.{name}" not in MANY
                assert not closed or node[name] is None, (caller, kind, key, name)
            else:
                expected = None if name in hidden else leaf(judge.value(kind, row, name), as_text=False)
                assert node[name] == expected, (caller, kind, key, name)
        if kind == "Institution":
            _check(
                judge, "Personnel", judge.records.where("Personnel", institution_id=row["id"]), _people(node), caller
            )


def _people(node: Row) -> list[Row]:
    people: list[Row] = node["personnel"]["nodes"]
    return people


def _key(kind: str, row: Row) -> tuple[Any, ...]:
    if kind == "CreditScore":
        return (row["nhsa_code"], row["period"])
    return (str(row[column(kind, IDENTIFYING[kind])]),)


def _key_in(kind: str, node: Row, judge: Judge) -> tuple[Any, ...]:
    if kind == "CreditScore":
        return (node["institution"]["nhsaCode"], node["period"])
    return (node[IDENTIFYING[kind]],)


def _hidden(judge: Judge, kind: str, row: Row) -> Iterator[str]:
    for name, classified in CLASS_OF[kind].items():
        coordinate = f"{kind}.{name}"
        target, *_ = ONE.get(coordinate) or MANY.get(coordinate) or ("",)
        if not judge.is_open(kind, row, classified):
            yield name
        elif coordinate == "ClueTransfer.evidence":
            items = judge.records.where("Evidence", transfer_id=row["id"])
            if not all(judge.is_open(kind, row, item["data_class"]) for item in items):
                yield name
        elif target in IDENTIFYING and not any(judge.is_listed(target, each) for each in judge.records.rows[target]):
            yield name
