"""The hub's own statements behind a bare ASGI handler: nothing is judged, remembered or logged, no token is looked at.

    HUB_TOKEN=… python -m bench.peers.bare PORT DATA_FOLDER TEMPLATES

The statements are compiled once, by the hub, for the caller of HUB_TOKEN. TEMPLATES is a JSON file: by operation its
document, and two keys with their variables. A request names its operation and the values of its key; they are bound
where the parameters of the two keys differ. Pool and server are configured as the hub's.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from hub.clock import SystemClock, today
from hub.db.engine import open_database
from hub.db.pool import ReadPool
from hub.graph.catalogue import load_catalogue
from hub.graph.records import RECORD_FACTS
from hub.graph.schema import graphql_schema
from hub.oauth.caller import Caller
from hub.oauth.callers import Callers
from hub.policy.engine import PolicyEngine
from hub.query.compile import Compiler
from hub.query.cursor import CursorKeys
from hub.query.document import Documents
from hub.query.values import Request as Values
from hub.secrets import secret
from hub.settings import Settings

HEADERS = [(b"content-type", b"application/json; charset=utf-8")]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One statement. `places`: for each value of a key, the parameters that it is bound to."""

    sql: str
    parameters: list[object]
    places: list[list[int]]
    head: bytes

    def bound(self, values: list[str]) -> list[object]:
        parameters = self.parameters.copy()
        for value, places in zip(values, self.places, strict=True):
            for place in places:
                parameters[place] = value
        return parameters


def prepare(settings: Settings, caller: Caller, templates: dict[str, Any]) -> dict[str, Prepared]:
    schema, clock = graphql_schema(), SystemClock()
    documents, compiler = Documents(schema), Compiler(schema, load_catalogue())
    verdicts = PolicyEngine.load(settings.policies, tuple(RECORD_FACTS.values())).verdicts(caller)
    cursors = CursorKeys.of(secret(settings.data, "cursor"))
    prepared = {}
    for name, template in templates.items():
        operation = documents.operation(template["document"], None)
        bound = []
        for given in template["variables"]:
            variables = compiler.variables(operation, given)
            compiled, _ = compiler.compile(operation, variables, verdicts, caller.scopes, gateway=False)
            bound.append(compiled.statement.parameters(Values(caller, clock.now(), today(clock), variables, cursors)))
        pairs = list(zip(*template["values"], strict=True))
        places = [[n for n, both in enumerate(zip(*bound, strict=True)) if both == pair] for pair in pairs]
        if not any(places):
            raise SystemExit(f"{name}: no parameter holds the key")
        head = b'{"data":{"%b":' % compiled.fields[0].key.encode()
        prepared[name] = Prepared(compiled.statement.sql, bound[0], places, head)
    return prepared


class Handler:
    def __init__(self, pool: ReadPool, prepared: dict[str, Prepared]) -> None:
        self._pool = pool
        self._prepared = prepared

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        asked = orjson.loads(body)
        prepared = self._prepared[asked["operation"]]
        row = await self._pool.row(prepared.sql, prepared.bound(asked["after"]))
        answer = b"%b%b}}" % (prepared.head, row[3] or b"null") if row else b"{}"
        length = (b"content-length", b"%d" % len(answer))
        await send({"type": "http.response.start", "status": 200 if row else 500, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": answer})


async def caller_of(pool: ReadPool, token: str) -> Caller:
    caller = await Callers(pool, SystemClock()).of(token)
    await pool.close()
    if caller is None:
        raise SystemExit("the token is not in force")
    return caller


def main() -> None:
    port, folder, templates = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    settings = Settings(data=folder)
    url = open_database(settings).reader_url
    caller = asyncio.run(caller_of(ReadPool(url, 1, settings.statement_timeout_ms), os.environ["HUB_TOKEN"]))
    prepared = prepare(settings, caller, orjson.loads(templates.read_bytes()))
    handler = Handler(ReadPool(url, settings.read_connections, settings.statement_timeout_ms), prepared)
    uvicorn.run(
        handler,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
