"""A served hub whose agencies hold cases, for tests of files: real bytes over real HTTP, commands given directly."""

import base64
import hashlib
import io
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from commands_world import HEALTH, PURPOSE, SECURITY, CommandWorld, Desk, first, head, papers
from site_running import Site

from hub.clues.commands import Command
from hub.oauth.callers import hash_token

TUS = {"Tus-Resumable": "1.0.0"}
APPEND = {**TUS, "Content-Type": "application/offset+octet-stream"}
PDF = "application/pdf"


def pdf(size: int = 5_000) -> bytes:
    """Begins as a PDF does; the rest is random, so that no two are alike."""
    return (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + secrets.token_bytes(size))[:size]


def office(*members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as container:
        for member in ("[Content_Types].xml", *members):
            container.writestr(member, secrets.token_hex(40))
    return made.getvalue()


def metadata(**given: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in given.items())


@dataclass
class FilesSite:
    site: Site
    world: CommandWorld

    @property
    def http(self) -> httpx.Client:
        return self.site.http

    @property
    def files(self) -> str:
        return f"{self.site.url}/files"

    def bearer(
        self,
        desk: Desk | None = None,
        purpose: str | None = None,
        case_no: str | None = None,
        scopes: tuple[str, ...] = ("clues:read", "clues:write"),
        *,
        officer: bool = True,
        certificate: str | None = None,
    ) -> dict[str, str]:
        """The Authorization header of an officer's token."""
        desk = desk or first(SECURITY)
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        self.world.owner.execute(
            "INSERT INTO access_token (token_hash, client_id, kid, scopes, purpose, case_no, officer_name,"
            " officer_certificate_no, issued_at, expires_at) VALUES (%s, %s, 'k', %s, %s, %s, %s, %s, %s, %s)",
            (
                hash_token(token),
                f"test-{desk.agency}",
                list(scopes),
                purpose or PURPOSE[desk.agency[7:]],
                case_no,
                desk.name if officer else None,
                (certificate or desk.certificate) if officer else None,
                now - timedelta(seconds=1),
                now + timedelta(seconds=299),
            ),
        )
        return {"Authorization": f"Bearer {token}"}

    def case(self, desk: Desk | None = None) -> str:
        self.world.now = datetime.now(UTC)
        return self.world.opened(desk or first(SECURITY))

    # --- uploads

    def create(
        self,
        case_no: str,
        content: bytes,
        name: str = "询问笔录.pdf",
        media_type: str = PDF,
        auth: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """POST /files. `more`: size, sha256 as declared, where they shall be others."""
        stated = metadata(
            caseNo=case_no,
            filename=name,
            filetype=media_type,
            sha256=more.get("sha256", hashlib.sha256(content).hexdigest()),
        )
        length = {"Upload-Length": str(more.get("size", len(content))), "Upload-Metadata": stated}
        return self.http.post(self.files, headers={**(auth or self.bearer()), **TUS, **length})

    def opened(self, case_no: str, content: bytes, *given: str, **more: Any) -> str:
        """The address of a new upload."""
        response = self.create(case_no, content, *given, **more)
        assert response.status_code == 201, response.text
        return response.headers["Location"]

    def patch(
        self, place: str, offset: int, content: bytes | Iterator[bytes], auth: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {**(auth or self.bearer()), **APPEND, "Upload-Offset": str(offset)}
        return self.http.patch(place, headers=headers, content=content)

    def offset(self, place: str, auth: dict[str, str] | None = None) -> int:
        response = self.http.head(place, headers={**(auth or self.bearer()), **TUS})
        assert response.status_code == 200, response.status_code
        return int(response.headers["Upload-Offset"])

    def upload(self, case_no: str, content: bytes, *given: str, **more: Any) -> str:
        """A whole file; its id."""
        place = self.opened(case_no, content, *given, **more)
        response = self.patch(place, 0, content, more.get("auth"))
        assert response.status_code == 204, response.text
        return place.rpartition("/")[2]

    # --- transfers

    def draft(self, case_no: str, *items: tuple[str, str], receiver: str = HEALTH) -> str:
        """A draft whose last items name files: (file id, data class). Its public id."""
        self.world.now = datetime.now(UTC)
        contents = papers(receiver, by=SECURITY, discoveredOn=datetime.now(UTC).date().isoformat())
        named = [
            {"kind": "INTERVIEW_RECORD", "fileId": file_id, "dataClass": data_class} for file_id, data_class in items
        ]
        contents["evidence"] = [*contents["evidence"], *named]
        result = self.world.do(first(SECURITY), Command.DRAFT, caseNo=case_no, **contents)
        return str(result.transfer)

    def send(self, transfer: str) -> None:
        self.world.now = datetime.now(UTC)
        self.world.do(first(SECURITY), Command.SUBMIT, id=transfer)
        self.world.do(head(SECURITY), Command.APPROVE, id=transfer)
        self.world.do(first(SECURITY), Command.SEND, id=transfer)

    def sent(self, content: bytes, data_class: str = "INVESTIGATION") -> tuple[str, str, str]:
        """A case with a sent transfer that holds one file: case number, transfer, file."""
        case_no = self.case()
        file_id = self.upload(case_no, content)
        transfer = self.draft(case_no, (file_id, data_class))
        self.send(transfer)
        return case_no, transfer, file_id

    def get(
        self, transfer: str, file_id: str, auth: dict[str, str], method: str = "GET", **headers: str
    ) -> httpx.Response:
        return self.http.request(method, f"{self.files}/{transfer}/{file_id}", headers={**auth, **headers})

    def row(self, place: str) -> dict[str, Any]:
        (row,) = self.world.rows("SELECT * FROM evidence_file WHERE file_id = %s", place.rpartition("/")[2])
        return row

    def ledger(self) -> dict[str, Any]:
        """The newest row."""
        (row,) = self.world.rows(
            "SELECT * FROM disclosure d JOIN disclosure_shape s ON s.hash = d.shape ORDER BY d.id DESC LIMIT 1"
        )
        return row


def problem(response: httpx.Response) -> str:
    """The code of a refusal, which has its whole form and repeats nothing."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert set(body) >= {"type", "title", "status", "code", "id", "zh", "en", "next"}
    assert body["status"] == response.status_code
    assert response.headers["cache-control"] == "no-store"
    return str(body["code"])
