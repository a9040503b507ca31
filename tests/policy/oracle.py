"""The policies decided the slow and plain way: whole entities, Cedar's own `is_authorized`, facts read in plain Python.

Nothing of `hub.policy` is used but the text in `policies/`, nothing of `hub/*/facts.py` but what domain.md says. Other
tests compare what the hub computes with it:

    oracle = Oracle(database.owner_url, now)
    row = oracle.rows("ClueTransfer")[0]
    oracle.decide(caller, "ClueTransfer", DataClass.INVESTIGATION, row)   # purpose, case and scopes are the caller's
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cedarpy
import psycopg
from psycopg.rows import dict_row

from hub.oauth.caller import Caller

POLICIES = Path(__file__).resolve().parent.parent.parent / "policies"
TABLES = {
    "Agency": "agency",
    "LegalEntity": "legal_entity",
    "Institution": "institution",
    "Personnel": "personnel",
    "ClueTransfer": "clue_transfer",
    "ClueCount": "clue_transfer",
    "PenaltyRecord": "penalty_record",
    "CreditScore": "credit_score",
    "InspectionResult": "inspection_result",
    "AgreementMeasure": "agreement_measure",
    "Effect": "credit_effect",
    "Deduction": "credit_deduction",
    "SpotCheck": "spot_check",
    "Recall": "recall",
}
"""Table by resource type; `Disclosure` has no facts and needs no row."""
Row = Mapping[str, Any]
Entity = dict[str, Any]


class Cedar:
    """Cedar's own decision on whole entities, by the text of a folder of policies."""

    def __init__(self, folder: Path = POLICIES) -> None:
        text = "\n".join(path.read_text() for path in sorted(folder.glob("*.cedar")))
        self.schema = cedarpy.Schema.from_str((folder / "hub.cedarschema").read_text())
        self.policies = cedarpy.PolicySet.from_str(text)

    def decisions(self, who: "Who", record: "Seen", classes: Iterable[str]) -> list[bool]:
        """Whether each class of the record is open to `who`."""
        entities = {json.dumps(e["uid"]): e for e in [*who.entities(), *record.entities()]}
        parsed = cedarpy.Entities.from_json_str(json.dumps(list(entities.values())), self.schema)
        requests = [
            {
                "principal": {"type": "Client", "id": "the client"},
                "action": 'Action::"read"',
                "resource": {"type": record.type_name, "id": "the record"},
                "context": {
                    "purpose": ref("Purpose", who.purpose),
                    "dataClass": ref("DataClass", data_class),
                    "hasCase": who.case_no is not None,
                    "case": ref("Case", "none" if who.case_no is None else who.case_no),
                    "scopes": sorted(who.scopes),
                },
            }
            for data_class in classes
        ]
        answers = cedarpy.is_authorized_batch(requests, self.policies, parsed, self.schema)
        for answer in answers:
            assert not answer.diagnostics.errors, answer.diagnostics.errors
        return [answer.allowed for answer in answers]


class Who:
    """A caller in plain values; `path`: region codes from the province down to its own; `officer`: a registered one."""

    def __init__(
        self,
        *,
        agency: str,
        kind: str,
        uscc: str,
        path: tuple[str, ...],
        purpose: str,
        case_no: str | None = None,
        scopes: Iterable[str] = (),
        officer: bool = True,
    ) -> None:
        self.agency, self.kind, self.uscc, self.path = agency, kind, uscc, path
        self.purpose, self.case_no, self.scopes = purpose, case_no, frozenset(scopes)
        self.officer = officer

    def entities(self) -> list[Entity]:
        attributes = {
            "agency": ref("Agency", self.agency),
            "agencyKind": self.kind,
            "agencyUscc": self.uscc,
            "region": ref("Region", self.path[-1]),
            "regionLevel": len(self.path),
            "officerRegistered": self.officer,
        }
        return [entity("Client", "the client", attributes, [ref("Agency", self.agency)]), *region_entities(self.path)]


class Seen:
    """A record: its Cedar attributes as JSON, the region it lies in, and the paths of all regions named."""

    def __init__(
        self, type_name: str, attributes: Mapping[str, Any], path: tuple[str, ...] = (), paths: Iterable[Any] = ()
    ) -> None:
        self.type_name, self.attributes, self.path, self.paths = type_name, dict(attributes), path, tuple(paths)

    def entities(self) -> list[Entity]:
        parents = [ref("Region", self.path[-1])] if self.path else []
        regions = [e for path in (self.path, *self.paths) for e in region_entities(path)]
        return [entity(self.type_name, "the record", self.attributes, parents), *regions]


class Oracle:
    """A database read once, as it is, into plain Python; `now`, in UTC, is the clock of "overdue" and "published"."""

    def __init__(self, url: str, now: datetime, cedar: Cedar | None = None) -> None:
        self.now = now
        self.cedar = cedar or Cedar()
        with psycopg.connect(url, row_factory=dict_row) as connection:
            self.tables = {
                name: connection.execute(f"SELECT * FROM {name}").fetchall()
                for name in (
                    *set(TABLES.values()),
                    "region",
                    "transfer_party",
                    "clue_transfer_notified",
                    "spot_check_transfer",
                )
            }
        self._parent = {row["code"]: row["parent"] for row in self.tables["region"]}
        self._agencies = {row["code"]: row for row in self.tables["agency"]}
        self._notified: dict[int, set[str]] = defaultdict(set)
        for row in self.tables["clue_transfer_notified"]:
            self._notified[row["transfer_id"]].add(row["agency"])
        self._sampled: dict[int, set[str]] = defaultdict(set)
        for row in self.tables["spot_check_transfer"]:
            self._sampled[row["transfer_id"]].add(row["agency"])
        # A draft is known to its sender only: it makes nobody a subject.
        case_of = {row["id"]: row["case_no"] for row in self.tables["clue_transfer"] if row["sent_at"] is not None}
        self._subjects: dict[str, set[str]] = defaultdict(set)
        for row in self.tables["transfer_party"]:
            if row["uscc"] is not None and row["transfer_id"] in case_of:
                self._subjects[case_of[row["transfer_id"]]].add(row["uscc"])
        # Which agencies find which case open, and which institutions its transfers, as far as they are theirs, are about.
        self._open: dict[str, set[str]] = defaultdict(set)
        self._about: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for row in self.tables["clue_transfer"]:
            if row["sent_at"] is None:
                continue  # a draft opens nothing
            for agency in self.parties(row):
                subject = self._agencies[agency]["uscc"] in self._subjects[row["case_no"]]
                if row["closed_at"] is None and not subject:
                    self._open[row["case_no"]].add(agency)
                if row["institution_id"] is not None:
                    self._about[row["institution_id"]].add((row["case_no"], agency))

    def rows(self, type_name: str) -> list[dict[str, Any]]:
        """All rows of a type, as dictionaries by column."""
        return self.tables[TABLES[type_name]]

    def parties(self, transfer: Row) -> set[str]:
        """The sender; the current receiver from `sent_at` on."""
        return {transfer["sender"], transfer["receiver"]} if transfer["sent_at"] else {transfer["sender"]}

    def is_open(self, case_no: str, agency: str) -> bool:
        return agency in self._open[case_no]

    def is_published(self, penalty: Row) -> bool:
        """`publishedAt` set, `publicityEndsOn` not past in Beijing nor its end written down, not revoked."""
        today = (self.now + timedelta(hours=8)).date()
        past = penalty["publicity_ends_on"] is not None and penalty["publicity_ends_on"] < today
        over = past or penalty["status"] == "TERM_OVER"
        begun = penalty["published_at"] is not None and penalty["published_at"] <= self.now
        return begun and not over and penalty["revoked_at"] is None and penalty["repaired_at"] is None

    def path(self, region: str) -> tuple[str, ...]:
        """From the province down, by the parents in the table."""
        above = self._parent[region]
        return (*self.path(above), region) if above else (region,)

    def entity_of(self, type_name: str, row: Row) -> Seen:
        """The record as the policies see it, every fact worked out from the rows."""
        path = self.path(row["region"]) if "region" in row and type_name not in ("Agency", "Recall") else ()
        if type_name == "ClueTransfer":
            return self._transfer(row)
        if type_name == "ClueCount":
            return self._counted(row)
        if type_name in {"Institution", "Personnel", "CreditScore", "InspectionResult", "AgreementMeasure"}:
            institution = row["id"] if type_name == "Institution" else row["institution_id"]
            return Seen(type_name, {"openFor": self._pairs(self._by_institution(institution))}, path)
        if type_name == "PenaltyRecord":
            case_no = row["case_no"]
            pairs = self._by_case(case_no) if case_no else self._by_institution(row["institution_id"])
            attributes = {
                "naturalPerson": row["counterparty_category"] == "NATURAL_PERSON",
                "published": self.is_published(row),
                "subjects": sorted(self._subjects[case_no]) if case_no else [],
                "openFor": self._pairs(pairs),
            }
            return Seen(type_name, attributes, path)
        if type_name == "Deduction":
            subjects = sorted(self._subjects[row["case_no"]])
            return Seen(type_name, {"subjects": subjects, "openFor": self._pairs(self._by_case(row["case_no"]))})
        if type_name == "SpotCheck":
            return Seen(type_name, {"drawnBy": ref("Agency", row["agency"])})
        if type_name == "Recall":
            agencies = {"recipient": ref("Agency", row["agency"]), "authority": ref("Agency", row["authority"])}
            return Seen(type_name, {**agencies, "told": row["told"]})
        return Seen(type_name, {})

    def _transfer(self, row: Row) -> Seen:
        parties = self.parties(row)
        audience = parties | (self._notified[row["id"]] if row["sent_at"] else set())
        sender, receiver = self._agencies[row["sender"]], self._agencies[row["receiver"]]
        # An hour's end is still in time, the midnight after a last day is late.
        past = row["due_at"] is not None and (
            row["due_at"] < self.now or (row["due_at"] == self.now and row["due_clock"] != "police_transfer")
        )
        attributes = {
            "case": ref("Case", row["case_no"]),
            "sender": ref("Agency", row["sender"]),
            "senderKind": sender["kind"],
            "senderRegion": ref("Region", sender["region"]),
            "receiver": ref("Agency", row["receiver"]),
            "receiverKind": receiver["kind"],
            "receiverRegion": ref("Region", receiver["region"]),
            "parties": [ref("Agency", code) for code in sorted(parties)],
            "audience": [ref("Agency", code) for code in sorted(audience)],
            "reportTakers": [ref("Agency", row["report_taken_by"])] if row["report_taken_by"] else [],
            "subjects": sorted(self._subjects[row["case_no"]]),
            "openFor": self._pairs(self._by_case(row["case_no"])),
            "sent": row["sent_at"] is not None,
            "reported": row["status"] in ("RESULT_REPORTED", "CLOSED"),
            "sampledBy": [ref("Agency", code) for code in sorted(self._sampled[row["id"]])],
            "overdue": past and row["closed_at"] is None and row["status"] != "RECALLED",
        }
        return Seen("ClueTransfer", attributes, (), [self.path(sender["region"]), self.path(receiver["region"])])

    def _counted(self, row: Row) -> Seen:
        """A transfer as far as it is counted."""
        whole = self._transfer(row)
        named = ("senderKind", "senderRegion", "receiverKind", "receiverRegion", "parties", "subjects", "sent")
        return Seen("ClueCount", {name: whole.attributes[name] for name in named}, (), whole.paths)

    def _by_case(self, case_no: str) -> set[tuple[str, str]]:
        return {(case_no, agency) for agency in self._open[case_no]}

    def _by_institution(self, institution: int | None) -> set[tuple[str, str]]:
        about = self._about[institution] if institution is not None else set()
        return {(case_no, agency) for case_no, agency in about if self.is_open(case_no, agency)}

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> list[Any]:
        return [{"case": ref("Case", case_no), "agency": ref("Agency", agency)} for case_no, agency in sorted(pairs)]

    def who(self, caller: Caller) -> Who:
        agency = self._agencies[caller.agency]
        return Who(
            agency=caller.agency,
            kind=agency["kind"],
            uscc=agency["uscc"],
            path=self.path(agency["region"]),
            purpose=caller.purpose,
            case_no=caller.case_no,
            scopes=caller.scopes,
            officer=caller.officer_registered,
        )

    def decide(self, caller: Caller, type_name: str, data_class: str, row: Row) -> bool:
        """Whether the caller, for its purpose and case, may see the class of this record."""
        return self.decisions(caller, type_name, [data_class], row)[0]

    def decisions(self, caller: Caller, type_name: str, classes: Iterable[str], row: Row) -> list[bool]:
        """The same for several classes at once: one parse of the entities."""
        return self.cedar.decisions(self.who(caller), self.entity_of(type_name, row), classes)


def ref(kind: str, name: str) -> Any:
    return {"__entity": {"type": kind, "id": name}}


def entity(kind: str, name: str, attributes: Mapping[str, Any], parents: Iterable[Any] = ()) -> Entity:
    above = [parent["__entity"] for parent in parents]
    return {"uid": {"type": kind, "id": name}, "attrs": dict(attributes), "parents": above}


def region_entities(path: tuple[str, ...]) -> list[Entity]:
    return [
        entity("Region", code, {}, [ref("Region", path[place - 1])] if place else []) for place, code in enumerate(path)
    ]
