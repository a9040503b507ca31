"""What every table shares: the declarative base and the one sequence of internal record ids."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Computed, MetaData, Sequence, String
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column
from sqlalchemy.types import UserDefinedType

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


record_id_sequence = Sequence("record_id_seq", data_type=BigInteger, metadata=Base.metadata, cache=100)
"""One sequence for every table whose rows can be disclosed: an internal id names one record in the whole hub, so the
ledger stores eight bytes per record and no type tag. Internal ids tell order and never leave the hub."""


class Xid8(UserDefinedType[int]):
    """`xid8`: a transaction id of 64 bits, never reused."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "XID8"


PLAIN, PLAIN_TEXTS = "plain", "plain_texts"
"""The name of a column that `plain_text` makes, and in its `info` the columns that it speaks of."""
CODE = {"code": True}
"""`info` of a column that holds only capital letters and underscores, by the constraint `IS_CODE`."""
IS_CODE = "kind ~ '^[A-Z_]+$'"
ESCAPED = r"[\x01-\x1f\"\\]"
"""What JSON escapes (RFC 8259, 7), as a regular expression of PostgreSQL."""


def plain_text(*columns: str) -> MappedColumn[bool]:
    """A generated column: none of these texts holds what JSON escapes, so they may stand between quotes as they are.

    Only columns that whoever reads it may read too: it depends on nothing else.
    """
    texts = " || ".join(f"coalesce({column}, '')" for column in columns)
    return mapped_column(
        Boolean, Computed(f"({texts}) !~ '{ESCAPED}'", persisted=True), info={PLAIN_TEXTS: frozenset(columns)}
    )


class Record:
    """Mixin: a row that can be disclosed, named in the ledger by its internal `id`."""

    id: Mapped[int] = mapped_column(
        BigInteger, record_id_sequence, server_default=record_id_sequence.next_value(), primary_key=True
    )


class InRegion:
    """Mixin: a record of a region (GB/T 2260, or a zone's own code minted under its prefecture's four digits).

    `province`, `prefecture` and `county` are generated, so `resource in Region::"640100"` is an equality on a column.
    """

    region: Mapped[str] = mapped_column(String(6))

    @declared_attr
    def province(cls) -> Mapped[str]:
        return mapped_column(String(6), Computed("left(region, 2) || '0000'", persisted=True))

    @declared_attr
    def prefecture(cls) -> Mapped[str]:
        return mapped_column(String(6), Computed("left(region, 4) || '00'", persisted=True))

    @declared_attr
    def county(cls) -> Mapped[str]:
        return mapped_column(String(6), Computed("region", persisted=True))
