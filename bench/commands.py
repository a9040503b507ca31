"""Durable state changes a second: the life of transfers, command by command, beside the same inserts by pgbench.

Sixteen connections of wrk send each command once, for as many transfers as there are bodies; what counts is what is in
the database afterwards (a receipt a command), not what was answered. After each command, pgbench writes the same rows
for as many transfers of its own, with as many clients (`bench/commands_peer.py`).
"""

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from bench import commands_peer, load
from bench.commands_peer import Peer
from bench.data import database
from bench.load import CONNECTIONS, ONCE, Run
from bench.peers import start
from bench.servers import Postgres, Server
from hub.demo.clients import register_demo_clients
from hub.oauth.caller import Officer
from hub.oauth.client import read_key, request_token

SECURITY, HEALTH = "640104-HEALTHCARE_SECURITY", "640104-HEALTH"
TARGET, RATIO = 400, 0.5
"""State changes a second; of pgbench's rate."""
TRANSFERS = 2_500
PEER_TRANSFERS = 60
"""Of one client of pgbench, a second that a command is measured."""
SCOPES = ("clues:read", "clues:write", "parties:read")
WITH_ERRORS = "userErrors { code zh } replayed"
RECORD = f"clueTransfer {{ id status docNo dueAt hiddenFields }} {WITH_ERRORS}"


@dataclass(frozen=True, slots=True)
class Desk:
    client: str
    purpose: str
    name: str
    certificate: str


OFFICER = Desk("demo-healthcare-security", "fund-supervision", "王安泽", "64010410001")
PRINCIPAL = Desk("demo-healthcare-security", "fund-supervision", "罗国栋", "64010410009")
RECEIVER = Desk("demo-health", "medical-practice-regulation", "李春晖", "64010420001")


@dataclass(frozen=True, slots=True)
class Step:
    """A command, by whom, its input besides id and key; in which status the transfer is, and which clock runs on it."""

    command: str
    desk: Desk
    before: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    clock: str = ""


def _item(kind: str) -> dict[str, Any]:
    return {
        "kind": kind, "name": "材料.pdf", "sha256": "0" * 64, "size": 1_024, "mediaType": "application/pdf",
        "dataClass": "INVESTIGATION",
    }  # fmt: skip


PAPERS = {
    "receiver": HEALTH,
    "source": "SMART_MONITORING",
    "discoveredOn": "2026-09-14",
    "summary": "某医院涉嫌重复检查",
    "suspectedFacts": "2026年1月至6月，重复检查240人次",
    "parties": [{"kind": "MEDICAL_INSTITUTION", "name": "某医院"}],
    "evidence": [_item(kind) for kind in ("VIOLATION_LIST", "INVESTIGATION_REPORT", "INSPECTION_REPORT")],
}
STEPS = (
    Step("openCase", OFFICER),
    Step("draftClueTransfer", OFFICER, given=PAPERS),
    Step("submitClueTransfer", OFFICER, "DRAFT"),
    Step("approveClueTransfer", PRINCIPAL, "SUBMITTED"),
    Step("sendClueTransfer", OFFICER, "APPROVED"),
    Step("signReceipt", RECEIVER, "SENT", {"pages": 42, "documents": ["移送书", "调查报告"], "sealed": True}),
    Step("startHandling", RECEIVER, "RECEIVED"),
    Step(
        "reportResult", RECEIVER, "HANDLING",
        {"kind": "PENALTY_IMPOSED", "documentNo": "兴卫罚〔2026〕7号", "decidedOn": "2026-10-20",
         "amounts": [{"kind": "罚款", "yuan": "20000.00"}], "sanctions": [], "detail": "已作出行政处罚"},
    ),
    Step("acknowledgeResult", OFFICER, "RESULT_REPORTED", clock="result_acknowledgement"),
    Step("closeClueTransfer", RECEIVER, "RESULT_REPORTED"),
)  # fmt: skip


@dataclass
class Measured:
    rows: int
    seconds: float
    steps: list[tuple[str, int, Run]] = field(default_factory=list)
    pgbench: list[Peer] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Changes a second over all commands: what a mix of equal parts would get."""
        return len(self.steps) / sum(run.requests / run.rate / changes for _, changes, run in self.steps)

    @property
    def peer(self) -> float:
        """The same of pgbench."""
        return len(self.pgbench) / sum(1 / peer.rate for peer in self.pgbench)


def measure(folder: Path, rows: int, seconds: float, work: Path) -> Measured:
    """One round of every command, pgbench behind each."""
    measured = Measured(rows, seconds)
    with database(folder, rows) as opened:
        register_demo_clients(opened.owner_url, folder)
        postgres = Postgres(folder / "pgdata")
        with (
            start.hub(folder, opened, work / "hub.log") as hub,
            psycopg.connect(opened.owner_url, autocommit=True) as owner,
            ExitStack() as stack,
        ):
            owner.execute(  # what a run that was broken off left behind
                "DELETE FROM case_file c WHERE c.opened_by = %s AND NOT EXISTS"
                " (SELECT FROM clue_transfer t WHERE t.case_no = c.case_no)",
                (SECURITY,),
            )
            made = _made_before(owner)
            each = max(1, round(seconds * PEER_TRANSFERS))
            stack.enter_context(commands_peer.cases(owner, each * CONNECTIONS))
            for step in STEPS:
                changes, run = _measured(owner, hub, postgres, folder, step, made, seconds, work)
                measured.steps.append((step.command, changes, run))
                print(f"{step.command:>22} {_rate(changes, run):>7,.0f}/s  p50 {run.p50_ms:>7.2f} ms", flush=True)
                peer = commands_peer.run(opened, postgres, work, step.command, each)
                measured.pgbench.append(peer)
                print(f"{'pgbench':>22} {peer.rate:>7,.0f}/s", flush=True)
    return measured


def _measured(
    owner: psycopg.Connection[Any],
    hub: Server,
    postgres: Postgres,
    folder: Path,
    step: Step,
    made: int,
    seconds: float,
    work: Path,
) -> tuple[int, Run]:
    """State changes and the run that made them, in `seconds`. Then the rest is done untimed, for the next command.

    Raises:
        LoadFailed: the bodies did not last, so what was measured are repetitions.
    """

    def once(duration: float, bodies: list[dict[str, Any]]) -> tuple[int, Run]:
        file = load.write_bodies(work / f"{step.command}.jsonl", bodies)
        before = _receipts(owner, step.command)
        run = load.run(hub, postgres, file, duration, _token(hub, folder, step.desk), script=ONCE)
        return _receipts(owner, step.command) - before, run

    bodies = _bodies(owner, step, made)
    changes, run = found = once(seconds, bodies)
    if changes >= len(bodies):
        raise load.LoadFailed(f"{step.command}: {len(bodies)} bodies were not enough")
    while bodies := _bodies(owner, step, made):
        changes, run = once(ceil(len(bodies) / run.rate), bodies)
        if not changes:
            raise load.LoadFailed(f"{step.command}: {len(bodies)} cannot be carried out")
    return found


def _made_before(owner: psycopg.Connection[Any]) -> int:
    row = owner.execute("SELECT coalesce(max(id), 0) FROM clue_transfer").fetchone()
    return int(row[0]) if row else 0


def _opened(owner: psycopg.Connection[Any]) -> int:
    """Cases that wait for their transfer."""
    found = owner.execute(
        "SELECT count(*) FROM case_file c WHERE c.opened_by = %s AND NOT EXISTS"
        " (SELECT FROM clue_transfer t WHERE t.case_no = c.case_no)",
        (SECURITY,),
    ).fetchone()
    return int(found[0]) if found else 0


def _receipts(owner: psycopg.Connection[Any], command: str) -> int:
    row = owner.execute("SELECT count(*) FROM command_receipt WHERE command = %s", (command,)).fetchone()
    return int(row[0]) if row else 0


def _rate(changes: int, run: Run) -> float:
    return changes / (run.requests / run.rate)


def _bodies(owner: psycopg.Connection[Any], step: Step, made: int) -> list[dict[str, Any]]:
    """One request for each transfer that waits for the step."""
    kind = f"{step.command[0].upper()}{step.command[1:]}Input"
    select = f"case {{ caseNo }} {WITH_ERRORS}" if step.command == "openCase" else RECORD
    document = f"mutation ($input: {kind}!) {{ {step.command}(input: $input) {{ {select} }} }}"
    given: list[dict[str, Any]]
    if step.command == "openCase":
        given = [{} for _ in range(TRANSFERS - _opened(owner))]
    elif step.command == "draftClueTransfer":
        found = owner.execute(
            "SELECT c.case_no FROM case_file c WHERE c.opened_by = %s AND NOT EXISTS"
            " (SELECT FROM clue_transfer t WHERE t.case_no = c.case_no) ORDER BY c.case_no DESC LIMIT %s",
            (SECURITY, TRANSFERS),
        )
        given = [{"caseNo": case_no} for (case_no,) in found]
    else:
        found = owner.execute(
            "SELECT public_id FROM clue_transfer WHERE id > %s AND status = ANY(%s) AND coalesce(due_clock, '') ~ %s"
            " ORDER BY id LIMIT %s",
            (made, [step.before, "ARRIVED"] if step.before == "SENT" else [step.before], step.clock, TRANSFERS),
        )
        given = [{"id": str(public_id)} for (public_id,) in found]
    return [
        {"query": document, "variables": {"input": {"idempotencyKey": str(uuid4()), **one, **step.given}}}
        for one in given
    ]


def _token(hub: Server, folder: Path, desk: Desk) -> str:
    officer = Officer(desk.name, desk.certificate)
    return request_token(hub.url, desk.client, read_key(folder, desk.client), SCOPES, desk.purpose, officer=officer)


def report(measured: Measured) -> str:
    rate, ratio = measured.rate, measured.rate / measured.peer
    lines = [
        "# Commands",
        "",
        "Written by `make bench BENCH_ARGS=--commands` (`bench/commands.py`); see there how it is measured.",
        "",
        f"- {date.today().isoformat()}; {os.cpu_count()} cores; load average of 5 minutes: {os.getloadavg()[1]:.1f}",
        f"- {measured.rows:,} rows a table; {CONNECTIONS} connections of wrk, one process, {measured.seconds:g} s each",
        "- token, policies, lifecycle, events, receipt, payload by the compiler and the durable ledger row are on",
        "- pgbench: the same rows of the same tables, by the same statements, in one transaction each; 16 clients",
        "- server, PostgreSQL, wrk: CPU ms a command",
        "",
        "| | state changes/s | p50 ms | p99 ms | server | PostgreSQL | wrk | pgbench/s | its PostgreSQL | hub is × |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {command} | {_rate(changes, run):,.0f} | {run.p50_ms:.1f} | {run.p99_ms:.1f} | {run.server_ms:.2f}"
            f" | {run.database_ms:.2f} | {run.client_ms:.2f} | {peer.rate:,.0f} | {peer.database_ms:.2f}"
            f" | {_rate(changes, run) / peer.rate:.2f} |"
            for (command, changes, run), peer in zip(measured.steps, measured.pgbench, strict=True)
        ),
        f"| **all, in equal parts** | **{rate:,.0f}** | | | | | | **{measured.peer:,.0f}** | | **{ratio:.2f}** |",
        "",
        f"Targets: {TARGET}/s {'✓' if rate >= TARGET else '✗'}, {RATIO} × pgbench {'✓' if ratio >= RATIO else '✗'}.",
        "",
    ]
    return "\n".join(lines)


def timed(folder: Path, rows: int, seconds: float, work: Path) -> str:
    """The report of one run."""
    started = time.monotonic()
    measured = measure(folder, rows, seconds, work)
    print(f"{time.monotonic() - started:,.0f} s")
    return report(measured)
