"""`hub credit …` as an operator types it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.db.engine import Database

HUB = Path(sys.executable).with_name("hub")


def hub(database: Database, tmp_path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"HUB_DATABASE_URL": database.owner_url, "HUB_DATA": str(tmp_path)}
    return subprocess.run(
        [HUB, "credit", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_compute_and_explain(credit_database: Database, tmp_path: Path, app: psycopg.Connection[Any]) -> None:
    row = app.execute("SELECT id, nhsa_code FROM institution ORDER BY id DESC LIMIT 1").fetchone()
    assert row
    app.execute(
        "INSERT INTO credit_event (institution_id, rule, occurred_on, recorded_at, agency, client_id, officer)"
        " VALUES (%s, 'DATA_FALSE', '2026-08-01', '2026-08-02T00:00:00Z', '640104-HEALTHCARE_SECURITY', 't', 'T-1')",
        (row[0],),
    )
    done = hub(credit_database, tmp_path, "compute", "--period", "2026Q3")
    assert done.returncode == 0, done.stderr
    assert "12 institutions" in done.stderr
    told = hub(credit_database, tmp_path, "explain", row[1], "--period", "2026Q3", "--json")
    answer = json.loads(told.stdout)
    stored = app.execute(
        "SELECT score::text, grade FROM credit_score WHERE institution_id = %s AND period = '2026Q3'", (row[0],)
    ).fetchone()
    assert (answer["score"], answer["grade"]) == stored == ("950.00", "A")
    assert [(one["rule"], one["points"]) for one in answer["effects"]] == [("DATA_FALSE", 250)]
    then = hub(credit_database, tmp_path, "explain", row[1], "--period", "2026Q3", "--as-of", "2026-08-01", "--json")
    assert json.loads(then.stdout)["score"] == "1000.00", "not known then"
    assert "DATA_FALSE" in hub(credit_database, tmp_path, "explain", row[1], "--period", "2026Q3").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("compute", "--period", "2026"), "2025Q4"),
        (("compute", "--period", "2099Q1"), "has not begun"),
        (("compute", "--period", "2026Q3", "--model", "none"), "No such model"),
        (("explain", "NONE", "--period", "2026Q3"), "No such institution"),
    ],
)
def test_misuse_is_told(credit_database: Database, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = hub(credit_database, tmp_path, *arguments)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
