"""A log of changes, as the query compiler reads it, and the columns that an entry has wherever it comes from.

There are two sorts. Of transfers a row is written for each agency that is told (`transfer_change`): who is a party is
known when it is written. Penalties, inspection results and scores have one row a change, for everybody: who may know of
it is asked of the record when it is read, and a row tells whether the change is part of public history.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Boolean, Column, DateTime, FromClause, MetaData, String, Table, Text, Uuid
from sqlalchemy.types import NullType

from hub.db.base import CODE, PLAIN, PLAIN_TEXTS

LEFT = "LEFT"
"""Kind of the entry that tells an agency that it may know of a record no more: a tombstone."""
PRESENT = "PRESENT"
"""Kind of an entry of the snapshot."""
REGIONS = ("province", "prefecture", "county")
"""Columns of a log whose rows lie in a region, by level from 1."""

ENTRY = Table(
    "change",
    MetaData(),
    Column("public_id", Uuid()),
    Column("kind", String(), nullable=False, info=CODE),
    Column("at", DateTime(timezone=True)),
    Column("tombstone", Boolean(), nullable=False),
    Column("reason", Text()),
    Column("key", Text()),
    Column("record_id", BigInteger()),
    Column("shown_id", BigInteger()),
    Column("shown_row", NullType()),
    Column(PLAIN, Boolean(), info={PLAIN_TEXTS: frozenset({"key"})}),
)
"""What a page of a feed selects from, in one form for snapshot and changes.

`record_id` is the internal id, for the ledger; `shown_id` the same, or null on a tombstone; `key` the record's public
key. In the feeds for everybody the record's columns stand beside these (`SAME_ROW`).
"""
HORIZON = "(SELECT pg_snapshot_xmin(pg_current_snapshot()))"
"""SQL: no transaction below it runs any more, so nothing can appear in a log below it."""
SAME_ROW = "shown_row"
"""In place of a column: the record of an entry is the row that the page found, and is not looked up again. What of it
is asked for stands beside the entry's columns, under names that begin so."""


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """Where the changes of one type of record are written, one row per change and agency that is told.

    Attributes:
        table: with columns xid (xid8), id, kind, at, reason, `agency` and `record`. `(xid, id)` is the order; an
            entry's xid is never below that of its writer, and of one record the order is that of its changes.
        record: column that names the record by its internal id.
        agency: column that names who is told; "": a row is for everybody, and has the columns `public` (the change is
            part of public history) and `ends` (it ends publicity: who knew of the record removes it).
    """

    table: FromClause
    record: str
    agency: str = "agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonLog(ChangeLog):
    """A log for everybody, keyword by keyword.

    Attributes:
        records: table of the records.
        key: SQL of the record's public key, of the alias of its row.
        regional: its rows have the columns `REGIONS`, the region of the record, each leading an index of the order.
        changed: column of the record that holds the xid of its last public change; "": the log is asked, by its index
            on the record.
        walk: columns of the record in whose order a snapshot is walked, which never change, each with its lowest value
            in SQL. None: by internal id; else each level of region has an index that begins with it and goes on so.
    """

    records: FromClause
    record: str = "record_id"
    agency: str = ""
    key: Callable[[str], str] = lambda row: f"{row}.public_id::text"
    regional: bool = False
    changed: str = ""
    walk: tuple[tuple[str, str], ...] = ()
