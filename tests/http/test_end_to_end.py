"""The door with everything behind it: real tokens, real data, every bad input of the issue."""

import contextlib
import json
import re
import socket
import time
from typing import Any

import httpx
import psycopg
import pytest
from site_running import GRAPHQL, Site, running

from hub.demo.tryout import suggestions

HEALTH = ("demo-health", "medical-practice-regulation")
RESIDENT = "110101199003070134"


@pytest.fixture(scope="session")
def case(site: Site) -> str:
    found = re.search(r"--case (\S+)", suggestions(site.database.owner_url)[0])
    assert found
    return found[1]


@pytest.fixture
def token(site: Site) -> str:
    return site.token(*HEALTH)


def code_of(response: httpx.Response) -> str:
    body = response.json()
    assert set(body) == {"errors"}
    entry = body["errors"][0]
    assert entry["message"]
    assert set(entry["extensions"]) >= {"code", "id", "zh", "en", "next"}
    return str(entry["extensions"]["code"])


def test_the_first_thing_to_try(site: Site, case: str) -> None:
    query = """query ($case: String!) { clueTransfers(first: 1, filter: {caseNo: {eq: $case}}) { nodes {
        docNo status summary evidence { name } insuredPersons { name diagnosis } hiddenFields
        institution { name penaltyRecords(first: 3) { nodes { decisionNo fine } } } } } }"""
    with_case = site.post(site.token(*HEALTH, case), query, variables={"case": case})
    assert with_case.status_code == 200, with_case.text
    (node,) = with_case.json()["data"]["clueTransfers"]["nodes"]
    assert node["summary"]
    assert node["evidence"]
    assert node["institution"]["penaltyRecords"]["nodes"]
    assert all(person["diagnosis"] and person["name"] is None for person in node["insuredPersons"])
    masked = {entry["coordinate"]: entry for entry in with_case.json()["extensions"]["masked"]}
    (name,) = (entry for coordinate, entry in masked.items() if coordinate.endswith("Person.name"))
    assert name["basis"]
    (without,) = site.post(site.token(*HEALTH), query, variables={"case": case}).json()["data"]["clueTransfers"][
        "nodes"
    ]
    assert without["docNo"] == node["docNo"]
    assert without["summary"] is None
    assert "summary" in without["hiddenFields"]


def test_each_answer_left_a_row(site: Site, token: str) -> None:
    before = site.rows("SELECT count(*) FROM disclosure")[0][0]
    assert site.post(token, "{ institutions(first: 2) { nodes { name } } }").status_code == 200
    assert site.post(token, "{ nothingOfTheKind }").status_code == 400
    assert site.rows("SELECT count(*) FROM disclosure")[0][0] == before + 2


def test_a_get_is_answered_alike(site: Site, token: str) -> None:
    query = "{ institutions(first: 2) { nodes { nhsaCode name } } }"
    headers = {"authorization": f"Bearer {token}", "accept": GRAPHQL}
    got = site.http.get(f"{site.url}/graphql", params={"query": query}, headers=headers)
    assert got.status_code == 200
    assert got.json() == site.post(token, query).json()


def test_a_mutation_by_get_is_refused(site: Site, token: str) -> None:
    headers = {"authorization": f"Bearer {token}", "accept": GRAPHQL}
    got = site.http.get(f"{site.url}/graphql", params={"query": "mutation { __typename }"}, headers=headers)
    assert got.status_code in (400, 405)
    assert "data" not in got.json()


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("", None, "GRAPHQL_PARSE_FAILED"),
        ("{ institutionz { nodes { name } } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ institutions(first: 1) { nodes { nam } } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { institutions(first: $n) { nodes { name } } }", None, "BAD_VARIABLES"),
        ("query ($n: Int!) { institutions(first: $n) { nodes { name } } }", {"n": RESIDENT}, "BAD_VARIABLES"),
        ("query ($n: Int!) { institutions(first: $n) { nodes { name } } }", {"n": 10**30}, "BAD_VARIABLES"),
        ("query ($c: ID!) { institution(nhsaCode: $c) { name } }", {"c": "\0"}, "BAD_VARIABLES"),
        ("{" + "".join(f"a{n}: institutions(first: 1) {{ nodes {{ name }} }} " for n in range(10_000 // 50)) + "}",
         None, "COST_EXCEEDED"),
        ("{ " + "a" * 100_000 + " }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", None, None),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_bad_documents_get_a_clear_error(site: Site, token: str, query: str, variables: Any, code: str | None) -> None:
    response = site.post(token, query, variables=variables)
    assert response.status_code == 400
    found = code_of(response)
    assert code is None or found == code
    assert RESIDENT not in response.text


def test_ten_thousand_aliases_cost_nothing(site: Site, token: str) -> None:
    query = "{" + " ".join(f"a{n}:__typename" for n in range(10_000)) + "}"
    started = time.perf_counter()
    response = site.post(token, query)
    assert response.status_code == 400
    assert code_of(response) in ("COST_EXCEEDED", "GRAPHQL_PARSE_FAILED")
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("first", [-1, 0, 1_001, 2**31 - 1])
def test_first_out_of_range_fails_that_field_only(site: Site, token: str, first: int) -> None:
    query = f"{{ bad: institutions(first: {first}) {{ nodes {{ name }} }} good: institutions(first: 1) {{ nodes {{ name }} }} }}"
    body = site.post(token, query).json()
    assert body["data"]["bad"] is None
    assert body["data"]["good"]["nodes"]
    assert [entry["extensions"]["code"] for entry in body["errors"]] == ["INVALID_ARGUMENT"]


@pytest.mark.parametrize("text", ["t0ken", "a" * 43, "Ω"])
def test_no_token_of_ours_is_401(site: Site, text: str) -> None:
    headers = {"authorization": f"Bearer {text}".encode(), "accept": GRAPHQL}
    response = site.http.post(f"{site.url}/graphql", json={"query": "{"}, headers=headers)
    assert response.status_code == 401
    assert code_of(response) == "UNAUTHENTICATED"
    assert response.headers["www-authenticate"].startswith("Bearer ")


def test_an_expired_token_is_401(own_site: Site) -> None:
    token = own_site.token(*HEALTH)
    assert own_site.post(token, "{ __typename }").status_code == 200
    with psycopg.connect(own_site.database.owner_url) as connection:
        connection.execute("UPDATE access_token SET expires_at = now() - interval '1 second'")
    # A cached caller may be known still: the statement asks the database again (G7).
    assert own_site.post(token, "{ institutions(first: 1) { nodes { name } } }").status_code == 401


def test_the_quota_is_429_with_retry_after(own_site: Site) -> None:
    with psycopg.connect(own_site.database.owner_url) as connection:
        connection.execute("UPDATE client SET daily_row_quota = 10, authority_version = authority_version + 1")
    token = own_site.token(*HEALTH)
    query = "{ institutions(first: 8) { nodes { name } } }"
    assert own_site.post(token, query).status_code == 200
    response = own_site.post(token, query)
    assert (response.status_code, code_of(response)) == (429, "QUOTA_EXCEEDED")
    assert 0 < int(response.headers["retry-after"]) <= 86_400


def test_a_statement_timeout_is_told_and_recorded(sample_copy: Any, tmp_path: Any) -> None:
    with running(sample_copy(), tmp_path, statement_timeout_ms=300) as site:
        token = site.token(*HEALTH)
        with psycopg.connect(site.database.owner_url) as connection:
            connection.execute("LOCK TABLE institution IN ACCESS EXCLUSIVE MODE")
            response = site.post(token, "{ institutions(first: 1) { nodes { name } } }")
        assert (response.status_code, code_of(response)) == (504, "TIMEOUT")
        assert site.rows("SELECT outcome, error_codes FROM disclosure_view") == [("TIMEOUT", ["TIMEOUT"])]


def test_the_cause_of_a_refused_token_is_in_the_log_only(site: Site) -> None:
    form = {"grant_type": "client_credentials", "client_assertion": "a.b.c", "scope": "canary:scope"}
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    response = site.http.post(f"{site.url}/oauth/token", data=form)
    assert response.json()["error"] == "invalid_client"
    lines = [json.loads(line) for line in site.log.getvalue().splitlines()[-2:]]
    (line,) = (line for line in lines if line["event"] == "oauth")
    assert (line["endpoint"], line["error"], line["cause"]) == ("token", "invalid_client", "ASSERTION_MALFORMED")
    assert "ASSERTION_MALFORMED" not in response.text
    assert b"canary" not in site.log.getvalue()


def test_introspection_needs_a_token(site: Site, token: str) -> None:
    query = "{ __schema { types { name } } }"
    assert site.post(None, query).status_code == 401
    assert site.post(token, query).json()["data"]["__schema"]["types"]


def test_probes(site: Site, token: str) -> None:
    assert site.http.get(f"{site.url}/healthz").json() == {"status": "ok"}
    assert site.http.get(f"{site.url}/readyz").json() == {"status": "ready"}
    site.post(token, "{ clueTransfers(first: 1) { nodes { summary } } }")
    site.post("x", "{ __typename }")
    refused = site.post(
        token, '{ institutions(first: 1, filter: {phone: {eq: "1"}}) { nodes { name } } viewer { purpose } }'
    )
    assert refused.json()["data"]["viewer"]
    assert json.loads(site.log.getvalue().splitlines()[-1])["refused"] == ["FILTER_NOT_ALLOWED"]
    text = site.http.get(f"{site.url}/metrics").text
    for line in (
        r'hub_graphql_requests_total\{code="OK"\} [1-9]',
        r'hub_graphql_requests_total\{code="UNAUTHENTICATED"\} [1-9]',
        r'hub_graphql_field_errors_total\{code="FILTER_NOT_ALLOWED"\} [1-9]',
        r"hub_graphql_seconds_count [1-9]",
        r'hub_compile_cache_total\{result="(hit|miss)"\} [1-9]',
        r'hub_masked_fields_total\{policy="[a-z-]+"\} [1-9]',
        r"hub_ledger_queue 0",
        r"hub_ledger_index_lag_seconds ",
        r"hub_unauthenticated_requests_total [1-9]",
        r'hub_oauth_requests_total\{endpoint="token",outcome="ok"\} [1-9]',
    ):
        assert re.search(line, text), line


def test_the_rest_of_the_site_is_closed(site: Site) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/graphql/", "/", "/subgraphs/nothing/graphql", "/static/x"):
        response = site.http.get(f"{site.url}{path}")
        assert response.status_code == 404, path
        (entry,) = response.json()["errors"]
        assert entry["extensions"]["code"] == "NOT_FOUND"
        assert "/graphql" in entry["extensions"]["next"]["zh"]
        assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in site.http.get(f"{site.url}/healthz").headers
    refused = site.http.post(f"{site.url}/healthz")
    assert (refused.status_code, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert refused.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "start", [b"POST /graphql HTTP/1.1\r\nHost: x\r\n", b"POST /graphql HTTP/1.1\r\nX: ", b"GET /graphql?query="]
)
def test_an_endless_head_is_cut_off(site: Site, start: bytes) -> None:
    host, _, port = site.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection, contextlib.suppress(OSError):
        connection.sendall(start)
        for number in range(10_000):
            connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 8_000) if start.endswith(b"\n") else b"a" * 8_000)
        pytest.fail("80 MB of head were taken")


def test_two_requests_on_one_connection(site: Site, token: str) -> None:
    """The bound counts each request's own head."""
    padding = {"authorization": f"Bearer {token}", "accept": GRAPHQL, "x-padding": "a" * 30_000}
    for _ in range(4):
        answer = site.http.post(f"{site.url}/graphql", json={"query": "{ __typename }"}, headers=padding)
        assert answer.status_code == 200
        assert site.http.get(f"{site.url}/healthz", headers=padding).status_code == 200


def test_forwarded_headers_change_nothing(site: Site, token: str) -> None:
    plain = site.post(token, "{ viewer { clientId } }")
    headers = {
        "authorization": f"Bearer {token}", "accept": GRAPHQL, "x-forwarded-for": "10.0.0.1",
        "x-forwarded-proto": "https", "forwarded": "for=10.0.0.1", "host": "evil.example",
        "x-client-cert": "x", "ssl-client-verify": "SUCCESS",
    }  # fmt: skip
    other = site.http.post(f"{site.url}/graphql", json={"query": "{ viewer { clientId } }"}, headers=headers)
    assert other.json() == plain.json()
    metadata = site.http.get(f"{site.url}/.well-known/oauth-authorization-server", headers={"host": "evil.example"})
    assert metadata.json()["issuer"] == site.url


def test_no_value_reaches_a_log(site: Site, case: str) -> None:
    """Canary (security.md 40): tokens, a resident number, a case, a document; also PostgreSQL's own log."""
    token = site.token(*HEALTH, case)
    marks = [RESIDENT, token, case, "canaryAlias", "canaryOperation"]
    query = (
        "query canaryOperation($i: ID!, $c: String) { canaryAlias: institution(nhsaCode: $i) { name }"
        " clueTransfers(first: 1, filter: {caseNo: {eq: $c}}) { nodes { docNo } } }"
    )
    for variables in (
        {"i": RESIDENT, "c": case},
        {"i": [RESIDENT], "c": case},
        {"i": RESIDENT + "\0"},
        {"i": "\ud800"},
    ):
        try:
            site.post(token, query, variables=variables)
        except UnicodeEncodeError:
            body = json.dumps({"query": query, "variables": variables})
            site.http.post(f"{site.url}/graphql", content=body, headers={"authorization": f"Bearer {token}"})
    site.post(token, query.replace("$i)", f'"{RESIDENT}", x: 1)'))
    site.http.get(
        f"{site.url}/graphql/{RESIDENT}", params={"q": RESIDENT}, headers={"authorization": f"Bearer {token}"}
    )
    site.http.get(f"{site.url}/graphql", params={"query": "{a}", "access_token": token})
    site.http.post(f"{site.url}/oauth/introspect", data={"token": token})
    logged = site.log.getvalue()
    assert b'"client":"demo-health"' in logged
    (server_log,) = site.data.parent.glob("server[0-9]*/pgdata/log")
    logged += server_log.read_bytes()
    for mark in marks:
        assert mark.encode() not in logged, mark


def test_a_log_line_says_who_and_how_long(site: Site, token: str) -> None:
    start = len(site.log.getvalue())
    site.post(token, "{ institutions(first: 2) { nodes { name } } }")
    deadline = time.monotonic() + 5
    while b"\n" not in site.log.getvalue()[start:] and time.monotonic() < deadline:
        time.sleep(0.01)
    line = json.loads(site.log.getvalue()[start:].splitlines()[-1])
    assert set(line) == {"event", "level", "at", "status", "code", "ms", "client", "purpose", "rows"}
    assert (line["client"], line["purpose"], line["rows"], line["code"]) == (*HEALTH, 2, "OK")
