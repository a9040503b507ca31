"""Bulk export: the same records as by query, in the form of R22; in the ledger before they leave; no trace of others."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from export_world import CSV, NDJSON, PLATFORM, POSITIONS, REGULATOR, Exporting

import hub.exporting
import hub.query.sqllines
from hub.db.engine import Database
from hub.exporting import Exports, Piece
from hub.graph.catalogue import load_catalogue
from hub.graph.errors import ErrorCode
from hub.graph.exports import EXPORTS
from hub.graph.schema import graphql_schema
from hub.ledger.entry import DisclosureEntry
from hub.penalties.dual_publicity import FIELDS, RECORD, form, record_of
from hub.query.compile import Compiler
from hub.stretches import Asked, Stopped

SCHEMA = json.loads((Path(__file__).parents[2] / "schema" / "dual-publicity.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def world(sample_copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporting]:
    made = Exporting(sample_copy(), tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()


@pytest.fixture
def stretch(monkeypatch: pytest.MonkeyPatch, world: Exporting) -> Callable[[int], None]:
    """Sets how many rows a statement looks at."""

    def set_to(rows: int) -> None:
        monkeypatch.setattr(hub.query.sqllines, "STRETCH", rows)
        monkeypatch.setattr(hub.exporting, "STRETCH", rows)
        world.hub = replace(world.hub, compiler=Compiler(graphql_schema(), load_catalogue()))

    yield set_to
    world.hub = replace(world.hub, compiler=Compiler(graphql_schema(), load_catalogue()))


def queried(world: Exporting, token: str) -> dict[str, dict[str, Any]]:
    """All penalties that the token lists, by pages."""
    found: dict[str, dict[str, Any]] = {}
    after = None
    document = (
        "query P($after: String) { penaltyRecords(first: 1000, after: $after) {"
        f" nodes {{ id {RECORD} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    )
    while True:
        page = world.ask(token, document, {"after": after})["data"]["penaltyRecords"]
        found |= {node["id"]: node for node in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def shaped(record: dict[str, Any]) -> dict[str, str]:
    """The thirty fields as Python makes them, without the identity documents."""
    values = form(record, credit_platform=False)
    return {each.code: "" if each.identity else value for each, value in zip(FIELDS, values, strict=True)}


# --- what is in it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", [PLATFORM, REGULATOR, "650100-HEALTH"])
def test_penalties_are_those_of_the_query_in_the_form(world: Exporting, agency: str) -> None:
    token = world.token(agency)
    records = world.records(token)
    assert records == {key: shaped(record) for key, record in queried(world, token).items()}
    assert len(records) > 100


def test_a_case_opens_names_of_persons_but_no_identity_number(world: Exporting) -> None:
    row = world.owner.execute(
        "SELECT t.case_no, t.sender FROM penalty_record p JOIN clue_transfer t ON t.case_no = p.case_no"
        " WHERE p.counterparty_category = 'NATURAL_PERSON' AND p.region = ANY (SELECT region FROM agency a"
        " WHERE a.code = t.sender) AND t.closed_at IS NULL AND t.sender LIKE '%%HEALTHCARE_SECURITY' LIMIT 1"
    ).fetchone()
    assert row, "the sample has one"
    case_no, agency = row
    token = world.token(agency, case_no=case_no)
    records, open_ = world.records(token), queried(world, token)
    assert records == {key: shaped(record) for key, record in open_.items() if key in records}
    # What a case alone opens is not in a feed, and not in its export: it comes and goes with the case.
    assert records.keys() == world.records(world.token(agency)).keys()
    assert any(record["cf_xdr_lb"] == "自然人" and record["cf_xdr_mc"] for record in records.values())
    assert not any(record["cf_xdr_zjhm"] or record["cf_fr_zjhm"] for record in records.values())


def test_the_form_validates_against_the_schema_of_r22(world: Exporting) -> None:
    check = jsonschema.Draft202012Validator(SCHEMA)
    check.check_schema(SCHEMA)
    records = world.records(world.token(PLATFORM))
    for record in records.values():
        check.validate(record)
        assert list(record) == [each.code for each in FIELDS]
        # Round trip: read back and written again.
        assert shaped(record_of(tuple(record.values()))) == record
    first = next(iter(records.values()))
    for wrong in ({"cf_nr_fk": "2000"}, {"cf_xdr_zjhm": "1"}, {"cf_wsh": ""}, {"more": ""}):
        assert not check.is_valid(first | wrong)


def test_two_thousand_yuan_are_a_fifth_of_ten_thousand(world: Exporting) -> None:
    token = world.token(PLATFORM)
    key = next(key for key, record in world.records(token).items() if record["cf_nr_fk"])
    before = world.owner.execute("SELECT fine FROM penalty_record WHERE public_id = %s", (key,)).fetchone()
    world.owner.execute("UPDATE penalty_record SET fine = 2000 WHERE public_id = %s", (key,))
    assert world.records(token)[key]["cf_nr_fk"] == "0.200000"
    world.owner.execute("UPDATE penalty_record SET fine = %s WHERE public_id = %s", (before[0], key))


def test_no_natural_person_for_the_credit_platform(world: Exporting) -> None:
    records = world.records(world.token(PLATFORM))
    assert {record["cf_xdr_lb"] for record in records.values()} == {"法人及非法人组织", "个体工商户"}
    persons = {
        str(key) for (key,) in world.owner.execute(
            "SELECT public_id FROM penalty_record WHERE counterparty_category = 'NATURAL_PERSON'"
        )
    }  # fmt: skip
    assert persons
    assert not persons & records.keys()


AWKWARD = '=cmd|"/c calc"\\, ,\r\n第二行\t"引号" \\n  \x1f𠮷'


@pytest.mark.parametrize("text", [AWKWARD, "'已有", "+1", "-1", "@x", "＝全角", "\t", " ", '""', "\\", "a\nb", "(a,b)"])
def test_awkward_text_in_both_forms(world: Exporting, text: str) -> None:
    token = world.token(PLATFORM)
    key = next(iter(world.records(token)))
    (before,) = world.owner.execute("SELECT content FROM penalty_record WHERE public_id = %s", (key,)).fetchone()
    world.owner.execute("UPDATE penalty_record SET content = %s WHERE public_id = %s", (text, key))
    try:
        assert world.records(token)[key]["cf_nr"] == text
        for form_ in (CSV, POSITIONS):
            body = b"".join(piece.body for piece in world.pieces(token, form=form_)).decode()
            rows = list(csv.reader(io.StringIO(body, newline=""), strict=True))
            assert {len(row) for row in rows} == {30 if form_ is CSV else 32}
            (cell,) = {row[18] for row in rows} & {text, f"'{text}"}
            assert cell == (f"'{text}" if text[0] in "=+-@'\t\r＝＋－＠" else text)
    finally:
        world.owner.execute("UPDATE penalty_record SET content = %s WHERE public_id = %s", (before, key))


# --- pieces, places --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", [PLATFORM, REGULATOR])
@pytest.mark.parametrize("feed", EXPORTS)
def test_cut_anywhere_it_is_the_same(world: Exporting, stretch: Any, agency: str, feed: str) -> None:
    """Whatever the size of a stretch, the lines are the same; from each place the rest comes, once."""
    token = world.token(agency)
    whole = [line for line in world.lines(token, feed) if "key" in line]
    stretch(97)
    pieces = world.pieces(token, feed)
    lines = [json.loads(line) for piece in pieces for line in piece.body.splitlines()]
    assert [line for line in lines if "key" in line] == whole
    assert lines[-1]["count"] == len(whole)
    assert [len(piece.body.splitlines()) for piece in pieces[:-1]] == [98] * (len(whole) // 97)
    places = [line["after"] for line in lines if "after" in line]
    for number, after in [(0, places[0]), (len(places) - 1, places[-1])]:
        rest = world.lines(token, feed, after=after)
        assert [line for line in rest if "key" in line] == whole[(number + 1) * 97 :]


def test_csv_goes_on_from_the_place_in_its_last_column(world: Exporting, stretch: Any) -> None:
    stretch(97)
    token = world.token(PLATFORM)
    whole = _rows(world.pieces(token, form=POSITIONS))
    assert [bool(row[31]) for row in whole] == [(at + 1) % 97 == 0 for at in range(len(whole))]
    rest = _rows(world.pieces(token, form=POSITIONS, after=whole[96][31]))
    assert [row[:31] for row in rest] == [row[:31] for row in whole[97:]]
    assert [row[30] for row in whole] == list(world.records(token))


def _rows(pieces: list[Piece]) -> list[list[str]]:
    body = b"".join(piece.body for piece in pieces).decode()
    return list(csv.reader(io.StringIO(body, newline=""), strict=True))


def test_a_place_is_of_one_export_agency_and_purpose(world: Exporting, stretch: Any) -> None:
    stretch(97)
    token = world.token(PLATFORM)
    (after, *_) = [line["after"] for line in world.lines(token) if "after" in line]
    other = world.token("650000-CREDIT_PLATFORM")
    regulator = world.token(REGULATOR)
    tampered = after[:40] + ("A" if after[40] != "A" else "B") + after[41:]
    for asking, feed, given in [
        (token, "inspections", after),
        (other, "penalties", after),
        (regulator, "penalties", after),
        (token, "penalties", tampered),
        (token, "penalties", "x"),
    ]:
        with pytest.raises(Stopped, match=ErrorCode.RESYNC_REQUIRED.value):
            world.pieces(asking, feed, after=given)
    assert world.pieces(world.token(PLATFORM), after=after), "another token of the same agency and purpose goes on"
    world.owner.execute("UPDATE feed_epoch SET number = number + 1")
    with pytest.raises(Stopped, match=ErrorCode.RESYNC_REQUIRED.value):
        world.pieces(token, after=after)
    world.owner.execute("UPDATE feed_epoch SET number = number - 1")


# --- no trace of what is hidden --------------------------------------------------------------------------------------


def test_hidden_rows_leave_no_trace(
    world: Exporting, stretch: Any, sample_copy: Callable[[], Database], tmp_path: Path
) -> None:
    """A database with other hidden records: the same pieces, byte for byte but for the seals; the same lengths."""
    stretch(50)
    other = Exporting(sample_copy(), tmp_path)
    try:
        other.hub = replace(other.hub, compiler=world.hub.compiler)
        hidden = other.owner.execute(
            "DELETE FROM penalty_record p WHERE p.published_at IS NULL AND p.id % 3 = 0"
            " AND NOT EXISTS (SELECT FROM penalty_event e WHERE e.penalty_id = p.id) RETURNING 1"
        ).rowcount
        assert hidden > 100
        other.owner.execute(
            "UPDATE penalty_record SET facts = 'x', remark = 'y', fine = 1, counterparty_person_name = '某'"
            " WHERE published_at IS NULL OR counterparty_category = 'NATURAL_PERSON'"
        )
        mine, theirs = (each.pieces(each.token(PLATFORM)) for each in (world, other))
        assert [_unsealed(piece.body) for piece in mine] == [_unsealed(piece.body) for piece in theirs]
        assert [len(piece.body) for piece in mine] == [len(piece.body) for piece in theirs]
    finally:
        other.close()


def _unsealed(body: bytes) -> list[Any]:
    lines = [json.loads(line) for line in body.splitlines()]
    return [{key: value for key, value in line.items() if key not in ("after", "cursor")} for line in lines]


# --- the ledger, the authority, the quota ----------------------------------------------------------------------------


def test_every_line_is_in_the_ledger_before_its_piece_leaves(world: Exporting, stretch: Any) -> None:
    stretch(50)
    ledger, ids = world.watched(), world.ids()
    left: list[int] = []

    def check(piece: Piece) -> None:
        keys = [json.loads(line)["key"] for line in piece.body.splitlines() if line.startswith(b'{"key"')]
        left.extend(ids[key] for key in keys)
        recorded = {id_ for entry in ledger.entries for id_ in _ids(entry)}
        assert recorded >= set(left)

    world.pieces(world.token(PLATFORM), each=check)
    stored = {id_ for entry in ledger.entries for id_ in _ids(entry)}
    agencies = {id_ for (id_,) in world.owner.execute("SELECT id FROM agency")}
    assert stored - agencies == set(left)
    assert sum(entry.row_count for entry in ledger.entries) == len(left)
    assert all(entry.purpose == "credit-publication" and entry.legal_basis for entry in ledger.entries)
    assert "PenaltyRecord.decisionNo" in ledger.entries[0].shown
    assert "PenaltyRecord.counterpartyPersonName" in ledger.entries[0].masked


def _ids(entry: DisclosureEntry) -> list[int]:
    return [int.from_bytes(entry.record_ids[at : at + 8]) for at in range(0, len(entry.record_ids), 8)]


def test_nothing_leaves_without_the_ledger(world: Exporting, stretch: Any) -> None:
    stretch(50)
    token = world.token(PLATFORM)
    world.owner.execute("ALTER TABLE disclosure ADD CONSTRAINT closed CHECK (client_id = '') NOT VALID")
    try:
        with pytest.raises(Stopped, match=ErrorCode.LEDGER_UNAVAILABLE.value):
            world.pieces(token)
    finally:
        world.owner.execute("ALTER TABLE disclosure DROP CONSTRAINT closed")


@pytest.mark.parametrize("pause_s", [0, 0.5], ids=["quick", "slow"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE access_token SET revoked_at = now()", ErrorCode.UNAUTHENTICATED),
        ("UPDATE client SET disabled_at = now()", ErrorCode.UNAUTHENTICATED),
        ("UPDATE scope_grant SET revoked_at = now(), revoked_by = 'x' WHERE scope = 'feed:read'", None),
        ("UPDATE client SET daily_row_quota = 0", ErrorCode.QUOTA_EXCEEDED),
    ],
)
def test_an_authority_that_ends_in_the_middle(
    sample_copy: Callable[[], Database],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    code: Any,
    pause_s: float,
) -> None:
    monkeypatch.setattr(hub.query.sqllines, "STRETCH", 50)
    monkeypatch.setattr(hub.exporting, "STRETCH", 50)
    world = Exporting(sample_copy(), tmp_path)
    seen: list[Piece] = []

    def end(piece: Piece) -> None:
        seen.append(piece)
        if len(seen) == 2:
            world.owner.execute(change)

    try:
        with pytest.raises(Stopped) as stopped:
            world.pieces(world.token(PLATFORM), each=end, pause_s=pause_s)
        # What was read ahead is not given out under an authority that has changed; a quota is asked when it is read.
        assert len(seen) == 2 or (len(seen) == 3 and code is ErrorCode.QUOTA_EXCEEDED)
        assert code is None or stopped.value.code == code
    finally:
        world.close()


def test_refusals_are_in_the_ledger(world: Exporting) -> None:
    ledger = world.watched()
    for token, reason in [
        (world.token(PLATFORM, scopes=("penalties:read",)), ("SCOPE_MISSING", "feed:read")),
        (world.token(PLATFORM, scopes=("feed:read",)), ("SCOPE_MISSING", "penalties:read")),
        (world.token(REGULATOR, "supervision-statistics"), ("PURPOSE_NOT_ALLOWED", None)),
    ]:
        with pytest.raises(Stopped, match="NOT_OPEN") as stopped:
            world.pieces(token)
        assert (stopped.value.told["reason"], stopped.value.told.get("scope")) == reason
        assert stopped.value.told["basis"]
    assert [(entry.outcome, entry.error_codes) for entry in ledger.entries] == [("REFUSED", ("NOT_OPEN",))] * 3
    police = world.token("640104-PUBLIC_SECURITY", "criminal-referral")
    with pytest.raises(Stopped, match="NOT_OPEN") as stopped:
        world.pieces(police, "credit")
    assert stopped.value.told["reason"] == "QUERY_UNDER_CASE", "a token with a case would open no more"


def test_so_many_at_once(world: Exporting) -> None:
    token = world.token(PLATFORM)
    exports = Exports(world.hub)

    async def run() -> None:
        asked = Asked(EXPORTS["penalties"], NDJSON)
        running = [exports.pieces(token, asked, []) for _ in range(2)]
        for each in running:
            await anext(each)
        with pytest.raises(Stopped, match="TOO_MANY_EXPORTS"):
            await anext(exports.pieces(token, asked, []))
        for each in running:
            await each.aclose()
        again = exports.pieces(token, asked, [])
        await anext(again)
        await again.aclose()

    world.loop.run_until_complete(run())


@pytest.mark.parametrize("feed", EXPORTS)
def test_the_feed_goes_on_where_the_export_ends(world: Exporting, feed: str) -> None:
    """Its cursor is one of the feed, which tells nothing that the export held, and what changes from then on."""
    token = world.token(PLATFORM)
    end = world.lines(token, feed)[-1]
    document = (
        f"query F($a: String) {{ {EXPORTS[feed].feed}(after: $a) {{ nodes {{ key change tombstone }} hasMore }} }}"
    )
    page = world.ask(token, document, {"a": end["cursor"]})["data"][EXPORTS[feed].feed]
    assert page == {"nodes": [], "hasMore": False}
    table = {"penalties": "penalty_event", "inspections": "inspection_result", "credit": "credit_score"}[feed]
    if table == "penalty_event":
        return
    key = next(iter(world.records(token, feed)))
    column, changed = ("public_id::text", "kind = 'SPECIAL'") if table == "inspection_result" else (
        "nhsa_code || '/' || period", "grade = 'Z'"
    )  # fmt: skip
    world.owner.execute(f"UPDATE {table} SET {changed} WHERE {column} = %s", (key,))
    page = world.ask(token, document, {"a": end["cursor"]})["data"][EXPORTS[feed].feed]
    assert [node["key"] for node in page["nodes"]] == [key]


def test_the_keys_are_public_ids(world: Exporting) -> None:
    assert all(UUID(key) for key in world.records(world.token(PLATFORM)))
