"""Stored authority: clients, their public keys, what they were granted, the tokens they hold.

Every change of a client, key, grant or ceiling raises `client.authority_version`, of an agency its own (triggers of
migration 0002, so that no path can forget it). The query statement compares both with those of the `Caller`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base

DEFAULT_DAILY_ROW_QUOTA = 10_000_000
"""Rows per client and Beijing day: generous, as demo and benchmark need it; `hub client set-quota` narrows it."""


class Client(Base):
    """A partner agency's system. `gateway`: it may sign `_entities` requests as a registered federation gateway."""

    __tablename__ = "client"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.code"), index=True)
    name: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    authority_version: Mapped[int] = mapped_column(Integer, server_default="1")
    daily_row_quota: Mapped[int] = mapped_column(BigInteger, server_default=str(DEFAULT_DAILY_ROW_QUOTA))
    gateway: Mapped[bool] = mapped_column(Boolean, server_default="false")

    __table_args__ = (CheckConstraint("daily_row_quota >= 0", name="quota"),)


class ClientKey(Base):
    """A public key of a client (RFC 7517, public members only). Several may be active: rotation without downtime.

    `alg` is PS256, ES256 or EdDSA (Ed25519); `retired_at` may lie ahead: the old key's last moment in a rotation.
    """

    __tablename__ = "client_key"

    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"), primary_key=True)
    kid: Mapped[str] = mapped_column(String(128), primary_key=True)
    jwk: Mapped[dict[str, Any]] = mapped_column(JSONB)
    alg: Mapped[str] = mapped_column(String(8))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (CheckConstraint("alg IN ('PS256','ES256','EdDSA')", name="alg"),)


class ScopeCeiling(Base):
    """The scopes that clients of one kind of agency may be granted at all (design.md 7)."""

    __tablename__ = "scope_ceiling"

    agency_kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    scope: Mapped[str] = mapped_column(String(64), primary_key=True)


class Grant:
    """Mixin: granted from `granted_at` until `ends_at` or `revoked_at`; rows are kept as history."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    granted_by: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_by: Mapped[str | None] = mapped_column(Text)


class ScopeGrant(Grant, Base):
    """A scope granted to a client."""

    __tablename__ = "scope_grant"

    scope: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index(
            "uq_scope_grant_standing", "client_id", "scope", unique=True, postgresql_where=text("revoked_at IS NULL")
        ),
    )


class PurposeGrant(Grant, Base):
    """A purpose (domain.md P) granted to a client."""

    __tablename__ = "purpose_grant"

    purpose: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index(
            "uq_purpose_grant_standing",
            "client_id",
            "purpose",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class AccessToken(Base):
    """An opaque bearer token, by the SHA-256 of its text. `kid`: the key that asked for it; a retired key ends it.

    Sender-constrained tokens (RFC 9449, RFC 8705) will add the thumbprint of the sender's key here.
    """

    __tablename__ = "access_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"), index=True)
    kid: Mapped[str] = mapped_column(String(128))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    purpose: Mapped[str] = mapped_column(String(64))
    case_no: Mapped[str | None] = mapped_column(String(40))
    officer_name: Mapped[str | None] = mapped_column(Text)
    officer_certificate_no: Mapped[str | None] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="hash_length"),
        CheckConstraint("expires_at <= issued_at + interval '5 minutes'", name="life"),
        CheckConstraint("(officer_name IS NULL) = (officer_certificate_no IS NULL)", name="officer_whole"),
    )


class AssertionJti(Base):
    """The `jti` of a client assertion already used (RFC 7523 section 3), kept until the assertion has expired."""

    __tablename__ = "assertion_jti"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti: Mapped[str] = mapped_column(String(256), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
