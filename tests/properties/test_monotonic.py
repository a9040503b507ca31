"""(d) Fewer rights never show more: a scope removed, the case closed, a permit dropped, a forbid added."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from hub.db.engine import Database
from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.settings import Settings
from tests.properties import dense
from tests.properties.callers import ALL
from tests.properties.comparison import Bench, Caller
from tests.properties.generate import Query, Style, queries, strict_schema
from tests.properties.oracle_law import CLASS_OF
from tests.properties.test_every_field import some_callers, standing
from tests.properties.whole import ROOTS, document, shown
from tests.world import World, load_engine

pytestmark = pytest.mark.property
SOAK = bool(os.environ.get("HUB_SOAK"))
EXAMPLES = 1000 if SOAK else 60
FORBIDS = {
    "a-class": 'forbid (principal, action == Action::"read", resource) when { context.dataClass == DataClass::"INVESTIGATION" };',
    "a-type": 'forbid (principal, action == Action::"read", resource is PenaltyRecord);',
    "some-records": 'forbid (principal, action == Action::"read", resource is ClueTransfer)'
    ' when { resource.overdue || resource.receiverKind == "HEALTH" };',
    "its-own-region": 'forbid (principal, action == Action::"read", resource) when { resource in principal.region };',
    "natural-persons": 'forbid (principal, action == Action::"read", resource is PenaltyRecord)'
    ' when { context.dataClass != DataClass::"PUBLIC" && resource.naturalPerson };',
    "a-kind-with-case": 'forbid (principal, action == Action::"read", resource)'
    ' when { principal.agencyKind == "HEALTH" && context.hasCase };',
}


def _whole(bench: Bench, caller: Caller) -> set[tuple[Any, ...]]:
    """Everything that a caller is shown of the whole database."""
    found: set[tuple[Any, ...]] = set()
    for root in ROOTS:
        found.update(shown(root, bench.ask(caller, Query(document(root), {}, gateway=False, afters={}))))
    return found


def sample(bench: Bench) -> list[Caller]:
    """Callers with much to lose."""
    everyone = some_callers(bench)
    return everyone if SOAK else [caller for caller in everyone if standing(bench, caller) == "open"]


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_fewer_scopes_show_less(bench: Bench, data: st.DataObject) -> None:
    query = data.draw(queries(bench.records, Style(whole=True)))
    assume(not validate(strict_schema(), parse(query.document)) and "disclosures" not in query.document)
    caller = data.draw(st.sampled_from(some_callers(bench)))
    fewer = replace(
        caller,
        scopes=tuple(s for s in ALL if data.draw(st.booleans())),
        officer=caller.officer and data.draw(st.integers(0, 3)) != 1,
    )
    note(f"{fewer}\n{query}")
    more, less = (bench.ask(each, query) for each in (caller, fewer))
    assume("data" in more and "data" in less)
    # A root that is refused as a whole, for a filter on a hidden field below it, is null; without the scope of what the
    # filter stands on nothing is filtered, and the rest of the root is answered.
    refused = {entry["path"][0] for entry in more.get("errors", ())}
    _at_most({key: value for key, value in less["data"].items() if key not in refused}, more["data"], "data")


def _at_most(less: Any, more: Any, place: str) -> None:
    """Every value of the one is in the other, at its place; a page may hold fewer records."""
    match less:
        case None:
            return
        case dict():
            assert isinstance(more, dict), place
            for key, member in less.items():
                _at_most(member, more[key], f"{place}.{key}")
        case list() if any(isinstance(each, dict) for each in (*less, *(more or ()))):
            assert isinstance(more, list), place
            left = list(more)
            # `_entities` keeps the place of a record that is not shown.
            for member in [each for each in less if each is not None]:
                fitting = next((each for each in left if _fits(member, each)), None)
                assert fitting is not None, (place, member)
                left.remove(fitting)
        case list():
            assert isinstance(more, list), place
            hidden = set(less) | set(more) <= NAMES
            # More hidden fields are told, and no other list grows.
            assert set(more) <= set(less) if hidden else less == more, place
        case bool() | str():
            assert less == more, place
        case int():
            assert isinstance(more, int), place
            assert less <= more, place


NAMES = {name for fields in CLASS_OF.values() for name in fields}


def _fits(less: Any, more: Any) -> bool:
    try:
        _at_most(less, more, "")
    except AssertionError:
        return False
    return True


def test_a_scope_less_shows_less(bench: Bench) -> None:
    for caller in sample(bench)[:: 1 if SOAK else 2]:
        everything = _whole(bench, caller)
        for scope in ("parties:read", "clues:read", "penalties:read", "credit:read"):
            without = replace(caller, scopes=tuple(s for s in ALL if s != scope))
            shown_without = _whole(bench, without)
            assert shown_without <= everything, (caller, scope)
            lost = shown_without < everything
            assert lost or scope == "credit:read" or standing(bench, caller) != "open", (caller, scope)


AMBIGUOUS = {name for name in NAMES if len({each.get(name) for each in CLASS_OF.values()} - {None}) > 1}
"""Names of fields that are of one class on one type and of another elsewhere."""


def test_without_a_registered_officer_less_is_shown(bench: Bench) -> None:
    """What is lost is of INVESTIGATION and above, all of that, and nothing else."""
    by_officers = {"INVESTIGATION", "HEALTH_DATA", "PERSONAL", "TRADE_SECRET", "INFORMANT"}
    closed = {name for fields in CLASS_OF.values() for name, each in fields.items() if each in by_officers}
    lost_fields: set[str] = set()
    for caller in [each for each in sample(bench) if each.officer]:
        everything, without = _whole(bench, caller), _whole(bench, replace(caller, officer=False))
        assert without <= everything, (caller, without - everything)
        for value in everything - without:
            # The field itself, or for an item of a list the list or the item's field.
            assert closed & set(value[2:4]), (caller, value)
            lost_fields |= set(value[2:4])
        assert not any(set(value[2:4]) & (closed - AMBIGUOUS) for value in without), caller
    assert {"summary", "diagnosis", "deductions", "phone"} <= lost_fields


@pytest.fixture
def second(bench: Bench, empty_database: Callable[[], Database], tmp_path: Path) -> Iterator[Bench]:
    """A world with the same records, to be changed."""
    database = empty_database()
    dense.fill(database, bench.world.clock.now())
    world = World(database, tmp_path, bench.world.engine, bench.world.clock)
    yield Bench(world)
    world.close()


def test_closing_the_case_shows_less(bench: Bench, second: Bench) -> None:
    for caller in sample(bench):
        before = _without_end(_whole(second, caller))
        second.world.owner.execute(
            "UPDATE clue_transfer SET closed_at = %s WHERE case_no = %s AND closed_at IS NULL",
            (bench.world.clock.now(), caller.case_no),
        )
        after = _without_end(_whole(second, caller))
        assert after <= before, (caller, after - before)
        if caller.purpose != "case-oversight" and standing(bench, caller) == "open":
            assert after < before, (caller, "an open case opens something")
        _reopen(bench, second, caller.case_no)


def _without_end(values: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """That a transfer is closed is itself told; everything else may only disappear."""
    return {value for value in values if value[-1] != "closedAt"}


def _reopen(bench: Bench, second: Bench, case_no: str | None) -> None:
    for row in bench.records.where("ClueTransfer", case_no=case_no):
        second.world.owner.execute(
            "UPDATE clue_transfer SET closed_at = %s WHERE id = %s", (row["closed_at"], row["id"])
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The policies, to be changed."""
    copied = tmp_path / "policies"
    shutil.copytree(Settings().policies, copied)
    return copied


def _engine(folder: Path) -> PolicyEngine:
    return load_engine(folder)


@pytest.mark.parametrize("name", FORBIDS if SOAK else list(FORBIDS)[::2])
def test_one_forbid_more_shows_less(bench: Bench, second: Bench, folder: Path, name: str) -> None:
    text = f'@id("{name}")\n@basis("测试")\n@order("990")\n@zh("测试")\n@en("test")\n{FORBIDS[name]}\n'
    (folder / "added.cedar").write_text(text, encoding="utf-8")
    second.world.with_engine(_engine(folder))
    fewer = 0
    for caller in sample(bench):
        before, after = _whole(bench, caller), _whole(second, caller)
        assert after <= before, (caller, after - before)
        fewer += after < before
    assert fewer, "the forbid forbids somebody something"


def test_one_permit_less_shows_less(bench: Bench, second: Bench, folder: Path) -> None:
    """Without its permit a purpose opens nothing; the hub does not start where no forbid would then say why."""
    permits = [policy for policy in bench.world.engine.policies.values() if policy.effect == "permit"]
    assert permits
    permits = permits if SOAK else permits[::5]
    started = 0
    for policy in permits:
        file = folder / policy.file
        kept = file.read_text(encoding="utf-8")
        file.write_text(_without(kept, policy.id), encoding="utf-8")
        try:
            second.world.with_engine(_engine(folder))
        except PolicyError:
            file.write_text(kept, encoding="utf-8")
            continue
        started += 1
        for caller in sample(bench):
            assert _whole(second, caller) <= _whole(bench, caller), (policy.id, caller)
        file.write_text(kept, encoding="utf-8")
    assert started == 0, "a purpose without permit must not start: nothing tells why its fields are hidden"


def _without(text: str, name: str) -> str:
    """The file without one policy."""
    head, found, tail = text.partition(f'@id("{name}")')
    assert found
    return head + tail.partition(";")[2]
