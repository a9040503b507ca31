"""Lists on a terminal: one JSON array an entry per line, or aligned columns."""

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from hub.clock import BEIJING

WIDE = 32_000
"""Columns of an output that is no terminal: nothing is folded or cut."""


def print_list(entries: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    """Writes to stdout as the entries arrive (JSON) or aligned; a reader that has enough (`| head`) is no error."""
    try:
        if as_json:
            _write_array(entries)
        else:
            _write_table(list(entries))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_one(entry: Mapping[str, Any], *, as_json: bool) -> None:
    """One JSON object, or a line per member; lists in it as tables."""
    if as_json:
        sys.stdout.write(orjson.dumps(entry, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for name, value in entry.items():
        if isinstance(value, list):
            sys.stdout.write(f"{name}:\n")
            _write_table(value)
        else:
            sys.stdout.write(f"{name}: {_text(value)}\n")


def _write_array(entries: Iterable[Mapping[str, Any]]) -> None:
    separator = "["
    for entry in entries:
        sys.stdout.write(separator + orjson.dumps(entry).decode())
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[" else "]\n")


def _write_table(entries: list[Mapping[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in entries[0] if entries else ():
        table.add_column(name, no_wrap=not sys.stdout.isatty())
    for entry in entries:
        table.add_row(*(_text(value) for value in entry.values()))
    Console(width=None if sys.stdout.isatty() else WIDE, markup=False, highlight=False).print(table)


def _text(value: object) -> str:
    """A moment is told in Beijing time, to the second; JSON keeps it as it is stored."""
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).isoformat(" ", "seconds")
    return "-" if value is None else str(value)
