"""From what is given to the row that is stored, and back; and the digest that tells a retry from another content."""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from hub.credit.inputs import ScoreGiven
from hub.law.credit import models
from hub.penalties.inputs import AgreementGiven, InspectionGiven, PenaltyGiven
from hub.penalties.lifecycle import PenaltyState

Row = Mapping[str, Any]
CONTENT: Final = (
    "decision_no",
    "counterparty_category",
    "counterparty_name",
    "counterparty_uscc",
    "counterparty_person_name",
    "counterparty_id_type",
    "counterparty_resident_id",
    "business_registration_no",
    "organization_code",
    "tax_registration_no",
    "public_institution_no",
    "social_organization_no",
    "legal_representative",
    "legal_representative_id_type",
    "legal_representative_id",
    "violation_type",
    "published_facts",
    "facts",
    "basis",
    "kinds",
    "content",
    "severity",
    "fine",
    "confiscation",
    "licence_revoked",
    "decided_on",
    "valid_until",
    "remark",
    "case_officers",
    "case_file_no",
    "case_no",
)
"""Columns that hold what was given under the same name."""
STATE: Final = (
    "status",
    "served_on",
    "not_published_reason",
    "published_at",
    "publicity_ends_on",
    "amended_at",
    "revoked_at",
    "repaired_at",
)
"""Columns that copy the fold of the events."""


def penalty_row(given: PenaltyGiven, institution_id: int | None, region: str) -> dict[str, Any]:
    """What a recorded decision brings, but for its authority and its state."""
    values: dict[str, Any] = {name: plain(getattr(given, name)) for name in CONTENT}
    digested = _digest(values | {"institution": given.institution, "served_on": plain(given.served_on)})
    return values | {
        "public_id": str(uuid4()),
        "counterparty_key": given.key,
        "institution_id": institution_id,
        "region": region,
        "content_hash": digested,
    }


def given_of(row: Row) -> PenaltyGiven:
    """A stored row as it would be given; not checked: it was, or it was imported."""
    values = {name: row[name] for name in CONTENT} | {"institution": row["nhsa_code"], "served_on": row["served_on"]}
    return PenaltyGiven.model_construct(**values | {"kinds": tuple(sorted(set(row["kinds"])))})


def digest(given: PenaltyGiven) -> str:
    """Of everything given but the wish to record again; equal amounts and equal sets are equal. Hexadecimal."""
    return _digest({name: plain(getattr(given, name)) for name in (*CONTENT, "institution", "served_on")})


def _digest(values: Mapping[str, Any]) -> str:
    stated = {name: value for name, value in values.items() if value is not None}
    return hashlib.sha256(orjson.dumps(stated, option=orjson.OPT_SORT_KEYS)).hexdigest()


def state_row(state: PenaltyState) -> dict[str, Any]:
    """The columns of STATE."""
    return {name: plain(getattr(state, name)) for name in STATE}


def inspection_row(given: InspectionGiven, institution_id: int, region: str) -> dict[str, Any]:
    """A row of `inspection_result`, but for its authority and time."""
    return _of_institution(given, institution_id, region)


def agreement_row(given: AgreementGiven, institution_id: int, region: str) -> dict[str, Any]:
    """A row of `agreement_measure`, but for its authority and time."""
    return _of_institution(given, institution_id, region)


def _of_institution(given: InspectionGiven | AgreementGiven, institution_id: int, region: str) -> dict[str, Any]:
    names = [name for name in type(given).model_fields if name != "institution"]
    values: dict[str, Any] = {name: plain(getattr(given, name)) for name in names}
    return values | {"public_id": str(uuid4()), "institution_id": institution_id, "region": region}


def score_row(given: ScoreGiven, place: Row) -> dict[str, Any]:
    """A row of `credit_score` with its dimensions; grade and measures by the model."""
    model = models()[given.model_version]
    grade, scores = model.grade(given.score), {one.code: one.score for one in given.dimensions}
    return {
        "institution_id": place["id"],
        "nhsa_code": given.institution,
        "region": place["region"],
        "period": given.period,
        "score": plain(given.score),
        "grade": grade.grade,
        "model_version": given.model_version,
        "measures": list(grade.measures),
        "dimensions": [
            {"name": one.zh, "score": plain(scores[one.code]), "weight": str(one.weight), "position": position}
            for position, one in enumerate(model.dimensions if scores else ())
        ],
    }


def same_score(known: Row, given: Row) -> bool:
    """Whether a score that stands says what is given; dimensions that are not given are not compared."""
    if any(plain(known[name]) != given[name] for name in ("score", "grade", "model_version")):
        return False
    parts = [[(one["name"], Decimal(one["score"])) for one in row["dimensions"] or ()] for row in (known, given)]
    return not parts[1] or parts[0] == parts[1]


def plain(value: Any) -> Any:
    """As JSON has it: amounts with two decimals, moments in ISO 8601."""
    match value:
        case None | str():  # most; an enum's member as its value
            return value if value is None else str(value)
        case Decimal():
            return f"{value:.2f}"
        case date():
            return value.isoformat()
        case tuple() | list():
            return [plain(one) for one in value]
        case UUID():
            return str(value)
        case _:
            return value
