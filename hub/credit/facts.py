"""Facts of credit scores and their deductions that the policies ask for."""

from hub.clues.facts import in_subject_case, open_by_case, open_by_institution
from hub.credit.tables import CreditScore
from hub.policy.facts import REGION_COLUMNS, PairSet, RecordFacts, SetOf

CREDIT_SCORE = RecordFacts(
    "CreditScore", REGION_COLUMNS, {"openFor": open_by_institution("institution_id")}, CreditScore.__table__
)
EFFECT = RecordFacts("Effect")
"""What an event does to a score: listed with its score, never for the credit platform (policies/credit.cedar)."""
DEDUCTION = RecordFacts("Deduction", None, {"subjects": SetOf(in_subject_case), "openFor": PairSet(open_by_case)})
"""A deduction is shown only under the case it comes from: a record of its own to the policies."""
