"""Events of credit that follow from the sample's records, and the scores made of them, as `hub credit compute` makes
both (R24): the same statements, so that computing a period of the sample again changes nothing.
"""

from datetime import UTC, datetime, time
from typing import Final

import psycopg
from rich.progress import Progress

from hub.clock import BEIJING
from hub.credit.derived import HUB, Writer, follow
from hub.credit.scoring import LOCK, Which, compute
from hub.demo.layout import REFERENCE, Counts
from hub.law.credit import Quarter, current

TABLES: Final = ("credit_event", "credit_score", "credit_dimension", "credit_effect", "credit_deduction")
_LATEST: Final = Quarter.on(REFERENCE).later(-1)
"""The last quarter that has ended."""
_MOST_PERIODS: Final = 100
_PIECE: Final = 20_000
_NOW: Final = datetime.combine(REFERENCE, time(12), BEIJING).astimezone(UTC)
# The same every time, and known the day after it happened: a history to look back on.
_DATED: Final = """
UPDATE credit_event e SET public_id = md5('credit event ' || e.id)::uuid,
    recorded_at = (coalesce(e.effective_on, e.occurred_on) + 1)::timestamp AT TIME ZONE 'UTC' + interval '2 hours'
"""


def check_counts(counts: Counts) -> None:
    """Raises ValueError: more scores than quarters, for so few institutions."""
    if counts.scores > counts.institutions * _MOST_PERIODS:
        raise ValueError(f"at most {_MOST_PERIODS} scores per institution")


def write_scores(
    connection: psycopg.Connection, counts: Counts, first_institution_id: int, progress: Progress | None
) -> None:
    """The latest quarter of all institutions first, then the one before, until there are as many as wanted.

    In the transaction of the load, after keys and indexes were made again. Without scores there are no events either.
    """
    if not counts.scores:
        return
    task = progress.add_task("信用评分 credit scores", total=counts.scores) if progress else None
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    last = first_institution_id + counts.institutions - 1
    by = Writer(None, HUB, "", _NOW)
    for piece in _pieces(first_institution_id, last):
        follow(connection, by, piece)
    connection.execute(_DATED)
    connection.execute("ANALYZE credit_event")
    for number in range(-(-counts.scores // counts.institutions)):
        wanted = min(counts.institutions, counts.scores - number * counts.institutions)
        for piece in _pieces(first_institution_id, first_institution_id + wanted - 1):
            stored = compute(connection, current(), _LATEST.later(-number), piece, _NOW)
            if progress and task is not None:
                progress.advance(task, stored)


def _pieces(first: int, last: int) -> list[Which]:
    return [Which(above, min(above + _PIECE, last)) for above in range(first - 1, last, _PIECE)]
