"""Changes everything in a database that a caller may not see, and nothing that decides what it may see."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.properties.oracle_judge import Judge
from tests.properties.oracle_law import CLASS_OF, IDENTIFYING, MANY, column
from tests.properties.oracle_rows import DERIVED, TABLES, Row
from tests.properties.view import RECORDS, is_item_seen, is_seen

DECIDING = {
    "Agency": "code kind level uscc",
    "LegalEntity": "uscc",
    "Institution": "nhsa_code uscc",
    "Personnel": "nhsa_code",
    # The last four are bound to others by a constraint.
    "ClueTransfer": "case_no closed_at sent_at discovered_on public_id doc_no status",
    "PenaltyRecord": "public_id decision_no counterparty_category counterparty_name published_at publicity_ends_on revoked_at"
    " repaired_at status severity",
    "CreditScore": "period",
    "InspectionResult": "public_id result_no period_from period_to",
    "AgreementMeasure": "public_id measure_no informed_on decided_on starts_on ends_on",
    "TransferParty": "uscc",
    "CreditDeduction": "case_no",
}
"""Columns that facts, keys and constraints rest on: they stay as they are, seen or not."""
FRESH = 900_000
"""Internal ids of added rows."""


@dataclass
class Disturber:
    connection: psycopg.Connection[Any]
    judge: Judge
    chance: random.Random
    changed: int = 0
    removed: int = 0
    added: int = 0

    def run(self) -> None:
        for kind in RECORDS:
            for row in self.judge.records.rows[kind]:
                self.record(kind, row)
        self.add_transfers()
        # What is told to its own agency only is shown to nobody by the history of a transfer.
        self.execute("UPDATE transfer_event SET payload = '{}', at = at - interval '1 day' WHERE confidential")
        # What other superiors drew is their own affair.
        self.execute("DELETE FROM spot_check_transfer WHERE agency <> %s", self.judge.asker.agency)

    def record(self, kind: str, row: Row) -> None:
        seen = is_seen(self.judge, kind, row)
        for coordinate in MANY:
            if coordinate.startswith(f"{kind}.") and coordinate != "ClueTransfer.notified":
                self.items(kind, row, coordinate, seen)
        if not seen and self.chance.random() < 0.3 and self.remove(kind, row):
            return
        hidden = [name for name, each in CLASS_OF[kind].items() if not seen or not self.judge.is_open(kind, row, each)]
        self.change(kind, row, hidden)

    def items(self, kind: str, row: Row, coordinate: str, seen: bool) -> None:
        name = coordinate.partition(".")[2]
        item_kind, link, _ = MANY[coordinate]
        whole = not seen or not self.judge.is_open(kind, row, CLASS_OF[kind][name])
        for item in self.judge.records.where(item_kind, **{link: row["id"]}):
            if whole and self.may_go(item_kind, item) and self.chance.random() < 0.5:
                self.delete(item_kind, item)
            elif whole or not is_item_seen(self.judge, kind, row, item_kind, item):
                fields = CLASS_OF.get(item_kind) or ("kind", "name", "sha256", "size", "mediaType")
                self.change(item_kind, item, list(fields))
                # Whether a hidden item bears a file, and which, is hidden too.
                fresh = {"file_id": None} if item_kind == "Evidence" else {}
                if fresh and self.chance.random() < 0.5:
                    self.execute("UPDATE evidence SET file_id = NULL WHERE id = %s", item["id"])
                if self.chance.random() < 0.3 and item_kind not in ("CatalogueText", "TransferStep"):
                    self.copy(item_kind, item, **fresh)
            else:
                judged = (item_kind, item) if item_kind in IDENTIFYING else (kind, row)
                classes = CLASS_OF.get(item_kind, {})
                self.change(
                    item_kind, item, [each for each in classes if not self.judge.is_open(*judged, classes[each])]
                )

    def may_go(self, item_kind: str, item: Row) -> bool:
        return item_kind != "TransferParty" or item["uscc"] != self.judge.asker.uscc

    def change(self, kind: str, row: Row, names: list[str]) -> None:
        """Another value in each column that holds one of the hidden fields."""
        fixed = DECIDING.get(kind, "").split()
        values = {}
        for name in names:
            key = column(kind, name)
            if (
                key in fixed
                or key not in row
                or key in DERIVED
                or f"{kind}.{name}" in MANY
                or isinstance(row[key], UUID)
            ):
                continue
            if key in ("sender", "receiver", "institution_id", "region", "authority", "agency"):
                continue
            # A null may stay: which type it would have is the table's affair.
            if row[key] is not None:
                values[key] = self.other(row[key])
        if kind == "CatalogueText":  # a view of a column of the transfer; its code is a key
            if "text" in values:
                self.text_of(row, values["text"])
        elif values and kind == "TransferStep":  # a view of the history
            self.step(row, str(self.chance.random()))
        elif values:
            sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(key)) for key in values)
            statement = sql.SQL("UPDATE {} SET {} WHERE id = %s").format(sql.Identifier(TABLES[kind]), sets)
            self.connection.execute(statement, (*values.values(), row["id"]))
            self.changed += len(values)

    def step(self, item: Row, changed: str | None) -> None:
        """Another content of a step; None: it never was."""
        if changed is None:
            self.execute("DELETE FROM transfer_event WHERE id = %s", item["position"])
        else:
            kept = {"reason": changed, "record": {"documentNo": changed, "sanctions": [changed], "note": changed}}
            self.execute("UPDATE transfer_event SET payload = %s WHERE id = %s", Jsonb(kept), item["position"])
        self.changed += 1

    def text_of(self, item: Row, changed: str | None) -> None:
        """Another text of an "other" member; None: it is gone."""
        if changed is None:
            change, given = "- %s", item["code"]
        else:
            change, given = "|| %s", Jsonb({item["code"]: changed})
        self.execute(
            f"UPDATE clue_transfer SET catalogue_texts = catalogue_texts {change} WHERE id = %s",
            given,
            item["transfer_id"],
        )
        self.changed += 1

    def other(self, value: Any) -> Any:
        match value:
            case bool():
                return not value
            case int():
                return value + 1
            case str():
                return self.chance.choice(("", "改", "zz", value[::-1]))[: max(1, len(value))]
            case Decimal():
                return value + Decimal("1.00") if value < 900 else Decimal("1.00")
            case datetime() | date():
                return value - timedelta(days=self.chance.choice((1, 400)))
            case list():
                return [*value, "改"] if self.chance.random() < 0.5 else []
        raise AssertionError(value)

    def remove(self, kind: str, row: Row) -> bool:
        """Removes a whole unseen record, where nothing else hangs on it."""
        if kind == "ClueTransfer":
            return self.remove_transfer(row)
        if kind == "CreditScore":
            for child in ("CreditDimension", "CreditEffect", "CreditDeduction"):
                self.execute(f"DELETE FROM {TABLES[child]} WHERE score_id = %s", row["id"])
        if kind in ("CreditScore", "PenaltyRecord", "Personnel", "InspectionResult", "AgreementMeasure"):
            self.delete(kind, row)
            self.removed += 1
            return True
        return False

    def remove_transfer(self, row: Row) -> bool:
        asker = self.judge.asker
        about = self.judge.records.where("TransferParty", transfer_id=row["id"])
        if asker.agency in (row["sender"], row["receiver"]) or any(party["uscc"] == asker.uscc for party in about):
            return False
        for table in (
            "spot_check_transfer", "clue_transfer_notified", "record_party", "transfer_party", "evidence", "insured_person",
            "transfer_receipt", "transfer_event",
        ):  # fmt: skip
            self.execute(f"DELETE FROM {table} WHERE transfer_id = %s", row["id"])
        self.delete("ClueTransfer", row)
        self.removed += 1
        return True

    def add_transfers(self) -> None:
        """Transfers to discipline inspection between others: nobody else can know of them (监察法)."""
        rows = self.judge.records.rows["ClueTransfer"]
        kind = "DISCIPLINE_INSPECTION"
        for row in [row for row in rows if row["receiver_kind"] == kind and row["sent_at"]][:6]:
            if self.judge.asker.agency in (row["sender"], row["receiver"]):
                continue
            self.added += 1
            number = FRESH + self.added
            public = UUID(int=self.chance.getrandbits(128), version=4)
            fresh = {"public_id": public, "doc_no": f"新{number}", "doc_number": number}
            self.copy("ClueTransfer", row, **fresh)
            self.connection.execute(
                "INSERT INTO record_party (agency, transfer_id, discovered_on, public_id)"
                " SELECT unnest(ARRAY[sender, receiver]), id, discovered_on, public_id FROM clue_transfer WHERE public_id = %s",
                (public,),
            )

    def copy(self, kind: str, row: Row, **fresh: Any) -> None:
        generated = ("id", "province", "prefecture", "county", "next_due_at", *DERIVED)
        kept = {
            key: Jsonb(value) if isinstance(value, dict) else value
            for key, value in row.items()
            if key not in generated and not key.endswith(("_prefecture", "_province"))
        }
        values = kept | fresh
        names = sql.SQL(", ").join(map(sql.Identifier, values))
        places = sql.SQL(", ").join(sql.Placeholder() * len(values))
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(TABLES[kind]), names, places)
        self.connection.execute(statement, tuple(values.values()))

    def delete(self, kind: str, row: Row) -> None:
        if kind == "CatalogueText":
            self.text_of(row, None)
            return
        if kind == "TransferStep":
            self.step(row, None)
            return
        self.execute(f"DELETE FROM {TABLES[kind]} WHERE id = %s", row["id"])

    def execute(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement, values)
