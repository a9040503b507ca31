"""Numbers of documents and cases, taken in the transaction that needs them: without gaps, without doubles.

The row of the counter is locked until that transaction ends; one that fails gives its number back.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.rows import tuple_row

from hub.clock import BEIJING

# The first number of a year follows those that were recorded otherwise (imported, or the sample's).
_DOCUMENT: Final = """
INSERT INTO doc_counter AS c (sender, year, last)
VALUES (%(sender)s::varchar, %(year)s::smallint,
        1 + coalesce((SELECT max(t.doc_number) FROM clue_transfer t
                      WHERE t.sender = %(sender)s::varchar AND t.doc_year = %(year)s::smallint), 0))
ON CONFLICT (sender, year) DO UPDATE SET last = c.last + 1 RETURNING last
"""
_CASE: Final = """
INSERT INTO case_counter AS c (region, year, last)
VALUES (%(region)s::varchar, %(year)s::smallint,
        1 + coalesce((SELECT max(substring(f.case_no FROM '^.{6}-[0-9]{4}-([0-9]{1,9})$')::int) FROM case_file f
                      WHERE f.case_no LIKE %(like)s::text), 0))
ON CONFLICT (region, year) DO UPDATE SET last = c.last + 1 RETURNING last
"""


class DocumentNumber(NamedTuple):
    """×局(委)案移字〔year〕n号."""

    text: str
    year: int
    number: int


def next_document(connection: Connection[Any], sender: str, word: str, at: datetime) -> DocumentNumber:
    """The next number of a sender in the (Beijing) year of sending."""
    year = at.astimezone(BEIJING).year
    number = _taken(connection, _DOCUMENT, {"sender": sender, "year": year})
    return DocumentNumber(f"{word}案移字〔{year}〕{number}号", year, number)


def next_case(connection: Connection[Any], region: str, at: datetime) -> str:
    """The next case number of a region: `640104-2026-000123`."""
    year = at.astimezone(BEIJING).year
    number = _taken(connection, _CASE, {"region": region, "year": year, "like": f"{region}-{year}-%"})
    return f"{region}-{year}-{number:06d}"


def _taken(connection: Connection[Any], statement: str, values: dict[str, Any]) -> int:
    row = connection.cursor(row_factory=tuple_row).execute(statement, values).fetchone()
    if row is None:
        raise AssertionError("an upsert returns its row")
    return int(row[0])
