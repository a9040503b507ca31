"""The places, institutions and agencies of the sample, without scores: events and scores are the tests' own."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from hub.db.engine import Database
from hub.demo.sample import Counts, load_sample


@pytest.fixture(scope="module")
def credit_database(empty_database: Any) -> Database:
    database: Database = empty_database()
    load_sample(database.owner_url, counts=Counts(12, 0, 0, 0, 6))
    return database


@pytest.fixture
def app(credit_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """As the server's own role: it can do what it needs to, and no more."""
    with psycopg.connect(credit_database.app_url, autocommit=True) as connection:
        yield connection
