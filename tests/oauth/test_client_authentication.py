"""private_key_jwt as FAPI 2.0 wants it (security.md 1-5, 15, 18): each refusal with a really signed assertion."""

import base64
import hmac
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest
from joserfc import jwk, jws
from joserfc.jwk import ECKey, OKPKey, RSAKey
from oauth_world import ASSERTION_TYPE, ISSUER, World, details

import hub.oauth.assertion as module
from hub.oauth.errors import INVALID_CLIENT
from hub.oauth.keys import generate_key, public_part
from hub.oauth.registry import add_key, disable_agency, disable_client, enable_client, retire_key, rotate_key
from hub.oauth.routes import oauth_routes
from hub.oauth.server import Endpoint

PATHS = ("token", "introspect", "revoke")


def refused(world: World, form: dict[str, str], path: str = "token", **more) -> None:
    """The one invalid_client, and nothing issued."""
    tokens = world.count("access_token")
    response = world.post(path, form, **more)
    assert (response.status_code, response.json()) == (401, INVALID_CLIENT.body())
    assert response.headers["cache-control"] == "no-store"
    assert world.count("access_token") == tokens


def register(world: World, private: dict) -> dict:
    with world.owner.begin() as connection:
        kid = add_key(connection, "health", public_part(private))
    return {**private, "kid": kid}


@pytest.mark.parametrize(
    ("make", "alg"),
    [
        (lambda: RSAKey.generate_key(2048), "PS256"),
        (lambda: ECKey.generate_key("P-256"), "ES256"),
        (lambda: OKPKey.generate_key("Ed25519"), "EdDSA"),
        (lambda: OKPKey.generate_key("Ed25519"), "Ed25519"),
    ],
)
def test_accepted_algorithms(world: World, make, alg: str) -> None:
    key = register(world, make().as_dict(private=True))
    assert len(world.token(client_assertion=world.assertion(key=key, header={"alg": alg}), **auth_type())) == 43


def auth_type() -> dict[str, str]:
    return {"client_assertion_type": ASSERTION_TYPE}


def presented(world: World, assertion: str, **more) -> dict[str, str]:
    return world.form(**auth_type(), client_assertion=assertion, **more)


@pytest.mark.parametrize("alg", ["RS256", "PS384", "PS512"])
def test_other_rsa_algorithms_are_refused(world: World, alg: str) -> None:
    key = register(world, RSAKey.generate_key(2048).as_dict(private=True))
    refused(world, presented(world, world.assertion(key=key, header={"alg": alg})))


def test_hmac_with_the_public_key_is_refused(still_world: World) -> None:
    public = jwk.import_key(public_part(still_world.keys["health"])).as_pem(private=False)
    parts = ({"alg": "HS256", "kid": still_world.keys["health"]["kid"]}, still_world.claims())
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(public, signed, "sha256")).rstrip(b"=")
    forged = (signed + b"." + mac).decode()
    refused(still_world, presented(still_world, forged))


def test_none_is_refused(still_world: World) -> None:
    def part(value: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    header = part({"alg": "none", "kid": still_world.keys["health"]["kid"]})
    refused(still_world, presented(still_world, f"{header}.{part(still_world.claims())}."))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [ISSUER]},
        {"aud": f"{ISSUER}/oauth/token"},
        {"aud": f"{ISSUER}/"},
        {"aud": "http://other.example"},
        {"aud": None},
        {"iss": "healthcare"},
        {"iss": None},
        {"sub": "healthcare"},
        {"sub": None},
        {"sub": 7},
        {"sub": "nobody", "iss": "nobody"},
        {"sub": "health\x00", "iss": "health\x00"},
        {"sub": "\ud800", "iss": "\ud800"},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 257},
        {"jti": "a\x00b"},
        {"exp": None},
        {"exp": "1"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": 10**400},
    ],
    ids=str,
)
def test_claims_that_do_not_hold(still_world: World, changes: dict) -> None:
    # json.dumps writes lone surrogates and infinity; joserfc would not.
    header = {"alg": "ES256", "kid": still_world.keys["health"]["kid"]}
    claims = {name: value for name, value in still_world.claims(**changes).items() if value is not None}
    forged = jws.serialize_compact(header, json.dumps(claims), jwk.import_key(still_world.keys["health"]))
    refused(still_world, presented(still_world, forged))


@pytest.mark.parametrize(
    ("offsets", "holds"),
    [
        ({"exp": 295}, True),
        ({"exp": 320}, False),
        ({"exp": 30 * 365 * 86400}, False),
        ({"exp": -1}, False),
        ({"exp": 250, "iat": -55}, True),
        ({"exp": 250, "iat": -200}, False),
        ({"iat": 5}, True),
        ({"nbf": 5}, True),
        ({"iat": 61}, False),
        ({"nbf": 61}, False),
    ],
    ids=str,
)
def test_time_windows(still_world: World, offsets: dict[str, int], *, holds: bool) -> None:
    now = int(still_world.clock.now().timestamp())
    form = presented(still_world, still_world.assertion(**{name: now + offset for name, offset in offsets.items()}))
    if holds:
        assert still_world.post("token", form).status_code == 200
    else:
        refused(still_world, form)


def test_an_assertion_counts_once_whatever_it_was_used_for(still_world: World) -> None:
    assertion = still_world.assertion()
    assert (
        still_world.post("token", presented(still_world, assertion, scope="no:scope")).json()["error"]
        == "invalid_scope"
    )
    refused(still_world, presented(still_world, assertion))
    for path in ("introspect", "revoke"):
        refused(still_world, {"token": "x", **auth_type(), "client_assertion": assertion}, path)


def test_an_assertion_counts_once_among_processes_at_the_same_moment(still_world: World) -> None:
    form = presented(still_world, still_world.assertion())
    twin = type(still_world.server)(
        still_world.database.app_engine(), ISSUER, still_world.server.purposes, still_world.clock
    )
    with ThreadPoolExecutor(8) as threads:
        servers = [still_world.server, twin] * 8
        replies = list(
            threads.map(lambda server: server.respond(Endpoint.TOKEN, form, has_authorization=False), servers)
        )
    twin.engine.dispose()
    assert sorted(reply.status for reply in replies) == [200] + [401] * 15


def test_the_same_jti_of_two_clients_is_no_replay(still_world: World) -> None:
    jti = uuid.uuid4().hex
    assert still_world.post("token", presented(still_world, still_world.assertion(jti=jti))).status_code == 200
    other = still_world.form("healthcare", authorization_details=details("fund-supervision"))
    other["client_assertion"] = still_world.assertion("healthcare", jti=jti)
    assert still_world.post("token", other).status_code == 200


def test_keys_named_in_the_header_are_never_used(still_world: World) -> None:
    attacker = ECKey.generate_key("P-256")
    private = {**attacker.as_dict(private=True), "kid": still_world.keys["health"]["kid"], "alg": "ES256"}
    for header in (
        {"jwk": attacker.as_dict(private=False)},
        {"jku": "http://127.0.0.1:9/keys"},
        {"x5u": "http://127.0.0.1:9/chain"},
    ):
        refused(still_world, presented(still_world, still_world.assertion(key=private, header=header)))


@pytest.mark.parametrize(
    "header", [{"kid": "another"}, {"kid": 5}, {"typ": "dpop+jwt"}, {"crit": ["b64"], "b64": False}]
)
def test_headers_that_do_not_hold(still_world: World, header: dict) -> None:
    header = {"alg": "ES256", "kid": still_world.keys["health"]["kid"], **header}
    signed = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, still_world.claims())
    )
    private = jwk.import_key(still_world.keys["health"])
    signature = jws.default_registry.algorithms["ES256"].sign(signed, private)
    token = signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")
    refused(still_world, presented(still_world, token.decode()))


def test_without_kid_only_while_there_is_one_key(world: World) -> None:
    assert world.post("token", presented(world, world.assertion(header={"kid": None}))).status_code == 200
    register(world, generate_key())
    refused(world, presented(world, world.assertion(header={"kid": None})))


def test_a_key_of_another_client_is_refused(still_world: World) -> None:
    refused(still_world, presented(still_world, still_world.assertion("health", key=still_world.keys["healthcare"])))


@pytest.mark.parametrize("path", PATHS)
def test_secrets_and_basic_are_refused_everywhere(still_world: World, path: str) -> None:
    rightful = {**still_world.form(), "token": "x"}
    without = {name: value for name, value in rightful.items() if not name.startswith("client_")}
    refused(still_world, without, path)
    refused(still_world, {**without, "client_id": "health"}, path)
    refused(still_world, {**without, "client_id": "health", "client_secret": "x"}, path)
    refused(still_world, {**still_world.form(), "token": "x", "client_secret": "x"}, path)
    refused(still_world, {**still_world.form(), "token": "x", "client_id": "healthcare"}, path)
    refused(still_world, {**still_world.form(), "token": "x"}, path, headers={"Authorization": "Basic aGVhbHRoOng="})
    refused(still_world, {**rightful, "client_assertion_type": "urn:other"}, path)


@pytest.mark.parametrize(
    "garbage", ["a", "a.b.c", "..", "é.b.c", "e30.e30.", "W10.e30.AA", "WyJhbGciXQ.e30.AA", "x" * 9000, "[" * 5000]
)
def test_garbage_is_no_assertion(still_world: World, garbage: str) -> None:
    refused(still_world, presented(still_world, garbage))


def test_deeply_nested_claims_are_no_assertion(still_world: World) -> None:
    header = {"alg": "ES256", "kid": still_world.keys["health"]["kid"]}
    nested = jws.serialize_compact(header, "[" * 3000, jwk.import_key(still_world.keys["health"]))
    refused(still_world, presented(still_world, nested))


def test_rotation_without_downtime_and_retirement_at_once(world: World) -> None:
    old, new = world.keys["health"], generate_key()
    first, second = world.token(), register(world, new)
    by_new = world.token(client_assertion=world.assertion(key=second), **auth_type())
    assert world.introspect(first)["active"]
    with world.owner.begin() as connection:
        retire_key(connection, "health", old["kid"])
    refused(world, presented(world, world.assertion(key=old)))
    world.keys["health"] = second
    assert world.introspect(first) == {"active": False}, "the token of a retired key ends with it"
    assert world.introspect(by_new)["active"]


def test_rotation_with_an_overlap(world: World) -> None:
    old, new = world.keys["health"], generate_key()
    with world.owner.begin() as connection:
        rotate_key(connection, "health", public_part(new), timedelta(minutes=2))
    response = world.post("token", presented(world, world.assertion(key=old)))
    assert 115 <= response.json()["expires_in"] <= 120, "a token does not outlive the key that asked for it"
    assert world.post("token", presented(world, world.assertion(key=new))).json()["expires_in"] >= 298
    world.clock.ahead = timedelta(minutes=2, seconds=1)
    refused(world, presented(world, world.assertion(key=old)))


def test_a_disabled_client_or_agency_is_refused_and_its_tokens_end(world: World) -> None:
    token = world.token()
    with world.owner.begin() as connection:
        disable_client(connection, "health")
    refused(world, world.form())
    with world.owner.begin() as connection:
        enable_client(connection, "health")
    assert world.introspect(token) == {"active": False}, "enabled again, the old tokens stay ended"
    assert world.post("token", world.form()).status_code == 200
    with world.owner.begin() as connection:
        disable_agency(connection, "640104-HEALTH")
    refused(world, world.form())


def test_an_unknown_client_costs_what_a_wrong_signature_costs(still_world: World) -> None:
    stranger = generate_key(still_world.keys["health"]["kid"])
    steps = []
    for client_id in ("health", "nobody"):
        with patch.object(module, "signed_by", wraps=module.signed_by) as verify:
            refused(still_world, presented(still_world, still_world.assertion(client_id, key=stranger)))
        steps.append([(call.args[2], call.args[1].keys() >= {"kty", "x"}) for call in verify.call_args_list])
    assert steps[0] == steps[1] == [("ES256", True)]


def test_failures_are_counted(world: World) -> None:
    refused(world, {**world.form(), "client_secret": "x"})
    world.token()
    assert world.outcomes == [("token", "invalid_client", "ASSERTION_ABSENT"), ("token", "ok", None)]


def test_routes_are_those_of_the_contract(still_world: World) -> None:
    assert [route.path for route in oauth_routes(still_world.server)] == [
        "/oauth/token",
        "/oauth/introspect",
        "/oauth/revoke",
        "/oauth/jwks",
        "/.well-known/oauth-authorization-server",
    ]
