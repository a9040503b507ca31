"""A small database in which everything that a policy can ask for happens: dozens of records a type, all edge rows.

Same records on every run; only times follow the given clock, so that "published" and "overdue" keep their edges.
Only invented people and numbers.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.clock import BEIJING
from hub.clues import tables as clues
from hub.clues import tables_events as events
from hub.clues import tables_oversight as oversight
from hub.credit import tables as credit
from hub.db.engine import Database
from hub.files.tables import EvidenceFile
from hub.parties import tables as parties
from hub.penalties import tables as penalties
from tests.properties.dense_places import (
    ALL_CLOSED,
    CASES,
    DUE_CLOCKS,
    EVIDENCE_CLASSES,
    KINDS_AT,
    LEVEL,
    REGIONS,
    STATUSES,
    SUBJECTS,
    TEXTS,
    WORKING,
)

Row = dict[str, Any]
_STEPS: tuple[tuple[str, Row], ...] = (
    ("SENT_BACK", {"reason": "请补充检查报告"}),
    ("SUPPLEMENT_REQUESTED", {"reason": 'a"b\\'}),
    ("SUPPLEMENTED", {"record": {"note": "已补", "evidence": []}}),
    ("NOTICE_DEFERRED", {"reason": "线索已移送监察机关"}),
    ("CASE_DECLINED", {"reason": "显著轻微", "record": {"documentNo": "公不立字〔2026〕1号"}}),
    (
        "RESULT_REPORTED",
        {
            "record": {
                "kind": "PENALTY_IMPOSED",
                "document_no": "罚决〔2026〕2号",
                "decided_on": "2026-02-28",
                "amounts": [{"kind": "追回", "yuan": "12.50"}, {"kind": "罚款", "yuan": "3.00"}],
                "sanctions": ["警告"],
                "detail": "结案",
            }
        },
    ),
    ("ARTICLES_HANDED_OVER", {"record": {"articles": ["账本"], "materials": ["笔录", "清单"]}}),
)
PENALTY_STATUSES = ("DECIDED", "SERVED", "WITHHELD", "PUBLISHED", "TERM_OVER", "REPAIRED", "REVOKED")


@dataclass
class Builder:
    """Makes the rows, in the order of the tables."""

    now: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(20261031))
    ids: Iterator[int] = field(default_factory=lambda: count(5000, 7))
    rows: dict[sa.Table, list[Row]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(BEIJING).date()

    def add(self, table: Any, **values: Any) -> Row:
        self.rows.setdefault(table.__table__, []).append(values)
        return values

    def identified(self, table: Any, **values: Any) -> Row:
        return self.add(table, id=next(self.ids), **values)

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def text(self) -> str:
        return self.chance.choice(TEXTS)

    def maybe(self, value: Any, one_in: int = 3) -> Any:
        return None if self.chance.randrange(one_in) == 0 else value

    def ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days, microseconds=self.chance.choice((0, 0, 123456, 500000)))

    def amount(self) -> Decimal:
        return Decimal(self.chance.choice(("0.00", "0.50", "1234.50", "99999.99", "1234.5", "-3.00")))


def build(now: datetime) -> Mapping[sa.Table, list[Row]]:
    """All rows, parents before children."""
    make = Builder(now)
    for code, name, level, parent in REGIONS:
        make.add(parties.Region, code=code, name=name, level=level, parent=parent)
    agencies = _agencies(make)
    for case_no in CASES:
        opened_by = make.chance.choice(agencies)["code"]
        make.add(clues.Case, case_no=case_no, opened_by=opened_by, opened_on=make.today)
    institutions = _institutions(make)
    _transfers(make, agencies, institutions)
    _spot_checks(make, agencies)
    for number in range(48):
        _penalty(make, number, agencies, institutions)
    for institution in institutions:
        _scores(make, institution)
        _inspections(make, institution, agencies)
    return make.rows


def _agencies(make: Builder) -> list[Row]:
    return [
        make.identified(
            parties.Agency,
            code=f"{region}-{kind}",
            kind=kind,
            region=region,
            level=LEVEL[region],
            name=f"{region}{kind}",
            short_name=make.text(),
            uscc=f"11{region}{number:010d}",
        )
        for number, (kind, region) in enumerate((kind, region) for kind, at in KINDS_AT.items() for region in at)
    ]


def _institutions(make: Builder) -> list[Row]:
    entities = [
        make.identified(parties.LegalEntity, uscc=f"91{number:016d}", name=make.text(), kind="COMPANY")
        for number in range(4)
    ]
    made = []
    for number, region in enumerate(("640104",) * 3 + ("640100", "6401ND", "640000", "650102", "650102", "650100")):
        made.append(
            make.identified(
                parties.Institution,
                nhsa_code=f"H{number:011d}",
                uscc=make.chance.choice(entities)["uscc"],
                name=make.text(),
                kind=make.chance.choice(("HOSPITAL", "PHARMACY")),
                region=region,
                level=make.chance.choice(("一级", "二级")),
                address=make.text(),
                agreement_listed=make.chance.random() < 0.5,
                agreement_status=make.chance.choice(("ACTIVE", "SUSPENDED")),
                legal_representative_id=f"{number:018d}",
                phone=f"1390000{number:04d}",
                settlement_account=f"6222{number:010d}",
            )
        )
        for person in range(number % 3):
            make.identified(
                parties.Personnel,
                nhsa_code=f"D{number}{person:010d}",
                license_no=make.maybe(f"L{number}{person}"),
                name=make.text(),
                profession=make.chance.choice(("DOCTOR", "PHARMACIST")),
                institution_id=made[-1]["id"],
                region=region,
                qualification_status=make.chance.choice(("NORMAL", "SUSPENDED")),
                points=make.chance.choice((0, 3, 9)),
                points_year=make.today.year - make.chance.choice((0, 0, 1)),
                qualification_until=make.maybe(make.today + timedelta(days=make.chance.choice((-1, 0, 200)))),
                resident_id=f"{number}{person:017d}",
                phone=f"1370000{number}{person:03d}",
            )
    return made


def _transfers(make: Builder, agencies: list[Row], institutions: list[Row]) -> None:
    working = [agency for agency in agencies if agency["kind"] in WORKING]
    discipline = [agency for agency in agencies if agency["kind"] == "DISCIPLINE_INSPECTION"]
    for number in range(66):
        case_no = CASES[number % len(CASES)]
        # Few agencies in each case, so that one agency is often a party to several of its transfers.
        near = make.chance.sample(working, 4) if number % 3 else working
        if case_no == ALL_CLOSED:
            near = [agency for agency in working if agency["region"] == "640104"]
            near = near[number // len(CASES) % len(near) :] + near
            near = near[:2]
        sender = make.chance.choice(near)
        receiver = make.chance.choice([each for each in near if each is not sender])
        if number % 6 == 0:
            receiver = make.chance.choice(discipline)
        elif number % 17 == 0:
            sender = make.chance.choice(discipline)
        _transfer(make, number, case_no, sender, receiver, agencies, institutions)


def _transfer(
    make: Builder,
    number: int,
    case_no: str,
    sender: Row,
    receiver: Row,
    agencies: list[Row],
    institutions: list[Row],
) -> None:
    status = "CLOSED" if case_no == ALL_CLOSED else STATUSES[number % len(STATUSES)]
    sent_at = None if status in STATUSES[:3] else make.ago(number % 5)
    closed_at = make.ago(1) if status == "CLOSED" or (status == "RECALLED" and number % 2) else None
    transfer = make.identified(
        clues.ClueTransfer,
        public_id=make.uuid(),
        case_no=case_no,
        doc_no=f"移字〔2026〕{number}号" if sent_at or number % 2 else None,
        doc_year=2026,
        doc_number=number,
        status=status,
        catalogue_codes=make.chance.choice(([], ["R3-1"], ["R3-1", 'R4"2'])),
        sender=sender["code"],
        sender_kind=sender["kind"],
        sender_region=sender["region"],
        receiver=receiver["code"],
        receiver_kind=receiver["kind"],
        receiver_region=receiver["region"],
        forwarded_from=make.maybe(None) if number % 4 else make.chance.choice(agencies)["code"],
        institution_id=make.maybe(make.chance.choice(institutions)["id"], 4),
        source=make.chance.choice(("举报", "智能监控")),
        discovered_on=make.today - timedelta(days=number % 4),
        sent_at=sent_at,
        due_at=make.maybe(make.now + timedelta(days=number % 3 - 1)),
        due_clock=DUE_CLOCKS[number % len(DUE_CLOCKS)],
        due_pack="NX2022" if number % 4 else None,
        due_clause="三（二）第一款" if number % 4 else None,
        due_binding=(True, False, None)[number % 3],
        due_provisional=(False, None)[number % 2],
        route=(None, None, "OTHER", "TO_PUBLIC_SECURITY")[number % 4],
        approved_at=make.now - timedelta(days=number % 3) if number % 2 else None,
        result_reported_at=make.now if status in ("RESULT_REPORTED", "CLOSED") else None,
        arrived_at=make.maybe(make.ago(1)) if sent_at else None,
        received_at=make.maybe(make.ago(0)) if sent_at else None,
        closed_at=closed_at,
        outcome=make.maybe(make.text()),
        summary=make.text(),
        suspected_facts=make.maybe(make.text()),
        violation_amount=make.maybe(make.amount()),
        fund_loss=make.maybe(make.amount()),
        articles=make.chance.choice(([], ["甲", ""])),
        handling_opinion=make.maybe(make.text()),
        result_detail=make.maybe(make.text()),
        informant_ref=make.maybe(f"I-{number}"),
        report_taken_by=make.chance.choice((None, sender["code"], "640104-HEALTHCARE_SECURITY")),
        catalogue_texts=({}, {"R3-7": "其他行为"}, {"R4-8": 'a"b', "R3-7": "甲"})[number % 3],
    )
    notified = make.chance.sample(agencies, number % 3)
    _audience(make, transfer, {agency["code"] for agency in notified})
    _material(make, transfer, number)


def _spot_checks(make: Builder, agencies: list[Row]) -> None:
    """Every superior drew some; what it drew of others than its own kind below opens nothing."""
    superiors = [agency for agency in agencies if agency["level"] < 3 and agency["kind"] in WORKING]
    for number, superior in enumerate(superiors, 1):
        make.add(
            oversight.SpotCheck,
            id=number,
            public_id=make.uuid(),
            agency=superior["code"],
            client_id="c",
            officer="T-1",
            at=make.now,
            seed=str(number),
            share=Decimal("0.5"),
            sent_from=make.today,
            sent_to=make.today,
            population=1,
            population_hash=b"",
            drawn=1,
        )
        for place, transfer in enumerate(make.rows[clues.ClueTransfer.__table__]):
            if (place + number) % 3 == 0:
                make.add(
                    oversight.SpotCheckTransfer,
                    agency=superior["code"],
                    transfer_id=transfer["id"],
                    spot_check_id=number,
                )


def _audience(make: Builder, transfer: Row, notified: set[str]) -> None:
    known = {transfer["sender"]}
    if transfer["sent_at"] is not None:
        known |= {transfer["receiver"], *notified}
    for code in sorted(notified):
        make.add(clues.ClueTransferNotified, transfer_id=transfer["id"], agency=code)
    for code in sorted(known):
        keys = {key: transfer[key] for key in ("discovered_on", "public_id")}
        make.add(clues.RecordParty, agency=code, transfer_id=transfer["id"], **keys)


def _material(make: Builder, transfer: Row, number: int) -> None:
    about = {"transfer_id": transfer["id"]}
    usccs = {agency["code"]: agency["uscc"] for agency in make.rows[parties.Agency.__table__]}
    subject = SUBJECTS.get(transfer["case_no"])
    for index in range(number % 3):
        make.identified(
            clues.TransferParty,
            **about,
            kind=make.chance.choice(("PERSON", "FIRM")),
            name=make.text(),
            identity_number=make.maybe(f"{number}{index:016d}"),
            uscc=usccs[subject] if subject and index == 1 else make.maybe(f"92{number:016d}"),
        )
    for index in range((number * 7) % 4):
        file_id = UUID(int=number * 10 + index, version=4) if index % 2 == 0 else None
        if file_id is not None:
            make.add(
                EvidenceFile,
                file_id=file_id,
                case_no=transfer["case_no"],
                agency=transfer["sender"],
                client_id="test",
                officer="T-1",
                name=make.text(),
                media_type="application/pdf",
                size=1,
                sha256="0" * 64,
                state="OPEN",
                opened_at=make.now,
            )
        make.identified(
            clues.Evidence,
            **about,
            file_id=file_id,
            kind=make.chance.choice(("DOCUMENT", "PHOTO")),
            name=make.text(),
            sha256=f"{number * 10 + index:064x}",
            size=make.chance.choice((0, 2**40)),
            media_type="application/pdf",
            data_class=EVIDENCE_CLASSES[(number + index * 5) % len(EVIDENCE_CLASSES)],
        )
    # Of a transfer that moved on, the earlier receiver's too.
    for index in range(number % 3 if transfer["sent_at"] else 0):
        make.identified(
            clues.TransferReceipt,
            **about,
            agency=transfer["receiver"] if index == 0 else transfer["forwarded_from"] or transfer["receiver"],
            pages=number + 1,
            documents=(["移送书", "调查报告"], ["甲"], [])[number % 3],
            sealed=number % 7 > 0,
            signed_at=make.ago(1),
            officer_name=make.maybe(make.text()),
            officer_certificate_no=f"{number:06d}",
        )
    for index, (kind, payload) in enumerate(_STEPS[: number % (len(_STEPS) + 1)]):
        make.add(
            events.TransferEvent,
            **about,
            case_no=transfer["case_no"],
            kind=kind,
            at=make.now - timedelta(days=9, seconds=number - index),
            agency=transfer["receiver"] if index % 2 else transfer["sender"],
            client_id="test",
            officer="T-1",
            role="SENDER",
            payload=payload,
            confidential=kind == "NOTICE_DEFERRED",
        )
    for index in range(number % 2 + number % 3 // 2):
        make.identified(
            clues.InsuredPerson,
            **about,
            name=make.text(),
            resident_id=f"{number}{index:016d}",
            medical_record_no=f"M{number}{index}",
            diagnosis=make.text(),
        )


def _penalty(make: Builder, number: int, agencies: list[Row], institutions: list[Row]) -> None:
    authority = make.chance.choice(agencies)
    institution = make.maybe(make.chance.choice(institutions))
    person = number % 4 == 0
    today = make.today
    published_at = (make.now - timedelta(days=9), None, make.now, make.now + timedelta(hours=1))[number % 4]
    if number % 3 == 0:
        published_at = make.ago(20)
    ends_on = (None, today, today + timedelta(days=30), today - timedelta(days=1), today)[number % 5]
    make.identified(
        penalties.PenaltyRecord,
        public_id=make.uuid(),
        authority=authority["code"],
        decision_no=f"罚〔2026〕{number // 2}",
        counterparty_key=f"K{number}",
        counterparty_category="NATURAL_PERSON" if person else "LEGAL_PERSON",
        counterparty_name=None if person else make.text(),
        counterparty_person_name=make.text() if person else None,
        counterparty_uscc=None if person else f"93{number:016d}",
        business_registration_no=make.maybe(make.text()),
        organization_code=make.maybe(make.text()),
        tax_registration_no=make.maybe(make.text()),
        public_institution_no=None,
        social_organization_no=None,
        legal_representative=make.maybe(make.text()),
        legal_representative_id_type=make.maybe("身份证"),
        legal_representative_id=make.maybe(f"{number:018d}"),
        counterparty_id_type="身份证" if person else None,
        counterparty_resident_id=f"9{number:017d}" if person else None,
        institution_id=institution["id"] if institution else None,
        region=(institution or authority)["region"],
        violation_type=make.text(),
        published_facts=make.text(),
        facts=make.text(),
        basis=make.text(),
        kinds=make.chance.choice(([], ["罚款"], ["罚款", "警告"])),
        content=make.text(),
        fine=make.maybe(make.amount()),
        confiscation=make.maybe(make.amount()),
        licence_revoked=make.maybe(make.text()),
        decided_on=today - timedelta(days=number % 6),
        valid_until=make.maybe(today),
        publicity_ends_on=ends_on,
        data_source=make.text(),
        data_source_uscc=authority["uscc"],
        remark=make.maybe(make.text()),
        served_on=make.maybe(today - timedelta(days=number % 3)),
        not_published_reason=make.maybe(make.text()),
        case_officers=make.chance.choice(([], ["张三", "李四"])),
        case_file_no=make.maybe(make.text()),
        case_no=make.maybe(make.chance.choice(CASES)),
        published_at=published_at,
        revoked_at=make.now if number % 11 == 10 else None,
        status=PENALTY_STATUSES[number % len(PENALTY_STATUSES)],
        severity=(None, "MINOR", "GENERAL", "SERIOUS")[number % 4],
        amended_at=make.maybe(make.now),
        repaired_at=make.ago(1) if number % 13 == 12 else None,
    )


def _inspections(make: Builder, institution: Row, agencies: list[Row]) -> None:
    where = {"institution_id": institution["id"], "region": institution["region"]}
    for number in range(make.chance.choice((1, 2, 4))):
        day = make.today - timedelta(days=number % 2)
        make.identified(
            penalties.InspectionResult,
            public_id=make.uuid(),
            authority=make.chance.choice(agencies)["code"],
            result_no=f"检{institution['id']}-{number}",
            **where,
            kind=make.chance.choice(("ROUTINE", "SPOT_CHECK")),
            period_from=day - timedelta(days=30),
            period_to=day,
            inspected_on=day,
            findings_class=make.chance.choice(("NO_PROBLEM", "MINOR_PROBLEM")),
            measures=make.chance.choice(([], ["RECOVERY"], ["INTERVIEW", "RECOVERY"])),
            amount_recovered=make.maybe(make.amount()),
            recorded_at=make.ago(number),
        )
        stated = make.maybe(day - timedelta(days=2))
        make.identified(
            penalties.AgreementMeasure,
            public_id=make.uuid(),
            authority=make.chance.choice(agencies)["code"],
            measure_no=f"协{institution['id']}-{number}",
            **where,
            kind=make.chance.choice(("RECOVER", "SUSPEND_PAYMENT")),
            agreement_clause=make.text(),
            department=make.maybe(make.text()),
            informed_on=day - timedelta(days=5),
            statement=make.chance.choice(("NOT_MADE", "NOT_ACCEPTED")),
            statement_on=stated,
            decided_on=day,
            starts_on=make.maybe(day),
            ends_on=make.maybe(day + timedelta(days=9)),
            amount=make.maybe(make.amount()),
            recorded_at=make.ago(number),
        )


def _scores(make: Builder, institution: Row) -> None:
    for period in ("2025Q3", "2025Q4", "2026Q1")[: make.chance.choice((1, 2, 3))]:
        score = make.identified(
            credit.CreditScore,
            institution_id=institution["id"],
            nhsa_code=institution["nhsa_code"],
            region=institution["region"],
            period=period,
            score=Decimal(make.chance.choice(("0.00", "88.50", "100.00", "88.50"))),
            grade=make.chance.choice("ABC"),
            model_version=make.chance.choice(("sample-1", "sample-2")),
            measures=make.chance.choice(([], ["约谈"], ["约谈", "", "公示"])),
        )
        for position in range(make.chance.choice((0, 1, 2))):
            make.identified(
                credit.CreditDimension,
                score_id=score["id"],
                name=make.text(),
                score=Decimal("1.25"),
                weight=Decimal("0.5000"),
                position=1 - position,
            )
        for position in range(make.chance.choice((0, 1, 3))):
            make.identified(
                credit.CreditEffect,
                score_id=score["id"],
                event=make.uuid(),
                rule=make.chance.choice(("DATA_LATE", "PENALTY_MINOR")),
                title=make.text(),
                dimension="INFORMATION",
                points=make.chance.choice((30, -30)),
                occurred_on=date(2025, 9, 1),
                clause=make.text(),
                position=position // 2,
            )
        for position in range(make.chance.choice((0, 2, 3, 4))):
            make.identified(
                credit.CreditDeduction,
                score_id=score["id"],
                reason=make.text(),
                points=Decimal(make.chance.choice(("0.50", "12.00"))),
                case_no=make.chance.choice(CASES),
                position=position // 2,
            )


def fill(database: Database, now: datetime) -> None:
    """Loads the records into a migrated, empty database."""
    engine = database.owner_engine()
    with engine.begin() as connection:
        for table, rows in build(now.astimezone(UTC)).items():
            connection.execute(sa.insert(table), rows)
    engine.dispose()
