"""Agencies that command, in tests: real database, real policies, tokens as issued, officers as registered, time passed in."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from hub.clues import store_events
from hub.clues.commands import CaseCommand, Command, CommandResult, execute
from hub.clues.commands_due import columns, nearest
from hub.clues.lifecycle import TransferState, fold
from hub.db.engine import Database
from hub.oauth.authority import IN_FORCE
from hub.oauth.caller import Caller, Officer
from hub.oauth.callers import hash_token
from hub.policy.commanding import CommandRules
from hub.reports.verify import recounted
from hub.settings import Settings

SECURITY, HEALTH, MARKET = "640104-HEALTHCARE_SECURITY", "640104-HEALTH", "640104-MARKET_REGULATION"
POLICE, DISCIPLINE, PROCURATORATE = "640104-PUBLIC_SECURITY", "640104-DISCIPLINE_INSPECTION", "640104-PROCURATORATE"
CITY_SECURITY, CITY_HEALTH, CITY_POLICE = "640100-HEALTHCARE_SECURITY", "640100-HEALTH", "640100-PUBLIC_SECURITY"
CITY_MARKET, CITY_DISCIPLINE, CITY_PROCURATORATE = (
    "640100-MARKET_REGULATION", "640100-DISCIPLINE_INSPECTION", "640100-PROCURATORATE",
)  # fmt: skip
ZONE_HEALTH, ZONE_POLICE, FAR_HEALTH = "6401ND-HEALTH", "6401ND-PUBLIC_SECURITY", "650102-HEALTH"
ACTING = (
    SECURITY, HEALTH, MARKET, POLICE, DISCIPLINE, PROCURATORATE, CITY_SECURITY, CITY_HEALTH, CITY_POLICE, CITY_MARKET,
    CITY_DISCIPLINE, ZONE_HEALTH, ZONE_POLICE, FAR_HEALTH, CITY_PROCURATORATE,
)  # fmt: skip
PURPOSE = {
    "HEALTHCARE_SECURITY": "fund-supervision",
    "HEALTH": "medical-practice-regulation",
    "MARKET_REGULATION": "market-regulation",
    "PUBLIC_SECURITY": "criminal-referral",
    "DISCIPLINE_INSPECTION": "duty-crime-referral",
    "PROCURATORATE": "filing-supervision",
}
MONDAY = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
"""10 o'clock in Beijing."""
_CALLER = f"""
SELECT t.client_id, c.authority_version, a.code, a.name, a.kind, a.uscc, a.authority_version, r.code, r.name, r.level,
       t.scopes, t.purpose, t.case_no, t.officer_name, t.officer_certificate_no, t.expires_at, c.daily_row_quota
{IN_FORCE.format(digest="%(token)s", now="%(now)s")}
"""
RULES = CommandRules.load(Settings().policies)


@dataclass(frozen=True)
class Desk:
    """An officer of an agency. `first`, `second`: case officers; `head`: the principal officer."""

    agency: str
    name: str
    certificate: str


def first(agency: str) -> Desk:
    return Desk(agency, "承办人甲", f"{agency[:6]}-{_number(agency)}-1")


def second(agency: str) -> Desk:
    return Desk(agency, "承办人乙", f"{agency[:6]}-{_number(agency)}-2")


def head(agency: str) -> Desk:
    return Desk(agency, "负责人", f"{agency[:6]}-{_number(agency)}-9")


def _number(agency: str) -> str:
    return "".join(word[0] for word in agency[7:].split("_"))


@dataclass
class CommandWorld:
    database: Database
    now: datetime = MONDAY
    owner: psycopg.Connection[Any] = field(init=False)
    app: psycopg.Connection[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.owner = psycopg.connect(self.database.owner_url, autocommit=True)
        self.app = self.connect()
        for agency in ACTING:
            self._settle(agency)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database.app_url, autocommit=True)

    def close(self) -> None:
        self.owner.close()
        self.app.close()

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)

    # --- who ---------------------------------------------------------------------------------------------------------

    def _settle(self, agency: str) -> None:
        client, kind = f"test-{agency}", agency[7:]
        self.owner.execute("INSERT INTO client (client_id, agency, name) VALUES (%s, %s, 'test')", (client, agency))
        self.owner.execute(
            "INSERT INTO client_key (client_id, kid, jwk, alg) VALUES (%s, 'k', '{}', 'ES256')", (client,)
        )
        for scope in ("clues:read", "clues:write"):
            self.owner.execute("INSERT INTO scope_ceiling VALUES (%s, %s) ON CONFLICT DO NOTHING", (kind, scope))
            self.owner.execute(
                "INSERT INTO scope_grant (client_id, scope, granted_by) VALUES (%s, %s, 'test')", (client, scope)
            )
        for purpose in {*PURPOSE.values(), "case-oversight"}:
            self.owner.execute(
                "INSERT INTO purpose_grant (client_id, purpose, granted_by) VALUES (%s, %s, 'test')", (client, purpose)
            )
        for desk, role in (
            (first(agency), "CASE_OFFICER"), (second(agency), "CASE_OFFICER"), (head(agency), "PRINCIPAL_OFFICER"),
        ):  # fmt: skip
            self.register(desk, role)

    def register(
        self, desk: Desk, role: str, valid_from: date = date(2020, 1, 1), valid_to: date | None = None
    ) -> None:
        self.owner.execute(
            "INSERT INTO officer (agency, name, certificate_no, roles, valid_from, valid_to, registered_by)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'test')",
            (desk.agency, desk.name, desk.certificate, [role], valid_from, valid_to),
        )

    def caller(
        self,
        desk: Desk,
        purpose: str | None = None,
        case_no: str | None = None,
        scopes: tuple[str, ...] = ("clues:read", "clues:write"),
        *,
        officer: bool = True,
    ) -> Caller:
        token = hash_token(secrets.token_urlsafe(32))
        self.owner.execute(
            "INSERT INTO access_token (token_hash, client_id, kid, scopes, purpose, case_no, officer_name,"
            " officer_certificate_no, issued_at, expires_at) VALUES (%s, %s, 'k', %s, %s, %s, %s, %s, %s, %s)",
            (
                token,
                f"test-{desk.agency}",
                list(scopes),
                purpose or PURPOSE[desk.agency[7:]],
                case_no,
                desk.name if officer else None,
                desk.certificate if officer else None,
                self.now - timedelta(seconds=1),
                self.now + timedelta(seconds=299),
            ),
        )
        row = self.owner.execute(_CALLER, {"token": token, "now": self.now}).fetchone()
        assert row
        named = Officer(row[13], row[14]) if row[13] is not None else None
        return Caller(token, *row[:10], frozenset(row[10]), row[11], row[12], named, row[15], row[16])

    # --- what --------------------------------------------------------------------------------------------------------

    def give(
        self,
        desk: Desk | Caller,
        command: Command | CaseCommand,
        key: str | None = None,
        connection: psycopg.Connection[Any] | None = None,
        **given: Any,
    ) -> CommandResult:
        caller = desk if isinstance(desk, Caller) else self.caller(desk)
        key = key or secrets.token_hex(16)
        return execute(connection or self.app, caller, command, given, key, self.now, may=RULES)

    def do(self, desk: Desk | Caller, command: Command | CaseCommand, **given: Any) -> CommandResult:
        """`give`, which is carried out."""
        result = self.give(desk, command, **given)
        assert not result.user_errors, [
            (str(error.code), error.field, error.en, error.missing) for error in result.user_errors
        ]
        if result.transfer is not None:
            self.check(result.transfer)
        return result

    def refused(self, desk: Desk | Caller, command: Command | CaseCommand, **given: Any) -> list[str]:
        """`give`, which is refused and changes nothing; the codes."""
        before = self.contents()
        result = self.give(desk, command, **given)
        assert result.user_errors, "it was carried out"
        assert result.transfer is result.case_no is result.child is None
        assert self.contents() == before
        for error in result.user_errors:
            assert all((error.clause, error.zh, error.en, error.do_zh, error.do_en))
        return [str(error.code) for error in result.user_errors]

    def opened(self, desk: Desk) -> str:
        case_no = self.do(desk, CaseCommand.OPEN).case_no
        assert case_no
        return case_no

    # --- what there is -----------------------------------------------------------------------------------------------

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return self.owner.cursor(row_factory=dict_row).execute(statement, values).fetchall()

    def row(self, public_id: Any) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM clue_transfer WHERE public_id = %s", public_id)
        return row

    def state(self, public_id: Any) -> TransferState:
        rows = self.owner.cursor(row_factory=dict_row).execute(store_events.READ, {"id": public_id}).fetchall()
        return fold(store_events.read(rows))

    def kinds(self, public_id: Any) -> list[str]:
        return [
            row["kind"]
            for row in self.rows(
                "SELECT e.kind FROM transfer_event e JOIN clue_transfer t ON t.id = e.transfer_id"
                " WHERE t.public_id = %s ORDER BY e.id",
                public_id,
            )
        ]

    def check(self, public_id: Any) -> None:
        """The row is the fold of its events, and exactly its audience may know of it."""
        row, state = self.row(public_id), self.state(public_id)
        assert state.receiver
        assert (row["status"], row["sender"], row["receiver"], row["receiver_kind"], row["route"]) == (
            state.status, state.sender, state.receiver.agency, state.receiver.kind, state.route,
        )  # fmt: skip
        assert (row["closed_at"] is not None) is state.over
        assert (row["sent_at"] is not None) is state.sent
        assert (row["doc_no"] is not None) is state.sent
        if state.sent:
            assert row["procuratorate"] == state.procuratorate
        due = nearest(state, row["sender_region"], row["receiver_region"])
        assert {name: row[name] for name in columns(due)} == columns(due)
        listed = self.rows("SELECT agency, next_due_at FROM record_party WHERE transfer_id = %s", row["id"])
        known = {one["agency"] for one in listed}
        assert {one["next_due_at"] for one in listed} == {row["next_due_at"]}
        assert (row["next_due_at"].year == 9999) is (due is None)
        told = {
            one["agency"]
            for one in self.rows("SELECT agency FROM clue_transfer_notified WHERE transfer_id = %s", row["id"])
        }
        assert known == ({row["sender"], row["receiver"], *told} if state.sent else {row["sender"]})
        history = self.rows("SELECT * FROM transfer_event WHERE transfer_id = %s ORDER BY id", row["id"])
        regions = {one["code"]: one["region"] for one in self.rows("SELECT code, region FROM agency")}
        recount = recounted(store_events.read(history), history, regions)
        assert {name: row[name] for name in recount} == recount, "statistics are the recount of the events"
        confidential = self.rows("SELECT kind FROM transfer_event WHERE transfer_id = %s AND confidential", row["id"])
        assert {one["kind"] for one in confidential} <= {
            "TRANSFERRED_ONWARD_TO_DISCIPLINE_INSPECTION", "NOTICE_DEFERRED", "AGENCY_NOTIFIED",
        }  # fmt: skip

    TABLES = (
        "case_file", "clue_transfer", "clue_transfer_notified", "record_party", "transfer_party", "evidence",
        "insured_person", "transfer_receipt", "transfer_event", "case_event", "command_receipt", "doc_counter", "case_counter", "officer",
        "transfer_change",
    )  # fmt: skip

    def contents(self) -> dict[str, str]:
        """Everything that commands write, as digests."""
        return {
            table: self.rows(
                f"SELECT coalesce(md5(string_agg(md5(x::text), '' ORDER BY x::text)), '') AS all FROM {table} x"
            )[0]["all"]
            for table in self.TABLES
        }


# --- papers ----------------------------------------------------------------------------------------------------------


def item(kind: str, name: str = "材料.pdf", data_class: str = "INVESTIGATION") -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "sha256": secrets.token_hex(32),
        "size": 1024,
        "mediaType": "application/pdf",
        "dataClass": data_class,
    }


EVERYTHING = ("VIOLATION_LIST", "INVESTIGATION_REPORT", "INSPECTION_REPORT", "MEDICAL_RECORD", "INTERVIEW_RECORD")


def papers(receiver: str, **more: Any) -> dict[str, Any]:
    """Contents that every route accepts."""
    return {
        "receiver": receiver,
        "procuratorate": PROCURATORATE if receiver[7:] == "PUBLIC_SECURITY" else None,
        "source": "SMART_MONITORING",
        "discoveredOn": "2026-09-14",
        "summary": "某医院涉嫌重复检查",
        "suspectedFacts": "2026年1月至6月，重复检查240人次",
        "articles": ["检查报告单12份"],
        "parties": [{"kind": "MEDICAL_INSTITUTION", "name": "某医院"}],
        "evidence": [item(kind) for kind in EVERYTHING],
        "caseOfficers": [first(more["by"]).certificate, second(more["by"]).certificate] if "by" in more else [],
        **{name: value for name, value in more.items() if name != "by"},
    }


RECEIPT = {"pages": 42, "documents": ["移送书", "调查报告"], "sealed": True}
RESULT = {
    "kind": "PENALTY_IMPOSED",
    "documentNo": "兴卫罚〔2026〕7号",
    "decidedOn": "2026-10-20",
    "amounts": [{"kind": "罚款", "yuan": "20000.00"}],
    "sanctions": [],
    "detail": "已作出行政处罚",
}


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
