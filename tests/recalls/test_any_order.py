"""Any order of readings, changes and steps of the task: recalls are exactly the readings from before each change.

What was read is judged by the answers and by the entries of the ledger as they are stored; never by what settles it.
"""

import os
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from commands_world import first
from recalling_world import CITY_HEALTH, CREDIT, FAR_HEALTH, HEALTH, SECURITY, Recalling
from test_in_flight import slowly

from hub.penalties.publicity import end_terms
from hub.penalties.recording import RecordCommand

AGENCIES = (CREDIT, HEALTH, CITY_HEALTH, FAR_HEALTH, SECURITY)
SUPERVISING = {HEALTH, CITY_HEALTH}
"""Their region holds the records: what is not public is open to them too."""
RUNS = 200 if os.environ.get("HUB_SOAK") else 12
STEPS = 30


@dataclass
class Life:
    """What one run knows of its records: (agency, records) of each reading, and (cause, record, public) of each change."""

    world: Recalling
    choose: random.Random
    records: list[Any] = field(default_factory=list)
    state: dict[Any, str] = field(default_factory=dict)
    read: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    expected: set[tuple[str, str, str]] = field(default_factory=set)

    def step(self) -> None:
        steps: list[Callable[[], None]] = [self.query, self.query, self.page, self.feed, self.under_way, self.change]
        self.choose.choice([*steps, self.change, self.settle])()

    # --- readings ----------------------------------------------------------------------------------------------------

    def query(self) -> None:
        agency, penalty = self.choose.choice(AGENCIES), self.choose.choice(self.records)
        if self.world.read(agency, penalty):
            self.read.append((agency, frozenset({str(penalty)})))

    def page(self) -> None:
        agency = self.choose.choice(AGENCIES)
        self.read.append((agency, frozenset(self.world.page(agency, self.choose.choice([1, 3, 1_000])))))

    def feed(self) -> None:
        agency = self.choose.choice(AGENCIES)
        document = "{ penaltyChanges(first: 1000) { nodes { key record { id } } } }"
        nodes = self.world.ask(self.world.token(agency), document)["data"]["penaltyChanges"]["nodes"]
        self.read.append((agency, frozenset(node["key"] for node in nodes if node["record"])))

    def under_way(self) -> None:
        """A reading whose entry is written after a change, and after the task has looked."""
        agency, penalty = self.choose.choice(AGENCIES), self.choose.choice(self.records)
        visible = self.shown(agency, penalty)
        if visible:
            self.read.append((agency, frozenset({str(penalty)})))

        def meanwhile() -> None:
            self.change()
            self.settle()

        body = slowly(self.world, agency, penalty, meanwhile)
        assert (b"decisionNo" in body) is visible

    # --- changes -----------------------------------------------------------------------------------------------------

    def change(self) -> None:
        penalty = self.choose.choice(self.records)
        world, recording, state = self.world, self.world.recording, self.state[penalty]
        match state, self.choose.choice(["publish", "amend", "revoke", "repair", "end"]):
            case "SERVED", "publish":
                recording.do(first(SECURITY), RecordCommand.PUBLISH, id=penalty)
                self.state[penalty] = "PUBLISHED"
            case (("SERVED" | "PUBLISHED" | "REPAIRED" | "TERM_OVER"), "amend"):
                world.amend(penalty, content=f"罚款{self.choose.randrange(10**9)}元")
                self.changed(penalty, "AMENDED", public=state == "PUBLISHED")
            case (("SERVED" | "PUBLISHED" | "REPAIRED" | "TERM_OVER"), "revoke"):
                world.revoke(penalty)
                self.changed(penalty, "REVOKED", public=state == "PUBLISHED")
                self.state[penalty] = "REVOKED"
            case "PUBLISHED", "repair":
                world.repair(penalty)
                self.changed(penalty, "REPAIRED", public=True)
                self.state[penalty] = "REPAIRED"
            case "PUBLISHED", "end":
                self.end(penalty)

    def end(self, penalty: Any) -> None:
        """The term of one record runs out."""
        now: datetime = self.world.clock.now()
        self.world.owner.execute(
            "UPDATE penalty_record SET publicity_ends_on = %s WHERE public_id = %s",
            (now.date() - timedelta(1), penalty),
        )
        assert end_terms(self.world.recording.app, now) == 1
        self.changed(penalty, "TERM_OVER", public=True)
        self.state[penalty] = "TERM_OVER"

    def changed(self, penalty: Any, cause: str, *, public: bool) -> None:
        key = str(penalty)
        for agency, records in self.read:
            if key in records and agency != SECURITY and (public or agency in SUPERVISING):
                self.expected.add((cause, key, agency))

    def settle(self) -> None:
        self.world.settle()

    def shown(self, agency: str, penalty: Any) -> bool:
        """Published, or of the region."""
        return self.state[penalty] == "PUBLISHED" or agency in {*SUPERVISING, SECURITY}


@pytest.mark.parametrize("seed", range(RUNS))
def test_recalls_are_exactly_the_readings_from_before(world: Recalling, seed: int) -> None:
    life = Life(world, random.Random(seed))
    # The shortest term is over, so that a repair is possible; the longest is not.
    world.recording.now += timedelta(days=200)
    life.records = [world.recording.published(), world.recording.published(), world.recording.served()]
    life.state = dict(zip(life.records, ("PUBLISHED", "PUBLISHED", "SERVED"), strict=True))
    for _ in range(STEPS):
        life.step()
    world.settle()
    keys = [str(penalty) for penalty in life.records]
    rows = world.recording.rows("SELECT cause, key, agency FROM recall WHERE key = ANY(%s)", keys)
    found = {(row["cause"], row["key"], row["agency"]) for row in rows}
    assert found == life.expected
    assert {(agency, key) for _, key, agency in found} <= on_file(world, life.records)


def on_file(world: Recalling, records: list[Any]) -> set[tuple[str, str]]:
    """Agency and record of every entry, from its bytes."""
    rows = world.recording.rows("SELECT id, public_id FROM penalty_record WHERE public_id = ANY(%s)", records)
    keys = {row["id"]: str(row["public_id"]) for row in rows}
    entries = world.recording.rows("SELECT agency, record_ids FROM disclosure")
    return {
        (entry["agency"], keys[number])
        for entry in entries
        for number in struct.unpack(f">{len(entry['record_ids']) // 8}q", entry["record_ids"])
        if number in keys
    }
