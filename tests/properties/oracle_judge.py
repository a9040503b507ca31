"""May they, row by row: every fact of a record worked out in Python, and Cedar's own `is_authorized` on all of it."""

from dataclasses import dataclass, field
from typing import Any

from hub.policy.concrete import Asker
from hub.policy.engine import PolicyEngine
from hub.policy.evaluate import PlainRecord
from hub.policy.matrix import structure_of
from hub.policy.verdict import Allow, Deny, Reason, Verdict, When
from hub.policy.vocabulary import DataClass
from tests.properties.oracle_law import CLASS_OF, IDENTIFYING, JUDGED_AS, PAIR, column
from tests.properties.oracle_rows import Records, Row

OpenCase = tuple[tuple[str, str], tuple[str, str]]


class CaseFacts:
    """What the cases say, for everyone: parties, subjects, who has which case open (domain.md P)."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.transfers = records.rows["ClueTransfer"]
        self.uscc = {agency["code"]: agency["uscc"] for agency in records.rows["Agency"]}
        self.subjects: dict[str, frozenset[str]] = {}
        # A draft is known to its sender only: it makes nobody a subject.
        case_of = {each["id"]: each["case_no"] for each in self.transfers if each["sent_at"] is not None}
        for party in records.rows["TransferParty"]:
            if party["uscc"] is not None and party["transfer_id"] in case_of:
                case_no = case_of[party["transfer_id"]]
                self.subjects[case_no] = self.subjects.get(case_no, frozenset()) | {party["uscc"]}
        self.open_for: set[tuple[str, str]] = set()
        self.institutions: dict[tuple[str, str], set[int]] = {}
        for transfer in self.transfers:
            if transfer["sent_at"] is None:
                continue  # a draft opens nothing
            for agency in self.parties(transfer):
                pair = (transfer["case_no"], agency)
                subject = self.uscc[agency] in self.subjects.get(transfer["case_no"], ())
                if transfer["closed_at"] is None and not subject:
                    self.open_for.add(pair)
                if transfer["institution_id"] is not None:
                    self.institutions.setdefault(pair, set()).add(transfer["institution_id"])

    @staticmethod
    def parties(transfer: Row) -> frozenset[str]:
        return frozenset({transfer["sender"]} | ({transfer["receiver"]} if transfer["sent_at"] is not None else set()))

    def audience(self, transfer: Row) -> frozenset[str]:
        if transfer["sent_at"] is None:
            return self.parties(transfer)
        notified = self.records.where("Notified", transfer_id=transfer["id"])
        return self.parties(transfer) | {row["agency"] for row in notified}

    def of_case(self, case_no: str | None) -> frozenset[OpenCase]:
        return frozenset(_pair(case, agency) for case, agency in self.open_for if case == case_no)

    def of_institution(self, institution_id: int | None) -> frozenset[OpenCase]:
        return frozenset(_pair(*pair) for pair in self.open_for if institution_id in self.institutions.get(pair, ()))


def _pair(case_no: str, agency: str) -> OpenCase:
    return (("agency", agency), ("case", case_no))


def plain_record(cases: CaseFacts, kind: str, row: Row) -> PlainRecord:
    """The record with every fact that a policy may ask for."""
    judged_as = JUDGED_AS[kind]
    regions = cases.records.regions
    match kind:
        case "Institution":
            return PlainRecord(judged_as, regions[row["region"]], {"openFor": cases.of_institution(row["id"])})
        case "Personnel" | "CreditScore" | "InspectionResult" | "AgreementMeasure":
            facts = {"openFor": cases.of_institution(row["institution_id"])}
            return PlainRecord(judged_as, regions[row["region"]], facts)
        case "ClueTransfer":
            return PlainRecord(judged_as, (), _transfer_facts(cases, row))
        case "PenaltyRecord":
            of_case, of_institution = cases.of_case(row["case_no"]), cases.of_institution(row["institution_id"])
            return PlainRecord(
                judged_as,
                regions[row["region"]],
                {
                    "naturalPerson": row["counterparty_category"] == "NATURAL_PERSON",
                    "published": is_published(row, cases.records),
                    "subjects": cases.subjects.get(row["case_no"], frozenset()),
                    "openFor": of_institution if row["case_no"] is None else of_case,
                },
            )
        case "SpotCheck":
            return PlainRecord(judged_as, (), {"drawnBy": row["agency"]})
        case "Recall":
            told = {"recipient": row["agency"], "authority": row["authority"], "told": row["told"]}
            return PlainRecord(judged_as, (), told)
        case "CreditDeduction":
            facts = {
                "subjects": cases.subjects.get(row["case_no"], frozenset()),
                "openFor": cases.of_case(row["case_no"]),
            }
            return PlainRecord(judged_as, (), facts)
        case _:
            return PlainRecord(judged_as)


def _transfer_facts(cases: CaseFacts, row: Row) -> dict[str, Any]:
    regions = cases.records.regions
    return {
        "case": row["case_no"],
        "sender": row["sender"],
        "senderKind": row["sender_kind"],
        "senderRegion": regions[row["sender_region"]],
        "receiver": row["receiver"],
        "receiverKind": row["receiver_kind"],
        "receiverRegion": regions[row["receiver_region"]],
        "sent": row["sent_at"] is not None,
        "parties": cases.parties(row),
        "audience": cases.audience(row),
        "reportTakers": frozenset({row["report_taken_by"]} - {None}),
        "subjects": cases.subjects.get(row["case_no"], frozenset()),
        "openFor": cases.of_case(row["case_no"]),
        "overdue": row["overdue"],
        "reported": row["status"] in ("RESULT_REPORTED", "CLOSED"),
        "sampledBy": frozenset(
            each["agency"] for each in cases.records.rows["Sampled"] if each["transfer_id"] == row["id"]
        ),
    }


def is_published(row: Row, records: Records) -> bool:
    """domain.md D: `publishedAt` set, `publicityEndsOn` not past, not revoked; nor repaired, nor ended (R23)."""
    running = row["publicity_ends_on"] is None or row["publicity_ends_on"] >= records.today
    running = running and row["status"] != "TERM_OVER"
    published = row["published_at"] is not None and row["published_at"] <= records.now
    return published and running and row["revoked_at"] is None and row["repaired_at"] is None


@dataclass
class Judge:
    """Every decision for one caller over one database; the same record under the same class is decided once."""

    engine: PolicyEngine
    cases: CaseFacts
    asker: Asker
    _decided: dict[Any, bool] = field(default_factory=dict)
    _plain: dict[tuple[str, int], PlainRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.verdicts = self.engine.structured(structure_of(self.asker))

    @property
    def records(self) -> Records:
        return self.cases.records

    def is_open(self, kind: str, row: Row, data_class: str) -> bool:
        """Whether a class of a record is open, as Cedar decides on the whole record."""
        if data_class == PAIR:
            data_class = "PUBLIC" if is_published(row, self.records) else "SUPERVISION"
        # Ledger rows have no fact, and no internal id outside.
        key = (kind, row.get("id", 0) if kind != "Disclosure" else 0)
        if key not in self._plain:
            self._plain[key] = self._near(plain_record(self.cases, kind, row))
        record = self._plain[key]
        place = (record.type_name, record.region, frozenset(record.facts.items()), data_class)
        if place not in self._decided:
            allowed = self.engine.decide(self.asker, record, DataClass(data_class)).allowed
            # What was judged for all records at once must hold for each.
            verdict = self.verdicts.of(record.type_name, DataClass(data_class))
            assert not isinstance(verdict, Allow if not allowed else Deny), (self.asker, record, data_class)
            self._decided[place] = allowed
        return self._decided[place]

    def _near(self, record: PlainRecord) -> PlainRecord:
        """The record with all names but the caller's own made one: policies ask for no other, and like records are one."""
        own = {self.asker.agency, self.asker.uscc, self.asker.case_no}
        facts: dict[str, Any] = {}
        for name in self.engine.schema.entities[record.type_name]:
            fact = record.facts[name]
            if isinstance(fact, frozenset):
                fact = frozenset(
                    each for each in fact if (each if isinstance(each, str) else dict(each)["agency"]) in own
                )
            elif name in ("case", "sender", "receiver"):
                fact = fact if fact in own else "another"
            facts[name] = fact
        return PlainRecord(record.type_name, record.region, facts)

    def value(self, kind: str, row: Row, name: str) -> Any:
        """A scalar of a record. Whether a transfer was drawn in a spot check is told to who drew it."""
        if (kind, name) == ("ClueTransfer", "sampled"):
            return bool(self.records.where("Sampled", transfer_id=row["id"], agency=self.asker.agency))
        return row[column(kind, name)]

    def is_listed(self, kind: str, row: Row) -> bool:
        return self.is_open(kind, row, CLASS_OF[kind][IDENTIFYING[kind]])

    def verdict(self, kind: str, data_class: str) -> tuple[type[Verdict], Reason | None]:
        """On all records alike: open on all, on none, on some; and the reason that is told where it is hidden."""
        if data_class != PAIR:
            found = self.verdicts.of(JUDGED_AS[kind], DataClass(data_class))
            return type(found), None if isinstance(found, Allow) else found.reason
        public, supervision = (self.verdicts.of(JUDGED_AS[kind], DataClass(each)) for each in ("PUBLIC", "SUPERVISION"))
        told = public if isinstance(supervision, Allow) else supervision
        if type(public) is type(supervision) and not isinstance(public, When):
            return type(public), None if isinstance(told, Allow) else told.reason
        assert not isinstance(told, Allow)
        return When, told.reason
