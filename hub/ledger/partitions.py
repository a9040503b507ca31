"""Months of the ledger: one partition each, made ahead, and a default one so that a late server loses no entry."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import psycopg
from psycopg import sql

MONTHS_AHEAD = 12
_LOCK = 0x6C656467
"""Advisory lock: two servers that start together make the months one after the other."""


def months(first: date, count: int) -> Iterator[date]:
    """`count` first days of months, from the month of `first` on."""
    index = first.year * 12 + first.month - 1
    for month in range(index, index + count):
        yield date(month // 12, month % 12 + 1, 1)


def month_statements(month: date) -> Iterator[str]:
    """SQL that makes one month, and moves into it what the default partition holds of it.

    The table is attached, not created in place: that takes no lock that stops readers or writers of other months.
    """
    following = next(m for m in months(month, 2) if m != month)
    name = f"disclosure_{month:%Y_%m}"
    low, high = f"'{month} 00:00:00+00'", f"'{following} 00:00:00+00'"
    yield f"CREATE TABLE {name} (LIKE disclosure INCLUDING DEFAULTS INCLUDING STORAGE)"
    yield (
        f"WITH late AS (DELETE FROM disclosure_default WHERE at >= {low} AND at < {high} RETURNING *)"
        f" INSERT INTO {name} SELECT * FROM late"
    )
    yield f"ALTER TABLE disclosure ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})"


def maintain(owner_url: str, today: date, ahead: int = MONTHS_AHEAD) -> list[str]:
    """Makes the partitions of this month and the next `ahead` that are missing, as the owner. Run at every start.

    Returns:
        The names of the partitions that were made.

    Raises:
        psycopg.Error: the entries go to the default partition until the next start succeeds; nothing is lost.
    """
    made = []
    with psycopg.connect(owner_url, autocommit=True) as connection:
        # Waits for running readers of the default partition, and never makes new ones wait long.
        connection.execute("SELECT set_config('lock_timeout', '3s', false), set_config('timezone', 'UTC', false)")
        for month in months(today, ahead + 1):
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                name = f"disclosure_{month:%Y_%m}"
                if connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() != (None,):
                    continue
                for statement in month_statements(month):
                    connection.execute(sql.SQL(statement))
                made.append(name)
    return made


def current_month() -> date:
    """The month in which a migration runs (UTC, as the partitions are)."""
    return datetime.now(UTC).date().replace(day=1)
