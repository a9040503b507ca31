"""The rows that the commands of this slice read, lock and write, in sets; all in the transaction of the connection."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection, Cursor
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from hub.clock import BEIJING
from hub.oauth.caller import Caller
from hub.penalties.content import CONTENT, STATE
from hub.penalties.lifecycle import PenaltyEvent, PenaltyEventKind, PenaltyState, PenaltyStatus

Row = dict[str, Any]
_TYPES: Final = {
    "public_id": "uuid",
    "institution_id": "bigint",
    "kinds": "text[]",
    "case_officers": "text[]",
    "measures": "text[]",
    "fine": "numeric",
    "confiscation": "numeric",
    "amount_recovered": "numeric",
    "amount": "numeric",
    "content_hash": "text",
}
_DATES: Final = frozenset({"decided_on", "valid_until", "served_on", "publicity_ends_on", "period_from", "period_to",
                           "inspected_on", "informed_on", "statement_on", "starts_on", "ends_on"})  # fmt: skip
_MOMENTS: Final = frozenset({"published_at", "amended_at", "revoked_at", "repaired_at"})
PENALTY: Final = (*CONTENT, "public_id", "counterparty_key", "institution_id", "region", "content_hash", "status",
                  "served_on")  # fmt: skip
INSPECTION: Final = (
    "public_id", "result_no", "institution_id", "region", "kind", "period_from", "period_to", "inspected_on",
    "findings_class", "measures", "amount_recovered",
)  # fmt: skip
AGREEMENT: Final = (
    "public_id", "measure_no", "institution_id", "region", "kind", "agreement_clause", "department", "informed_on",
    "statement", "statement_on", "decided_on", "starts_on", "ends_on", "amount",
)  # fmt: skip


def _type(name: str) -> str:
    if name in _DATES:
        return "date"
    return "timestamptz" if name in _MOMENTS else _TYPES.get(name, "text")


def _given(names: Sequence[str]) -> str:
    """The rows of a JSON array as a table; a hash is written in hexadecimal."""
    typed = ", ".join(f"{name} {_type(name)}" for name in names)
    return f"jsonb_to_recordset(%(rows)s) AS r({typed})"


def _selected(names: Sequence[str]) -> str:
    return ", ".join(f"decode(r.{name}, 'hex')" if name == "content_hash" else f"r.{name}" for name in names)


# Sorted by their keys: two batches that meet wait for each other in one order.
RECORD: Final = f"""
WITH recorded AS (
    INSERT INTO penalty_record ({", ".join(PENALTY)}, authority, data_source, data_source_uscc)
    SELECT {_selected(PENALTY)}, %(authority)s, %(name)s, %(uscc)s
    FROM {_given(PENALTY)} ORDER BY r.decision_no, r.counterparty_key
    ON CONFLICT (authority, decision_no, counterparty_key) DO NOTHING
    RETURNING id, public_id, served_on
), told AS (
    INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)
    SELECT id, e.kind, %(at)s, %(authority)s, %(client_id)s, %(officer)s,
           CASE e.kind WHEN 'SERVED' THEN jsonb_build_object('served_on', served_on) ELSE '{{}}' END
    FROM recorded CROSS JOIN (VALUES (1, 'RECORDED'), (2, 'SERVED')) e(position, kind)
    WHERE e.kind = 'RECORDED' OR served_on IS NOT NULL
    ORDER BY id, e.position
)
SELECT id, public_id FROM recorded
"""
_KNOWN: Final = """
SELECT p.*, i.nhsa_code, encode(p.content_hash, 'hex') AS hash
FROM penalty_record p LEFT JOIN institution i ON i.id = p.institution_id
JOIN unnest(%(numbers)s::text[], %(keys)s::text[]) AS asked(decision_no, counterparty_key)
  ON p.decision_no = asked.decision_no AND p.counterparty_key = asked.counterparty_key
WHERE p.authority = %(authority)s ORDER BY p.decision_no, p.counterparty_key FOR UPDATE OF p
"""
_SUBJECT: Final = "EXISTS (SELECT FROM transfer_party y WHERE y.case_no = p.case_no AND y.uscc = %(uscc)s) AS subject"
# What the caller may not know of is not found: an outsider locks nothing and waits for nothing.
_OWN: Final = "p.authority = %(agency)s"
_PUBLISHED: Final = """
p.published_at <= %(now)s AND (p.publicity_ends_on IS NULL OR p.publicity_ends_on >= %(today)s)
AND p.status <> 'TERM_OVER' AND p.revoked_at IS NULL AND p.repaired_at IS NULL
AND p.counterparty_category <> 'NATURAL_PERSON' AND %(region)s IN (p.province, p.prefecture, p.county)
"""
_LOCK: Final = f"""
SELECT p.*, i.nhsa_code, {_SUBJECT}
FROM penalty_record p LEFT JOIN institution i ON i.id = p.institution_id
WHERE p.public_id = %(id)s AND {{which}} FOR UPDATE OF p
"""
LOCK_OWN: Final = _LOCK.format(which=_OWN)
LOCK_PUBLISHED: Final = _LOCK.format(which=_PUBLISHED)
"""For the credit platform: of organisations of its region, while published; nothing else is there for it."""
_HISTORY: Final = "SELECT kind, at, payload FROM penalty_event WHERE penalty_id = %s ORDER BY id"
_EVENT: Final = """
INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)
VALUES (%(penalty_id)s, %(kind)s, %(at)s, %(agency)s, %(client_id)s, %(officer)s, %(payload)s)
"""
_INSTITUTIONS: Final = "SELECT id, nhsa_code, region FROM institution WHERE nhsa_code = ANY(%s)"
_PERSONS: Final = "SELECT id, nhsa_code, region FROM personnel WHERE nhsa_code = ANY(%s)"
_CASES: Final = """
SELECT c.case_no FROM case_file c
WHERE c.case_no = ANY(%(cases)s) AND c.merged_into IS NULL
  AND (c.opened_by = %(agency)s OR EXISTS (
       SELECT FROM clue_transfer t WHERE t.case_no = c.case_no
       AND (t.sender = %(agency)s OR t.receiver = %(agency)s AND t.sent_at IS NOT NULL)))
  AND NOT EXISTS (SELECT FROM transfer_party y WHERE y.case_no = c.case_no AND y.uscc = %(uscc)s)
"""
# 条例第二十六条: a case alone opens no other region, only what a transfer in it is about, once that was sent.
_ABOUT: Final = """
SELECT DISTINCT t.case_no, i.nhsa_code
FROM clue_transfer t
LEFT JOIN transfer_party y ON y.transfer_id = t.id
JOIN institution i ON (i.id = t.institution_id OR i.uscc = y.uscc) AND i.nhsa_code = ANY(%(codes)s)
WHERE t.case_no = ANY(%(cases)s) AND t.sent_at IS NOT NULL AND %(agency)s IN (t.sender, t.receiver)
"""


def send(connection: Connection[Any], statement: str, values: Any = None) -> Cursor[Row]:
    """The statement on its way; rows as mappings."""
    return connection.cursor(row_factory=dict_row).execute(statement, values)


def institutions(connection: Connection[Any], codes: Iterable[str]) -> dict[str, Row]:
    """By 国家医保编码: id and region."""
    return {row["nhsa_code"]: row for row in send(connection, _INSTITUTIONS, (sorted(codes),)).fetchall()}


def about(
    connection: Connection[Any], caller: Caller, cases: Iterable[str], codes: Iterable[str]
) -> frozenset[tuple[str, str]]:
    """Of cases and institutions, which transfer of the caller's is about which."""
    values = {"cases": sorted(cases), "codes": sorted(codes), "agency": caller.agency}
    return frozenset((row["case_no"], row["nhsa_code"]) for row in send(connection, _ABOUT, values).fetchall())


def persons(connection: Connection[Any], codes: Iterable[str]) -> dict[str, Row]:
    """The same of personnel."""
    return {row["nhsa_code"]: row for row in send(connection, _PERSONS, (sorted(codes),)).fetchall()}


def cases(connection: Connection[Any], caller: Caller, numbers: Iterable[str]) -> frozenset[str]:
    """Those that the caller's agency opened or is a party to, and is no subject of: of others it knows nothing."""
    values = {"cases": sorted(numbers), "agency": caller.agency, "uscc": caller.agency_uscc}
    return frozenset(row["case_no"] for row in send(connection, _CASES, values).fetchall())


def insert_penalties(
    connection: Connection[Any], caller: Caller, officer: str, rows: Sequence[Row], at: datetime
) -> dict[str, int]:
    """Records what is not there yet, with its events; gives the public ids of what was, with the internal ones."""
    values = {
        "rows": _json(rows),
        "authority": caller.agency,
        "name": caller.agency_name,
        "uscc": caller.agency_uscc,
        "client_id": caller.client_id,
        "officer": officer,
        "at": at,
    }
    return {str(row["public_id"]): row["id"] for row in send(connection, RECORD, values).fetchall()}


def insert_simple(
    connection: Connection[Any],
    table: str,
    names: Sequence[str],
    number: str,
    authority: str,
    rows: Sequence[Row],
    at: datetime,
) -> dict[str, int]:
    """The same for a table without events; `number`: the column that with the authority is its natural key."""
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}, authority, recorded_at)"
        f" SELECT {_selected(names)}, %(authority)s, %(at)s"
        f" FROM {_given(names)} ORDER BY r.{number} ON CONFLICT (authority, {number}) DO NOTHING"
        " RETURNING id, public_id"
    )
    found = send(connection, statement, {"rows": _json(rows), "authority": authority, "at": at}).fetchall()
    return {str(row["public_id"]): row["id"] for row in found}


def known_penalties(connection: Connection[Any], authority: str, rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """Records of the authority by decision number and counterparty, locked."""
    asked = sorted({(row["decision_no"], row["counterparty_key"]) for row in rows})
    values = {"numbers": [one for one, _ in asked], "keys": [key for _, key in asked], "authority": authority}
    found = send(connection, _KNOWN, values).fetchall()
    return {(row["decision_no"], row["counterparty_key"]): row for row in found}


def known_simple(
    connection: Connection[Any], table: str, number: str, authority: str, numbers: Iterable[str]
) -> dict[str, Row]:
    """Rows of the authority by their number."""
    statement = f"SELECT * FROM {table} WHERE authority = %s AND {number} = ANY(%s)"
    return {row[number]: row for row in send(connection, statement, (authority, sorted(numbers))).fetchall()}


def history(connection: Connection[Any], row: Row) -> list[PenaltyEvent]:
    """What happened to the record; for one without history, the state in which it is found (IMPORTED)."""
    found = [event_of(one) for one in send(connection, _HISTORY, (row["id"],)).fetchall()]
    return found or [imported(row)]


def imported(row: Row) -> PenaltyEvent:
    """The state of a record that was not written by commands."""
    at = row["published_at"] or datetime.combine(row["decided_on"], time(), BEIJING)
    state = PenaltyState(PenaltyStatus(row["status"]), **{name: row[name] for name in STATE if name != "status"})
    return PenaltyEvent(PenaltyEventKind.IMPORTED, at, found=state)


def event_of(row: Row) -> PenaltyEvent:
    kept = row["payload"]
    days = {name: date.fromisoformat(kept[name]) for name in ("served_on", "ends_on", "repair_from") if name in kept}
    found = _state(kept["found"]) if "found" in kept else None
    return PenaltyEvent(
        PenaltyEventKind(row["kind"]), row["at"], kept.get("reason"), kept.get("clause"), **days, found=found
    )


def _state(kept: Mapping[str, Any]) -> PenaltyState:
    values: dict[str, Any] = {"status": PenaltyStatus(kept["status"])}
    for name, text in kept.items():
        if name in _MOMENTS:
            values[name] = datetime.fromisoformat(text)
        elif name in _DATES:
            values[name] = date.fromisoformat(text)
        elif name != "status":
            values[name] = text
    return PenaltyState(**values)


def tell(
    connection: Connection[Any],
    penalty_id: int,
    caller: Caller,
    officer: str,
    event: PenaltyEvent,
    record: Mapping[str, Any],
) -> None:
    """Writes an event; `record`: what the command put on file beside it."""
    kept: dict[str, Any] = {
        "reason": event.reason,
        "clause": event.clause,
        "served_on": event.served_on,
        "ends_on": event.ends_on,
        "repair_from": event.repair_from,
        "record": record or None,
    }
    if event.found is not None:
        found = {name: getattr(event.found, name) for name in (*STATE, "repair_from")}
        kept["found"] = {name: value for name, value in found.items() if value is not None}
    payload = orjson.loads(orjson.dumps({name: value for name, value in kept.items() if value is not None}))
    values = {
        "penalty_id": penalty_id,
        "kind": event.kind,
        "at": event.at,
        "agency": caller.agency,
        "client_id": caller.client_id,
        "officer": officer,
        "payload": Jsonb(payload),
    }
    send(connection, _EVENT, values)


def change(connection: Connection[Any], penalty_id: int, values: Mapping[str, Any]) -> None:
    """Updates columns of one record; values as JSON has them."""
    names = [name for name in values if name not in {"public_id", "counterparty_key"}]
    statement = (
        f"UPDATE penalty_record p SET {', '.join(f'{name} = {_selected([name])}' for name in names)}"
        f" FROM {_given(names)} WHERE p.id = %(id)s"
    )
    send(connection, statement, {"rows": _json([{name: values[name] for name in names}]), "id": penalty_id})


def lock(
    connection: Connection[Any], caller: Caller, public_id: UUID, now: datetime, today: date, *, own: bool
) -> Row | None:
    """The record, locked: of the caller's own authority, or one of its region that is published."""
    values = {"id": public_id, "agency": caller.agency, "uscc": caller.agency_uscc, "now": now, "today": today}
    values["region"] = caller.region
    return send(connection, LOCK_OWN if own else LOCK_PUBLISHED, values).fetchone()


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(list(rows)).decode()
