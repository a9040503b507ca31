"""Batches: every item checked by itself, all good ones written in one statement, each with its own result.

`allOrNothing` (the default): one bad item refuses the whole. Otherwise it is refused alone, the others are recorded.
A duplicate is the same authority, number and (of penalties) counterparty: with the same content it is there already,
with another it is refused.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from pydantic import ValidationError

from hub.clock import BEIJING
from hub.clues.authority import Acting
from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input, of_policy, of_validation
from hub.clues.commands_inputs import CommandInput
from hub.credit import derived as credit
from hub.credit import given
from hub.credit.inputs import ScoreGiven
from hub.law.credit import models
from hub.law.region import within
from hub.penalties import content, store
from hub.penalties.inputs import MOST_ITEMS, AgreementGiven, InspectionGiven, PenaltyGiven
from hub.penalties.lifecycle import PenaltyEvent, PenaltyEventKind, PenaltyStatus, fold
from hub.penalties.recording import ItemResult, ItemStatus, Order, RecordCommand, question
from hub.policy.commanded import CommandPolicy

Row = dict[str, Any]
_TOLD: Final = 20
"""Errors told of a batch that is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What one batch command takes: the name of its items in the input, their type, the field of their number."""

    name: str
    model: type[CommandInput]
    told_as: str
    table: str = ""
    number: str = ""
    columns: Sequence[str] = ()


BATCHES: Final[Mapping[RecordCommand, Kind]] = {
    RecordCommand.RECORD_PENALTIES: Kind("penalties", PenaltyGiven, "decisionNo"),
    RecordCommand.RECORD_INSPECTION_RESULTS: Kind(
        "results", InspectionGiven, "resultNo", "inspection_result", "result_no", store.INSPECTION
    ),
    RecordCommand.RECORD_AGREEMENT_MEASURES: Kind(
        "measures", AgreementGiven, "measureNo", "agreement_measure", "measure_no", store.AGREEMENT
    ),
    RecordCommand.RECORD_CREDIT_SCORES: Kind("scores", ScoreGiven, "period"),
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Items of one kind: the good ones as their type, and of the others why not. `stated`: what was given."""

    all_or_nothing: bool
    items: tuple[Any, ...]
    refused: Mapping[int, tuple[UserError, ...]]
    stated: tuple[Any, ...]


@dataclass(slots=True)
class _Work:
    """A batch being recorded. `done`: results by index; `credit`: internal ids of records that bear on credit."""

    connection: Connection[Any]
    acting: Acting
    kind: Kind
    batch: Batch
    done: dict[int, ItemResult] = field(default_factory=dict)
    credit: list[int] = field(default_factory=list)

    def refuse(self, index: int, *told: UserError) -> None:
        self.done[index] = ItemResult(index, ItemStatus.REFUSED, None, tuple(_at(self.kind, index, e) for e in told))

    def open(self) -> Iterable[tuple[int, Any]]:
        """Items without a result yet."""
        return [(index, item) for index, item in enumerate(self.batch.items) if index not in self.done]


def parse(command: RecordCommand, stated: Mapping[str, Any]) -> Batch:
    """The batch with each of its items checked for form.

    Raises:
        Refused: it is no batch of this command, or has no items, or too many.
    """
    kind = BATCHES[command]
    items, all_or_nothing = stated.get(kind.name), stated.get("allOrNothing", stated.get("all_or_nothing", True))
    if not isinstance(items, list | tuple) or not isinstance(all_or_nothing, bool):
        raise Refused(of_input(GivenCode.INVALID_INPUT, kind.name, detail="必填 / required"))
    if set(stated) - {kind.name, "allOrNothing", "all_or_nothing"}:
        raise Refused(of_input(GivenCode.INVALID_INPUT, None, detail="未知字段 / unknown field"))
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Refused(of_input(GivenCode.INVALID_INPUT, kind.name, detail=f"1–{MOST_ITEMS}"))
    parsed: list[Any] = []
    refused: dict[int, tuple[UserError, ...]] = {}
    for index, item in enumerate(items):
        try:
            parsed.append(kind.model.model_validate(item))
        except ValidationError as error:
            parsed.append(None)
            refused[index] = of_validation(error)
    kept = tuple(
        one.model_dump(mode="json", exclude_unset=True) if one is not None else json.dumps(item, default=repr)
        for one, item in zip(parsed, items, strict=True)
    )
    return Batch(all_or_nothing, tuple(parsed), refused, kept)


def record(
    connection: Connection[Any], acting: Acting, order: Order, batch: Batch, may: CommandPolicy
) -> tuple[ItemResult, ...]:
    """Records what is good.

    Raises:
        Refused: the policies forbid it, or an item is bad and it is all or nothing.
    """
    named = acting.caller.case_no
    in_that_case = all(item is None or getattr(item, "case_no", None) == named for item in batch.items)
    if forbidden := may.judge(question(order.command, acting.caller, frozenset(), in_that_case=in_that_case)):
        raise Refused(of_policy(forbidden, "caseNo"))
    work = _Work(connection, acting, BATCHES[order.command], batch)
    today = acting.now.astimezone(BEIJING).date()
    for index, told in batch.refused.items():
        work.refuse(index, *told)
    for index, item in work.open():
        if isinstance(item, ScoreGiven) and item.model_version not in models():
            work.refuse(index, of_input(GivenCode.UNKNOWN_MODEL, "modelVersion", models()))
        elif problems := [
            of_input(GivenCode.INVALID_INPUT, problem.field, detail=problem.told) for problem in item.problems(today)
        ]:
            work.refuse(index, *problems)
    places = _placed(work)
    _whole(work)  # before anything is written: a refused batch costs nothing
    match order.command:
        case RecordCommand.RECORD_PENALTIES:
            _penalties(work, places)
        case RecordCommand.RECORD_CREDIT_SCORES:
            _scores(work, places)
        case _:
            _simple(work, places)
    _whole(work)
    if work.credit:
        caller = acting.caller
        who = credit.Writer(caller.agency, caller.client_id, acting.officer, acting.now)
        credit.follow(connection, who, credit.Records(**{_CREDIT[order.command]: work.credit}))
    return tuple(work.done[index] for index in range(len(batch.items)))


_CREDIT: Final = {
    RecordCommand.RECORD_PENALTIES: "penalties",
    RecordCommand.RECORD_INSPECTION_RESULTS: "inspections",
    RecordCommand.RECORD_AGREEMENT_MEASURES: "measures",
}


def _whole(work: _Work) -> None:
    if not work.batch.all_or_nothing:
        return
    told = [error for index in sorted(work.done) for error in work.done[index].user_errors]
    if told:
        raise Refused(*told[:_TOLD])


def _placed(work: _Work) -> Mapping[str, Row]:
    """Institutions by code. Refuses items about an unknown one, one elsewhere, or a case that is not the agency's."""
    caller = work.acting.caller
    asked = {item.institution for _, item in work.open() if item.institution is not None}
    cases = {case for _, item in work.open() if (case := getattr(item, "case_no", None)) is not None}
    found = store.institutions(work.connection, asked) if asked else {}
    known = store.cases(work.connection, caller, cases) if cases else frozenset()
    far = {code for code, place in found.items() if not within(place["region"], caller.region)}
    about = store.about(work.connection, caller, known, far) if known and far else frozenset()
    scored = work.kind.model is ScoreGiven
    persons = store.persons(work.connection, asked - found.keys()) if scored and asked - found.keys() else {}
    for index, item in work.open():
        case_no, place = getattr(item, "case_no", None), found.get(item.institution or "")
        told = []
        if item.institution in persons:
            told.append(of_input(GivenCode.NOT_AN_INSTITUTION, "institution"))
        elif item.institution is not None and place is None:
            told.append(of_input(GivenCode.UNKNOWN_INSTITUTION, "institution"))
        if case_no is not None and case_no not in known:
            told.append(of_input(GivenCode.UNKNOWN_CASE, "caseNo"))
        # Outside its own region an agency acts only in a case that a transfer or designation (条例26) makes about it.
        elif item.institution in far and (case_no, item.institution) not in about:
            told.append(of_input(GivenCode.WRONG_REGION, "institution"))
        if told:
            work.refuse(index, *told)
    return found


def _penalties(work: _Work, places: Mapping[str, Row]) -> None:
    rows: dict[int, Row] = {}
    for index, item in work.open():
        place = places.get(item.institution or "")
        region = place["region"] if place else work.acting.caller.region
        rows[index] = content.penalty_row(item, place["id"] if place else None, region) | {
            "status": PenaltyStatus.DECIDED if item.served_on is None else PenaltyStatus.SERVED,
            "served_on": content.plain(item.served_on),
        }
    first = _first_of_its_key(rows, lambda row: (row["decision_no"], row["counterparty_key"]))
    caller, officer, at = work.acting.caller, work.acting.officer, work.acting.now
    made = store.insert_penalties(work.connection, caller, officer, [rows[index] for index in first.values()], at)
    leaders = [rows[index] for index in first.values()]
    missing = [row for row in leaders if row["public_id"] not in made]
    work.credit += [made[row["public_id"]] for row in leaders if row["public_id"] in made and _bears_on_credit(row)]
    known = store.known_penalties(work.connection, caller.agency, missing) if missing else {}
    for index, row in rows.items():
        key = (row["decision_no"], row["counterparty_key"])
        leader = rows[first[key]]
        if leader["public_id"] in made:
            same = row["content_hash"] == leader["content_hash"]
            _told_of_duplicate(work, index, UUID(leader["public_id"]), first=first[key] == index, same=same)
        elif first[key] == index:
            work.done[index] = _beside(work, index, row, known[key])
        else:
            held = work.done[first[key]]
            same = row["content_hash"] == leader["content_hash"] and held.record is not None
            _told_of_duplicate(work, index, held.record, first=False, same=same)


def _bears_on_credit(row: Row) -> bool:
    """Served, of an institution: what else a credit event asks for is the model's and the statement's affair."""
    return row["served_on"] is not None and row["institution_id"] is not None


def _beside(work: _Work, index: int, row: Row, known: Row) -> ItemResult:
    """Of an item whose key is there: the same again, recorded again after a revocation, or refused."""
    item = work.batch.items[index]
    same = row["content_hash"] == (known["hash"] or content.digest(content.given_of(known)))
    if known["status"] != PenaltyStatus.REVOKED:
        if same:
            return ItemResult(index, ItemStatus.ALREADY_RECORDED, known["public_id"])
        return _refusal(work, index, GivenCode.DUPLICATE_OTHER_CONTENT)
    if not item.record_again:
        return _refusal(work, index, GivenCode.REVOKED_BEFORE)
    caller, officer, at = work.acting.caller, work.acting.officer, work.acting.now
    history = store.history(work.connection, known)
    events = [PenaltyEvent(PenaltyEventKind.RECORDED, at)]
    if item.served_on is not None:
        events.append(PenaltyEvent(PenaltyEventKind.SERVED, at, served_on=item.served_on))
    state = fold([*history, *events])
    if history[0].kind is PenaltyEventKind.IMPORTED and len(history) == 1:
        events = [*history, *events]
    before = {name: content.plain(known[name]) for name in content.CONTENT if known[name] is not None}
    for event in events:
        record = {"before": before} if event.kind is PenaltyEventKind.RECORDED else {}
        store.tell(work.connection, known["id"], caller, officer, event, record)
    store.change(work.connection, known["id"], row | content.state_row(state))
    work.credit.append(known["id"])
    return ItemResult(index, ItemStatus.RECORDED, known["public_id"])


def _simple(work: _Work, places: Mapping[str, Row]) -> None:
    """Inspection results and agreement measures: recorded once, without a life of their own."""
    kind, authority = work.kind, work.acting.caller.agency
    make = content.inspection_row if kind.model is InspectionGiven else content.agreement_row
    rows = {
        index: make(item, places[item.institution]["id"], places[item.institution]["region"])
        for index, item in work.open()
    }
    first = _first_of_its_key(rows, lambda row: row[kind.number])
    made = store.insert_simple(
        work.connection, kind.table, kind.columns, kind.number, authority, [rows[i] for i in first.values()],
        work.acting.now,
    )  # fmt: skip
    missing = [rows[index][kind.number] for index in first.values() if rows[index]["public_id"] not in made]
    work.credit += made.values()
    known = store.known_simple(work.connection, kind.table, kind.number, authority, missing) if missing else {}
    for index, row in rows.items():
        key = row[kind.number]
        leader = rows[first[key]]
        there = leader if leader["public_id"] in made else known[key]
        same = all(content.plain(there[name]) == row[name] for name in kind.columns if name != "public_id")
        new = leader["public_id"] in made and first[key] == index
        _told_of_duplicate(work, index, UUID(str(there["public_id"])), first=new, same=same)


def _scores(work: _Work, places: Mapping[str, Row]) -> None:
    """Scores as the agency gives them; what stands gives way to another only where the item says so (`replace`)."""
    connection, agency = work.connection, work.acting.caller.agency
    rows = {index: content.score_row(item, places[item.institution]) for index, item in work.open()}
    first = _first_of_its_key(rows, _key_of_score)
    made = given.record(connection, agency, [rows[index] for index in first.values()], work.acting.now)
    missing = [key for key in first if key not in made]
    known = given.known(connection, missing) if missing else {}
    replaced: set[tuple[int, str]] = set()
    for index, row in rows.items():
        key = _key_of_score(row)
        leads = first[key] == index
        there = rows[first[key]] if key in made or key in replaced else known[key]
        if key in made:
            _told_of_duplicate(work, index, None, first=leads, same=leads or content.same_score(there, row))
        elif content.same_score(there, row):
            work.done[index] = ItemResult(index, ItemStatus.ALREADY_RECORDED)
        elif leads and work.batch.items[index].replace:
            if there["given_by"] not in {None, agency}:
                told = "由其他机关报送，由其更替 / given by another agency, which alone replaces it"
                work.refuse(index, of_input(GivenCode.INVALID_INPUT, "replace", detail=told))
                continue
            replaced.add(key)
            work.done[index] = ItemResult(index, ItemStatus.RECORDED)
        else:
            work.done[index] = _refusal(work, index, GivenCode.DUPLICATE_OTHER_CONTENT)
    if replaced:
        given.replace(connection, agency, [rows[first[key]] for key in sorted(replaced)], work.acting.now)


def _key_of_score(row: Row) -> tuple[int, str]:
    return row["institution_id"], row["period"]


def _told_of_duplicate(work: _Work, index: int, record: UUID | None, *, first: bool, same: bool) -> None:
    if first:
        work.done[index] = ItemResult(index, ItemStatus.RECORDED, record)
    elif same:
        work.done[index] = ItemResult(index, ItemStatus.ALREADY_RECORDED, record)
    else:
        work.done[index] = _refusal(work, index, GivenCode.DUPLICATE_OTHER_CONTENT)


def _refusal(work: _Work, index: int, code: GivenCode) -> ItemResult:
    told = _at(work.kind, index, of_input(code, work.kind.told_as))
    return ItemResult(index, ItemStatus.REFUSED, None, (told,))


def _first_of_its_key(rows: Mapping[int, Row], key: Any) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for index, row in rows.items():
        found.setdefault(key(row), index)
    return found


def _at(kind: Kind, index: int, error: UserError) -> UserError:
    """The error with its place in the batch."""
    place = f"{kind.name}.{index}"
    return replace(error, field=f"{place}.{error.field}" if error.field else place)
