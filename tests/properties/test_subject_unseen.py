"""L2, L6: a published penalty does not tell an agency that it is itself a subject of the case behind it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.db.engine import Database
from tests.properties import dense
from tests.properties.callers import ALL
from tests.properties.comparison import Bench, Caller
from tests.properties.oracle_judge import is_published
from tests.properties.oracle_law import CLASS_OF
from tests.world import FixedClock, World

CALLERS = (
    Caller("640104-HEALTHCARE_SECURITY", "fund-supervision", None, ALL),
    Caller("640104-FUND_OPERATOR", "agreement-management", None, ALL),
    Caller("640104-HEALTH", "medical-practice-regulation", None, ALL),
    Caller("640104-MARKET_REGULATION", "market-regulation", None, ALL),
    Caller("640104-PUBLIC_SECURITY", "criminal-referral", None, ALL),
    Caller("640100-HEALTH", "case-oversight", None, ALL),
    Caller("640104-CREDIT_PLATFORM", "credit-publication", None, ALL),
)
RELATIONS = {"institution": "{ nhsaCode }", "authority": "{ code }"}
FIELDS = " ".join(f"{name} {RELATIONS.get(name, '')}" for name in CLASS_OF["PenaltyRecord"])
DOCUMENT = f"""query ($ids: [ID!]) {{
    penaltyRecords(first: 1000, filter: {{id: {{in: $ids}}}}) {{ totalCount nodes {{ {FIELDS} hiddenFields }} }} }}"""
EVERYTHING = "{ penaltyRecords(first: 1) { totalCount } }"


@pytest.fixture
def bench(empty_database: Callable[[], Database], bench: Bench, clock: FixedClock, tmp_path: Path) -> Iterator[Bench]:
    """A dense database of its own, for the test changes it."""
    database = empty_database()
    dense.fill(database, clock.now())
    world = World(database, tmp_path, bench.world.engine, clock)
    yield Bench(world)
    world.close()


@pytest.mark.property
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: f"{caller.agency}-{caller.purpose}")
def test_published_penalties_look_alike_to_the_subject(bench: Bench, caller: Caller) -> None:
    rows = bench.records.where("PenaltyRecord")
    published = [str(row["public_id"]) for row in rows if is_published(row, bench.records)]
    world, owner, token = bench.world, bench.world.owner, bench.token(caller)

    def answers() -> tuple[bytes, int]:
        body = world.answer(token, DOCUMENT, {"ids": published}).body
        return body, world.ask(token, EVERYTHING)["data"]["penaltyRecords"]["totalCount"]

    # No uscc of the caller in any case, then its uscc in every case.
    owner.execute(
        "UPDATE transfer_party SET uscc = NULL WHERE uscc = (SELECT uscc FROM agency WHERE code = %s)", (caller.agency,)
    )
    before, all_before = answers()
    owner.execute(
        "INSERT INTO transfer_party (transfer_id, kind, name, uscc)"
        " SELECT t.id, 'FIRM', 'test', a.uscc FROM clue_transfer t, agency a WHERE a.code = %s",
        (caller.agency,),
    )
    after, all_after = answers()
    assert after == before
    assert b'"decisionNo":"' in before
    if caller.purpose in {"fund-supervision", "medical-practice-regulation", "market-regulation"}:
        # What is not published is absent for the subject, so the world did change.
        assert b'"servedOn":"' in before
        assert all_after < all_before
