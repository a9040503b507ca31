"""Annual statistics over a million transfers of one year: `python -m bench.statistics [--transfers 1000000]`.

The sample's transfers are copied within the database until the year holds so many, in a folder that is kept. Asked at
the hub's door over HTTP: token, policy, one statement, ledger. One process, one connection, the same query each time.
"""

import argparse
import json
import os
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

import httpx
import psycopg
from sqlalchemy import create_engine

from bench.data import REGISTERED_FOR, database
from bench.peers import start
from hub.clues.tables import ClueTransfer
from hub.oauth.client import read_key, request_token
from hub.oauth.keys import generate_key, public_part
from hub.oauth.registry import grant_purpose, grant_scope, register_client

FOLDER = Path(__file__).resolve().parent / ".data"
RESULTS = Path(__file__).resolve().parent / "STATISTICS.md"
YEAR, SAMPLE, TARGET_S = 2025, 20_000, 2.0
CLIENT, AGENCY, PURPOSE, SCOPES = (
    "bench-statistics", "640000-HEALTHCARE_SECURITY", "supervision-statistics", ("statistics:read",),
)  # fmt: skip
OWN = ("id", "public_id", "doc_no", "doc_year", "doc_number", "parent_id")
"""Columns that a copy cannot share with its original."""
TALLIES = (
    "byRoute", "byStatus", "byOutcome", "bySource", "byTimeliness", "byInstitutionKind", "byAgency", "byCatalogue",
)  # fmt: skip
FIGURES = "total recovered fined " + " ".join(f"{name} {{ key count }}" for name in TALLIES)
FLOWS = "flows { senderKind receiverKind sent received differences { reason count } }"
FIRST = f"{{ clueStatistics(year: {YEAR}) {{ sent "
QUERIES = {
    "totals and flows": f"{FIRST} {{ total }} received {{ total }} {FLOWS} }} }}",
    "the whole report": f"{FIRST} {{ {FIGURES} }} received {{ {FIGURES} }} {FLOWS} }} }}",
    "others, no small counts": f'{{ clueStatistics(year: {YEAR}, region: "510000") {{ others {{ route sent }} }} }}',
}


def fill(owner_url: str, wanted: int) -> int:
    """Copies transfers of the year until there are so many; how many there are."""
    columns = [c.name for c in ClueTransfer.__table__.c if c.computed is None and c.name not in OWN]
    shared = ", ".join(columns)
    year = f"sent_at >= '{YEAR}-01-01 00:00+08' AND sent_at < '{YEAR + 1}-01-01 00:00+08'"
    with psycopg.connect(owner_url, autocommit=True) as connection:
        count = f"SELECT count(*) FROM clue_transfer WHERE {year}"
        ((here,),) = connection.execute(count).fetchall()
        if here < wanted:
            connection.execute(
                f"INSERT INTO clue_transfer (public_id, doc_no, {shared})"
                f" SELECT gen_random_uuid(), t.doc_no || '-' || copy, {', '.join(f't.{name}' for name in columns)}"
                f" FROM clue_transfer t, generate_series(1, {wanted // here + 1}) copy"
                f" WHERE {year} LIMIT {wanted - here}"
            )
            connection.execute("VACUUM (ANALYZE) clue_transfer")
        ((here,),) = connection.execute(count).fetchall()
    return int(here)


def register(owner_url: str, folder: Path) -> None:
    """A superior's client."""
    key_file = folder / "clients" / f"{CLIENT}.jwk"
    if key_file.exists():
        return
    key = generate_key()
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        register_client(connection, CLIENT, AGENCY, CLIENT, public_part(key))
        for scope in SCOPES:
            grant_scope(connection, CLIENT, scope, datetime.now(UTC) + REGISTERED_FOR)
        grant_purpose(connection, CLIENT, PURPOSE, datetime.now(UTC) + REGISTERED_FOR)
    engine.dispose()
    key_file.touch(0o600)
    key_file.write_text(json.dumps(key))


def seconds(url: str, token: str, document: str, rounds: int) -> list[float]:
    """Of each round, after one that is not counted."""
    found = []
    with httpx.Client(trust_env=False, timeout=60, headers={"Authorization": f"Bearer {token}"}) as client:
        for _ in range(rounds + 1):
            began = time.perf_counter()
            answer = client.post(f"{url}/graphql", json={"query": document}).json()
            found.append(time.perf_counter() - began)
            if answer.get("errors") or not answer["data"]["clueStatistics"]:
                raise RuntimeError(answer)
    return found[1:]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.statistics", description=__doc__.splitlines()[0])
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--no-write", action="store_true", help="leave bench/STATISTICS.md as it is")
    given = parser.parse_args()
    folder = (given.data / f"statistics-{given.transfers}").resolve()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        opened = stack.enter_context(database(folder, SAMPLE))
        transfers = fill(opened.owner_url, given.transfers)
        register(opened.owner_url, folder)
        server = stack.enter_context(start.hub(folder, opened, work / "hub.log"))
        token = request_token(server.url, CLIENT, read_key(folder, CLIENT), SCOPES, PURPOSE)
        lines = [
            "# Annual statistics",
            "",
            f"Written by `python -m bench.statistics` on {date.today().isoformat()}: {transfers:,} transfers sent in",
            f"{YEAR}, seconds over HTTP at one hub process, median and worst of {given.rounds}; load average",
            f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Target: under {TARGET_S:g} s.",
            "",
            "| | median | worst | |",
            "|---|--:|--:|---|",
        ]
        for name, document in QUERIES.items():
            found = seconds(server.url, token, document, given.rounds)
            verdict = "✓" if median(found) < TARGET_S else "✗"
            lines.append(f"| {name} | {median(found):.2f} | {max(found):.2f} | {verdict} |")
    report = "\n".join([*lines, ""])
    print(report)
    if not given.no_write:
        RESULTS.write_text(report)


if __name__ == "__main__":
    main()
