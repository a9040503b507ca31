"""Every record type that the policies judge, with its facts, gathered from the slices."""

from collections.abc import Mapping

from hub.clues.facts import CLUE_COUNT, CLUE_TRANSFER, SPOT_CHECK
from hub.clues.tables_events import TRANSFER_CHANGES
from hub.credit.facts import CREDIT_SCORE, DEDUCTION, EFFECT
from hub.credit.tables_changes import CREDIT_CHANGES
from hub.feed.log import ChangeLog
from hub.parties.facts import AGENCY, INSTITUTION, LEGAL_ENTITY, PERSONNEL
from hub.penalties.facts import AGREEMENT_MEASURE, INSPECTION_RESULT, PENALTY_RECORD
from hub.penalties.tables_changes import INSPECTION_CHANGES, PENALTY_CHANGES
from hub.policy.facts import RecordFacts
from hub.recalls.facts import RECALL

DISCLOSURE = RecordFacts("Disclosure")
"""A row of the disclosure ledger: no fact of it decides, only purpose and scope do."""

RECORD_FACTS: Mapping[str, RecordFacts] = {
    facts.cedar_type: facts
    for facts in (
        AGENCY,
        LEGAL_ENTITY,
        INSTITUTION,
        PERSONNEL,
        CLUE_TRANSFER,
        CLUE_COUNT,
        SPOT_CHECK,
        PENALTY_RECORD,
        INSPECTION_RESULT,
        AGREEMENT_MEASURE,
        CREDIT_SCORE,
        EFFECT,
        DEDUCTION,
        RECALL,
        DISCLOSURE,
    )
}

CHANGE_LOGS: tuple[ChangeLog, ...] = (TRANSFER_CHANGES, PENALTY_CHANGES, INSPECTION_CHANGES, CREDIT_CHANGES)
"""Every log that a change feed reads."""
