"""The whole statement: authority first, in the snapshot of the data; each root field a lateral behind it (G7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.law.calendar import around
from hub.ledger.tables import ClientUsage
from hub.oauth.tables import AccessToken, Client
from hub.parties.tables import Agency
from hub.policy.predicate import Parameter
from hub.query.sql import Builder
from hub.query.sqlcommonfeeds import LATER
from hub.query.sqldigests import digest_select
from hub.query.sqlfeeds import feed_select
from hub.query.sqllines import lines_select
from hub.query.sqlowing import owing_select
from hub.query.sqlpages import CURSOR_INNER, CURSOR_OUTER, page_select
from hub.query.sqlstatistics import statistics_select
from hub.query.sqltext import Source, any_of, or_clear, or_nothing, together
from hub.query.tree import (
    DigestRoot,
    EntitiesRoot,
    FeedRoot,
    FindRoot,
    LinesRoot,
    OwingRoot,
    PageRoot,
    Root,
    StatisticsRoot,
)
from hub.query.values import Getter, Request, as_text

SKEW = timedelta(minutes=5)
"""By how much clocks of the hub's processes may differ, with the time that a command takes (`sqlcommonfeeds.Later`)."""
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
    Parameter.WORKING_DAYS.value: lambda request: around(request.caller.region, request.today),
    LATER: lambda request: (request.now + SKEW).isoformat(),
    CURSOR_INNER: lambda request: request.cursors.inner,
    CURSOR_OUTER: lambda request: request.cursors.outer,
}
"""Bound values that do not come from the document."""


SNAPSHOT = "pg_current_snapshot()::text"
"""Which state of the database was read, for the ledger: whether a change was seen is known exactly, however long the
answer took afterwards (R23)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and, per parameter, how to get its value.

    The row: rows used today, ids of all records shown, bits of the conditions that hid something, then the json columns
    of the roots (`columns_of`), last the snapshot that it was read in (`SNAPSHOT`). No row: the authority has changed.
    """

    sql: str
    getters: tuple[Getter, ...]

    def parameters(self, request: Request) -> list[object]:
        """The bound values, in the order of their numbers."""
        return [get(request) for get in self.getters]


AUTHORITY = """
SELECT coalesce(({used}), 0) AS used
FROM {token} k JOIN {client} c ON c.client_id = k.client_id JOIN {agency} g ON g.code = c.agency
WHERE k.token_hash = {token_hash} AND k.revoked_at IS NULL AND k.expires_at > {now}
AND c.disabled_at IS NULL AND c.authority_version = {client_version}
AND g.disabled_at IS NULL AND g.authority_version = {agency_version} AND g.code = {code}
"""
"""Token, client and agency as they are now, equal to what the Caller was read from; rows used today."""


def statement(roots: Sequence[Root], getters: Mapping[str, Getter]) -> Statement:
    """The roots behind the authority: without it the laterals are never executed."""
    build = Builder()
    source = Source(f"({_authority(build)}) a")
    names = [f"r{index}" for index in range(len(roots))]
    for name, root in zip(names, roots, strict=True):
        source.add(name, _root(build, root))
    columns = [
        "a.used",
        f"{together([or_nothing(f'{name}.ids') for name in names])} AS ids",
        f"{any_of(or_clear(f'{name}.bits') for name in names)} AS bits",
        *(f"{name}.{column}" for name, root in zip(names, roots, strict=True) for column in columns_of(root)),
        SNAPSHOT,
    ]
    bound = build.parameters
    known = {**FIXED, **getters, **{name: _constant(value) for name, value in bound.constants.items()}}
    return Statement(f"SELECT {', '.join(columns)} FROM {source}", tuple(known[name] for name in bound.names))


def columns_of(root: Root) -> list[str]:
    """The columns of a root: its answer; of a feed, each list of entries and then the reader's next place."""
    if isinstance(root, LinesRoot):
        return ["lines", "cut", "m"]
    return [*(f"c{at}" for at in range(len(root.lists))), "m"] if isinstance(root, FeedRoot) else ["j"]


def _root(build: Builder, root: Root) -> str:
    match root:
        case FeedRoot():
            return feed_select(build, root)
        case PageRoot(page):
            return page_select(build, page, None)
        case FindRoot():
            return build.find(root)
        case EntitiesRoot():
            return build.entities(root)
        case StatisticsRoot():
            return statistics_select(build, root)
        case OwingRoot():
            return owing_select(build, root)
        case DigestRoot():
            return digest_select(build, root)
        case LinesRoot():
            return lines_select(build, root)


def _constant(value: object) -> Getter:
    """A literal of a policy or of the facts."""
    bound = as_text(value)
    return lambda _request: bound


def _authority(build: Builder) -> str:
    use = build.parameters.use
    used = f"SELECT u.rows FROM {ClientUsage.__tablename__} u WHERE u.client_id = c.client_id AND u.day = "
    return " ".join(
        AUTHORITY.format(
            used=used + use(Parameter.TODAY, "date"),
            token=AccessToken.__tablename__,
            client=Client.__tablename__,
            agency=Agency.__tablename__,
            token_hash=use("token_hash", "bytea"),
            now=use(Parameter.NOW, "timestamptz"),
            client_version=use("client_version", "bigint"),
            agency_version=use("agency_version", "bigint"),
            code=use(Parameter.AGENCY, "text"),
        ).split()
    )


AUTHORITY_ONLY = statement((), {})
"""Is this caller's authority still in force? Reads no record."""
