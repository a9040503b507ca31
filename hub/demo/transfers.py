"""Rows of cases and clue transfers with everything that hangs on a transfer."""

from typing import Final, NamedTuple
from uuid import UUID

from hub.clues.tables import NEVER
from hub.demo import deadlines, papers
from hub.demo.bulk import Loader
from hub.demo.catalogue import (
    DIAGNOSES,
    IDENTITY,
    INFORMANT,
    INVESTIGATION,
    MEDICAL,
    OUTCOMES,
    OUTCOMES_OF,
    PERSON_KINDS,
    REPORT,
    ROUTES,
    SOURCES,
    TRADE,
    TRANSFER_DOCUMENT,
    Item,
    Violation,
)
from hub.demo.clients import DEMO_CLIENTS, DemoClient
from hub.demo.institutions import Institution, Institutions
from hub.demo.layout import DAYS, Case
from hub.demo.lives import DAY, Life, live, moment
from hub.demo.numbers import mix, person_name, resident_id, stream, uuid4
from hub.demo.places import AGENCIES, ASSISTS, DISCIPLINE, FORWARDS, HEALTH, MARKET, PLACES, POLICE, Agency, seated
from hub.demo.procedures import ABOVE, NONE, PHARMACY, Leg

COLUMNS: Final = {
    "case_file": "case_no, opened_by, opened_on",
    "clue_transfer": (
        "id, public_id, case_no, doc_no, doc_year, doc_number, status, catalogue_codes, sender, sender_kind, "
        "sender_region, receiver, receiver_kind, receiver_region, forwarded_from, institution_id, source, "
        "discovered_on, sent_at, arrived_at, received_at, closed_at, outcome, summary, suspected_facts, "
        "violation_amount, fund_loss, articles, handling_opinion, result_detail, recovered, fined, "
        f"informant_ref, report_taken_by, {deadlines.COLUMNS}"
    ),
    "clue_transfer_notified": "transfer_id, agency",
    "record_party": "agency, transfer_id, discovered_on, public_id, next_due_at",
    "transfer_party": "id, transfer_id, case_no, kind, name, identity_number, uscc",
    "transfer_receipt": (
        "id, transfer_id, agency, pages, documents, sealed, signed_at, officer_name, officer_certificate_no"
    ),
    "evidence_file": papers.COLUMNS,
    "evidence": "id, transfer_id, kind, name, sha256, size, media_type, data_class, file_id",
    "insured_person": "id, transfer_id, name, resident_id, medical_record_no, diagnosis",
}
NULL: Final = r"\N"
SMALL: Final = "650102"
"""Its health agency is the small one of the benchmark: a few dozen transfers at any scale."""
_SMALL_CASES: Final = 70
_FORWARDED_SHARE: Final = 0.06
_FORWARDING: Final = {POLICE, HEALTH, MARKET}
_FILED_SHARE: Final = 12
"""One in so many of 5,000 transfers has its evidence as files, where a demo client's agency sent it."""
_CLIENTS: Final = {client.agency: client for client in DEMO_CLIENTS}
_CLUE_SHARE: Final = 0.15
"""Of transfers, the share that is a mere clue (发现的线索): no amount is known yet."""
PENALTY: Final = "PENALTY_IMPOSED"
DECLINED: Final = "CASE_DECLINED"
RECOVERING: Final = {PENALTY, "AGREEMENT_MEASURE"}
_SOURCE_CODES: Final = tuple(SOURCES)
_HANDED_OVER: Final = ("案件移送书", "案件调查报告", "涉案物品清单", "书证、物证复制件")
_MANUFACTURED: Final = ("病历", "处方", "费用清单", "进销存台账", "医保结算单", "检查报告单", "医保凭证")


class _Found(NamedTuple):
    """What the texts of one transfer are made of."""

    case: Case
    one: Institution | None
    life: Life
    what: str
    source: str
    receiver: Agency


class Transfers:
    """Writes cases in order; keeps only the last document number of each sender and year."""

    def __init__(self, loader: Loader, institutions: Institutions, first_id: int, first_institution_id: int) -> None:
        self._institutions = institutions
        self._layout = institutions.layout
        self._first_id = first_id
        self._first_institution_id = first_institution_id
        self._loader = loader
        generator = stream("transfers")
        self._generator, self._random = generator, generator.random
        self._numbers: dict[tuple[str, str], int] = {}
        self._lines = {table: loader.lines(table) for table in COLUMNS}
        self._papers = stream("papers")
        self._filed = _FILED_SHARE * max(1, institutions.layout.counts.transfers // 5_000)
        self._in_small = max(1, self._layout.cases * 6 // 100 // _SMALL_CASES)

    def write(self) -> None:
        total, written = self._layout.counts.transfers, 0
        task = self._loader.task("线索移送 clue transfers", total)
        for index in range(self._layout.cases):
            case = self._layout.case(index)
            one = None if case.institution is None else self._institutions.of(case.institution)
            legs = [(self._sender(case, leg), leg) for leg in case.procedure.legs]
            self._lines["case_file"].append(f"{case.case_no}\t{legs[0][0].code}\t{DAYS[case.day]}")
            for sender, leg in legs[: total - written]:
                self._transfer(self._first_id + written, case, one, sender, leg)
                self._loader.advance(task, written)
                written += 1
        self._loader.finish(task)

    def _agency(self, case: Case, kind: str) -> Agency:
        place = case.place
        if place == SMALL and kind == HEALTH and mix(~case.ordinal) % self._in_small:
            place = PLACES[place].parent
        return AGENCIES[seated(place, kind)]

    def _sender(self, case: Case, leg: Leg) -> Agency:
        if leg.sender == ABOVE:
            place = ASSISTS.get(case.place) or PLACES[case.place].parent or "640100"
            return AGENCIES[seated(place, leg.receiver)]
        return self._agency(case, leg.sender)

    def _transfer(self, identity: int, case: Case, one: Institution | None, sender: Agency, leg: Leg) -> None:
        random = self._random
        life = live(case.day, random)
        receiver, forwarded = self._agency(case, leg.receiver), NULL
        if life.received and leg.receiver in _FORWARDING and case.place in FORWARDS and random() < _FORWARDED_SHARE:
            onward = AGENCIES[seated(FORWARDS[case.place], leg.receiver)]
            if onward.code != receiver.code:
                receiver, forwarded = onward, receiver.code
        public_id, discovered = uuid4(self._generator), DAYS[case.day]
        source = _SOURCE_CODES[int(random() * len(_SOURCE_CODES))]
        violations = _violations(ROUTES[leg.route], random())
        institution = NULL if one is None else str(self._first_institution_id + one.ordinal)
        findings = self._findings(_Found(case, one, life, violations[0].title, source, receiver))
        due, next_due = self._due(case, life, sender, receiver, forwarded != NULL, findings.startswith(DECLINED))
        self._lines["clue_transfer"].append(
            f"{identity}\t{public_id}\t{case.case_no}\t{self._document(sender, life, case)}\t{life.status}\t"
            f"{{{','.join(violation.code for violation in violations)}}}\t"
            f"{sender.code}\t{sender.kind}\t{sender.region}\t{receiver.code}\t{receiver.kind}\t{receiver.region}\t"
            f"{forwarded}\t{institution}\t{source}\t{discovered}\t"
            f"{moment(life.sent)}\t"
            f"{moment(life.arrived)}\t{moment(life.received)}\t{moment(life.closed)}\t"
            f"{findings}\t{self._informant(source, sender, receiver)}\t{due}"
        )
        self._parties(identity, case, one, leg, sent=life.sent is not None)
        self._evidence(identity, case, life, source, sender)
        self._insured(identity, case)
        self._receipt(identity, life, receiver)
        known = {sender.code} if life.sent is None else {sender.code, receiver.code}
        for kind in leg.notified if leg.receiver != DISCIPLINE else ():
            copied = self._agency(case, kind).code
            if copied not in {sender.code, receiver.code}:
                self._lines["clue_transfer_notified"].append(f"{identity}\t{copied}")
                if life.sent is not None:
                    known.add(copied)
        for agency in sorted(known):
            self._lines["record_party"].append(f"{agency}\t{identity}\t{discovered}\t{public_id}\t{next_due}")

    def _due(
        self, case: Case, life: Life, sender: Agency, receiver: Agency, forwarded: bool, declined: bool
    ) -> tuple[str, str]:
        """The columns of the deadline; `next_due_at`."""
        taken = frozenset(name for name in ("sent", "arrived", "received", "closed") if getattr(life, name) is not None)
        kind = deadlines.Kind(sender.kind, receiver.kind, life.status, taken, forwarded, declined)
        columns, at = deadlines.columns(kind, case.day, life, sender.region, receiver.region)
        return columns, NEVER if at is None else at.isoformat()

    def _document(self, sender: Agency, life: Life, case: Case) -> str:
        """docNo, its year and number: given on approval, kept when recalled."""
        if life.status in {"DRAFT", "SUBMITTED"}:
            return f"{NULL}\t{NULL}\t{NULL}"
        year = DAYS[case.day if life.sent is None else life.sent // 1_440][:4]
        key = (sender.code, year)
        number = self._numbers[key] = self._numbers.get(key, 0) + 1
        return f"{sender.document}案移字〔{year}〕{number}号\t{year}\t{number}"

    def _findings(self, found: _Found) -> str:
        """Outcome, summary, suspected facts, amounts in yuan, articles, opinion and result."""
        random, (case, one, life, what, source, receiver) = self._random, found
        who, visits = "有关人员" if one is None else one.name, 3 + int(random() * 240)
        amount = loss = NULL
        if random() >= _CLUE_SHARE:
            fen = visits * (8_000 + int(random() * 160_000))
            lost = fen * (55 + int(random() * 40)) // 100
            amount, loss = f"{fen // 100}.{fen % 100:02d}", f"{lost // 100}.{lost % 100:02d}"
        first, second = (_MANUFACTURED[int(random() * len(_MANUFACTURED))] for _ in range(2))
        outcome = result = opinion = recovered = fined = NULL
        if life.status in {"CLOSED", "RESULT_REPORTED"}:
            outcomes = OUTCOMES_OF[receiver.kind]
            outcome = outcomes[int(random() * len(outcomes))]
            result = f"{receiver.short_name}就{who}涉嫌{what}一案办理终结：{OUTCOMES[outcome]}。"
            # What was lost comes back; a penalty takes as much again (条例 第三十八条: one to two times).
            recovered = loss if outcome in RECOVERING else NULL
            fined = loss if outcome == PENALTY else NULL
        if life.status in {"CLOSED", "RESULT_REPORTED", "HANDLING"}:
            opinion = f"拟由{receiver.short_name}依法调查核实，{visits}人次相关费用逐笔核对。"
        return (
            f"{outcome}\t{who}涉嫌{what}，由{SOURCES[source]}发现，涉及{visits}人次。\t"
            f"{DAYS[max(0, case.day - 180)]}至{DAYS[case.day]}期间，{who}涉嫌{what}，"
            f"{first}与{second}记载不一致，待进一步查证。\t{amount}\t{loss}\t"
            f"{{{first if first == second else f'{first},{second}'}}}\t{opinion}\t{result}\t{recovered}\t{fined}"
        )

    def _informant(self, source: str, sender: Agency, receiver: Agency) -> str:
        """informantRef and the agency that took the report: the sender, or one time in five the receiver."""
        if source != REPORT:
            return f"{NULL}\t{NULL}"
        taker = sender if self._random() < 0.8 else receiver  # noqa: PLR2004
        return f"JB-{self._generator.getrandbits(64):016X}\t{taker.code}"

    def _parties(self, identity: int, case: Case, one: Institution | None, leg: Leg, *, sent: bool) -> None:
        random, rows, next_id = self._random, self._lines["transfer_party"], self._loader.next_id
        case_no = case.case_no if sent else NULL
        if leg.subject:
            agency = AGENCIES[seated(case.place, leg.subject)]
            kind = "FUND_OPERATOR" if leg.subject == "FUND_OPERATOR" else "AGENCY"
            rows.append(f"{next_id()}\t{identity}\t{case_no}\t{kind}\t{agency.name}\t{agency.uscc}\t{agency.uscc}")
        elif one is not None:
            rows.append(f"{next_id()}\t{identity}\t{case_no}\t{one.kind}\t{one.name}\t{one.uscc}\t{one.uscc}")
        if one is None or random() < 0.4:  # noqa: PLR2004 - two in five institutions with a person
            kinds = PERSON_KINDS[leg.route]
            number = resident_id(PLACES[case.place].birthplaces[0], random())
            kind = kinds[int(random() * len(kinds))]
            rows.append(f"{next_id()}\t{identity}\t{case_no}\t{kind}\t{person_name(random())}\t{number}\t{NULL}")

    def _evidence(self, identity: int, case: Case, life: Life, source: str, sender: Agency) -> None:
        random = self._random
        drawn = random()
        items: list[Item] = [INVESTIGATION[int(drawn * len(INVESTIGATION))]]
        if life.sent is not None:
            items.append(TRANSFER_DOCUMENT)
        kind = case.procedure.institution
        if kind != PHARMACY and (kind == NONE or drawn < 0.9):  # noqa: PLR2004 - shares of each kind of evidence
            items.append(MEDICAL[int(random() * len(MEDICAL))])
        if drawn < 0.3:  # noqa: PLR2004
            items.append(IDENTITY)
        if drawn > (0.4 if kind == PHARMACY else 0.8):
            items.append(TRADE[int(random() * len(TRADE))])
        if source == REPORT:
            items.append(INFORMANT)
        rows, next_id, bits = self._lines["evidence"], self._loader.next_id, self._generator.getrandbits
        client = _CLIENTS.get(sender.code) if not mix(~identity) % self._filed else None
        for item in items:
            described = f"{bits(256):064x}\t{20_000 + bits(22)}\t{item.media_type}\t{item.data_class}\t{NULL}"
            if client is not None:
                described = self._file(item, case, life, client)
            rows.append(f"{next_id()}\t{identity}\t{item.kind}\t{item.name}\t{described}")

    def _file(self, item: Item, case: Case, life: Life, client: DemoClient) -> str:
        """The row of a stored file; what its item of evidence copies of it."""
        paper = papers.Paper(UUID(uuid4(self._papers)), case.case_no, client.agency, item.name, item.media_type)
        size, sha256 = papers.written(paper)
        uploaded = f"{DAYS[case.day if life.sent is None else life.sent // DAY]} 00:30+00"
        self._lines["evidence_file"].append(
            f"{paper.file_id}\t{case.case_no}\t{client.agency}\t{client.client_id}\t{client.certificate_no}\t{item.name}\t"
            f"{item.media_type}\t{size}\t{sha256}\tCOMPLETE\t{size}\t{uploaded}\t{uploaded}"
        )
        return f"{sha256}\t{size}\t{item.media_type}\t{item.data_class}\t{paper.file_id}"

    def _receipt(self, identity: int, life: Life, receiver: Agency) -> None:
        """Of its own numbers, so that the rest of the sample is what it was before there were receipts."""
        if life.received is None:
            return
        drawn = mix(identity)
        documents = _HANDED_OVER[: 2 + drawn % 3]
        self._lines["transfer_receipt"].append(
            f"{self._loader.next_id()}\t{identity}\t{receiver.code}\t{6 + drawn // 3 % 180}\t"
            f"{{{','.join(documents)}}}\tt\t{moment(life.received)}\t"
            f"{person_name(drawn % 10_007 / 10_007)}\t{receiver.region}7{drawn % 100_000:05d}"
        )

    def _insured(self, identity: int, case: Case) -> None:
        random, rows, next_id = self._random, self._lines["insured_person"], self._loader.next_id
        birthplaces = PLACES[case.place].birthplaces
        for _ in range(int(random() * 2.2) if case.procedure.institution == PHARMACY else 1 + int(random() * 2.4)):
            drawn = random()
            rows.append(
                f"{next_id()}\t{identity}\t{person_name(drawn)}\t"
                f"{resident_id(birthplaces[int(random() * len(birthplaces))], random())}\t"
                f"ZY{DAYS[case.day][:4]}{int(random() * 10**7):07d}\t{DIAGNOSES[int(random() * len(DIAGNOSES))]}"
            )


def _violations(catalogue: tuple[Violation, ...], random: float) -> tuple[Violation, ...]:
    """One member of a catalogue, or for one transfer in four it and its neighbour."""
    position = random * len(catalogue)
    index = int(position)
    if position - index < 0.25 and index + 1 < len(catalogue):  # noqa: PLR2004
        return catalogue[index], catalogue[index + 1]
    return (catalogue[index],)
