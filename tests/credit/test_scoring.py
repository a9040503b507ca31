"""Scores in the database are those of the law's pure function, whatever happened, in whatever order (R24)."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.credit.events import By, Correction, CreditRefused, correct_event, events_of, record_event
from hub.credit.job import PIECE, AlreadyRunning, run
from hub.credit.maintaining import maintain
from hub.credit.qualification import record_points
from hub.credit.scoring import LOCK, compute
from hub.db.engine import Database
from hub.law import credit
from hub.law.credit import Change, Quarter

MODEL = credit.current()
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
BY = By("640104-HEALTHCARE_SECURITY", "test", "T-1", NOW)
PERIODS = [Quarter(2026, 1), Quarter(2026, 3)]
RULES = [rule.code for rule in MODEL.rule.rules]
pytestmark = pytest.mark.property


def institutions(connection: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in connection.execute("SELECT id FROM institution ORDER BY id").fetchall()]


def stored(connection: psycopg.Connection[Any], institution: int, period: Quarter) -> tuple[Any, ...]:
    score = connection.execute(
        "SELECT id, score, grade, measures, model_version FROM credit_score WHERE institution_id = %s AND period = %s",
        (institution, str(period)),
    ).fetchone()
    assert score
    dimensions = connection.execute(
        "SELECT name, score, weight FROM credit_dimension WHERE score_id = %s ORDER BY position", (score[0],)
    ).fetchall()
    effects = connection.execute(
        "SELECT rule, points, occurred_on, clause FROM credit_effect WHERE score_id = %s ORDER BY position", (score[0],)
    ).fetchall()
    return (*score[1:], dimensions, effects)


def by_law(connection: psycopg.Connection[Any], institution: int, period: Quarter) -> tuple[Any, ...]:
    found = credit.score(MODEL, period, events_of(connection, institution))
    return (
        found.score, found.grade, list(found.measures), found.model,
        [(one.zh, Decimal(one.score), one.weight) for one in found.dimensions],
        [(one.rule, one.points, one.occurred_on, one.clause) for one in found.effects],
    )  # fmt: skip


def computed(connection: psycopg.Connection[Any], ids: list[int]) -> None:
    for period in PERIODS:
        with connection.transaction():
            compute(connection, MODEL, period, ids, NOW)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["record", *Change]), st.sampled_from(RULES),
        st.dates(date(2025, 1, 1), date(2026, 11, 20)), st.integers(0, 9),
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
@given(STEPS)
def test_maintained_is_from_scratch_is_the_law(app: psycopg.Connection[Any], steps: list[Any]) -> None:
    ids = institutions(app)[:3]
    computed(app, ids)
    recorded: dict[int, list[UUID]] = defaultdict(list)
    for number, (which, what, rule, day, pick) in enumerate(steps):
        by = By(BY.agency, BY.client_id, BY.officer, NOW + timedelta(seconds=number))
        mine = recorded[which]
        try:
            with app.transaction():
                if what == "record" or not mine:
                    mine.append(record_event(app, by, ids[which], rule, day))
                elif what is Change.AMENDED:
                    correct_event(app, by, mine[pick % len(mine)], Correction(what, "更正", rule, occurred_on=day))
                elif what is Change.REPAIRED:
                    correct_event(app, by, mine[pick % len(mine)], Correction(what, "修复", effective_on=day))
                else:
                    correct_event(app, by, mine[pick % len(mine)], Correction(Change.REVOKED, "撤销"))
        except CreditRefused:
            pass
    maintained = {(one, period): stored(app, one, period) for one in ids for period in PERIODS}
    for (one, period), found in maintained.items():
        assert found == by_law(app, one, period)
    computed(app, ids)
    assert maintained == {(one, period): stored(app, one, period) for one in ids for period in PERIODS}


def test_a_case_bound_event_is_a_deduction_not_an_effect(
    app: psycopg.Connection[Any], credit_database: Database
) -> None:
    with psycopg.connect(credit_database.owner_url, autocommit=True) as owner:
        owner.execute("INSERT INTO case_file VALUES ('640104-2026-900001', %s, '2026-01-01')", (BY.agency,))
    one = institutions(app)[5]
    computed(app, [one])
    with app.transaction():
        record_event(app, BY, one, "PENALTY_SERIOUS", date(2026, 8, 1), case_no="640104-2026-900001")
    (score, *_, effects) = stored(app, one, Quarter(2026, 3))
    assert (score, effects) == (Decimal("800.00"), [])
    deductions = app.execute(
        "SELECT d.reason, d.points, d.case_no FROM credit_deduction d JOIN credit_score s ON s.id = d.score_id"
        " WHERE s.institution_id = %s AND s.period = '2026Q3'", (one,)
    ).fetchall()  # fmt: skip
    assert deductions == [("严重违法行为行政处罚", Decimal(400), "640104-2026-900001")]


def test_history_is_kept_and_nothing_is_written_where_nothing_changed(app: psycopg.Connection[Any]) -> None:
    one = institutions(app)[6]
    computed(app, [one])

    def versions() -> list[Any]:
        return app.execute(
            "SELECT period, score FROM credit_score_version WHERE institution_id = %s ORDER BY id", (one,)
        ).fetchall()

    with app.transaction():
        event = record_event(app, BY, one, "DATA_FALSE", date(2026, 8, 1))
    assert versions() == [("2026Q3", Decimal("1000.00"))]
    with app.transaction():
        assert maintain(app, [one], date(2024, 1, 1), date(2026, 12, 31), NOW) == 0
    with app.transaction():
        correct_event(app, BY, event, Correction(Change.REVOKED, "处罚决定被撤销"))
    assert versions() == [("2026Q3", Decimal("1000.00")), ("2026Q3", Decimal("950.00"))]
    assert stored(app, one, Quarter(2026, 3))[0] == Decimal("1000.00")


def test_the_job_computes_everybody_and_goes_on_where_it_stopped(
    credit_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.credit.job.PIECE", 5)
    period = Quarter(2025, 4)
    with psycopg.connect(credit_database.owner_url, autocommit=True) as owner:
        first = run(owner, MODEL, period, NOW)
        assert next(first).done == 5
        first.close()  # stopped after the first piece
        steps = list(run(owner, MODEL, period, NOW))
        assert [step.done for step in steps] == [10, 12]
        assert owner.execute("SELECT count(*) FROM credit_score WHERE period = '2025Q4'").fetchone() == (12,)
        assert [step.changed for step in run(owner, MODEL, period, NOW)] == [0, 0, 0], (
            "the same events, the same scores"
        )
    assert PIECE > 5


def test_two_jobs_do_not_run_at_once(credit_database: Database) -> None:
    with (
        psycopg.connect(credit_database.owner_url, autocommit=True) as one,
        psycopg.connect(credit_database.owner_url, autocommit=True) as other,
    ):
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK + 1,))
        with pytest.raises(AlreadyRunning):
            next(run(one, MODEL, Quarter(2025, 4), NOW))


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"rule": "NO_SUCH"}, "rule"),
        ({"occurred_on": date(2026, 11, 21)}, "occurredOn"),
    ],
)
def test_bad_events_change_nothing(app: psycopg.Connection[Any], given_: dict[str, Any], field: str) -> None:
    before = app.execute("SELECT count(*) FROM credit_event").fetchone()
    values: dict[str, Any] = {"rule": "DATA_LATE", "occurred_on": date(2026, 8, 1)} | given_
    with pytest.raises(CreditRefused) as refused, app.transaction():
        record_event(app, BY, institutions(app)[7], values["rule"], values["occurred_on"])
    assert refused.value.field == field
    assert app.execute("SELECT count(*) FROM credit_event").fetchone() == before


def test_bad_corrections(app: psycopg.Connection[Any]) -> None:
    with app.transaction():
        event = record_event(app, BY, institutions(app)[8], "DATA_LATE", date(2026, 8, 1))
    for change, more, field in (
        (Change.REVOKED, {"reason": "  "}, "reason"),
        (Change.AMENDED, {}, "change"),
        (Change.REVOKED, {"rule": "DATA_FALSE"}, "change"),
        (Change.REPAIRED, {}, "effectiveOn"),
        (Change.REPAIRED, {"effective_on": date(2026, 7, 31)}, "effectiveOn"),
        (Change.AMENDED, {"rule": "NO_SUCH"}, "rule"),
    ):
        with pytest.raises(CreditRefused) as refused, app.transaction():
            correct_event(app, BY, event, Correction(**{"change": change, "reason": "理由"} | more))  # type: ignore[arg-type]
        assert refused.value.field == field
    with app.transaction():
        correct_event(app, BY, event, Correction(Change.REVOKED, "撤销"))
    with pytest.raises(CreditRefused), app.transaction():
        correct_event(app, BY, event, Correction(Change.REVOKED, "再次撤销"))


def test_points_of_a_person(app: psycopg.Connection[Any]) -> None:
    person, region = app.execute("SELECT id, region FROM personnel ORDER BY id LIMIT 1").fetchone() or (0, "")
    for given_, status in ((6, "NORMAL"), (3, "SUSPENDED"), (3, "ENDED")):
        with app.transaction():
            record_points(app, BY, person, given_, date(2026, 6, 1), region)
        row = app.execute("SELECT qualification_status FROM personnel WHERE id = %s", (person,)).fetchone()
        assert row == (status,)
    with pytest.raises(CreditRefused):
        record_points(app, BY, person, 13, date(2026, 6, 1), region)


@pytest.mark.parametrize("table", ["credit_event", "credit_score_version"])
def test_the_server_cannot_change_what_happened(app: psycopg.Connection[Any], table: str) -> None:
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(psycopg.errors.Error):
            app.execute(statement)
