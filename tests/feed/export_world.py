"""A world that exports: its tokens have the scopes of feeds, its ledger can be watched."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from world import ALL_READ, World

from hub.exporting import Exports, Piece
from hub.graph.exports import EXPORTS
from hub.ledger.entry import DisclosureEntry
from hub.query.tree import LineForm
from hub.stretches import Asked

PLATFORM, REGULATOR = "640000-CREDIT_PLATFORM", "640104-HEALTHCARE_SECURITY"
SCOPES = (*ALL_READ, "feed:read")
NDJSON, CSV, POSITIONS = LineForm.NDJSON, LineForm.CSV, LineForm.CSV_POSITIONS


@dataclass
class Ledger:
    """Keeps what was appended; fails from the `failing`th on."""

    inner: Any
    entries: list[DisclosureEntry] = field(default_factory=list)

    async def append(self, entry: DisclosureEntry) -> None:
        await self.inner.append(entry)
        self.entries.append(entry)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Exporting(World):
    def client(self, agency: str, scopes: Any = None) -> str:
        return super().client(agency, SCOPES)

    def token(self, agency: str, purpose: Any = None, case_no: Any = None, scopes: Any = None, **more: Any) -> str:
        return super().token(agency, purpose, case_no, SCOPES if scopes is None else scopes, **more)

    def watched(self) -> Ledger:
        inner = getattr(self.hub.ledger, "inner", self.hub.ledger)
        ledger = Ledger(inner)
        self.hub = replace(self.hub, ledger=ledger)  # type: ignore[arg-type]
        return ledger

    def pieces(
        self,
        token: str,
        feed: str = "penalties",
        form: LineForm = NDJSON,
        after: str | None = None,
        each: Any = None,
        pause_s: float = 0,
    ) -> list[Piece]:
        """All pieces; `each` is called between two of them, after so many seconds in which more is read ahead."""

        async def run() -> list[Piece]:
            found = []
            async with aclosing(Exports(self.hub).pieces(token, Asked(EXPORTS[feed], form, after), [])) as pieces:
                async for piece in pieces:
                    found.append(piece)
                    await asyncio.sleep(pause_s)
                    if each is not None:
                        each(piece)
            return found

        return self.loop.run_until_complete(run())

    def lines(self, *given: Any, **more: Any) -> list[dict[str, Any]]:
        return [json.loads(line) for piece in self.pieces(*given, **more) for line in piece.body.splitlines()]

    def records(self, *given: Any, **more: Any) -> dict[str, dict[str, str]]:
        return {line["key"]: line["record"] for line in self.lines(*given, **more) if "key" in line}

    def ids(self, table: str = "penalty_record") -> dict[str, int]:
        return {str(key): id_ for key, id_ in self.owner.execute(f"SELECT public_id, id FROM {table}")}
