"""On a real database: the condition in SQL is what Cedar decides on the whole record, for every row, and never NULL."""

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from asking import PURPOSES, SCOPES
from oracle import TABLES, Oracle
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from hub.db.base import Base
from hub.db.engine import Database
from hub.graph.records import RECORD_FACTS
from hub.oauth.caller import Caller
from hub.policy.engine import PolicyEngine
from hub.policy.sql import condition
from hub.policy.verdict import Allow, Deny, When
from hub.policy.vocabulary import DataClass

CLASSES = list(DataClass)
SOAK = bool(os.environ.get("HUB_SOAK"))
AGENCIES_EACH, ROWS_EACH = (6, 20) if SOAK else (1, 8)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def database(sample_copy: Any) -> Database:
    """The sample, made harsher: a subject agency in running cases, a forwarded and a notified discipline transfer."""
    made: Database = sample_copy()
    with psycopg.connect(made.owner_url) as connection:
        # Some receivers and senders become subjects of their own running cases.
        connection.execute(
            "INSERT INTO transfer_party (transfer_id, kind, name, uscc)"
            " SELECT t.id, 'FUND_OPERATOR', 'test', a.uscc FROM clue_transfer t JOIN agency a ON a.code = t.receiver"
            " WHERE t.closed_at IS NULL AND t.sent_at IS NOT NULL AND t.id % 11 = 0"
        )
        # Everyone is notified of some transfers to discipline inspection.
        connection.execute(
            "INSERT INTO clue_transfer_notified (transfer_id, agency)"
            " SELECT t.id, a.code FROM clue_transfer t CROSS JOIN agency a WHERE t.sent_at IS NOT NULL"
            " AND t.receiver_kind = 'DISCIPLINE_INSPECTION' AND a.code LIKE '640104-%%'"
            " AND a.code NOT IN (t.sender, t.receiver) AND t.id % 3 = 0 ON CONFLICT DO NOTHING"
        )
        connection.execute(
            "INSERT INTO record_party (agency, transfer_id, discovered_on, public_id)"
            " SELECT n.agency, t.id, t.discovered_on, t.public_id FROM clue_transfer_notified n"
            " JOIN clue_transfer t ON t.id = n.transfer_id WHERE t.sent_at IS NOT NULL ON CONFLICT DO NOTHING"
        )
    return made


@pytest.fixture(scope="module")
def oracle(database: Database) -> Oracle:
    return Oracle(database.owner_url, NOW)


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator[Connection]:
    engine = database.owner_engine()
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def callers(oracle: Oracle, chance: random.Random) -> Iterator[Caller]:
    """Every claimable purpose for agencies of each level, with no case, an open one, a closed one, a foreign one."""
    cases = sorted({row["case_no"] for row in oracle.rows("ClueTransfer")})
    for purpose in (p for p in PURPOSES.values() if p.available):
        for kind in sorted(purpose.claimants):
            agencies = [row for row in oracle.rows("Agency") if row["kind"] == kind]
            for agency in chance.sample(agencies, min(AGENCIES_EACH, len(agencies))):
                level = len(oracle.path(agency["region"]))
                if not purpose.claimable_by(kind, level):
                    continue
                own = [r for r in oracle.rows("ClueTransfer") if agency["code"] in oracle.parties(r)]
                is_open = [r["case_no"] for r in own if oracle.is_open(r["case_no"], agency["code"])]
                is_closed = [r["case_no"] for r in own if not oracle.is_open(r["case_no"], agency["code"])]
                reported = [r["case_no"] for r in own if r["report_taken_by"] == agency["code"]]
                named = [None]
                if purpose.case == "optional":
                    named += [chance.choice(some) for some in (is_open, is_closed, reported, cases) if some]
                for case_no, officer in [*((each, True) for each in named), (named[-1], False)]:
                    yield Caller(
                        token_hash=b"",
                        client_id="c",
                        client_version=1,
                        agency=agency["code"],
                        agency_name=agency["name"],
                        agency_kind=kind,
                        agency_uscc=agency["uscc"],
                        agency_version=1,
                        region=agency["region"],
                        region_name="",
                        region_level=level,
                        scopes=frozenset(SCOPES.ceilings[kind]),
                        purpose=purpose.name,
                        case_no=case_no,
                        officer=None,
                        expires_at=NOW,
                        daily_row_quota=1,
                        officer_registered=officer,
                    )


class Choice:
    """Rows to compare: some at random, and some that have to do with the caller or its case."""

    def __init__(self, oracle: Oracle, chance: random.Random) -> None:
        self._oracle, self._chance = oracle, chance
        self._near: dict[tuple[str, str, Any], list[dict[str, Any]]] = defaultdict(list)
        for type_name in TABLES:
            for row in oracle.rows(type_name):
                institution = row["id"] if type_name == "Institution" else row.get("institution_id")
                self._near[type_name, "case", row.get("case_no")].append(row)
                self._near[type_name, "institution", institution].append(row)

    def rows(self, caller: Caller, type_name: str) -> list[dict[str, Any]]:
        own = [row for row in self._transfers(caller) if caller.agency in self._oracle.parties(row)]
        own = self._chance.sample(own, min(8, len(own)))
        near = [row for one in own for row in self._near[type_name, "case", one["case_no"]]]
        near += [row for one in own if one["institution_id"] for row in self._about(type_name, one)]
        everything = self._oracle.rows(type_name)
        return [
            *self._chance.sample(near, min(ROWS_EACH, len(near))),
            *self._chance.sample(everything, min(ROWS_EACH // 2, len(everything))),
        ]

    def _transfers(self, caller: Caller) -> list[dict[str, Any]]:
        if caller.case_no is not None:
            return self._near["ClueTransfer", "case", caller.case_no]
        return self._oracle.rows("ClueTransfer")

    def _about(self, type_name: str, transfer: dict[str, Any]) -> list[dict[str, Any]]:
        return self._near[type_name, "institution", transfer["institution_id"]]


def sql_answers(
    connection: Connection, engine: PolicyEngine, caller: Caller, type_name: str, chosen: list[dict[str, Any]]
) -> dict[int, list[bool | None]]:
    """One statement for all classes: by internal id, the condition of each class."""
    facts = RECORD_FACTS[type_name]
    row = Base.metadata.tables[TABLES[type_name]].alias("r")
    verdicts = engine.verdicts(caller)
    columns = []
    for data_class in CLASSES:
        match verdicts.of(type_name, data_class):
            case When(predicate):
                columns.append(condition(predicate, facts, row, bindparam).label(data_class.value.lower()))
    ids = [one["id"] for one in chosen]
    statement = select(row.c.id, *columns).where(row.c.id.in_(ids))
    values = {
        "agency": caller.agency,
        "agency_uscc": caller.agency_uscc,
        "region": caller.region,
        "case_no": caller.case_no,
        "now": NOW,
        "today": (NOW + timedelta(hours=8)).date(),
    }
    names = {name for name in statement.compile().params if name in values}
    found = connection.execute(statement, {name: values[name] for name in names}).all()
    return {
        one.id: [
            True if isinstance(v, Allow) else False if isinstance(v, Deny) else getattr(one, c.value.lower())
            for c in CLASSES
            for v in [verdicts.of(type_name, c)]
        ]
        for one in found
    }


def test_sql_decides_every_row_as_cedar_does(engine: PolicyEngine, oracle: Oracle, connection: Connection) -> None:
    chance = random.Random(7)
    choice = Choice(oracle, chance)
    compared, shown = 0, dict.fromkeys(CLASSES, 0)
    for caller in callers(oracle, chance):
        for type_name in TABLES:
            chosen = choice.rows(caller, type_name)
            answers = sql_answers(connection, engine, caller, type_name, chosen)
            for row in chosen:
                decided = oracle.decisions(caller, type_name, [c.value for c in CLASSES], row)
                assert answers[row["id"]] == decided, (caller.agency, caller.purpose, caller.case_no, type_name, row)
                compared += 1
                for data_class, allowed in zip(CLASSES, decided, strict=True):
                    shown[data_class] += allowed
    assert compared > 1_000
    # The sample reaches every class that a row can have: agreement on nothing shown would prove nothing.
    assert all(shown[c] > 0 for c in CLASSES if c is not DataClass.ADMINISTRATION), shown


def test_literals_of_policies_are_bound_never_text(engine: PolicyEngine) -> None:
    row = Base.metadata.tables["clue_transfer"].alias("r")
    structure = next(s for s in engine.claimable() if s.purpose == "case-oversight")
    verdict = engine.structured(structure).of("ClueTransfer", DataClass.PROCEDURE)
    assert isinstance(verdict, When)
    compiled = condition(verdict.predicate, RECORD_FACTS["ClueTransfer"], row, bindparam).compile()
    assert "DISCIPLINE_INSPECTION" not in str(compiled)
    assert "DISCIPLINE_INSPECTION" in compiled.params.values()
