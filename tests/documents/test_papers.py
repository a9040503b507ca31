"""The papers: what is printed for whom, compared whole with files beside this one; what is hidden is not printed."""

import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from graphql import parse, validate

from hub.clock import today
from hub.clues.commands_inputs import EvidenceKind, Source
from hub.db.engine import Database
from hub.documents import layouts
from hub.documents.contents import Incomplete, Kind, Made, NotSigned, NotThere, Paper, paper
from hub.documents.word import FOLDER, query, render
from hub.documents.words import EVIDENCE, PARTIES, SOURCES
from hub.graph.schema import graphql_schema
from hub.law.vocabulary import PartyKind
from tests.documents.paper_reading import text_of
from tests.golden.golden_records import load_records
from tests.security.asking import HEALTH, MARKET, NOBODY, OPEN, POLICE, SECURITY, TIANSHAN, transfer
from tests.world import FixedClock, World

EXPECTED = Path(__file__).parent / "expected"
NOW = datetime.fromisoformat("2026-11-16T10:00:00+08:00")
LETTER, RECEIPT = Kind.TRANSFER_LETTER, Kind.RECEIPT
MORE = """
UPDATE clue_transfer SET catalogue_codes = '{NX2022-HS-4,NX2022-HS-7}', approved_at = '2026-10-11T17:00:00Z',
    catalogue_texts = '{"NX2022-HS-7": "为凑足床日重复办理住院"}' WHERE doc_no = '兴医保案移字〔2026〕1号';
INSERT INTO transfer_receipt (transfer_id, agency, pages, documents, sealed, signed_at, officer_name,
                              officer_certificate_no)
SELECT id, receiver, 42, '{案件移送书,案件调查报告,处方笺42份}', true, received_at, '李春晖', '64010420001'
FROM clue_transfer WHERE doc_no = '兴医保案移字〔2026〕1号';
INSERT INTO transfer_receipt (transfer_id, agency, pages, documents, sealed, signed_at, officer_name,
                              officer_certificate_no)
SELECT id, forwarded_from, 30, '{案件移送书}', true, sent_at + interval '3 hours', '刘志远', '64010440001'
FROM clue_transfer WHERE doc_no = '兴医保案移字〔2026〕3号';
"""
"""Receipts of the first transfer, by its receiver, and of the third, by the bureau that forwarded it."""


@pytest.fixture(scope="module")
def world(empty_database: Callable[[], Database], tmp_path_factory: Any) -> Iterator[World]:
    database = empty_database()
    load_records(database.owner_url)
    made = World(database, tmp_path_factory.mktemp("hub"), clock=FixedClock(NOW))
    made.owner.execute(MORE)
    yield made
    made.close()


def asked(world: World, kind: Kind, agency: str, identity: str, case_no: str | None = OPEN, **more: Any) -> Made:
    answer = world.ask(world.token(agency, case_no=case_no, **more), query(kind), {"id": identity})
    assert "errors" not in answer, answer
    return paper(kind, answer, today(world.clock))


def printed(made: Made) -> str:
    assert isinstance(made, Paper), made
    return text_of(render(made))


def compare(name: str, found: str) -> None:
    """With `HUB_WRITE_EXPECTED=1` the files are written anew: to be read before they are committed."""
    file = EXPECTED / f"{name}.txt"
    if os.environ.get("HUB_WRITE_EXPECTED"):
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def coordinates(made: Made) -> set[str]:
    assert isinstance(made, Incomplete), made
    return {entry["coordinate"] for entry in made.masked}


# --- what is printed ---------------------------------------------------------------------------------------------------


def test_the_letter_of_the_sender_holds_all_but_the_informants_item(world: World) -> None:
    made = asked(world, LETTER, SECURITY, transfer(1))
    compare("letter-sender", printed(made))
    assert "举报" not in printed(made).replace("线索来源 | 举报", "")
    assert made.name == "移送书-兴医保案移字〔2026〕1号.docx"  # type: ignore[union-attr]


def test_items_that_the_receiver_may_not_know_are_left_out_and_that_is_said(world: World) -> None:
    found = printed(asked(world, LETTER, HEALTH, transfer(1)))
    compare("letter-receiver", found)
    assert "参保人身份证复印件" not in found
    assert "药品采购合同" not in found
    assert "另有证据材料未予列示" in found


def test_insured_persons_are_on_no_paper(world: World) -> None:
    names = [name for (name,) in world.owner.execute("SELECT name FROM insured_person").fetchall()]
    assert names
    found = printed(asked(world, LETTER, SECURITY, transfer(1)))
    assert not [name for name in names if name in found]


def test_a_draft_says_so_and_has_no_number(world: World) -> None:
    row = world.owner.execute("SELECT public_id, sender, case_no FROM clue_transfer WHERE sent_at IS NULL").fetchone()
    assert row
    found = printed(asked(world, LETTER, row[1], str(row[0]), row[2]))
    compare("letter-draft", found)
    assert "草稿" in found.splitlines()[0]
    assert "案移字" not in found


def test_a_recalled_letter_says_so_and_keeps_its_number(world: World) -> None:
    world.owner.execute("BEGIN")
    world.owner.execute(
        "UPDATE clue_transfer SET status = 'RECALLED', closed_at = '2026-10-14T17:00:00Z' WHERE public_id = %s",
        (transfer(2),),
    )
    world.owner.execute("COMMIT")
    lines = printed(asked(world, LETTER, SECURITY, transfer(2))).splitlines()
    assert lines[0] == "【已撤回（二〇二六年十月十五日）】"
    assert "兴医保案移字〔2026〕2号" in lines


def test_the_receipt_has_every_field_of_the_annex(world: World) -> None:
    for agency in (HEALTH, SECURITY):
        compare("receipt", printed(asked(world, RECEIPT, agency, transfer(1))))


def test_the_form_of_the_annex_speaks_of_healthcare_security_and_health_only(world: World) -> None:
    answer = world.ask(world.token(SECURITY, case_no=OPEN), query(RECEIPT), {"id": transfer(1)})
    answer["data"]["clueTransfer"]["receiver"]["kind"] = "PUBLIC_SECURITY"
    found = printed(paper(RECEIPT, answer, today(world.clock)))
    assert found.splitlines()[0] == "涉嫌犯罪案件移送书"
    assert "《涉嫌犯罪案件移送书》（兴医保案移字〔2026〕1号）" in found
    assert "在此地无法律效力" in found


def test_where_the_form_has_no_force_the_receipt_says_so(world: World) -> None:
    answer = world.ask(world.token(SECURITY, case_no=OPEN), query(RECEIPT), {"id": transfer(1)})
    answer["data"]["clueTransfer"]["receiver"]["region"]["code"] = "650102"
    found = printed(paper(RECEIPT, answer, today(world.clock)))
    assert "本平台默认规则，在此地无法律效力" in found
    compare("receipt-elsewhere", found)


# --- what is not -------------------------------------------------------------------------------------------------------


def test_without_the_case_no_letter_is_made_and_the_reasons_are_told(world: World) -> None:
    made = asked(world, LETTER, SECURITY, transfer(1), None)
    found = coordinates(made)
    assert {"ClueTransfer.summary", "ClueTransfer.parties", "ClueTransfer.evidence"} <= found
    assert isinstance(made, Incomplete)
    assert all(entry["basis"] and entry["opens"] for entry in made.masked)
    assert {"TransferReceipt.pages", "TransferReceipt.documents"} <= coordinates(
        asked(world, RECEIPT, SECURITY, transfer(1), None)
    )


def test_a_notified_agency_gets_no_letter(world: World) -> None:
    assert "ClueTransfer.summary" in coordinates(asked(world, LETTER, MARKET, transfer(1)))


def test_a_scope_that_is_missing_is_told(world: World) -> None:
    assert coordinates(asked(world, LETTER, SECURITY, transfer(1), scopes=["parties:read"])) == {"Query.clueTransfer"}
    found = coordinates(asked(world, LETTER, SECURITY, transfer(1), scopes=["clues:read"]))
    assert {"ClueTransfer.sender", "ClueTransfer.receiver"} <= found


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    ("agency", "identity", "case_no"),
    [
        (SECURITY, NOBODY, OPEN),
        (SECURITY, "no id at all", OPEN),
        (SECURITY, "", None),
        (TIANSHAN, transfer(1), None),
        (POLICE, transfer(1), None),
        (POLICE, transfer(3), None),  # it forwarded it: a party no more
    ],
)
def test_what_may_not_be_known_of_is_not_there(
    world: World, kind: Kind, agency: str, identity: str, case_no: str | None
) -> None:
    assert asked(world, kind, agency, identity, case_no) == NotThere()


def test_a_receipt_of_another_receiver_is_not_the_current_ones(world: World) -> None:
    """The third transfer moved on: the bureau that has it now has signed nothing yet."""
    assert asked(world, RECEIPT, SECURITY, transfer(3)) == NotSigned()
    assert asked(world, RECEIPT, SECURITY, transfer(2)) == NotSigned(), "received, by imported data without contents"


# --- the file ----------------------------------------------------------------------------------------------------------

HOSTILE = "{{ 7*7 }}{% for x in y %}<w:br/>&amp;]]>\x00\x07\x0b\x0c\ufffe\u202e倒\r\n第二行\t尾"


def test_text_is_text_whatever_it_holds(world: World) -> None:
    answer = world.ask(world.token(SECURITY, case_no=OPEN), query(LETTER), {"id": transfer(1)})
    answer["data"]["clueTransfer"] |= {"summary": HOSTILE, "articles": [HOSTILE]}
    found = printed(paper(LETTER, answer, today(world.clock)))
    assert "{{ 7*7 }}{% for x in y %}<w:br/>&amp;]]>倒\n第二行\t尾" in found


def test_word_reads_page_type_and_page_number(world: World) -> None:
    made = asked(world, LETTER, SECURITY, transfer(1))
    assert isinstance(made, Paper)
    document = Document(io.BytesIO(render(made)))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (37, 28)
    for footer in (section.footer, section.even_page_footer):
        assert "PAGE" in footer._element.xml
    assert document.tables[2].rows[0].cells[1].text == "名称"
    assert document.core_properties.author == ""
    assert "方正小标宋简体" in document.element.xml


def test_the_templates_are_those_that_the_layouts_make(tmp_path: Path) -> None:
    """Same layout, same bytes: run `python -m hub.documents.layouts` after a change of a layout."""
    for path in layouts.make(tmp_path):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


@pytest.mark.parametrize("kind", Kind)
def test_the_queries_fit_the_schema(kind: Kind) -> None:
    assert validate(graphql_schema(), parse(query(kind))) == []


def test_every_code_that_can_be_given_has_a_chinese_name() -> None:
    assert set(SOURCES) == set(Source)
    assert set(EVIDENCE) == set(EvidenceKind)
    assert set(PARTIES) >= set(PartyKind)


def test_the_ledger_names_what_was_printed(world: World) -> None:
    asked(world, LETTER, SECURITY, transfer(1))
    row = world.owner.execute(
        "SELECT purpose, case_no, outcome, row_count, shown FROM disclosure_view ORDER BY at DESC, id DESC LIMIT 1"
    ).fetchone()
    assert row
    assert row[:3] == ("fund-supervision", OPEN, "ANSWERED")
    assert row[3] > 5
    assert "ClueTransfer.summary" in json.dumps(row[4])
