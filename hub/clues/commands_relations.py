"""What an agency is to a transfer, as the policies on commands ask it: by the row that is locked, never by a claim."""

from typing import Any

from psycopg import Connection

from hub.clues import store
from hub.clues.lifecycle import TransferState
from hub.clues.lifecycle_words import Competence, Route
from hub.law.region import common_superior
from hub.oauth.caller import Caller
from hub.policy.commanded import Relation


def relations_to(
    connection: Connection[Any], caller: Caller, row: store.Row, state: TransferState
) -> frozenset[Relation]:
    """What the caller's agency is to a transfer: nothing at all for whoever is no party."""
    sent = row["sent_at"] is not None
    found = {
        Relation.SENDER: row["sender"] == caller.agency,
        Relation.RECEIVER: sent and row["receiver"] == caller.agency,
        Relation.PROCURATORATE: sent and row["procuratorate"] == caller.agency,
        Relation.COMMON_SUPERIOR: sent and _is_common_superior(connection, caller, row, state),
        Relation.SUBJECT: row["subject"],
    }
    return frozenset(relation for relation, true in found.items() if true)


def _is_common_superior(connection: Connection[Any], caller: Caller, row: store.Row, state: TransferState) -> bool:
    """The receiver's superior agency in the lowest region above both, or the next higher where there is none.

    A transfer to 纪检监察 is known to its parties only: to the superior it is there while the parties dispute it.
    """
    if caller.purpose != "case-oversight" or row["receiver_kind"] != caller.agency_kind:
        return False
    if state.route is Route.TO_DISCIPLINE_INSPECTION and state.competence is not Competence.DISPUTED:
        return False
    place = common_superior(row["sender_region"], row["receiver_region"])
    competent = store.seats(connection, caller.agency_kind, place.code) if place.level else []
    return caller.agency in {seat.code for seat in competent}


def notified_procuratorate(connection: Connection[Any], row: store.Row) -> str | None:
    """Of an imported transfer to 公安: the one that got the copy."""
    if row["receiver_kind"] != "PUBLIC_SECURITY":
        return None
    found = store.send(
        connection,
        "SELECT n.agency FROM clue_transfer_notified n JOIN agency a ON a.code = n.agency"
        " WHERE n.transfer_id = %s AND a.kind = 'PROCURATORATE' ORDER BY n.agency LIMIT 1",
        (row["id"],),
    ).fetchone()
    return found["agency"] if found else None
