"""What statistics count, folded anew from the events of each transfer, beside the columns that are counted."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from hub.clues import store_events
from hub.clues.commands_due import late
from hub.clues.events import Event, EventKind
from hub.clues.lifecycle import apply, beginning
from hub.clues.tables import ClueTransfer
from hub.clues.tables_events import TransferEvent
from hub.law.statistics import amounts_of
from hub.parties.tables import Agency

RESULTS: Final = frozenset({EventKind.RESULT_REPORTED, EventKind.RESULT_CORRECTED})
MOVED: Final = frozenset({EventKind.FORWARDED, EventKind.JURISDICTION_REASSIGNED})
COMPARED: Final = (
    "status", "route", "sender", "receiver", "sent_at", "arrived_at", "received_at", "closed_at", "late_clock",
    "outcome", "recovered", "fined",
)  # fmt: skip
BATCH: Final = 1_000


def differing(connection: Connection) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each transfer that has events, by its internal id, with the columns that are not what its events say."""
    regions = {row.code: row.region for row in connection.execute(select(Agency.code, Agency.region))}
    event, transfer = aliased(TransferEvent), ClueTransfer.__table__
    statement = (
        select(event.transfer_id, event.kind, event.at, event.agency, event.officer, event.role, event.payload)
        .order_by(event.transfer_id, event.id)
        .execution_options(yield_per=BATCH)
    )
    rows: list[Mapping[str, Any]] = []
    for row in connection.execute(statement).mappings():
        if rows and rows[0]["transfer_id"] != row["transfer_id"]:
            yield _compared(connection, transfer, rows, regions)
            rows = []
        rows.append(dict(row))
    if rows:
        yield _compared(connection, transfer, rows, regions)


def _compared(
    connection: Connection, transfer: Any, rows: Sequence[Mapping[str, Any]], regions: Mapping[str, str]
) -> tuple[int, tuple[str, ...]]:
    identity: int = rows[0]["transfer_id"]
    stored = connection.execute(transfer.select().where(transfer.c.id == identity)).mappings().one()
    told = recounted(store_events.read(rows), rows, regions)
    return identity, tuple(name for name in COMPARED if name in told and stored[name] != told[name])


def recounted(events: Sequence[Event], rows: Sequence[Mapping[str, Any]], regions: Mapping[str, str]) -> dict[str, Any]:
    """The columns, from the events alone.

    What an imported history does not tell (moments between, its result) is not compared: those names are left out.
    """
    route = events[0].route
    if route is None:
        raise ValueError("a transfer begins with being drafted, on a route")
    state = beginning(route)
    told: dict[str, Any] = {"late_clock": None, "sent_at": None, "arrived_at": None, "received_at": None}
    closed: datetime | None = None
    imported = False
    for event, row in zip(events, rows, strict=True):
        record = row["payload"].get("record") or {}
        if record.get("imported"):
            imported = True
        elif state.receiver is not None and told["late_clock"] is None:
            places = (regions[state.sender or ""], regions[state.receiver.agency])
            told["late_clock"] = late(state, *places, event.at)
        before, state = state, apply(state, event)
        told |= _moments(event)
        if event.kind in RESULTS and not record.get("imported"):
            told |= _result(record)
        closed = event.at if state.over and not before.over else closed if state.over else None
    told |= {
        "status": state.status,
        "route": state.route,
        "sender": state.sender,
        "receiver": state.receiver.agency if state.receiver else None,
        "closed_at": closed,
    }
    if imported:
        for name in ("sent_at", "arrived_at", "received_at", "closed_at"):
            told.pop(name)
    return told


def _moments(event: Event) -> dict[str, Any]:
    match event.kind:
        case EventKind.SENT:
            return {"sent_at": event.at}
        case EventKind.ARRIVED:
            return {"arrived_at": event.at}
        case EventKind.RECEIPT_SIGNED:
            return {"received_at": event.at}
        case kind if kind in MOVED:
            return {"arrived_at": None, "received_at": None}
        case _:
            return {}


def _result(record: Mapping[str, Any]) -> dict[str, Any]:
    amounts = amounts_of((each["kind"], Decimal(each["yuan"])) for each in record.get("amounts") or ())
    return {"outcome": record.get("kind"), **amounts._asdict()}
