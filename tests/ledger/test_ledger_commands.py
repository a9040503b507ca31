"""`hub ledger list` on a data folder of its own, as an operator runs it: another process, with and without a server."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from ledger_entries import entry
from typer.testing import CliRunner

from hub.clock import BEIJING, SystemClock
from hub.db.engine import open_database
from hub.db.migrate import migrate
from hub.ledger.commands import _content, ledger_app
from hub.ledger.lookup import Disclosure
from hub.ledger.writer import LedgerWriter
from hub.settings import Settings

CODE = "H64010400001"
RUN = "from hub.ledger.commands import ledger_app; ledger_app()"
SERVE = """
import sys, psycopg
from pathlib import Path
from hub.db.engine import open_database
from hub.settings import Settings
database = open_database(Settings(data=Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
with psycopg.connect(database.app_url) as connection:
    print(connection.execute("SELECT 1").fetchone()[0], flush=True)
database.close()
"""
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
FIELDS = {
    "id", "at", "clientId", "agency", "officerName", "officerCertificateNo", "purpose", "legalBasis", "caseNo", "outcome",
    "errorCodes", "shown", "masked", "filtered", "counted", "recordCount", "rowCount", "policyVersion", "operationHmac",
    "responseHmac",
}  # fmt: skip


async def _write(url: str) -> None:
    written = ((0, [41], "demo-health"), (10, [7], "demo-health"), (20, [41, 7], "demo-admin"), (30, [], "demo-health"))
    async with LedgerWriter(url, SystemClock()) as writer:
        for hours, ids, client in written:
            await writer.append(entry(ids, at=NOON + timedelta(hours=hours), client_id=client))


@pytest.fixture(scope="module")
def filled():
    """A data folder with a ledger of four entries, two of them about one institution; its server is stopped."""
    # A short path: the server's socket lies in the folder, and a socket's name holds 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    database = open_database(Settings(data=folder))
    engine = database.owner_engine()
    migrate(engine)
    engine.dispose()
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("INSERT INTO region (code, name, level) VALUES ('640000', '宁夏回族自治区', 1)")
        owner.execute(
            "INSERT INTO legal_entity (uscc, name, kind) VALUES ('91640100MA00000000', '示例医院', 'COMPANY')"
        )
        owner.execute(
            "INSERT INTO institution (id, nhsa_code, uscc, name, kind, region, level, address, agreement_listed,"
            " agreement_status, legal_representative_id, phone, settlement_account) VALUES (41, %s,"
            " '91640100MA00000000', '示例医院', 'HOSPITAL', '640000', 'A', '示例路1号', true, 'ACTIVE', '', '', '')",
            (CODE,),
        )
    asyncio.run(_write(database.app_url))
    database.close()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def listed(folder, *arguments):
    result = CliRunner().invoke(ledger_app, ["list", "--data", str(folder), *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout) if "--json" in arguments else result


def test_json_newest_first_with_every_field(filled):
    entries = listed(filled, "--json")
    assert [one["recordCount"] for one in entries] == [0, 2, 1, 1]
    assert {frozenset(one) for one in entries} == {frozenset(FIELDS)}
    assert entries[-1]["at"] == "2026-11-22T04:00:00+00:00"
    assert entries[-1]["operationHmac"] == (b"o" * 32).hex()
    assert "record_ids" not in json.dumps(entries)


def test_who_saw_an_institution(filled):
    assert [one["clientId"] for one in listed(filled, "--subject", CODE, "--json")] == ["demo-admin", "demo-health"]
    assert len(listed(filled, "--subject", CODE, "--json", "--client", "demo-admin")) == 1
    assert len(listed(filled, "--subject", CODE, "--json", "--limit", "1")) == 1


def test_days_are_beijing_days_and_both_ends_count(filled):
    day = NOON.astimezone(BEIJING).date()  # entries at 12:00 and 22:00 that day, 08:00 and 18:00 the next
    assert len(listed(filled, "--json", "--until", f"{day}")) == 2
    assert len(listed(filled, "--json", "--since", f"{day + timedelta(days=1)}")) == 2
    assert len(listed(filled, "--json", "--since", f"{day}", "--until", "9999-12-31")) == 4
    assert listed(filled, "--json", "--since", f"{day + timedelta(days=9)}") == []


def test_lines_for_a_reader(filled):
    result = listed(filled)
    lines = result.stdout.splitlines()
    assert len(lines) == 8
    assert lines[-2].startswith("2026-11-22 12:00:00+08:00  ANSWERED  demo-health")
    assert lines[-2].endswith("  1 record")
    assert lines[2].endswith("  2 records")
    one = entry([41])
    assert lines[-1].startswith(f"    依据 basis: {one.legal_basis} · 显示 shown: ")
    by_type = "ClueTransfer{docNo summary} Institution{name}"
    assert content(shown=["ClueTransfer.docNo", "Institution.name", "ClueTransfer.summary"]) == by_type
    assert "4 条 · 4 entries" in result.stderr
    assert "1 条 · 1 entry\n" in listed(filled, "--client", "demo-admin").stderr


def content(shown):
    given = dict.fromkeys(Disclosure.__slots__) | {"legal_basis": "条例第三十二条", "shown": shown}
    return _content(Disclosure(**given)).partition(" · 显示 shown: ")[2]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--subject", "nobody"], 1, "没有国家医保编码"),
        (["--subject", "\udcff"], 1, "没有国家医保编码"),
        (["--limit", "0"], 2, "--limit"),
        (["--limit", "1000001"], 2, "--limit"),
        (["--since", "yesterday"], 2, "yesterday"),
        (["--since", "2026-11-23", "--until", "2026-11-22"], 1, "--since lies after --until"),
        (["--client", "nobody"], 1, "没有此客户端"),
        (["--client", "\udcff"], 1, "没有此客户端"),
        (["--client", "a\0b"], 1, "没有此客户端"),
        (["--subject", "a\0b"], 1, "没有国家医保编码"),
    ],
)
def test_bad_input_is_told(filled, arguments, code, message):
    result = CliRunner().invoke(ledger_app, ["list", "--data", str(filled), *arguments])
    assert result.exit_code == code
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_folder_without_a_database_is_left_alone(tmp_path):
    result = CliRunner().invoke(ledger_app, ["list", "--data", str(tmp_path / "none")])
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "没有数据库" in result.stderr


def test_it_reads_while_another_process_serves_and_after_that_stopped(filled):
    command = [sys.executable, "-c", RUN, "list", "--json", "--data", str(filled)]
    alone = subprocess.run(command, capture_output=True, check=True, timeout=60)
    with subprocess.Popen([sys.executable, "-c", SERVE, filled], stdin=-1, stdout=-1, text=True) as server:
        assert server.stdout.readline() == "ready\n"
        beside = subprocess.run(command, capture_output=True, check=True, timeout=60)
        # The reader left the other's server running.
        assert server.communicate("\n", timeout=60)[0] == "1\n"
    after = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert len(json.loads(alone.stdout)) == 4
    assert alone.stdout == beside.stdout == after.stdout


def test_a_reader_that_has_enough_may_stop(filled):
    command = f'"{sys.executable}" -c "{RUN}" list --json --data "{filled}" | head -c 1'
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    piped = subprocess.run(command, shell=True, capture_output=True, timeout=60, env=unbuffered, check=True)
    assert (piped.stdout, b"Traceback" in piped.stderr) == (b"[", False)
