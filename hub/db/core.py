"""SQLAlchemy Core statements on a psycopg connection, in the transaction that its owner began."""

from collections.abc import Mapping
from typing import Any, cast

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row
from sqlalchemy import ClauseElement, Executable
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


class OnDriver:
    """`execute` and `scalar` as of a SQLAlchemy connection, without its pool, transaction and result layer."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> Cursor[Any]:
        compiled = cast(ClauseElement, statement).compile(dialect=_DIALECT)
        values = compiled.construct_params(dict(parameters) if parameters else None)
        return self._connection.cursor(row_factory=tuple_row).execute(str(compiled).encode(), values)

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> Any:
        row = self.execute(statement, parameters).fetchone()
        return None if row is None else row[0]
