"""200 MB up and down through one `hub serve` process: MB/s, and the most memory that the process ever held.

Up: one upload, then four at once (as many as one client may), each in one request. Down: one, then eight at once.
Beside it what the machine itself does with the same bytes: SHA-256, and a copy that is on disk at its end.
"""

import base64
import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.peers import start
from bench.servers import Server
from hub.clues.commands_inputs import MOST_BYTES
from hub.db.engine import Database, open_database
from hub.db.migrate import migrate
from hub.demo.clients import register_demo_clients
from hub.demo.sample import Counts, load_sample
from hub.oauth.client import granted_scopes, read_key, read_officer, request_token
from hub.settings import Settings

CLIENT, PURPOSE, RECEIVER = "demo-healthcare-security", "fund-supervision", "640104-HEALTH"
PIECE = 1 << 20
TARGET_MB = 250
TUS = {"Tus-Resumable": "1.0.0"}


class Partner:
    """One client: its tokens, commands, uploads and downloads."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder

    def token(self, case_no: str | None = None) -> dict[str, str]:
        officer = read_officer(self._folder, CLIENT)
        scopes = granted_scopes(self._folder, CLIENT)
        key = read_key(self._folder, CLIENT)
        token = request_token(self.url, CLIENT, key, scopes, PURPOSE, case_no=case_no, officer=officer)
        return {"Authorization": f"Bearer {token}"}

    def command(self, name: str, selection: str, **given: Any) -> Any:
        kind = f"{name[0].upper()}{name[1:]}Input"
        document = (
            f"mutation ($i: {kind}!) {{ done: {name}(input: $i) {{ {selection} userErrors {{ code en field }} }} }}"
        )
        body = {"query": document, "variables": {"i": {"idempotencyKey": secrets.token_hex(16), **given}}}
        answer = httpx.post(f"{self.url}/graphql", json=body, headers=self.token(), trust_env=False).json()
        if answer.get("errors") or answer["data"]["done"]["userErrors"]:
            raise RuntimeError(answer)
        return answer["data"]["done"]

    def upload(self, case_no: str, content: bytes, digest: str) -> str:
        auth = self.token()
        stated = {"caseNo": case_no, "filename": "a.pdf", "filetype": "application/pdf", "sha256": digest}
        metadata = ",".join(f"{name} {_base64(value)}" for name, value in stated.items())
        length = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
        with httpx.Client(timeout=120, trust_env=False) as http:
            place = http.post(f"{self.url}/files", headers=auth | TUS | length).raise_for_status().headers["Location"]
            headers = auth | TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            http.patch(place, headers=headers | {"Content-Length": str(len(content))}, content=_pieces(content))
            told = http.head(place, headers=self.token() | TUS).raise_for_status()
        if told.headers["Upload-Offset"] != str(len(content)):
            raise RuntimeError("not complete")
        return str(place.rpartition("/")[2])

    def download(self, transfer: str, file_id: str, auth: dict[str, str], digest: str) -> None:
        found = hashlib.sha256()
        with (
            httpx.Client(timeout=120, trust_env=False) as http,
            http.stream("GET", f"{self.url}/files/{transfer}/{file_id}", headers=auth) as got,
        ):
            for piece in got.iter_raw(PIECE):
                found.update(piece)
        if found.hexdigest() != digest:
            raise RuntimeError("other bytes came down than went up")


@dataclass(frozen=True)
class Row:
    what: str
    megabytes: float
    seconds: float
    peak_mb: float | None = None

    def __str__(self) -> str:
        peak = "" if self.peak_mb is None else f"{self.peak_mb:,.0f} MB"
        return f"| {self.what} | {self.seconds:.2f} s | {self.megabytes / self.seconds:,.0f} MB/s | {peak} |"


def run(rounds: int) -> str:
    """The report."""
    content = b"%PDF-1.7\n" + os.urandom(MOST_BYTES - 9)
    digest = hashlib.sha256(content).hexdigest()
    with tempfile.TemporaryDirectory(prefix="bench-files-") as name:
        folder = Path(name)
        machine = [_timed("SHA-256 of the bytes", 1, lambda: hashlib.sha256(content)), _copy(folder, content)]
        database = open_database(Settings(data=folder))
        try:
            _prepare(database, folder)
            with start.hub(folder, database, folder / "hub.log") as hub:
                rows = _measured(hub, Partner(hub.url, folder), content, digest, rounds)
        finally:
            database.close()
    return _report(machine, rows, rounds)


def _prepare(database: Database, folder: Path) -> None:
    engine = database.owner_engine()
    migrate(engine)
    engine.dispose()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    register_demo_clients(database.owner_url, folder)


def _measured(hub: Server, partner: Partner, content: bytes, digest: str, rounds: int) -> list[Row]:
    case_no = partner.command("openCase", "case { caseNo }")["case"]["caseNo"]
    file_ids: list[str] = []
    rows = [Row("`hub serve`, idle", 0, 1, _peak_mb(hub))]

    def up() -> None:
        file_ids.append(partner.upload(case_no, content, digest))

    def at_once(work: Callable[[], object], number: int) -> None:
        with ThreadPoolExecutor(number) as pool:
            for done in [pool.submit(work) for _ in range(number)]:
                done.result()

    rows.append(_best("up, one", rounds, 1, up, hub))
    rows.append(_best("up, four at once", 1, 4, lambda: at_once(up, 4), hub))
    evidence = [{"kind": "OTHER", "dataClass": "INVESTIGATION", "fileId": file_ids[0]}]
    draft = partner.command(
        "draftClueTransfer", "clueTransfer { id }", caseNo=case_no, receiver=RECEIVER, source="REPORT",
        summary="x", discoveredOn="2026-01-05", evidence=evidence,
    )["clueTransfer"]["id"]  # fmt: skip
    auth = partner.token(case_no)

    def down() -> None:
        partner.download(draft, file_ids[0], auth, digest)

    rows.append(_best("down, one", rounds, 1, down, hub))
    rows.append(_best("down, eight at once", 1, 8, lambda: at_once(down, 8), hub))
    return rows


def _best(what: str, rounds: int, files: int, work: Callable[[], object], hub: Server) -> Row:
    best = min((_timed(what, files, work) for _ in range(rounds)), key=lambda row: row.seconds)
    return Row(what, best.megabytes, best.seconds, _peak_mb(hub))


def _timed(what: str, files: int, work: Callable[[], object]) -> Row:
    started = time.perf_counter()
    work()
    return Row(what, files * MOST_BYTES / 1e6, time.perf_counter() - started)


def _copy(folder: Path, content: bytes) -> Row:
    def write() -> None:
        with (folder / "copy").open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    row = _timed("one write to the same disk, with fsync", 1, write)
    (folder / "copy").unlink()
    return row


def _peak_mb(hub: Server) -> float:
    """The most memory that the process held at any moment so far."""
    for line in Path(f"/proc/{hub.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1_024
    raise RuntimeError("no VmHWM")


def _report(machine: list[Row], rows: list[Row], rounds: int) -> str:
    idle, *moved = rows
    assert idle.peak_mb is not None  # measured above
    peak = max(row.peak_mb or 0 for row in rows)
    lines = [
        "# Files of evidence: 200 MB up and down",
        "",
        "`make bench BENCH_ARGS=--files`. One `hub serve` process on the embedded database, local folder as store,",
        f"client on the same machine; the best of {rounds} runs of one file. Up: the bytes, the checks (SHA-256, size,",
        "type), parts and whole on disk with fsync, rows, ledger. Down: the query under the policies, the ledger, the",
        "bytes.",
        "",
        "| | time | rate | most memory so far |",
        "|---|---|---|---|",
        f"| `hub serve`, before | | | {idle.peak_mb:,.0f} MB |",
        *map(str, moved),
        *map(str, machine),
        "",
        f"Memory: {peak:,.0f} MB at most; asked for: under {TARGET_MB} MB: {'held' if peak < TARGET_MB else 'MISSED'}.",
        "",
    ]
    return "\n".join(lines)


def _pieces(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    for at in range(0, len(content), PIECE):
        yield bytes(view[at : at + PIECE])


def _base64(value: str) -> str:

    return base64.b64encode(value.encode()).decode()
