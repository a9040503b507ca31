"""(a) The compiled statement answers what graphql-core's executor answers over plain objects, row by row judged by Cedar."""

import os
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import assume, event, given, note, settings
from hypothesis import strategies as st

from tests.properties.callers import callers
from tests.properties.comparison import Bench, Caller
from tests.properties.generate import Query, queries, strict_schema
from tests.properties.oracle_pages import Marker
from tests.properties.test_every_field import some_callers, standing
from tests.properties.whole import ROOTS, nested
from tests.world import ALL_READ

pytestmark = pytest.mark.property
EXAMPLES = 3000 if os.environ.get("HUB_SOAK") else 150


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_compiler_is_executor(bench: Bench, data: st.DataObject) -> None:
    query = data.draw(queries(bench.records))
    assume(not validate(strict_schema(), parse(query.document)))
    caller = data.draw(callers(bench))
    note(f"{caller}\n{query}")
    answered, markers = bench.compare(caller, query)
    event(
        "refused as a whole: " + answered["errors"][0]["extensions"]["code"] if "data" not in answered else "answered"
    )
    if markers and query.afters:
        for name, (kind, order) in query.afters.items():
            query.variables[name] = _cursor(bench, data, markers, kind, order)
        note(f"after {query.variables}")
        bench.compare(caller, query)
        event("a page after a cursor")


def test_every_relation_asks_its_scope(bench: Bench) -> None:
    """Each scope missing in turn, at every relation two steps deep; the generated queries ask the rest."""
    callers = {caller.purpose: caller for caller in some_callers(bench) if standing(bench, caller) == "open"}
    for purpose in ("fund-supervision", "criminal-referral"):
        caller = callers[purpose]
        for scope in ALL_READ:
            without = Caller(caller.agency, purpose, caller.case_no, tuple(each for each in ALL_READ if each != scope))
            for root in ROOTS:
                answered, _ = bench.compare(without, Query(nested(root), {}, gateway=False, afters={}))
                assert "data" in answered, (root, answered)


def _cursor(bench: Bench, data: st.DataObject, markers: list[Marker], kind: str, order: Any) -> str:
    """One of the answer's cursors, of the right order where there is one; else one that opens nothing."""
    fitting = [marker for marker in markers if (marker.kind, marker.order) == (kind, order)] or markers
    return bench.cursors.texts[fitting[data.draw(st.integers(0, len(fitting) - 1))]]
