"""The register of the sample, asked page by page through policy and ledger, against the rows themselves."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from hub.register.asked import due_between, transfers
from hub.register.workbook import write
from tests.world import World

AGENCY = "640104-HEALTH"
NOW = datetime(2026, 11, 1, 4, tzinfo=UTC)


class Fixed:
    def now(self) -> datetime:
        return NOW


class Asking:
    """As `hub.http.asking.Asking`, without HTTP."""

    def __init__(self, world: World, agency: str, purpose: str | None = None) -> None:
        self.world, self.agency, self.purpose = world, agency, purpose

    def answer(self, document: str, variables: str | None) -> bytes:
        token = self.world.token(self.agency, self.purpose)
        return self.world.answer(token, document, json.loads(variables or "{}")).body


@pytest.fixture(scope="module")
def world(sample_copy: Any, tmp_path_factory: Any):
    made = World(sample_copy(), tmp_path_factory.mktemp("data"), clock=Fixed())
    yield made
    made.close()


@pytest.fixture(scope="module")
def rows(world: World) -> list[dict[str, Any]]:
    """What the agency may know of, by plain SQL: its own, and from sending on what it received or was notified of."""
    with psycopg.connect(world.database.owner_url, row_factory=dict_row) as connection:
        return connection.execute(
            """
            SELECT t.*, t.public_id::text AS key FROM clue_transfer t WHERE (t.sender = %(a)s OR t.sent_at IS NOT NULL
              AND (t.receiver = %(a)s OR EXISTS (SELECT FROM clue_transfer_notified n
                   WHERE n.transfer_id = t.id AND n.agency = %(a)s)))
            AND NOT EXISTS (SELECT FROM transfer_party p JOIN agency a ON a.uscc = p.uscc
                            WHERE p.case_no = t.case_no AND a.code = %(a)s)
            """,
            {"a": AGENCY},
        ).fetchall()


def late(row: dict[str, Any]) -> bool:
    open_ = row["closed_at"] is None and row["status"] != "RECALLED"
    return row["due_at"] is not None and row["due_at"] <= NOW and open_


OF_THE_SENDER = {
    "health_transfer_after_service", "security_transfer_after_discovery", "police_report_decision", "police_transfer",
    "supplement", "articles_handover", "result_acknowledgement",
}  # fmt: skip
FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({}, lambda row: True),
    ({"overdue": {"eq": True}}, late),
    ({"overdue": {"eq": False}}, lambda row: not late(row)),
    ({"status": {"in": ["HANDLING", "RECEIVED"]}}, lambda row: row["status"] in ("HANDLING", "RECEIVED")),
    ({"source": {"eq": "REPORT"}}, lambda row: row["source"] == "REPORT"),
    ({"sender": {"eq": AGENCY}}, lambda row: row["sender"] == AGENCY),
    ({"receiver": {"in": [AGENCY]}, "overdue": {"eq": True}}, lambda row: row["receiver"] == AGENCY and late(row)),
    (
        {"route": {"eq": "HEALTHCARE_SECURITY_TO_HEALTH"}},
        lambda row: (row["sender_kind"], row["receiver_kind"]) == ("HEALTHCARE_SECURITY", "HEALTH"),
    ),
    ({"catalogueCodes": {"contains": "NX2022-HS-1"}}, lambda row: "NX2022-HS-1" in row["catalogue_codes"]),
    (
        {"owedBy": {"eq": "SENDER"}},
        lambda row: (
            row["due_at"] is not None
            and row["closed_at"] is None
            and row["status"] != "RECALLED"
            and row["due_clock"] in OF_THE_SENDER
        ),
    ),
    (
        {"dueAt": due_between(NOW.date() - timedelta(days=30), NOW.date())},
        lambda row: (
            row["due_at"] is not None
            and datetime(2026, 10, 1, 16, tzinfo=UTC) < row["due_at"] <= datetime(2026, 11, 1, 16, tzinfo=UTC)
        ),
    ),
]


@pytest.mark.parametrize(("wanted", "holds"), FILTERS, ids=[json.dumps(wanted) for wanted, _ in FILTERS])
def test_every_filter_finds_what_is_there(
    world: World, rows: list[dict[str, Any]], wanted: dict[str, Any], holds: Any
) -> None:
    found = [node["id"] for node in transfers(Asking(world, AGENCY), wanted)]
    expected = sorted(filter(holds, rows), key=lambda row: (row["next_due_at"], row["key"]))
    assert found == [row["key"] for row in expected]
    assert wanted.keys() & {"owedBy"} or found, "the sample holds some"


def test_the_workbook_has_a_row_for_each_and_the_ledger_too(
    world: World, rows: list[dict[str, Any]], tmp_path: Any
) -> None:
    statement = "SELECT coalesce(sum(row_count), 0) FROM disclosure WHERE client_id = %s"
    (before,) = world.owner.execute(statement, (f"test-{AGENCY}",)).fetchone()
    assert write(tmp_path / "r.xlsx", transfers(Asking(world, AGENCY), {}), []) == len(rows)
    (after,) = world.owner.execute(statement, (f"test-{AGENCY}",)).fetchone()
    assert after - before >= len(rows)


def test_a_superior_has_the_register_of_its_kind_below_and_no_other(world: World) -> None:
    below = [*transfers(Asking(world, "640100-HEALTH", "case-oversight"), {})]
    assert below
    with psycopg.connect(world.database.owner_url) as connection:
        ids = {
            key
            for (key,) in connection.execute(
                """
                SELECT t.public_id::text FROM clue_transfer t WHERE t.receiver_kind <> 'DISCIPLINE_INSPECTION'
                AND (t.sender_kind = 'HEALTH' AND t.sender_prefecture = '640100' AND t.sender_region <> '640100'
                     OR t.sent_at IS NOT NULL AND t.receiver_kind = 'HEALTH' AND t.receiver_prefecture = '640100'
                        AND t.receiver_region <> '640100')
                AND NOT EXISTS (SELECT FROM transfer_party p JOIN agency a ON a.uscc = p.uscc
                                WHERE p.case_no = t.case_no AND a.code = '640100-HEALTH')
                """
            )
        }
    found = [node["id"] for node in below]
    assert len(found) == len(set(found))
    assert set(found) == ids
    elsewhere = {node["id"] for node in transfers(Asking(world, "650100-HEALTH", "case-oversight"), {})}
    assert elsewhere
    assert not elsewhere & ids
