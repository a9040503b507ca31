"""Drafts: what a new transfer holds, revised until it is submitted or sent; also the draft of an onward transfer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import uuid4

from psycopg import Connection

from hub.clock import BEIJING
from hub.clues import commands_address as address
from hub.clues import commands_evidence as evidence
from hub.clues import commands_limits as limits
from hub.clues import store
from hub.clues.authority import Acting
from hub.clues.commands_address import Seats
from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input
from hub.clues.commands_inputs import Contents
from hub.clues.commands_work import Work
from hub.clues.events import Addressee, Given
from hub.clues.lifecycle import beginning, route_of
from hub.clues.lifecycle_words import Command, Route
from hub.clues.store import Row, Seat
from hub.law.catalogue import catalogues
from hub.policy.commanded import Relation

_COLUMNS: Final = (
    "source", "discovered_on", "penalty_served_on", "summary", "suspected_facts", "violation_amount", "fund_loss",
    "handling_opinion", "informant_ref", "report_taken_by", "procuratorate",
)  # fmt: skip
_LISTS: Final = ("catalogue_codes", "articles", "case_officers")
_MATERIAL: Final = ("parties", "insured_persons", "evidence")
_REQUIRED: Final = ("source", "discovered_on", "summary")
"""Without these a draft cannot be kept; whatever else is missing is asked for when it is submitted or sent."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the codes of a draft stand for."""

    seats: Mapping[str, Seat]
    institution: tuple[int, str] | None

    def seat(self, code: str | None) -> Seat | None:
        return None if code is None else self.seats.get(code)


def sender_of(acting: Acting) -> Seat:
    caller = acting.caller
    return Seat(caller.agency, caller.agency_kind, caller.region, caller.agency_name)


def today(acting: Acting) -> date:
    return acting.now.astimezone(BEIJING).date()


def resolve(connection: Connection[Any], acting: Acting, contents: Contents) -> Found:
    """Looks up agencies, institution and officers, and checks what needs no state.

    Raises:
        Refused: with every problem of this kind.
    """
    places = {
        "receiver": contents.receiver,
        "procuratorate": contents.procuratorate,
        "reportTakenBy": contents.report_taken_by,
        **{f"notified.{number}": code for number, code in enumerate(contents.notified)},
    }
    asked = {place: code for place, code in places.items() if code is not None}
    seats = store.agencies(connection, asked.values()) if asked else {}
    problems = [of_input(GivenCode.UNKNOWN_AGENCY, place) for place, code in asked.items() if code not in seats]
    found = None
    if contents.institution is not None:
        found = store.institution(connection, contents.institution)
        if found is None:
            problems.append(of_input(GivenCode.UNKNOWN_INSTITUTION, "institution"))
    problems += _dates(contents, today(acting))
    problems += evidence.secrets(contents.evidence)
    if contents.catalogue_codes or contents.catalogue_texts:
        texts = {one.code: one.text for one in contents.catalogue_texts}
        for problem in catalogues().check(contents.catalogue_codes, texts):
            told = f"{problem.zh} / {problem.en}"
            problems.append(of_input(GivenCode.CATALOGUE_CODE_REFUSED, "catalogueCodes", [problem.code], told))
    if problems:
        raise Refused(*problems)
    officers(connection, acting, contents.case_officers)
    return Found(seats, found)


def officers(connection: Connection[Any], acting: Acting, certificates: tuple[str, ...]) -> None:
    """Those named are case officers of the agency today.

    Raises:
        Refused: UNKNOWN_OFFICER, with the places.
    """
    if not certificates:
        return
    known = store.case_officers(connection, acting.caller.agency, certificates, today(acting))
    unknown = [number for number, certificate in enumerate(certificates) if certificate not in known]
    if unknown:
        raise Refused(*(of_input(GivenCode.UNKNOWN_OFFICER, f"caseOfficers.{number}") for number in unknown))


def _dates(contents: Contents, day: date) -> list[UserError]:
    late = "不得晚于今日 / not after today"
    return [
        of_input(GivenCode.INVALID_INPUT, place, detail=late)
        for place, given in (("discoveredOn", contents.discovered_on), ("penaltyServedOn", contents.penalty_served_on))
        if given is not None and given > day
    ]


def create(
    connection: Connection[Any], acting: Acting, contents: Contents, case_no: str, parent: Row | None = None
) -> Work:
    """A new draft, inserted with its event; `finish` is still to be called.

    Args:
        parent: the transfer from which this one goes onward or back. What is not given is taken from it.

    Raises:
        Refused
    """
    if parent is None:
        lacking = [name for name in _REQUIRED if getattr(contents, name) is None]
        if lacking:
            names = {"source": "source", "discovered_on": "discoveredOn", "summary": "summary"}
            told = "必填 / required"
            raise Refused(*(of_input(GivenCode.INVALID_INPUT, names[name], detail=told) for name in lacking))
    found = resolve(connection, acting, contents)
    sender, receiver = sender_of(acting), found.seat(contents.receiver)
    _discreet(receiver, contents)
    route = route_of(sender.kind, receiver.kind if receiver else "")
    row = _row(acting, contents, found, case_no, parent)
    work = Work(connection, acting, row, beginning(route), frozenset({Relation.SENDER}))
    given = Given(
        to=Addressee(receiver.code, receiver.kind) if receiver else None,
        officers=contents.case_officers,
        since=_since(route, row),
    )
    event = work.decided(Command.DRAFT, given, None)
    assert receiver is not None  # noqa: S101 - drafting without a receiver is refused by the lifecycle
    seats = partial(store.seats, connection)
    check(seats, acting, row | _placed(receiver), [party.kind for party in contents.parties], found)
    work.change(route=route)
    work.take(event, {}, receiver.region)
    work.settle()
    work.changed.clear()  # all of it goes into the new row
    row["id"] = store.insert_transfer(connection, {name: value for name, value in row.items() if name != "id"})
    if parent is not None and not contents.parties:
        store.copy_parties(connection, parent["id"], row["id"])
    for name in _MATERIAL:
        store.add_material(connection, row["id"], name, _items(work, contents, name))
    store.notify(connection, row["id"], contents.notified)
    store.make_known(connection, row, [row["sender"]])
    return work


def _placed(receiver: Seat) -> Row:
    return {"receiver": receiver.code, "receiver_kind": receiver.kind, "receiver_region": receiver.region}


def _row(acting: Acting, contents: Contents, found: Found, case_no: str, parent: Row | None) -> Row:
    caller = acting.caller
    row: Row = {name: getattr(contents, name) for name in _COLUMNS} | {
        "public_id": uuid4(),
        "case_no": case_no,
        "status": None,
        "sender": caller.agency,
        "sender_kind": caller.agency_kind,
        "sender_region": caller.region,
        "catalogue_texts": {one.code: one.text for one in contents.catalogue_texts},
        "institution_id": found.institution[0] if found.institution else None,
        "parent_id": parent["id"] if parent else None,
        **{name: list(getattr(contents, name)) for name in _LISTS},
    }
    if row["informant_ref"] is not None and row["report_taken_by"] is None:
        row["report_taken_by"] = caller.agency
    if parent is not None:
        inherited = {
            "source": "DEPARTMENT_TRANSFER",
            "discovered_on": today(acting),
            "summary": parent["summary"],
            "suspected_facts": parent["suspected_facts"],
            "institution_id": parent["institution_id"],
        }
        row |= {name: value for name, value in inherited.items() if row[name] is None}
    return row


def _items(work: Work, contents: Contents, name: str) -> list[Mapping[str, Any]]:
    if name == "evidence":
        return evidence.items(work.connection, work.row, contents.evidence)
    items: list[Mapping[str, Any]] = [item.model_dump() for item in getattr(contents, name)]
    return items


def _since(route: Route, row: Row) -> Any:
    """From which fact the clock of the transfer counts: service of the decision (R9), discovery (R10)."""
    match route:
        case Route.HEALTHCARE_SECURITY_TO_HEALTH:
            served = row["penalty_served_on"]
            return None if served is None else store.midnight(served)
        case Route.HEALTH_TO_HEALTHCARE_SECURITY:
            return store.midnight(row["discovered_on"])
        case _:
            return None


def revise(work: Work, contents: Contents) -> None:
    """Fields that are given replace those of the draft.

    Raises:
        Refused
    """
    connection, acting, row = work.connection, work.acting, work.row
    limits.of_revisions(connection, row["id"])
    given = contents.model_fields_set
    found = resolve(connection, acting, contents)
    receiver = found.seat(contents.receiver)
    _discreet(receiver or Seat(row["receiver"], row["receiver_kind"], "", ""), contents)
    changes: Row = {name: getattr(contents, name) for name in _COLUMNS if name in given and name not in _REQUIRED}
    changes |= {name: getattr(contents, name) for name in _REQUIRED if getattr(contents, name) is not None}
    changes |= {name: list(getattr(contents, name)) for name in _LISTS if name in given}
    if {"catalogue_codes", "catalogue_texts"} & given:
        changes["catalogue_texts"] = {one.code: one.text for one in contents.catalogue_texts}
    if "institution" in given:
        changes["institution_id"] = found.institution[0] if found.institution else None
    after = {**row, **changes}
    event = work.decided(
        Command.DRAFT,
        Given(
            to=Addressee(receiver.code, receiver.kind) if receiver and receiver.code != row["receiver"] else None,
            officers=tuple(after["case_officers"]),
            since=_since(work.state.route, after),
        ),
        None,
    )
    if changes.get("discovered_on", row["discovered_on"]) != row["discovered_on"]:
        store.redate(connection, row, changes["discovered_on"])
    work.change(**changes)
    for name in _MATERIAL:
        if name in given:
            store.replace_material(connection, row["id"], name, _items(work, contents, name))
    if "notified" in given:
        store.unnotify(connection, row["id"])
        store.notify(connection, row["id"], contents.notified)
    work.take(event, {}, receiver.region if receiver else None)
    recheck(work)


def recheck(work: Work) -> store.Material:
    """Whether the draft as stored may go where it is addressed; what it holds.

    Raises:
        Refused
    """
    asked, work.asked = work.asked, None
    held = store.read_material(asked or store.material(work.connection, work.row["public_id"]))
    institution = (0, held.region) if held.region is not None else None
    seats = {seat.code: seat for seat in held.seats}
    if work.row["receiver"] not in seats:
        raise Refused(of_input(GivenCode.UNKNOWN_AGENCY, "receiver"))
    check(held.competent, work.acting, work.row, held.party_kinds, Found(seats, institution))
    return held


def check(seats: Seats, acting: Acting, row: Row, party_kinds: list[Any], found: Found) -> None:
    """Level, region, competence; the procuratorate's own.

    Raises:
        Refused
    """
    receiver = Seat(row["receiver"], row["receiver_kind"], row["receiver_region"], "")
    address.check(
        seats,
        address.Address(
            sender=sender_of(acting),
            receiver=receiver,
            institution_region=found.institution[1] if found.institution else None,
            party_kinds=[str(kind) for kind in party_kinds],
            codes=row["catalogue_codes"],
            on=today(acting),
        ),
    )
    procuratorate = found.seat(row["procuratorate"])
    if row["procuratorate"] is not None and procuratorate is None:
        raise Refused(of_input(GivenCode.UNKNOWN_AGENCY, "procuratorate"))
    if procuratorate is not None:
        address.check_procuratorate(seats, procuratorate, receiver.region)


def _discreet(receiver: Seat | None, contents: Contents) -> None:
    """A transfer to 纪检监察 is known to its two parties only (310 第十八条、第十九条): nobody is notified of it.

    Raises:
        Refused
    """
    if receiver is not None and receiver.kind == address.DISCIPLINE and contents.notified:
        told = "移送纪检监察机关的线索不得抄送 / no agency is notified of a transfer to discipline inspection"
        raise Refused(of_input(GivenCode.INVALID_INPUT, "notified", detail=told))
