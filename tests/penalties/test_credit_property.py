"""Whatever becomes of the records: the scores kept are those from scratch, and those of the law's function (R24).

Random lives of penalties, inspections and measures of three institutions, mixed with events by hand and their
corrections. In the end the stored scores equal (a) the pure function over the stored events, (b) a second database
computation from nothing, (c) the scores of twins to which the same records were given as they stand at the end, once:
what was revoked and recorded again is as if it had never been revoked.
"""

import os
import random
from datetime import timedelta
from typing import Any

import pytest
from recording_world import (
    CREDIT,
    SECURITY,
    TODAY,
    RecordCommand,
    RecordWorld,
    firm_penalty,
    first,
    inspection,
    measure,
)
from test_credit_follows import opened

from hub.credit.derived import HUB, Records, Writer, follow
from hub.credit.events import events_of
from hub.credit.scoring import compute
from hub.law import credit
from hub.law.credit import Quarter
from hub.penalties.publicity import end_terms

C = RecordCommand
PERIODS = [Quarter.of("2026Q2"), Quarter.of("2026Q3"), Quarter.of("2026Q4")]
WHY = {"reason": "更正", "clause": "处罚法第四十八条"}
SEVERITIES = ("MINOR", "GENERAL", "SERIOUS")
WHAT = (
    "penalty", "serve", "publish", "amend", "revoke", "revoke", "again", "again", "again", "repair", "inspect", "measure",
    "event", "months",
)  # fmt: skip
SEEDS = 300 if os.environ.get("HUB_SOAK") else 4
pytestmark = pytest.mark.property


class Life:
    """One run: institutions, and what was recorded of them, so that it can be recorded of others."""

    def __init__(self, world: RecordWorld) -> None:
        self.world = world
        self.institutions = [opened(world) for _ in range(3)]
        self.penalties: list[tuple[int, dict[str, Any], Any]] = []
        self.others: list[tuple[int, C, dict[str, Any]]] = []
        for which, one in enumerate(self.institutions):
            self.computed(one[1])
            self.step(which, "penalty", which)  # something to go on with
            self.of_penalty("serve", which)

    def computed(self, institution: int) -> None:
        for period in PERIODS:
            with self.world.app.transaction():
                compute(self.world.app, credit.current(), period, [institution], self.world.now)

    def step(self, which: int, what: str, pick: int) -> None:
        """What is refused, because the record is not so far, is refused: the lifecycle has tests of its own."""
        world, code = self.world, self.institutions[which][0]
        if what == "months":
            world.now += timedelta(days=60)
            end_terms(world.app, world.now)
        elif what == "penalty":
            given = firm_penalty(institution=code, severity=SEVERITIES[pick % 3])
            (item,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[given]).items
            self.penalties.append((which, given, item.record))
        elif what == "inspect":
            self.other(which, C.RECORD_INSPECTION_RESULTS, inspection(code))
        elif what == "measure":
            kind = ("SUSPEND_PAYMENT", "END_SERVICES", "DISSOLVE_AGREEMENT")[pick % 3]
            self.other(which, C.RECORD_AGREEMENT_MEASURES, measure(code, kind=kind))
        elif what == "event":
            rule = ("DATA_LATE", "DATA_FALSE", "SELF_CORRECTED")[pick % 3]
            self.other(which, C.RECORD_CREDIT_EVENT, {"institution": code, "rule": rule, "occurredOn": "2026-09-01"})
        elif self.penalties:
            self.of_penalty(what, pick)

    def other(self, which: int, command: C, given: dict[str, Any]) -> None:
        self.others.append((which, command, given))
        self.world.do(first(SECURITY), command, **_batch(command, given))

    def of_penalty(self, what: str, pick: int) -> None:
        _, given, record = self.penalties[pick % len(self.penalties)]
        desk = first(CREDIT) if what == "repair" else first(SECURITY)
        command, more = {
            "serve": (C.SERVE, {"servedOn": "2026-09-10"}),
            "publish": (C.PUBLISH, {"reason": "确有必要"}),
            "amend": (C.AMEND, {"changes": {"severity": SEVERITIES[pick % 3]}, **WHY}),
            "revoke": (C.REVOKE, WHY),
            "repair": (C.RECORD_CREDIT_REPAIR, {}),
            "again": (C.RECORD_PENALTIES, {"penalties": [given | {"recordAgain": True, "servedOn": "2026-09-10"}]}),
        }[what]
        about = {} if what == "again" else {"id": record}
        self.world.give(desk, command, **about, **more)

    def scores(self, institution: int) -> list[Any]:
        return [
            (row["period"], row["score"], row["grade"], row["parts"])
            for row in self.world.rows(
                "SELECT s.period, s.score, s.grade, (SELECT array_agg((e.rule, e.points, e.occurred_on)::text ORDER BY"
                " e.rule, e.occurred_on, e.points) FROM credit_effect e WHERE e.score_id = s.id) AS parts"
                " FROM credit_score s WHERE s.institution_id = %s ORDER BY s.period", institution
            )
        ]  # fmt: skip

    def check(self) -> None:
        kept = [self.scores(one) for _, one in self.institutions]
        for (_, one), found in zip(self.institutions, kept, strict=True):
            events = events_of(self.world.app, one)
            law = [credit.score(credit.current(), period, events) for period in PERIODS]
            assert [(period, score, grade) for period, score, grade, _ in found] == [
                (str(one.period), one.score, one.grade) for one in law
            ]
            self.world.owner.execute("DELETE FROM credit_effect e USING credit_score s WHERE s.id = e.score_id"
                                     " AND s.institution_id = %s", (one,))  # fmt: skip
            self.world.owner.execute("UPDATE credit_score SET digest = 'anew' WHERE institution_id = %s", (one,))
            self.computed(one)
            assert self.scores(one) == found, "from scratch"
        for found, twin in zip(kept, self.twins(), strict=True):
            assert self.scores(twin) == found, "as if it had stood so from the beginning"

    def twins(self) -> list[int]:
        """Institutions to which the records, as they stand now, are given by import: no step of their lives."""
        world, twins = self.world, [opened(self.world) for _ in self.institutions]
        for (_, one), (_, twin) in zip(self.institutions, twins, strict=True):
            for table, number in (
                ("penalty_record", "decision_no"), ("inspection_result", "result_no"), ("agreement_measure", "measure_no")
            ):  # fmt: skip
                names = [
                    row["name"]
                    for row in world.rows(
                        "SELECT attname AS name FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT"
                        " attisdropped AND attgenerated = '' AND attname <> ALL(ARRAY['id', 'public_id', %s,"
                        " 'institution_id'])", table, number
                    )
                ]  # fmt: skip
                listed = ", ".join(names)
                world.owner.execute(
                    f"INSERT INTO {table} (public_id, {number}, institution_id, {listed}) SELECT gen_random_uuid(),"
                    f" {number} || '之二', %s, {listed} FROM {table} WHERE institution_id = %s", (twin, one)
                )  # fmt: skip
            ids = {
                name: [row["id"] for row in world.rows(f"SELECT id FROM {table} WHERE institution_id = %s", twin)]
                for name, table in (
                    ("penalties", "penalty_record"), ("inspections", "inspection_result"), ("measures", "agreement_measure")
                )
            }  # fmt: skip
            with world.app.transaction():
                follow(world.app, Writer(None, HUB, "", world.now), Records(**ids))
        for which, command, given in self.others:
            if command is C.RECORD_CREDIT_EVENT:
                world.do(first(SECURITY), command, **given | {"institution": twins[which][0]})
        for _, twin in twins:
            self.computed(twin)
        return [twin for _, twin in twins]


def _batch(command: C, given: dict[str, Any]) -> dict[str, Any]:
    names = {C.RECORD_INSPECTION_RESULTS: "results", C.RECORD_AGREEMENT_MEASURES: "measures"}
    return {names[command]: [given]} if command in names else given


@pytest.mark.parametrize("seed", range(SEEDS))
def test_scores_kept_are_scores_from_scratch(recording: RecordWorld, seed: int) -> None:
    recording.now = TODAY
    chance, life = random.Random(seed), Life(recording)
    for _ in range(16):
        life.step(chance.randrange(3), chance.choice(WHAT), chance.randrange(6))
    life.check()
