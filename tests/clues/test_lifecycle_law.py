"""The lifecycle names routes and clocks by string only; here they are held against the rule packs of `hub.law`."""

import ast
import sys
from pathlib import Path

import pytest

from hub.clues import lifecycle
from hub.clues.lifecycle import route_of
from hub.clues.lifecycle_tables import TABLES
from hub.clues.lifecycle_words import Clock, Route
from hub.law import vocabulary
from hub.law.clock import clock_names

KINDS = [
    "HEALTHCARE_SECURITY",
    "HEALTH",
    "MARKET_REGULATION",
    "PUBLIC_SECURITY",
    "DISCIPLINE_INSPECTION",
    "PROCURATORATE",
    "FUND_OPERATOR",
    "CREDIT_PLATFORM",
    "DRUG_SUPERVISION",
]


@pytest.mark.parametrize("route", Route)
def test_every_clock_that_starts_is_a_rule_of_its_route(route: Route) -> None:
    known = clock_names()
    for edge in TABLES[route]:
        for clock in edge.starts:
            assert str(route) in {str(other) for other in known[clock]}, (edge.event, clock)


def test_a_clock_that_stops_is_started_somewhere() -> None:
    started = {clock for edges in TABLES.values() for edge in edges for clock in edge.starts}
    assert started == set(Clock)


def test_routes_are_those_of_the_law() -> None:
    assert [str(route) for route in Route] == [str(route) for route in vocabulary.Route]
    for sender in KINDS:
        for receiver in KINDS:
            assert str(route_of(sender, receiver)) == str(vocabulary.route_of(sender, receiver)), (sender, receiver)


def test_the_domain_imports_neither_the_hub_nor_a_framework() -> None:
    """Checked in the sources: only the standard library, and the lifecycle's own modules."""
    folder = Path(lifecycle.__file__).parent
    for source in [folder / "events.py", *folder.glob("lifecycle*.py")]:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                own = name == "hub.clues.events" or name.startswith("hub.clues.lifecycle")
                assert own or name.split(".")[0] in sys.stdlib_module_names, f"{source.name} imports {name}"
