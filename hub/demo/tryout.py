"""Things to try, with case numbers and records of the database that is served."""

from typing import Final

import psycopg
from psycopg.rows import scalar_row

from hub.demo.places import HEALTH, HS

_AGENCY: Final = f"640104-{HEALTH}"
_AUTHORITY: Final = f"640104-{HS}"
_SHOWCASE: Final = """
    SELECT t.case_no
    FROM clue_transfer t
    WHERE t.receiver = %(agency)s AND t.received_at IS NOT NULL AND t.closed_at IS NULL
      AND EXISTS (SELECT FROM evidence e WHERE e.transfer_id = t.id AND e.data_class = 'INVESTIGATION')
      AND EXISTS (SELECT FROM evidence e WHERE e.transfer_id = t.id AND e.data_class = 'HEALTH_DATA')
      AND EXISTS (SELECT FROM insured_person i WHERE i.transfer_id = t.id)
      AND 3 <= (SELECT count(*) FROM penalty_record p
                WHERE p.institution_id = t.institution_id AND p.published_at IS NOT NULL)
      -- the only transfer of the case that the agency knows, or another might be the first
      AND 1 = (SELECT count(*) FROM record_party r JOIN clue_transfer o ON o.id = r.transfer_id
               WHERE r.agency = %(agency)s AND o.case_no = t.case_no)
      -- and not one in which it is itself the subject
      AND NOT EXISTS (SELECT FROM transfer_party p JOIN clue_transfer o ON o.id = p.transfer_id
                      JOIN agency a ON a.uscc = p.uscc WHERE o.case_no = t.case_no AND a.code = %(agency)s)
    ORDER BY EXISTS (SELECT FROM evidence e WHERE e.transfer_id = t.id AND e.file_id IS NOT NULL) DESC,
             t.discovered_on DESC, t.public_id
    LIMIT 1
"""
"""An open case that the health agency received, with all that the first example shows; with files if there is one."""
_FILE_OF: Final = """
    SELECT concat(t.public_id, ' ', e.file_id), substring(e.name from '[^.]+$')
    FROM clue_transfer t JOIN evidence e ON e.transfer_id = t.id
    WHERE t.case_no = %(case)s AND t.receiver = %(agency)s AND e.data_class = 'INVESTIGATION' AND e.file_id IS NOT NULL
    ORDER BY e.id
    LIMIT 1
"""

_CASE: Final = (
    ".venv/bin/hub query --as demo-health --purpose medical-practice-regulation --case {case} "
    '\'{{ clueTransfers(first: 1, filter: {{caseNo: {{eq: "{case}"}}}}) {{ nodes {{ docNo status summary '
    "evidence {{ name }} insuredPersons {{ name diagnosis }} hiddenFields institution {{ name "
    "penaltyRecords(first: 3) {{ nodes {{ decisionNo fine }} }} }} }} }} }}'"
)
_CREDIT: Final = (
    ".venv/bin/hub query --as demo-credit-platform --purpose credit-publication "
    "'{ creditScores(first: 3) { nodes { score grade deductions { reason } institution { uscc name } } } "
    "clueTransfers(first: 1) { nodes { docNo } } }'"
)
_EXPLAIN: Final = (
    ".venv/bin/hub policy explain --as demo-credit-platform --purpose credit-publication CreditScore.deductions"
)
_FILE: Final = (
    ".venv/bin/hub document evidence {file} --as demo-health --purpose medical-practice-regulation --case {case} "
    "--out evidence.{ending}"
)
_RECALLED: Final = """
    SELECT public_id FROM penalty_record
    WHERE authority = %(authority)s AND status = 'PUBLISHED' AND publicity_ends_on > current_date + 30
      AND counterparty_category <> 'NATURAL_PERSON' AND case_no IS NULL
    ORDER BY decided_on DESC, public_id
    LIMIT 1
"""
"""A published decision of the demo's own authority, with enough of its term left to be revoked before it is over."""
_RECEIVE: Final = (
    ".venv/bin/hub query --as demo-credit-platform --purpose credit-publication "
    "'{{ penaltyRecord(id: \"{id}\") {{ decisionNo counterpartyName fine publicityEndsOn }} }}'"
)
_REVOKE: Final = (
    ".venv/bin/hub query --as demo-healthcare-security --purpose fund-supervision "
    '\'mutation {{ revokePenalty(input: {{idempotencyKey: "revoke-{id}", id: "{id}", reason: "认定事实有误", '
    'clause: "处罚法第四十八条"}}) {{ penaltyRecord {{ status }} userErrors {{ zh en }} }} }}\''
)
_RECALLS: Final = ".venv/bin/hub feed recalls"


def showcase(owner_url: str) -> str | None:
    """The case number of the first example, or None where the data hold no such case."""
    with psycopg.connect(owner_url, row_factory=scalar_row) as connection:
        case_no: str | None = connection.execute(_SHOWCASE, {"agency": _AGENCY}).fetchone()
    return case_no


def suggestions(owner_url: str) -> list[str]:
    """Commands to copy into a shell: a case of the health agency, credit scores, an explanation, a file of evidence;
    a penalty that the credit platform receives and its authority then revokes, and whom that recalls it from.

    What the data do not hold is left out.
    """
    case_no = showcase(owner_url)
    with psycopg.connect(owner_url) as connection:
        file = connection.execute(_FILE_OF, {"agency": _AGENCY, "case": case_no}).fetchone() if case_no else None
        recalled = connection.execute(_RECALLED, {"authority": _AUTHORITY}).fetchone()
    given = [_CASE.format(case=case_no)] if case_no else []
    given += [_CREDIT, _EXPLAIN]
    if file:
        given.append(_FILE.format(file=file[0], ending=file[1], case=case_no))
    if recalled:
        given += [_RECEIVE.format(id=recalled[0]), _REVOKE.format(id=recalled[0]), _RECALLS]
    return given
