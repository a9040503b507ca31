"""Readers of the feeds of penalties, inspection results and scores, beside agencies that record them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from recording_world import RecordWorld
from world import ALL_READ, World

SCOPES = (*ALL_READ, "feed:read")
PLATFORM, PROVINCE = "640000-CREDIT_PLATFORM", "640000-HEALTHCARE_SECURITY"
RECORDS = {
    "penaltyChanges": "id decisionNo status violationType fine publishedAt publicityEndsOn severity remark",
    "inspectionChanges": "id resultNo findingsClass measures amountRecovered",
    "creditChanges": "institution { nhsaCode } period score grade modelVersion measures dimensions { name score }",
}
LISTS = {
    "penaltyChanges": "penaltyRecords",
    "inspectionChanges": "inspectionResults",
    "creditChanges": "creditScores",
}


def page_of(feed: str, fields: str | None = None) -> str:
    return (
        "query F($after: String, $first: Int! = 100, $wait: Int! = 0) {"
        f" {feed}(after: $after, first: $first, waitSeconds: $wait) {{"
        f" nodes {{ key change at tombstone reason record {{ {fields or RECORDS[feed]} }} }} cursor hasMore watermark }} }}"
    )


class RecordFeeds(World):
    """A `World` with the agencies of a `RecordWorld`, at its time."""

    def __init__(self, recording: RecordWorld, data: Path) -> None:
        self.recording = recording
        super().__init__(recording.database, data, clock=self)

    def now(self) -> datetime:
        return self.recording.now

    def client(self, agency: str, scopes: Any = None) -> str:
        return super().client(agency, scopes or SCOPES)

    def token(self, agency: str, purpose: Any = None, case_no: Any = None, scopes: Any = None, **more: Any) -> str:
        return super().token(agency, purpose, case_no, SCOPES if scopes is None else scopes, **more)

    def page(self, token: str, feed: str, after: str | None = None, **more: Any) -> dict[str, Any]:
        answered = self.ask(token, page_of(feed), {"after": after, **more})
        assert "errors" not in answered, answered
        found: dict[str, Any] = answered["data"][feed]
        return found

    def refusal(self, token: str, feed: str, after: str | None, **more: Any) -> dict[str, Any]:
        answered = self.ask(token, page_of(feed), {"after": after, **more})
        assert answered["data"] == {feed: None}
        (error,) = answered["errors"]
        found: dict[str, Any] = error["extensions"]
        return found

    def reader(self, agency: str, feed: str, **more: Any) -> "RecordReader":
        return RecordReader(self, agency, feed, **more)

    def listed(self, agency: str, feed: str) -> dict[str, Any]:
        """What a query lists: the copy that a reader must end with, by key."""
        name, fields, found, after = LISTS[feed], RECORDS[feed], {}, None
        while True:
            document = (
                f"query L($after: String) {{ {name}(first: 1000, after: $after)"
                f" {{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            )
            answered = self.ask(self.token(agency), document, {"after": after})["data"][name]
            found |= {key_of(feed, node): node for node in answered["nodes"]}
            after = answered["pageInfo"]["endCursor"]
            if not answered["pageInfo"]["hasNextPage"]:
                return found


def key_of(feed: str, record: dict[str, Any]) -> str:
    return f"{record['institution']['nhsaCode']}/{record['period']}" if feed == "creditChanges" else record["id"]


@dataclass
class RecordReader:
    """Follows one feed for one agency and keeps the copy that its pages make."""

    world: RecordFeeds
    agency: str
    feed: str
    first: int = 100
    cursor: str | None = None
    copy: dict[str, Any] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)

    def pages(self) -> Iterator[dict[str, Any]]:
        token = self.world.token(self.agency)
        while True:
            page = self.world.page(token, self.feed, self.cursor, first=self.first)
            yield page
            if not page["hasMore"]:
                return

    def read(self) -> list[dict[str, Any]]:
        """All that can be read now."""
        found = []
        for page in self.pages():
            self.apply(page["nodes"])
            self.cursor = page["cursor"]
            found += page["nodes"]
        self.told += found
        return found

    def apply(self, nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            assert node["tombstone"] == (node["record"] is None), node
            if node["tombstone"]:
                self.copy.pop(node["key"], None)
            else:
                assert node["key"] == key_of(self.feed, node["record"])
                self.copy[node["key"]] = node["record"]

    def kinds(self, key: Any) -> list[str]:
        return [node["change"] for node in self.told if node["key"] == str(key)]

    def complete(self) -> bool:
        self.read()
        return self.copy == self.world.listed(self.agency, self.feed)
