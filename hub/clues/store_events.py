"""Events as rows: what the fold needs is columns and `payload`; the fold of the rows is the state of the transfer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from hub.clues import store_changes
from hub.clues.events import CONFIDENTIAL, Actor, Addressee, Event, EventKind
from hub.clues.events_told import NOBODY, Told
from hub.clues.lifecycle_case import CaseEvent, CaseEventKind
from hub.clues.lifecycle_words import Role, Route

Row = Mapping[str, Any]
READ: Final = """
SELECT kind, at, agency, officer, role, payload FROM transfer_event
WHERE transfer_id = (SELECT id FROM clue_transfer WHERE public_id = %(id)s) ORDER BY id
"""
"""A statement of its own, after the row is locked: its snapshot sees every event of whoever held the row before."""
HISTORY: Final = """
(SELECT json_agg(json_build_array(e.kind, e.at, e.agency, e.officer, e.role, e.payload) ORDER BY e.id)
 FROM transfer_event e WHERE e.transfer_id = t.id)
"""
"""The same of a row `t`, as one value: `read_history`."""
INSERT: Final = """
INSERT INTO transfer_event (transfer_id, case_no, kind, at, agency, client_id, officer, role, payload, confidential)
VALUES (%(transfer_id)s, %(case_no)s, %(kind)s, %(at)s, %(agency)s, %(client_id)s, %(officer)s, %(role)s,
        %(payload)s, %(confidential)s)
RETURNING transfer_id, kind, at
"""
TOLD: Final = store_changes.OF_EVENT
"""Behind `WITH event AS (INSERT)`."""
WRITE: Final = f"WITH event AS ({INSERT}) {TOLD}"
"""The event and its entries in the feeds of those who are told: one statement, so that neither is without the other."""
READ_CASE: Final = """
SELECT kind, at, agency, officer, other, reason FROM case_event WHERE case_no = %(case_no)s ORDER BY id
"""
INSERT_CASE: Final = """
INSERT INTO case_event (case_no, kind, at, agency, client_id, officer, other, reason)
SELECT {case_no}, %(kind)s, %(at)s, %(agency)s, %(client_id)s, %(officer)s, %(other)s, %(reason)s
"""
WRITE_CASE: Final = INSERT_CASE.format(case_no="%(case_no)s")


def read(rows: Iterable[Row]) -> list[Event]:
    return [
        _event(row["kind"], row["at"], Actor(Role(row["role"]), row["agency"], row["officer"]), row["payload"])
        for row in rows
    ]


def read_history(kept: Iterable[Sequence[Any]] | None) -> list[Event]:
    """`HISTORY`."""
    return [
        _event(kind, datetime.fromisoformat(at), Actor(Role(role), agency, officer), payload)
        for kind, at, agency, officer, role, payload in kept or ()
    ]


def _event(kind: str, at: datetime, by: Actor, kept: Row) -> Event:
    to = kept.get("to")
    return Event(
        EventKind(kind),
        at,
        by,
        reason=kept.get("reason"),
        to=Addressee(to["agency"], to["kind"]) if to else None,
        route=Route(kept["route"]) if "route" in kept else None,
        officers=tuple(kept.get("officers", ())),
        procuratorate=kept.get("procuratorate"),
        since=datetime.fromisoformat(kept["since"]) if "since" in kept else None,
    )


def written(
    event: Event, transfer_id: int, case_no: str, client_id: str, record: Row, told: Told = NOBODY
) -> dict[str, Any]:
    """Parameters of `WRITE`. `record`: what the command put on file; may be empty. `told`: by the feed."""
    kept = {
        "reason": event.reason,
        "to": {"agency": event.to.agency, "kind": event.to.kind} if event.to else None,
        "route": event.route,
        "officers": list(event.officers) or None,
        "procuratorate": event.procuratorate,
        "since": event.since.isoformat() if event.since else None,
        "record": plain(record) or None,
    }
    return {
        "transfer_id": transfer_id,
        "case_no": case_no,
        "kind": event.kind,
        "at": event.at,
        "agency": event.by.agency,
        "client_id": client_id,
        "officer": event.by.officer,
        "role": event.by.role,
        "payload": Jsonb({name: value for name, value in kept.items() if value is not None}),
        "confidential": event.kind in CONFIDENTIAL,
        **store_changes.values(told),
    }


def plain(value: Any) -> Any:
    """As JSON keeps it: amounts and moments as text, what is absent left out of mappings."""
    match value:
        case Mapping():
            return {str(name): plain(one) for name, one in value.items() if one is not None}
        case list() | tuple():
            return [plain(one) for one in value]
        case Decimal() | UUID():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value


def read_case(rows: Iterable[Row]) -> list[CaseEvent]:
    return [
        CaseEvent(CaseEventKind(row["kind"]), row["at"], row["agency"], row["officer"], row["other"], row["reason"])
        for row in rows
    ]


def written_case(event: CaseEvent, case_no: str, client_id: str) -> dict[str, Any]:
    """Parameters of `WRITE_CASE`."""
    return {
        "case_no": case_no,
        "kind": event.kind,
        "at": event.at,
        "agency": event.agency,
        "client_id": client_id,
        "officer": event.officer,
        "other": event.other,
        "reason": event.reason,
    }
