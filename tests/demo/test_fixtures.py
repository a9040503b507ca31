"""The databases of `conftest.py` are apart from each other, and their roles are not the owner."""

import psycopg
import pytest


def test_a_fresh_database_is_migrated_and_empty(empty_database):
    database = empty_database()
    with psycopg.connect(database.reader_url) as connection:
        assert connection.execute("SELECT count(*) FROM clue_transfer").fetchone() == (0,)


def test_databases_do_not_share_rows(empty_database):
    first, second = empty_database(), empty_database()
    with psycopg.connect(first.owner_url) as connection:
        connection.execute("INSERT INTO region (code, name, level) VALUES ('990000', '甲', 1)")
    with psycopg.connect(second.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM region").fetchone() == (0,)


def test_the_reader_cannot_write(empty_database):
    with (
        psycopg.connect(empty_database().reader_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("INSERT INTO region (code, name, level) VALUES ('990000', '甲', 1)")
