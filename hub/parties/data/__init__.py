"""Reference data: what reads it, and what brings it into a database."""

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from hub.parties.tables import Region


class RegionRow(NamedTuple):
    """One line of `regions.csv` or `zones.csv`; `parent` is empty for a province."""

    code: str
    name: str
    level: int
    parent: str


def read_regions() -> Iterator[RegionRow]:
    """Every region and zone, a parent before its children."""
    for name in ("regions.csv", "zones.csv"):
        with (files(__package__) / name).open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield RegionRow(row["code"], row["name"], int(row["level"]), row["parent"])


def refresh_regions(connection: Connection) -> int:
    """Adds the regions and zones that the database lacks and renames those that were renamed; returns how many.

    Nothing is removed: agencies and records of a merged region keep it, and a site's own zones stay.
    """
    present = {tuple(row) for row in connection.execute(select(Region.code, Region.name, Region.level, Region.parent))}
    differing = [
        {"code": code, "name": name, "level": level, "parent": parent or None}
        for code, name, level, parent in read_regions()
        if (code, name, level, parent or None) not in present
    ]
    if differing:
        statement = insert(Region)
        renewed = {name: statement.excluded[name] for name in ("name", "level", "parent")}
        connection.execute(statement.on_conflict_do_update(index_elements=[Region.code], set_=renewed), differing)
    return len(differing)
