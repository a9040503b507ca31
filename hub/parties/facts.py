"""Facts of the parties that the policies ask for."""

from hub.clues.facts import open_by_institution
from hub.policy.facts import REGION_COLUMNS, RecordFacts

AGENCY = RecordFacts("Agency")
LEGAL_ENTITY = RecordFacts("LegalEntity")
INSTITUTION = RecordFacts("Institution", REGION_COLUMNS, {"openFor": open_by_institution("id")})
PERSONNEL = RecordFacts("Personnel", REGION_COLUMNS, {"openFor": open_by_institution("institution_id")})
