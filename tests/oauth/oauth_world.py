"""A small world for the authorization server: agencies, three cases, clients with real keys, the server over HTTP."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from joserfc import jwk, jwt
from sqlalchemy import Engine, text
from starlette.applications import Starlette

from hub.db.engine import Database
from hub.oauth.keys import generate_key, public_part
from hub.oauth.registry import grant_purpose, grant_scope, register_agency, register_client
from hub.oauth.server import OAuthServer

ISSUER = "http://127.0.0.1:8000"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
HEALTH, HEALTHCARE, POLICE = "640104-HEALTH", "640104-HEALTHCARE_SECURITY", "640104-PUBLIC_SECURITY"
CREDIT, PREFECTURE = "640000-CREDIT_PLATFORM", "640100-HEALTH"
OPEN_CASE, FOREIGN_CASE, SUBJECT_CASE, DRAFT_CASE = "C-OPEN", "C-FOREIGN", "C-SUBJECT", "C-DRAFT"
AGENCIES = {
    HEALTH: ("HEALTH", "640104", "11640104MB1234567G"),
    HEALTHCARE: ("HEALTHCARE_SECURITY", "640104", "11640104MB2234567N"),
    POLICE: ("PUBLIC_SECURITY", "640104", "11640104MB3234567W"),
    CREDIT: ("CREDIT_PLATFORM", "640000", "11640000MB42345674"),
    PREFECTURE: ("HEALTH", "640100", "11640100MB5234567F"),
}


class SetClock:
    """Stands at the real moment until a test moves it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Http:
    """A synchronous client of an ASGI application, in the same process."""

    def __init__(self, app: Starlette) -> None:
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ISSUER)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **more))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@dataclass
class World:
    """The server under test, and what a client needs to talk to it."""

    database: Database
    owner: Engine
    app: Engine
    server: OAuthServer
    http: Http
    clock: SetClock
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: list[tuple[str, str, str | None]] = field(default_factory=list)

    def claims(self, client_id: str = "health", **changes: Any) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        return {
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "jti": uuid.uuid4().hex,
            "iat": now,
            "exp": now + 60,
            **changes,
        }

    def assertion(self, client_id: str = "health", key: Any = None, header: Any = None, **changes: Any) -> str:
        """A signed assertion; a claim changed to None is left out."""
        private = key or self.keys[client_id]
        header = {"alg": private.get("alg", "ES256"), "kid": private["kid"], **(header or {})}
        header = {name: value for name, value in header.items() if value is not None}
        claims = {name: value for name, value in self.claims(client_id, **changes).items() if value is not None}
        return jwt.encode(header, claims, jwk.import_key(private), algorithms=[header["alg"]])

    def authentication(self, client_id: str = "health", **changes: Any) -> dict[str, str]:
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(client_id, **changes)}

    def form(self, client_id: str = "health", **changes: Any) -> dict[str, str]:
        """A rightful token request; a parameter changed to None is left out."""
        form = {
            "grant_type": "client_credentials",
            "scope": "parties:read clues:read",
            "authorization_details": details("medical-practice-regulation"),
            **changes,
        }
        if "client_assertion" not in form:
            form |= self.authentication(client_id)
        return {name: value for name, value in form.items() if value is not None}

    def post(self, path: str, form: Any, **more: Any) -> httpx.Response:
        return self.http.request("POST", f"/oauth/{path}", data=form, **more)

    def token(self, client_id: str = "health", **changes: Any) -> str:
        response = self.post("token", self.form(client_id, **changes))
        assert response.status_code == 200, response.text
        return response.json()["access_token"]

    def introspect(self, token: str, client_id: str = "health") -> dict[str, Any]:
        response = self.post("introspect", {"token": token, **self.authentication(client_id)})
        assert response.status_code == 200, response.text
        return response.json()

    def count(self, table: str) -> int:
        with self.owner.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def details(purpose: str | None, **more: Any) -> str:
    stated = {"type": "data_sharing", "purpose": purpose, **more}
    return json.dumps([{name: value for name, value in stated.items() if value is not None}], ensure_ascii=False)


def fill(owner: Engine) -> dict[str, dict[str, Any]]:
    """Regions, agencies, cases; clients `health`, `healthcare`, `credit`, `prefecture`. Returns their private keys."""
    with owner.begin() as connection:
        for code, name, level, parent in (
            ("640000", "宁夏回族自治区", 1, None),
            ("640100", "银川市", 2, "640000"),
            ("640104", "兴庆区", 3, "640100"),
        ):
            connection.execute(
                text("INSERT INTO region(code, name, level, parent) VALUES (:code, :name, :level, :parent)"),
                {"code": code, "name": name, "level": level, "parent": parent},
            )
        for code, (kind, region, uscc) in AGENCIES.items():
            register_agency(connection, code, kind=kind, region=region, name=code, short_name=code, uscc=uscc)
        for number, (case, sender, receiver, sent, subject) in enumerate(
            (
                (OPEN_CASE, HEALTHCARE, HEALTH, True, None),
                (FOREIGN_CASE, HEALTHCARE, POLICE, True, None),
                (SUBJECT_CASE, HEALTHCARE, HEALTH, True, AGENCIES[HEALTH][2]),
                (DRAFT_CASE, HEALTHCARE, HEALTH, False, None),
            ),
            1,
        ):
            connection.execute(
                text("INSERT INTO case_file(case_no, opened_by, opened_on) VALUES (:case, :sender, '2026-01-05')"),
                {"case": case, "sender": sender},
            )
            transfer = connection.scalar(
                text(
                    "INSERT INTO clue_transfer(public_id, case_no, doc_no, doc_year, doc_number, status,"
                    " catalogue_codes, sender, sender_kind, sender_region, receiver, receiver_kind, receiver_region,"
                    " source, discovered_on, sent_at, summary) VALUES (gen_random_uuid(), :case, :doc, 2026, :number,"
                    " :status, '{}', :sender, 'HEALTHCARE_SECURITY', '640104', :receiver, 'HEALTH', '640104', '举报',"
                    " '2026-01-05', :sent_at, '摘要') RETURNING id"
                ),
                {
                    "case": case,
                    "doc": f"兴医保局移字〔2026〕{number}号",
                    "number": number,
                    "status": "SENT" if sent else "DRAFT",
                    "sender": sender,
                    "receiver": receiver,
                    "sent_at": datetime(2026, 1, 6, tzinfo=UTC) if sent else None,
                },
            )
            if subject:
                connection.execute(
                    text(
                        "INSERT INTO transfer_party(transfer_id, kind, name, uscc) VALUES (:transfer, '机构', '某', :uscc)"
                    ),
                    {"transfer": transfer, "uscc": subject},
                )
        keys = {}
        for client_id, agency, purposes in (
            ("health", HEALTH, ("medical-practice-regulation",)),
            ("healthcare", HEALTHCARE, ("fund-supervision",)),
            ("credit", CREDIT, ("credit-publication",)),
            ("prefecture", PREFECTURE, ("medical-practice-regulation", "case-oversight")),
        ):
            keys[client_id] = generate_key()
            register_client(connection, client_id, agency, f"{client_id} 测试系统", public_part(keys[client_id]))
            for scope in ("parties:read", *(() if client_id == "credit" else ("clues:read",))):
                grant_scope(connection, client_id, scope)
            for purpose in purposes:
                grant_purpose(connection, client_id, purpose)
    return keys
