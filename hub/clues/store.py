"""The rows that commands read, lock and write. Everything runs in the transaction of the connection it is given.

Statements are sent ahead where the connection is in pipeline mode: a cursor that is fetched later costs no round trip.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection, Cursor, Pipeline, errors
from psycopg.rows import dict_row, tuple_row
from psycopg.types.json import Jsonb

from hub.clock import BEIJING
from hub.law.region import ancestor, level_of
from hub.oauth.caller import Caller

Row = dict[str, Any]
COLUMNS: Final = """
t.id, t.public_id, t.case_no, t.doc_no, t.status, t.catalogue_codes, t.catalogue_texts, t.sender, t.sender_kind,
t.sender_region, t.receiver, t.receiver_kind, t.receiver_region, t.forwarded_from, t.institution_id, t.source,
t.discovered_on, t.penalty_served_on, t.sent_at, t.arrived_at, t.received_at, t.closed_at, t.approved_at, t.due_at,
t.due_clock, t.outcome, t.summary, t.suspected_facts, t.articles, t.case_officers, t.route, t.parent_id,
t.procuratorate, t.informant_ref, t.report_taken_by, t.late_clock
"""
CASE: Final = """
SELECT c.case_no, c.opened_by, c.opened_on, c.merged_into,
       EXISTS (SELECT FROM clue_transfer t WHERE t.case_no = c.case_no
               AND (t.sender = %(agency)s OR t.receiver = %(agency)s AND t.sent_at IS NOT NULL)) AS member,
       EXISTS (SELECT FROM transfer_party p WHERE p.case_no = c.case_no AND p.uscc = %(uscc)s) AS subject
FROM case_file c WHERE c.case_no = %(case_no)s
"""
_AGENCIES: Final = """
SELECT code, kind, region, name FROM agency WHERE code = ANY(%s) AND disabled_at IS NULL
"""
_SEATS: Final = """
SELECT code, kind, region, name FROM agency WHERE kind = %s AND region = ANY(%s) AND disabled_at IS NULL ORDER BY code
"""
# The seats are those that `seats` could ask for: of the receiver's kind and the procuratorates, in the regions of both
# sides and of the institution, and above them.
_MATERIAL: Final = """
SELECT array(SELECT DISTINCT e.kind FROM evidence e WHERE e.transfer_id = t.id),
       (SELECT count(*) FROM transfer_party p WHERE p.transfer_id = t.id),
       array(SELECT p.kind FROM transfer_party p WHERE p.transfer_id = t.id),
       i.region,
       (SELECT json_agg(json_build_array(a.code, a.kind, a.region, a.name) ORDER BY a.code)
        FROM agency a WHERE a.disabled_at IS NULL AND (
            a.code IN (t.receiver, t.procuratorate)
            OR a.kind IN (t.receiver_kind, 'PROCURATORATE') AND a.region = ANY(array(
                SELECT unnest(ARRAY[left(r, 2) || '0000', left(r, 4) || '00', r])
                FROM unnest(ARRAY[t.sender_region, t.receiver_region, i.region]) AS place(r)))))
FROM clue_transfer t LEFT JOIN institution i ON i.id = t.institution_id WHERE t.public_id = %s
"""
# Held until the commit, so that a file which is chosen now is not swept as unused meanwhile. A file that the transfer
# has already stays its own, also when the transfer was split off to another case.
_FILES: Final = """
SELECT f.file_id, f.name, f.sha256, f.size, f.media_type, own.held
FROM evidence_file f
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM evidence e WHERE e.file_id = f.file_id AND e.transfer_id = %(transfer)s) AS held
) own
WHERE f.file_id = ANY(%(ids)s) AND f.agency = %(agency)s AND f.state = 'COMPLETE'
  AND (f.case_no = %(case_no)s OR own.held)
FOR SHARE OF f
"""
_MATERIAL_TABLES: Final = {
    "parties": ("transfer_party", ("kind", "name", "identity_number", "uscc")),
    "insured_persons": ("insured_person", ("name", "resident_id", "medical_record_no", "diagnosis")),
    "evidence": ("evidence", ("kind", "name", "sha256", "size", "media_type", "data_class", "file_id")),
}


def midnight(day: date) -> datetime:
    """The beginning of a day in Beijing."""
    return datetime.combine(day, time(), BEIJING)


class Seat(NamedTuple):
    """An agency that is not disabled."""

    code: str
    kind: str
    region: str
    name: str


class Material(NamedTuple):
    """What hangs on a transfer. `kinds`: of its evidence; `region`: of its institution, where it has one; `seats`: the
    agencies in service that it may be addressed to, or is.
    """

    kinds: list[str]
    parties: int
    party_kinds: list[str]
    region: str | None
    seats: tuple[Seat, ...]

    def competent(self, kind: str, region: str) -> list[Seat]:
        """`seats`, without the database."""
        return _nearest([seat for seat in self.seats if seat.kind == kind], region)


@contextmanager
def transaction(connection: Connection[Any]) -> Iterator[None]:
    """One transaction in one pipeline: BEGIN goes out with the first statements, COMMIT with the last writes.

    Psycopg's own transaction in a pipeline waits for the server at its beginning and its end, twice each. Where a
    statement failed, the server skips what was sent behind it, COMMIT too; here the error is raised, after a rollback.
    """
    try:
        with connection.pipeline() as pipeline:
            try:
                _say(connection, pipeline, b"BEGIN")
                yield
                _say(connection, pipeline, b"COMMIT")
            except BaseException:
                with suppress(psycopg.Error):  # of a connection that broke nothing is left to undo
                    pipeline.sync()
                raise
    except BaseException as error:
        # No ROLLBACK of our own: psycopg forgets prepared statements with it, and only here in the right order.
        with suppress(psycopg.Error):
            connection.rollback()
        if isinstance(error, errors.PipelineAborted) and error.__context__ is not None:
            raise error.__context__ from None  # the statement that failed, not one that was skipped for it
        raise


def _say(connection: Connection[Any], pipeline: Pipeline, text: bytes) -> None:
    """On its way with the next statement, as psycopg sends its own BEGIN: without a cursor."""
    pipeline.command_queue.append(partial(connection.pgconn.send_query_params, text, None))
    pipeline.result_queue.append(None)


def send(connection: Connection[Any], statement: str, values: Any = None) -> Cursor[Row]:
    """The statement on its way; rows as mappings."""
    return connection.cursor(row_factory=dict_row).execute(statement, values)


def case(connection: Connection[Any], caller: Caller, case_no: str, *, change: bool) -> Cursor[Row]:
    """A case with what the caller is to it; held against merging, or for it (`change`)."""
    values = {"case_no": case_no, "agency": caller.agency, "uscc": caller.agency_uscc}
    return send(connection, CASE + ("FOR UPDATE" if change else "FOR SHARE"), values)


def agencies(connection: Connection[Any], codes: Iterable[str]) -> dict[str, Seat]:
    """Those of the codes that are agencies in service."""
    rows = connection.cursor(row_factory=tuple_row).execute(_AGENCIES, (sorted(set(codes)),)).fetchall()
    return {row[0]: Seat(*row) for row in rows}


def seats(connection: Connection[Any], kind: str, region: str) -> list[Seat]:
    """The agencies of a kind that are competent in a region: its own, or the nearest superior's."""
    rows = connection.cursor(row_factory=tuple_row).execute(_SEATS, (kind, _chain(region))).fetchall()
    return _nearest([Seat(*row) for row in rows], region)


def _chain(region: str) -> list[str]:
    """The region and those above it, the nearest first."""
    return [ancestor(region, level).code for level in range(level_of(region), 0, -1)]


def _nearest(found: Sequence[Seat], region: str) -> list[Seat]:
    for place in _chain(region):
        if here := [seat for seat in found if seat.region == place]:
            return here
    return []


def material(connection: Connection[Any], public_id: UUID) -> Cursor[Any]:
    """On its way: `read_material`."""
    return connection.cursor(row_factory=tuple_row).execute(_MATERIAL, (public_id,))


def read_material(asked: Cursor[Any]) -> Material:
    kinds, parties, party_kinds, region, seats = asked.fetchone() or ([], 0, [], None, None)
    return Material(kinds, parties, party_kinds, region, tuple(Seat(*seat) for seat in seats or ()))


def institution(connection: Connection[Any], nhsa_code: str) -> tuple[int, str] | None:
    """Internal id and region."""
    found = connection.cursor(row_factory=tuple_row).execute(
        "SELECT id, region FROM institution WHERE nhsa_code = %s", (nhsa_code,)
    )
    row = found.fetchone()
    return None if row is None else (row[0], row[1])


def case_officers(connection: Connection[Any], agency: str, certificates: Sequence[str], day: date) -> set[str]:
    """Those of the certificate numbers that are case officers of the agency on a day."""
    rows = connection.cursor(row_factory=tuple_row).execute(
        "SELECT certificate_no FROM officer WHERE certificate_no = ANY(%s) AND agency = %s"
        " AND 'CASE_OFFICER' = ANY(roles) AND valid_from <= %s AND (valid_to IS NULL OR valid_to >= %s)",
        (list(certificates), agency, day, day),
    )
    return {row[0] for row in rows}


def files(connection: Connection[Any], row: Mapping[str, Any], ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Of the sender's own complete uploads to the transfer's case, by file id: name, hash, size, type, and whether
    the transfer holds it already.

    Args:
        row: of the transfer: `sender`, `case_no`, and `id` unless it is new.
    """
    values = {"ids": list(ids), "agency": row["sender"], "case_no": row["case_no"], "transfer": row.get("id")}
    return {found["file_id"]: found for found in send(connection, _FILES, values).fetchall()}


def insert_transfer(connection: Connection[Any], values: Mapping[str, Any]) -> int:
    """A new transfer; its internal id."""
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    found = connection.cursor(row_factory=tuple_row).execute(
        f"INSERT INTO clue_transfer ({names}) VALUES ({places}) RETURNING id", adapted(values)
    )
    row = found.fetchone()
    if row is None:
        raise AssertionError("an insert returns its row")
    return int(row[0])


def update_transfer(connection: Connection[Any], transfer_id: int, values: Mapping[str, Any]) -> None:
    changes = ", ".join(f"{name} = %({name})s" for name in sorted(values))
    send(connection, f"UPDATE clue_transfer SET {changes} WHERE id = %(id)s", {**adapted(values), "id": transfer_id})


def adapted(values: Mapping[str, Any]) -> Row:
    """As the driver takes them."""
    return {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}


def replace_material(
    connection: Connection[Any], transfer_id: int, name: str, items: Sequence[Mapping[str, Any]]
) -> None:
    """The parties, insured persons or evidence of a draft, anew."""
    table, _ = _MATERIAL_TABLES[name]
    send(connection, f"DELETE FROM {table} WHERE transfer_id = %s", (transfer_id,))
    add_material(connection, transfer_id, name, items)


def add_material(connection: Connection[Any], transfer_id: int, name: str, items: Sequence[Mapping[str, Any]]) -> None:
    """More of them; also to a sent transfer, whose own stay as they were."""
    table, columns = _MATERIAL_TABLES[name]
    if items:
        places = ", ".join(f"%({column})s" for column in columns)
        connection.cursor(row_factory=tuple_row).executemany(
            f"INSERT INTO {table} (transfer_id, {', '.join(columns)}) VALUES ({transfer_id:d}, {places})",
            [{column: item[column] for column in columns} for item in items],
        )


def add_receipt(connection: Connection[Any], values: Mapping[str, Any]) -> None:
    """A signed receipt (R13); never changed."""
    names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    send(connection, f"INSERT INTO transfer_receipt ({names}) VALUES ({places})", values)


def copy_parties(connection: Connection[Any], source: int, target: int) -> None:
    send(
        connection,
        "INSERT INTO transfer_party (transfer_id, kind, name, identity_number, uscc)"
        " SELECT %s, kind, name, identity_number, uscc FROM transfer_party WHERE transfer_id = %s ORDER BY id",
        (target, source),
    )


def make_known(connection: Connection[Any], row: Mapping[str, Any], agencies: Iterable[str]) -> None:
    """These agencies may know that the transfer exists."""
    send(
        connection,
        "INSERT INTO record_party (agency, transfer_id, discovered_on, public_id)"
        " SELECT agency, %s, %s, %s FROM unnest(%s::text[]) AS known(agency) ON CONFLICT DO NOTHING",
        (row["id"], row["discovered_on"], row["public_id"], list(agencies)),
    )


def make_known_to_notified(connection: Connection[Any], row: Mapping[str, Any]) -> None:
    """Those notified of it: only what was sent is told."""
    send(
        connection,
        "INSERT INTO record_party (agency, transfer_id, discovered_on, public_id)"
        " SELECT agency, transfer_id, %s, %s FROM clue_transfer_notified WHERE transfer_id = %s ON CONFLICT DO NOTHING",
        (row["discovered_on"], row["public_id"], row["id"]),
    )


def make_unknown(connection: Connection[Any], transfer_id: int, agency: str) -> None:
    """An agency that is no party any more; one that was notified stays so."""
    send(
        connection,
        "DELETE FROM record_party k WHERE k.transfer_id = %s AND k.agency = %s AND NOT EXISTS"
        " (SELECT FROM clue_transfer_notified n WHERE n.transfer_id = k.transfer_id AND n.agency = k.agency)",
        (transfer_id, agency),
    )


def notify(connection: Connection[Any], transfer_id: int, agencies: Iterable[str]) -> None:
    """抄送."""
    send(
        connection,
        "INSERT INTO clue_transfer_notified (transfer_id, agency)"
        " SELECT %s, agency FROM unnest(%s::text[]) AS told(agency) ON CONFLICT DO NOTHING",
        (transfer_id, list(agencies)),
    )


def unnotify(connection: Connection[Any], transfer_id: int) -> None:
    """Of a draft: nobody was told yet."""
    send(connection, "DELETE FROM clue_transfer_notified WHERE transfer_id = %s", (transfer_id,))


def redate(connection: Connection[Any], row: Mapping[str, Any], discovered_on: date) -> None:
    """`record_party` carries the order of the lists; hub_app inserts and deletes there, and changes nothing."""
    gone = "DELETE FROM record_party WHERE transfer_id = %s RETURNING agency"
    known = [agency for (agency,) in connection.cursor(row_factory=tuple_row).execute(gone, (row["id"],)).fetchall()]
    make_known(connection, {**row, "discovered_on": discovered_on}, known)


def children(connection: Connection[Any], transfer_id: int, receiver_kind: str) -> list[Row]:
    """Transfers onward from this one to a kind of agency, locked against being sent meanwhile."""
    found = send(
        connection,
        f"SELECT {COLUMNS} FROM clue_transfer t WHERE t.parent_id = %s AND t.receiver_kind = %s"
        " ORDER BY t.id FOR UPDATE",
        (transfer_id, receiver_kind),
    )
    return found.fetchall()
