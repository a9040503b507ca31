"""Privileges, months, and what the indexes are for."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from hub.ledger.partitions import maintain, months

TABLES = ("disclosure", "disclosure_shape", "disclosure_batch", "disclosure_record", "disclosure_default")
CHANGES = (
    "UPDATE {} SET {} = {}",
    "DELETE FROM {0}",
    "TRUNCATE {0}",
    "DROP TABLE {0}",
    "ALTER TABLE {0} DISABLE TRIGGER ALL",
)
COLUMN = {"disclosure_shape": "hash", "disclosure_record": "batch"}


@pytest.mark.parametrize("role", ["app_url", "reader_url"])
@pytest.mark.parametrize("table", TABLES)
def test_neither_role_can_alter_the_ledger(writing, database, app, make_entry, role, table):
    writing(lambda writer: writer.append(make_entry([1])))
    before = app.execute("SELECT d::text FROM disclosure d").fetchall()
    column = COLUMN.get(table, "id")
    with psycopg.connect(getattr(database, role), autocommit=True) as connection:
        for change in CHANGES:
            with pytest.raises(InsufficientPrivilege):
                connection.execute(change.format(table, column, column))
        with pytest.raises(InsufficientPrivilege):
            connection.execute(f"SELECT 1 FROM {table} FOR UPDATE")
        for statement in ("SET ROLE hub_owner", f"CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION f()"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
    assert app.execute("SELECT d::text FROM disclosure d").fetchall() == before


def test_the_reader_writes_nothing_and_reads_the_view_only(database):
    with psycopg.connect(database.reader_url, autocommit=True) as connection:
        for table in (*TABLES, "client_usage"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(f"INSERT INTO {table} SELECT * FROM {table}")
        for table in TABLES:
            with pytest.raises(InsufficientPrivilege):
                connection.execute(f"SELECT FROM {table}")
        with pytest.raises(psycopg.Error):
            connection.execute("INSERT INTO disclosure_view (id) VALUES (1)")
        assert connection.execute("SELECT * FROM disclosure_view").fetchall() == []
        assert connection.execute("SELECT * FROM client_usage").fetchall() == []


def test_usage_can_grow_and_not_vanish(database, app):
    app.execute("INSERT INTO client_usage VALUES ('c', '2026-11-22', 5)")
    for statement in ("DELETE FROM client_usage", "TRUNCATE client_usage"):
        with pytest.raises(InsufficientPrivilege):
            app.execute(statement)


def test_months_count_over_the_year():
    assert list(months(date(2026, 11, 22), 4)) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]


def test_the_migration_makes_this_month_and_twelve_more(writing, app, make_entry):
    writing(lambda writer: writer.append(make_entry()))
    [place] = app.execute("SELECT tableoid::regclass::text FROM disclosure").fetchone()
    assert place == f"disclosure_{datetime.now(UTC):%Y_%m}"
    names = [
        row[0]
        for row in app.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'disclosure'::regclass"
        )
    ]
    assert len(names) == 14
    assert "disclosure_default" in names


def test_an_entry_without_a_month_goes_to_the_default_and_moves_when_it_is_made(writing, database, app, make_entry):
    now = datetime.now(UTC)
    far = now + timedelta(days=1_000)
    first = far.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    late = [make_entry([1], at=at) for at in (far, first, first - timedelta(microseconds=1))]

    async def action(writer):
        for one in late:
            await writer.append(one)

    writing(action)
    before = app.execute("SELECT d::text FROM disclosure d ORDER BY id").fetchall()
    assert app.execute("SELECT DISTINCT tableoid::regclass::text FROM disclosure").fetchall() == [
        ("disclosure_default",)
    ]
    assert maintain(database.owner_url, far.date(), 0) == [f"disclosure_{far:%Y_%m}"]
    assert app.execute("SELECT d::text FROM disclosure d ORDER BY id").fetchall() == before
    places = app.execute("SELECT tableoid::regclass::text FROM disclosure ORDER BY id").fetchall()
    assert places == [(f"disclosure_{far:%Y_%m}",)] * 2 + [("disclosure_default",)]
    # Again, and ahead: only what is missing.
    assert maintain(database.owner_url, far.date(), 0) == []
    assert len(maintain(database.owner_url, far.date(), 2)) == 2


def test_months_are_made_while_entries_are_written(writing, database, app, make_entry):
    async def action(writer):
        making = asyncio.ensure_future(asyncio.to_thread(maintain, database.owner_url, date(2030, 1, 1), 11))
        written = 0
        while not making.done():
            await asyncio.gather(*(writer.append(make_entry([n])) for n in range(20)))
            written += 20
        return await making, written

    made, written = writing(action)
    assert len(made) == 12
    assert app.execute("SELECT count(*) FROM disclosure").fetchone() == (written,)


def test_ids_are_stored_uncompressed_in_every_month(database, owner):
    maintain(database.owner_url, date(2040, 1, 1), 0)
    storages = owner.execute(
        "SELECT DISTINCT attstorage FROM pg_attribute WHERE attname = 'record_ids'"
        " AND attrelid IN (SELECT relid FROM pg_partition_tree('disclosure'))"
    )
    assert storages.fetchall() == [("e",)]


@pytest.mark.parametrize("condition", ["true", "client_id = 'c7'", "agency = 'a7'", "purpose = 'p7'"])
def test_the_order_and_each_filter_are_served_by_an_index(database, owner, condition):
    """No sort of the whole and no scan of a whole month: a page costs a page."""
    owner.execute(
        "INSERT INTO disclosure (at, public_id, client_id, agency, purpose, outcome, error_codes, operation_hmac,"
        " response_hmac, shape, record_ids, record_count, row_count)"
        " SELECT now() - g * interval '1 s', gen_random_uuid(), 'c' || g % 50, 'a' || g % 50, 'p' || g % 50, 'ANSWERED',"
        " '{}', '', '', '', '', 0, 0 FROM generate_series(1, 5000) g"
    )
    owner.execute("ANALYZE disclosure")
    with psycopg.connect(database.reader_url) as reader:
        plan = reader.execute(
            "EXPLAIN SELECT public_id, shown FROM disclosure_view"
            f" WHERE {condition} AND (at, public_id) < (now(), gen_random_uuid())"
            " ORDER BY at DESC, public_id DESC LIMIT 50"
        ).fetchall()
    text = "\n".join(row[0] for row in plan)
    month = f"disclosure_{datetime.now(UTC):%Y_%m}"
    assert f"Seq Scan on {month}" not in text
    assert "Sort  " not in text.replace("Incremental Sort", "")
