"""The annual report: what was sent, without a trace of 纪检监察, to whom and by when; and as a workbook."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from counting_asking import SCOPES
from openpyxl import load_workbook
from recount import NOW, Asker, Recount, year_of

from hub.reports.annual import report
from hub.reports.workbook import write
from tests.world import World

OWN = Asker("640104-HEALTHCARE_SECURITY", "fund-supervision")


def made(world: World, asker: Asker, year: int = 2025) -> dict[str, Any]:
    def ask(document: str, variables: Any) -> Any:
        answer = world.ask(world.token(asker.agency, asker.purpose, scopes=SCOPES), document, dict(variables))
        assert "errors" not in answer, answer
        return answer["data"]

    return report(ask, year, asker.purpose)


@pytest.mark.parametrize(
    "asker",
    [
        OWN,
        Asker("640104-HEALTH", "medical-practice-regulation"),
        Asker("640100-HEALTHCARE_SECURITY", "fund-supervision"),
    ],
)
def test_an_agency_reports_what_it_sent(world: World, recount: Recount, asker: Asker) -> None:
    found = made(world, asker)
    rows = [
        row
        for row in recount.rows
        if row["sender"] == asker.agency
        and year_of(row["sent_at"]) == 2025
        and row["receiver_kind"] != "DISCIPLINE_INSPECTION"
        and recount.exact(row, asker)
    ]
    assert found["sent"]["total"] == len(rows) == len(found["transfers"]) > 10
    assert Counter(one["docNo"] for one in found["transfers"]) == Counter(row["doc_no"] for row in rows)
    assert found["sent"]["byStatus"] == recount.figures(rows, "sender", NOW)["byStatus"]
    assert found["sent"]["recovered"] == recount.figures(rows, "sender", NOW)["recovered"]
    apart = Counter(one["reason"] for one in found["differences"])
    counted = Counter[str]()
    for flow in found["flows"]:
        for one in flow["differences"]:
            counted[one["reason"]] += one["count"]
    assert apart == counted


def test_it_goes_to_the_region_by_15_january_and_tells_nothing_of_discipline(world: World, recount: Recount) -> None:
    found = made(world, OWN)
    assert any(row["sender"] == OWN.agency and row["receiver_kind"] == "DISCIPLINE_INSPECTION" for row in recount.rows)
    assert "DISCIPLINE_INSPECTION" not in json.dumps(found)
    assert (found["reportTo"], found["dueOn"]) == ("640000-HEALTHCARE_SECURITY", "2026-01-15")
    assert (found["basis"]["pack"], found["basis"]["notice"]["zh"]) == ("NX2022", "")
    elsewhere = made(world, Asker("510502-HEALTH", "medical-practice-regulation"))
    assert "无法律效力" in elsewhere["basis"]["notice"]["zh"]


def test_a_region_reports_its_chain_in_figures_only(world: World) -> None:
    found = made(world, Asker("640000-HEALTH", "supervision-statistics"))
    assert found["reportTo"] is None
    assert found["transfers"] == found["differences"] == []
    codes = [one["key"] for one in found["sent"]["byAgency"]]
    assert "640104-HEALTH" in codes
    assert all(code.endswith("-HEALTH") for code in codes)


def test_the_workbook_holds_the_report_as_text(world: World, tmp_path: Path) -> None:
    found = made(world, OWN)
    found["transfers"][0] = found["transfers"][0] | {"docNo": "=1+1"}
    write(found, tmp_path / "report.xlsx")
    book = load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == ["汇总", "双方核对", "差异", "移送明细"]
    transfers = list(book["移送明细"].values)
    assert transfers[0][:2] == ("案件编号", "移送书编号")
    assert len(transfers) == 1 + found["sent"]["total"]
    assert (transfers[1][1], book["移送明细"]["B2"].data_type) == ("=1+1", "s")
    summary = {(row[0], row[1] or ""): row[2] for row in book["汇总"].values}
    assert summary["发出合计", ""] == found["sent"]["total"]
    assert summary["期限", ""] == "2026-01-15"
    assert len(list(book["差异"].values)) == 1 + len(found["differences"])
