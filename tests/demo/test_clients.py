"""The demo clients: keys in the data folder, everything their kind may have, and nothing undone at the next start."""

import json
import stat

import psycopg
import pytest

from hub.demo.clients import DEMO_CLIENTS, register_demo_clients
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes
from hub.settings import Settings


@pytest.fixture
def registered(sample_copy, tmp_path):
    database = sample_copy()
    register_demo_clients(database.owner_url, tmp_path)
    return database, tmp_path


def _rows(database, statement):
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(statement).fetchall()


def test_the_clients_of_the_contract(registered):
    database, _ = registered
    assert dict(_rows(database, "SELECT client_id, agency FROM client")) == {
        "demo-healthcare-security": "640104-HEALTHCARE_SECURITY",
        "demo-health": "640104-HEALTH",
        "demo-market-regulation": "640104-MARKET_REGULATION",
        "demo-public-security": "640104-PUBLIC_SECURITY",
        "demo-discipline-inspection": "640104-DISCIPLINE_INSPECTION",
        "demo-credit-platform": "640000-CREDIT_PLATFORM",
        "demo-admin": "640000-HUB_OPERATOR",
    }


def test_keys_are_private_and_registered(registered):
    database, folder = registered
    kids = dict(_rows(database, "SELECT client_id, kid FROM client_key"))
    for client in DEMO_CLIENTS:
        path = folder / "clients" / f"{client.client_id}.jwk"
        key = json.loads(path.read_text())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (key["alg"], key["crv"], key["kid"]) == ("ES256", "P-256", kids[client.client_id])
        assert "d" in key
    assert not _rows(database, "SELECT FROM client_key WHERE jwk ? 'd'")


def test_officers(registered):
    _, folder = registered
    for client in DEMO_CLIENTS:
        officer = json.loads((folder / "clients" / f"{client.client_id}.json").read_text())
        assert set(officer) == {"name", "certificateNo"}


def test_every_scope_of_the_ceiling_and_every_claimable_purpose_for_a_year(registered):
    database, _ = registered
    policies = Settings().policies
    ceilings, purposes = load_scopes(policies).ceilings, load_purposes(policies)
    agencies = _rows(database, "SELECT client_id, kind, level FROM client JOIN agency ON agency.code = agency")
    assert set(_rows(database, "SELECT client_id, scope FROM scope_grant")) == {
        (client, scope) for client, kind, _ in agencies for scope in ceilings[kind]
    }
    assert set(_rows(database, "SELECT client_id, purpose FROM purpose_grant")) == {
        (client, name)
        for client, kind, level in agencies
        for name, purpose in purposes.items()
        if purpose.available and purpose.claimable_by(kind, level)
    }
    for table in ("scope_grant", "purpose_grant"):
        days = _rows(database, f"SELECT DISTINCT round(extract(epoch FROM ends_at - granted_at) / 86400) FROM {table}")
        assert days == [(365,)]


def test_a_second_start_changes_nothing(registered):
    database, folder = registered
    statement = "SELECT client_id, authority_version, (SELECT count(*) FROM client_key) FROM client ORDER BY 1"
    before, key = _rows(database, statement), (folder / "clients" / "demo-health.jwk").read_bytes()
    register_demo_clients(database.owner_url, folder)
    assert _rows(database, statement) == before
    assert (folder / "clients" / "demo-health.jwk").read_bytes() == key


def test_what_was_revoked_stays_revoked(registered):
    database, folder = registered
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("UPDATE scope_grant SET revoked_at = now() WHERE scope = 'clues:read'")
    register_demo_clients(database.owner_url, folder)
    assert not _rows(database, "SELECT FROM scope_grant WHERE scope = 'clues:read' AND revoked_at IS NULL")


def test_a_lost_key_is_replaced(registered):
    database, folder = registered
    (folder / "clients" / "demo-health.jwk").unlink()
    register_demo_clients(database.owner_url, folder)
    kid = json.loads((folder / "clients" / "demo-health.jwk").read_text())["kid"]
    active = "SELECT kid FROM client_key WHERE client_id = 'demo-health' AND (retired_at IS NULL OR retired_at > now())"
    assert _rows(database, active) == [(kid,)]
