"""Facts of penalty records, inspection results and agreement measures that the policies ask for (domain.md D)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

from hub.clues.facts import case_institutions, case_open, in_subject_case, open_by_institution
from hub.penalties.tables import AgreementMeasure, InspectionResult, PenaltyRecord
from hub.policy.facts import REGION_COLUMNS, Bind, Flag, PairSet, RecordFacts, Row, SetOf


def published(row: Row, bind: Bind) -> ColumnElement[bool]:
    """`publishedAt` set, `publicityEndsOn` not past (Beijing date), neither revoked nor repaired.

    An end that is written down holds whatever day the request began on: one that began before midnight and reads after
    it was recorded must not show what its recipients have been told to remove.
    """
    running = or_(row.c.publicity_ends_on.is_(None), row.c.publicity_ends_on >= bind("today"))
    ended = row.c.status == "TERM_OVER"
    return and_(
        row.c.published_at <= bind("now"), running, not_(ended), row.c.revoked_at.is_(None), row.c.repaired_at.is_(None)
    ).is_(True)


def _open_for(row: Row, pair: Mapping[str, ColumnElement[Any]], bind: Bind) -> ColumnElement[bool]:
    """By its own case key where it has one; only a record without one by being about the case's institution."""
    institutions = case_institutions(pair["case"], pair["agency"])
    belongs = or_(row.c.case_no == pair["case"], and_(row.c.case_no.is_(None), row.c.institution_id.in_(institutions)))
    return and_(belongs, case_open(pair["case"], pair["agency"], bind)).is_(True)


PENALTY_RECORD = RecordFacts(
    "PenaltyRecord",
    REGION_COLUMNS,
    {
        "published": Flag(published),
        "naturalPerson": Flag(lambda row, bind: row.c.counterparty_category == "NATURAL_PERSON"),
        "subjects": SetOf(in_subject_case),
        "openFor": PairSet(_open_for),
    },
    PenaltyRecord.__table__,
)
INSPECTION_RESULT = RecordFacts(
    "InspectionResult",
    REGION_COLUMNS,
    {"openFor": open_by_institution("institution_id")},
    InspectionResult.__table__,
)
AGREEMENT_MEASURE = RecordFacts(
    "AgreementMeasure",
    REGION_COLUMNS,
    {"openFor": open_by_institution("institution_id")},
    AgreementMeasure.__table__,
)
