"""Loads `records.yaml` into a migrated database: short names become columns, what follows from them is computed."""

import hashlib
import re
from pathlib import Path
from typing import Any

import psycopg
import yaml

RECORDS = Path(__file__).parent / "records.yaml"
MODEL = "sample-2026.1"


def load_records(owner_url: str) -> None:
    """Every record of the golden cases, through the owner role."""
    with psycopg.connect(owner_url) as connection:
        _Loader(connection, yaml.safe_load(RECORDS.read_text(encoding="utf-8"))).load()


class _Loader:
    def __init__(self, connection: psycopg.Connection[Any], records: dict[str, list[dict[str, Any]]]) -> None:
        self.connection = connection
        self.records = records
        self.institutions: dict[str, int] = {}
        self.regions: dict[str, int] = {row["code"]: row["level"] for row in records["regions"]}

    def load(self) -> None:
        for row in self.records["regions"]:
            self.insert("region", {"parent": None} | row)
        for row in self.records["agencies"]:
            region, _, kind = row["code"].partition("-")
            self.insert("agency", row | {"kind": kind, "region": region, "level": self.regions[region]})
        self.plain("officer", "officers", {"roles": ["CASE_OFFICER"], "registered_by": "golden"})
        self.plain("legal_entity", "legal_entities", {})
        for row in self.records["institutions"]:
            self.institutions[row["nhsa_code"]] = self.insert("institution", row)
        for row in self.records["personnel"]:
            self.insert("personnel", self.at_institution(row) | {"region": self.region_of(row["institution"])})
        for row in self.records["cases"]:
            self.insert("case_file", row, returning="case_no")
        for row in self.records["transfers"]:
            self.transfer(dict(row))
        for row in self.records["penalties"]:
            self.penalty(dict(row))
        for row in self.records["scores"]:
            self.score(dict(row))
        self.of_institutions("inspection_result")
        self.of_institutions("agreement_measure")
        for row in self.records["recalls"]:
            self.recall(dict(row))

    def plain(self, table: str, rows: str, more: dict[str, Any]) -> None:
        for row in self.records[rows]:
            self.insert(table, more | row)

    def transfer(self, row: dict[str, Any]) -> None:
        nested = {name: row.pop(name, []) for name in ("notified", "parties", "evidence", "insured_persons")}
        public_id = row.pop("id")
        number = re.fullmatch(r".+〔(\d{4})〕(\d+)号", row.get("doc_no") or "")
        identity = self.insert(
            "clue_transfer",
            self.at_institution(row)
            | {"public_id": public_id}
            | dict(zip(("doc_year", "doc_number"), number.groups() if number else (None, None), strict=True))
            | {
                f"{side}_{part}": value
                for side in ("sender", "receiver")
                for part, value in zip(("region", "kind"), row[side].split("-", 1), strict=True)
            },
        )
        for agency in nested["notified"]:
            self.insert("clue_transfer_notified", {"transfer_id": identity, "agency": agency}, returning="agency")
        sent = row.get("sent_at") is not None
        for agency in {row["sender"], *((row["receiver"], *nested["notified"]) if sent else ())}:
            known = {"agency": agency, "transfer_id": identity, "discovered_on": row["discovered_on"]}
            self.insert("record_party", known | {"public_id": public_id}, returning="agency")
        for item in nested["parties"]:
            self.insert("transfer_party", item | {"transfer_id": identity})
        for item in nested["evidence"]:
            content = hashlib.sha256(item["name"].encode())
            stored = {"sha256": content.hexdigest(), "size": 1024, "media_type": "application/pdf"}
            self.insert("evidence", item | stored | {"transfer_id": identity})
        for item in nested["insured_persons"]:
            self.insert("insured_person", item | {"transfer_id": identity})

    def penalty(self, row: dict[str, Any]) -> None:
        key = row.get("counterparty_uscc") or row["counterparty_resident_id"]
        region = self.region_of(row["institution"])
        source = next(each for each in self.records["agencies"] if each["code"] == row["authority"])
        stated = {"data_source": source["name"], "data_source_uscc": source["uscc"]}
        public_id = row.pop("id")
        self.insert(
            "penalty_record",
            self.at_institution(row) | stated | {"public_id": public_id, "counterparty_key": key, "region": region},
        )

    def recall(self, row: dict[str, Any]) -> None:
        """As the task writes it: the change, and one client that received the record before."""
        decision_no = row.pop("decision_no")
        found = self.connection.execute(
            "SELECT id, public_id::text, authority, region FROM penalty_record WHERE decision_no = %s", (decision_no,)
        ).fetchone()
        assert found
        record, key, authority, region = found
        change = {"feed": "penaltyChanges", "record_id": record, "public": row["public"], "reason": row["reason"]}
        place = {"place_xid": "1", "place_id": 1}
        due = {name: row[name] for name in ("due_at", "clause")} | {"assigned_at": row["recalled_at"]}
        cause = self.insert(
            "recall_cause",
            change | place | due | {"epoch": 0, "kind": row["cause"], "at": row["recalled_at"]},
        )
        about = {"record_type": "PenaltyRecord", "key": key, "authority": authority, "region": region}
        self.insert("recall", {"notice": None} | row | change | place | about | {"cause_id": cause, "by_feed": True})

    def of_institutions(self, table: str) -> None:
        for row in self.records[f"{table}s"]:
            about = {"public_id": row["id"], "region": self.region_of(row["institution"])}
            stated = {name: value for name, value in self.at_institution(row).items() if name != "id"}
            self.insert(table, stated | about)

    def score(self, row: dict[str, Any]) -> None:
        dimensions, deductions, versions = row.pop("dimensions"), row.pop("deductions"), row.pop("versions", [])
        code = row["institution"]
        about = {"nhsa_code": code, "region": self.region_of(code), "model_version": MODEL}
        identity = self.insert("credit_score", self.at_institution(row) | about)
        for table, items in (("credit_dimension", dimensions), ("credit_deduction", deductions)):
            for position, item in enumerate(items):
                self.insert(table, item | {"score_id": identity, "position": position})
        for version in versions:
            parts = {f"credit_{name}": version.pop(name) for name in ("effect", "deduction")}
            about = {"period": row["period"], "model_version": MODEL, "dimensions": "[]"}
            identity = self.insert(
                "credit_score_version", self.at_institution(version | {"institution": code}) | about, "record_id"
            )
            for table, items in parts.items():
                for position, item in enumerate(items):
                    self.insert(table, item | {"score_id": identity, "position": position})

    def at_institution(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name != "institution"} | {
            "institution_id": self.institutions[row["institution"]]
        }

    def region_of(self, nhsa_code: str) -> str:
        return next(row["region"] for row in self.records["institutions"] if row["nhsa_code"] == nhsa_code)

    def insert(self, table: str, row: dict[str, Any], returning: str = "") -> Any:
        returning = returning or ("code" if table == "region" else "id")
        columns = ", ".join(row)
        values = ", ".join(f"%({name})s" for name in row)
        made = self.connection.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING {returning}",  # type: ignore[arg-type]
            row,
        ).fetchone()
        assert made
        return made[0]
