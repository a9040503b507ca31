"""40, L15, 34, 35: over HTTP, what must not be in a log is in none, whatever went wrong; quotas tell nothing of what is hidden."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from site_running import GRAPHQL, Site, running

from hub.db.embedded import EmbeddedServer
from hub.db.engine import Database
from tests.golden.golden_records import load_records
from tests.security.asking import OPEN, RESIDENT, transfer

HEALTH = ("demo-health", "medical-practice-regulation", OPEN)
CANARY = "canary7q2m"


@pytest.fixture
def site(empty_database: Callable[[], Database], tmp_path: Path) -> Iterator[Site]:
    database = empty_database()
    load_records(database.owner_url)
    with running(database, tmp_path) as site:
        yield site


def logs(site: Site, server: EmbeddedServer) -> bytes:
    """All that the hub and PostgreSQL wrote."""
    text = site.log.getvalue()
    place = server.folder / "log"
    for path in [place] if place.is_file() else place.rglob("*"):
        text += path.read_bytes()
    return text


def test_no_number_literal_cursor_or_token_reaches_a_log(site: Site, server: EmbeddedServer) -> None:
    """40: as literal, variable, filter, cursor, header, path, name; answered, refused, timed out and failed inside."""
    token = site.token(*HEALTH)
    cursor = site.post(token, "{ clueTransfers(first: 1) { pageInfo { endCursor } } }").json()["data"]["clueTransfers"][
        "pageInfo"
    ]["endCursor"]
    requests: list[tuple[str, Any]] = [
        (f'{{ institutions(filter: {{name: {{contains: "{CANARY}"}}, uscc: {{eq: "{RESIDENT}"}}}}) {{ totalCount }} }}', None),
        (f'{{ {CANARY}: institution(nhsaCode: "{RESIDENT}") {{ name }} }}', None),
        (f"query {CANARY}($c: String) {{ clueTransfers(filter: {{caseNo: {{startsWith: $c}}}}) {{ totalCount }} }}", {"c": RESIDENT}),
        ("query ($c: String) { clueTransfers(after: $c) { totalCount } }", {"c": cursor}),
        ("query ($c: String) { clueTransfers(after: $c) { totalCount } }", {"c": RESIDENT + CANARY}),
        ("query ($n: Int) { clueTransfers(first: $n) { totalCount } }", {"n": RESIDENT}),
        (f'{{ clueTransfer(id: "{transfer(1)}") {{ summary insuredPersons {{ diagnosis }} {CANARY} }} }}', None),
        (f'{{ clueTransfers(filter: {{violationAmount: {{eq: "{RESIDENT}"}}}}) {{ totalCount }} }}', None),
        (f"# {CANARY} {RESIDENT}\n{{ __typename }}", {CANARY: RESIDENT}),
        (f"{{ {CANARY}", None),
    ]  # fmt: skip

    def ask_all() -> None:
        for document, variables in requests:
            site.post(token, document, variables=variables)

    ask_all()
    with psycopg.connect(site.database.owner_url, autocommit=True) as owner:
        # Inside the statement something fails, with the value at hand; then the ledger's own insert does.
        owner.execute("ALTER TABLE institution RENAME COLUMN name TO gone")
        ask_all()
        owner.execute("ALTER TABLE institution RENAME COLUMN gone TO name")
        owner.execute("ALTER TABLE disclosure ADD CONSTRAINT closed CHECK (client_id = '') NOT VALID")
        answers = [site.post(token, document, variables=variables) for document, variables in requests]
        assert {answer.status_code for answer in answers} == {503}
        assert all("data" not in answer.json() for answer in answers)
        assert all(answer.headers["retry-after"] for answer in answers)
        owner.execute("ALTER TABLE disclosure DROP CONSTRAINT closed")
    for header in (
        {"authorization": f"Bearer {CANARY}{RESIDENT}"},
        {"authorization": f"Bearer {token}", "x-canary": CANARY},
    ):
        site.http.post(f"{site.url}/graphql/{RESIDENT}?q={CANARY}", json={"query": "{ a }"}, headers=header)
        site.http.get(
            f"{site.url}/graphql", params={"query": f'{{ a(x: "{RESIDENT}") }}'}, headers=header | {"accept": GRAPHQL}
        )
    written = logs(site, server)
    assert b'"client":"demo-health"' in written
    assert b"hub_owner" in written or b"database system is ready" in written, "PostgreSQL's own log was read"
    for mark in (RESIDENT, CANARY, token, cursor, OPEN, "周秀兰", "高血压", "summary insuredPersons"):
        assert mark.encode() not in written, mark


def test_an_answer_is_kept_by_nobody(site: Site) -> None:
    """34: answers, refusals and strangers' refusals alike."""
    token = site.token(*HEALTH)
    for response in (
        site.post(token, "{ viewer { clientId } }"),
        site.post(token, "{"),
        site.post(None, "{"),
        site.post("a" * 43, "{ __typename }"),
    ):
        assert response.headers["cache-control"] == "no-store"
        assert {part.strip().lower() for part in response.headers["vary"].split(",")} >= {"accept", "authorization"}
        assert "set-cookie" not in response.headers
        assert "access-control-allow-origin" not in response.headers


def test_the_quota_counts_what_was_shown_and_tells_no_number(site: Site) -> None:
    """35, L19, L20: rows under every alias and at every depth count; a refusal has no data, and hidden rows count nothing."""
    with psycopg.connect(site.database.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE client SET daily_row_quota = 12 WHERE client_id = 'demo-health'")
        token = site.token(*HEALTH)
        # Of others' transfers nothing is shown, so nothing is counted, however often it is asked.
        for _ in range(3):
            assert (
                site.post(
                    token, f'{{ a: node(id: "{transfer(4)}") {{ id }} b: node(id: "{transfer(15)}") {{ id }} }}'
                ).status_code
                == 200
            )
        assert owner.execute(
            "SELECT coalesce(sum(rows), 0) FROM client_usage WHERE client_id = 'demo-health'"
        ).fetchone() == (0,)
        for asked in range(1, 4):
            assert site.post(token, "{ a: institutions { nodes { name } } }").status_code == 200
            assert owner.execute("SELECT sum(rows) FROM client_usage WHERE client_id = 'demo-health'").fetchone() == (
                4 * asked,
            )
        refused = site.post(token, "{ institutions(first: 1) { nodes { name } } }")
        assert refused.status_code == 429
        assert set(refused.json()) == {"errors"}
        assert "12" not in json.dumps(refused.json()["errors"][0]["extensions"]["en"])
        # Another client of another agency is not touched by it.
        assert (
            site.post(
                site.token("demo-market-regulation", "market-regulation"), "{ institutions { nodes { name } } }"
            ).status_code
            == 200
        )
