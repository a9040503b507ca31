"""The hand-written table as a judge: it knows the names of events and commands, and nothing of the code's states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


@cache
def table() -> dict[str, Any]:
    return yaml.safe_load((HERE / "lifecycle_table.yaml").read_text())


@cache
def clock_table() -> dict[str, Any]:
    return yaml.safe_load((HERE / "lifecycle_clocks.yaml").read_text())


@dataclass(frozen=True)
class Seen:
    """What a reader of the event names knows."""

    route: str
    stage: str = "NEW"
    words: frozenset[str] = frozenset()
    clocks: frozenset[str] = frozenset()

    def then(self, event: str) -> "Seen":
        stage = next((name for name, row in table()["stages"].items() if event in row["after"]), self.stage)
        clocks = {name: row for name, row in clock_table().items() if self.route in row.get("routes", (self.route,))}
        return Seen(
            self.route,
            stage,
            frozenset(_latched(self.words, table()["words"], event)),
            frozenset(_latched(self.clocks, clocks, event)),
        )

    def status(self) -> str | None:
        row = table()["stages"].get(self.stage)
        if row is None:
            return None
        return row["reported"] if "reported" in row and "reported" in self.words else row["status"]

    def running(self, more: Iterable[str]) -> set[str]:
        """The clocks that run; `more` are words of the case."""
        return {name for name in self.clocks if clock_table()[name].get("only", "") in {"", *more}}

    def may(self, more: Iterable[str] = ()) -> set[tuple[str, str, str]]:
        """Every (command, answer or "", who) that the table allows now; `more` are words of the case, not of events."""
        words = self.words | set(more)
        rows = table()["routes"][self.route].get(self.stage, {})
        return {
            (*_named(command), who)
            for command, actors in rows.items()
            for who, condition in actors.items()
            if _holds(condition, words)
        }


def _latched(true: frozenset[str], rows: Mapping[str, Any], event: str) -> Iterable[str]:
    for name, row in rows.items():
        if event in row["since"] or (name in true and event not in row.get("until", ())):
            yield name


def _named(command: str) -> tuple[str, str]:
    name, _, answer = command.partition(" ")
    return name, answer


def _holds(condition: bool | str | list[str], words: frozenset[str] | set[str]) -> bool:
    if condition is True:
        return True
    terms = [condition] if isinstance(condition, str) else condition
    assert isinstance(terms, list)
    return all(_true(term, words) for term in terms)


def _true(term: str, words: frozenset[str] | set[str]) -> bool:
    negated, name = term.startswith("not "), term.removeprefix("not ")
    known = {*table()["words"], "author", "files cases"}
    either = table()["either"].get(name, [name])
    assert set(either) <= known, f"no such word: {name}"
    return bool(set(either) & words) is not negated
