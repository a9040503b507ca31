"""A small database in which everything that a policy can ask for happens: dozens of records a type, all edge rows.

Same records on every run; only times follow the given clock, so that "published" and "overdue" keep their edges.
Only invented people and numbers.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from hub.clues import tables as clues
from hub.clues import tables_events as events
from hub.clues import tables_oversight as oversight
from hub.db.engine import Database
from hub.files.tables import EvidenceFile
from hub.parties import tables as parties
from tests.properties.dense_builder import Builder, Row
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
    WORKING,
)
from tests.properties.dense_supervision import add_inspections, add_penalty, add_scores

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
        add_penalty(make, number, agencies, institutions)
    for institution in institutions:
        add_scores(make, institution)
        add_inspections(make, institution, agencies)
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


def fill(database: Database, now: datetime) -> None:
    """Loads the records into a migrated, empty database."""
    engine = database.owner_engine()
    with engine.begin() as connection:
        for table, rows in build(now.astimezone(UTC)).items():
            connection.execute(sa.insert(table), rows)
    engine.dispose()
