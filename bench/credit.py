"""Scoring everybody: `python -m bench.credit [--institutions 1000000]`: what `hub credit compute` takes.

The database is `bench/.data/credit-<n>`, kept for the next run: institutions of the sample with the events that follow
from their inspections and measures, and further ones up to two each on average, every tenth of them corrected. First no
scores are there; then all is computed again, where nothing changed; then after one event in a hundred institutions was
amended. The events of imported records are caught up before, and timed apart: those of records that commands wrote are
there already.
"""

import argparse
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.data import settings
from bench.results import machine
from hub.credit.derived import HUB, Writer, follow
from hub.credit.job import PIECE
from hub.credit.scoring import Which
from hub.db.engine import open_database
from hub.db.migrate import migrate
from hub.demo.bulk import sample_progress
from hub.demo.sample import Counts, is_loaded, load_sample
from hub.law import credit

PERIOD = "2026Q3"
EVENTS = """
INSERT INTO credit_event (institution_id, rule, occurred_on, recorded_at, agency, client_id, officer)
SELECT i.id, (%(rules)s::text[])[1 + (hashint8(i.id * 7 + n) & 1023) %% %(many)s],
    date '2025-07-01' + ((hashint8(i.id * 13 + n) & 1023) %% 500), now(), '640104-HEALTHCARE_SECURITY', 'bench', 'bench'
FROM institution i CROSS JOIN generate_series(1, 4) n WHERE hashint8(i.id * 3 + n) & 1 = 0 AND n <= %(each)s
"""
CORRECTIONS = """
INSERT INTO credit_event (institution_id, of, change, rule, effective_on, recorded_at, agency, client_id, officer)
SELECT institution_id, id, change, CASE change WHEN 'AMENDED' THEN 'DATA_LATE' END,
    CASE change WHEN 'REPAIRED' THEN occurred_on + 90 END, now(), agency, client_id, officer
FROM (
    SELECT e.id, e.institution_id, e.occurred_on, e.agency, e.client_id, e.officer,
        (ARRAY['AMENDED','REVOKED','REPAIRED'])[1 + id %% 3] AS change
    FROM credit_event e WHERE e.of IS NULL AND NOT EXISTS (SELECT FROM credit_event c WHERE c.of = e.id)
) e
WHERE id %% %(every)s = 0
"""


def prepared(folder: Path, institutions: int) -> str:
    """The owner's URL of a server that is left running for the command; filled where it is new."""
    opened = open_database(settings(folder))
    engine = opened.owner_engine()
    migrate(engine)
    engine.dispose()
    if not is_loaded(opened.owner_url):
        with sample_progress() as progress:
            load_sample(opened.owner_url, progress=progress, counts=Counts(institutions, 0, 0, 0, 0))
        rules = [rule.code for rule in credit.current().rule.rules]
        with psycopg.connect(opened.owner_url) as owner:
            owner.execute(EVENTS, {"rules": rules, "many": len(rules), "each": 2})
            owner.execute(CORRECTIONS, {"every": 10})
        caught_up(opened.owner_url)
        with psycopg.connect(opened.owner_url, autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE credit_event")
    with psycopg.connect(opened.owner_url) as owner:
        owner.execute(
            "TRUNCATE credit_run, credit_score, credit_dimension, credit_effect, credit_deduction, credit_score_version"
        )
    opened.close()
    return opened.owner_url


def caught_up(url: str) -> None:
    """Gives imported records their events, in the job's pieces; says how long it took."""
    began = time.perf_counter()
    with psycopg.connect(url) as owner:
        first, last = owner.execute("SELECT min(id), max(id) FROM institution").fetchone() or (0, -1)
        for above in range(first - 1, last, PIECE):
            follow(owner, Writer(None, HUB, "", datetime.now(UTC)), Which(above, above + PIECE))
            owner.commit()
        (events,) = owner.execute("SELECT count(*) FROM credit_event WHERE source IS NOT NULL").fetchone() or (0,)
    print(f"events of {events:,} imported records: {time.perf_counter() - began:.0f} s")


def timed(folder: Path) -> tuple[float, float]:
    """Seconds of `hub credit compute`, and the process's peak memory in MB."""
    began = time.perf_counter()
    hub = Path(sys.executable).with_name("hub")
    subprocess.run([hub, "credit", "compute", "--period", PERIOD, "--data", folder], check=True, capture_output=True)
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def amend(folder: Path) -> int:
    opened = open_database(settings(folder))
    with psycopg.connect(opened.owner_url) as owner:
        amended = owner.execute(CORRECTIONS, {"every": 199}).rowcount
    opened.close()
    return amended


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.credit", description=__doc__.splitlines()[0])
    parser.add_argument("--institutions", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parent / ".data")
    given = parser.parse_args()
    folder = (given.data / f"credit-{given.institutions}").resolve()
    prepared(folder, given.institutions)
    first, memory = timed(folder)
    again, _ = timed(folder)
    amended = amend(folder)
    after, _ = timed(folder)
    report = "\n".join(
        (
            "# Speed of scoring", "",
            "Written by `python -m bench.credit`: `hub credit compute` for one period, start of the process and of the",
            "embedded database included.", "",
            f"- {datetime.now(UTC):%Y-%m-%d}; {machine()}", "",
            f"| {given.institutions:,} institutions, two events each | s | |", "|---|--:|---|",
            f"| no score yet: all computed and stored | {first:.0f} | target ≤ 120 for 1,000,000 |",
            f"| again, nothing changed | {again:.0f} | |",
            f"| after {amended:,} corrections | {after:.0f} | |", "",
            f"Memory of the process: {memory:.0f} MB at most.", "",
        )
    )  # fmt: skip
    print(report)
    (Path(__file__).parent / "RESULTS-credit.md").write_text(report)


main()
