"""What a document costs that the hub has never seen: parse and validate, compile, and PostgreSQL's planning of it."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.operations import HUB, OPERATIONS
from bench.peers.bare import caller_of
from hub.clock import SystemClock, today
from hub.db.engine import Database
from hub.db.pool import ReadPool
from hub.graph.catalogue import load_catalogue
from hub.graph.records import RECORD_FACTS
from hub.graph.schema import graphql_schema
from hub.policy.engine import PolicyEngine
from hub.query.compile import Compiler
from hub.query.cursor import CursorKeys
from hub.query.document import Documents
from hub.query.values import Request as Values
from hub.secrets import secret
from hub.settings import Settings

DOCUMENTS = 40
WIDE_ROOTS = 20
_WIDE = (
    "clueTransfers(first: 10) { nodes { id status institution { name penaltyRecords(first: 3) { nodes { fine } } } } }"
)


@dataclass(frozen=True, slots=True)
class Cold:
    """Milliseconds by document: parse and validate, compile, first run, run again."""

    found: dict[str, tuple[float, float, float, float]]

    def lines(self) -> list[str]:
        head = [
            "## A document never seen before",
            "",
            "| | parse and validate ms | compile ms | first run ms (PostgreSQL plans) | run again ms |",
            "|---|--:|--:|--:|--:|",
        ]
        rows = (f"| {name} | {' | '.join(f'{each:.2f}' for each in times)} |" for name, times in self.found.items())
        return [*head, *rows]


def cold(folder: Path, database: Database, token: str) -> Cold:
    """Each document in `DOCUMENTS` spellings (other aliases), so that no cache knows it; medians."""
    documents = {operation.title: operation.documents[HUB] for operation in OPERATIONS}
    documents[f"{WIDE_ROOTS} root fields with two nested pages"] = (
        "{ " + " ".join(f"alias{number}: {_WIDE}" for number in range(WIDE_ROOTS)) + " }"
    )
    return Cold(asyncio.run(_measure(folder, database, token, documents)))


async def _measure(
    folder: Path, database: Database, token: str, documents: dict[str, str]
) -> dict[str, tuple[float, float, float, float]]:
    settings, clock, schema = Settings(data=folder), SystemClock(), graphql_schema()
    caller = await caller_of(ReadPool(database.reader_url, 1, settings.statement_timeout_ms), token)
    reader, compiler = Documents(schema), Compiler(schema, load_catalogue())
    verdicts = PolicyEngine.load(settings.policies, tuple(RECORD_FACTS.values())).verdicts(caller)
    cursors = CursorKeys.of(secret(settings.data, "cursor"))
    pool = ReadPool(database.reader_url, 1, 60_000)
    found = {}
    for name, document in documents.items():
        # Variables with cursors are left out: the first page costs the same to compile.
        text = document.replace("query ($after: String!)", "query").replace(", after: $after", "")
        times = []
        for number in range(DOCUMENTS):
            spelt = text.replace("{ ", f"{{ cold{number}: __typename ", 1)
            given = {"id": "00000000-0000-4000-8000-000000000000"}
            began = time.perf_counter()
            operation = reader.operation(spelt, None)
            read = time.perf_counter()
            variables = compiler.variables(operation, given if "$id" in spelt else None)
            compiled, _ = compiler.compile(operation, variables, verdicts, caller.scopes, gateway=False)
            made = time.perf_counter()
            # A comment makes the text new to PostgreSQL's prepared statements too.
            sql = f"{compiled.statement.sql} /* {number} */"
            parameters = compiled.statement.parameters(Values(caller, clock.now(), today(clock), variables, cursors))
            planned = time.perf_counter()
            await pool.row(sql, parameters)
            ran = time.perf_counter()
            await pool.row(sql, parameters)
            again = time.perf_counter()
            times.append((read - began, made - read, ran - planned, again - ran))
        first, second, third, fourth = (median(column) * 1_000 for column in zip(*times, strict=True))
        found[name] = (first, second, third, fourth)
    await pool.close()
    return found
