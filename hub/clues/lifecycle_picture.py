"""The pictures of docs/lifecycles, drawn from the tables: `python -m hub.clues.lifecycle_picture [--check]`."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from hub.clues.events import Actor
from hub.clues.lifecycle_edges import Edge
from hub.clues.lifecycle_guards import ASKED, HELD, Guard
from hub.clues.lifecycle_state import Facts, TransferState
from hub.clues.lifecycle_tables import TABLES
from hub.clues.lifecycle_titles import CHOICES, CLOCKS, COMMANDS, ROLES, ROUTES, STATUSES
from hub.clues.lifecycle_wordings import WORDINGS
from hub.clues.lifecycle_words import Clock, Competence, Notice, Reconsideration, Role, Route, Status, Supervision

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "lifecycles"
_NOBODY: Final = Actor(Role.SYSTEM, "", "")
_START: Final = "[*]"


class _Fact:
    """A finer fact that has a small life of its own beside the status."""

    def __init__(
        self,
        title: str,
        values: type[StrEnum],
        put: Callable[[TransferState, StrEnum], TransferState],
        after: Callable[[Facts], StrEnum | None],
    ) -> None:
        self.title, self.values, self.put, self.after = title, values, put, after

    def edges(self, table: Iterable[Edge]) -> Iterator[tuple[StrEnum, StrEnum, Edge]]:
        """Value before, value after and edge, of edges whose guards look at this fact (a mere reset is not drawn)."""
        probe = TransferState(Route.TO_PUBLIC_SECURITY)
        for edge in table:
            after = self.after(edge.sets)
            held = [HELD[guard].test for guard in edge.guards if guard in HELD]
            about = [test for test in held if len({test(self.put(probe, value), _NOBODY) for value in self.values}) > 1]
            if after is None or not about:
                continue
            for value in self.values:
                if value is not after and all(test(self.put(probe, value), _NOBODY) for test in about):
                    yield value, after, edge


_FACTS: Final = (
    _Fact(
        "复议 Reconsideration",
        Reconsideration,
        lambda state, value: replace(state, reconsideration=Reconsideration(value)),
        lambda sets: sets.get("reconsideration"),
    ),
    _Fact(
        "立案监督 Filing supervision",
        Supervision,
        lambda state, value: replace(state, supervision=Supervision(value)),
        lambda sets: sets.get("supervision"),
    ),
    _Fact(
        "管辖争议 Dispute over competence",
        Competence,
        lambda state, value: replace(state, competence=Competence(value)),
        lambda sets: sets.get("competence"),
    ),
    _Fact(
        "通报 Notice to the health agency",
        Notice,
        lambda state, value: replace(state, notice=Notice(value)),
        lambda sets: sets.get("notice"),
    ),
)


def documents() -> Mapping[str, str]:
    """File name → text, one per route."""
    return {f"{route.value.lower().replace('_', '-')}.md": document(route) for route in Route}


def document(route: Route) -> str:
    chinese, english = ROUTES[route]
    table = TABLES[route]
    parts = [
        f"# {chinese} {english}",
        "<!-- Drawn from the code by `python -m hub.clues.lifecycle_picture`; do not edit. -->",
        _diagram(_status_lines(table)),
    ]
    for fact in _FACTS:
        lines = [f"    {before} --> {after}: {_command(edge)}" for before, after, edge in fact.edges(table)]
        if lines:
            parts += [f"## {fact.title}", _diagram(lines)]
    parts += ["## 步骤 Steps", _steps(table), "## 条件 Guards", _guards(table)]
    return "\n\n".join(parts) + "\n"


def _diagram(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *dict.fromkeys(lines), "```"])


def _status_lines(table: Iterable[Edge]) -> Iterator[str]:
    """Edges that change the status; the others are in the list of steps."""
    for status, title in STATUSES.items():
        yield f'    state "{title} {status}" as {status}'
    for edge in table:
        for before in edge.before:
            after = edge.to or before
            if before is not after:
                target = _START if edge.sets.get("approval_refused") else after
                yield f"    {before or _START} --> {target}: {_command(edge)}"
    for end in (Status.CLOSED, Status.RECALLED):
        yield f"    {end} --> {_START}"


def _command(edge: Edge) -> str:
    answer = f"（{CHOICES[edge.choice]}）" if edge.choice is not None else ""
    return f"{COMMANDS[edge.command]}{answer} {edge.event}"


def _steps(table: Iterable[Edge]) -> str:
    rows = [
        "| 从 from | 命令 command | 由谁 who | 条件 guards | 事件 event | 到 to | 期限 clocks | 依据 clause |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for edge in table:
        answer = f" `{edge.choice}` {CHOICES[edge.choice]}" if edge.choice is not None else ""
        cells = (
            "<br>".join(str(status or "—") for status in edge.before),
            f"`{edge.command}`{answer}<br>{COMMANDS[edge.command]}",
            "<br>".join(ROLES[edge.who]),
            "<br>".join(edge.guards) or "—",
            f"`{edge.event}`",
            str(edge.to or "＝"),
            _clocks(edge),
            edge.clause,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _clocks(edge: Edge) -> str:
    """▶ starts, ■ stops where it runs."""
    starts = [f"▶ {_clock(clock)}" for clock in edge.starts]
    return "<br>".join([*starts, *(f"■ {_clock(clock)}" for clock in edge.stops)]) or "—"


def _clock(clock: Clock) -> str:
    return f"{CLOCKS[clock]} `{clock}`"


def _guards(table: Iterable[Edge]) -> str:
    used = {guard for edge in table for guard in edge.guards}
    rows = ["| 条件 guard | 不满足时 when it does not hold |", "|---|---|"]
    for guard in Guard:
        if guard in used:
            words = WORDINGS[HELD[guard].code if guard in HELD else ASKED[guard].code]
            rows.append(f"| `{guard}` | {words.zh}。{words.en}. |")
    return "\n".join(rows)


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Write the pictures, or with `--check` say which are not current (exit 1)."""
    stale = [
        name
        for name, text in documents().items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        sys.stderr.writelines(f"docs/lifecycles/{name} is not current / 未更新\n" for name in stale)
        return 1 if stale else 0
    for name in stale:
        (folder / name).write_text(documents()[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
