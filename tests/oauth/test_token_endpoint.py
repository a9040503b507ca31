"""What a token is issued for: grant, scope, purpose, case, and the form that asks (security.md 9-14)."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from oauth_world import DRAFT_CASE, FOREIGN_CASE, ISSUER, OPEN_CASE, SUBJECT_CASE, World, details
from sqlalchemy import create_engine, text

from hub.oauth.registry import grant_purpose, grant_scope, revoke_purpose, revoke_scope, set_ceiling
from hub.oauth.server import OAuthServer

PURPOSE = "medical-practice-regulation"
OFFICER = {"name": "马　建国", "certificateNo": "宁兴卫执 0001"}


def refused(world: World, error: str, **changes) -> dict:
    client_id = changes.pop("client_id", "health")
    before = world.count("access_token")
    response = world.post("token", world.form(client_id, **changes))
    assert (response.status_code, response.json()["error"]) == (400, error), response.text
    assert response.json()["error_description"].isascii()
    assert response.headers["cache-control"] == "no-store"
    assert world.count("access_token") == before
    return response.json()


def test_a_token_in_full(still_world: World) -> None:
    stated = details(PURPOSE, case=OPEN_CASE, officer=OFFICER)
    response = still_world.post("token", still_world.form(authorization_details=stated))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    token = answer.pop("access_token")
    assert answer == {
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "parties:read clues:read",
        "authorization_details": json.loads(stated),
    }
    assert len(token) == 43
    with still_world.owner.connect() as connection:
        row = connection.execute(
            text("SELECT * FROM access_token WHERE token_hash = :hash"),
            {"hash": hashlib.sha256(token.encode()).digest()},
        ).one()
    assert (row.client_id, row.scopes, row.purpose) == ("health", ["parties:read", "clues:read"], PURPOSE)
    assert (row.case_no, row.officer_name, row.officer_certificate_no) == (OPEN_CASE, *OFFICER.values())
    assert token not in str(row)


@pytest.mark.parametrize(
    "grant", ["password", "authorization_code", "refresh_token", "x\n\x1b[2J", "client_credentials\t"]
)
def test_other_grants_are_refused(still_world: World, grant: str) -> None:
    answer = refused(still_world, "unsupported_grant_type", grant_type=grant)
    assert grant not in json.dumps(answer), "nothing that was sent is echoed"


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "",
        " ",
        "parties:read  clues:read",
        "penalties:read",
        "parties:read penalties:read",
        "admin:clients",
        "PARTIES:READ",
        "no-such",
        "parties:read\nclues:read",
        "parties:read " * 400,
        "机构:读",
    ],
    ids=lambda scope: str(scope)[:30],
)
def test_omitted_or_foreign_scopes_are_refused(still_world: World, scope: str | None) -> None:
    refused(still_world, "invalid_scope", scope=scope)


def test_without_a_grant_type(still_world: World) -> None:
    refused(still_world, "invalid_request", grant_type=None)


def test_a_scope_named_twice_counts_once(still_world: World) -> None:
    response = still_world.post("token", still_world.form(scope="clues:read clues:read parties:read"))
    assert response.json()["scope"] == "clues:read parties:read"


@pytest.mark.parametrize("absent", [None, "", "[]"])
def test_absent_details(still_world: World, absent: str | None) -> None:
    refused(still_world, "insufficient_authorization_details", authorization_details=absent)


@pytest.mark.parametrize(
    "malformed",
    [
        "{}",
        "[{}]",
        "null",
        "[null]",
        "not json",
        '"data_sharing"',
        "[" * 5000,
        "1" * 5000,
        '[{"type":"data_sharing"}]',
        '[{"type":"other","purpose":"medical-practice-regulation"}]',
        '[{"type":"data_sharing","purpose":"a","purpose":"medical-practice-regulation"}]',
        f"[{details(PURPOSE)[1:-1]},{details(PURPOSE)[1:-1]}]",
        details(PURPOSE, unknown="x"),
        details(PURPOSE, locations=["https://hub.example"]),
        details(PURPOSE, case=""),
        details(PURPOSE, case=5),
        details(PURPOSE, case=["C-OPEN"]),
        details(PURPOSE, case="x" * 41),
        details(PURPOSE, case="C\x00OPEN"),
        '[{"type":"data_sharing","purpose":"medical-practice-regulation","case":null}]',
        '[{"type":"data_sharing","purpose":"medical-practice-regulation","case":"\\ud800"}]',
        details(5),
        details(["fund-supervision"]),
        details("x" * 65),
        details(PURPOSE, officer="王"),
        details(PURPOSE, officer={}),
        details(PURPOSE, officer={"name": "王"}),
        details(PURPOSE, officer={**OFFICER, "phone": "1"}),
        details(PURPOSE, officer={**OFFICER, "name": "王\u202e"}),
        details(PURPOSE, officer={**OFFICER, "name": "王\n李"}),
        details(PURPOSE, officer={**OFFICER, "name": "　"}),
        details(PURPOSE, officer={**OFFICER, "name": "王" * 101}),
        details(PURPOSE, officer={**OFFICER, "certificateNo": 7}),
    ],
    ids=lambda text: text[:70],
)
def test_malformed_details(still_world: World, malformed: str) -> None:
    answer = refused(still_world, "invalid_authorization_details", authorization_details=malformed)
    assert answer["error_description"].startswith("authorization_details must be")


@pytest.mark.parametrize(
    ("client_id", "purpose", "words"),
    [
        ("health", "no-such-purpose", "No such purpose"),
        ("health", "subject-rights", "No such purpose"),
        ("health", "fund-supervision", "may not claim"),
        ("health", "credit-publication", "may not claim"),
        ("health", "case-oversight", "may not claim"),
        ("healthcare", PURPOSE, "may not claim"),
        ("credit", "hub-administration", "may not claim"),
    ],
)
def test_purposes_that_may_not_be_claimed(still_world: World, client_id: str, purpose: str, words: str) -> None:
    changes = {"client_id": client_id, "scope": "parties:read", "authorization_details": details(purpose)}
    assert words in refused(still_world, "invalid_authorization_details", **changes)["error_description"]


def test_a_superior_agency_claims_oversight(still_world: World) -> None:
    assert still_world.token("prefecture", authorization_details=details("case-oversight"))


def test_a_purpose_that_was_not_granted(world: World) -> None:
    with world.owner.begin() as connection:
        revoke_purpose(connection, "health", PURPOSE)
    assert "not granted" in refused(world, "invalid_authorization_details")["error_description"]


def test_cases(still_world: World) -> None:
    """A case that does not exist, a foreign one, one about the agency itself and a draft not yet sent: all alike."""
    assert still_world.token(authorization_details=details(PURPOSE, case=OPEN_CASE))
    sender = {"client_id": "healthcare", "scope": "clues:read"}
    assert still_world.token(**sender, authorization_details=details("fund-supervision", case=DRAFT_CASE))
    answers = [
        refused(still_world, "invalid_authorization_details", authorization_details=details(PURPOSE, case=case))
        for case in ("C-NONE", FOREIGN_CASE, SUBJECT_CASE, DRAFT_CASE, "' OR true --")
    ]
    assert all(answer == answers[0] for answer in answers)


def test_a_purpose_without_case_takes_none(still_world: World) -> None:
    stated = details("credit-publication", case=OPEN_CASE)
    changes = {"client_id": "credit", "scope": "parties:read", "authorization_details": stated}
    assert "takes no case" in refused(still_world, "invalid_authorization_details", **changes)["error_description"]


@pytest.mark.parametrize(("resource", "ours"), [(ISSUER, True), (f"{ISSUER}/graphql", True), ("http://other", False)])
def test_the_audience(still_world: World, resource: str, *, ours: bool) -> None:
    if ours:
        assert still_world.token(resource=resource)
    else:
        refused(still_world, "invalid_target", resource=resource)


def test_a_token_ends_with_the_first_grant_it_rests_on(world: World) -> None:
    soon = datetime.now(UTC)
    with world.owner.begin() as connection:
        grant_scope(connection, "health", "clues:read", soon + timedelta(seconds=120))
        grant_purpose(connection, "health", PURPOSE, soon + timedelta(seconds=60))
    assert 55 <= world.post("token", world.form()).json()["expires_in"] <= 60
    world.clock.ahead = timedelta(seconds=61)
    refused(world, "invalid_authorization_details")
    world.clock.ahead = timedelta(seconds=121)
    refused(world, "invalid_scope")


def test_a_revoked_scope_and_a_lowered_ceiling(world: World) -> None:
    with world.owner.begin() as connection:
        revoke_scope(connection, "health", "clues:read")
    refused(world, "invalid_scope")
    assert world.token(scope="parties:read")
    with world.owner.begin() as connection:
        set_ceiling(connection, "HEALTH", ["clues:read"])
    refused(world, "invalid_scope", scope="parties:read")


def test_repeated_parameters_are_refused(still_world: World) -> None:
    for name in ("scope", "grant_type", "client_assertion", "authorization_details", "unknown"):
        form = {"unknown": "1", **still_world.form()}
        pairs = [*form.items(), (name, form[name])]
        response = still_world.http.request("POST", "/oauth/token", content=urlencoded(pairs), headers=FORM)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def urlencoded(pairs: list[tuple[str, str]]) -> bytes:
    from urllib.parse import urlencode

    return urlencode(pairs).encode()


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "application/json"}, b"{}", 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 400),
        ({}, b"grant_type=client_credentials", 400),
        ({"Content-Type": "application/x-www-form-urlencoded; charset=gbk"}, b"a=b", 400),
        (FORM, b"grant_type=%ff%fe", 400),
        (FORM, b"grant_type=\xff", 400),
        (FORM, b"scope=a%00b", 400),
        (FORM, b"&".join(b"p%d=1" % number for number in range(40)), 400),
        (FORM, b"a=" + b"x" * 70_000, 413),
    ],
    ids=str,
)
def test_what_is_no_form(still_world: World, path: str, headers: dict, content: bytes, status: int) -> None:
    response = still_world.http.request("POST", f"/oauth/{path}", headers=headers, content=content)
    assert (response.status_code, response.json()["error"]) == (status, "invalid_request")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
def test_other_methods(still_world: World, method: str, path: str) -> None:
    response = still_world.http.request(method, f"/oauth/{path}?grant_type=client_credentials")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.headers["cache-control"] == "no-store"


def test_metadata(still_world: World) -> None:
    response = still_world.http.request("GET", "/.well-known/oauth-authorization-server")
    assert response.status_code == 200
    found = response.json()
    assert found["issuer"] == ISSUER
    assert found["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert found["introspection_endpoint"] == f"{ISSUER}/oauth/introspect"
    assert found["revocation_endpoint"] == f"{ISSUER}/oauth/revoke"
    assert found["grant_types_supported"] == ["client_credentials"]
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert found["token_endpoint_auth_signing_alg_values_supported"] == ["PS256", "ES256", "EdDSA", "Ed25519"]
    assert "clues:read" in found["scopes_supported"]
    metadata = AuthorizationServerMetadata(found)
    metadata.validate_token_endpoint()
    metadata.validate_revocation_endpoint_auth_methods_supported()
    metadata.validate_introspection_endpoint_auth_signing_alg_values_supported()
    assert still_world.http.request("GET", "/oauth/jwks").json() == {"keys": []}


def test_without_its_database_the_server_says_so(world: World) -> None:
    world.server.engine = create_engine("postgresql+psycopg://hub_app@/none?host=/nowhere")
    response = world.http.request("POST", "/oauth/token", data=world.form())
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize("issuer", ["http://hub.example", "https://hub.example/", "ftp://hub.example", "hub.example"])
def test_an_issuer_is_https_or_loopback(still_world: World, issuer: str) -> None:
    with pytest.raises(ValueError, match="issuer"):
        OAuthServer(still_world.app, issuer, {}, still_world.clock)
    assert OAuthServer(still_world.app, "https://hub.example", {}, still_world.clock)
