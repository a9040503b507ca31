"""Facts of the parties that the policies ask for."""

from hub.clues.facts import open_by_institution
from hub.parties.tables import Institution, Personnel
from hub.policy.facts import REGION_COLUMNS, RecordFacts

AGENCY = RecordFacts("Agency")
LEGAL_ENTITY = RecordFacts("LegalEntity")
INSTITUTION = RecordFacts("Institution", REGION_COLUMNS, {"openFor": open_by_institution("id")}, Institution.__table__)
PERSONNEL = RecordFacts(
    "Personnel", REGION_COLUMNS, {"openFor": open_by_institution("institution_id")}, Personnel.__table__
)
