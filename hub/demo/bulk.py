"""COPY into many tables at once, with constraints and indexes out of the way, all in one transaction.

Rows become lines in memory; every `CHUNK` rows of the leading table they become bytes, and what a table has gathered
goes to PostgreSQL in large pieces, on a second thread, while the next rows are made. Few pieces wait, so memory is
bounded.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, Self

import psycopg
from psycopg import sql
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

CHUNK: Final = 4_096
_PIECE_BYTES: Final = 8 << 20
"""Each COPY into frozen pages starts on a fresh page and leaves up to half a megabyte unused behind: few large ones."""
_WAITING: Final = 4


def sample_progress() -> Progress:
    """A progress bar for `load_sample`, on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


class Loader:
    """Collects lines per table and copies them.

    Args:
        connection: in a transaction that made or truncated the tables, so that rows may be frozen at once: then no
            later vacuum has to visit them, and index-only scans work from the start.
        columns: column list by table.
        first_id: of the internal ids handed out by `next_id`.
    """

    def __init__(
        self, connection: psycopg.Connection, columns: Mapping[str, str], first_id: int, progress: Progress | None
    ) -> None:
        self._connection = connection
        self._columns = columns
        self._lines: dict[str, list[str]] = {table: [] for table in columns}
        self._bytes = {table: bytearray() for table in columns}
        self._id = first_id
        self._progress = progress
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def lines(self, table: str) -> list[str]:
        """The list to append a table's rows to, in COPY's text form; the same list throughout."""
        return self._lines[table]

    def next_id(self) -> int:
        self._id += 1
        return self._id

    @property
    def last_id(self) -> int:
        return self._id

    def task(self, description: str, total: int) -> TaskID | None:
        return self._progress.add_task(description, total=total) if self._progress else None

    def advance(self, task: TaskID | None, index: int) -> None:
        """Called for every row of the leading table; now and then sends what has gathered."""
        if index % CHUNK == CHUNK - 1:
            self._send(_PIECE_BYTES)
            if self._progress and task is not None:
                self._progress.update(task, completed=index + 1)

    def finish(self, task: TaskID | None) -> None:
        """Sends what is left and waits until all of it is stored."""
        self._send(0)
        while self._waiting:
            self._waiting.popleft().result()
        if self._progress and task is not None:
            self._progress.update(task, completed=self._progress.tasks[task].total)

    def _send(self, more_than: int) -> None:
        for table, lines in self._lines.items():
            gathered = self._bytes[table]
            if lines:
                gathered += ("\n".join(lines) + "\n").encode()
                lines.clear()
            if len(gathered) > more_than:
                self._waiting.append(self._thread.submit(self._copy, table, bytes(gathered)))
                gathered.clear()
        while len(self._waiting) > _WAITING:
            self._waiting.popleft().result()

    def _copy(self, table: str, data: bytes) -> None:
        statement = text(f"COPY {table} ({self._columns[table]}) FROM STDIN WITH (FREEZE)")
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(data)


def text(statement: str) -> sql.SQL:
    """A statement put together from names of the catalogue or of this package, never from input."""
    return sql.SQL(statement)


_CONSTRAINTS: Final = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid), contype = 'f'
    FROM pg_constraint
    WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype IN ('p', 'u', 'f')
       OR confrelid = ANY(%(tables)s::regclass[]) AND contype = 'f'
    ORDER BY contype = 'f', contype, conname
"""
_INDEXES: Final = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index
    WHERE indrelid = ANY(%(tables)s::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ORDER BY 1
"""


@contextmanager
def without_indexes(
    connection: psycopg.Connection, tables: list[str], progress: Progress | None = None
) -> Iterator[None]:
    """Drops keys, foreign keys (also of other tables to these) and indexes, and makes them again from the catalogue.

    Sorting once is several times faster than five million insertions into every index; checking foreign keys once is
    a join instead of a look-up per row.
    """
    constraints = connection.execute(_CONSTRAINTS, {"tables": tables}).fetchall()
    indexes = connection.execute(_INDEXES, {"tables": tables}).fetchall()
    for table, name, _, _ in reversed(constraints):  # foreign keys first
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    restored = [
        *(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {rest}"
            for table, name, rest, foreign in constraints
            if not foreign
        ),
        *(definition for _, definition in indexes),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rest}" for table, name, rest, foreign in constraints if foreign),
    ]
    task = progress.add_task("索引与外键 indexes and foreign keys", total=len(restored)) if progress else None
    for statement in restored:
        connection.execute(text(statement))
        if progress and task is not None:
            progress.advance(task)
