"""Administration of authority, by the owner role: agencies, clients, keys, ceilings, grants, quotas.

Every function runs in the transaction of the `connection` it is given (`with database.owner_engine().begin() as …`).
The triggers of migration 0002 raise the authority versions in the same transaction: a change acts on the next request.
Each raises `RegistryError` and changes nothing when the change is not permitted.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from stdnum.cn import uscc as uscc_number

from hub.oauth.keys import KeyRefused, PublicKey, check_public_key
from hub.oauth.tables import (
    DEFAULT_DAILY_ROW_QUOTA,
    AccessToken,
    Client,
    ClientKey,
    PurposeGrant,
    ScopeCeiling,
    ScopeGrant,
)
from hub.oauth.vocabulary import CLIENT_ID
from hub.parties.tables import Agency, Region
from hub.policy.purposes import Purpose, load_purposes
from hub.policy.scopes import load_scopes
from hub.settings import Settings

DEFAULT_GRANT_LIFE = timedelta(days=365)
"""Every grant expires (design.md 7)."""
AGENCY_CODE = re.compile(r"[0-9A-Z]{6}-[A-Z][A-Z_]{0,39}")
KIND = re.compile(r"[A-Z][A-Z_]{0,39}")
OPERATOR = "operator"
MAX_QUOTA = 2**62


class RegistryError(ValueError):
    """The change is refused; the message (Chinese / English) says why and what to do."""


# --- agencies ---------------------------------------------------------------------------------------------------------


def register_agency(
    connection: Connection, code: str, *, kind: str, region: str, name: str, short_name: str, uscc: str
) -> None:
    """Adds an agency in a region that exists; its level is the region's."""
    if not AGENCY_CODE.fullmatch(code) or not KIND.fullmatch(kind):
        raise RegistryError(f"机关代码或类别格式不正确 / bad agency code or kind: {code} {kind}")
    if not name.strip() or not short_name.strip() or not (name + short_name).isprintable():
        raise RegistryError("请填写机关名称和简称 / give the agency's name and short name")
    if not uscc_number.is_valid(uscc):
        raise RegistryError(f"统一社会信用代码校验不通过 / not a valid uscc: {uscc}")
    level = connection.scalar(select(Region.level).where(Region.code == region))
    if level is None:
        raise RegistryError(f"没有此行政区划 / no such region: {region}")
    if connection.scalar(select(Agency.code).where(Agency.code == code)):
        raise RegistryError(f"机关已存在 / the agency exists already: {code}")
    values = {"code": code, "kind": kind, "region": region, "level": level, "uscc": uscc_number.compact(uscc)}
    connection.execute(insert(Agency).values(**values, name=name.strip(), short_name=short_name.strip()))


def disable_agency(connection: Connection, code: str) -> None:
    """Ends every token of every client of the agency."""
    _agency(connection, code)
    connection.execute(update(Agency).where(Agency.code == code).values(disabled_at=func.now()))
    _revoke_tokens(connection, select(Client.client_id).where(Client.agency == code))


def enable_agency(connection: Connection, code: str) -> None:
    _agency(connection, code)
    connection.execute(update(Agency).where(Agency.code == code).values(disabled_at=None))


# --- clients and keys -------------------------------------------------------------------------------------------------


def register_client(
    connection: Connection,
    client_id: str,
    agency: str,
    name: str,
    jwk: Mapping[str, object],
    *,
    daily_row_quota: int = DEFAULT_DAILY_ROW_QUOTA,
    gateway: bool = False,
) -> str:
    """Adds a client of an agency with its first public key; it is granted nothing yet.

    Returns:
        The `kid` of the key.
    """
    if not CLIENT_ID.fullmatch(client_id):
        raise RegistryError(f"客户端标识应为 1 至 64 个字母、数字或 ._~- / bad client id: {client_id}")
    if not name.strip() or not name.isprintable():
        raise RegistryError("请填写客户端名称 / give the client a name")
    _agency(connection, agency)
    if connection.scalar(select(Client.client_id).where(Client.client_id == client_id)):
        raise RegistryError(f"客户端已存在 / the client exists already: {client_id}")
    _check_quota(daily_row_quota)
    values = {"client_id": client_id, "agency": agency, "name": name.strip(), "gateway": gateway}
    connection.execute(insert(Client).values(**values, daily_row_quota=daily_row_quota))
    return add_key(connection, client_id, jwk)


def add_key(connection: Connection, client_id: str, jwk: Mapping[str, object]) -> str:
    """Adds a public key beside those the client has. Returns its `kid`."""
    _client(connection, client_id)
    key = _checked(jwk)
    known = select(ClientKey.kid).where(ClientKey.client_id == client_id, ClientKey.kid == key.kid)
    if connection.scalar(known):
        raise RegistryError(f"此 kid 已登记过，请换一个 / this kid was registered before, take another: {key.kid}")
    connection.execute(insert(ClientKey).values(client_id=client_id, kid=key.kid, jwk=key.jwk, alg=key.alg))
    return key.kid


def rotate_key(
    connection: Connection, client_id: str, jwk: Mapping[str, object], overlap: timedelta = timedelta()
) -> str:
    """Adds a key and retires the others, `overlap` from now: until then both work. Returns the new `kid`.

    Without overlap the old keys are cut off at once, with the tokens that they asked for (a key that leaked).
    """
    kid = add_key(connection, client_id, jwk)
    end = _now(connection) + overlap
    connection.execute(
        update(ClientKey)
        .where(
            ClientKey.client_id == client_id,
            ClientKey.kid != kid,
            or_(ClientKey.retired_at.is_(None), ClientKey.retired_at > end),
        )
        .values(retired_at=end)
    )
    return kid


def retire_key(connection: Connection, client_id: str, kid: str) -> None:
    """Ends a key now, and with it every token it asked for."""
    _client(connection, client_id)
    now = _now(connection)
    retired = connection.execute(
        update(ClientKey)
        .where(
            ClientKey.client_id == client_id,
            ClientKey.kid == kid,
            or_(ClientKey.retired_at.is_(None), ClientKey.retired_at > now),
        )
        .values(retired_at=now)
    )
    if not retired.rowcount:
        raise RegistryError(f"没有此有效密钥 / no such active key: {client_id} {kid}")


def disable_client(connection: Connection, client_id: str) -> None:
    """The client gets no more tokens, and those it holds end."""
    _client(connection, client_id)
    connection.execute(update(Client).where(Client.client_id == client_id).values(disabled_at=func.now()))
    _revoke_tokens(connection, [client_id])


def enable_client(connection: Connection, client_id: str) -> None:
    _client(connection, client_id)
    connection.execute(update(Client).where(Client.client_id == client_id).values(disabled_at=None))


def set_quota(connection: Connection, client_id: str, daily_row_quota: int) -> None:
    """Rows that the client may be shown in one Beijing day."""
    _client(connection, client_id)
    _check_quota(daily_row_quota)
    connection.execute(update(Client).where(Client.client_id == client_id).values(daily_row_quota=daily_row_quota))


# --- ceilings and grants ----------------------------------------------------------------------------------------------


def set_ceiling(connection: Connection, agency_kind: str, scopes: Iterable[str]) -> None:
    """Replaces the ceiling of one kind of agency. A grant beyond it stops to count at once."""
    wanted = set(scopes)
    present = set(connection.scalars(select(ScopeCeiling.scope).where(ScopeCeiling.agency_kind == agency_kind)))
    for scope in present - wanted:
        row = (ScopeCeiling.agency_kind == agency_kind, ScopeCeiling.scope == scope)
        connection.execute(delete(ScopeCeiling).where(*row))
    for scope in sorted(wanted - present):
        connection.execute(insert(ScopeCeiling).values(agency_kind=agency_kind, scope=scope))


def set_ceilings(connection: Connection, ceilings: Mapping[str, Iterable[str]]) -> None:
    """Makes all ceilings those of `policies/scopes.yaml` (`load_scopes(folder).ceilings`); kinds not in it get none."""
    for kind in {*ceilings, *connection.scalars(select(ScopeCeiling.agency_kind).distinct())}:
        set_ceiling(connection, kind, ceilings.get(kind, ()))


def grant_scope(
    connection: Connection, client_id: str, scope: str, ends_at: datetime | None = None, *, granted_by: str = OPERATOR
) -> datetime:
    """Grants a scope within the ceiling of the agency's kind, until `ends_at` (default: a year). Returns the end."""
    client = _client(connection, client_id)
    within = select(ScopeCeiling.scope).where(ScopeCeiling.agency_kind == client.kind, ScopeCeiling.scope == scope)
    if not connection.scalar(within):
        if scope not in _scopes():
            raise RegistryError(f"没有此权限范围 / no such scope: {scope}; {' '.join(_scopes())}")
        raise RegistryError(f"超出 {client.kind} 的权限上限 / beyond the ceiling of {client.kind}: {scope}")
    return _grant(connection, ScopeGrant, client_id, {"scope": scope}, ends_at=ends_at, granted_by=granted_by)


def revoke_scope(connection: Connection, client_id: str, scope: str, *, revoked_by: str = OPERATOR) -> None:
    _client(connection, client_id)
    _revoke(connection, ScopeGrant, client_id, {"scope": scope}, revoked_by)


def grant_purpose(
    connection: Connection,
    client_id: str,
    purpose: str,
    ends_at: datetime | None = None,
    *,
    granted_by: str = OPERATOR,
    purposes: Mapping[str, Purpose] | None = None,
) -> datetime:
    """Grants a purpose that the client's agency may claim, until `ends_at` (default: a year). Returns the end."""
    client = _client(connection, client_id)
    every = purposes or _purposes()
    known = every.get(purpose)
    if known is None or not known.available:
        open_ones = [name for name, each in every.items() if each.available]
        raise RegistryError(
            f"没有此目的或尚未开放 / no such purpose, or not yet open: {purpose}; {' '.join(open_ones)}"
        )
    if not known.claimable_by(client.kind, client.level):
        who = f"{client.kind}, level {client.level}"
        raise RegistryError(f"此类、此级机关不得主张该目的 / an agency of {who} may not claim: {purpose}")
    return _grant(connection, PurposeGrant, client_id, {"purpose": purpose}, ends_at=ends_at, granted_by=granted_by)


def revoke_purpose(connection: Connection, client_id: str, purpose: str, *, revoked_by: str = OPERATOR) -> None:
    _client(connection, client_id)
    _revoke(connection, PurposeGrant, client_id, {"purpose": purpose}, revoked_by)


# --- shared -----------------------------------------------------------------------------------------------------------


def _grant(
    connection: Connection,
    table: type[ScopeGrant | PurposeGrant],
    client_id: str,
    subject: dict[str, str],
    *,
    ends_at: datetime | None,
    granted_by: str,
) -> datetime:
    """Replaces a standing grant, which stays as history. Returns the end of the new one."""
    now = _now(connection)
    ends_at = now + DEFAULT_GRANT_LIFE if ends_at is None else ends_at
    if ends_at.tzinfo is None or ends_at <= now:
        raise RegistryError(f"终止时间应在将来 / the end must lie ahead: {ends_at.isoformat(timespec='seconds')}")
    _end_standing(connection, table, client_id, subject, granted_by)
    values = {"client_id": client_id, **subject, "ends_at": ends_at, "granted_by": granted_by}
    connection.execute(insert(table).values(**values))
    return ends_at


def _revoke(
    connection: Connection,
    table: type[ScopeGrant | PurposeGrant],
    client_id: str,
    subject: dict[str, str],
    revoked_by: str,
) -> None:
    if not _end_standing(connection, table, client_id, subject, revoked_by):
        raise RegistryError(f"未曾授予 / not granted: {client_id} {' '.join(subject.values())}")


def _end_standing(
    connection: Connection, table: type[ScopeGrant | PurposeGrant], client_id: str, subject: dict[str, str], by: str
) -> int:
    ended = connection.execute(
        update(table)
        .where(table.client_id == client_id, table.revoked_at.is_(None))
        .filter_by(**subject)
        .values(revoked_at=func.now(), revoked_by=by)
    )
    return ended.rowcount


def _revoke_tokens(connection: Connection, clients: Any) -> None:
    connection.execute(
        update(AccessToken)
        .where(AccessToken.client_id.in_(clients), AccessToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def _client(connection: Connection, client_id: str) -> Row[str, int]:
    """Kind and region level of the client's agency; the client is locked, so that its changes come one by one."""
    row = connection.execute(
        select(Agency.kind, Region.level)
        .join_from(Client, Agency, Agency.code == Client.agency)
        .join(Region, Region.code == Agency.region)
        .where(Client.client_id == client_id)
        .with_for_update(of=Client)
    ).one_or_none()
    if row is None:
        raise RegistryError(f"没有此客户端 / no such client: {client_id}")
    return row


def _agency(connection: Connection, code: str) -> None:
    if not connection.scalar(select(Agency.code).where(Agency.code == code)):
        raise RegistryError(f"没有此机关 / no such agency: {code}")


def _checked(jwk: Mapping[str, object]) -> PublicKey:
    try:
        return check_public_key(jwk)
    except KeyRefused as error:
        raise RegistryError(str(error)) from error


def _check_quota(rows: int) -> None:
    if not 0 <= rows <= MAX_QUOTA:
        raise RegistryError(f"配额应为非负整数 / the quota is a number of rows from 0: {rows}")


def _now(connection: Connection) -> datetime:
    """The transaction's moment on the database's clock: that of `granted_at` and `revoked_at`."""
    now: datetime = connection.execute(select(func.now())).scalar_one()
    return now


@cache
def _purposes() -> Mapping[str, Purpose]:
    return load_purposes(Settings().policies)


@cache
def _scopes() -> Mapping[str, object]:
    return load_scopes(Settings().policies).titles
