"""Steps on one record: serve, publish, withhold, amend, revoke; objection and repair from the credit platform.

What bears on credit (served, amended, revoked, repaired) also makes or corrects the credit event that follows from the
penalty, and the scores, in the same transaction (R23, R24).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from pydantic import ValidationError

from hub.clock import BEIJING
from hub.clues.authority import Acting
from hub.clues.commands_errors import (
    GivenCode,
    Refused,
    UserError,
    nothing_there,
    of_input,
    of_policy,
    of_validation,
)
from hub.clues.commands_inputs import CommandInput
from hub.credit import derived as credit
from hub.credit.inputs import CreditEventGiven
from hub.law.publicity import PublicityTerm, term
from hub.law.region import within
from hub.law.vocabulary import Severity
from hub.oauth.caller import Caller
from hub.penalties import content, store
from hub.penalties.inputs import (
    Amendment,
    Objection,
    PenaltyGiven,
    PenaltyStep,
    Publication,
    Revocation,
    Service,
    Withholding,
)
from hub.penalties.lifecycle import (
    By,
    Given,
    PenaltyCommand,
    PenaltyEvent,
    PenaltyEventKind,
    PenaltyState,
    decide,
    fold,
)
from hub.penalties.recording import Order, RecordCommand, question
from hub.policy.commanded import CommandPolicy, Relation

STEPS: Final[Mapping[RecordCommand, type[CommandInput]]] = {
    RecordCommand.SERVE: Service,
    RecordCommand.PUBLISH: Publication,
    RecordCommand.WITHHOLD: Withholding,
    RecordCommand.AMEND: Amendment,
    RecordCommand.REVOKE: Revocation,
    RecordCommand.RECORD_OBJECTION: Objection,
    RecordCommand.RECORD_CREDIT_REPAIR: Objection,
    RecordCommand.RECORD_CREDIT_EVENT: CreditEventGiven,
}
_INBOUND: Final = frozenset({RecordCommand.RECORD_OBJECTION, RecordCommand.RECORD_CREDIT_REPAIR})


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a step brings to the lifecycle; `columns` of the record, and what is put on file beside the event."""

    given: Given
    columns: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


def step(connection: Connection[Any], acting: Acting, order: Order, may: CommandPolicy) -> UUID:
    """Takes one step; gives the public id of the record.

    Raises:
        Refused: there is no such record for this caller, or the step is not allowed, or not now.
    """
    given: PenaltyStep = order.given
    caller, inbound = acting.caller, order.command in _INBOUND
    today = acting.now.astimezone(BEIJING).date()
    row = store.lock(connection, caller, given.id, acting.now, today, own=not inbound)
    relations = _relations(row, caller)
    in_that_case = row is not None and row["case_no"] == caller.case_no
    if forbidden := may.judge(question(order.command, caller, relations, in_that_case=in_that_case)):
        raise Refused(of_policy(forbidden, "id"))
    if row is None:
        raise Refused(nothing_there())
    history = store.history(connection, row)
    state = fold(history)
    brought = _brought(order, row, state, today)
    by = By.CREDIT_PLATFORM if inbound else By.AUTHORITY
    event = decide(_with_repair(state, row, today), PenaltyCommand(order.command), by, brought.given, acting.now)
    if not isinstance(event, PenaltyEvent):
        raise Refused(of_input(GivenCode(event), _FIELD.get(event)))
    if history[0].kind is PenaltyEventKind.IMPORTED and len(history) == 1:
        store.tell(connection, row["id"], caller, acting.officer, history[0], {})
    store.tell(connection, row["id"], caller, acting.officer, event, brought.record)
    store.change(connection, row["id"], {**brought.columns, **content.state_row(fold([event], state))})
    if event.kind in _BEARS_ON_CREDIT and row["institution_id"] is not None:
        who = credit.Writer(caller.agency, caller.client_id, acting.officer, acting.now)
        credit.follow(connection, who, credit.Records(penalties=[row["id"]]))
    public_id: UUID = row["public_id"]
    return public_id


_BEARS_ON_CREDIT: Final = frozenset(
    {PenaltyEventKind.SERVED, PenaltyEventKind.AMENDED, PenaltyEventKind.REVOKED, PenaltyEventKind.REPAIRED}
)


_FIELD: Final = {"DATE_OUT_OF_ORDER": "servedOn", "REASON_REQUIRED": "reason", "NOTHING_TO_AMEND": "changes"}


def _relations(row: Mapping[str, Any] | None, caller: Caller) -> frozenset[Relation]:
    if row is None:
        return frozenset()
    found = {
        Relation.AUTHORITY: row["authority"] == caller.agency,
        Relation.TERRITORY: within(row["region"], caller.region),
        Relation.SUBJECT: row["subject"],
    }
    return frozenset(relation for relation, true in found.items() if true)


def _brought(order: Order, row: Mapping[str, Any], state: PenaltyState, today: date) -> _Brought:
    decided_on = row["decided_on"]
    match order.given:
        case Service() as given:
            return _Brought(Given(decided_on, served_on=given.served_on))
        case Publication() as given:
            if row["severity"] is None:
                told = "请先变更补填违法程度 / amend the record first: its severity decides the term"
                raise Refused(of_input(GivenCode.STATE_NOT_ALLOWED, "id", detail=told))
            public = _term(row, today)
            brought = Given(
                decided_on,
                given.reason,
                ends_on=public.ends_on,
                repair_from=public.repair_from,
                in_principle=public.in_principle,
            )
            return _Brought(brought, record={"basis": public.basis.pack, "version": public.basis.version})
        case Amendment() as given:
            return _amended(given, row, state, today)
        case Revocation() as given:
            return _Brought(Given(decided_on, given.reason, given.clause))
        case Objection() as given:
            record = {"objection_no": given.objection_no} if given.objection_no else {}
            return _Brought(Given(decided_on, given.reason), record=record)
        case given:
            return _Brought(Given(decided_on, given.reason))


def _amended(given: Amendment, row: Mapping[str, Any], state: PenaltyState, today: date) -> _Brought:
    """The whole record as it would be afterwards is checked as if it were given anew."""
    before = content.given_of(row)
    changes = {name: getattr(given.changes, name) for name in given.changes.model_fields_set}
    stated = {name: getattr(before, name) for name in type(before).model_fields if hasattr(before, name)}
    try:
        after = PenaltyGiven.model_validate({**stated, **changes})
    except ValidationError as error:
        raise Refused(*(_in_changes(one) for one in of_validation(error))) from None
    problems = [one for one in after.problems(today) if one.field not in _NOT_AMENDED]
    if problems:
        raise Refused(*(of_input(GivenCode.INVALID_INPUT, f"changes.{one.field}", detail=one.told) for one in problems))
    new = {name: content.plain(getattr(after, name)) for name in changes}
    old = {name: content.plain(row[name]) for name in changes}
    changed = {name for name in changes if _unlike(old[name], new[name])}
    brought = Given(row["decided_on"], given.reason, given.clause, changes=bool(changed))
    if "severity" in changed and state.published_at is not None:
        public = _term({**row, "severity": new["severity"]}, today)
        brought = Given(
            row["decided_on"], given.reason, given.clause, ends_on=public.ends_on, repair_from=public.repair_from
        )
    record = {"before": {name: old[name] for name in changed}, "after": {name: new[name] for name in changed}}
    return _Brought(brought, {name: new[name] for name in changed}, record)


_NOT_AMENDED: Final = frozenset({"decisionNo", "decidedOn", "servedOn", "counterpartyResidentId", "counterpartyUscc"})
"""What an amendment does not touch is not checked again: an imported record may be older than the rules of form."""


def _unlike(old: Any, new: Any) -> bool:
    return sorted(old) != sorted(new) if isinstance(old, list) and isinstance(new, list) else bool(old != new)


def _in_changes(error: UserError) -> UserError:
    return replace(error, field=f"changes.{error.field}" if error.field else "changes")


def _term(row: Mapping[str, Any], today: date) -> PublicityTerm:
    return term(Severity(row["severity"]), row["decided_on"], row["region"], today)


def _with_repair(state: PenaltyState, row: Mapping[str, Any], today: date) -> PenaltyState:
    """Of a record that was imported as published, the shortest term by its severity; 一般 where none is told."""
    if state.published_at is None or state.repair_from is not None:
        return state
    public = _term({**row, "severity": row["severity"] or Severity.GENERAL}, today)
    return PenaltyState(
        state.status,
        state.served_on,
        state.not_published_reason,
        state.published_at,
        state.publicity_ends_on,
        public.repair_from,
        state.amended_at,
        state.revoked_at,
        state.repaired_at,
    )
