"""The whole database as plain Python objects, read once: nothing here knows of the hub's own way to ask for a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import psycopg
from psycopg.rows import dict_row

from hub.clock import BEIJING
from hub.law.calendar import calendar

Row = dict[str, Any]

TABLES = {
    "Region": "region",
    "Agency": "agency",
    "LegalEntity": "legal_entity",
    "Institution": "institution",
    "Personnel": "personnel",
    "ClueTransfer": "clue_transfer",
    "TransferParty": "transfer_party",
    "Evidence": "evidence",
    "InsuredPerson": "insured_person",
    "TransferReceipt": "transfer_receipt",
    "CatalogueText": "transfer_catalogue_text",
    "TransferStep": "transfer_step",
    "PenaltyRecord": "penalty_record",
    "CreditScore": "credit_score",
    "InspectionResult": "inspection_result",
    "AgreementMeasure": "agreement_measure",
    "CreditDimension": "credit_dimension",
    "CreditEffect": "credit_effect",
    "CreditDeduction": "credit_deduction",
    "Notified": "clue_transfer_notified",
    "Sampled": "spot_check_transfer",
    "SpotCheck": "spot_check",
    "Recall": "recall",
}


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def read(connection: psycopg.Connection[Any], table: str) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(f"SELECT * FROM {table}").fetchall()
    return [{name: _utc(value) for name, value in row.items()} for row in rows]


DERIVED = ("route", "overdue", "owed_by", "remaining_days", "remaining_working_days", "sampled")
"""Of a transfer; `route` takes the place of the column, which is empty where it is not known."""
_CRIMINAL = ("PUBLIC_SECURITY", "DISCIPLINE_INSPECTION", "PROCURATORATE")
_MUTUAL = ("HEALTHCARE_SECURITY", "HEALTH")
BY_SENDER = (
    "health_transfer_after_service",
    "security_transfer_after_discovery",
    "police_report_decision",
    "police_transfer",
    "supplement",
    "reconsideration_request",
    "filing_supervision_request",
    "filing_supervision_request_direct",
    "articles_handover",
    "result_acknowledgement",
    "health_notice",
)


def derived(transfer: Row, now: datetime, today: date) -> Row:
    """What the register works out (R8 to R15): whose step is due, since or for how many days, on which route."""
    due, clock = transfer["due_at"], transfer["due_clock"]
    runs = due is not None and transfer["closed_at"] is None and transfer["status"] != "RECALLED"
    found: Row = dict.fromkeys(DERIVED)
    found |= {
        "route": transfer["route"] or _route(transfer["sender_kind"], transfer["receiver_kind"]),
        "overdue": False,
    }
    found["sampled"] = False  # who asks decides: `Judge.value`
    if not runs:
        return found
    in_hours = clock == "police_transfer"  # 24小时: its last moment is in time; a day's midnight is late
    found["overdue"] = due < now if in_hours else due <= now
    last = (due if in_hours else due - timedelta(microseconds=1)).astimezone(BEIJING).date()
    found["remaining_days"] = (last - today).days
    between = (today + timedelta(days=n) for n in range(1, (last - today).days + 1))
    gone = (last + timedelta(days=n) for n in range(1, (today - last).days + 1))
    working = calendar().is_working_day
    found["remaining_working_days"] = sum(map(working, between)) - sum(map(working, gone))
    if clock is None:
        found["owed_by"] = "SENDER" if transfer["sent_at"] is None else "RECEIVER"
    else:
        found["owed_by"] = (
            "COMMON_SUPERIOR" if clock == "designation" else "SENDER" if clock in BY_SENDER else "RECEIVER"
        )
    return found


def qualified(person: Row, today: date) -> Row:
    """Of a person, what goes by the calendar (R20): points by their year, a suspension by its last day."""
    last = person["qualification_until"] or date(person["points_year"], 12, 31)
    over = person["qualification_status"] == "SUSPENDED" and last < today
    status = "NORMAL" if over else person["qualification_status"]
    return {
        "points": person["points"] if person["points_year"] == today.year else 0,
        "qualification_status": status,
        "qualification_until": None if status == "NORMAL" else person["qualification_until"],
    }


def _route(sender: str, receiver: str) -> str:
    if receiver in ("PUBLIC_SECURITY", "DISCIPLINE_INSPECTION"):
        return f"TO_{receiver}"
    if sender in _CRIMINAL and receiver not in _CRIMINAL:
        return "REVERSE"
    if sender in _MUTUAL and receiver in _MUTUAL and sender != receiver:
        return f"{sender}_TO_{receiver}"
    return "TO_MARKET_REGULATION" if receiver == "MARKET_REGULATION" else "OTHER"


@dataclass(frozen=True)
class Records:
    """All rows by type; `now` and `today` are those of the hub's clock."""

    rows: Mapping[str, list[Row]] = field(repr=False)
    now: datetime
    today: date

    @classmethod
    def load(cls, connection: psycopg.Connection[Any], now: datetime, today: date) -> "Records":
        rows = {kind: read(connection, table) for kind, table in TABLES.items()}
        for transfer in rows["ClueTransfer"]:
            transfer.update(derived(transfer, now, today))
        for person in rows["Personnel"]:
            person.update(qualified(person, today))
        for check in rows["SpotCheck"]:
            check |= {"drawn_at": check["at"], "officer_certificate_no": check["officer"]}
            check["population_hash"] = bytes(check["population_hash"]).hex()
        for recall in rows["Recall"]:
            recall["overdue"] = recall["acknowledged_at"] is None and recall["due_at"] <= now
        return cls(rows, now, today)

    def where(self, kind: str, **equal: Any) -> list[Row]:
        return [row for row in self.rows[kind] if all(row[name] == value for name, value in equal.items())]

    def drawn(self, check: Row) -> list[Row]:
        """The transfers of a spot check."""
        ids = {each["transfer_id"] for each in self.where("Sampled", spot_check_id=check["id"])}
        return [row for row in self.rows["ClueTransfer"] if row["id"] in ids]

    def one(self, kind: str, **equal: Any) -> Row | None:
        found = self.where(kind, **equal)
        assert len(found) <= 1, (kind, equal)
        return found[0] if found else None

    @cached_property
    def regions(self) -> Mapping[str, tuple[str, ...]]:
        """By code: the codes from the province down to the region itself."""
        above = {row["code"]: row["parent"] for row in self.rows["Region"]}

        def path(code: str) -> tuple[str, ...]:
            return (*path(above[code]), code) if above[code] else (code,)

        return {code: path(code) for code in above}
