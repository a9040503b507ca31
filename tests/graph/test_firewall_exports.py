"""The credit firewall and the bulk exports: what a line is made of is listed by hand, and leads to proven fields only."""

from dataclasses import replace

import pytest

from hub.graph.export import FOLDER
from hub.graph.exporting import Export
from hub.graph.exports import EXPORTS
from hub.graph.firewall import prove
from hub.policy.engine import PolicyEngine
from hub.settings import Settings
from tests.world import load_engine

POLICIES = Settings().policies


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    return load_engine()


def problems(engine: PolicyEngine, **exports: Export) -> tuple[str, ...]:
    return prove(engine, POLICIES, FOLDER, exports={**EXPORTS, **exports}).problems


def test_the_exports_are_proved(engine: PolicyEngine) -> None:
    assert problems(engine) == ()


@pytest.mark.parametrize("added", ["facts", "counterpartyResidentId", "status", "authority { code }"])
def test_one_more_field_fails_with_its_path(engine: PolicyEngine, added: str) -> None:
    penalties = EXPORTS["penalties"]
    selection = penalties.selection.replace("{", f"{{ {added} ", 1)
    (told,) = problems(engine, penalties=replace(penalties, selection=selection))
    assert "GET /feed/export?feed=penalties → " in told
    assert "exports.penalties" in told


def test_one_field_less_fails(engine: PolicyEngine) -> None:
    penalties = EXPORTS["penalties"]
    (told,) = problems(engine, penalties=replace(penalties, selection=penalties.selection.replace(" remark ", " ")))
    assert "PenaltyRecord.remark" in told


def test_an_export_of_its_own_fails_with_all_its_fields(engine: PolicyEngine) -> None:
    transfers = replace(EXPORTS["penalties"], name="transfers", of="ClueTransfer", selection="{ caseNo }")
    told = problems(engine, transfers=transfers)
    assert len(told) == 2
    assert all("GET /feed/export?feed=transfers → ClueTransfer.caseNo" in each for each in told)
