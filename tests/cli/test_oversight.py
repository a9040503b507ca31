"""`hub oversight`: asked at the hub's door with the agency's own client; what is refused is said."""

import json
from pathlib import Path

from hub_process import hub

OWN = ("--as", "demo-health", "--purpose", "medical-practice-regulation")
DRAWN = ("--seed", "2026-1", "--share", "0.5", "--from", "2026-01-01", "--to", "2026-06-30")


def test_what_an_agency_owes_is_listed(data: Path) -> None:
    done = hub("oversight", "list", *OWN, "--days", "30", "--json", "--data", str(data))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["dueWithinDays"] == 30
    assert {one["agency"] for one in found["owed"]} <= {"640104-HEALTH", None}
    assert sum(one["overdue"] for one in found["owed"]) > 0
    lines = hub("oversight", "list", *OWN, "--days", "30", "--data", str(data)).stdout.splitlines()
    assert lines[0].split("\t") == ["agency", "owedBy", "overdue", "dueSoon"]
    assert len(lines) == 1 + len(found["owed"])


def test_a_purpose_that_counts_nothing_is_told(data: Path) -> None:
    done = hub("oversight", "list", "--as", "demo-admin", "--purpose", "hub-administration", "--data", str(data))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr


def test_who_may_not_draw_is_told_with_the_key_to_ask_again(data: Path) -> None:
    done = hub("oversight", "sample", *OWN, *DRAWN, "--key", "check-2026-1", "--data", str(data))
    assert (done.returncode, done.stdout) == (1, "")
    assert "--key check-2026-1" in done.stderr
    assert ": " in done.stderr
