"""The whole database as plain Python objects, read once: nothing here knows of the hub's own way to ask for a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import psycopg
from psycopg.rows import dict_row

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
    "PenaltyRecord": "penalty_record",
    "CreditScore": "credit_score",
    "InspectionResult": "inspection_result",
    "AgreementMeasure": "agreement_measure",
    "CreditDimension": "credit_dimension",
    "CreditDeduction": "credit_deduction",
    "Notified": "clue_transfer_notified",
}


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def read(connection: psycopg.Connection[Any], table: str) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(f"SELECT * FROM {table}").fetchall()
    return [{name: _utc(value) for name, value in row.items()} for row in rows]


@dataclass(frozen=True)
class Records:
    """All rows by type; `now` and `today` are those of the hub's clock."""

    rows: Mapping[str, list[Row]] = field(repr=False)
    now: datetime
    today: date

    @classmethod
    def load(cls, connection: psycopg.Connection[Any], now: datetime, today: date) -> "Records":
        return cls({kind: read(connection, table) for kind, table in TABLES.items()}, now, today)

    def where(self, kind: str, **equal: Any) -> list[Row]:
        return [row for row in self.rows[kind] if all(row[name] == value for name, value in equal.items())]

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
