"""wrk with 16 connections and random keys, and what each process spent on it."""

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.servers import Postgres, Server

CONNECTIONS = 16
SCRIPT = Path(__file__).parent / "load.lua"
ONCE = Path(__file__).parent / "once.lua"


class LoadFailed(Exception):
    """wrk is missing, or requests failed under load."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of wrk. Rates in requests/s, latencies in ms, CPU in ms per request, memory in MB."""

    rate: float
    p50_ms: float
    p99_ms: float
    requests: int
    kilobytes: float
    server_ms: float
    database_ms: float
    client_ms: float
    server_cores: float
    rss_mb: float


def require_wrk() -> str:
    """Raises LoadFailed with what to do: a generator in Python would be slower than what it measures."""
    path = shutil.which("wrk")
    if path is None:
        raise LoadFailed("wrk is needed for the load: apt-get install -y wrk")
    return path


def run(
    server: Server,
    postgres: Postgres,
    bodies: Path,
    seconds: float,
    token: str | None = None,
    connections: int = CONNECTIONS,
    script: Path = SCRIPT,
) -> Run:
    """Raises LoadFailed where a request was not answered with a success, or none was."""
    environment = {**os.environ, **({"HUB_TOKEN": token} if token else {})}
    command = [
        require_wrk(),
        "--threads=1",
        f"--connections={connections}",
        "--duration=",
        "--timeout=30s",
        f"--script={script}",
        f"{server.url}/graphql",
        "--",
        str(bodies),
    ]
    # A slow peer may answer nothing within the time: then it is given more.
    for patience in (1, 6):
        command[3] = f"--duration={seconds * patience:g}s"
        before = server.cpu_seconds(), postgres.cpu_seconds(), _children_seconds()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        after = server.cpu_seconds(), postgres.cpu_seconds(), _children_seconds()
        found = json.loads(done.stdout.strip().splitlines()[-1])
        if found["requests"]:
            break
    if found["failed"] or not found["requests"]:
        raise LoadFailed(f"{server.name}: {found['failed']} of {found['requests']} requests failed")
    requests = found["requests"]
    own, database, client = ((late - early) * 1_000 / requests for early, late in zip(before, after, strict=True))
    return Run(
        rate=requests / found["seconds"],
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        requests=requests,
        kilobytes=found["bytes"] / requests / 1_000,
        server_ms=own,
        database_ms=database,
        client_ms=client,
        server_cores=own * requests / found["seconds"] / 1_000,
        rss_mb=server.rss_mb(),
    )


def write_bodies(path: Path, payloads: Sequence[object]) -> Path:
    path.write_text("".join(f"{json.dumps(payload, separators=(',', ':'))}\n" for payload in payloads))
    return path


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
