"""28, 37, 38, G7: nothing leaves before its record is durable; every decision is recorded; authority is checked with the
data, in one statement.
"""

import asyncio
import json
import re
from typing import Any

import psycopg
import pytest

from hub.db.pool import ReadPool
from hub.graph.errors import ErrorCode
from hub.http.statuses import status
from hub.query.values import Request as Values
from tests.security.asking import CLOSED, HEALTH, HOSPITAL, MARKET, OPEN, RESIDENT, SECURITY, codes, transfer
from tests.world import World

QUERY = f'{{ clueTransfer(id: "{transfer(1)}") {{ docNo summary parties {{ name identityNumber }} }} }}'
"""Of what Health may read in its open case."""


def entries(world: World) -> list[tuple[Any, ...]]:
    return world.owner.execute(
        "SELECT outcome, error_codes, masked, row_count, case_no FROM disclosure_view ORDER BY at, id"
    ).fetchall()


def failing(world: World) -> None:
    """The ledger refuses every new row; the records can still be read."""
    world.owner.execute("ALTER TABLE disclosure ADD CONSTRAINT closed CHECK (client_id = '') NOT VALID")


def test_without_a_ledger_no_byte_of_data_leaves(own_world: World) -> None:
    """37: answers, refusals and the operator's own reads alike; after that everything works again."""
    health, operator = own_world.token(HEALTH, case_no=OPEN), own_world.token("640000-HUB_OPERATOR")
    assert b"summary" in own_world.answer(health, QUERY).body
    failing(own_world)
    for token, document in (
        (health, QUERY),
        (operator, "{ disclosures { totalCount } }"),
        (health, "{ nothing }"),
        (health, "{"),
    ):
        answer = own_world.answer(token, document)
        assert answer.code is ErrorCode.LEDGER_UNAVAILABLE
        assert answer.retry_after_s
        assert set(json.loads(answer.body)) == {"errors"}
        assert "兴医保".encode() not in answer.body
    assert (
        status(ErrorCode.LEDGER_UNAVAILABLE, legacy_json=False)
        == status(ErrorCode.LEDGER_UNAVAILABLE, legacy_json=True)
        == 503
    )
    own_world.owner.execute("ALTER TABLE disclosure DROP CONSTRAINT closed")
    assert own_world.answer(health, QUERY).code is None
    assert len(entries(own_world)) == 2


def test_the_answer_waits_for_the_commit(own_world: World) -> None:
    """While another transaction keeps the ledger from committing, there is no answer; then there are both."""
    token = own_world.token(HEALTH, case_no=OPEN)
    own_world.answer(token, QUERY)

    async def asked() -> None:
        from hub.disclosure import Request, disclose

        with psycopg.connect(own_world.database.owner_url) as blocking:
            blocking.execute("LOCK TABLE disclosure IN ACCESS EXCLUSIVE MODE")
            answering = asyncio.create_task(disclose(own_world.hub, token, Request(QUERY)))
            done, _ = await asyncio.wait([answering], timeout=0.5)
            assert not done
        answer = await asyncio.wait_for(answering, 10)
        assert answer.code is None

    own_world.loop.run_until_complete(asked())
    assert len(entries(own_world)) == 2


@pytest.mark.parametrize(
    ("document", "variables", "outcome", "code"),
    [
        (QUERY, None, "ANSWERED", None),
        ("{", None, "REFUSED", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "REFUSED", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($a: Int!) { institutions(first: $a) { totalCount } }", {"a": RESIDENT}, "REFUSED", "BAD_VARIABLES"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(9_999)) + " }", None, "REFUSED", "COST_EXCEEDED"),
        ("query A { __typename } query B { __typename }", None, "REFUSED", "BAD_REQUEST"),
        ("{ institutions(first: 0) { totalCount } }", None, "ANSWERED", "INVALID_ARGUMENT"),
        ("{ _service { sdl } }", None, "ANSWERED", "GATEWAY_ONLY"),
        ('{ institutions(filter: {phone: {eq: "1"}}) { totalCount } }', None, "ANSWERED", "FILTER_NOT_ALLOWED"),
        ("{ institutions(orderBy: [{field: PHONE}]) { totalCount } }", None, "ANSWERED", "SORT_NOT_ALLOWED"),
        ('{ institutions(after: "x") { totalCount } }', None, "ANSWERED", "INVALID_CURSOR"),
        ("{ __schema { queryType { name } } }", None, "ANSWERED", None),
        ("{ viewer { clientId } }", None, "ANSWERED", None),
    ],
)  # fmt: skip
def test_every_decision_on_an_authenticated_request_is_recorded(
    world: World, document: str, variables: Any, outcome: str, code: str | None
) -> None:
    """38: exactly one row each, with its code, whatever became of the request."""
    before = len(entries(world))
    answer = world.ask(world.token(HEALTH, case_no=OPEN), document, variables)
    assert codes(answer) == ([code] if code else [])
    rows = entries(world)[before:]
    assert [(row[0], row[1], row[4]) for row in rows] == [(outcome, [code] if code else [], OPEN)]


def test_a_failure_inside_is_recorded_as_one(own_world: World, capfd: pytest.CaptureFixture[str]) -> None:
    token = own_world.token(HEALTH, case_no=OPEN)
    own_world.owner.execute("ALTER TABLE clue_transfer RENAME COLUMN summary TO gone")
    answer = own_world.answer(token, QUERY)
    assert answer.code is ErrorCode.INTERNAL
    assert b"gone" not in answer.body
    assert b"column" not in answer.body
    assert [row[:2] for row in entries(own_world)] == [("FAILED", ["INTERNAL"])]


def test_a_stranger_leaves_no_row(world: World) -> None:
    before = len(entries(world))
    for token in ("", "x", "a" * 43):
        assert world.answer(token, QUERY).code is ErrorCode.UNAUTHENTICATED
    assert len(entries(world)) == before


def test_the_ledger_holds_no_value(own_world: World) -> None:
    """38, L15: no literal, variable, filter or name in any column of any ledger table; the operation's hash is keyed."""
    marks = [
        RESIDENT,
        "canary-literal",
        "canary-variable",
        "康宁医院",
        "周秀兰",
        "马建国",
        "高血压",
        HOSPITAL,
        "兴医保案移字",
        transfer(1),
    ]
    document = f"""query CanaryName($v: String) {{ canaryAlias: clueTransfers(filter: {{caseNo: {{eq: $v}}}}) {{ nodes {{ docNo summary }} }}
        institutions(filter: {{name: {{contains: "canary-literal"}}, uscc: {{eq: "{RESIDENT}"}}}}) {{ totalCount }}
        clueTransfer(id: "{transfer(1)}") {{ docNo insuredPersons {{ name diagnosis }} parties {{ name identityNumber }} institution {{ nhsaCode name }} }} }}"""
    token = own_world.token(SECURITY, case_no=OPEN)
    for value in (OPEN, "canary-variable", RESIDENT):
        assert own_world.answer(token, document, {"v": value}).code is None
    own_world.answer(token, document, {"v": [RESIDENT]})
    own_world.answer(token, document.replace("docNo", RESIDENT))
    dump = ""
    for table in (
        "disclosure",
        "disclosure_shape",
        "disclosure_batch",
        "disclosure_record",
        "client_usage",
        "disclosure_view",
    ):
        dump += "".join(row[0] for row in own_world.owner.execute(f"SELECT t::text FROM {table} t"))  # type: ignore[arg-type]
    assert dump.count(OPEN) >= 5, "the case of the token is recorded, that is all"
    for mark in [*marks, "canaryAlias", "CanaryName"]:
        assert mark not in dump, mark
        assert mark.encode().hex() not in dump, mark
    operations = {
        row[0] for row in own_world.owner.execute("SELECT operation_hmac FROM disclosure WHERE outcome = 'ANSWERED'")
    }
    assert len(operations) == 1, "requests that differ in values only are one operation"


# --- authority with the data (28, G7) --------------------------------------------------------------------------------

CHANGES = {
    "token revoked": "UPDATE access_token SET revoked_at = now()",
    "token expired": "UPDATE access_token SET issued_at = issued_at - interval '10 minutes', expires_at = expires_at - interval '10 minutes'",
    "scope revoked": "UPDATE scope_grant SET revoked_at = now(), revoked_by = 'test' WHERE scope = 'clues:read'",
    "purpose revoked": "UPDATE purpose_grant SET revoked_at = now(), revoked_by = 'test' WHERE purpose = 'medical-practice-regulation'",
    "scope ended": "UPDATE scope_grant SET ends_at = now() - interval '1 minute' WHERE scope = 'clues:read'",
    "ceiling lowered": "DELETE FROM scope_ceiling WHERE agency_kind = 'HEALTH' AND scope = 'clues:read'",
    "key retired": "UPDATE client_key SET retired_at = now()",
    "client disabled": "UPDATE client SET disabled_at = now()",
    "agency disabled": "UPDATE agency SET disabled_at = now() WHERE code = '640104-HEALTH'",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_authority_stops_the_next_request(own_world: World, change: str) -> None:
    token = own_world.token(HEALTH, case_no=OPEN)
    for _ in range(2):
        assert own_world.answer(token, QUERY).code is None
    own_world.owner.execute(CHANGES[change])  # type: ignore[arg-type]
    answer = own_world.answer(token, QUERY)
    assert answer.code is ErrorCode.UNAUTHENTICATED
    assert b"data" not in answer.body
    assert len(entries(own_world)) == 2


FORWARDED = f"""UPDATE clue_transfer SET receiver = '{MARKET}' WHERE public_id = '{transfer(1)}';
    DELETE FROM record_party WHERE agency = '{HEALTH}'"""


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (f"UPDATE clue_transfer SET closed_at = now(), status = 'CLOSED' WHERE case_no = '{OPEN}'", {"docNo": "兴医保案移字〔2026〕1号", "summary": None, "parties": None}),
        (FORWARDED, None),
        (f"UPDATE agency SET uscc = '52640104MB0000051R' WHERE code = '{HEALTH}'", None),
    ],
    ids=["case closed", "forwarded", "became a subject"],
)  # fmt: skip
def test_a_change_of_the_case_narrows_the_next_answer(own_world: World, change: str, left: Any) -> None:
    """No 401: the token stays good, the record is judged anew in the statement."""
    token = own_world.token(HEALTH, case_no=OPEN)
    assert own_world.ask(token, QUERY)["data"]["clueTransfer"]["summary"]
    own_world.owner.execute(change)  # type: ignore[arg-type]
    assert own_world.ask(token, QUERY)["data"]["clueTransfer"] == left


def test_data_is_never_executed_without_authority(own_world: World) -> None:
    """28: one statement; with a revoked token PostgreSQL does not touch a row of any record."""
    token = own_world.token(MARKET, case_no=CLOSED)
    document = (
        "{ institutions(first: 5) { nodes { name penaltyRecords { nodes { id } } } } clueTransfers { totalCount } }"
    )
    own_world.answer(token, document)
    own_world.owner.execute("UPDATE access_token SET revoked_at = now()")
    hub = own_world.hub
    caller = own_world.loop.run_until_complete(hub.callers.of(token))
    assert caller, "still known to the cache"
    operation = hub.documents.operation(document, None)
    compiled, _ = hub.compiler.compile(operation, None, hub.engine.verdicts(caller), caller.scopes, gateway=False)
    values = Values(caller, hub.clock.now(), hub.clock.now().date(), None, hub.cursor_keys)
    plan = own_world.loop.run_until_complete(
        hub.pool.rows(
            f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {compiled.statement.sql}", compiled.statement.parameters(values)
        )
    )
    text = "\n".join(row[0] for row in plan)
    scans = [
        line
        for line in text.splitlines()
        if re.search(r"(Scan|on) .*\b(institution|penalty_record|clue_transfer|record_party)\b", line)
    ]
    assert scans
    assert all("never executed" in line for line in scans), text


def test_a_database_that_cannot_be_read_is_told_without_data(own_world: World) -> None:
    token = own_world.token(HEALTH)
    with psycopg.connect(own_world.database.owner_url) as blocking:
        blocking.execute("LOCK TABLE access_token IN ACCESS EXCLUSIVE MODE")
        own_world.hub.callers.forget(b"")
        pool = own_world.hub.callers._pool
        own_world.hub.callers._pool = ReadPool(own_world.database.reader_url, 1, 200)
        answer = own_world.answer(token, QUERY)
        own_world.loop.run_until_complete(own_world.hub.callers._pool.close())
        own_world.hub.callers._pool = pool
    assert answer.code in (ErrorCode.DATABASE_UNAVAILABLE, ErrorCode.TIMEOUT)
    assert set(json.loads(answer.body)) == {"errors"}
