"""Readers of `clueTransferChanges`: pages through the whole hub, and a copy that is kept by them."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from commands_world import RECEIPT, RESULT, CommandWorld, first, head, papers
from world import ALL_READ, World

from hub.clues.lifecycle import Command

SCOPES = (*ALL_READ, "feed:read")
ENTRY = "id change at tombstone reason record { id status caseNo sender { code } receiver { code } dueAt }"
PAGE = (
    "query F($after: String, $first: Int! = 100, $wait: Int! = 0) {"
    " clueTransferChanges(after: $after, first: $first, waitSeconds: $wait) {"
    " nodes { " + ENTRY + " } cursor hasMore watermark } }"
)


class Ticking:
    """The hub's clock is that of the commands."""

    def __init__(self, commanding: CommandWorld) -> None:
        self._commanding = commanding

    def now(self) -> datetime:
        return self._commanding.now


class FeedWorld(World):
    """A `World` with the agencies of a `CommandWorld`."""

    def __init__(self, commanding: CommandWorld, data: Path) -> None:
        super().__init__(commanding.database, data, clock=Ticking(commanding))
        self.commanding = commanding

    def client(self, agency: str, scopes: Any = None) -> str:
        return super().client(agency, SCOPES)

    def token(self, agency: str, purpose: Any = None, case_no: Any = None, scopes: Any = None) -> str:
        return super().token(agency, purpose, case_no, SCOPES if scopes is None else scopes)

    def page(self, token: str, after: str | None = None, **more: Any) -> dict[str, Any]:
        answered = self.ask(token, PAGE, {"after": after, **more})
        assert "errors" not in answered, answered
        page: dict[str, Any] = answered["data"]["clueTransferChanges"]
        return page

    def reader(self, agency: str, **more: Any) -> "Reader":
        return Reader(self, agency, **more)

    # --- what there is to read ---------------------------------------------------------------------------------------

    def sent(self, sender: str, receiver: str, **more: Any) -> Any:
        """A transfer that has been sent; its public id."""
        world = self.commanding
        case_no = world.opened(first(sender))
        given = papers(receiver, by=sender, **more)
        public_id = world.do(first(sender), Command.DRAFT, caseNo=case_no, **given).transfer
        if sender[7:] != "HEALTH":  # 卫健 sends without its principal officer's approval (R10)
            world.do(first(sender), Command.SUBMIT, id=public_id, caseOfficers=given["caseOfficers"])
            world.do(head(sender), Command.APPROVE, id=public_id)
        world.do(first(sender), Command.SEND, id=public_id)
        return public_id

    def closed(self, public_id: Any, sender: str, receiver: str) -> None:
        """From there to the end."""
        world = self.commanding
        world.do(first(receiver), Command.SIGN_RECEIPT, id=public_id, **RECEIPT)
        world.do(first(receiver), Command.START_HANDLING, id=public_id)
        world.do(first(receiver), Command.REPORT_RESULT, id=public_id, **RESULT)
        world.do(first(sender), Command.ACKNOWLEDGE_RESULT, id=public_id)
        world.do(first(receiver), Command.CLOSE, id=public_id)


@dataclass
class Reader:
    """Follows the feed of one agency and keeps the copy that its pages make."""

    world: FeedWorld
    agency: str
    first: int = 100
    cursor: str | None = None
    copy: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> list[dict[str, Any]]:
        """All that can be read now."""
        token, found = self.world.token(self.agency), []
        while True:
            page = self.world.page(token, self.cursor, first=self.first)
            found += self.apply(page)
            if not page["hasMore"]:
                return found

    def apply(self, page: dict[str, Any]) -> list[dict[str, Any]]:
        for node in page["nodes"]:
            assert node["tombstone"] == (node["record"] is None) == (node["change"] == "LEFT"), node
            if node["tombstone"]:
                self.copy.pop(node["id"], None)
            else:
                self.copy[node["id"]] = node["record"]
        self.cursor = page["cursor"]
        self.told += page["nodes"]
        nodes: list[dict[str, Any]] = page["nodes"]
        return nodes

    def kinds(self, public_id: Any) -> list[str]:
        return [node["change"] for node in self.told if node["id"] == str(public_id)]
