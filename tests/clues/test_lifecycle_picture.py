"""The pictures are current, and show what the tables say."""

from pathlib import Path

import pytest

from hub.clues.lifecycle_picture import FOLDER, document, documents, main
from hub.clues.lifecycle_tables import TABLES
from hub.clues.lifecycle_titles import CHOICES, CLOCKS, COMMANDS, ROLES, ROUTES, STATUSES
from hub.clues.lifecycle_words import Choice, Clock, Command, Role, Route, Status


def test_the_pictures_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err
    assert {path.name for path in FOLDER.glob("*.md")} == {*documents(), "README.md"}


def test_a_stale_or_missing_picture_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "reverse.md").write_text("old", encoding="utf-8")
    (tmp_path / "other.md").unlink()
    assert main(["--check"], tmp_path) == 1
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == [
        "docs/lifecycles/reverse.md",
        "docs/lifecycles/other.md",
    ]


@pytest.mark.parametrize("route", Route)
def test_every_edge_is_in_its_picture(route: Route) -> None:
    text = document(route)
    for edge in TABLES[route]:
        (row,) = [line for line in text.splitlines() if line.startswith("|") and f"| `{edge.event}` |" in line]
        assert f"`{edge.command}`" in row
        assert edge.clause in row
        assert all(f"▶ {CLOCKS[clock]}" in row for clock in edge.starts)
    assert "SUBMITTED --> [*]: 不予批准" in text or "APPROVAL_REFUSED" not in text


def test_every_word_has_its_titles() -> None:
    for titles, words in (
        (ROUTES, Route),
        (STATUSES, Status),
        (COMMANDS, Command),
        (CHOICES, Choice),
        (ROLES, Role),
        (CLOCKS, Clock),
    ):
        assert set(titles) == set(words)


def test_filing_supervision_is_drawn_step_by_step() -> None:
    text = document(Route.TO_PUBLIC_SECURITY)
    for line in (
        "NONE --> ASKED: 立案监督 FILING_SUPERVISION_REQUESTED",
        "ASKED --> EXPLANATION_DEMANDED: 立案监督（要求说明理由） EXPLANATION_DEMANDED",
        "EXPLANATION_DEMANDED --> EXPLAINED: 答复立案监督（说明理由） NOT_FILING_EXPLAINED",
        "EXPLAINED --> FILING_DEMANDED: 立案监督（通知立案） FILING_DEMANDED",
        "FILING_DEMANDED --> NONE: 答复立案监督（立案） CASE_FILED_ON_SUPERVISION",
    ):
        assert line in text
    assert "NONE --> FILING_DEMANDED" not in text
