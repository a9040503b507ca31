"""What a command writes, in one statement: columns of the transfer, its event, who is told, the receipt, a number.

Each part is the one that stands alone elsewhere (`store_events`, `store_changes`, `numbers`); together they cost one
message to the server instead of four, and a counter's row is held for one statement and the commit, not while Python
works. A transfer or case without any part is not written.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from psycopg import Connection, Cursor
from psycopg.types.json import Jsonb

from hub.clues import numbers, store, store_events
from hub.clues.numbers import Counted

RECEIPT: Final = """
INSERT INTO command_receipt (client_id, idempotency_key, command, input_hash, result, at)
SELECT %(receipt_client)s, %(receipt_key)s, %(receipt_command)s, %(receipt_hash)s, {result}, %(receipt_at)s
"""
CASE: Final = f"""
WITH {numbers.CASE},
opened AS (
    INSERT INTO case_file (case_no, opened_by, opened_on)
    SELECT {numbers.CASE_TEXT}, %(agency)s, %(opened_on)s FROM number RETURNING case_no
), event AS (
    {store_events.INSERT_CASE.format(case_no="case_no")} FROM opened
), receipt AS (
    {RECEIPT.format(result="jsonb_build_object('case', case_no)")} FROM opened
)
SELECT case_no FROM opened
"""


@cache
def statement(columns: tuple[str, ...], *, receipt: bool, numbered: bool) -> str:
    """The statement for these columns; few sets of them exist, one for each kind of step."""
    parts = [numbers.DOCUMENT] if numbered else []
    changes = [f"{name} = %(set_{name})s" for name in columns]
    if numbered:
        changes += [f"doc_no = {numbers.DOCUMENT_TEXT}", "doc_year = %(counter_year)s", "doc_number = number.last"]
    if changes:
        source = " FROM number" if numbered else ""
        parts.append(f"changed AS (UPDATE clue_transfer t SET {', '.join(changes)}{source} WHERE t.id = %(row_id)s)")
    parts += [f"event AS ({store_events.INSERT})", f"told AS ({store_events.TOLD})"]
    if receipt:
        parts.append(f"receipt AS ({RECEIPT.format(result='%(receipt_result)s')})")
    return f"WITH {', '.join(parts)} SELECT"


def transfer(
    connection: Connection[Any],
    transfer_id: int,
    columns: Mapping[str, Any],
    *,
    event: Mapping[str, Any],
    receipt: Mapping[str, Any] | None,
    number: Counted | None,
) -> None:
    """Writes a transfer's changed columns, its event and, where they are given, the rest.

    Args:
        event: `store_events.written`: the last of the command's; the others are written before.
        receipt: of the command.
        number: the document number that the transfer takes, counted on at this moment.
    """
    values = {f"set_{name}": value for name, value in store.adapted(columns).items()}
    values |= {"row_id": transfer_id, **event, **(receipt or {}), **(number.values if number else {})}
    text = statement(tuple(sorted(columns)), receipt=receipt is not None, numbered=number is not None)
    store.send(connection, text, values)


def write_receipt(connection: Connection[Any], given: Mapping[str, Any]) -> None:
    """The receipt alone."""
    store.send(connection, RECEIPT.format(result="%(receipt_result)s"), given)


def case(
    connection: Connection[Any],
    opened_on: date,
    event: Mapping[str, Any],
    receipt: Mapping[str, Any],
    number: Counted,
) -> Cursor[store.Row]:
    """A new case with its event and the receipt; `case_no` comes with the answer.

    Args:
        event: `store_events.written_case`, whose case number is not known yet.
    """
    return store.send(connection, CASE, {"opened_on": opened_on, **event, **receipt, **number.values})


def receipt(identity: tuple[str, str, bytes], command: str, at: datetime, result: Mapping[str, Any]) -> dict[str, Any]:
    """Values of `RECEIPT`; the identity is of `commands_frame`."""
    client_id, key, input_hash = identity
    return {
        "receipt_client": client_id,
        "receipt_key": key,
        "receipt_command": command,
        "receipt_hash": input_hash,
        "receipt_at": at,
        "receipt_result": Jsonb(result),
    }
