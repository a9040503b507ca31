"""(c) Two databases that differ only in what is hidden from the caller answer byte for byte the same.

Whatever is asked: filters, orders, cursors and counts on any field, ids and keys of hidden records.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from graphql import parse, validate
from hypothesis import assume, event, given, note, settings
from hypothesis import strategies as st

from hub.db.engine import Database
from tests.properties.callers import ALL
from tests.properties.comparison import Bench, Caller
from tests.properties.generate import Query, Style, queries, strict_schema
from tests.properties.oracle_copy import FEEDS
from tests.properties.test_digests import digest, following
from tests.properties.twin import twin

pytestmark = pytest.mark.property
SOAK = bool(os.environ.get("HUB_SOAK"))
EXAMPLES = 400 if SOAK else 30
CALLERS = (
    Caller("640104-HEALTH", "medical-practice-regulation", "C-1", ALL),
    Caller("640104-HEALTHCARE_SECURITY", "fund-supervision", "C-2", ALL),
    Caller("640104-FUND_OPERATOR", "agreement-management", "C-3", ALL),
    Caller("640104-PUBLIC_SECURITY", "criminal-referral", "C-5", ALL),
    Caller("640104-HEALTHCARE_SECURITY", "fund-supervision", "C-2", ALL, officer=False),
    Caller("640100-HEALTH", "case-oversight", None, ALL),
    Caller("640104-CREDIT_PLATFORM", "credit-publication", None, ALL),
    Caller("640104-MARKET_REGULATION", "market-regulation", "C-6", ("parties:read", "penalties:read", "credit:read")),
)
ERROR_ID = re.compile(rb'"id":"[0-9a-f]{32}"')
CURSOR = re.compile(r'"([A-Za-z0-9_-]{40,})"')


@pytest.fixture(params=CALLERS, ids=lambda caller: caller.agency + ("" if caller.officer else "-without-officer"))
def two(
    request: pytest.FixtureRequest, bench: Bench, empty_database: Callable[[], Database], tmp_path: Path
) -> Iterator[tuple[Caller, Bench, Bench]]:
    """The caller, the dense database, and a second one in which all that it may not see is otherwise."""
    with twin(bench, request.param, empty_database, tmp_path) as other:
        yield request.param, bench, other


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_hidden_values_change_nothing(two: tuple[Caller, Bench, Bench], data: st.DataObject) -> None:
    caller, one, other = two
    query = data.draw(queries(one.records, Style(filter_one_in=1)))
    assume(not validate(strict_schema(), parse(query.document)))
    # The ledger is not the same: each world has its own.
    assume("disclosures" not in query.document)
    note(f"{caller}\n{query}")
    body = _same(caller, one, other, query)
    cursors = CURSOR.findall(body.decode())
    if cursors and query.afters:
        for name in query.afters:
            query.variables[name] = cursors[data.draw(st.integers(0, len(cursors) - 1))]
        note(f"after {query.variables}")
        _same(caller, one, other, query)
        event("after a cursor")


def _same(caller: Caller, one: Bench, other: Bench, query: Query) -> bytes:
    bodies = [
        ERROR_ID.sub(
            b"", bench.world.answer(bench.token(caller), query.document, query.variables, gateway=query.gateway).body
        )
        for bench in (one, other)
    ]
    assert bodies[0] == bodies[1]
    return bodies[0]


def test_digests_of_copies_are_the_same(two: tuple[Caller, Bench, Bench], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was changed of hidden records is neither counted nor hashed, nor makes a copy look out of date."""
    caller, *benches = two
    monkeypatch.setattr("hub.query.sqldigests.BLOCK", 4)
    some = 0
    for feed in FEEDS:
        for first in (1, 20):
            told = [digest(bench, following(caller), feed, first) for bench in benches]
            assert told[0] == told[1], feed
            some += sum(block["count"] for block in told[0] or ())
    assert some
