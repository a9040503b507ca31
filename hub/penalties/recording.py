"""Values that pass between the commands of this slice: what is ordered, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from hub.clues.commands_errors import UserError
from hub.clues.commands_frame import Identity
from hub.oauth.caller import Caller
from hub.policy.commanded import CommandQuestion, Relation

WRITING = frozenset({"penalties:write", "inspections:write", "repairs:write", "credit:write"})
"""Scopes that the policies on these commands ask for."""


class RecordCommand(StrEnum):
    """The commands, by the names of their mutations and Cedar actions."""

    RECORD_PENALTIES = "recordPenalties"
    SERVE = "servePenalty"
    PUBLISH = "publishPenalty"
    WITHHOLD = "withholdPublication"
    AMEND = "amendPenalty"
    REVOKE = "revokePenalty"
    RECORD_INSPECTION_RESULTS = "recordInspectionResults"
    RECORD_AGREEMENT_MEASURES = "recordAgreementMeasures"
    RECORD_OBJECTION = "recordObjection"
    RECORD_CREDIT_REPAIR = "recordCreditRepair"
    RECORD_CREDIT_SCORES = "recordCreditScores"
    RECORD_CREDIT_EVENT = "recordCreditEvent"


class ItemStatus(StrEnum):
    """What became of one item of a batch."""

    RECORDED = "RECORDED"
    ALREADY_RECORDED = "ALREADY_RECORDED"
    """The same content was there: nothing was done."""
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """Of one item: `index` from 0, public id of its record, or why it was refused."""

    index: int
    status: ItemStatus
    record: UUID | None = None
    user_errors: tuple[UserError, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What was done, or why nothing was.

    Attributes:
        record: public id of the penalty that a step was taken on, or of the credit event recorded.
        subjects: whom a credit event is about, by the names of its payload: 国家医保编码 of institution and personnel.
        items: of a batch that was carried out, one for each item, in their order.
        user_errors: empty if and only if the command was carried out, now or (`replayed`) before.
    """

    record: UUID | None = None
    items: tuple[ItemResult, ...] = ()
    user_errors: tuple[UserError, ...] = ()
    replayed: bool = False
    subjects: Mapping[str, str] = field(default_factory=dict)

    @property
    def affected(self) -> Mapping[str, Any]:
        """Public ids, or codes, of the records that the payload shows."""
        return {"record": self.record, **self.subjects}

    @property
    def told(self) -> Mapping[str, Any]:
        """What the payload says that is no record, in the names of the schema."""
        return {
            "event": None if self.record is None else str(self.record),
            "results": [
                {
                    "index": one.index,
                    "status": str(one.status),
                    "id": None if one.record is None else str(one.record),
                    "userErrors": one.user_errors,
                }
                for one in self.items
            ],
        }


@dataclass(frozen=True, slots=True)
class Order:
    """A command whose input has its form."""

    command: RecordCommand
    given: Any
    identity: Identity


def question(
    command: RecordCommand, caller: Caller, relations: frozenset[Relation], *, in_that_case: bool
) -> CommandQuestion:
    """What the policies are asked; `in_that_case`: the record, or every item, is of the case that the token names."""
    return CommandQuestion(
        command=command,
        kind=caller.agency_kind,
        region_level=caller.region_level,
        purpose=caller.purpose,
        scopes=caller.scopes & WRITING,
        relations=relations,
        case_named=caller.case_no is not None,
        in_that_case=caller.case_no is not None and in_that_case,
    )
