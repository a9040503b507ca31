"""Items of evidence as they are given: what may not go through the hub, and the uploaded files that they name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg import Connection

from hub.clues import commands_limits as limits
from hub.clues import store
from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input
from hub.clues.commands_inputs import EvidenceItem

_NOT_SECRET: Final = frozenset({"非密", "公开", "无"})
Item = Mapping[str, Any]


def secrets(given: Sequence[EvidenceItem]) -> list[UserError]:
    """Items that bear a 密级."""
    return [
        of_input(GivenCode.SECRET_IN_TEXT, f"evidence.{number}.secrecy")
        for number, item in enumerate(given)
        if item.secrecy is not None and item.secrecy not in _NOT_SECRET
    ]


def items(
    connection: Connection[Any], row: Mapping[str, Any], given: Sequence[EvidenceItem], *, more: bool = False
) -> list[Item]:
    """The items as they are stored: those with a file bear its hash, size and type, held until the commit.

    Args:
        row: of the transfer: `sender`, `case_no`, and `id` unless it is new.
        more: they come beside those that the transfer has.

    Raises:
        Refused: UNKNOWN_FILE, alike for a file that is not there, not complete, another agency's or another case's;
            INVALID_INPUT where a transfer would hold one file twice; LIMIT_REACHED.
    """
    if more and given:
        limits.of_evidence(connection, row["id"], len(given))
    named = [(number, item.file_id) for number, item in enumerate(given) if item.file_id is not None]
    if not named:
        return [item.model_dump() for item in given]
    files = store.files(connection, row, {file_id for _, file_id in named})
    problems = [
        of_input(GivenCode.UNKNOWN_FILE, f"evidence.{number}.fileId")
        for number, file_id in named
        if file_id not in files
    ]
    held = {file_id for file_id, file in files.items() if more and file["held"]}
    for number, file_id in named:
        if file_id in held:
            told = "该移送已有此文件 / the transfer holds this file already"
            problems.append(of_input(GivenCode.INVALID_INPUT, f"evidence.{number}.fileId", detail=told))
        held.add(file_id)
    if problems:
        raise Refused(*problems)
    return [_of_file(item, files[item.file_id]) if item.file_id else item.model_dump() for item in given]


def _of_file(item: EvidenceItem, file: Mapping[str, Any]) -> Item:
    return {**item.model_dump(), **file, "name": item.name or file["name"]}
