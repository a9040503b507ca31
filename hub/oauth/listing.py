"""Lists for the operator: agencies, clients, grants, as plain dictionaries with the names that `--json` prints."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, CursorResult, and_, func, literal, null, or_, select, union_all

from hub.oauth.registry import RegistryError
from hub.oauth.tables import Client, ClientKey, PurposeGrant, ScopeGrant
from hub.parties.tables import Agency, Region


def agencies(connection: Connection, limit: int) -> Iterator[dict[str, Any]]:
    """By code."""
    statement = (
        select(
            Agency.code,
            Agency.kind,
            Agency.region,
            Region.name.label("regionName"),
            Agency.level,
            Agency.name,
            Agency.short_name.label("shortName"),
            Agency.uscc,
            Agency.disabled_at.label("disabledAt"),
        )
        .join(Region, Region.code == Agency.region)
        .order_by(Agency.code)
        .limit(limit)
    )
    return _dictionaries(connection.execute(statement))


def clients(connection: Connection, limit: int, client_id: str | None = None) -> Iterator[dict[str, Any]]:
    """By id; `client_id` picks one."""
    active = and_(
        ClientKey.client_id == Client.client_id,
        or_(ClientKey.retired_at.is_(None), ClientKey.retired_at > func.now()),
    )
    statement = (
        select(
            Client.client_id.label("clientId"),
            Client.agency,
            Client.name,
            Client.gateway,
            Client.daily_row_quota.label("dailyRowQuota"),
            select(func.count()).select_from(ClientKey).where(active).scalar_subquery().label("activeKeys"),
            Client.registered_at.label("registeredAt"),
            Client.disabled_at.label("disabledAt"),
        )
        .order_by(Client.client_id)
        .limit(limit)
    )
    if client_id is not None:
        statement = statement.where(Client.client_id == client_id)
    return _dictionaries(connection.execute(statement))


def client(connection: Connection, client_id: str) -> dict[str, Any]:
    """One client with its keys and standing grants.

    Raises:
        RegistryError: there is none.
    """
    found = next(clients(connection, 1, client_id), None)
    if found is None:
        raise RegistryError(f"没有此客户端 / no such client: {client_id}")
    keys = (
        select(
            ClientKey.kid, ClientKey.alg, ClientKey.added_at.label("addedAt"), ClientKey.retired_at.label("retiredAt")
        )
        .where(ClientKey.client_id == client_id)
        .order_by(ClientKey.added_at, ClientKey.kid)
    )
    return {
        **found,
        "keys": list(_dictionaries(connection.execute(keys))),
        "grants": list(grants(connection, 10_000, client_id)),
    }


def grants(
    connection: Connection, limit: int, client_id: str | None = None, *, ended: bool = False
) -> Iterator[dict[str, Any]]:
    """Scopes and purposes by client, in force; with `ended` also those revoked or over."""
    parts = []
    for table, scope, purpose in (
        (ScopeGrant, ScopeGrant.scope, null()),
        (PurposeGrant, null(), PurposeGrant.purpose),
    ):
        in_force = and_(table.revoked_at.is_(None), or_(table.ends_at.is_(None), table.ends_at > func.now()))
        part = select(
            table.client_id.label("clientId"),
            scope.label("scope"),
            purpose.label("purpose"),
            in_force.label("inForce"),
            table.granted_at.label("grantedAt"),
            table.granted_by.label("grantedBy"),
            table.ends_at.label("endsAt"),
            table.revoked_at.label("revokedAt"),
            table.revoked_by.label("revokedBy"),
        ).where(or_(in_force, literal(ended)))
        parts.append(part if client_id is None else part.where(table.client_id == client_id))
    union = union_all(*parts).subquery()
    order = (union.c.clientId, union.c.scope, union.c.purpose, union.c.grantedAt)
    return _dictionaries(connection.execute(select(union).order_by(*order).limit(limit)))


def _dictionaries(result: CursorResult[Any]) -> Iterator[dict[str, Any]]:
    for row in result.mappings():
        # Names arrive as a subclass of str, which orjson does not take.
        yield {str(name): value for name, value in row.items()}
