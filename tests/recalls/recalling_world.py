"""Agencies that read penalties by queries and feeds while others record, amend, revoke: a hub without HTTP and its ledger."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from commands_world import CITY_HEALTH, DISCIPLINE, HEALTH, SECURITY, first
from ledger_entries import entry
from psycopg import AsyncConnection
from recording_world import CREDIT, RecordWorld
from world import ALL_READ, World

from hub.ledger.follower import index_next
from hub.penalties.recording import RecordCommand
from hub.recalls.settling import Settled, acknowledge, settle, supervising

FAR_HEALTH = "510502-HEALTH"
OPERATOR = "640000-HUB_OPERATOR"
AUDITED = ("ledger:read",)
SCOPES = (*ALL_READ, "feed:read")
READERS = (CREDIT, HEALTH, CITY_HEALTH, FAR_HEALTH)
PENALTY = "query P($id: ID!) { penaltyRecord(id: $id) { id decisionNo status } }"
PAGE = "query L($first: Int!) { penaltyRecords(first: $first) { nodes { id } } }"
RECALLS = (
    "{ recalls(first: 1000) { nodes { id recordType key cause reason clause notice recalledAt dueAt clientId agency"
    " authority receivedAt acknowledgedAt acknowledgedBy overdue hiddenFields } } }"
)
WHY = {"reason": "复议决定撤销", "clause": "行政复议法第六十八条"}


class Ticking:
    """The hub's clock is that of the commands."""

    def __init__(self, recording: RecordWorld) -> None:
        self._recording = recording

    def now(self) -> datetime:
        return self._recording.now


class Recalling(World):
    def __init__(self, recording: RecordWorld, data: Path) -> None:
        super().__init__(recording.database, data, clock=Ticking(recording))
        self.recording = recording
        self.supervising = supervising(self.engine)

    def client(self, agency: str, scopes: Any = None) -> str:
        return super().client(agency, AUDITED if agency == OPERATOR else SCOPES)

    def token(self, agency: str, purpose: Any = None, case_no: Any = None, scopes: Any = None, **more: Any) -> str:
        given = (AUDITED if agency == OPERATOR else SCOPES) if scopes is None else scopes
        return super().token(agency, purpose, case_no, given, **more)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, agency: str, penalty: Any, case_no: str | None = None) -> dict[str, Any] | None:
        """One record by a query; None: not there for this agency."""
        answered = self.ask(self.token(agency, case_no=case_no), PENALTY, {"id": str(penalty)})
        assert "errors" not in answered, answered
        found: dict[str, Any] | None = answered["data"]["penaltyRecord"]
        return found

    def page(self, agency: str, first: int = 1_000) -> set[str]:
        answered = self.ask(self.token(agency), PAGE, {"first": first})
        assert "errors" not in answered, answered
        return {node["id"] for node in answered["data"]["penaltyRecords"]["nodes"]}

    # --- recalls -----------------------------------------------------------------------------------------------------

    def settle(self) -> list[Settled]:
        """What the tasks of the server do: index the ledger, find recipients, acknowledge by feed; until nothing is left."""
        return asyncio.run(self._settle())

    async def _settle(self) -> list[Settled]:
        found = []
        async with await AsyncConnection.connect(self.database.app_url, autocommit=True) as connection:
            while await index_next(connection):
                pass
            while (done := await settle(connection, self.clock.now(), self.supervising)) is not None:
                found.append(done)
            await acknowledge(connection, self.supervising)
        return found

    def recalls(self, agency: str, purpose: str | None = None, **more: Any) -> list[dict[str, Any]]:
        """As the agency is told."""
        answered = self.ask(self.token(agency, purpose, **more), RECALLS)
        assert "errors" not in answered, answered
        nodes: list[dict[str, Any]] = answered["data"]["recalls"]["nodes"]
        return nodes

    def stored(self, penalty: Any) -> set[tuple[str, str]]:
        """Cause and agency of every recall of a record."""
        return {
            (row["cause"], row["agency"])
            for row in self.recording.rows("SELECT cause, agency FROM recall WHERE key = %s", str(penalty))
        }

    def given(self, agency: str, ids: Iterable[str], key: str = "", **more: Any) -> dict[str, Any]:
        """The payload of `acknowledgeRecall`."""
        asked = {
            "idempotencyKey": key or f"key-{agency}-{len(list(ids))}-{self.clock.now().timestamp()}",
            "ids": list(ids),
        }
        document = (
            "mutation ($input: AcknowledgeRecallInput!) { acknowledgeRecall(input: $input)"
            " { acknowledged userErrors { code field zh en doZh doEn clause } replayed } }"
        )
        answered = self.ask(self.token(agency, **more), document, {"input": asked})
        assert "errors" not in answered, answered
        payload: dict[str, Any] = answered["data"]["acknowledgeRecall"]
        return payload

    def disclosed(self, penalty: Any, client: str, agency: str, **more: Any) -> None:
        """An entry of the ledger, as if a client of the agency had just read the record."""
        ((record, read),) = self.owner.execute(
            "SELECT id, pg_current_snapshot()::text FROM penalty_record WHERE public_id = %s", (penalty,)
        ).fetchall()
        given = {"client_id": client, "agency": agency, "at": self.clock.now(), "read": read, "case_no": None} | more
        written = self.hub.ledger.append(entry([record], **given))
        if self.loop.is_running():  # another thread's request is under way
            asyncio.run_coroutine_threadsafe(written, self.loop).result(30)
        else:
            self.loop.run_until_complete(written)

    def disclosed_elsewhere(self, agency: str) -> None:
        """Another record is read."""
        self.disclosed(self.recording.penalty(), f"test-{agency}", agency)

    # --- what happens to records -------------------------------------------------------------------------------------

    def revoke(self, penalty: Any, **more: Any) -> None:
        self.recording.do(first(SECURITY), RecordCommand.REVOKE, **{"id": penalty, **WHY, **more})

    def amend(self, penalty: Any, **changes: Any) -> None:
        self.recording.do(
            first(SECURITY), RecordCommand.AMEND, id=penalty, reason="金额更正", clause="处罚法第四十八条",
            changes=changes or {"content": "责令改正，罚款3000元。"},
        )  # fmt: skip

    def repair(self, penalty: Any) -> None:
        self.recording.do(
            first(CREDIT), RecordCommand.RECORD_CREDIT_REPAIR, id=penalty, reason="信用修复", objectionNo="X-1"
        )


__all__ = [
    "CITY_HEALTH",
    "CREDIT",
    "DISCIPLINE",
    "FAR_HEALTH",
    "HEALTH",
    "OPERATOR",
    "READERS",
    "SECURITY",
    "Recalling",
]
