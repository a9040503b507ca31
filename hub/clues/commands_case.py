"""Cases: opened, merged, split (并案、分案). Transfers move with their numbers, clocks and histories."""

from typing import Any, Final
from uuid import UUID

from psycopg import Connection, Cursor

from hub.clues import numbers, store, store_changes, store_events, store_writing
from hub.clues.authority import Acting, question
from hub.clues.commands_draft import today
from hub.clues.commands_errors import (
    GivenCode,
    Refused,
    UserError,
    nothing_there,
    of_input,
    of_policy,
    of_refusal,
)
from hub.clues.commands_inputs import MergeCases, SplitCase
from hub.clues.lifecycle_case import CaseCommand, CaseEvent, CaseEventKind, CaseState, Part, case_step, fold_case
from hub.clues.lifecycle_refusals import HUB, Refusal, RefusalCode
from hub.clues.lifecycle_wordings import WORDINGS
from hub.clues.store import Row
from hub.officers.tables import OfficerRole
from hub.policy.commanded import CommandPolicy, Relation

_MOVE: Final = "UPDATE clue_transfer SET case_no = %s WHERE id = ANY(%s)"
_OF_CASE: Final = "SELECT id FROM clue_transfer WHERE case_no = %s ORDER BY id FOR UPDATE"
# Only what the opener may know of is split off by it: others' transfers are named by nobody else.
_CHOSEN: Final = """
SELECT id, public_id FROM clue_transfer
WHERE case_no = %(case_no)s AND public_id = ANY(%(ids)s)
  AND (sender = %(agency)s OR receiver = %(agency)s AND sent_at IS NOT NULL)
ORDER BY id FOR UPDATE
"""


def relations_of(row: Row | None, agency: str) -> frozenset[Relation]:
    """What an agency is to a case."""
    if row is None:
        return frozenset()
    found = {
        Relation.OPENER: row["opened_by"] == agency,
        Relation.MEMBER: row["member"],
        Relation.SUBJECT: row["subject"],
    }
    return frozenset(relation for relation, true in found.items() if true)


def open_case(connection: Connection[Any], acting: Acting, receipt: Row) -> Cursor[Row]:
    """A new case, with the receipt of the command; its number comes with the answer, after the commit."""
    caller = acting.caller
    _case_officer(acting)
    event = CaseEvent(CaseEventKind.CASE_OPENED, acting.now, caller.agency, acting.officer)
    written = store_events.written_case(event, "", caller.client_id)
    number = numbers.case(caller.region, acting.now)
    return store_writing.case(connection, today(acting), written, receipt, number)


def merge(connection: Connection[Any], acting: Acting, may: CommandPolicy, given: MergeCases) -> str:
    """One case goes into another of the same agency; the number of the one that stays."""
    if given.case_no == given.into:
        raise Refused(of_input(GivenCode.SAME_CASE, "into"))
    # In the order of their numbers, so that two mergers never wait for each other in a circle.
    places = {given.case_no: "caseNo", given.into: "into"}
    for case_no in sorted(places):
        _held(connection, acting, may, CaseCommand.MERGE, case_no, places[case_no])
    _case_officer(acting)
    reason = _reason(given.reason)
    pairs = ((given.into, Part.KEPT, given.case_no), (given.case_no, Part.OTHER, given.into))
    for case_no, part, other in pairs:
        kind = _edge(connection, acting, CaseCommand.MERGE, case_no, part)
        _write(
            connection,
            acting,
            case_no,
            CaseEvent(kind, acting.now, acting.caller.agency, acting.officer, other, reason),
        )
    moved = [row["id"] for row in store.send(connection, _OF_CASE, (given.case_no,)).fetchall()]
    store.send(connection, _MOVE, (given.into, moved))
    store.send(connection, "UPDATE evidence_file SET case_no = %s WHERE case_no = %s", (given.into, given.case_no))
    store_changes.moved(connection, moved, acting.now)
    store.send(connection, "UPDATE case_file SET merged_into = %s WHERE case_no = %s", (given.into, given.case_no))
    return given.into


def split(connection: Connection[Any], acting: Acting, may: CommandPolicy, given: SplitCase) -> str:
    """Transfers of a case become a case of their own; its number."""
    caller = acting.caller
    _held(connection, acting, may, CaseCommand.SPLIT, given.case_no, "caseNo")
    _case_officer(acting)
    reason = _reason(given.reason)
    values = {"case_no": given.case_no, "ids": list(given.transfers), "agency": caller.agency}
    chosen: dict[UUID, int] = {
        row["public_id"]: row["id"] for row in store.send(connection, _CHOSEN, values).fetchall()
    }
    unknown = [place for place, public_id in enumerate(given.transfers) if public_id not in chosen]
    if unknown:
        raise Refused(*(nothing_there(f"transfers.{place}") for place in unknown))
    kind = _edge(connection, acting, CaseCommand.SPLIT, given.case_no, Part.KEPT)
    new = numbers.next_case(connection, caller.region, acting.now)
    store.send(
        connection,
        "INSERT INTO case_file (case_no, opened_by, opened_on) VALUES (%s, %s, %s)",
        (new, caller.agency, today(acting)),
    )
    store.send(connection, _MOVE, (new, sorted(chosen.values())))
    store_changes.moved(connection, sorted(chosen.values()), acting.now)
    about = (acting.now, caller.agency, acting.officer)
    _write(connection, acting, given.case_no, CaseEvent(kind, *about, new, reason))
    _write(connection, acting, new, CaseEvent(CaseEventKind.CASE_OPENED, *about, given.case_no))
    return new


def _held(
    connection: Connection[Any], acting: Acting, may: CommandPolicy, command: CaseCommand, case_no: str, place: str
) -> None:
    row = store.case(connection, acting.caller, case_no, change=True).fetchone()
    asked = question(command, acting.caller, relations_of(row, acting.caller.agency), case_no)
    if forbidden := may.judge(asked):
        raise Refused(of_policy(forbidden, place))
    if row is None or row["merged_into"] is not None:
        raise Refused(of_input(GivenCode.CASE_MERGED, place))


def _edge(connection: Connection[Any], acting: Acting, command: CaseCommand, case_no: str, part: Part) -> CaseEventKind:
    """The event of one side, by the case's own history; one that began before events were kept gets its first."""
    rows = store.send(connection, store_events.READ_CASE, {"case_no": case_no}).fetchall()
    if rows:
        state: CaseState = fold_case(store_events.read_case(rows))
    else:
        state = _imported(connection, case_no)
    edge = case_step(state, command, acting.caller.agency, part)
    if isinstance(edge, Refusal):
        raise Refused(of_refusal(edge))
    return edge.event


def _imported(connection: Connection[Any], case_no: str) -> CaseState:
    found = store.send(connection, "SELECT opened_by, opened_on FROM case_file WHERE case_no = %s", (case_no,))
    row = found.fetchone()
    if row is None:
        raise Refused(nothing_there("caseNo"))
    event = CaseEvent(CaseEventKind.CASE_OPENED, store.midnight(row["opened_on"]), row["opened_by"], "IMPORTED")
    store.send(connection, store_events.WRITE_CASE, store_events.written_case(event, case_no, ""))
    return fold_case([event])


def _write(connection: Connection[Any], acting: Acting, case_no: str, event: CaseEvent) -> None:
    values = store_events.written_case(event, case_no, acting.caller.client_id)
    store.send(connection, store_events.WRITE_CASE, values)


def _case_officer(acting: Acting) -> None:
    if OfficerRole.CASE_OFFICER not in acting.roles:
        raise Refused(_words(RefusalCode.ROLE_NOT_ALLOWED))


def _reason(reason: str | None) -> str:
    if reason is None:
        raise Refused(_words(RefusalCode.REASON_REQUIRED, "reason"))
    return reason


def _words(code: RefusalCode, field: str | None = None) -> UserError:
    words = WORDINGS[code]
    return UserError(code, words.clause or HUB, words.zh, words.en, words.do_zh, words.do_en, field)
