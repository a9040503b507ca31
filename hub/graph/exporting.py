"""How a slice declares what it exports in bulk: the columns of a line, each with the fields of the schema behind it.

A line is planned and judged as a record of a query is (`hub/query/lines.py`); here stands only how its values are
written. A field that the caller may not see leaves its column empty.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

KEY: Final = "key"
"""Of every line: the public key of the record, as its change feed names it."""


class Written(StrEnum):
    """What the SQL of a column gives.

    Attributes:
        TEXT: any text: quoted and escaped.
        PLAIN: text in which nothing is ever to be escaped (a number, a date, a closed word).
        JSON: the text of a JSON value, or NULL.
    """

    TEXT = "TEXT"
    PLAIN = "PLAIN"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a line.

    Attributes:
        name: of the member in NDJSON.
        heading: of the column in CSV.
        sources: fields in the export's selection, a dot between an object and its field; none: always empty.
        sql: the text of the column (or NULL) from the SQL of each source's value.
    """

    name: str
    heading: str
    sources: tuple[str, ...] = ()
    sql: Callable[..., str] = "{}::text".format
    written: Written = Written.TEXT


@dataclass(frozen=True, slots=True)
class Export:
    """One feed in bulk.

    Attributes:
        name: as it is asked for.
        feed: root field of `Query` that follows from where the export ends.
        of: type of the records.
        selection: what is selected of a record, as GraphQL.
        key: the column `KEY`, the columns of `order` as the feed names the record; its name and heading are not used.
        columns: in their order.
        order: columns of the table in whose order the keys are; a digest is walked by it.
        empty: how NDJSON writes a column without a value: "" in a form of texts, else null.
    """

    name: str
    feed: str
    of: str
    selection: str
    key: Column
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ("public_id",)
    empty: str = "null"
