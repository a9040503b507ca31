"""The demo clients: one for each party that has a story to tell, with keys and default officers in the data folder."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, create_engine, select

from hub.demo.officers import register_demo_officers
from hub.demo.places import AGENCIES, CREDIT, DISCIPLINE, HEALTH, HS, HUB, MARKET, POLICE
from hub.oauth.keys import generate_key, public_part
from hub.oauth.registry import grant_purpose, grant_scope, register_client, rotate_key
from hub.oauth.tables import Client, ClientKey, ScopeCeiling
from hub.policy.purposes import load_purposes
from hub.settings import Settings

DAILY_ROW_QUOTA: Final = 1_000_000_000
"""Generous: the demo is also what benchmarks and property tests run against."""
GRANT_LIFE: Final = timedelta(days=365)


class DemoClient(NamedTuple):
    """Its id, its agency, and the (invented) officer who acts when none is named."""

    client_id: str
    agency: str
    officer_name: str
    certificate_no: str


DEMO_CLIENTS: Final = (
    DemoClient("demo-healthcare-security", f"640104-{HS}", "王安泽", "64010410001"),
    DemoClient("demo-health", f"640104-{HEALTH}", "李春晖", "64010420001"),
    DemoClient("demo-market-regulation", f"640104-{MARKET}", "张明善", "64010430001"),
    DemoClient("demo-public-security", f"640104-{POLICE}", "刘志远", "64010440001"),
    DemoClient("demo-discipline-inspection", f"640104-{DISCIPLINE}", "陈清和", "64010450001"),
    DemoClient("demo-credit-platform", f"640000-{CREDIT}", "杨惠佳", "64000060001"),
    DemoClient("demo-admin", f"640000-{HUB}", "赵普瑞", "64000070001"),
)


def register_demo_clients(owner_url: str, folder: Path) -> None:
    """Registers the demo clients with their keys, scopes and purposes; called again, it leaves all changes alone.

    For each client `folder/clients` gets `<client id>.jwk` (private ES256 key, JWK with kid and alg, mode 0600) and
    `<client id>.json` (`{"name": …, "certificateNo": …}`, the default officer). Every scope in the ceiling of the
    agency's kind and every purpose that the agency may claim is granted for a year, once: what the operator revokes
    stays revoked at the next start. A key that was lost is replaced, and the old one stops at once.

    Args:
        owner_url: libpq URL of the owner role; the sample is loaded.
        folder: the data folder.
    """
    place = folder / "clients"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.begin() as connection:
            for client in DEMO_CLIENTS:
                officer = {"name": client.officer_name, "certificateNo": client.certificate_no}
                (place / f"{client.client_id}.json").write_text(json.dumps(officer, ensure_ascii=False) + "\n")
                _register(connection, client, _key(place / f"{client.client_id}.jwk"))
            register_demo_officers(connection)
    finally:
        engine.dispose()


def _register(connection: Connection, client: DemoClient, key: dict[str, Any]) -> None:
    identity = client.client_id
    if connection.scalar(select(Client.client_id).where(Client.client_id == identity)):
        known = select(ClientKey.kid).where(ClientKey.client_id == identity, ClientKey.kid == key["kid"])
        if not connection.scalar(known):
            rotate_key(connection, identity, public_part(key))
        return
    agency = AGENCIES[client.agency]
    register_client(
        connection, identity, agency.code, agency.short_name, public_part(key), daily_row_quota=DAILY_ROW_QUOTA
    )
    ends_at = datetime.now(UTC) + GRANT_LIFE
    within = select(ScopeCeiling.scope).where(ScopeCeiling.agency_kind == agency.kind).order_by(ScopeCeiling.scope)
    for scope in connection.scalars(within).all():
        grant_scope(connection, identity, scope, ends_at)
    purposes = load_purposes(Settings().policies)
    for name, purpose in purposes.items():
        if purpose.available and purpose.claimable_by(agency.kind, agency.level):
            grant_purpose(connection, identity, name, ends_at, purposes=purposes)


def _key(path: Path) -> dict[str, Any]:
    """The private key at a path, made where there is none; never readable by others, never half written."""
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(generate_key(), file, indent=1)
        draft.replace(path)
    key: dict[str, Any] = json.loads(path.read_text())
    return key
