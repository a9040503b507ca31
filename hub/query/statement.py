"""The whole statement: authority first, in the snapshot of the data; each root field a lateral behind it (G7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    LargeBinary,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import asyncpg

from hub.ledger.tables import ClientUsage
from hub.oauth.tables import AccessToken, Client
from hub.parties.tables import Agency
from hub.policy.predicate import Parameter
from hub.query.sql import Builder
from hub.query.sqlpages import CURSOR_INNER, CURSOR_OUTER, page_select
from hub.query.sqltext import any_of, bind, or_clear, or_nothing, together
from hub.query.tree import EntitiesRoot, FindRoot, PageRoot, Root
from hub.query.values import Getter, Request

_DIALECT = asyncpg.dialect()
"""Only for its text: `$1`-style parameters, each with a cast, as the raw cursor of psycopg wants them."""
_DIALECT.paramstyle = "numeric_dollar"

FIXED: Mapping[str, Getter] = {
    "token_hash": lambda request: request.caller.token_hash,
    "client_version": lambda request: str(request.caller.client_version),
    "agency_version": lambda request: str(request.caller.agency_version),
    Parameter.AGENCY.value: lambda request: request.caller.agency,
    Parameter.AGENCY_USCC.value: lambda request: request.caller.agency_uscc,
    Parameter.REGION.value: lambda request: request.caller.region,
    Parameter.CASE.value: lambda request: request.caller.case_no,
    Parameter.NOW.value: lambda request: request.now.isoformat(),
    Parameter.TODAY.value: lambda request: request.today.isoformat(),
    CURSOR_INNER: lambda request: request.cursors.inner,
    CURSOR_OUTER: lambda request: request.cursors.outer,
}
"""Bound values that do not come from the document."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and, per parameter, how to get its value.

    The row: rows used today, ids of all records shown, bits of the conditions that hid something, then one json column
    per root. No row: the authority has changed.
    """

    sql: str
    getters: tuple[Getter, ...]

    def parameters(self, request: Request) -> list[object]:
        """Raises:
        InvalidCursor
        """
        return [get(request) for get in self.getters]


def statement(roots: Sequence[Root], getters: Mapping[str, Getter]) -> Statement:
    """Compiles the roots behind the authority."""
    build = Builder()
    authority = _authority()
    joined: Any = authority
    parts = []
    for index, root in enumerate(roots):
        part = _root(build, root).lateral(f"r{index}")
        joined = joined.outerjoin(part, true())
        parts.append(part)
    columns: list[ColumnElement[Any]] = [
        authority.c.used,
        together([or_nothing(part.c.ids) for part in parts]).label("ids"),
        any_of([or_clear(part.c.bits) for part in parts]).label("bits"),
        *(part.c.j.label(f"j{index}") for index, part in enumerate(parts)),
    ]
    compiled = select(*columns).select_from(joined).compile(dialect=_DIALECT)
    known = {**FIXED, **getters}
    return Statement(
        compiled.string,
        tuple(known.get(name) or _constant(compiled.params[name]) for name in compiled.positiontup or ()),
    )


def _root(build: Builder, root: Root) -> Any:
    match root:
        case PageRoot(page):
            return page_select(build, page, None)
        case FindRoot():
            return build.find(root)
        case EntitiesRoot():
            return build.entities(root)


def _constant(value: object) -> Getter:
    """A literal of a policy or of the facts."""
    return lambda _request: value


def _authority() -> Any:
    """Token, client and agency as they are now, equal to what the Caller was read from; rows used today."""
    token, client, agency = AccessToken.__table__.alias("k"), Client.__table__.alias("c"), Agency.__table__.alias("g")
    usage = ClientUsage.__table__.alias("u")
    used = select(usage.c.rows).where(usage.c.client_id == client.c.client_id, usage.c.day == bind(Parameter.TODAY))
    return (
        select(func.coalesce(used.scalar_subquery(), literal_column("0"), type_=BigInteger).label("used"))
        .select_from(
            token.join(client, client.c.client_id == token.c.client_id).join(agency, agency.c.code == client.c.agency)
        )
        .where(
            token.c.token_hash == bindparam("token_hash", type_=LargeBinary, required=False),
            token.c.revoked_at.is_(None),
            token.c.expires_at > bind(Parameter.NOW),
            client.c.disabled_at.is_(None),
            client.c.authority_version == bindparam("client_version", type_=Integer, required=False),
            agency.c.disabled_at.is_(None),
            agency.c.authority_version == bindparam("agency_version", type_=Integer, required=False),
            agency.c.code == bind(Parameter.AGENCY),
        )
        .subquery("a")
    )
