"""A token's life: introspection, revocation, `Callers`, and how fast a change of authority is felt (security.md 7-9)."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from oauth_world import HEALTH, ISSUER, OPEN_CASE, World, details
from sqlalchemy import Connection, text

from hub.db.pool import ReadPool
from hub.oauth import registry
from hub.oauth.caller import Officer
from hub.oauth.callers import Callers, hash_token
from hub.oauth.keys import generate_key, public_part

PURPOSE = "medical-practice-regulation"
OFFICER = {"name": "马建国", "certificateNo": "宁兴卫执0001"}


def with_pool(world: World, use: Callable[[ReadPool], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        pool = ReadPool(world.database.reader_url, 2, 5_000)
        try:
            return await use(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def caller_of(world: World, token: str) -> Any:
    return with_pool(world, lambda pool: Callers(pool, world.clock).of(token))


def test_introspection_of_the_clients_own_token(still_world: World) -> None:
    stated = details(PURPOSE, case=OPEN_CASE, officer=OFFICER)
    shown = still_world.introspect(still_world.token(authorization_details=stated))
    issued, expires = shown.pop("iat"), shown.pop("exp")
    assert expires - issued == 300
    assert abs(issued - still_world.clock.now().timestamp()) < 10
    assert shown == {
        "active": True,
        "iss": ISSUER,
        "aud": ISSUER,
        "client_id": "health",
        "sub": "health",
        "token_type": "Bearer",
        "scope": "parties:read clues:read",
        "authorization_details": json.loads(stated),
    }


@pytest.mark.parametrize("token", ["x", "x" * 43, "é" * 43, "Bearer x", "x" * 60_000])
def test_what_is_no_token_is_inactive(still_world: World, token: str) -> None:
    assert still_world.introspect(token) == {"active": False}
    assert still_world.post("revoke", {"token": token, **still_world.authentication()}).status_code == 200
    assert caller_of(still_world, token) is None


def test_a_foreign_token_looks_like_none_and_stays(still_world: World) -> None:
    token = still_world.token()
    assert still_world.introspect(token, "healthcare") == {"active": False}
    answer = still_world.post("revoke", {"token": token, **still_world.authentication("healthcare")})
    assert (answer.status_code, answer.json()) == (200, {})
    assert still_world.introspect(token)["active"]


def test_revocation(still_world: World) -> None:
    token = still_world.token()
    for _ in range(2):
        form = {"token": token, "token_type_hint": "refresh_token", **still_world.authentication()}
        assert still_world.post("revoke", form).status_code == 200
    assert still_world.introspect(token) == {"active": False}
    assert caller_of(still_world, token) is None


@pytest.mark.parametrize("path", ["introspect", "revoke"])
def test_the_token_parameter_is_needed(still_world: World, path: str) -> None:
    response = still_world.post(path, still_world.authentication())
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_a_caller_in_full(still_world: World) -> None:
    token = still_world.token(authorization_details=details(PURPOSE, case=OPEN_CASE, officer=OFFICER))
    caller = caller_of(still_world, token)
    assert caller.token_hash == hash_token(token)
    assert (caller.client_id, caller.agency, caller.agency_kind) == ("health", HEALTH, "HEALTH")
    assert (caller.region, caller.region_name, caller.region_level) == ("640104", "兴庆区", 3)
    assert caller.agency_uscc == "11640104MB1234567G"
    assert caller.scopes == frozenset({"parties:read", "clues:read"})
    assert (caller.purpose, caller.case_no) == (PURPOSE, OPEN_CASE)
    assert caller.officer == Officer(*OFFICER.values())
    assert caller.daily_row_quota == 10_000_000
    assert timedelta(seconds=290) < caller.expires_at - still_world.clock.now() <= timedelta(minutes=5)


def test_an_expired_token_is_none_in_cache_and_database(world: World) -> None:
    token = world.token()

    async def use(pool: ReadPool) -> None:
        callers = Callers(pool, world.clock)
        assert await callers.of(token)
        world.clock.ahead = timedelta(seconds=301)
        assert await callers.of(token) is None
        assert await Callers(pool, world.clock).of(token) is None

    with_pool(world, use)
    assert world.introspect(token) == {"active": False}


def test_the_cache_is_bounded_and_forgets(still_world: World) -> None:
    tokens = [still_world.token() for _ in range(4)]

    async def use(pool: ReadPool) -> None:
        callers = Callers(pool, still_world.clock, capacity=2)
        first = [await callers.of(token) for token in tokens]
        assert len(callers._cache) == 2
        assert await callers.of(tokens[3]) is first[3]
        callers.forget(hash_token(tokens[3]))
        again = await callers.of(tokens[3])
        assert again == first[3]
        assert again is not first[3]

    with_pool(still_world, use)


CHANGES: dict[str, tuple[Callable[[Connection, World], object], bool]] = {
    # change of authority -> whether the token outlives it
    "scope revoked": (lambda c, _: registry.revoke_scope(c, "health", "clues:read"), False),
    "purpose revoked": (lambda c, _: registry.revoke_purpose(c, "health", PURPOSE), False),
    "ceiling lowered": (lambda c, _: registry.set_ceiling(c, "HEALTH", ["parties:read"]), False),
    "client disabled": (lambda c, _: registry.disable_client(c, "health"), False),
    "agency disabled": (lambda c, _: registry.disable_agency(c, HEALTH), False),
    "key retired": (lambda c, w: registry.retire_key(c, "health", w.keys["health"]["kid"]), False),
    "scope revoked in SQL": (lambda c, _: c.execute(text("UPDATE scope_grant SET revoked_at = now()")), False),
    "grants deleted in SQL": (lambda c, _: c.execute(text("DELETE FROM purpose_grant")), False),
    "key added": (lambda c, _: registry.add_key(c, "health", public_part(generate_key())), True),
    "scope granted": (lambda c, _: registry.grant_scope(c, "health", "penalties:read"), True),
    "quota set": (lambda c, _: registry.set_quota(c, "health", 5), True),
    "agency enabled": (lambda c, _: registry.enable_agency(c, HEALTH), True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_raises_a_version_and_acts_at_once(world: World, change: str) -> None:
    token = world.token()
    before = caller_of(world, token)
    act, outlives = CHANGES[change]
    with world.owner.begin() as connection:
        act(connection, world)
    with world.owner.connect() as connection:
        versions = connection.execute(
            text(
                "SELECT c.authority_version, a.authority_version FROM client c JOIN agency a ON a.code = c.agency"
                " WHERE client_id = 'health'"
            )
        ).one()
    assert tuple(versions) != (before.client_version, before.agency_version), "a cached caller is found to be stale"
    after = caller_of(world, token)
    if outlives:
        assert (after.client_version, after.agency_version) == tuple(versions)
    else:
        assert after is None


def test_a_change_of_one_client_leaves_the_others_alone(world: World) -> None:
    token = world.token("healthcare", authorization_details=details("fund-supervision"))
    before = caller_of(world, token)
    with world.owner.begin() as connection:
        registry.disable_client(connection, "health")
        registry.set_ceiling(connection, "HEALTH", [])
    assert caller_of(world, token) == before


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("app", "UPDATE client SET disabled_at = NULL"),
        ("app", "UPDATE client_key SET jwk = '{}'"),
        ("app", "INSERT INTO scope_grant(client_id, scope, granted_by) VALUES ('health', 'ledger:read', 'x')"),
        ("app", "INSERT INTO scope_ceiling VALUES ('HEALTH', 'ledger:read')"),
        ("app", "UPDATE access_token SET expires_at = expires_at"),
        ("app", "DELETE FROM access_token"),
        ("app", "DELETE FROM assertion_jti"),
        ("app", "UPDATE assertion_jti SET jti = 'x'"),
        ("reader", "SELECT jwk FROM client_key"),
        ("reader", "SELECT * FROM assertion_jti"),
        ("reader", "UPDATE access_token SET revoked_at = NULL"),
        ("reader", "SELECT purge_expired_authority()"),
    ],
)
def test_roles_are_the_second_wall(still_world: World, role: str, statement: str) -> None:
    url = getattr(still_world.database, f"{role}_url")
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_purge_removes_only_what_has_long_expired(world: World) -> None:
    fresh = world.token()
    world.token()
    with world.owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE access_token SET issued_at = issued_at - interval '2 days', expires_at = expires_at"
                " - interval '2 days' WHERE token_hash <> :kept"
            ),
            {"kept": hash_token(fresh)},
        )
        connection.execute(text("INSERT INTO assertion_jti VALUES ('health', 'old', now() - interval '11 minutes')"))
    world.server.purge()
    assert (world.count("access_token"), world.count("assertion_jti")) == (1, 2)


def test_no_secret_in_any_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Canary: everything is logged at DEBUG, also a failing statement; no token, assertion, jti, officer, case is in it."""
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "authlib.oauth2"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    assertion = world.assertion(jti="canary-jti")
    stated = details(PURPOSE, case=OPEN_CASE, officer={"name": "金丝雀", "certificateNo": "canary-no"})
    form = world.form(client_assertion=assertion, client_assertion_type=ASSERTION, authorization_details=stated)
    token = world.post("token", form).json()["access_token"]
    world.introspect(token)
    world.post("token", form)
    world.post("revoke", {"token": token, **world.authentication()})
    with world.owner.begin() as connection:
        connection.execute(text("ALTER TABLE access_token ADD CONSTRAINT broken CHECK (case_no IS NULL) NOT VALID"))
    failed = world.post("token", world.form(authorization_details=stated))
    assert (failed.status_code, failed.json()["error"]) == (500, "server_error")
    assert "sqlstate=23514" in caplog.text
    for secret in (token, hash_token(token).hex(), assertion, "canary", "金丝雀", OPEN_CASE, "eyJ"):
        assert secret not in caplog.text
        assert secret not in failed.text


ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
