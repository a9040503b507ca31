"""A superior draws a spot check (抽查, 000 三（三）): the hub draws, by the seed, from what the superior may list.

The draw can be made again by whoever has seed, share and the public ids drawn from; a hash tells whether those are the
same. What the superior may not know of is not among them, and neither counted nor told.

A check opens material, so it must stay one: a share has a limit, in a check and over a quarter, and the same days are
drawn from once a quarter, or seeds could be tried until one draws what is wanted.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import tuple_row
from sqlalchemy import ColumnElement, bindparam, false, select, true
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from hub.clues.authority import Acting
from hub.clues.commands_draft import today
from hub.clues.commands_errors import GivenCode, Refused, of_input
from hub.clues.commands_inputs import DrawSample
from hub.clues.facts import CLUE_TRANSFER
from hub.clues.store import midnight
from hub.clues.tables import ClueTransfer
from hub.policy.predicate import Parameter
from hub.policy.sql import condition
from hub.policy.verdict import Allow, Verdict, When

MOST_DAYS: Final = 366
MOST: Final = 200_000
"""Transfers that one check is drawn from."""
MOST_SHARE: Final = Decimal("0.2")
"""Of a check, and of all that an agency draws from in a calendar quarter, rounded up. A hub default, no legal force:
000 三（三） asks for spot checks and names no share."""
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended('spot_check ' || %(agency)s, 0))"
_EARLIER: Final = """
SELECT public_id, sent_from, sent_to, population, drawn FROM spot_check
WHERE agency = %(agency)s AND at >= %(since)s AND population > 0 ORDER BY at, id
"""
_CHECK: Final = """
INSERT INTO spot_check (public_id, agency, client_id, officer, at, seed, share, sent_from, sent_to, population,
                        population_hash, drawn)
VALUES (%(public_id)s, %(agency)s, %(client_id)s, %(officer)s, %(at)s, %(seed)s, %(share)s, %(sent_from)s, %(sent_to)s,
        %(population)s, %(population_hash)s, %(drawn)s)
RETURNING id
"""
_DRAWN: Final = """
INSERT INTO spot_check_transfer (agency, transfer_id, spot_check_id)
SELECT %(agency)s, transfer_id, %(check)s FROM unnest(%(drawn)s::bigint[]) AS drawn(transfer_id)
"""


def draw(connection: Connection[Any], acting: Acting, given: DrawSample, listed: Verdict | None) -> Mapping[str, Any]:
    """Public id of the check under `id`, and under `alreadyDrawn` whether it was drawn before, from the same days.

    Args:
        listed: on the PROCEDURE of transfers, under the caller's token: which of them it may list.

    Raises:
        Refused
    """
    if given.sent_from > given.sent_to or given.sent_to > today(acting):
        raise Refused(of_input(GivenCode.DATE_OUT_OF_ORDER, "sentTo"))
    if (given.sent_to - given.sent_from).days > MOST_DAYS:
        raise Refused(
            of_input(GivenCode.INVALID_INPUT, "sentTo", detail=f"至多 {MOST_DAYS} 日 / at most {MOST_DAYS} days")
        )
    if given.share > MOST_SHARE:
        raise Refused(of_input(GivenCode.SAMPLE_TOO_LARGE, "share"))
    connection.execute(_ONE_AT_A_TIME, {"agency": acting.caller.agency})
    since = midnight(quarter(today(acting)))
    earlier = connection.cursor(row_factory=tuple_row).execute(
        _EARLIER, {"agency": acting.caller.agency, "since": since}
    )
    population = drawn_before = 0
    for public_id, sent_from, sent_to, drawn_from, drawn_then in earlier.fetchall():
        if (sent_from, sent_to) == (given.sent_from, given.sent_to):
            return {"id": str(public_id), "alreadyDrawn": True}
        if sent_from <= given.sent_to and given.sent_from <= sent_to:
            raise Refused(of_input(GivenCode.ALREADY_SAMPLED, "sentFrom", detail=f"{sent_from} – {sent_to}"))
        population, drawn_before = population + drawn_from, drawn_before + drawn_then
    found = _population(connection, acting, given, listed)
    if len(found) > MOST:
        raise Refused(of_input(GivenCode.INVALID_INPUT, "sentTo", detail=f"多于 {MOST} / more than {MOST}"))
    left = _share_of(MOST_SHARE, population + len(found)) - drawn_before
    if found and left <= 0:
        raise Refused(of_input(GivenCode.SAMPLE_TOO_LARGE, "sentTo"))
    return _kept(connection, acting, given, found, sample(given.seed, given.share, found)[: max(left, 0)])


def quarter(day: date) -> date:
    """The first day of its calendar quarter.

    >>> quarter(date(2026, 11, 23)).isoformat(), quarter(date(2026, 3, 31)).isoformat()
    ('2026-10-01', '2026-01-01')
    """
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _kept(
    connection: Connection[Any], acting: Acting, given: DrawSample, found: Mapping[UUID, int], drawn: list[UUID]
) -> Mapping[str, Any]:
    kept = {
        "public_id": uuid4(),
        "agency": acting.caller.agency,
        "client_id": acting.caller.client_id,
        "officer": acting.officer,
        "at": acting.now,
        "seed": given.seed,
        "share": given.share,
        "sent_from": given.sent_from,
        "sent_to": given.sent_to,
        "population": len(found),
        "population_hash": population_hash(found),
        "drawn": len(drawn),
    }
    row = connection.cursor(row_factory=tuple_row).execute(_CHECK, kept).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    values = {"agency": acting.caller.agency, "check": row[0], "drawn": [found[public_id] for public_id in drawn]}
    connection.execute(_DRAWN, values)
    return {"id": str(kept["public_id"]), "alreadyDrawn": False}


def _share_of(share: Decimal, number: int) -> int:
    """Rounded up."""
    return int((share * number).to_integral_value(ROUND_CEILING))


def sample(seed: str, share: Decimal, population: Iterable[UUID]) -> list[UUID]:
    """The share of them, rounded up, that comes first by SHA-256 of seed and public id.

    >>> ids = [UUID(int=n) for n in range(10)]
    >>> drawn = sample("2026-1", Decimal("0.3"), ids)
    >>> len(drawn), drawn == sample("2026-1", Decimal("0.3"), reversed(ids))
    (3, True)
    """
    ordered = sorted(population, key=lambda public_id: hashlib.sha256(f"{seed}\n{public_id}".encode()).digest())
    return ordered[: _share_of(share, len(ordered))]


def population_hash(population: Iterable[UUID]) -> bytes:
    """SHA-256 over the public ids in order, one a line."""
    return hashlib.sha256("\n".join(sorted(map(str, population))).encode()).digest()


def _population(
    connection: Connection[Any], acting: Acting, given: DrawSample, listed: Verdict | None
) -> dict[UUID, int]:
    """Public id → internal id of the transfers sent in the period that the caller may list."""
    row = ClueTransfer.__table__.alias("t")
    visible: ColumnElement[bool]
    match listed:
        case Allow():
            visible = true()
        case When(predicate):
            visible = condition(predicate, CLUE_TRANSFER, row, bindparam)
        case _:
            visible = false()
    since, until = midnight(given.sent_from), midnight(given.sent_to + timedelta(days=1))
    statement = (
        select(row.c.public_id, row.c.id)
        .where(visible, row.c.sent_at >= since, row.c.sent_at < until)
        .limit(MOST + 1)
        .compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]
    )
    caller = acting.caller
    bound = {
        Parameter.AGENCY.value: caller.agency,
        Parameter.AGENCY_USCC.value: caller.agency_uscc,
        Parameter.REGION.value: caller.region,
        Parameter.CASE.value: caller.case_no,
        Parameter.NOW.value: acting.now,
        Parameter.TODAY.value: today(acting),
    }
    values = statement.params | {name: value for name, value in bound.items() if name in statement.params}
    rows = connection.cursor(row_factory=tuple_row).execute(str(statement).encode(), values).fetchall()
    return dict(rows)
