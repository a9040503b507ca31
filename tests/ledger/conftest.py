"""Invented entries, and the app role's connections."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import psycopg
import pytest
from ledger_entries import entry

from hub.clock import SystemClock
from hub.db.engine import Database
from hub.ledger.entry import DisclosureEntry
from hub.ledger.writer import LedgerWriter

MakeEntry = Callable[..., DisclosureEntry]


@pytest.fixture
def make_entry() -> MakeEntry:
    """`make_entry([ids], column=value, …)`."""
    return entry


@pytest.fixture
def database(empty_database: Callable[[], Database]) -> Database:
    return empty_database()


@pytest.fixture
def app(database: Database) -> Iterable[psycopg.Connection]:
    """An autocommit connection as the app role."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(database: Database) -> Iterable[psycopg.Connection]:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def writing(database: Database) -> Callable[[Callable[[LedgerWriter], Awaitable[Any]]], Any]:
    """`writing(action)`: runs `action(writer)` with an open writer, and closes it."""

    def run(action: Callable[[LedgerWriter], Awaitable[Any]]) -> Any:
        async def body() -> Any:
            async with LedgerWriter(database.app_url, SystemClock()) as writer:
                return await asyncio.wait_for(action(writer), 30)

        return asyncio.run(body())

    return run
