"""A log of changes, as the query compiler reads it, and the columns that an entry has wherever it comes from."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Boolean, DateTime, FromClause, String, TableClause, Uuid, column, table

LEFT = "LEFT"
"""Kind of the entry that tells an agency that it may know of a record no more: a tombstone."""
PRESENT = "PRESENT"
"""Kind of an entry of the snapshot."""

ENTRY: TableClause = table(
    "change",
    column("public_id", Uuid()),
    column("kind", String()),
    column("at", DateTime(timezone=True)),
    column("tombstone", Boolean()),
    column("reason", String()),
    column("record_id", BigInteger()),
    column("shown_id", BigInteger()),
)
"""What a page of a feed selects from, in one form for snapshot and changes.

`record_id` is the internal id, for the ledger; `shown_id` the same, or null on a tombstone.
"""


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """Where the changes of one type of record are written, one row per change and agency that is told.

    Attributes:
        table: with columns xid (xid8), id, kind, at, reason, `agency` and `record`. `(xid, id)` is the order; an
            entry's xid is never below that of its writer, and of one record the order is that of its changes.
        record: column that names the record by its internal id.
        agency: column that names who is told.
    """

    table: FromClause
    record: str
    agency: str = "agency"
