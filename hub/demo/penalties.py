"""Rows of penalty records (R22): published, not published, revoked, expired; firms, sole traders and persons."""

from typing import Final, NamedTuple

from hub.demo.bulk import Loader
from hub.demo.catalogue import PHARMACY as PHARMACY_VIOLATIONS
from hub.demo.catalogue import TO_HEALTH, TO_MARKET, TO_SECURITY
from hub.demo.institutions import Institution, Institutions, firm, firm_place, firms, legal_representative
from hub.demo.layout import DAYS, LAST_DAY
from hub.demo.numbers import mix, person_name, resident_id, stream, uuid4
from hub.demo.places import AGENCIES, DISCIPLINE, HEALTH, HS, MARKET, PLACES, Agency, seated
from hub.demo.procedures import MEDICAL, PHARMACY

COLUMNS: Final = {
    "penalty_record": (
        "id, public_id, authority, decision_no, counterparty_key, counterparty_category, counterparty_name, "
        "counterparty_person_name, counterparty_uscc, business_registration_no, organization_code, "
        "tax_registration_no, public_institution_no, social_organization_no, legal_representative, "
        "legal_representative_id_type, legal_representative_id, counterparty_id_type, counterparty_resident_id, "
        "institution_id, violation_type, published_facts, facts, basis, kinds, content, fine, confiscation, "
        "licence_revoked, decided_on, valid_until, publicity_ends_on, data_source, data_source_uscc, remark, "
        "served_on, not_published_reason, case_officers, case_file_no, case_no, published_at, revoked_at, status, "
        "severity, region"
    ),
}
NULL: Final = r"\N"
_WITH_CASE, _WITH_INSTITUTION, _OF_FIRM = 0.4, 0.8, 0.9  # what remains: a person without institution
_PERSON_OF_INSTITUTION: Final = 0.12
_UNPUBLISHED, _REVOKED = 0.15, 0.04
_CLUB: Final = 0.02
"""Of decisions, the share whose number also penalises a second counterparty, the person responsible."""
_REASONS: Final = ("不具有一定社会影响(行政处罚法第四十八条)", "轻微违法,原则上不予公示(信用修复管理办法)")


_MINOR, _GENERAL = 92, 366
"""Days of publicity at most (R23)."""


class Sanction(NamedTuple):
    """What is imposed: codes, fine in multiples of the loss, licence, days of publicity."""

    kinds: str
    least: int
    most: int
    licence: str
    publicity_days: int

    @property
    def severity(self) -> str:
        """By its days of publicity (R23)."""
        return "MINOR" if self.publicity_days <= _MINOR else "GENERAL" if self.publicity_days <= _GENERAL else "SERIOUS"


_SANCTIONS: Final = (
    Sanction("WARNING", 0, 0, NULL, 0),
    Sanction("WARNING,FINE", 1, 2, NULL, 90),
    Sanction("FINE", 1, 2, NULL, 180),
    Sanction("FINE", 1, 2, NULL, 365),
    Sanction("FINE,CONFISCATION", 2, 5, NULL, 365),
    Sanction("FINE,SERVICE_SUSPENSION", 2, 5, NULL, 730),
    Sanction("FINE,CONFISCATION,LICENCE_REVOCATION", 2, 5, "药品经营许可证", 1095),
)
_BASIS: Final = {
    HS: "《医疗保障基金使用监督管理条例》第三十八条",
    HEALTH: "《医疗机构管理条例》第四十六条",
    MARKET: "《药品管理法》第一百二十六条",
}


class Counterparty(NamedTuple):
    """Category, name, person's name, uscc and five older codes, legal representative, numbers; as COPY reads them."""

    key: str
    columns: str


def _organisation(category: str, name: str, uscc: str, head: int, birthplace: str) -> Counterparty:
    business, public, social = NULL, NULL, NULL
    if uscc.startswith("12"):
        public = f"事证第1{uscc[2:8]}{head % 100_000:05d}号"
    elif uscc.startswith("52"):
        social = f"民证字第{uscc[2:8]}{head % 100_000:05d}号"
    else:
        business = f"{uscc[2:8]}2{head % 10**8:08d}"
    representative = legal_representative(head)
    number = resident_id(birthplace, mix(head) / 2**64)
    return Counterparty(
        uscc,
        f"{category}\t{name}\t{NULL}\t{uscc}\t{business}\t{uscc[8:16]}-{uscc[16]}\t{uscc}\t{public}\t{social}\t"
        f"{representative}\tRESIDENT_ID\t{number}\t{NULL}\t{NULL}",
    )


def _person(name: str, number: str) -> Counterparty:
    nulls = "\t".join([NULL] * 9)
    return Counterparty(number, f"NATURAL_PERSON\t{NULL}\t{name}\t{nulls}\tRESIDENT_ID\t{number}")


class Decision(NamedTuple):
    """One decision; it may penalise a second counterparty, which makes a second record."""

    authority: Agency
    decision_no: str
    day: int
    case_no: str
    place: str
    one: Institution | None


class Penalties:
    """Writes penalties in the order of their decisions."""

    def __init__(self, loader: Loader, institutions: Institutions, first_institution_id: int) -> None:
        self._loader, self._institutions = loader, institutions
        self._layout = institutions.layout
        self._first_institution_id = first_institution_id
        self._generator = stream("penalties")
        self._random = self._generator.random
        self._numbers: dict[tuple[str, str], int] = {}
        self._rows = loader.lines("penalty_record")

    def write(self) -> None:
        counts, random = self._layout.counts, self._random
        task = self._loader.task("行政处罚 penalty records", counts.penalties)
        index = 0
        while index < counts.penalties:
            day = min(LAST_DAY, index * (LAST_DAY - 20) // counts.penalties + 5 + int(random() * 15))
            drawn, case_no, one = random(), NULL, None
            if drawn < _WITH_CASE and self._layout.cases:
                case = self._layout.case(index * self._layout.cases // counts.penalties)
                place = case.place
                # What only 纪检监察 knows is named by no penalty: its event would be a deduction under that case.
                if any(leg.receiver != DISCIPLINE for leg in case.procedure.legs):
                    case_no = case.case_no
                if case.institution is not None:
                    one = self._institutions.of(case.institution)
            elif drawn < _WITH_INSTITUTION:
                one = self._institutions.of(int(random() * counts.institutions))
                place = one.place.code
            else:
                place = firm_place(int(random() * firms(counts.institutions))).code
            authority = self._authority(place, one)
            number = self._decision_no(authority, DAYS[day][:4])
            decision = Decision(authority, number, day, case_no, place, one)
            counterparties = [self._counterparty(place, one, of_firm=drawn < _OF_FIRM)]
            if random() < _CLUB and index + 1 < counts.penalties:
                counterparties.append(self._resident(place))
            for counterparty in counterparties:
                self._row(counterparty, decision)
                self._loader.advance(task, index)
                index += 1
        self._loader.finish(task)

    def _authority(self, place: str, one: Institution | None) -> Agency:
        drawn = self._random()
        kind = HS
        if one is not None and one.kind == MEDICAL and drawn > 0.55:  # noqa: PLR2004 - shares of the authorities
            kind = HEALTH
        elif (one is None or one.kind == PHARMACY) and drawn > 0.5:  # noqa: PLR2004
            kind = MARKET
        return AGENCIES[seated(place, kind)]

    def _decision_no(self, authority: Agency, year: str) -> str:
        key = (authority.code, year)
        number = self._numbers[key] = self._numbers.get(key, 0) + 1
        return f"{authority.document.split('(')[0]}罚决〔{year}〕{number}号"

    def _resident(self, place: str) -> Counterparty:
        return _person(person_name(self._random()), resident_id(PLACES[place].birthplaces[0], self._random()))

    def _counterparty(self, place: str, one: Institution | None, *, of_firm: bool) -> Counterparty:
        if one is None:
            if not of_firm:
                return self._resident(place)
            index = int(self._random() * firms(self._layout.counts.institutions))
            uscc, name = firm(index, firm_place(index))
            return _organisation("LEGAL_PERSON", name, uscc, index, PLACES[place].birthplaces[0])
        if self._random() < _PERSON_OF_INSTITUTION:
            return self._resident(place)
        category = "SOLE_TRADER" if one.name.endswith("诊所") else "LEGAL_PERSON"
        return _organisation(category, one.entity_name, one.uscc, one.head, one.place.birthplaces[0])

    def _row(self, counterparty: Counterparty, decision: Decision) -> None:
        random, (authority, decision_no, day, _, place, one) = self._random, decision
        sanction = _SANCTIONS[int(random() * len(_SANCTIONS))]
        catalogue = {HS: TO_SECURITY, HEALTH: TO_HEALTH, MARKET: TO_MARKET}[authority.kind]
        if authority.kind == HS and one is not None and one.kind == PHARMACY:
            catalogue = PHARMACY_VIOLATIONS
        what = catalogue[int(random() * len(catalogue))].title
        loss_fen = 20_000 + int(random() * 30_000_000)
        fine = sanction.least * loss_fen + int(random() * (sanction.most - sanction.least) * loss_fen)
        confiscation = f"{loss_fen // 100}.{loss_fen % 100:02d}" if "CONFISCATION" in sanction.kinds else NULL
        imposed = f"罚款{fine // 100}.{fine % 100:02d}元" if fine else "警告"
        publicity_end = DAYS[day + sanction.publicity_days] if sanction.publicity_days else NULL
        institution = NULL if one is None else str(self._first_institution_id + one.ordinal)
        self._rows.append(
            f"{self._loader.next_id()}\t{uuid4(self._generator)}\t{authority.code}\t{decision_no}\t"
            f"{counterparty.key}\t{counterparty.columns}\t{institution}\t{what}\t违法事实：{what}。\t"
            f"经查，{DAYS[max(0, day - 120)]}至{DAYS[max(0, day - 30)]}期间，当事人违法事实为{what}，"
            f"涉及医保基金{loss_fen // 100}.{loss_fen % 100:02d}元。\t"
            f"{_BASIS[authority.kind]}\t{{{sanction.kinds}}}\t责令改正，{imposed}。\t"
            f"{f'{fine // 100}.{fine % 100:02d}' if fine else NULL}\t{confiscation}\t{sanction.licence}\t{DAYS[day]}\t"
            f"2099-12-31\t{publicity_end}\t{authority.name}\t{authority.uscc}\t{NULL}\t"
            f"{self._publication(decision, sanction)}\t"
            f"{place if one is None else one.place.code}"
        )

    def _publication(self, decision: Decision, sanction: Sanction) -> str:
        """servedOn, notPublishedReason, officers, case file, caseNo, publishedAt, revokedAt, status, severity."""
        random, day = self._random, decision.day
        certificate = PLACES[decision.authority.region].digits + str(1_000 + int(random() * 8_999))
        officers = f"{person_name(random())} {certificate},{person_name(random())} {int(certificate) + 1}"
        served = DAYS[min(LAST_DAY, day + int(random() * 7))] if day < LAST_DAY - 12 else NULL
        published, revoked, reason = NULL, NULL, NULL
        if random() < _UNPUBLISHED:
            reason = _REASONS[int(random() * len(_REASONS))]
        elif day + 8 <= LAST_DAY:  # within seven working days of the decision; the youngest are not published yet
            published = f"{DAYS[day + 1 + int(random() * 7)]} 02:00+00"
            if random() < _REVOKED:
                revoked = f"{DAYS[min(LAST_DAY, day + 30 + int(random() * 200))]} 03:00+00"
        status = "DECIDED" if served == NULL else "SERVED"
        if reason != NULL:
            status = "WITHHELD"
        elif published != NULL:
            over = sanction.publicity_days and day + sanction.publicity_days < LAST_DAY
            status = "REVOKED" if revoked != NULL else "TERM_OVER" if over else "PUBLISHED"
        return (
            f"{served}\t{reason}\t{{{officers}}}\t卷{decision.decision_no}\t{decision.case_no}\t{published}\t{revoked}\t"
            f"{status}\t{sanction.severity}"
        )
