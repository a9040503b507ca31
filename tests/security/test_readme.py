"""The list of proofs names tests and golden cases that exist, and every requirement that this part of the hub touches."""

import re
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent
TEXT = (HERE / "README.md").read_text(encoding="utf-8")


def test_every_proof_named_exists() -> None:
    named = re.findall(r"`((?:tests/)?[\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) > 40
    for file, test in named:
        path = TESTS.parent / file if file.startswith("tests/") else HERE / file
        assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{file}::{test}"
    for folder in re.findall(r"golden ((?:`[\w*-]+`(?:, )?)+)", TEXT):
        for name in re.findall(r"`([\w*-]+)`", folder):
            assert list((TESTS / "golden").glob(name)), name


def test_every_requirement_is_listed() -> None:
    items = " ".join(re.findall(r"^\| ([^|]+) \|", TEXT, re.MULTILINE))
    listed = set(re.findall(r"L?\d+", items))
    for first, last in re.findall(r"(\d+)–(\d+)", items):
        listed |= {str(number) for number in range(int(first), int(last) + 1)}
    wanted = {1, 2, 3, 4, 5, *range(7, 16), *range(18, 25), *range(27, 33), 34, 35, 37, 38, 40}
    leaks = [*range(1, 18), 19, 20, 25]
    assert {str(number) for number in wanted} | {f"L{number}" for number in leaks} <= listed
