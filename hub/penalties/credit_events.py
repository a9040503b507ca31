"""`recordCreditEvent`: an event of an institution, points of a person, or the correction of what an agency recorded."""

from typing import Any

from psycopg import Connection

from hub.clues.authority import Acting
from hub.clues.commands_errors import GivenCode, Refused, nothing_there, of_input, of_policy
from hub.credit import events, qualification
from hub.credit.events import Correction, CreditRefused
from hub.credit.inputs import CreditEventGiven
from hub.law.credit import Change
from hub.law.region import within
from hub.penalties import store
from hub.penalties.recording import Order, RecordResult, question
from hub.policy.commanded import CommandPolicy

_OF: dict[bool, tuple[str, str, str]] = {
    True: ("institution_id", "institution", "SELECT nhsa_code, region FROM institution WHERE id = %s"),
    False: ("personnel_id", "personnel", "SELECT nhsa_code, region FROM personnel WHERE id = %s"),
}


def record(
    connection: Connection[Any], acting: Acting, order: Order, given: CreditEventGiven, may: CommandPolicy
) -> RecordResult:
    """Records one event, and whom it is about.

    Raises:
        Refused: the policies forbid it, there is no such subject or event for this caller, or it is not whole.
    """
    caller = acting.caller
    if problems := list(given.problems()):
        raise Refused(*(of_input(GivenCode.INVALID_INPUT, one.field or None, detail=one.told) for one in problems))
    row = None if given.event is None else events.find(connection, given.event)
    if row is not None and row["agency"] != caller.agency:
        row = None
    case_no = given.case_no if given.event is None else row and row["case_no"]
    asked = question(order.command, caller, frozenset(), in_that_case=case_no == caller.case_no)
    if forbidden := may.judge(asked):
        raise Refused(of_policy(forbidden, "event" if given.event else "caseNo"))
    by = events.By(caller.agency, caller.client_id, acting.officer, acting.now)
    try:
        if given.event is None:
            return _recorded(connection, acting, by, given)
        if row is None:
            raise Refused(nothing_there("event"))
        return _corrected(connection, by, given, row)
    except CreditRefused as refused:
        raise Refused(of_input(GivenCode.INVALID_INPUT, refused.field, refused.known, detail=refused.text)) from None


def _recorded(connection: Connection[Any], acting: Acting, by: events.By, given: CreditEventGiven) -> RecordResult:
    caller, found = acting.caller, None
    if given.institution is not None:
        found = store.institutions(connection, [given.institution]).get(given.institution)
    elif given.personnel is not None:
        found = store.persons(connection, [given.personnel]).get(given.personnel)
    name = "institution" if given.institution is not None else "personnel"
    told = []
    if found is None:
        told.append(of_input(GivenCode.UNKNOWN_INSTITUTION, name))
    if given.case_no is not None and given.case_no not in store.cases(connection, caller, [given.case_no]):
        told.append(of_input(GivenCode.UNKNOWN_CASE, "caseNo"))
    elif found is not None and not within(found["region"], caller.region):
        # As of the records: elsewhere only in a case that is about it.
        about = given.case_no and store.about(connection, caller, [given.case_no], [found["nhsa_code"]])
        if not about:
            told.append(of_input(GivenCode.WRONG_REGION, name))
    if told or found is None or given.occurred_on is None:
        raise Refused(*told)
    if given.rule is not None:
        event = events.record_event(
            connection, by, found["id"], given.rule, given.occurred_on, case_no=given.case_no, reason=given.reason
        )
    else:
        event, _ = qualification.record_points(
            connection, by, found["id"], given.points or 0, given.occurred_on, found["region"], given.suspended_months,
            given.reason,
        )  # fmt: skip
    return RecordResult(event, subjects={name: found["nhsa_code"]})


def _corrected(connection: Connection[Any], by: events.By, given: CreditEventGiven, row: events.Row) -> RecordResult:
    assert given.event is not None  # noqa: S101 - asked before
    correction = Correction(
        Change(str(given.change)), given.reason or "", given.rule, given.points, given.occurred_on,
        given.suspended_months, given.effective_on,
    )  # fmt: skip
    of_institution = row["institution_id"] is not None
    column, name, statement = _OF[of_institution]
    (subject,) = store.send(connection, statement, (row[column],)).fetchall()
    if of_institution:
        events.correct_event(connection, by, given.event, correction)
    else:
        qualification.correct_points(connection, by, given.event, correction, subject["region"])
    return RecordResult(given.event, subjects={name: subject["nhsa_code"]})
