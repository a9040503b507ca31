"""How much one transfer takes. Steps of the procedure have no limit: none may leave a transfer without a way on.

Revisions of a draft and items of evidence are a client's own doing, as often as it likes: each is kept for ever, folded
at each command, and shown in one list.
"""

from typing import Any, Final

from psycopg import Connection
from psycopg.rows import tuple_row

from hub.clues.commands_errors import GivenCode, Refused, of_input
from hub.clues.events import EventKind

MOST_REVISIONS: Final = 200
MOST_EVIDENCE: Final = 2_000
"""Items, with what was supplemented; one command brings 500 at most."""


def of_revisions(connection: Connection[Any], transfer_id: int) -> None:
    """Before a draft is revised once more.

    Raises:
        Refused: LIMIT_REACHED
    """
    revised = "SELECT count(*) FROM transfer_event WHERE transfer_id = %s AND kind = %s"
    if _count(connection, revised, (transfer_id, EventKind.DRAFT_REVISED)) >= MOST_REVISIONS:
        raise Refused(
            of_input(GivenCode.LIMIT_REACHED, "id", detail=f"{MOST_REVISIONS} 次修改 / {MOST_REVISIONS} revisions")
        )


def of_evidence(connection: Connection[Any], transfer_id: int, more: int) -> None:
    """Before `more` items come beside those that a transfer has.

    Raises:
        Refused: LIMIT_REACHED
    """
    held = _count(connection, "SELECT count(*) FROM evidence WHERE transfer_id = %s", (transfer_id,))
    if held + more > MOST_EVIDENCE:
        raise Refused(
            of_input(GivenCode.LIMIT_REACHED, "evidence", detail=f"{MOST_EVIDENCE} 项 / {MOST_EVIDENCE} items")
        )


def _count(connection: Connection[Any], statement: str, values: tuple[Any, ...]) -> int:
    row = connection.cursor(row_factory=tuple_row).execute(statement.encode(), values).fetchone()
    return int(row[0]) if row else 0
