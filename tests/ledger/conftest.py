"""Invented entries, and the app role's connections."""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from hub.clock import SystemClock
from hub.db.engine import Database
from hub.ledger.entry import DisclosureEntry, Outcome
from hub.ledger.writer import LedgerWriter

MakeEntry = Callable[..., DisclosureEntry]


def pack(ids: Iterable[int]) -> bytes:
    found = list(ids)
    return struct.pack(f">{len(found)}q", *found)


def _entry(ids: Iterable[int] = (), **changes: Any) -> DisclosureEntry:
    return DisclosureEntry(
        **{
            "at": datetime.now(UTC),
            "client_id": "demo-health",
            "agency": "640104-HEALTH",
            "officer_name": "张示例",
            "officer_certificate_no": "NX-2026-0001",
            "purpose": "medical-practice-regulation",
            "legal_basis": "条例第二十二条",
            "case_no": "640104-2026-000001",
            "outcome": Outcome.ANSWERED,
            "error_codes": (),
            "operation_hmac": b"o" * 32,
            "shown": ("ClueTransfer.docNo", "ClueTransfer.summary"),
            "masked": ("ClueTransfer.insuredPersons.name",),
            "filtered": ("ClueTransfer.caseNo",),
            "counted": (),
            "record_ids": pack(ids),
            "row_count": 1,
            "policy_version": "ab" * 32,
            "response_hmac": b"r" * 32,
        }
        | changes
    )


@pytest.fixture
def make_entry() -> MakeEntry:
    """`make_entry([ids], column=value, …)`."""
    return _entry


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
