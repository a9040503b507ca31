"""The change feed: how soon a waiting reader is told, how fast it is followed, and what telling costs the writer.

`python -m bench --feed`. One hub process over HTTP; a database of its own, thrown away afterwards.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import psycopg

from bench import feed_records
from bench.data import LARGE, SCOPES, database
from bench.peers import start
from bench.servers import Postgres, Server
from hub.clues import store_changes
from hub.oauth.client import read_key, request_token

ROWS, CHANGES, PAGE = 20_000, 200_000, 1_000
SCORES = 1_000_000
ARRIVALS, WRITES, WRITERS = 200, 300, 16
PURPOSE = "medical-practice-regulation"
FIELDS = "id change at tombstone record { id caseNo docNo status dueAt sentAt discoveredOn outcome }"
DOCUMENT = (
    "query F($after: String, $first: Int! = 1000, $wait: Int! = 0) {"
    " clueTransferChanges(after: $after, first: $first, waitSeconds: $wait) {"
    " nodes { " + FIELDS + " } cursor hasMore watermark } }"
)
SAME_COLUMNS = """
SELECT t.public_id, c.kind, c.at, c.kind = 'LEFT', t.public_id, t.case_no, t.doc_no, t.status, t.due_at, t.sent_at,
       t.discovered_on, t.outcome
FROM transfer_change c JOIN clue_transfer t ON t.id = c.transfer_id WHERE c.agency = '{agency}' ORDER BY c.xid, c.id
"""
SENT = """
INSERT INTO transfer_change (agency, xid, transfer_id, kind, at)
SELECT agency, pg_current_xact_id(), transfer_id, 'RECEIPT_SIGNED', clock_timestamp() FROM record_party
WHERE agency = %s LIMIT 1
"""
EVENT = """
INSERT INTO transfer_event (transfer_id, case_no, kind, at, agency, client_id, officer, role, payload, confidential)
VALUES (%(transfer_id)s, 'n', 'RECEIPT_SIGNED', now(), 'a', 'c', 'o', 'r', '{}', false)
"""
TOLD = f"WITH event AS ({EVENT} RETURNING transfer_id, kind, at) {store_changes.OF_EVENT}"


@dataclass
class Follower:
    """One client that follows over one connection."""

    url: str
    token: str
    http: httpx.Client

    def page(self, after: str | None, **more: Any) -> dict[str, Any]:
        answer = self.http.post(
            f"{self.url}/graphql",
            json={"query": DOCUMENT, "variables": {"after": after, **more}},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        ).json()
        if "errors" in answer:
            raise RuntimeError(answer["errors"])
        found: dict[str, Any] = answer["data"]["clueTransferChanges"]
        return found


@dataclass
class Cpu:
    """Processor time of the hub and of PostgreSQL between two moments."""

    hub: Server
    postgres: Postgres
    before: tuple[float, float] = (0.0, 0.0)

    def start(self) -> None:
        self.before = self.hub.cpu_seconds(), self.postgres.cpu_seconds()

    def ms_a_thousand(self, rows: int) -> tuple[float, float]:
        hub, postgres = self.hub.cpu_seconds() - self.before[0], self.postgres.cpu_seconds() - self.before[1]
        return hub * 1e6 / rows, postgres * 1e6 / rows


def feed(work: Path) -> str:
    """The report."""
    with ExitStack() as stack:
        folder = work / "feed"
        opened = stack.enter_context(database(folder, ROWS))
        owner = stack.enter_context(psycopg.connect(opened.owner_url, autocommit=True))
        hub = stack.enter_context(start.hub(folder, opened, work / "hub.log"))
        _grant(owner)
        token = request_token(
            hub.url, LARGE.client_id, read_key(folder, LARGE.client_id), (*SCOPES, "feed:read"), PURPOSE
        )
        follower = Follower(hub.url, token, stack.enter_context(httpx.Client(trust_env=False)))
        cpu = Cpu(hub, Postgres(folder / "pgdata"))
        lines = [
            *_following(owner, follower, cpu),
            *_waiting(opened.owner_url, follower),
            *_writing(opened.app_url, owner),
        ]
    lines += [
        "",
        "Scores, for the credit platform (`python -m bench.feed_records`):",
        "",
        *feed_records.measure(work, SCORES),
    ]
    return "\n".join(["# The change feeds", "", "Written by `python -m bench --feed`.", "", *lines, ""])


def _grant(owner: psycopg.Connection[Any]) -> None:
    owner.execute(
        "INSERT INTO scope_grant (client_id, scope, granted_by) SELECT %s, 'feed:read', 'bench' WHERE NOT EXISTS"
        " (SELECT FROM scope_grant WHERE client_id = %s AND scope = 'feed:read')",
        (LARGE.client_id, LARGE.client_id),
    )


def _following(owner: psycopg.Connection[Any], follower: Follower, cpu: Cpu) -> Iterator[str]:
    after = None
    snapshot = 0
    began = time.perf_counter()
    while True:
        page = follower.page(after)
        after, snapshot = page["cursor"], snapshot + len(page["nodes"])
        if not page["hasMore"]:
            break
    yield f"- snapshot: {snapshot:,} transfers, {snapshot / (time.perf_counter() - began):,.0f}/s in pages of 1,000"
    owner.execute(
        "INSERT INTO transfer_change (agency, xid, transfer_id, kind, at)"
        " SELECT agency, pg_current_xact_id(), transfer_id, 'RECEIPT_SIGNED', now() FROM"
        " (SELECT agency, transfer_id FROM record_party WHERE agency = %s) k, generate_series(1, %s) n"
        " ORDER BY n, transfer_id LIMIT %s",
        (LARGE.agency, CHANGES // max(snapshot, 1) + 1, CHANGES),
    )
    owner.execute("VACUUM ANALYZE transfer_change")
    times: list[float] = []
    read = 0
    cpu.start()
    while True:
        began = time.perf_counter()
        page = follower.page(after)
        times.append(time.perf_counter() - began)
        after, read = page["cursor"], read + len(page["nodes"])
        if not page["hasMore"]:
            break
    rate = read / sum(times)
    hub_ms, postgres_ms = cpu.ms_a_thousand(read)
    cpu.start()
    copy = _copy(owner)
    copy_ms = cpu.ms_a_thousand(read)[1]
    first, last = median(times[1:21]), median(times[-21:-1])
    yield (
        f"- changes: {read:,} followed by one reader, {rate:,.0f}/s; psql's COPY of the same columns {copy:,.0f}/s"
        f" ({rate / copy:.2f} ×, target ≥ 0.25)"
    )
    yield (
        f"- a page of 1,000: {first * 1e3:.1f} ms among the first, {last * 1e3:.1f} ms among the last"
        f" ({last / first:.2f} ×, target 0.8 to 1.2)"
    )

    yield (
        f"- processor time for 1,000 changes: hub {hub_ms:.1f} ms, PostgreSQL {postgres_ms:.1f} ms with ledger and its"
        f" index; COPY {copy_ms:.1f} ms (of a busy machine this says more than rates)"
    )


def _copy(owner: psycopg.Connection[Any]) -> float:
    began, rows = time.perf_counter(), 0
    with owner.cursor().copy(f"COPY ({SAME_COLUMNS.format(agency=LARGE.agency)}) TO STDOUT") as copy:
        for data in copy:
            rows += bytes(data).count(b"\n")
    return rows / (time.perf_counter() - began)


def _waiting(owner_url: str, follower: Follower) -> Iterator[str]:
    """From the writer's commit to the reader's answer, over HTTP."""
    after = follower.page(None, first=1)["watermark"]
    taken: list[float] = []
    with psycopg.connect(owner_url, autocommit=True) as writer:
        for _ in range(ARRIVALS):
            with ThreadPoolExecutor() as pool:
                waiting = pool.submit(_told, follower, after)
                time.sleep(0.1)
                writer.execute(SENT, (LARGE.agency,))
                committed = time.perf_counter()
                told, after = waiting.result()
            taken.append(told - committed)
    p95 = quantiles(taken, n=20)[-1]
    yield (
        f"- a waiting reader is told {median(taken) * 1e3:.0f} ms after the commit (p95 {p95 * 1e3:.0f} ms, longest"
        f" {max(taken) * 1e3:.0f} ms of {ARRIVALS}; target 200 ms)"
    )


def _told(follower: Follower, after: str) -> tuple[float, str]:
    """When the one change came, and the cursor behind it."""
    page = follower.page(after, wait=30)
    told = time.perf_counter()
    if len(page["nodes"]) != 1:
        raise RuntimeError("the reader was not told of one change")
    return told, page["cursor"]


def _writing(app_url: str, owner: psycopg.Connection[Any]) -> Iterator[str]:
    """16 writers, each event a transaction: the event alone, told to two agencies, and with a notification as well."""
    ids = [row[0] for row in owner.execute("SELECT id FROM clue_transfer ORDER BY id LIMIT %s", (WRITERS,))]

    def told(connection: psycopg.Connection[Any], transfer_id: int) -> None:
        connection.execute(TOLD, {"transfer_id": transfer_id, "told": ["x", "y"], "notified": True, "left": None})

    def notified(connection: psycopg.Connection[Any], transfer_id: int) -> None:
        with connection.transaction():
            told(connection, transfer_id)
            connection.execute("NOTIFY feed")

    def quiet(connection: psycopg.Connection[Any], transfer_id: int) -> None:
        with connection.transaction():
            told(connection, transfer_id)
            connection.execute("SELECT 1")

    ways: dict[str, Callable[[psycopg.Connection[Any], int], None]] = {
        "the event alone": lambda connection, transfer_id: (
            connection.execute(EVENT, {"transfer_id": transfer_id}) and None
        ),
        "and told to two agencies": told,
        "the same with one more statement": quiet,
        "the same with NOTIFY instead": notified,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(3):
        for name, way in ways.items():
            rates[name].append(_rate(app_url, ids, way))
    for name, found in rates.items():
        yield f"- {WRITERS} writers, {name}: {median(found):,.0f} transactions/s"


def _rate(url: str, ids: list[int], way: Callable[[psycopg.Connection[Any], int], None]) -> float:
    ready = threading.Barrier(WRITERS + 1)

    def write(transfer_id: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.prepare_threshold = 0
            ready.wait()
            for _ in range(WRITES):
                way(connection, transfer_id)

    threads = [threading.Thread(target=write, args=(each,)) for each in ids]
    for each in threads:
        each.start()
    ready.wait()
    began = time.perf_counter()
    for each in threads:
        each.join()
    return WRITERS * WRITES / (time.perf_counter() - began)
