"""A load as a whole: its size, that it repeats byte for byte, and that it leaves the schema as it found it."""

import hashlib

import psycopg
import pytest

from hub.demo.sample import COLUMNS, SCORED, AlreadyLoadedError, Counts, is_loaded, load_sample
from hub.parties.data import refresh_regions

SMALL = Counts(institutions=60, transfers=300, penalties=150, scores=130, personnel=40)


def test_default_counts(sample_database):
    wanted = {
        "institution": 1_500,
        "clue_transfer": 5_000,
        "penalty_record": 5_000,
        "credit_score": 10_000,
        "personnel": 3_000,
    }
    with psycopg.connect(sample_database.reader_url) as connection:
        counted = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
            for table in wanted
        }
        assert counted == wanted
        assert connection.execute("SELECT count(*) FROM region WHERE code = '6401ND'").fetchone() == (1,)


@pytest.mark.parametrize("counts", [SMALL, Counts(1, 0, 0, 0, 0), Counts(3, 5, 7, 11, 13), Counts(2_000, 40, 9, 1, 0)])
def test_exact_counts(empty_database, counts):
    database = empty_database()
    load_sample(database.owner_url, counts=counts)
    with psycopg.connect(database.reader_url) as connection:
        tables = ("institution", "clue_transfer", "penalty_record", "credit_score", "personnel")
        counted = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    assert counted == list(counts)


def test_scale_multiplies():
    assert Counts().times(3) == Counts(4_500, 15_000, 15_000, 30_000, 9_000)


def test_two_loads_are_the_same_bytes(sample_database, empty_database):
    second = empty_database()
    load_sample(second.owner_url)
    assert _digests(sample_database) == _digests(second)


def test_a_load_after_the_regions_of_a_migration_is_the_same(empty_database):
    digests = []
    for migrated in (False, True):
        database = empty_database()
        if migrated:
            engine = database.owner_engine()
            with engine.begin() as connection:
                refresh_regions(connection)
            engine.dispose()
        load_sample(database.owner_url, counts=SMALL)
        digests.append(_digests(database))
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    "row",
    [
        "region VALUES ('990000', '自设区', 1, NULL)",
        "agency (code, kind, region, level, name, short_name, uscc) VALUES ('640000-X', 'X', '640000', 1, 'x', 'x', 'x')",
    ],
)
def test_a_database_with_records_of_its_own_is_left_alone(empty_database, row):
    database = empty_database()
    engine = database.owner_engine()
    with engine.begin() as connection:
        refresh_regions(connection)
        connection.exec_driver_sql(f"INSERT INTO {row}")
    engine.dispose()
    before = _digests(database)
    with pytest.raises(AlreadyLoadedError):
        load_sample(database.owner_url, counts=SMALL)
    assert _digests(database) == before


def test_a_second_load_is_refused_and_changes_nothing(sample_copy):
    database = sample_copy()
    before = _digests(database)
    with pytest.raises(AlreadyLoadedError):
        load_sample(database.owner_url)
    assert _digests(database) == before


def test_a_load_that_breaks_off_leaves_nothing(empty_database, monkeypatch):
    database = empty_database()
    before = _schema(database)

    def stop(*_):
        raise RuntimeError

    monkeypatch.setattr("hub.demo.sample.write_scores", stop)
    with pytest.raises(RuntimeError):
        load_sample(database.owner_url, counts=SMALL)
    assert not is_loaded(database.owner_url)
    assert _schema(database) == before


def test_is_loaded(empty_database, sample_database):
    assert not is_loaded(empty_database().owner_url)
    assert is_loaded(sample_database.owner_url)


@pytest.mark.parametrize("counts", [Counts(0, 1, 1, 1, 1), Counts(1, -1, 0, 0, 0), Counts(1, 0, 0, 401, 0)])
def test_impossible_counts_are_refused(empty_database, counts):
    database = empty_database()
    with pytest.raises(ValueError, match="at "):
        load_sample(database.owner_url, counts=counts)
    assert not is_loaded(database.owner_url)


def test_keys_and_indexes_are_as_the_migrations_made_them(empty_database, sample_database):
    assert _schema(sample_database) == _schema(empty_database())


def test_internal_ids_name_one_record_in_the_whole_hub(sample_database):
    tables = [table for table, columns in COLUMNS.items() if columns.startswith("id,")]
    union = " UNION ALL ".join(f"SELECT id FROM {table}" for table in tables)
    with psycopg.connect(sample_database.owner_url) as connection:
        rows, distinct, highest = connection.execute(
            f"SELECT count(*), count(DISTINCT id), max(id) FROM ({union}) i"
        ).fetchone()  # type: ignore[misc]
        assert rows == distinct
        assert connection.execute("SELECT last_value >= %s FROM record_id_seq", [highest]).fetchone() == (True,)


@pytest.mark.parametrize(
    "scan",
    [
        "SELECT agency, discovered_on, public_id, transfer_id FROM record_party ORDER BY 1, 2, 3",
        "SELECT prefecture, nhsa_code FROM institution ORDER BY 1, 2",
        "SELECT period, nhsa_code FROM credit_score ORDER BY 1, 2",
        "SELECT decided_on, public_id FROM penalty_record ORDER BY 1, 2",
    ],
)
def test_index_only_scans_never_visit_a_row(sample_database, scan):
    with psycopg.connect(sample_database.owner_url) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {scan}"))
    assert "Index Only Scan" in plan
    assert "Heap Fetches: 0" in plan


def _digests(database):
    digests = {}
    with psycopg.connect(database.owner_url) as connection:
        for table in (*COLUMNS, *SCORED):
            digest = hashlib.sha256()
            # The place of a change in its log is the transaction's number: each database has its own.
            columns = connection.execute(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0 AND NOT attisdropped AND attname <> 'changed_xid'", (table,)
            ).fetchone()[0]  # type: ignore[index]  # fmt: skip
            with connection.cursor().copy(f"COPY (SELECT {columns} FROM {table} ORDER BY 1) TO STDOUT") as copy:
                for block in copy:
                    digest.update(block)
            digests[table] = digest.hexdigest()
    return digests


def _schema(database):
    with psycopg.connect(database.owner_url) as connection:
        constraints = connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        ).fetchall()
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        )
        return constraints, indexes.fetchall()
