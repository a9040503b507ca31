"""Who saw this institution: equal to a search by hand, whatever is indexed and whatever is not yet."""

import asyncio
import random
import struct
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from hub.clock import SystemClock
from hub.ledger.follower import index_next
from hub.ledger.lookup import UnknownInstitution, Window, disclosures, who_saw
from hub.ledger.writer import LedgerWriter

CHILDREN = {
    "clue_transfer": ("evidence", "insured_person", "transfer_party", "transfer_receipt"),
    "credit_score": ("credit_dimension", "credit_deduction"),
}
EVERYTHING = Window(limit=1_000_000)


@pytest.fixture
def database(sample_copy):
    return sample_copy()


def subject_by_hand(app: psycopg.Connection, nhsa_code: str) -> set[int]:
    """Records about the institution, table by table in Python."""
    [institution] = app.execute("SELECT id FROM institution WHERE nhsa_code = %s", (nhsa_code,)).fetchone()
    found = {institution}
    for table in ("clue_transfer", "credit_score", "penalty_record", "personnel"):
        mine = {id_ for id_, of in app.execute(f"SELECT id, institution_id FROM {table}") if of == institution}
        found |= mine
        for child in CHILDREN.get(table, ()):
            parent = "transfer_id" if table == "clue_transfer" else "score_id"
            found |= {id_ for id_, of in app.execute(f"SELECT id, {parent} FROM {child}") if of in mine}
    return found


def by_hand(app: psycopg.Connection, subject: set[int]) -> list:
    rows = app.execute("SELECT public_id, at, record_ids FROM disclosure").fetchall()
    hits = [(at, public_id) for public_id, at, ids in rows if subject & set(struct.unpack(f">{len(ids) // 8}q", ids))]
    return [public_id for _, public_id in sorted(hits, reverse=True)]


@pytest.mark.property
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_the_look_up_equals_a_search_by_hand(database, app, make_entry, seed):
    rng = random.Random(seed)
    codes = [row[0] for row in app.execute("SELECT nhsa_code FROM institution ORDER BY id")]
    chosen = rng.sample(codes, 3)
    about = {code: sorted(subject_by_hand(app, code)) for code in chosen}
    noise = range(10**9, 10**9 + 5_000)

    def entries(count):
        for _ in range(count):
            ids = [*rng.sample(noise, rng.choice([0, 1, 300]))]
            for code in chosen:
                ids += rng.sample(about[code], rng.choice([0, 0, 1]))
            yield make_entry(ids, at=datetime.now(UTC) - timedelta(days=rng.randrange(-40, 400)))

    async def body():
        async with (
            LedgerWriter(database.app_url, SystemClock()) as writer,
            await AsyncConnection.connect(database.app_url, autocommit=True) as follower,
        ):
            await asyncio.gather(*(writer.append(one) for one in entries(40)))
            await index_next(follower, rng.choice([100, 10**6]))
            await asyncio.gather(*(writer.append(one) for one in entries(20)))

    asyncio.run(body())
    with psycopg.connect(database.app_url) as connection:
        for code in chosen:
            found = [one.id for one in who_saw(connection, code, EVERYTHING)]
            assert found == by_hand(app, set(about[code]))
            assert [one.id for one in who_saw(connection, code, Window(limit=3))] == found[:3]


def test_an_unindexed_entry_is_found_at_once(writing, database, app, make_entry):
    """Also when the follower has stopped before it, and by a record that is embedded in another."""
    code, evidence = app.execute(
        "SELECT i.nhsa_code, e.id FROM evidence e JOIN clue_transfer t ON t.id = e.transfer_id"
        " JOIN institution i ON i.id = t.institution_id LIMIT 1"
    ).fetchone()
    first, second = make_entry([evidence]), make_entry([5, evidence], client_id="demo-public-security")
    writing(lambda writer: writer.append(first))

    async def follow():
        async with await AsyncConnection.connect(database.app_url, autocommit=True) as connection:
            assert await index_next(connection)

    asyncio.run(follow())
    writing(lambda writer: writer.append(second))
    with psycopg.connect(database.app_url) as connection:
        found = list(who_saw(connection, code, EVERYTHING))
        assert [one.id for one in found] == [second.public_id, first.public_id]
        assert [one.id for one in who_saw(connection, code, Window(client_id="demo-health"))] == [first.public_id]
        assert not list(who_saw(connection, code, Window(until=first.at)))
        assert [one.id for one in who_saw(connection, code, Window(since=second.at))] == [second.public_id]
        assert found[0].record_count == 2
        assert found[0].shown == list(second.shown)
        with pytest.raises(UnknownInstitution):
            next(who_saw(connection, "no such code", EVERYTHING))


def test_the_list_is_newest_first_and_filtered(writing, database, make_entry):
    now = datetime.now(UTC)
    entries = [make_entry(at=now - timedelta(hours=n), client_id=f"client-{n % 2}", row_count=n) for n in range(10)]

    async def action(writer):
        await asyncio.gather(*(writer.append(one) for one in entries))

    writing(action)
    with psycopg.connect(database.app_url) as connection:
        assert [one.id for one in disclosures(connection, EVERYTHING)] == [one.public_id for one in entries]
        assert [one.row_count for one in disclosures(connection, Window("client-1", limit=2))] == [1, 3]
        between = Window(since=entries[7].at, until=entries[4].at)
        assert [one.row_count for one in disclosures(connection, between)] == [5, 6, 7]


def test_a_row_holds_no_name_and_no_number_of_anybody_shown(writing, app, make_entry):
    """Only ids: a dump of the ledger tells who asked, never what the records say (R26)."""
    person = app.execute("SELECT id, name, resident_id FROM insured_person LIMIT 1").fetchone()
    place = app.execute("SELECT id, name, nhsa_code, uscc FROM institution LIMIT 1").fetchone()
    writing(lambda writer: writer.append(make_entry([person[0], place[0]])))
    text = " ".join(
        str(row)
        for table in ("disclosure", "disclosure_shape", "disclosure_view")
        for row in app.execute(f"SELECT t::text FROM {table} t")
    )
    assert not [value for value in (*person[1:], *place[1:]) if value in text]
