"""What a client may do as often, or as much, as it likes has an end: every input, revisions, items of evidence."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from commands_world import HEALTH, SECURITY, first, item
from pydantic import StringConstraints
from test_commands_routes import drafted, received

from hub.clues import commands_limits
from hub.clues.commands_inputs import INPUTS, CommandInput
from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line
from hub.penalties import inputs as penalties

MODELS = sorted(
    {
        *INPUTS.values(),
        *(one for one in vars(penalties).values() if isinstance(one, type) and issubclass(one, CommandInput)),
    },
    key=lambda model: model.__name__,
)


CHECKSUMS = ("uscc", "Uscc", "residentId")
"""Compared with their check digit: 18 characters, or refused."""


def unbounded(schema: Any, path: str) -> Iterator[str]:
    """Places of a JSON schema that take a text or a list of any length."""
    if isinstance(schema, list):
        exact = any(isinstance(each, dict) and each.get("type") == "number" for each in schema)  # a decimal's two forms
        for number, each in enumerate(schema):
            if not (exact and each.get("type") == "string"):
                yield from unbounded(each, f"{path}.{number}")
    if not isinstance(schema, dict):
        return
    match schema.get("type"):
        case "string":
            endless = set("*+") & set(re.sub(r"\[[^\]]*\]", "", schema.get("pattern", "*")))
            if not schema.keys() & {"maxLength", "enum", "const", "format"} and endless:
                yield path
        case "array":
            if "maxItems" not in schema:
                yield path
    for name, each in schema.items():
        yield from unbounded(each, f"{path}.{name}")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_text_and_no_list_is_without_end(model: type[CommandInput]) -> None:
    found = list(unbounded(model.model_json_schema(), model.__name__))
    assert [place for place in found if not any(name in place for name in CHECKSUMS)] == []


def test_the_check_finds_what_has_no_end() -> None:
    class Endless(CommandInput):
        text: str | None = None
        pattern: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
        many: tuple[Annotated[str, StringConstraints(max_length=9)], ...] = ()
        fine: Annotated[str, StringConstraints(pattern=r"^[a-z+]{1,9}$")]

    assert len(list(unbounded(Endless.model_json_schema(), ""))) == 3


def test_a_draft_is_revised_so_many_times(world, monkeypatch):
    monkeypatch.setattr(commands_limits, "MOST_REVISIONS", 3)
    transfer = drafted(world, SECURITY, HEALTH)
    for number in range(3):
        world.do(first(SECURITY), C.DRAFT, id=transfer, summary=f"第{number}稿")
    assert world.refused(first(SECURITY), C.DRAFT, id=transfer, summary="再改") == ["LIMIT_REACHED"]
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    assert commands_limits.MOST_EVIDENCE >= 4 * 500


def test_supplements_add_so_much_evidence_and_a_note_goes_on(world, monkeypatch):
    transfer = received(world, SECURITY, HEALTH)
    (held,) = world.rows(
        "SELECT count(*) AS n FROM evidence e JOIN clue_transfer t ON t.id = e.transfer_id WHERE public_id = %s",
        transfer,
    )
    monkeypatch.setattr(commands_limits, "MOST_EVIDENCE", held["n"] + 1)
    world.do(first(HEALTH), C.REQUEST_SUPPLEMENT, id=transfer, reason="缺材料")
    two = [item("OTHER"), item("OTHER")]
    assert world.refused(first(SECURITY), C.SUPPLEMENT, id=transfer, evidence=two) == ["LIMIT_REACHED"]
    world.do(first(SECURITY), C.SUPPLEMENT, id=transfer, evidence=two[:1])
    world.do(first(HEALTH), C.REQUEST_SUPPLEMENT, id=transfer, reason="仍缺材料")
    assert world.refused(first(SECURITY), C.SUPPLEMENT, id=transfer, evidence=two[:1]) == ["LIMIT_REACHED"]
    world.do(first(SECURITY), C.SUPPLEMENT, id=transfer, note="其余材料另案移送")
