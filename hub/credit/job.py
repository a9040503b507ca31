"""The scores of all institutions for a period: piece by piece, each durable, going on where it was stopped.

Records that no command wrote (imported ones) get their events here first: a score lacks nothing that is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from hub.credit.derived import HUB, Writer, follow
from hub.credit.scoring import LOCK, Which, compute
from hub.law.credit import Model, Quarter

PIECE: Final = 20_000
"""Institutions of one transaction: a second's work, bounded memory."""
_RUNNER: Final = LOCK + 1


class AlreadyRunning(Exception):
    """Another process computes scores on this database."""


@dataclass(frozen=True, slots=True)
class Progress:
    """After a piece: institutions done and in all, scores new or changed so far."""

    done: int
    total: int
    changed: int


def run(connection: Connection[Any], by: Model, period: Quarter, now: datetime) -> Iterator[Progress]:
    """Computes a period for every institution; yields after each piece.

    Args:
        connection: of the owner, in autocommit: each piece is a transaction of its own.

    Raises:
        AlreadyRunning, UnknownRule
    """
    (alone,) = connection.execute("SELECT pg_try_advisory_lock(%s)", (_RUNNER,)).fetchone() or (False,)
    if not alone:
        raise AlreadyRunning
    try:
        yield from _pieces(connection, by, period, now)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (_RUNNER,))


def _pieces(connection: Connection[Any], by: Model, period: Quarter, now: datetime) -> Iterator[Progress]:
    ends = [row[0] for row in connection.execute(
        "SELECT max(id) FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS piece FROM institution) i"
        " GROUP BY piece ORDER BY piece", (PIECE,),
    )]  # fmt: skip
    (total,) = connection.execute("SELECT count(*) FROM institution").fetchone() or (0,)
    run_id, above, changed = _begun(connection, by, period, now)
    done = sum(PIECE for end in ends if end <= above)
    for end in ends:
        if end <= above:
            continue
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            follow(connection, Writer(None, HUB, "", now), Which(above, end))
            changed += compute(connection, by, period, Which(above, end), now)
            connection.execute("UPDATE credit_run SET done_to = %s, changed = %s WHERE id = %s", (end, changed, run_id))
        above, done = end, done + PIECE
        yield Progress(min(done, total), total, changed)
    connection.execute("UPDATE credit_run SET finished_at = %s WHERE id = %s", (now, run_id))


def _begun(connection: Connection[Any], by: Model, period: Quarter, now: datetime) -> tuple[int, int, int]:
    """The run that was stopped, or a new one: its id, where it stands, what it changed."""
    row = connection.execute(
        "SELECT id, done_to, changed FROM credit_run WHERE period = %s AND model_version = %s AND finished_at IS NULL"
        " ORDER BY id DESC LIMIT 1",
        (str(period), by.version),
    ).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO credit_run (period, model_version, started_at, done_to, changed) VALUES (%s, %s, %s, 0, 0)"
            " RETURNING id, done_to, changed",
            (str(period), by.version, now),
        ).fetchone()
    assert row is not None  # noqa: S101 - RETURNING
    return row[0], row[1], row[2]
