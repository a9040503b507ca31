"""The register as a workbook (.xlsx): one row a transfer, written as it comes, in constant memory.

Text is written as text: a cell that begins with = or @ is no formula, an address no link, digits no number.
"""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from hub.register.columns import COLUMNS, Cell, Node

SHEET, ABOUT = "台账", "说明"
MOST_ROWS: Final = 1_048_575
"""That a sheet takes below its head."""
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class TooManyRows(Exception):
    """More transfers than a sheet has rows."""


def write(path: Path, nodes: Iterable[Node], about: Iterable[tuple[str, str]]) -> int:
    """Writes the workbook; a file of that name is replaced once all is there.

    Args:
        path: where to.
        nodes: transfers as the API answers `columns.FIELDS`, in order.
        about: what the second sheet tells: title and text.

    Returns:
        How many rows.

    Raises:
        TooManyRows, OSError, and whatever `nodes` raises: nothing is left behind.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with Workbook(str(part), _OPTIONS) as book:
            count = _register(book, nodes)
            sheet = book.add_worksheet(ABOUT)
            sheet.set_column(0, 0, 16)
            sheet.set_column(1, 1, 90)
            for row, (title, text) in enumerate([*about, ("行数", str(count))]):
                sheet.write_string(row, 0, title)
                sheet.write_string(row, 1, text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _register(book: Workbook, nodes: Iterable[Node]) -> int:
    sheet = book.add_worksheet(SHEET)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    formats = {date: book.add_format({"num_format": "yyyy-mm-dd"})}
    formats[datetime] = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.freeze_panes(1, 3)
    sheet.set_column(0, 0, 6)
    sheet.write_string(0, 0, "序号", head)
    for place, column in enumerate(COLUMNS, 1):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.title, head)
    count = 0
    for count, node in enumerate(nodes, 1):
        if count > MOST_ROWS:
            raise TooManyRows
        sheet.write_number(count, 0, count)
        for place, column in enumerate(COLUMNS, 1):
            _write(sheet, count, place, column.value(node), formats)
    sheet.autofilter(0, 0, max(count, 1), len(COLUMNS))
    return count


def _write(sheet: Worksheet, row: int, place: int, value: Cell, formats: dict[type[date], Format]) -> None:
    match value:
        case None:
            return
        case datetime() | date():
            sheet.write_datetime(row, place, value, formats[type(value)])
        case int():
            sheet.write_number(row, place, value)
        case str():
            sheet.write_string(row, place, value)
