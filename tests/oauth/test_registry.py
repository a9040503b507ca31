"""Administration: each limit of keys, ceilings, claimants and dates is kept, and a refusal changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from oauth_world import HEALTH, World
from sqlalchemy import text

from hub.oauth import listing, registry
from hub.oauth.keys import KeyRefused, check_public_key, generate_key, public_part
from hub.oauth.registry import RegistryError
from hub.policy.scopes import load_scopes
from hub.settings import Settings


def public(key) -> dict:
    return key.as_dict(private=False)


@pytest.mark.parametrize(
    ("jwk", "alg"),
    [
        (public(RSAKey.generate_key(2048)), "PS256"),
        (public(RSAKey.generate_key(3072)), "PS256"),
        (public(ECKey.generate_key("P-256")), "ES256"),
        (public(OKPKey.generate_key("Ed25519")), "EdDSA"),
        ({**public(OKPKey.generate_key("Ed25519")), "alg": "Ed25519", "use": "sig", "key_ops": ["verify"]}, "EdDSA"),
    ],
)
def test_keys_that_are_accepted(jwk: dict, alg: str) -> None:
    key = check_public_key(jwk)
    assert key.alg == alg
    assert key.kid
    assert not key.jwk.keys() & {"alg", "use", "d"}


RSA = public(RSAKey.generate_key(2048))
EC = public(ECKey.generate_key("P-256"))


@pytest.mark.parametrize(
    "jwk",
    [
        public(RSAKey.generate_key(1024)),
        {**RSA, "e": "AQ"},
        {**RSA, "e": "AAAA"},
        {**RSA, "alg": "RS256"},
        {**RSA, "alg": "ES256"},
        {**RSA, "n": "!!"},
        public(ECKey.generate_key("P-384")),
        public(ECKey.generate_key("P-521")),
        {**EC, "x": EC["y"]},
        {**EC, "crv": "P-999"},
        {**EC, "use": "enc"},
        {**EC, "key_ops": ["sign"]},
        {**EC, "kid": ""},
        {**EC, "kid": "x" * 129},
        {**EC, "kid": "钥匙"},
        {**EC, "kid": 5},
        public(OKPKey.generate_key("Ed448")),
        public(OKPKey.generate_key("X25519")),
        OctKey.generate_key(256).as_dict(private=True),
        generate_key(),
        {},
        {"kty": "none"},
        {"kty": ["EC"]},
    ],
    ids=lambda jwk: str(
        {name: str(value)[:12] for name, value in jwk.items() if name in ("kty", "crv", "alg", "use", "e", "key_ops")}
    ),
)
def test_keys_that_are_refused(jwk: dict) -> None:
    with pytest.raises(KeyRefused):
        check_public_key(jwk)


REFUSED = {
    "scope beyond the ceiling": lambda c: registry.grant_scope(c, "health", "credit:write"),
    "unknown scope": lambda c: registry.grant_scope(c, "health", "no:such"),
    "scope that ended before": lambda c: registry.grant_scope(
        c, "health", "penalties:read", datetime.now(UTC) - timedelta(seconds=1)
    ),
    "foreign purpose": lambda c: registry.grant_purpose(c, "health", "fund-supervision"),
    "purpose of superiors": lambda c: registry.grant_purpose(c, "health", "case-oversight"),
    "purpose not yet open": lambda c: registry.grant_purpose(c, "health", "subject-rights"),
    "unknown purpose": lambda c: registry.grant_purpose(c, "health", "x"),
    "unknown client": lambda c: registry.grant_scope(c, "nobody", "clues:read"),
    "scope not granted": lambda c: registry.revoke_scope(c, "health", "penalties:read"),
    "client twice": lambda c: registry.register_client(c, "health", HEALTH, "x", public_part(generate_key())),
    "client of no agency": lambda c: registry.register_client(c, "n", "x", "x", public_part(generate_key())),
    "bad client id": lambda c: registry.register_client(c, "../x", HEALTH, "x", public_part(generate_key())),
    "private key": lambda c: registry.register_client(c, "new", HEALTH, "x", generate_key()),
    "unknown key": lambda c: registry.retire_key(c, "health", "none"),
    "negative quota": lambda c: registry.set_quota(c, "health", -1),
    "agency twice": lambda c: registry.register_agency(
        c, HEALTH, kind="HEALTH", region="640104", name="x", short_name="x", uscc="11640104MB1234567G"
    ),
    "wrong uscc": lambda c: registry.register_agency(
        c, "640104-AUDIT", kind="AUDIT", region="640104", name="x", short_name="x", uscc="11640104MB12345670"
    ),
    "unknown region": lambda c: registry.register_agency(
        c, "110000-AUDIT", kind="AUDIT", region="110000", name="x", short_name="x", uscc="11640104MB1234567G"
    ),
}


@pytest.mark.parametrize("change", REFUSED)
def test_what_is_refused_changes_nothing(still_world: World, change: str) -> None:
    def state() -> list:
        with still_world.owner.connect() as connection:
            tables = ("agency", "client", "client_key", "scope_grant", "purpose_grant")
            return [
                connection.execute(text(f"SELECT array_agg(t::text ORDER BY t::text) FROM {name} t")).scalar()
                for name in tables
            ]

    before = state()
    with pytest.raises(RegistryError, match=" / "), still_world.owner.begin() as connection:
        REFUSED[change](connection)
    assert state() == before


def test_the_database_starts_with_the_ceilings_of_the_policies(still_world: World) -> None:
    with still_world.owner.connect() as connection:
        rows = connection.execute(text("SELECT agency_kind, scope FROM scope_ceiling")).all()
    found: dict[str, set[str]] = {}
    for kind, scope in rows:
        found.setdefault(kind, set()).add(scope)
    assert found == {kind: set(scopes) for kind, scopes in load_scopes(Settings().policies).ceilings.items()}


def test_ceilings_are_set_as_the_policies_say(world: World) -> None:
    with world.owner.begin() as connection:
        registry.set_ceilings(connection, {"HEALTH": ["parties:read"], "AUDIT": ["ledger:read"]})
        rows = connection.execute(text("SELECT agency_kind, scope FROM scope_ceiling ORDER BY 1")).all()
    assert [tuple(row) for row in rows] == [("AUDIT", "ledger:read"), ("HEALTH", "parties:read")]


def test_a_grant_expires_and_is_replaced_with_its_history(world: World) -> None:
    with world.owner.begin() as connection:
        registry.grant_scope(connection, "health", "penalties:read", granted_by="甲")
        registry.grant_scope(connection, "health", "penalties:read", datetime(2100, 1, 1, tzinfo=UTC), granted_by="乙")
    with world.owner.connect() as connection:
        found = [
            row for row in listing.grants(connection, 100, "health", ended=True) if row["scope"] == "penalties:read"
        ]
        standing = [row for row in listing.grants(connection, 100, "health") if row["scope"] == "penalties:read"]
    assert [(row["inForce"], row["grantedBy"], row["revokedBy"]) for row in found] == [
        (False, "甲", "乙"),
        (True, "乙", None),
    ]
    assert found[0]["endsAt"] - found[0]["grantedAt"] == timedelta(days=365), (
        "every grant ends, without a date after a year"
    )
    assert [row["endsAt"] for row in standing] == [datetime(2100, 1, 1, tzinfo=UTC)]
