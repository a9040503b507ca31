"""Rows of the small database about institutions: penalties, inspections, measures, scores."""

from datetime import date, timedelta
from decimal import Decimal

from hub.credit import tables as credit
from hub.penalties import tables as penalties
from tests.properties.dense_builder import Builder, Row
from tests.properties.dense_places import CASES

PENALTY_STATUSES = ("DECIDED", "SERVED", "WITHHELD", "PUBLISHED", "TERM_OVER", "REPAIRED", "REVOKED")


def add_penalty(make: Builder, number: int, agencies: list[Row], institutions: list[Row]) -> None:
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


def add_inspections(make: Builder, institution: Row, agencies: list[Row]) -> None:
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


def add_scores(make: Builder, institution: Row) -> None:
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
