"""Agencies that record penalties, inspections and measures: the world of the commands on transfers, with more desks."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from commands_world import RULES, SECURITY, CommandWorld, Desk, first, head, second

from hub.db.engine import Database
from hub.demo.numbers import resident_id, uscc
from hub.oauth.caller import Caller
from hub.penalties import store
from hub.penalties.commands import ItemStatus, RecordCommand, RecordResult, execute
from hub.penalties.content import STATE
from hub.penalties.lifecycle import fold
from hub.penalties.store import event_of

OPERATOR, CREDIT = "640104-FUND_OPERATOR", "640000-CREDIT_PLATFORM"
SCOPES = ("penalties:write", "inspections:write", "repairs:write", "credit:write")
PURPOSES = {"FUND_OPERATOR": "agreement-management", "CREDIT_PLATFORM": "credit-publication"}
TODAY = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
COUNTED = (
    "SELECT (SELECT json_agg(p ORDER BY id) FROM penalty_record p)::text,"
    " (SELECT count(*) FROM penalty_event), (SELECT json_agg(i ORDER BY id) FROM inspection_result i)::text,"
    " (SELECT json_agg(m ORDER BY id) FROM agreement_measure m)::text, (SELECT count(*) FROM command_receipt),"
    " (SELECT count(*) FROM credit_event), (SELECT json_agg(s ORDER BY id) FROM credit_score s)::text"
)
NUMBERS = iter(range(1, 1_000_000))


class RecordWorld(CommandWorld):
    def __init__(self, database: Database) -> None:
        super().__init__(database)
        for agency in (OPERATOR, CREDIT):
            self._desks(agency)
        for scope in SCOPES:
            self.owner.execute(
                "INSERT INTO scope_ceiling SELECT DISTINCT kind, %s FROM agency ON CONFLICT DO NOTHING", (scope,)
            )
            self.owner.execute(
                "INSERT INTO scope_grant (client_id, scope, granted_by) SELECT client_id, %s, 'test' FROM client",
                (scope,),
            )

    def _desks(self, agency: str) -> None:
        self._settle(agency)
        self.owner.execute(
            "INSERT INTO purpose_grant (client_id, purpose, granted_by) VALUES (%s, %s, 'test')",
            (f"test-{agency}", PURPOSES[agency[7:]]),
        )

    def platform(self, agency: str) -> None:
        """One more credit platform, with its desks; once."""
        if self.rows("SELECT FROM client WHERE client_id = %s", f"test-{agency}"):
            return
        region = agency[:6]
        self.owner.execute(
            "INSERT INTO agency (code, kind, name, short_name, level, region, uscc, document_word)"
            " SELECT %s, kind, %s, %s, r.level, r.code, %s, document_word FROM agency a, region r"
            " WHERE a.code = %s AND r.code = %s",
            (agency, agency, agency, uscc("11", "640104", next(NUMBERS)), CREDIT, region),
        )
        self._desks(agency)
        self.owner.execute(
            "INSERT INTO scope_grant (client_id, scope, granted_by) SELECT %s, unnest(%s::text[]), 'test'",
            (f"test-{agency}", list(SCOPES)),
        )

    def who(self, desk: Desk, case_no: str | None = None, scopes: tuple[str, ...] = SCOPES, **more: Any) -> Caller:
        purpose = more.pop("purpose", PURPOSES.get(desk.agency[7:]))
        return self.caller(desk, purpose, case_no, scopes, **more)

    def give(  # type: ignore[override]
        self, desk: Desk | Caller, command: RecordCommand, key: str | None = None, connection: Any = None, **given: Any
    ) -> RecordResult:
        caller = desk if isinstance(desk, Caller) else self.who(desk)
        return execute(
            connection or self.app, caller, command, given, key or secrets.token_hex(16), self.now, may=RULES
        )

    def do(self, desk: Desk | Caller, command: RecordCommand, **given: Any) -> RecordResult:  # type: ignore[override]
        result = self.give(desk, command, **given)
        assert not result.user_errors, [(str(e.code), e.field, e.en) for e in result.user_errors]
        if result.record is not None and not result.subjects:
            self.check_record(result.record)
        return result

    def refused(self, desk: Desk | Caller, command: RecordCommand, **given: Any) -> list[tuple[str, str | None]]:  # type: ignore[override]
        """`give`, which is refused and changes nothing; codes and fields."""
        before = self.owner.execute(COUNTED).fetchone()
        result = self.give(desk, command, **given)
        assert result.user_errors, "it was carried out"
        assert result.record is None
        assert not result.items
        assert self.owner.execute(COUNTED).fetchone() == before
        for error in result.user_errors:
            assert all((error.clause, error.zh, error.en, error.do_zh, error.do_en))
        return [(str(error.code), error.field) for error in result.user_errors]

    def penalty(self, desk: Desk | None = None, **more: Any) -> Any:
        """A recorded decision; its public id."""
        result = self.do(desk or first(SECURITY), RecordCommand.RECORD_PENALTIES, penalties=[firm_penalty(**more)])
        (item,) = result.items
        assert item.status is ItemStatus.RECORDED
        self.check_record(item.record)
        return item.record

    def served(self, **more: Any) -> Any:
        return self.penalty(**{"servedOn": "2026-09-10"} | more)

    def published(self, **more: Any) -> Any:
        found = self.served(**more)
        self.do(first(SECURITY), RecordCommand.PUBLISH, id=found)
        return found

    def record(self, public_id: Any) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM penalty_record WHERE public_id = %s", public_id)
        return row

    def events(self, public_id: Any) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT e.* FROM penalty_event e JOIN penalty_record p ON p.id = e.penalty_id WHERE p.public_id = %s ORDER BY e.id",
            public_id,
        )

    def told(self, public_id: Any) -> list[str]:
        return [row["kind"] for row in self.events(public_id)]

    def check_record(self, public_id: Any) -> None:
        """The row copies the fold of its events."""
        row, state = self.record(public_id), fold(event_of(one) for one in self.events(public_id))
        assert {name: row[name] for name in STATE} == {name: getattr(state, name) for name in STATE}


def firm_penalty(**more: Any) -> dict[str, Any]:
    """A good decision of 兴庆区医保 against a firm, each with a number and uscc of its own."""
    number = next(NUMBERS)
    return {
        "decisionNo": f"银兴医保罚决〔2026〕{number}号",
        "counterpartyCategory": "LEGAL_PERSON",
        "counterpartyName": f"虚构医药有限公司{number}",
        "counterpartyUscc": uscc("91", "640104", number),
        "legalRepresentative": "虚构人",
        "violationType": "重复收费",
        "publishedFacts": "违法事实：重复收费。",
        "facts": "经查，当事人重复收费，涉及医保基金2000.00元。",
        "basis": "《医疗保障基金使用监督管理条例》第三十八条",
        "kinds": ["FINE"],
        "content": "责令改正，罚款2000元。",
        "severity": "GENERAL",
        "fine": "2000",
        "decidedOn": "2026-09-08",
        "caseOfficers": ["承办人甲 64010410001", "承办人乙 64010410002"],
    } | more


def person_penalty(**more: Any) -> dict[str, Any]:
    """Against a natural person."""
    number = next(NUMBERS)
    whole = firm_penalty() | {
        "counterpartyCategory": "NATURAL_PERSON",
        "counterpartyPersonName": "虚构甲",
        "counterpartyIdType": "RESIDENT_ID",
        "counterpartyResidentId": resident_id("640121", number / 1_000_000),
    }
    return {name: value for name, value in whole.items() if name not in ("counterpartyName", "counterpartyUscc")} | more


def inspection(institution: str, **more: Any) -> dict[str, Any]:
    return {
        "resultNo": f"银兴医保检〔2026〕{next(NUMBERS)}号",
        "institution": institution,
        "kind": "SPOT_CHECK",
        "periodFrom": "2025-01-01",
        "periodTo": "2025-12-31",
        "inspectedOn": "2026-09-01",
        "findingsClass": "GENERAL_PROBLEM",
        "measures": ["RECOVERY", "ORDER_CORRECTION"],
        "amountRecovered": "842.06",
    } | more


def measure(institution: str, **more: Any) -> dict[str, Any]:
    return {
        "measureNo": f"银兴协处〔2026〕{next(NUMBERS)}号",
        "institution": institution,
        "kind": "SUSPEND_PAYMENT",
        "agreementClause": "服务协议第二十条",
        "informedOn": "2026-08-20",
        "statement": "NOT_ACCEPTED",
        "statementOn": "2026-08-25",
        "decidedOn": "2026-09-01",
        "startsOn": "2026-09-02",
        "endsOn": "2026-12-01",
    } | more


def connections(world: RecordWorld, count: int) -> Iterator[psycopg.Connection[Any]]:
    for _ in range(count):
        yield world.connect()


__all__ = [
    "CREDIT",
    "OPERATOR",
    "SECURITY",
    "ItemStatus",
    "RecordCommand",
    "RecordWorld",
    "first",
    "head",
    "second",
    "store",
]
