"""Recording penalties: `recordPenalties` in batches of 1,000, durable (fsync on), on one process; beside a bare COPY.

What is counted is the whole command: form of every field, checksums, free text, policies, one statement for records and
events, the receipt, the commit. Not HTTP, not GraphQL.
"""

import os
import secrets
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import psycopg

from bench import data
from hub.demo.numbers import uscc
from hub.oauth.caller import Caller, Officer
from hub.oauth.callers import hash_token
from hub.penalties.commands import RecordCommand, execute
from hub.policy.commanding import CommandRules
from hub.settings import Settings

AGENCY, OFFICER, CERTIFICATE = "640100-HEALTH", "虚构承办人", "64010029001"
BATCH, BATCHES = 1_000, 12
LIFE = timedelta(minutes=5)
PURPOSE = "medical-practice-regulation"
_RULES = CommandRules.load(Settings().policies)


def measure(folder: Path, rows: int) -> str:
    """The report. The database is that of the other benchmarks; what is recorded is removed again."""
    with data.database(folder, rows) as opened, psycopg.connect(opened.owner_url, autocommit=True) as owner:
        caller = _caller(owner)
        try:
            lines = [_rate(opened.app_url, caller, writers, number * 100) for number, writers in enumerate((1, 2, 4))]
            bare = _bare(owner)
        finally:
            _remove(owner)
        synced = owner.execute("SHOW fsync").fetchone()
    return "\n".join(
        [
            "# Recording penalties",
            "",
            f"`recordPenalties`, batches of {BATCH:,} records, each one transaction with its events and receipt; one",
            f"process, {rows:,} penalties there before, fsync {synced[0] if synced else None}.",
            f"Target: ≥ 3,000 records/s durable. {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}: on a",
            "busy machine the seconds of processor tell more than the rate.",
            "",
            "| connections | records/s | processor, s per 1,000 records: hub | PostgreSQL |",
            "|---|---|---|---|",
            *lines,
            f"| the same rows by a bare COPY into the same table | {bare:,.0f} | | |",
            "",
        ]
    )


def _caller(owner: psycopg.Connection[Any]) -> Caller:
    """A token of the benchmark's client, written as the token endpoint writes it, with a registered officer."""
    owner.execute(
        "INSERT INTO officer (agency, name, certificate_no, roles, valid_from, registered_by)"
        " SELECT %s, %s, %s, '{CASE_OFFICER}', '2020-01-01', 'bench'"
        " WHERE NOT EXISTS (SELECT FROM officer WHERE certificate_no = %s)",
        (AGENCY, OFFICER, CERTIFICATE, CERTIFICATE),
    )
    token, now = hash_token(secrets.token_urlsafe(32)), datetime.now(UTC)
    until = now + LIFE
    client = data.LARGE.client_id
    owner.execute(
        "INSERT INTO scope_grant (client_id, scope, granted_by) SELECT %s, 'penalties:write', 'bench' WHERE NOT EXISTS"
        " (SELECT FROM scope_grant WHERE client_id = %s AND scope = 'penalties:write' AND revoked_at IS NULL)",
        (client, client),
    )
    owner.execute(
        "INSERT INTO access_token (token_hash, client_id, kid, scopes, purpose, officer_name, officer_certificate_no,"
        " issued_at, expires_at) SELECT %s, %s, kid, '{penalties:write}', %s, %s, %s, %s, %s FROM client_key"
        " WHERE client_id = %s AND retired_at IS NULL LIMIT 1",
        (token, client, PURPOSE, OFFICER, CERTIFICATE, now, until, client),
    )
    row = owner.execute(
        "SELECT c.authority_version, a.name, a.kind, a.uscc, a.authority_version, r.code, r.name, r.level FROM client c"
        " JOIN agency a ON a.code = c.agency JOIN region r ON r.code = a.region WHERE c.client_id = %s",
        (client,),
    ).fetchone()
    assert row
    scopes = frozenset({"penalties:write"})
    officer = Officer(OFFICER, CERTIFICATE)

    return Caller(token, client, row[0], AGENCY, *row[1:8], scopes, PURPOSE, None, officer, until, 10**9)


def _batch(number: int) -> dict[str, Any]:
    first = number * BATCH
    decided = date.today() - timedelta(days=3)
    return {
        "penalties": [
            {
                "decisionNo": f"测速卫罚决〔{decided.year}〕{first + n + 1}号",
                "counterpartyCategory": "LEGAL_PERSON",
                "counterpartyName": f"虚构医药有限公司{first + n}",
                "counterpartyUscc": uscc("91", "640104", first + n),
                "businessRegistrationNo": "640104200000001",
                "organizationCode": "12345678-9",
                "legalRepresentative": "虚构人",
                "violationType": "重复收费、超标准收费、分解项目收费",
                "publishedFacts": "违法事实：重复收费、超标准收费、分解项目收费。",
                "facts": "经查，2026年1月至2026年6月期间，当事人重复收费、超标准收费，涉及医保基金2000.00元。" * 2,
                "basis": "《医疗保障基金使用监督管理条例》第三十八条",
                "kinds": ["FINE", "WARNING"],
                "content": "责令改正，警告，罚款2000元。",
                "severity": "GENERAL",
                "fine": "2000.00",
                "decidedOn": decided.isoformat(),
                "caseOfficers": ["虚构甲 64010410001", "虚构乙 64010410002"],
                "caseFileNo": f"卷{first + n}",
            }
            for n in range(BATCH)
        ]
    }


def _processor_s(connections: list[psycopg.Connection[Any]]) -> tuple[float, float]:
    """Seconds of processor so far: this process, and the servers of the connections (proc(5): utime, stime)."""
    ticks = 0
    for connection in connections:
        fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return process_time(), ticks / os.sysconf("SC_CLK_TCK")


def _rate(app_url: str, caller: Caller, writers: int, first: int) -> str:
    """A line of the report."""
    batches = [_batch(first + number) for number in range(BATCHES + writers)]
    connections = [psycopg.connect(app_url, autocommit=True) for _ in range(writers)]

    def send(job: tuple[int, dict[str, Any]]) -> None:
        place, given = job
        key = secrets.token_hex(16)
        command = RecordCommand.RECORD_PENALTIES
        result = execute(connections[place], caller, command, given, key, datetime.now(UTC), may=_RULES)
        assert not result.user_errors, result.user_errors[0]
        assert all(item.status == "RECORDED" for item in result.items)

    def work(place: int) -> None:
        for given in batches[writers + place :: writers]:
            send((place, given))

    try:
        for place in range(writers):
            send((place, batches[place]))  # warm
        with ThreadPoolExecutor(writers) as pool:
            started, before = perf_counter(), _processor_s(connections)
            list(pool.map(work, range(writers)))
            took, after = perf_counter() - started, _processor_s(connections)
    finally:
        for connection in connections:
            connection.close()
    hub, server = ((one - other) / BATCHES / BATCH * 1_000 for one, other in zip(after, before, strict=True))
    return f"| {writers} | {BATCHES * BATCH / took:,.0f} | {hub:.3f} | {server:.3f} |"


def _bare(owner: psycopg.Connection[Any]) -> float:
    """The rows recorded last, copied out and in again under other numbers: all indexes and constraints, no command."""
    names = [
        row[0]
        for row in owner.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'penalty_record'"
            " AND is_generated = 'NEVER' AND column_name <> 'id' ORDER BY ordinal_position"
        )
    ]
    renamed = {"public_id": "gen_random_uuid()", "decision_no": "decision_no || '之一'"}
    chosen = ", ".join(f"{renamed.get(name, name)} AS {name}" for name in names)
    with tempfile.TemporaryFile() as file:
        with owner.cursor().copy(
            f"COPY (SELECT {chosen} FROM penalty_record WHERE decision_no LIKE '测速%' ORDER BY id DESC"
            f" LIMIT {BATCHES * BATCH}) TO STDOUT"
        ) as copied:
            for block in copied:
                file.write(block)
        file.seek(0)
        started = perf_counter()
        with owner.cursor().copy(f"COPY penalty_record ({', '.join(names)}) FROM STDIN") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        return BATCHES * BATCH / (perf_counter() - started)


def _remove(owner: psycopg.Connection[Any]) -> None:
    made = "(SELECT id FROM penalty_record WHERE decision_no LIKE '测速%')"
    owner.execute(f"DELETE FROM penalty_event WHERE penalty_id IN {made}")
    owner.execute("DELETE FROM penalty_record WHERE decision_no LIKE '测速%'")
    owner.execute("DELETE FROM command_receipt WHERE client_id = %s", (data.LARGE.client_id,))
    owner.execute("DELETE FROM access_token WHERE officer_certificate_no = %s", (CERTIFICATE,))
