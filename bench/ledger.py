"""Ledger: entries per second through one writer with 16 concurrent appenders, and what the follower makes of them.

    python -m bench.ledger [--seconds 5] [--appenders 16]

Runs on an embedded server of its own, in a folder that is removed, with fsync as a site has it.
"""

import argparse
import asyncio
import os
import random
import shutil
import struct
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import AsyncConnection

from hub.clock import SystemClock
from hub.db.embedded import EmbeddedServer
from hub.db.engine import Database
from hub.db.migrate import migrate
from hub.ledger.entry import DisclosureEntry, Outcome
from hub.ledger.follower import index_next
from hub.ledger.writer import LedgerWriter

RECORDS = 600_000
"""Records that the ids are drawn from: 200,000 rows in each of three tables."""

SHAPES = [tuple(f"ClueTransfer.field{n}" for n in range(first, first + 12)) for first in range(20)]


def entry(rng: random.Random, ids: int) -> DisclosureEntry:
    return DisclosureEntry(
        at=datetime.now(UTC),
        client_id="demo-health",
        agency="640104-HEALTH",
        officer_name="张示例",
        officer_certificate_no="NX-2026-0001",
        purpose="medical-practice-regulation",
        legal_basis="000 二、三; 条例第二十二条",
        case_no="640104-2026-000001",
        outcome=Outcome.ANSWERED,
        error_codes=(),
        operation_hmac=rng.randbytes(32),
        shown=rng.choice(SHAPES),
        masked=("ClueTransfer.insuredPersons.name",),
        filtered=("ClueTransfer.caseNo",),
        counted=(),
        record_ids=struct.pack(f">{ids}q", *rng.sample(range(1, RECORDS), ids)),
        row_count=ids,
        policy_version="0123456789abcdef" * 4,
        response_hmac=rng.randbytes(32),
    )


async def appends(url: str, appenders: int, seconds: float, ids: int) -> tuple[float, list[float], float]:
    """Rate per second, latencies in seconds, CPU seconds of this process per entry."""
    rng = random.Random(ids)
    ready = [entry(rng, ids) for _ in range(256)]
    latencies: list[float] = []
    async with LedgerWriter(url, SystemClock()) as writer:

        async def appender(_: int) -> None:
            while time.perf_counter() < end:
                template = ready[rng.randrange(256)]
                one = DisclosureEntry(
                    datetime.now(UTC),
                    *(getattr(template, name) for name in DisclosureEntry.__slots__[1:-1]),
                )
                began = time.perf_counter()
                await writer.append(one)
                latencies.append(time.perf_counter() - began)

        end = time.perf_counter() + 0.3
        await asyncio.gather(*(appender(n) for n in range(appenders)))
        latencies.clear()
        began, cpu = time.perf_counter(), time.process_time()
        end = began + seconds
        await asyncio.gather(*(appender(n) for n in range(appenders)))
        elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
    return len(latencies) / elapsed, sorted(latencies), cpu / len(latencies)


async def follow(url: str) -> tuple[int, float]:
    """Ids indexed, and per second."""
    ids, seconds = 0, 0.0
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        while batch := await index_next(connection):
            ids += batch.ids
            seconds += batch.seconds
    return ids, ids / seconds


def fsync_rate(folder: Path) -> float:
    """fsyncs per second of one 8 KB write, for judging the rest."""
    with (folder / "fsync").open("wb", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(200):
            file.write(b"x" * 8192)
            os.fdatasync(file.fileno())
        return 200 / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--appenders", type=int, default=16)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-ledger-"))
    server = EmbeddedServer(folder / "pgdata")
    try:
        database = Database(server.url("hub_owner"), server.url("hub_app"), server.url("hub_reader"))
        engine = database.owner_engine()
        migrate(engine)
        engine.dispose()
        print(f"fdatasync of 8 KB: {fsync_rate(folder):,.0f}/s")
        for ids in (1, 250, 1000):
            with psycopg.connect(database.owner_url, autocommit=True) as connection:
                wal = connection.execute("SELECT pg_current_wal_lsn()").fetchone()
                rate, latencies, cpu = asyncio.run(
                    appends(database.app_url, arguments.appenders, arguments.seconds, ids)
                )
                [size] = connection.execute(
                    "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", wal or ()
                ).fetchone() or (0,)
            p50, p99 = (latencies[int(len(latencies) * q)] * 1e3 for q in (0.5, 0.99))
            print(
                f"{ids:>5} ids: {rate:>7,.0f} entries/s  p50 {p50:.2f} ms  p99 {p99:.2f} ms"
                f"  {cpu * 1e6:.0f} µs of this process and {float(size) / len(latencies):,.0f} B of log per entry"
            )
            indexed, rate = asyncio.run(follow(database.app_url))
            print(f"           follower: {indexed:,} ids at {rate:,.0f}/s")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
