"""What the authorization server reads and writes, over the app role; the caller commits.

Nothing here decides: an absent client, a used `jti`, a foreign case are values for the caller to judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    DateTime,
    FromClause,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    not_,
    null,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from hub.clues.facts import is_party, is_subject
from hub.clues.tables import ClueTransfer
from hub.oauth.authority import IN_FORCE
from hub.oauth.tables import (
    AccessToken,
    AssertionJti,
    Client,
    ClientKey,
    PurposeGrant,
    ScopeCeiling,
    ScopeGrant,
)
from hub.parties.tables import Agency, Region

CLIENT, KEY, AGENCY, REGION = Client.__table__, ClientKey.__table__, Agency.__table__, Region.__table__
CEILING = ScopeCeiling.__table__


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """An active public key of a client."""

    kid: str
    alg: str
    jwk: Mapping[str, Any]
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client with its active keys, in the form Authlib asks for."""

    client_id: str
    disabled: bool
    agency: str
    agency_kind: str
    agency_uscc: str
    region_level: int
    keys: tuple[RegisteredKey, ...]

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - Authlib's signature
        return method == "private_key_jwt"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


@dataclass(frozen=True, slots=True)
class Rights:
    """End by scope and purpose granted to a client and now in force; a scope beyond the ceiling is not among them."""

    scopes: dict[str, datetime | None] = field(default_factory=dict)
    purposes: dict[str, datetime | None] = field(default_factory=dict)


def _client_statement() -> Select[Any]:
    now = bindparam("now", type_=DateTime(timezone=True))
    active = and_(KEY.c.client_id == CLIENT.c.client_id, or_(KEY.c.retired_at.is_(None), KEY.c.retired_at > now))
    return (
        select(
            CLIENT.c.client_id,
            or_(CLIENT.c.disabled_at.is_not(None), AGENCY.c.disabled_at.is_not(None)),
            AGENCY.c.code,
            AGENCY.c.kind,
            AGENCY.c.uscc,
            REGION.c.level,
            KEY.c.kid,
            KEY.c.alg,
            KEY.c.jwk,
            KEY.c.retired_at,
        )
        .select_from(
            CLIENT.join(AGENCY, AGENCY.c.code == CLIENT.c.agency)
            .join(REGION, REGION.c.code == AGENCY.c.region)
            .outerjoin(KEY, active)
        )
        .where(CLIENT.c.client_id == bindparam("client_id"))
    )


def _rights_statement() -> CompoundSelect[Any]:
    """Rows of scope or purpose, and its end."""

    def standing(table: FromClause) -> ColumnElement[bool]:
        return and_(
            table.c.client_id == bindparam("client_id"),
            table.c.revoked_at.is_(None),
            or_(table.c.ends_at.is_(None), table.c.ends_at > bindparam("moment", type_=DateTime(timezone=True))),
        )

    scopes, purposes = ScopeGrant.__table__, PurposeGrant.__table__
    within = and_(CEILING.c.scope == scopes.c.scope, CEILING.c.agency_kind == bindparam("kind"))
    return union_all(
        select(scopes.c.scope, null(), scopes.c.ends_at).join(CEILING, within).where(standing(scopes)),
        select(null(), purposes.c.purpose, purposes.c.ends_at).where(standing(purposes)),
    )


def _case_statement() -> Select[Any]:
    transfer = ClueTransfer.__table__.alias()
    case_no = bindparam("case_no", type_=String)
    mine = is_party(transfer, bindparam("agency", type_=String))
    party = exists(select(1).select_from(transfer).where(transfer.c.case_no == case_no, mine))
    return select(and_(party, not_(is_subject(case_no, bindparam("uscc", type_=String)))))


# Built once: SQLAlchemy takes longer to build such an expression than PostgreSQL to run it.
_CLIENT, _RIGHTS, _CASE = _client_statement(), _rights_statement(), _case_statement()
_USE_JTI = insert(AssertionJti).on_conflict_do_nothing()
_SAVE_TOKEN = insert(AccessToken)


def client_of(connection: Connection, client_id: str, now: datetime) -> RegisteredClient | None:
    """The client by its id, also a disabled one."""
    rows = connection.execute(_CLIENT, {"client_id": client_id, "now": now}).all()
    if not rows:
        return None
    keys = tuple(RegisteredKey(*row[6:]) for row in rows if row.kid is not None)
    client_id, disabled, agency, kind, uscc, level = rows[0][:6]
    return RegisteredClient(client_id, disabled, agency, kind, uscc, level, keys)


def rights_of(connection: Connection, client: RegisteredClient, now: datetime) -> Rights:
    """What the client was granted and holds for at least another second."""
    values = {"client_id": client.client_id, "kind": client.agency_kind, "moment": now + timedelta(seconds=1)}
    rights = Rights()
    for scope, purpose, ends_at in connection.execute(_RIGHTS, values):
        if scope is not None:
            rights.scopes[scope] = ends_at
        else:
            rights.purposes[purpose] = ends_at
    return rights


def is_case_of(connection: Connection, case_no: str, client: RegisteredClient) -> bool:
    """Whether the client's agency is a party to a transfer of the case, and not itself a subject of it."""
    values = {"case_no": case_no, "agency": client.agency, "uscc": client.agency_uscc}
    return bool(connection.scalar(_CASE, values))


def use_jti(connection: Connection, client_id: str, jti: str, expires_at: datetime) -> bool:
    """Records the `jti`; False when it was used before, in any process. A concurrent twin waits for the first."""
    statement = (
        insert(AssertionJti).values(client_id=client_id, jti=jti, expires_at=expires_at).on_conflict_do_nothing()
    )
    # Without this option SQLAlchemy forgets how many rows an INSERT wrote.
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def save_token(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(_SAVE_TOKEN, values)


@dataclass(frozen=True, slots=True)
class StandingToken:
    """A token in force: neither expired nor revoked, its client, agency, key and every grant it rests on in force."""

    client_id: str
    scopes: tuple[str, ...]
    purpose: str
    case_no: str | None
    officer_name: str | None
    officer_certificate_no: str | None
    issued_at: datetime
    expires_at: datetime

    # Asked by Authlib; a token that is either is never read as a StandingToken.
    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


_STANDING = text(
    "SELECT t.client_id, t.scopes, t.purpose, t.case_no, t.officer_name, t.officer_certificate_no, t.issued_at,"
    f" t.expires_at {IN_FORCE.format(digest=':digest', now=':now')}"
)


def standing_token(connection: Connection, token_hash: bytes, now: datetime) -> StandingToken | None:
    row = connection.execute(_STANDING, {"digest": token_hash, "now": now}).one_or_none()
    return StandingToken(row[0], tuple(row[1]), *row[2:]) if row else None


def revoke_token(connection: Connection, client_id: str, token_hash: bytes, now: datetime) -> None:
    """Revokes the client's own token; a foreign or unknown one is left alone."""
    connection.execute(
        update(AccessToken)
        .where(
            AccessToken.token_hash == token_hash,
            AccessToken.client_id == client_id,
            AccessToken.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


def purge(connection: Connection) -> None:
    """Removes what has long expired; the only deletion the app role is able to do."""
    connection.execute(select(func.purge_expired_authority()))
