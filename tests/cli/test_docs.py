"""What the READMEs promise exists, and what exists is in the READMEs."""

import re
from pathlib import Path

import pytest
from hub_process import help_of

from hub.demo.clients import DEMO_CLIENTS
from hub.settings import Settings
from tests.conftest import LONGEST

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_first_lines_are_the_two_commands(readme: Path) -> None:
    lines = readme.read_text().splitlines()
    assert lines[0].split("#")[0].strip() == "make demo"
    assert lines[1].split("#")[0].strip() == "make test"


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_setting_and_client_is_told(readme: Path) -> None:
    text = readme.read_text()
    told = set(re.findall(r"HUB_[A-Z_]+", text))
    assert {f"HUB_{name.upper()}" for name in Settings.model_fields} == told
    assert all(client.client_id in text for client in DEMO_CLIENTS)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(readme: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", readme.read_text()):
        if "://" not in target:
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_option_exists(readme: Path) -> None:
    for name, rest in re.findall(r"^\| `(\w+) ?([^`]*)`", readme.read_text(), re.MULTILINE):
        options = re.findall(r"--[a-z]+", rest)
        if options:
            arguments = (
                [name, rest.split()[0]] if re.match(r"\w", rest) and not rest.startswith(("DOC", "文档")) else [name]
            )
            shown = help_of(*arguments)
            for option in options:
                assert option in shown, (arguments, option)


def test_every_make_target_is_told() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for readme in READMES:
        line = next(line for line in readme.read_text().splitlines() if line.startswith("`make`"))
        assert set(targets) - {"clean"} == set(re.findall(r"[a-z]+", line.split("`")[3]))


def test_the_long_files_are_begun_first() -> None:
    assert [name for name in LONGEST if not (ROOT / "tests" / name).is_file()] == []
