"""`oversight`: what is overdue and due soon, by who owes it, equals a recount in Python for every kind of asker."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from counting_asking import SCOPES, ask
from disturbing import disturb
from psycopg.rows import dict_row
from recount import BEIJING, CHAIN, DISCIPLINE, NOW, Asker, Recount, Row, up

from hub.clues.deadlines import actors, counted_in_hours
from hub.db.engine import Database
from tests.conftest import DatabaseFactory
from tests.world import PURPOSE, FixedClock, World

OWED = "query($days: Int! = 3) { oversight(dueWithinDays: $days) { owed { agency owedBy overdue dueSoon } } }"
CLOCKS: Mapping[str | None, str] = {
    "receipt": "RECEIVER",
    "result_feedback": "RECEIVER",
    "result_acknowledgement": "SENDER",
    "health_notice": "SENDER",
    "designation": "COMMON_SUPERIOR",
    None: "RECEIVER",
}
"""Who owes the step of each clock, by hand; null: imported, and sent."""
ASKERS = [
    *(Asker(f"{region}-{kind}", purpose)
      for region in ("640000", "640100", "510500")
      for kind in ("HEALTHCARE_SECURITY", "HEALTH")
      for purpose in ("supervision-statistics", "case-oversight", PURPOSE[kind])),
    *(Asker(f"640104-{kind}", PURPOSE[kind])
      for kind in ("HEALTHCARE_SECURITY", "HEALTH", "MARKET_REGULATION", "PUBLIC_SECURITY", "DISCIPLINE_INSPECTION")),
    Asker("640000-DISCIPLINE_INSPECTION", "case-oversight"),
]  # fmt: skip


def hours() -> str:
    """A clock counted in hours whose step somebody owes, or the hub's own."""
    return min(counted_in_hours())


def owed_by(clock: str | None) -> str:
    if clock in CLOCKS:
        return CLOCKS[clock]
    return actors().get(str(clock), "RECEIVER")


@pytest.fixture(scope="module")
def owing(sample_copy: DatabaseFactory) -> Database:
    """Deadlines of sent, open transfers at random, around now and exactly at the edges."""
    database = sample_copy()
    disturb(database)
    chance = random.Random(20261031)
    midnight = datetime(2026, 11, 1, tzinfo=BEIJING)
    edges = [NOW, NOW - timedelta(microseconds=1), NOW + timedelta(microseconds=1), midnight]
    edges += [midnight + timedelta(days=days, microseconds=tick) for days in (1, 3, 4, 30, 31) for tick in (0, -1, 1)]
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT id FROM clue_transfer WHERE sent_at IS NOT NULL AND status <> 'RECALLED' ORDER BY id"
        ).fetchall()
        clocks = [*CLOCKS, hours()]
        given = [
            (
                identity,
                chance.choice(edges) if chance.random() < 0.3 else midnight + timedelta(days=chance.randint(-25, 45)),
                chance.choice(clocks),
            )
            for (identity,) in chance.sample(rows, min(len(rows), 3000))
        ]
        connection.cursor().executemany(
            "UPDATE clue_transfer SET due_at = %s, due_clock = %s, closed_at = NULL WHERE id = %s",
            [(due, clock, identity) for identity, due, clock in given],
        )
    return database


@pytest.fixture(scope="module")
def world(owing: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(owing, tmp_path_factory.mktemp("owing"), clock=FixedClock(NOW))
    yield made
    made.close()


@pytest.fixture(scope="module")
def recount(owing: Database) -> Recount:
    return Recount(owing.owner_url)


def last_day(due: datetime, clock: str | None) -> date:
    """A deadline of days falls due at the midnight that ends its last day, one of hours within it."""
    moment = due if clock == hours() else due - timedelta(microseconds=1)
    return moment.astimezone(BEIJING).date()


def is_overdue(row: Row) -> bool:
    due: datetime = row["due_at"]
    return due < NOW or (due == NOW and row["due_clock"] != hours())


def in_chain(row: Row, side: str, asker: Asker) -> bool:
    region = row[f"{side}_region"]
    below = row[f"{side}_kind"] == asker.kind and region != asker.region and asker.region in up(region)
    return row[side] == asker.agency or (asker.purpose in CHAIN and below)


def expected(recount: Recount, asker: Asker, days: int) -> list[dict[str, Any]]:
    today = NOW.astimezone(BEIJING).date()
    late: Counter[tuple[str | None, str]] = Counter()
    soon: Counter[tuple[str | None, str]] = Counter()
    for row in recount.rows:
        if row["closed_at"] is not None or row["status"] == "RECALLED" or row["due_at"] is None:
            continue
        if not recount.exact(row, asker):
            continue
        by = owed_by(row["due_clock"])
        sides = ("sender", "receiver") if by == "COMMON_SUPERIOR" else (by.lower(),)
        if not any(in_chain(row, side, asker) for side in sides):
            continue
        key = (None if by == "COMMON_SUPERIOR" else row[by.lower()], by)
        if is_overdue(row):
            late[key] += 1
        elif (last_day(row["due_at"], row["due_clock"]) - today).days <= days:
            soon[key] += 1
    keys = sorted(late.keys() | soon.keys(), key=lambda key: (key[0] is None, key[0] or "", key[1]))
    return [{"agency": key[0], "owedBy": key[1], "overdue": late[key], "dueSoon": soon[key]} for key in keys]


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: f"{asker.agency}-{asker.purpose}")
def test_what_is_owed_is_a_recount(world: World, recount: Recount, asker: Asker) -> None:
    for days in (1, 3, 30):
        answer = ask(world, asker, OWED, days=days)
        assert "errors" not in answer, answer
        assert answer["data"]["oversight"]["owed"] == expected(recount, asker, days), days


def test_the_sample_has_all_of_it(recount: Recount) -> None:
    """Or the recount would prove less than it says."""
    found = expected(recount, Asker("640000-HEALTHCARE_SECURITY", "case-oversight"), 3)
    assert {one["owedBy"] for one in found} == {"SENDER", "RECEIVER", "COMMON_SUPERIOR"}
    assert len({one["agency"] for one in found}) > 3
    assert sum(one["overdue"] for one in found) > 20
    assert sum(one["dueSoon"] for one in found) > 5
    own = expected(recount, Asker("640104-HEALTHCARE_SECURITY", "fund-supervision"), 3)
    assert {one["agency"] for one in own} <= {"640104-HEALTHCARE_SECURITY", None}


def test_it_agrees_with_the_register(world: World) -> None:
    """One's own overdue steps are those of the list with the same filter."""
    asker = Asker("640104-HEALTH", PURPOSE["HEALTH"])
    document = """{ register(first: 1000, filter: {overdue: {eq: true}, owedBy: {eq: RECEIVER},
        receiver: {eq: "640104-HEALTH"}}) { totalCount } oversight { owed { agency owedBy overdue } } }"""
    data = ask(world, asker, document)["data"]
    found = [one["overdue"] for one in data["oversight"]["owed"] if one["owedBy"] == "RECEIVER"]
    assert found == [data["register"]["totalCount"]]
    assert found[0] > 0


def test_a_transfer_to_discipline_inspection_is_its_parties_alone(owing: Database, world: World) -> None:
    """However late it is: to the superiors of either side nothing changes."""
    with psycopg.connect(owing.owner_url, autocommit=True, row_factory=dict_row) as connection:
        moved = connection.execute(
            "SELECT id, due_at, due_clock, sender, sender_kind FROM clue_transfer WHERE receiver_kind = %s"
            " AND sender_region LIKE '6401%%' AND right(sender_region, 2) <> '00' AND sent_at IS NOT NULL"
            " AND closed_at IS NULL AND status <> 'RECALLED' AND case_no NOT IN"
            " (SELECT case_no FROM transfer_party WHERE case_no IS NOT NULL AND uscc IN (SELECT uscc FROM agency))"
            " ORDER BY id LIMIT 1",
            (DISCIPLINE,),
        ).fetchone()
        assert moved
        superiors = [
            Asker(f"{region}-{kind}", purpose)
            for region in ("640000", "640100")
            for kind, purpose in (
                ("HEALTHCARE_SECURITY", "supervision-statistics"),
                ("HEALTHCARE_SECURITY", "case-oversight"),
                ("HEALTH", "supervision-statistics"),
                ("DISCIPLINE_INSPECTION", "case-oversight"),
            )
        ]
        party = Asker(moved["sender"], PURPOSE[moved["sender_kind"]])
        answers = []
        for due in (datetime(2099, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)):
            connection.execute(
                "UPDATE clue_transfer SET due_at = %s, due_clock = 'result_acknowledgement' WHERE id = %s",
                (due, moved["id"]),
            )
            asked = [*superiors, party]
            answers.append([ask(world, asker, OWED)["data"]["oversight"]["owed"] for asker in asked])
        connection.execute(
            "UPDATE clue_transfer SET due_at = %s, due_clock = %s WHERE id = %s",
            (moved["due_at"], moved["due_clock"], moved["id"]),
        )
    before, after = answers
    assert after[:-1] == before[:-1]
    assert _of_sender(after[-1]) == _of_sender(before[-1]) + 1


def _of_sender(owed: list[dict[str, Any]]) -> int:
    return sum(one["overdue"] for one in owed if one["owedBy"] == "SENDER")


def test_another_chain_is_not_told(world: World) -> None:
    for purpose in ("case-oversight", "supervision-statistics"):
        found = ask(world, Asker("510500-HEALTH", purpose), OWED)["data"]["oversight"]["owed"]
        agencies = {one["agency"] for one in found} - {None}
        assert agencies
        assert all(each.startswith("5105") and each.endswith("-HEALTH") for each in agencies)


@pytest.mark.parametrize("days", [0, -1, 31])
def test_a_wrong_number_of_days_is_named_each_time(world: World, days: int) -> None:
    asker = Asker("640104-HEALTH", PURPOSE["HEALTH"])
    document = "query($d: Int!) { oversight(dueWithinDays: $d) { dueWithinDays asOf } }"
    good = {"dueWithinDays": 30, "asOf": "2026-10-31T08:00:00+00:00"}
    assert ask(world, asker, document, d=30)["data"]["oversight"] == good
    answer = ask(world, asker, document, d=days)
    assert answer["data"] == {"oversight": None}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("INVALID_ARGUMENT", "dueWithinDays")


def test_scope_and_purpose_open_it(world: World) -> None:
    token = world.token("640104-HEALTH", scopes=("clues:read",))
    answer = world.ask(token, "{ oversight { asOf owed { overdue } } }")
    assert answer["data"] == {"oversight": None}
    assert answer["extensions"]["masked"][0]["scope"] == "statistics:read"
    for agency in ("640000-CREDIT_PLATFORM", "640000-HUB_OPERATOR"):
        answer = ask(world, Asker(agency, PURPOSE[agency[7:]]), "{ oversight { owed { overdue } } }")
        assert answer["data"] == {"oversight": None}
        assert answer["extensions"]["masked"][0]["code"] == "PURPOSE_NOT_ALLOWED"


def test_it_is_in_the_ledger_and_few_are_named(world: World) -> None:
    asker = Asker("640104-PUBLIC_SECURITY", PURPOSE["PUBLIC_SECURITY"])
    found = world.ask(world.token(asker.agency, asker.purpose, scopes=SCOPES), OWED)["data"]["oversight"]["owed"]
    row = world.owner.execute(
        "SELECT agency, counted, record_count FROM disclosure_view ORDER BY at DESC, id DESC LIMIT 1"
    ).fetchone()
    assert row
    assert row[0] == asker.agency
    assert {"Oversight.owed", "OwedTally.overdue"} <= set(row[1])
    assert 0 < row[2] == sum(one["overdue"] + one["dueSoon"] for one in found) <= 100


def test_what_is_closed_is_not_read(world: World) -> None:
    """Both ways in are by index up to a moment: of one's own, and of the kind below by place."""
    below = "t.sender_kind = 'HEALTH' AND t.sender_prefecture = '640100' AND t.next_due_at <= '2026-11-01'"
    plans = []
    for where in (
        "record_party k WHERE k.agency = '640104-HEALTH' AND k.next_due_at <= '2026-11-01'",
        f"clue_transfer t WHERE {below}",
    ):
        with world.owner.transaction():
            world.owner.execute("SET LOCAL enable_seqscan = off")
            plans.append(str(world.owner.execute(f"EXPLAIN SELECT 1 FROM {where}").fetchall()))
    assert "ix_record_party_register" in plans[0]
    assert "ix_clue_transfer_sender_prefecture_due" in plans[1]
