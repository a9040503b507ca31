"""Reference data, and the one function that reads it."""

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple


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
