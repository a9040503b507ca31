"""Golden cases: one request, several callers, the answer that the law gives each. Every case is a folder:

    request.graphql   the document
    callers.json      who asks, in this order: agency, purpose; case, scopes, variables where they are stated;
                      `officer`: as the token names him (name, certificateNo; null: nobody), else one who is registered;
                      `answer`: the file with what this caller gets; `carry`: variables taken from the last answer
                      of that root to this agency (or to the one named by `of`); `operation`: which one of several in the document;
                      `happens`: steps of penalties taken before it asks (golden_steps.py)
    answer*.json      written by hand from domain.md P and checked by this test
    README.md         situation, clause, what is seen and what is not, in Chinese and English

Left out of an answer, because they say nothing about the law: of an error its message, id and next step. `"<cursor>"`
stands for any cursor.
"""

import json
import re
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from hub.policy.scopes import load_scopes
from hub.settings import Settings
from tests.golden.golden_steps import happen
from tests.world import ALL_READ, OFFICER, World

FOLDER = Path(__file__).parent
CASES = sorted(path.parent for path in FOLDER.glob("*/request.graphql"))
CURSOR = re.compile(r"[A-Za-z0-9_-]{20,}")
SCOPES = load_scopes(Settings().policies)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def scopes_of(caller: dict[str, Any]) -> list[str]:
    """What is stated, or all reading scopes that the kind of the agency may be granted."""
    ceiling = SCOPES.ceilings[caller["agency"].partition("-")[2]]
    return caller.get("scopes") or [scope for scope in (*ALL_READ, "ledger:read") if scope in ceiling]


def officer_of(caller: dict[str, Any]) -> tuple[str, str] | None:
    """Name and certificate number, as the token states them."""
    stated = caller.get("officer", dict(zip(("name", "certificateNo"), OFFICER, strict=True)))
    return None if stated is None else (stated["name"], stated["certificateNo"])


def carried(caller: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """Variables taken from the last answer to an agency: name → path."""
    found = {}
    for name, path in caller.get("carry", {}).items():
        value = answers[caller.get("of", caller["agency"])]
        for step in path.split("."):
            value = value[step]
        found[name] = value
    return found


def told(body: dict[str, Any]) -> dict[str, Any]:
    """An answer as `answer.json` writes it."""
    for entry in body.get("errors", ()):
        assert entry.pop("message")
        assert {entry["extensions"].pop(name) is not None for name in ("id", "zh", "en", "next")} == {True}
    if "extensions" in body:
        body["extensions"]["masked"].sort(key=lambda entry: entry["coordinate"])
    return body


def same_cursors(expected: Any, found: Any) -> Any:
    """The answer found, with `<cursor>` where one was expected and is there."""
    if expected == "<cursor>" and isinstance(found, str) and CURSOR.fullmatch(found):
        return expected
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: same_cursors(expected.get(key), value) for key, value in found.items()}
    if isinstance(expected, list) and isinstance(found, list):
        return [same_cursors(*pair) for pair in zip([*expected, *[None] * len(found)], found, strict=False)]
    return found


def lines(answer: Any) -> list[str]:
    return json.dumps(answer.get("data"), ensure_ascii=False, indent=1).splitlines()


def difference(expected: Any, found: Any) -> str:
    texts = [json.dumps(each, ensure_ascii=False, indent=1).splitlines() for each in (expected, found)]
    return "\n".join(unified_diff(*texts, "the law", "the hub", n=4, lineterm=""))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_each_caller_gets_what_the_law_gives(world: World, case: Path) -> None:
    document = (case / "request.graphql").read_text(encoding="utf-8")
    answers: dict[str, Any] = {}
    for caller in read(case / "callers.json"):
        scopes, officer = scopes_of(caller), officer_of(caller)
        token = world.token(caller["agency"], caller["purpose"], caller.get("case"), scopes, officer=officer)
        variables = caller.get("variables", {}) | carried(caller, answers)
        world.clock.tick()
        for step in caller.get("happens", ()):
            happen(world.owner, step, world.clock.now())
        given = world.ask(token, document, variables, operation_name=caller.get("operation"))
        answers.setdefault(caller["agency"], {}).update(
            {root: found for root, found in (given.get("data") or {}).items() if found}
        )
        expected = read(case / caller["answer"])
        who = f"{case.name}: {caller['agency']}, {caller['purpose']}, {caller.get('case')}, {officer}"
        found = same_cursors(expected, told(json.loads(json.dumps(given))))
        assert found == expected, f"{who}\n{difference(expected, found)}"
        # Members in the order of the selection, as GraphQL demands.
        assert lines(found) == lines(expected), who


def test_there_are_enough_cases_and_each_is_whole() -> None:
    assert len(CASES) >= 28
    for case in CASES:
        callers = read(case / "callers.json")
        assert callers, case
        assert {caller["answer"] for caller in callers} == {path.name for path in case.glob("answer*.json")}, case
        for caller in callers:
            kind = caller["agency"].partition("-")[2]
            assert kind in SCOPES.ceilings, case
        prose = (case / "README.md").read_text(encoding="utf-8")
        assert re.search(r"[\u4e00-\u9fff]", prose), case
        assert re.search(r"[A-Za-z]{4,} [a-z]+ [a-z]+", prose), case
        assert re.search(r"条例|处罚法|监察法|个人信息保护法|00[0-4]|310|GraphQL|平台", prose), (
            f"{case}: names no clause"
        )


def test_every_purpose_that_may_be_claimed_has_a_case() -> None:
    asked = {caller["purpose"] for case in CASES for caller in read(case / "callers.json")}
    assert asked >= {
        "fund-supervision",
        "agreement-management",
        "medical-practice-regulation",
        "market-regulation",
        "criminal-referral",
        "duty-crime-referral",
        "filing-supervision",
        "case-oversight",
        "credit-publication",
        "hub-administration",
    }
