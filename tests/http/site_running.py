"""A whole hub on a real port: real database, real tokens, uvicorn in a thread."""

import asyncio
import io
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import import_key

from hub.app import make_app
from hub.clock import SystemClock
from hub.db.engine import Database
from hub.demo.clients import register_demo_clients
from hub.http import log
from hub.http.server import bind, configuration
from hub.policy.engine import PolicyEngine
from hub.settings import Settings
from tests.world import load_engine

GRAPHQL = "application/graphql-response+json"
LOGGED = io.BytesIO()
"""All that any site of this process logged: loggers keep the stream that they were first given."""


@dataclass
class Site:
    """`url` without trailing slash; `log` is all that the hub logged."""

    url: str
    data: Path
    database: Database
    log: io.BytesIO
    http: httpx.Client
    scopes: dict[str, list[str]] = field(default_factory=dict)

    def token(self, client: str, purpose: str, case: str | None = None) -> str:
        """A token with all granted scopes and the client's own officer, by the real endpoint."""
        key = json.loads((self.data / "clients" / f"{client}.jwk").read_text())
        now = int(time.time())
        claims = {"iss": client, "sub": client, "aud": self.url, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex}
        officer = json.loads((self.data / "clients" / f"{client}.json").read_text())
        details = {"type": "data_sharing", "purpose": purpose, "officer": officer} | ({"case": case} if case else {})
        response = self.http.post(
            f"{self.url}/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": jwt.encode({"alg": "ES256", "kid": key["kid"]}, claims, import_key(key), ["ES256"]),
                "scope": " ".join(self._granted(client)),
                "authorization_details": json.dumps([details]),
            },
        )
        assert response.is_success, response.text
        return str(response.json()["access_token"])

    def post(self, token: str | None, query: str, **more: Any) -> httpx.Response:
        headers = {"accept": GRAPHQL} | ({"authorization": f"Bearer {token}"} if token else {})
        return self.http.post(f"{self.url}/graphql", json={"query": query} | more, headers=headers)

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.database.owner_url) as connection:
            return connection.execute(sql, parameters).fetchall()  # type: ignore[arg-type]

    def _granted(self, client: str) -> list[str]:
        if client not in self.scopes:
            rows = self.rows("SELECT scope FROM scope_grant WHERE client_id = %s AND revoked_at IS NULL", client)
            self.scopes[client] = [scope for (scope,) in rows]
        return self.scopes[client]


@contextmanager
def running(database: Database, data: Path, **settings: Any) -> Iterator[Site]:
    """Serves a database with the sample until the block ends."""
    log.configure("debug", LOGGED)
    register_demo_clients(database.owner_url, data)
    address = bind("127.0.0.1", 0)
    url = f"http://127.0.0.1:{address.getsockname()[1]}"
    chosen = Settings(
        data=data,
        database_url=database.owner_url,
        app_database_url=database.app_url,
        reader_database_url=database.reader_url,
        base_url=url,
        **({"demo": True} | settings),
    )
    with patch.object(PolicyEngine, "load", return_value=load_engine()):  # the same, and loaded once a process
        app = make_app(chosen, database, SystemClock())
    with serving(app, address), httpx.Client(timeout=30) as http:
        yield Site(url, data, database, LOGGED, http)


@contextmanager
def serving(app: Any, address: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(configuration(app))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[address])))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
