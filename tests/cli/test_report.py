"""`hub report`: asked at the hub's door with the agency's own client; what cannot be asked is said."""

import json
from pathlib import Path

import pytest
from hub_process import hub
from openpyxl import load_workbook

AGENCY = "640104-HEALTHCARE_SECURITY"


def test_an_agency_reports_its_year(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.xlsx"
    asked = ("report", "annual", "--agency", AGENCY, "--year", "2025", "--data", str(data))
    done = hub(*asked, "--json", "--out", str(out))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["agency"] == AGENCY
    assert report["sent"]["total"] == len(report["transfers"]) > 0
    assert report["dueOn"] == "2026-01-15"
    assert len(list(load_workbook(out)["移送明细"].values)) == 1 + report["sent"]["total"]
    last = json.loads(hub("ledger", "list", "--json", "--limit", "1", "--data", str(data)).stdout)
    assert {one["agency"] for one in last} == {AGENCY}


@pytest.mark.parametrize(
    ("agency", "told"),
    [
        ("640100-HEALTH", "No key of 640100-HEALTH"),
        ("999999-HEALTH", "no such agency"),
        ("640000-NOBODY", "no such agency"),
    ],
)
def test_who_cannot_be_asked_for_is_told(data: Path, agency: str, told: str) -> None:
    done = hub("report", "annual", "--agency", agency, "--data", str(data))
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stdout == ""


def test_the_columns_are_verified(data: Path) -> None:
    done = hub("report", "verify", "--data", str(data))
    assert done.returncode == 0
    assert "0 differ" in done.stderr
