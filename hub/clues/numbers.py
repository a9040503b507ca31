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
_NUMBER: Final = """
taken AS (
    UPDATE {counter} SET last = last + 1
    WHERE {owner} = %(counter_owner)s::varchar AND year = %(counter_year)s::smallint RETURNING last
), begun AS (
    INSERT INTO {counter} AS c ({owner}, year, last)
    SELECT %(counter_owner)s::varchar, %(counter_year)s::smallint, 1 + coalesce(({before}), 0)
    WHERE NOT EXISTS (SELECT FROM taken)
    ON CONFLICT ({owner}, year) DO UPDATE SET last = c.last + 1 RETURNING last
), number AS (
    SELECT last FROM taken UNION ALL SELECT last FROM begun
)
"""
DOCUMENT: Final = _NUMBER.format(
    counter="doc_counter",
    owner="sender",
    before="SELECT max(t.doc_number) FROM clue_transfer t"
    " WHERE t.sender = %(counter_owner)s::varchar AND t.doc_year = %(counter_year)s::smallint",
)
"""The first parts of a WITH: `number` is one row, the next number. Values: `Counted.values`."""
DOCUMENT_TEXT: Final = (
    "%(counter_word)s::text || '案移字〔' || %(counter_year)s::smallint || '〕' || number.last || '号'"
)
"""×局(委)案移字〔year〕n号."""
CASE: Final = _NUMBER.format(
    counter="case_counter",
    owner="region",
    before="SELECT max(substring(f.case_no FROM '^.{6}-[0-9]{4}-([0-9]{1,9})$')::int) FROM case_file f"
    " WHERE f.case_no LIKE %(counter_word)s::text",
)
CASE_TEXT: Final = """
%(counter_owner)s::text || '-' || %(counter_year)s::smallint || '-'
|| lpad(number.last::text, greatest(6, length(number.last::text)), '0')
"""
"""`640104-2026-000123`."""


class Counted(NamedTuple):
    """Which counter counts on. `word`: 发文代字 of a document's number; of a case, what all of a year begin with."""

    owner: str
    year: int
    word: str

    @property
    def values(self) -> dict[str, Any]:
        return {f"counter_{name}": value for name, value in self._asdict().items()}


def document(sender: str, word: str, at: datetime) -> Counted:
    """The next number of a sender in the (Beijing) year of sending."""
    return Counted(sender, at.astimezone(BEIJING).year, word)


def case(region: str, at: datetime) -> Counted:
    """The next case number of a region."""
    year = at.astimezone(BEIJING).year
    return Counted(region, year, f"{region}-{year}-%")


def next_case(connection: Connection[Any], region: str, at: datetime) -> str:
    """The next case number of a region, where more than a new case is written with it."""
    values = case(region, at).values
    statement = f"WITH {CASE} SELECT {CASE_TEXT} FROM number"
    row = connection.cursor(row_factory=tuple_row).execute(statement, values).fetchone()
    if row is None:
        raise AssertionError("an upsert returns its row")
    return str(row[0])
