"""At five million rows a table: the latency of a large and of a small agency, against that at 200,000.

One connection, both databases at the same time, rounds alternating: a neighbour's noise falls on both.
"""

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import load
from bench.data import LARGE, SMALL, Client, database, known_transfers
from bench.hub_client import HubClient
from bench.operations import HUB, ONE, OPERATIONS, PAGE, SYNC, Key, Operation, payload
from bench.peers import start
from bench.servers import Postgres, Server
from hub.demo.layout import Counts

TARGET = 1.3
SHARED_BUFFERS = "4GB"
"""On both databases: what a site with 35 GB of records gives its server; the embedded default is for small ones."""


@dataclass(frozen=True, slots=True)
class Side:
    """One database with a hub on it."""

    rows: int
    folder: Path
    server: Server
    postgres: Postgres
    owner_url: str

    def bodies(self, work: Path, operation: Operation, client: Client) -> Path:
        """Requests of one client: by id; at random cursors for the large agency, the first page for the small one."""
        asking = HubClient(self.server.url, self.folder, client)
        if operation is ONE:
            asked = [payload(ONE, HUB, Key((found,)), client) for found in known_transfers(self.owner_url, client)]
        elif client is LARGE or operation is SYNC:
            keys = asking.keys(operation.name, 50 if operation is PAGE else 1_000)
            asked = [payload(operation, HUB, key, client) for key in keys]
        else:
            document = operation.documents[HUB]
            asked = [{"query": document.replace("($after: String!)", "").replace(", after: $after", "")}]
        return load.write_bodies(work / f"{self.rows}-{operation.name}-{client.client_id}.jsonl", asked)


def compare(given: argparse.Namespace, work: Path) -> str:
    """The report of latencies and their ratios."""
    with ExitStack() as stack:
        sides = [open_side(stack, given.data, rows, work) for rows in (given.rows, given.large_rows)]
        lines = [
            "# Speed at five million rows a table",
            "",
            "Written by `make bench BENCH_ARGS=--large`: p50 in ms of one connection, both databases in alternation,",
            f"medians of {given.rounds} rounds of {given.seconds:g} s; shared_buffers {SHARED_BUFFERS}.",
            f"Target: ≤ {TARGET} ×.",
            "",
            f"| | {given.rows:,} | {given.large_rows:,} | × | |",
            "|---|--:|--:|--:|---|",
        ]
        for client, name in ((LARGE, "large agency"), (SMALL, "small agency")):
            for operation in OPERATIONS:
                small, large = _latencies(sides, work, operation, client, given)
                verdict = "✓" if large / small <= TARGET else "✗"
                lines.append(
                    f"| {name}: {operation.title} | {small:.2f} | {large:.2f} | {large / small:.2f} | {verdict} |"
                )
                print(lines[-1], flush=True)
    return "\n".join([*lines, ""])


def open_side(stack: ExitStack, data: Path, rows: int, work: Path, counts: Counts | None = None) -> Side:
    """A hub on the database of so many rows, made where it is missing. `counts`: where not every table has them."""
    folder = (data / (f"{rows}-transfers" if counts else str(rows))).resolve()
    with database(folder, rows, counts):
        pass  # made where it is missing, and stopped: the setting below is read at the start
    (folder / "pgdata" / "postgresql.auto.conf").write_text(f"shared_buffers = '{SHARED_BUFFERS}'\n")
    opened = stack.enter_context(database(folder, rows))
    server = stack.enter_context(start.hub(folder, opened, work / f"hub-{rows}.log"))
    return Side(rows, folder, server, Postgres(folder / "pgdata"), opened.owner_url)


def _latencies(
    sides: list[Side], work: Path, operation: Operation, client: Client, given: argparse.Namespace
) -> tuple[float, float]:
    bodies = [side.bodies(work, operation, client) for side in sides]
    tokens = [HubClient(side.server.url, side.folder, client) for side in sides]
    found: list[list[float]] = [[] for _ in sides]
    for number in range(given.rounds + 1):
        for at, side in enumerate(sides):
            token = tokens[at].token()
            run = load.run(side.server, side.postgres, bodies[at], given.seconds, token, connections=1)
            if number:
                found[at].append(run.p50_ms)
    return median(found[0]), median(found[1])
