"""Numbers of documents and cases, taken in the transaction that needs them: without gaps, without doubles.

The row of the counter is locked until that transaction ends; one that fails gives its number back.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.rows import tuple_row

from hub.clock import BEIJING

# The first number of a year follows those that were recorded otherwise (imported, or the sample's).
# The counter's row is there but for the first number of a year: only then is what was numbered before looked for.
_TAKEN: Final = """
WITH taken AS (
    UPDATE {counter} SET last = last + 1 WHERE {owner} = %(owner)s::varchar AND year = %(year)s::smallint RETURNING last
), begun AS (
    INSERT INTO {counter} AS c ({owner}, year, last)
    SELECT %(owner)s::varchar, %(year)s::smallint, 1 + coalesce(({before}), 0) WHERE NOT EXISTS (SELECT FROM taken)
    ON CONFLICT ({owner}, year) DO UPDATE SET last = c.last + 1 RETURNING last
)
SELECT last FROM taken UNION ALL SELECT last FROM begun
"""
_DOCUMENT: Final = _TAKEN.format(
    counter="doc_counter",
    owner="sender",
    before="SELECT max(t.doc_number) FROM clue_transfer t"
    " WHERE t.sender = %(owner)s::varchar AND t.doc_year = %(year)s::smallint",
)
_CASE: Final = _TAKEN.format(
    counter="case_counter",
    owner="region",
    before="SELECT max(substring(f.case_no FROM '^.{6}-[0-9]{4}-([0-9]{1,9})$')::int) FROM case_file f"
    " WHERE f.case_no LIKE %(like)s::text",
)


class DocumentNumber(NamedTuple):
    """×局(委)案移字〔year〕n号."""

    text: str
    year: int
    number: int


def next_document(connection: Connection[Any], sender: str, word: str, at: datetime) -> DocumentNumber:
    """The next number of a sender in the (Beijing) year of sending."""
    year = at.astimezone(BEIJING).year
    number = _taken(connection, _DOCUMENT, {"owner": sender, "year": year})
    return DocumentNumber(f"{word}案移字〔{year}〕{number}号", year, number)


def next_case(connection: Connection[Any], region: str, at: datetime) -> str:
    """The next case number of a region: `640104-2026-000123`."""
    year = at.astimezone(BEIJING).year
    number = _taken(connection, _CASE, {"owner": region, "year": year, "like": f"{region}-{year}-%"})
    return f"{region}-{year}-{number:06d}"


def _taken(connection: Connection[Any], statement: str, values: dict[str, Any]) -> int:
    row = connection.cursor(row_factory=tuple_row).execute(statement, values).fetchone()
    if row is None:
        raise AssertionError("an upsert returns its row")
    return int(row[0])
