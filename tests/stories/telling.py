"""Words to tell a story in: agencies that act on a day, all of it through GraphQL as a partner's system would."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from commands_world import CommandWorld, first, head, papers
from mutating_world import SCOPES, Mutating

from hub.clock import BEIJING
from hub.db.engine import Database
from tests.world import World


@dataclass
class Calendar:
    at: datetime

    def now(self) -> datetime:
        return self.at


class Telling(Mutating):
    """Agencies by their codes, days and hours by the Beijing clock."""

    def __init__(self, database: Database, data: Path) -> None:
        self.calendar = Calendar(datetime(2026, 9, 1, 9, tzinfo=BEIJING))
        World.__init__(self, database, data, clock=self.calendar)
        CommandWorld(database, now=self.calendar.now()).close()

    @contextmanager
    def on(self, day: str, hour: int = 9) -> Iterator[None]:
        """What happens on that day. A story goes forward."""
        then = datetime.fromisoformat(f"2026-{day}").replace(hour=hour, tzinfo=BEIJING)
        assert then > self.calendar.at, "a story goes forward"
        self.calendar.at = then
        yield

    def acts(self, agency: str, command: str, transfer: str, **given: Any) -> dict[str, Any]:
        """A case officer of the agency takes a step."""
        made: dict[str, Any] = self.do(first(agency), command, id=transfer, **given)["clueTransfer"]
        return made

    def principal(self, agency: str, command: str, transfer: str, **given: Any) -> None:
        self.do(head(agency), command, id=transfer, **given)

    def refuses(self, agency: str, command: str, transfer: str, **given: Any) -> list[dict[str, Any]]:
        """The hub says no; the reasons."""
        answered = self.give(self.token_of(first(agency)), command, id=transfer, **given)
        reasons: list[dict[str, Any]] = answered["data"][command]["userErrors"]
        assert reasons, "it was carried out"
        return reasons

    def drafts(self, agency: str, receiver: str, case_no: str, **more: Any) -> str:
        given = {name: value for name, value in papers(receiver, by=agency, **more).items() if value is not None}
        made = self.do(first(agency), "draftClueTransfer", caseNo=case_no, **given)
        return str(made["clueTransfer"]["id"])

    def sees(self, agency: str, fields: str, transfer: str, case_no: str | None = None) -> Any:
        """A transfer as the agency reads it; None: to the agency there is none."""
        token = self.token_of(first(agency), case_no=case_no)
        answered = self.ask(token, f'{{ clueTransfer(id: "{transfer}") {{ {fields} }} }}')
        return answered["data"]["clueTransfer"]

    def due(self, agency: str, transfer: str) -> tuple[str, str] | None:
        """The nearest deadline: its clock, and the moment in Beijing."""
        seen = self.sees(agency, "dueAt dueClock", transfer)
        if seen["dueAt"] is None:
            return None
        at = datetime.fromisoformat(seen["dueAt"]).astimezone(BEIJING)
        return seen["dueClock"], at.strftime("%m-%d %H:%M")

    def year(self, agency: str, region: str) -> Any:
        """The annual statistics as the chain's superior asks for them."""
        self.client(agency, (*SCOPES, "statistics:read"))
        token = self.token_of(first(agency), "supervision-statistics", scopes=("statistics:read",))
        answered = self.ask(
            token,
            f'{{ clueStatistics(year: 2026, region: "{region}") {{'
            " sent { total byOutcome { key count } byTimeliness { key count } } received { total }"
            " flows { senderKind receiverKind sent received differences { reason count } } } }",
        )
        assert "errors" not in answered, answered
        return answered["data"]["clueStatistics"]
