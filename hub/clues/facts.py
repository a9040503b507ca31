"""Facts of cases and transfers that the policies ask for (domain.md P, "What each opens")."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, literal_column, not_, or_, select

from hub.clues.deadlines import overdue
from hub.clues.tables import ClueTransfer, RecordParty, TransferParty
from hub.clues.tables_oversight import SpotCheck, SpotCheckTransfer
from hub.policy.facts import Bind, Flag, PairSet, RecordFacts, RegionOf, Row, Scalar, SetOf
from hub.policy.predicate import Parameter

# One alias a use: none of these sub-selects stands inside another, and making an alias costs more than using it.
KNOWN = RecordParty.__table__.alias("known")
PARTY = TransferParty.__table__.alias("party")
RUNNING = ClueTransfer.__table__.alias("running")
OF_CASE = ClueTransfer.__table__.alias("of_case")
SAMPLED = SpotCheckTransfer.__table__.alias("sampled")
REPORTED = ("RESULT_REPORTED", "CLOSED")
"""Of a sent transfer: its result went back, and so to the superiors (000 三（三）); none is closed without one."""


def is_party(transfer: Row, agency: ColumnElement[Any]) -> ColumnElement[bool]:
    """The sender; the current receiver from `sentAt` on."""
    return or_(transfer.c.sender == agency, and_(transfer.c.receiver == agency, transfer.c.sent_at.is_not(None)))


def is_audience(transfer: Row, agency: ColumnElement[Any]) -> ColumnElement[bool]:
    """A party, or notified of a sent transfer: exactly the agencies with a row in `record_party`."""
    known = KNOWN
    found = select(1).select_from(known).where(known.c.agency == agency, known.c.transfer_id == transfer.c.id)
    return exists(found.correlate_except(known))


def is_sampled(transfer: Row, agency: ColumnElement[Any]) -> ColumnElement[bool]:
    """A superior drew it in a spot check."""
    drawn = select(1).select_from(SAMPLED).where(SAMPLED.c.agency == agency, SAMPLED.c.transfer_id == transfer.c.id)
    return exists(drawn.correlate_except(SAMPLED))


def sampled_by_caller(row: Row, bind: Bind) -> ColumnElement[bool]:
    return is_sampled(row, bind(Parameter.AGENCY))


def is_subject(case_no: ColumnElement[Any], uscc: ColumnElement[Any]) -> ColumnElement[bool]:
    """A party of a sent transfer of the case bears this uscc; a draft names nobody to others.

    A scalar sub-select stays one index probe a row. EXISTS and IN become a join with all cases of the uscc, and an
    agency may be named in thousands: 2 to 4 ms a statement at 200,000 transfers, more with every year.
    """
    named: Select[Any] = select(literal_column("1")).where(PARTY.c.uscc == uscc, PARTY.c.case_no == case_no)
    return named.limit(literal_column("1")).correlate_except(PARTY).scalar_subquery().is_not(None)


def case_open(case_no: ColumnElement[Any], agency: ColumnElement[Any], bind: Bind) -> ColumnElement[bool]:
    """Open for a party: at least one sent transfer of the case to which the agency is a party has no `closedAt`.

    A draft opens nothing (docs/decisions/0020): one officer writes it alone, unseen, about whomever he names.
    Never open for an agency that is itself a subject of the case, so nothing about the case's institution opens either.
    """
    running = exists(
        select(1)
        .select_from(RUNNING)
        .where(
            RUNNING.c.case_no == case_no,
            RUNNING.c.sent_at.is_not(None),
            is_party(RUNNING, agency),
            RUNNING.c.closed_at.is_(None),
        )
        .correlate(None)
    )
    return and_(running, not_(is_subject(case_no, bind("agency_uscc"))))


def case_institutions(case_no: ColumnElement[Any], agency: ColumnElement[Any]) -> Any:
    """Institutions that the sent transfers of the case *to which the agency is a party* are about."""
    return select(OF_CASE.c.institution_id).where(
        OF_CASE.c.case_no == case_no,
        OF_CASE.c.sent_at.is_not(None),
        is_party(OF_CASE, agency),
        OF_CASE.c.institution_id.is_not(None),
    )


def in_subject_case(row: Row, uscc: ColumnElement[Any], bind: Bind) -> ColumnElement[bool]:
    return is_subject(row.c.case_no, uscc)


def open_by_case(row: Row, pair: Mapping[str, ColumnElement[Any]], bind: Bind) -> ColumnElement[bool]:
    return and_(row.c.case_no == pair["case"], case_open(pair["case"], pair["agency"], bind)).is_(True)


def open_by_institution(column: str) -> PairSet:
    """`openFor` of a record without a case key: by being about the case's institution."""

    def contains(row: Row, pair: Mapping[str, ColumnElement[Any]], bind: Bind) -> ColumnElement[bool]:
        about = row.c[column].in_(case_institutions(pair["case"], pair["agency"]))
        return and_(about, case_open(pair["case"], pair["agency"], bind)).is_(True)

    return PairSet(contains)


def in_subject_cases(row: Row, uscc: ColumnElement[Any], bind: Bind) -> ColumnElement[bool]:
    """`in_subject_case` for whoever counts a million rows: the cases are read once, a row is one probe of a hash."""
    found: ColumnElement[bool] = row.c.case_no.in_(
        select(PARTY.c.case_no).where(PARTY.c.uscc == uscc, PARTY.c.case_no.is_not(None))
    )
    return found


CLUE_TRANSFER = RecordFacts(
    "ClueTransfer",
    attributes={
        "case": Scalar("case_no"),
        "sender": Scalar("sender"),
        "senderKind": Scalar("sender_kind"),
        "senderRegion": RegionOf(("sender_province", "sender_prefecture", "sender_region")),
        "receiver": Scalar("receiver"),
        "receiverKind": Scalar("receiver_kind"),
        "receiverRegion": RegionOf(("receiver_province", "receiver_prefecture", "receiver_region")),
        "parties": SetOf(lambda row, agency, bind: is_party(row, agency)),
        "audience": SetOf(lambda row, agency, bind: is_audience(row, agency)),
        "reportTakers": SetOf(lambda row, agency, bind: (row.c.report_taken_by == agency).is_(True)),
        "subjects": SetOf(in_subject_case),
        "openFor": PairSet(open_by_case),
        "sent": Flag(lambda row, bind: row.c.sent_at.is_not(None)),
        "overdue": Flag(overdue),
        "reported": Flag(lambda row, bind: or_(*(row.c.status == status for status in REPORTED))),
        "sampledBy": SetOf(lambda row, agency, bind: is_sampled(row, agency)),
    },
    table=ClueTransfer.__table__,
)

CLUE_COUNT = RecordFacts(
    "ClueCount",
    attributes={
        name: CLUE_TRANSFER.attributes[name]
        for name in ("senderKind", "senderRegion", "receiverKind", "receiverRegion", "parties", "sent")
    }
    | {"subjects": SetOf(in_subject_cases)},
    table=ClueTransfer.__table__,
)
"""A transfer as far as it is counted (`policies/statistics.cedar`): what decides that is in the index of statistics."""

SPOT_CHECK = RecordFacts("SpotCheck", attributes={"drawnBy": Scalar("agency")}, table=SpotCheck.__table__)
