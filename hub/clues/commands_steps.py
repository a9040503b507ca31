"""What each step brings to `decide`, what it puts on file, and what follows from it beside the event."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from hub.clues import commands_contents as contents
from hub.clues import commands_draft as draft
from hub.clues import commands_evidence as evidence
from hub.clues import numbers, store, store_changes
from hub.clues.commands_address import PROCURATORATE, check_procuratorate
from hub.clues.commands_due import overdue
from hub.clues.commands_errors import GivenCode, Refused, of_input
from hub.clues.commands_inputs import (
    Answer,
    Articles,
    Designation,
    Forwarding,
    Handling,
    Notice,
    Onward,
    Reasoned,
    Receipt,
    Result,
    Submission,
    SupplementGiven,
)
from hub.clues.commands_work import Work
from hub.clues.events import Addressee, EventKind, Given
from hub.clues.lifecycle_words import Choice, Clock, Command, Route
from hub.law.region import within
from hub.law.statistics import amounts_of

HEALTH: Final = "HEALTH"
POLICE: Final = "PUBLIC_SECURITY"
_LATE: Final = frozenset({Clock.RECEIPT, Clock.POLICE_DECISION})
"""Whose running out lets the procuratorate ask why nothing was decided (310 第十七条)."""


class Step(NamedTuple):
    """What one command brings.

    Attributes:
        record: put on file with the event.
        columns: of the transfer that become this when the step is taken.
        region: of a new receiver.
        follow: what else is written, once the event was taken.
    """

    given: Given = Given()
    choice: Choice | None = None
    record: Mapping[str, Any] = {}
    columns: Mapping[str, Any] = {}
    region: str | None = None
    follow: Callable[[Work], None] | None = None


def step(work: Work, command: Command, given: Any) -> Step:
    """What the command brings, read from its input (`commands_inputs.INPUTS`).

    Raises:
        Refused: the input cannot be what the law asks for.
    """
    return _STEPS.get(command, _plain)(work, given)


def _plain(_: Work, given: Any) -> Step:
    """A step that brings at most written reasons."""
    return Step(Given(reason=given.reason) if isinstance(given, Reasoned) else Given())


def _receipt(work: Work, given: Receipt) -> Step:
    record = given.model_dump(exclude={"id"}) | {"docNo": work.row["doc_no"], "addressee": work.row["sender"]}
    return Step(Given(missing=contents.of_receipt(given)), record=record, follow=lambda work: _signed(work, given))


def _signed(work: Work, given: Receipt) -> None:
    """The receipt as a row of its own: what may be read of it is the policies' to say."""
    acting = work.acting
    officer = acting.caller.officer
    store.add_receipt(
        work.connection,
        {
            "transfer_id": work.row["id"],
            "agency": acting.caller.agency,
            "pages": given.pages,
            "documents": list(given.documents),
            "sealed": given.sealed,
            "signed_at": acting.now,
            "officer_name": officer.name if officer else None,
            "officer_certificate_no": acting.officer,
        },
    )


def _handling(_: Work, given: Handling) -> Step:
    columns = {} if given.handling_opinion is None else {"handling_opinion": given.handling_opinion}
    return Step(Given(reason=given.reason), record={"documentNo": given.document_no}, columns=columns)


def _articles(_: Work, given: Articles) -> Step:
    return Step(Given(missing=contents.of_articles(given)), record=given.model_dump(exclude={"id"}))


def _onward(_: Work, given: Onward) -> Step:
    return Step(Given(reason=given.reason), given.choice)


def _answer(work: Work, given: Answer) -> Step:
    late = overdue(work.state, _LATE, (work.row["sender_region"], work.row["receiver_region"]), work.acting.now)
    return Step(Given(reason=given.reason, overdue=late), given.choice, record={"documentNo": given.document_no})


def _submission(work: Work, given: Submission) -> Step:
    named = given.case_officers or tuple(work.row["case_officers"])
    draft.officers(work.connection, work.acting, named)
    columns = {"case_officers": list(named)} if given.case_officers else {}
    return Step(Given(officers=named, missing=_missing(work)), columns=columns)


def _missing(work: Work) -> Mapping[str, str]:
    held = draft.recheck(work)
    row = work.row
    return contents.of_transfer(
        work.state.route,
        contents.Held(
            codes=row["catalogue_codes"],
            kinds=held.kinds,
            suspected_facts=bool((row["suspected_facts"] or "").strip()),
            articles=len(row["articles"]),
            parties=held.parties + (row["institution_id"] is not None),
        ),
    )


def _sending(work: Work, _: Any) -> Step:
    """The number is counted on in the last statement, so that its counter is held no longer than the commit takes."""
    row = work.row
    given = Given(missing=_missing(work), procuratorate=row["procuratorate"], officers=tuple(row["case_officers"]))
    return Step(given, follow=_sent)


def _sent(work: Work) -> None:
    row, acting = work.row, work.acting
    work.number = numbers.document(row["sender"], acting.document_word, acting.now)
    if work.state.procuratorate is not None:
        store.notify(work.connection, row["id"], [work.state.procuratorate])
    store.make_known(work.connection, row, [row["receiver"]])
    if work.state.route is not Route.TO_DISCIPLINE_INSPECTION:  # known to its two parties only
        store.make_known_to_notified(work.connection, row)


def _supplement(work: Work, given: SupplementGiven) -> Step:
    if problems := evidence.secrets(given.evidence):
        raise Refused(*problems)
    if given.note is None and not given.evidence:
        raise Refused(
            of_input(GivenCode.INVALID_INPUT, "evidence", detail="请补充材料或者说明 / give material or a note")
        )
    items = evidence.items(work.connection, work.row, given.evidence, more=True)

    def follow(work: Work) -> None:
        store.add_material(work.connection, work.row["id"], "evidence", items)

    record = {"note": given.note, "evidence": [{"name": item["name"], "sha256": item["sha256"]} for item in items]}
    return Step(record=record, follow=follow)


def _forwarding(work: Work, given: Forwarding) -> Step:
    codes = [code for code in (given.receiver, given.procuratorate) if code is not None]
    seats = store.agencies(work.connection, codes)
    for place, code in (("receiver", given.receiver), ("procuratorate", given.procuratorate)):
        if code is not None and code not in seats:
            raise Refused(of_input(GivenCode.UNKNOWN_AGENCY, place))
    to = seats.get(given.receiver or "")
    if given.procuratorate is not None and to is not None:
        if seats[given.procuratorate].kind != PROCURATORATE:
            raise Refused(of_input(GivenCode.WRONG_REGION, "procuratorate"))
        check_procuratorate(partial(store.seats, work.connection), seats[given.procuratorate], to.region)
    return Step(
        Given(reason=given.reason, to=Addressee(to.code, to.kind) if to else None, procuratorate=given.procuratorate),
        region=to.region if to else None,
        follow=_moved,
    )


def _designation(work: Work, given: Designation) -> Step:
    seats = store.agencies(work.connection, [given.receiver] if given.receiver else [])
    to = seats.get(given.receiver or "")
    if given.receiver is not None and to is None:
        raise Refused(of_input(GivenCode.UNKNOWN_AGENCY, "receiver"))
    if to is not None and not within(to.region, work.acting.caller.region):
        raise Refused(of_input(GivenCode.WRONG_REGION, "receiver"))
    return Step(
        Given(reason=given.reason, to=Addressee(to.code, to.kind) if to else None),
        given.choice,
        region=to.region if to else None,
        follow=_moved if given.choice is Choice.REASSIGN else None,
    )


def _moved(work: Work) -> None:
    """The old receiver is no party any more, the new one is; a new procuratorate is told."""
    row = work.row
    store.make_unknown(work.connection, row["id"], row["forwarded_from"])
    if work.state.procuratorate is not None:
        store.notify(work.connection, row["id"], [work.state.procuratorate])
        store.make_known_to_notified(work.connection, row)
    store.make_known(work.connection, row, [row["receiver"]])


def _result(work: Work, given: Result) -> Step:
    amounts = amounts_of((amount.kind, amount.yuan) for amount in given.amounts or ())
    columns = {"outcome": given.kind, "result_detail": given.detail, **amounts._asdict()}
    return _own_handling(work, given)._replace(columns=columns)


def _own_handling(_: Work, given: Result) -> Step:
    """The sender's own handling after 不予立案 is not the receiver's result."""
    asked = Given(reason=given.reason, missing=contents.of_result(given))
    return Step(asked, record=given.model_dump(exclude={"id", "reason"}))


def _notice(work: Work, given: Notice) -> Step:
    """To the 卫健 of the same level: it learns the procedure of what went to 公安, of nothing else (000 三(二))."""
    if given.choice is not None:
        return Step(Given(reason=given.reason), given.choice)
    competent = store.seats(work.connection, HEALTH, work.row["receiver_region"])
    codes = [seat.code for seat in competent]
    told = given.agency or (codes[0] if codes else None)
    if told not in codes:
        names = [f"{seat.name}（{seat.code}）" for seat in competent]
        raise Refused(of_input(GivenCode.NOTICE_TO_OTHER_AGENCY, "agency", names))

    def follow(work: Work) -> None:
        for child in store.children(work.connection, work.row["id"], POLICE):
            store.notify(work.connection, child["id"], [told])
            if child["sent_at"] is not None:
                store.make_known(work.connection, child, [told])
                at = work.acting.now
                store_changes.tell(work.connection, child["id"], [told], EventKind.AGENCY_NOTIFIED, at)

    return Step(record={"agency": told}, follow=follow)


_STEPS: Final[Mapping[Command, Callable[[Work, Any], Step]]] = {
    Command.SUBMIT: _submission,
    Command.SEND: _sending,
    Command.SIGN_RECEIPT: _receipt,
    Command.SUPPLEMENT: _supplement,
    Command.FORWARD: _forwarding,
    Command.DESIGNATE: _designation,
    Command.FILE_CASE: _handling,
    Command.START_HANDLING: _handling,
    Command.DECLINE_CASE: _answer,
    Command.ANSWER_RECONSIDERATION: _answer,
    Command.REQUEST_FILING_SUPERVISION: _answer,
    Command.ANSWER_FILING_SUPERVISION: _answer,
    Command.HAND_OVER_ARTICLES: _articles,
    Command.REPORT_RESULT: _result,
    Command.HANDLE_AFTER_DECLINE: _own_handling,
    Command.TRANSFER_ONWARD: _onward,
    Command.TRANSFER_BACK: _onward,
    Command.NOTIFY_AGENCY: _notice,
}
