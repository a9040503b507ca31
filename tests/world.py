"""A hub without HTTP, for tests of what an answer holds: real database, real policies, real ledger, issued tokens.

Tokens are written as the token endpoint writes them (it has tests of its own), so a thousand callers cost little.
"""

import asyncio
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from hub.clock import SystemClock
from hub.commanding import Commanding
from hub.db.engine import Database
from hub.db.pool import ReadPool
from hub.db.writing import CommandPool
from hub.disclosure import Answer, Hub, Request, disclose
from hub.feed.waiting import Waiters
from hub.graph.catalogue import load_catalogue
from hub.graph.records import RECORD_FACTS
from hub.graph.schema import graphql_schema
from hub.graph.static import SchemaAnswers
from hub.ledger.keys import LedgerKeys
from hub.ledger.writer import LedgerWriter
from hub.oauth.callers import Callers, hash_token
from hub.policy.commanding import CommandRules
from hub.policy.engine import PolicyEngine
from hub.query.compile import Compiler
from hub.query.cursor import CursorKeys
from hub.query.document import Documents
from hub.settings import Settings

PURPOSE = {
    "HEALTHCARE_SECURITY": "fund-supervision",
    "FUND_OPERATOR": "agreement-management",
    "HEALTH": "medical-practice-regulation",
    "MARKET_REGULATION": "market-regulation",
    "PUBLIC_SECURITY": "criminal-referral",
    "DISCIPLINE_INSPECTION": "duty-crime-referral",
    "PROCURATORATE": "filing-supervision",
    "CREDIT_PLATFORM": "credit-publication",
    "HUB_OPERATOR": "hub-administration",
}
"""Each kind's own purpose."""

OFFICER = ("测试员", "T-1")
"""Name and certificate number; registered with every agency that has a client."""
ALL_READ = ("parties:read", "clues:read", "penalties:read", "credit:read", "inspections:read")


@dataclass(frozen=True)
class FixedClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


def load_engine(folder: Path | None = None) -> PolicyEngine:
    """Of the repository's policies (one a process: it takes two seconds and keeps every verdict), or of a folder's."""
    return _engine_of_the_hub() if folder is None else PolicyEngine.load(folder, tuple(RECORD_FACTS.values()))


@cache
def _engine_of_the_hub() -> PolicyEngine:
    return PolicyEngine.load(Settings().policies, tuple(RECORD_FACTS.values()))


class World:
    """One database and the hub over it, in an event loop of its own."""

    def __init__(self, database: Database, data: Path, engine: PolicyEngine | None = None, clock: Any = None) -> None:
        self.database = database
        self.clock = clock or SystemClock()
        self.loop = asyncio.new_event_loop()
        schema, catalogue = graphql_schema(), load_catalogue()
        pool = ReadPool(database.reader_url, 4, 20_000)
        self.engine = engine or load_engine()
        compiler, cursor_keys = Compiler(schema, catalogue), CursorKeys.of(b"k" * 32)
        self.commands = CommandPool(database.app_url, 2, 20_000)
        rules, callers = CommandRules.load(Settings().policies), Callers(pool, self.clock)
        self.hub = Hub(
            callers=callers,
            documents=Documents(schema),
            engine=self.engine,
            compiler=compiler,
            pool=pool,
            ledger=LedgerWriter(database.app_url, self.clock),
            ledger_keys=LedgerKeys.load(data),
            cursor_keys=cursor_keys,
            purposes=self.engine.purposes,
            schema_answers=SchemaAnswers(schema, catalogue, self.engine.purposes),
            waiters=Waiters(pool),
            clock=self.clock,
            commanding=Commanding(compiler, callers, pool, self.commands, rules, cursor_keys, self.clock),
        )
        self.loop.run_until_complete(self.hub.ledger.open())
        self.owner = psycopg.connect(database.owner_url, autocommit=True)

    def close(self) -> None:
        self.loop.run_until_complete(self.hub.waiters.close())
        self.loop.run_until_complete(self.hub.ledger.close())
        self.loop.run_until_complete(self.commands.close())
        self.loop.run_until_complete(self.hub.pool.close())
        self.loop.close()
        self.owner.close()

    def with_engine(self, engine: PolicyEngine) -> None:
        """The same hub under other policies."""
        self.engine = engine
        compiler = Compiler(graphql_schema(), load_catalogue())
        commanding = replace(self.hub.commanding, compiler=compiler)
        self.hub = replace(self.hub, engine=engine, compiler=compiler, commanding=commanding)

    def client(self, agency: str, scopes: Iterable[str] | None = None) -> str:
        """A client of an agency with every scope, purpose and one officer: its tokens say what they use."""
        client_id = f"test-{agency}"
        self.owner.execute(
            "INSERT INTO client (client_id, agency, name, daily_row_quota) VALUES (%s, %s, 'test', 1000000000)"
            " ON CONFLICT DO NOTHING",
            (client_id, agency),
        )
        kind = self.kind(agency)
        self.owner.execute(
            "INSERT INTO client_key (client_id, kid, jwk, alg) VALUES (%s, 'k', '{}', 'ES256') ON CONFLICT DO NOTHING",
            (client_id,),
        )
        for scope in scopes or (*ALL_READ, "feed:read", "ledger:read", "statistics:read"):
            self.owner.execute(
                "INSERT INTO scope_ceiling (agency_kind, scope) VALUES (%s, %s) ON CONFLICT DO NOTHING", (kind, scope)
            )
            self._grant("scope", client_id, scope)
        for purpose in self.engine.purposes:
            self._grant("purpose", client_id, purpose)
        self.owner.execute(
            "INSERT INTO officer (agency, name, certificate_no, roles, valid_from, registered_by)"
            " VALUES (%s, %s, %s, '{CASE_OFFICER}', '2020-01-01', 'test') ON CONFLICT DO NOTHING",
            (agency, *OFFICER),
        )
        return client_id

    def _grant(self, what: str, client_id: str, name: str) -> None:
        self.owner.execute(
            f"INSERT INTO {what}_grant (client_id, {what}, granted_by) SELECT %(c)s::text, %(n)s::text, 'test' WHERE NOT EXISTS"
            f" (SELECT FROM {what}_grant WHERE client_id = %(c)s::text AND {what} = %(n)s::text AND revoked_at IS NULL)",
            {"c": client_id, "n": name},
        )

    def kind(self, agency: str) -> str:
        row = self.owner.execute("SELECT kind FROM agency WHERE code = %s", (agency,)).fetchone()
        assert row, f"no agency {agency}"
        return str(row[0])

    def token(
        self,
        agency: str,
        purpose: str | None = None,
        case_no: str | None = None,
        scopes: Iterable[str] | None = None,
        *,
        officer: tuple[str, str] | None = OFFICER,
    ) -> str:
        """`officer`: name and certificate number as stated; None: nobody is named."""
        client_id = self.client(agency)
        purpose = purpose or PURPOSE[self.kind(agency)]
        token = secrets.token_urlsafe(32)
        now = self.clock.now()
        self.owner.execute(
            "INSERT INTO access_token (token_hash, client_id, kid, scopes, purpose, case_no, officer_name,"
            " officer_certificate_no, issued_at, expires_at) VALUES (%s, %s, 'k', %s, %s, %s, %s, %s, %s, %s)",
            (
                hash_token(token),
                client_id,
                list(scopes if scopes is not None else (*ALL_READ, "ledger:read")),
                purpose,
                case_no,
                *(officer or (None, None)),
                now - timedelta(seconds=1),
                now + timedelta(seconds=298),
            ),
        )
        return token

    def answer(
        self, token: str, document: str, variables: dict[str, Any] | None = None, *, gateway: bool = False, **more: Any
    ) -> Answer:
        request = Request(document, variables=variables, gateway=gateway, **more)
        return self.loop.run_until_complete(disclose(self.hub, token, request))

    def ask(
        self, token: str, document: str, variables: dict[str, Any] | None = None, *, gateway: bool = False, **more: Any
    ) -> dict[str, Any]:
        answered: dict[str, Any] = json.loads(self.answer(token, document, variables, gateway=gateway, **more).body)
        return answered
