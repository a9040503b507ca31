"""`feedDigest`: the digest that anyone can make of the lines of an export; of what one may have, and nothing else."""

import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from export_world import PLATFORM, REGULATOR, Exporting

from hub.db.engine import Database
from hub.graph.exports import EXPORTS
from hub.penalties.digest import BLOCK

DOCUMENT = (
    "query D($feed: Feed!, $after: String!, $behind: String, $first: Int! = 3) { digest: feedDigest(feed: $feed,"
    " after: $after, behind: $behind, first: $first) { upToDate blocks { after to count sha256 } } }"
)


@pytest.fixture(scope="module")
def world(sample_copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporting]:
    made = Exporting(sample_copy(), tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()


def copy(world: Exporting, token: str, feed: str) -> tuple[dict[str, bytes], str]:
    """By key the line, and the cursor."""
    lines = [line for piece in world.pieces(token, feed) for line in piece.body.splitlines()]
    found = {json.loads(line)["key"]: line for line in lines if line.startswith(b'{"key"')}
    return found, json.loads(lines[-1])["cursor"]


def digest(lines: dict[str, bytes], after: str | None = None, to: str | None = None) -> tuple[int, str]:
    keys = sorted(key for key in lines if (after is None or key > after) and (to is None or key <= to))
    return len(keys), hashlib.sha256(b"".join(hashlib.sha256(lines[key]).digest() for key in keys)).hexdigest()


def pages(world: Exporting, token: str, feed: str, cursor: str, first: int = 3) -> list[dict[str, Any]]:
    behind, found = None, []
    while True:
        given = {"feed": EXPORTS[feed].feed, "after": cursor, "behind": behind, "first": first}
        answered = world.ask(token, DOCUMENT, given)
        assert "errors" not in answered, answered
        page = answered["data"]["digest"]
        found += page["blocks"]
        behind = page["blocks"][-1]["to"]
        if behind is None:
            return found


@pytest.mark.parametrize("agency", [PLATFORM, REGULATOR])
@pytest.mark.parametrize("feed", EXPORTS)
def test_a_copy_has_the_digest_of_the_hub(world: Exporting, agency: str, feed: str) -> None:
    token = world.token(agency)
    lines, cursor = copy(world, token, feed)
    for first in (1, 20):
        blocks = pages(world, token, feed, cursor, first)
        assert [(each["count"], each["sha256"]) for each in blocks] == [
            digest(lines, each["after"], each["to"]) for each in blocks
        ]
        assert [each["after"] for each in blocks] == [None, *(each["to"] for each in blocks[:-1])]
        assert sum(each["count"] for each in blocks) == len(lines)
        assert all(each["count"] == BLOCK for each in blocks[:-1])


@pytest.mark.parametrize("feed", EXPORTS)
def test_without_the_scope_of_what_a_record_names(world: Exporting, feed: str) -> None:
    """The columns of institution and authority are empty; the keys are those of the feed, and the digest is of these lines."""
    whole, _ = copy(world, world.token(PLATFORM), feed)
    own = {"penalties": "penalties:read", "inspections": "inspections:read", "credit": "credit:read"}[feed]
    token = world.token(PLATFORM, scopes=(own, "feed:read"))
    lines, cursor = copy(world, token, feed)
    assert lines.keys() == whole.keys()
    named = {"penalties": "cf_cfjg", "inspections": "nhsaCode", "credit": "nhsaCode"}[feed]
    for key, line in lines.items():
        told, before = (json.loads(each[key])["record"] for each in (lines, whole))
        assert before[named]
        assert not told[named], line
        gone = {"cf_cfjg", "cf_cfjgdm"} if feed == "penalties" else {"nhsaCode", "authority"}
        assert {name: value for name, value in told.items() if name not in gone} == {
            name: value for name, value in before.items() if name not in gone
        }
    blocks = pages(world, token, feed, cursor)
    assert [(each["count"], each["sha256"]) for each in blocks] == [
        digest(lines, each["after"], each["to"]) for each in blocks
    ]


def test_a_change_is_told_and_where_it_is(world: Exporting) -> None:
    token = world.token(PLATFORM)
    lines, cursor = copy(world, token, "credit")
    before = pages(world, token, "credit", cursor)
    key = sorted(lines)[1_200]
    code, period = key.split("/")
    change = "UPDATE credit_score SET grade = %s WHERE nhsa_code = %s AND period = %s"
    world.owner.execute(change, ("Z", code, period))
    page = world.ask(token, DOCUMENT, {"feed": "creditChanges", "after": cursor})["data"]["digest"]
    assert page["upToDate"] is False
    assert [one == other for one, other in zip(page["blocks"], before, strict=True)] == [True, False]
    lines, cursor = copy(world, token, "credit")
    page = world.ask(token, DOCUMENT, {"feed": "creditChanges", "after": cursor})["data"]["digest"]
    assert page["upToDate"] is True
    assert [(each["count"], each["sha256"]) for each in page["blocks"]] == [
        digest(lines, each["after"], each["to"]) for each in page["blocks"]
    ]


def test_what_is_hidden_changes_nothing(world: Exporting) -> None:
    """Also not whether the copy is up to date."""
    token = world.token(PLATFORM)
    _, cursor = copy(world, token, "penalties")
    before = world.ask(token, DOCUMENT, {"feed": "penaltyChanges", "after": cursor})
    changed = world.owner.execute(
        "UPDATE penalty_record SET fine = 1, content = 'x' WHERE published_at IS NULL"
        " OR counterparty_category = 'NATURAL_PERSON'"
    ).rowcount
    world.owner.execute(
        "UPDATE penalty_record SET facts = 'y', served_on = decided_on, case_file_no = 'z' WHERE id % 4 = 0"
    )
    foreign = "UPDATE credit_score SET grade = 'Y' WHERE province <> '640000' AND id % 4 = 0"
    assert changed > 100 < world.owner.execute(foreign).rowcount
    assert world.ask(token, DOCUMENT, {"feed": "penaltyChanges", "after": cursor}) == before
    _, cursor = copy(world, token, "credit")
    world.owner.execute(foreign.replace("'Y'", "'X'"))
    assert world.ask(token, DOCUMENT, {"feed": "creditChanges", "after": cursor})["data"]["digest"]["upToDate"] is True


def test_nothing_at_all_has_a_digest_too(world: Exporting) -> None:
    token = world.token(PLATFORM)
    _, cursor = copy(world, token, "penalties")
    given = {"feed": "penaltyChanges", "after": cursor, "behind": "f" * 8 + "-ffff-4fff-bfff-" + "f" * 12}
    page = world.ask(token, DOCUMENT, given)["data"]["digest"]
    empty = {"after": given["behind"], "to": None, "count": 0, "sha256": hashlib.sha256(b"").hexdigest()}
    assert page["blocks"] == [empty]


@pytest.mark.parametrize(
    "asked",
    [
        "upToDate",
        "__typename",
        "blocks { count }",
        "blocks { to sha256 }",
        "blocks { after }",
        "blocks { __typename }",
        "some: blocks { count } others: blocks { sha256 count }",
        "upToDate same: upToDate blocks { after to count sha256 }",
    ],
)
@pytest.mark.parametrize("feed", EXPORTS)
def test_any_part_of_it_can_be_asked(world: Exporting, feed: str, asked: str) -> None:
    token = world.token(PLATFORM)
    name, after = EXPORTS[feed].feed, end(world, token, feed)
    whole = world.ask(token, DOCUMENT, {"feed": name, "after": after, "first": 10})["data"]["digest"]
    document = f"query D($after: String!) {{ digest: feedDigest(feed: {name}, after: $after) {{ {asked} }} }}"
    answered = world.ask(token, document, {"after": after})
    assert "errors" not in answered, answered
    for part, value in answered["data"]["digest"].items():
        if part == "__typename":
            assert value == "FeedDigest"
        elif isinstance(value, bool):
            assert value is whole["upToDate"]
        else:
            told = [
                {name: of[name] for name in one if name in of} for one, of in zip(value, whole["blocks"], strict=True)
            ]
            assert [{name: one[name] for name in one if name != "__typename"} for one in value] == told
            assert set(value[0]) == {"some": {"count"}, "others": {"sha256", "count"}}.get(part, set(value[0]))


def end(world: Exporting, token: str, feed: str) -> str:
    """The cursor of a copy that is at its end."""
    page = f"query F($after: String) {{ page: {EXPORTS[feed].feed}(after: $after, first: 1000) {{ cursor hasMore }} }}"
    after = None
    while True:
        found = world.ask(token, page, {"after": after})["data"]["page"]
        after = found["cursor"]
        if not found["hasMore"]:
            return str(after)


BLOCK_WHOLE = (
    "query B($feed: Feed!, $after: String!, $behind: String, $first: Int! = 1) { digest: feedDigest(feed: $feed,"
    " after: $after, behind: $behind, first: $first) { blocks { after to count sha256 lines } } }"
)


@pytest.mark.parametrize("agency", [PLATFORM, REGULATOR])
@pytest.mark.parametrize("feed", EXPORTS)
def test_a_block_can_be_taken_whole(world: Exporting, agency: str, feed: str) -> None:
    token = world.token(agency)
    lines, cursor = copy(world, token, feed)
    behind, found = None, {}
    while True:
        given = {"feed": EXPORTS[feed].feed, "after": cursor, "behind": behind}
        (block,) = world.ask(token, BLOCK_WHOLE, given)["data"]["digest"]["blocks"]
        told = [line.encode() for line in block["lines"]]
        assert (block["count"], len(told)) == (len(told), len({*told}))
        hashed = b"".join(hashlib.sha256(line).digest() for line in told)
        assert hashlib.sha256(hashed).hexdigest() == block["sha256"]
        found |= {json.loads(line)["key"]: line for line in told}
        behind = block["to"]
        if behind is None:
            break
    assert found == lines


def test_the_ledger_says_whose_lines_were_taken(world: Exporting) -> None:
    """As of an export: every record by its id, and the fields as shown; so a recall finds the client."""
    token = world.token(PLATFORM)
    lines, cursor = copy(world, token, "penalties")
    ids, ledger = world.ids(), world.watched()
    given = {"feed": "penaltyChanges", "after": cursor, "behind": sorted(lines)[-3]}
    answered = world.ask(token, BLOCK_WHOLE, given)
    (block,) = answered["data"]["digest"]["blocks"]
    assert [json.loads(line)["key"] for line in block["lines"]] == sorted(lines)[-2:]
    (entry,) = ledger.entries
    packed = struct.unpack(f">{len(entry.record_ids) // 8}q", entry.record_ids)
    assert {ids[key] for key in sorted(lines)[-2:]} <= {*packed}
    assert not {ids[key] for key in sorted(lines)[:-2]} & {*packed}
    assert {"PenaltyRecord.decisionNo", "PenaltyRecord.fine", "Agency.name"} <= set(entry.shown)
    assert not entry.counted
    assert "PenaltyRecord.counterpartyPersonName" in entry.masked
    assert {each["coordinate"] for each in answered["extensions"]["masked"]} >= {"PenaltyRecord.counterpartyPersonName"}
    empty = world.ask(token, BLOCK_WHOLE, given | {"behind": max(lines)})["data"]["digest"]["blocks"]
    assert [(block["count"], block["lines"]) for block in empty] == [(0, [])]
    refused = world.ask(token, BLOCK_WHOLE, given | {"first": 2})
    assert refused["data"] == {"digest": None}
    assert refused["errors"][0]["extensions"]["code"] == "INVALID_ARGUMENT"


def test_refused(world: Exporting) -> None:
    token = world.token(PLATFORM)
    _, cursor = copy(world, token, "penalties")
    for wrong, code in [
        ({"after": "x"}, "RESYNC_REQUIRED"),
        ({"feed": "creditChanges"}, "RESYNC_REQUIRED"),
        ({"feed": "clueTransferChanges"}, "INVALID_ARGUMENT"),
        ({"first": 0}, "INVALID_ARGUMENT"),
        ({"first": 21}, "INVALID_ARGUMENT"),
        ({"behind": "nothing"}, "INVALID_ARGUMENT"),
        ({"behind": "nothing", "after": "x"}, "RESYNC_REQUIRED"),
    ]:
        answered = world.ask(token, DOCUMENT, {"feed": "penaltyChanges", "after": cursor} | wrong)
        assert [error["extensions"]["code"] for error in answered["errors"]] == [code], wrong
        assert answered["data"] == {"digest": None}
    told = world.ask(token, DOCUMENT, {"feed": "penaltyChanges", "after": cursor, "behind": "x"})["errors"][0]
    assert (told["path"], told["extensions"]["argument"]) == (["digest"], "behind")
    assert "`to`" in told["extensions"]["next"]["en"]
    other = world.ask(world.token("650000-CREDIT_PLATFORM"), DOCUMENT, {"feed": "penaltyChanges", "after": cursor})
    assert other["errors"][0]["extensions"]["code"] == "RESYNC_REQUIRED"
    closed = world.ask(
        world.token(PLATFORM, scopes=("penalties:read",)), DOCUMENT, {"feed": "penaltyChanges", "after": cursor}
    )
    assert closed["data"] == {"digest": None}
    assert [(each["code"], each["scope"]) for each in closed["extensions"]["masked"]] == [
        ("SCOPE_MISSING", "feed:read")
    ]


def test_the_ledger_says_that_it_was_counted(world: Exporting) -> None:
    token = world.token(PLATFORM)
    _, cursor = copy(world, token, "penalties")
    ledger = world.watched()
    world.ask(token, DOCUMENT, {"feed": "penaltyChanges", "after": cursor})
    (entry,) = ledger.entries
    assert {"PenaltyRecord.decisionNo", "PenaltyRecord.fine", "Agency.name"} <= set(entry.counted)
    assert not entry.shown
    assert "PenaltyRecord.counterpartyPersonName" in entry.masked
