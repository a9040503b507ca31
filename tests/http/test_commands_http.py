"""Commands over HTTP: by POST only, bounded, with the demo's own officers; what was written reaches no log."""

import json
import secrets
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import import_key
from site_running import GRAPHQL, Site

SECURITY = ("demo-healthcare-security", "fund-supervision", "王安泽", "64010410001")
RESIDENT, CANARY = "110101199003070134", "canary5t8r"
OPEN = 'mutation { openCase(input: {idempotencyKey: "%s"}) { case { caseNo } userErrors { code } replayed } }'


@pytest.fixture
def token(site: Site) -> str:
    """Of the demo client, with its own officer, as `hub token` asks for it."""
    client, purpose, name, certificate = SECURITY
    key = json.loads((site.data / "clients" / f"{client}.jwk").read_text())
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": site.url, "iat": now, "exp": now + 60, "jti": secrets.token_hex(8)}
    details = {"type": "data_sharing", "purpose": purpose, "officer": {"name": name, "certificateNo": certificate}}
    response = site.http.post(
        f"{site.url}/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode({"alg": "ES256", "kid": key["kid"]}, claims, import_key(key), ["ES256"]),
            "scope": "clues:read clues:write parties:read",
            "authorization_details": json.dumps([details]),
        },
    )
    assert response.is_success, response.text
    return str(response.json()["access_token"])


def opened(site: Site, token: str) -> str:
    answer = site.post(token, OPEN % secrets.token_hex(8))
    assert answer.status_code == 200
    return str(answer.json()["data"]["openCase"]["case"]["caseNo"])


def test_a_command_by_get_is_405_and_nothing_is_done(site: Site, token: str) -> None:
    headers = {"authorization": f"Bearer {token}", "accept": GRAPHQL}
    got = site.http.get(f"{site.url}/graphql", params={"query": OPEN % "by-get-key-1"}, headers=headers)
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    assert got.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    assert site.rows("SELECT 1 FROM command_receipt WHERE idempotency_key = 'by-get-key-1'") == []
    assert site.post(token, "mutation { __typename }").json()["data"] == {"__typename": "Mutation"}


def test_a_draft_is_made_once_and_read_back(site: Site, token: str) -> None:
    case_no, key = opened(site, token), secrets.token_hex(8)
    document = """mutation ($input: DraftClueTransferInput!) { draftClueTransfer(input: $input) {
        clueTransfer { id caseNo status institution { nhsaCode } } userErrors { code field zh doZh } replayed } }"""
    given = {
        "idempotencyKey": key, "caseNo": case_no, "receiver": "640104-HEALTH", "source": "REPORT",
        "discoveredOn": "2026-11-02", "summary": "重复检查", "violationAmount": "1200.50",
    }  # fmt: skip
    one, two = (
        site.post(token, document, variables={"input": given}).json()["data"]["draftClueTransfer"] for _ in "ab"
    )
    assert one["userErrors"] == []
    assert one["clueTransfer"] == two["clueTransfer"]
    assert (one["replayed"], two["replayed"]) == (False, True)
    read = site.post(token, f'{{ clueTransfer(id: "{one["clueTransfer"]["id"]}") {{ id caseNo status }} }}').json()
    assert read["data"]["clueTransfer"]["caseNo"] == case_no
    subgraph = site.http.post(
        f"{site.url}/subgraphs/clues/graphql",
        json={"query": document, "variables": {"input": given}},
        headers={"authorization": f"Bearer {token}", "accept": GRAPHQL},
    ).json()
    assert subgraph["data"]["draftClueTransfer"] == two


def test_a_large_command_is_taken_a_large_query_and_a_huge_body_are_not(site: Site, token: str) -> None:
    case_no = opened(site, token)
    item: dict[str, Any] = {"kind": "OTHER", "size": 1, "mediaType": "application/pdf", "dataClass": "INVESTIGATION"}
    evidence = [item | {"name": f"{'材料' * 60}{n}.pdf", "sha256": secrets.token_hex(32)} for n in range(500)]
    given = {
        "idempotencyKey": secrets.token_hex(8), "caseNo": case_no, "receiver": "640104-HEALTH", "source": "REPORT",
        "discoveredOn": "2026-11-02", "summary": "重复检查" * 5_000, "evidence": evidence,
    }  # fmt: skip
    assert 256 * 1024 < len(json.dumps(given, ensure_ascii=False).encode()) < 1024 * 1024
    document = "mutation ($input: DraftClueTransferInput!) { draftClueTransfer(input: $input) { userErrors { code } } }"
    taken = site.post(token, document, variables={"input": given})
    assert taken.json()["data"]["draftClueTransfer"]["userErrors"] == []
    assert site.post(token, "{ __typename }", variables={"x": "y" * 300_000}).status_code == 413
    given["summary"] = "字" * 400_000
    assert site.post(token, document, variables={"input": given}).status_code == 413


def test_what_was_written_reaches_no_log_and_each_command_is_counted(site: Site, token: str) -> None:
    start = len(site.log.getvalue())
    case_no = opened(site, token)
    document = "mutation ($input: DraftClueTransferInput!) { draftClueTransfer(input: $input) { userErrors { code field zh } } }"
    for summary in (f"{CANARY} {RESIDENT}", CANARY, f"密级：机密 {CANARY}"):
        given = {
            "idempotencyKey": f"{CANARY}-{secrets.token_hex(8)}", "caseNo": case_no, "receiver": "640104-HEALTH",
            "source": "REPORT", "discoveredOn": "2026-11-02", "summary": summary,
        }  # fmt: skip
        answer = site.post(token, document, variables={"input": given})
        assert RESIDENT not in answer.text
    logged = site.log.getvalue()[start:].decode()
    for mark in (RESIDENT, CANARY, case_no, token):
        assert mark not in logged
    lines = [json.loads(line) for line in logged.splitlines()]
    assert ["draftClueTransfer", "IDENTITY_NUMBER_IN_TEXT"] in [
        one for line in lines for one in line.get("commands", ())
    ]
    metrics = site.http.get(f"{site.url}/metrics").text
    assert 'hub_commands_total{command="draftClueTransfer",outcome="SECRET_IN_TEXT"}' in metrics
    assert 'hub_commands_total{command="openCase",outcome="done"}' in metrics
