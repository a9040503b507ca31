"""Agencies that command through GraphQL: the hub without HTTP, tokens as issued, officers as registered."""

import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from commands_world import (
    DISCIPLINE,
    HEALTH,
    PURPOSE,
    SECURITY,
    CommandWorld,
    Desk,
    first,
    head,
    papers,
)

from hub.clock import SystemClock
from hub.db.engine import Database
from hub.oauth.callers import hash_token
from tests.world import World

__all__ = ["DISCIPLINE", "HEALTH", "SECURITY", "Desk", "Mutating", "first", "head", "papers"]

RECORD = "clueTransfer { id caseNo docNo status summary hiddenFields }"
ERRORS = "userErrors { code clause field zh en doZh doEn missing } replayed"
SCOPES = ("parties:read", "clues:read", "clues:write", "penalties:read")


class Mutating(World):
    """`ask` and `answer` of a World, for desks of officers."""

    def __init__(self, database: Database, data: Path) -> None:
        super().__init__(database, data)
        settled = CommandWorld(database, now=SystemClock().now())  # registers clients, grants and officers
        settled.close()

    def token_of(
        self,
        desk: Desk,
        purpose: str | None = None,
        case_no: str | None = None,
        scopes: tuple[str, ...] = SCOPES,
        *,
        officer: bool = True,
    ) -> str:
        client = self.client(desk.agency, SCOPES)
        token, now = secrets.token_urlsafe(32), self.clock.now()
        self.owner.execute(
            "INSERT INTO access_token (token_hash, client_id, kid, scopes, purpose, case_no, officer_name,"
            " officer_certificate_no, issued_at, expires_at) VALUES (%s, %s, 'k', %s, %s, %s, %s, %s, %s, %s)",
            (
                hash_token(token),
                client,
                list(scopes),
                purpose or PURPOSE[desk.agency[7:]],
                case_no,
                desk.name if officer else None,
                desk.certificate if officer else None,
                now - timedelta(seconds=1),
                now + timedelta(seconds=298),
            ),
        )
        return token

    def give(self, token: str, command: str, key: str | None = None, select: str = "", **given: Any) -> dict[str, Any]:
        """The whole answer to one command."""
        answered: dict[str, Any] = json.loads(self.sent(token, command, key, select, **given).body)
        return answered

    def sent(self, token: str, command: str, key: str | None = None, select: str = "", **given: Any) -> Any:
        name = f"{command[0].upper()}{command[1:]}Input"
        document = f"mutation ($input: {name}!) {{ {command}(input: $input) {{ {select or self.selected(command)} }} }}"
        return self.answer(token, document, {"input": {"idempotencyKey": key or secrets.token_hex(16), **given}})

    @staticmethod
    def selected(command: str) -> str:
        if command in {"openCase", "mergeCases", "splitCase"}:
            return f"case {{ caseNo }} {ERRORS}"
        if command in {"transferOnward", "transferBack"}:
            return f"{RECORD} child {{ id status }} {ERRORS}"
        return f"{RECORD} {ERRORS}"

    def do(self, desk: Desk, command: str, case_no: str | None = None, **given: Any) -> dict[str, Any]:
        """The payload of a command that is carried out."""
        answered = self.give(self.token_of(desk, case_no=case_no), command, **given)
        assert "errors" not in answered, answered
        payload: dict[str, Any] = answered["data"][command]
        assert payload["userErrors"] == [], payload
        return payload

    def opened(self, desk: Desk) -> str:
        return str(self.do(desk, "openCase")["case"]["caseNo"])

    def drafted(self, sender: str, receiver: str, **more: Any) -> tuple[str, str]:
        """Case number and id of a draft."""
        desk = first(sender)
        case_no = self.opened(desk)
        given = {name: value for name, value in papers(receiver, by=sender, **more).items() if value is not None}
        made = self.do(desk, "draftClueTransfer", caseNo=case_no, **given)
        return case_no, made["clueTransfer"]["id"]

    def delivered(self, sender: str, receiver: str, **more: Any) -> tuple[str, str]:
        """Case number and id of a sent transfer."""
        case_no, public_id = self.drafted(sender, receiver, **more)
        if sender == SECURITY:  # 000 asks 卫健 for no approval
            self.do(first(sender), "submitClueTransfer", id=public_id)
            self.do(head(sender), "approveClueTransfer", id=public_id)
        self.do(first(sender), "sendClueTransfer", id=public_id)
        return case_no, public_id

    def ledger(self) -> list[dict[str, Any]]:
        """Entries, oldest first."""
        found = self.owner.execute("SELECT row_to_json(v) FROM disclosure_view v ORDER BY at, public_id").fetchall()
        return [row[0] for row in found]
