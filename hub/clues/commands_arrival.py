"""Arrival (送达): the first delivery to the receiver's client, or a day after sending. The hub's own step, no command.

A receiver that commands a transfer has it, so that it arrived is recorded first; where a day has passed, arrival is
presumed at that moment, whenever it is noticed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from hub.clues import store, store_events
from hub.clues.commands_due import arrives_at, columns, late, nearest
from hub.clues.commands_work import Work
from hub.clues.events import Actor, Event, EventKind
from hub.clues.events_told import told
from hub.clues.lifecycle import apply, fold
from hub.clues.lifecycle_state import TransferState
from hub.clues.lifecycle_words import Clock, Role, Status
from hub.policy.commanded import Relation

HUB: Final = Actor(Role.SYSTEM, "", "")
MOST: Final = 500
"""Transfers in one transaction."""
# Rows that somebody else works on are left to him: his command records the arrival itself.
_WAITING: Final = """
SELECT id, public_id, case_no, sender_region, receiver_region, late_clock FROM clue_transfer
WHERE status = 'SENT' AND route IS NOT NULL AND {which} ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
_DELIVERED: Final = _WAITING.format(which="receiver = %(receiver)s AND public_id = ANY(%(ids)s)")
# What proves a delivery is the disclosure that showed the transfer to its receiver; the ledger's index names it. Ids of
# an entry are unique only with its time, which also finds the partition. A page that was only counted delivers nothing.
_IN_LEDGER: Final = """
SELECT t.receiver, t.public_id, min(d.at) AS at
FROM clue_transfer t
JOIN disclosure_record r ON r.record_id = t.id AND r.batch > %(after)s
CROSS JOIN LATERAL unnest(r.disclosure_ids, r.ats) shown(id, at)
JOIN disclosure d ON d.at = shown.at AND d.id = shown.id AND d.agency = t.receiver
JOIN disclosure_shape s ON s.hash = d.shape
WHERE t.status = 'SENT' AND t.route IS NOT NULL
  AND EXISTS (SELECT FROM unnest(s.shown) field WHERE field LIKE 'ClueTransfer.%%')
  AND shown.at >= (SELECT max(e.at) FROM transfer_event e WHERE e.transfer_id = t.id)
GROUP BY t.receiver, t.public_id ORDER BY min(d.at) LIMIT %(most)s
"""
_OVER_A_DAY: Final = _WAITING.format(which="sent_at < %(now)s - interval '1 day'")


def arrived(work: Work) -> None:
    """Records the arrival that precedes the command of `work`, if one does."""
    if work.state.status is not Status.SENT:
        return
    presumed = arrives_at(work.state, work.row["sender_region"], work.row["receiver_region"])
    at = work.acting.now if Relation.RECEIVER in work.relations else None
    if presumed is not None and presumed <= work.acting.now:
        at = presumed
    if at is not None:
        work.take(Event(EventKind.ARRIVED, at, HUB), {"presumed": at == presumed})


def record_deliveries(connection: Connection[Any], receiver: str, public_ids: Sequence[Any], at: datetime) -> int:
    """Transfers were delivered to their receiver's client at this moment: they arrive. Others are left alone.

    Whoever shows transfers in another way than by an answer that the ledger holds calls it after its ledger row is
    durable. Runs in a transaction of its own; the connection is that of `execute`. Returns how many arrived.
    """
    return _record(connection, _DELIVERED, {"receiver": receiver, "ids": list(public_ids), "most": MOST}, at)


def take_deliveries(connection: Connection[Any], found: Sequence[store.Row] | None = None) -> int:
    """Deliveries by query and feed, as the disclosure ledger holds them: those transfers arrive, at the time of the
    first disclosure to their receiver. Returns how many arrived; to be called again and again.
    """
    told = deliveries(connection) if found is None else found
    return sum(record_deliveries(connection, row["receiver"], [row["public_id"]], row["at"]) for row in told)


def deliveries(connection: Connection[Any], after: int = 0) -> list[store.Row]:
    """Of transfers that have not arrived, at most `MOST`.

    Args:
        after: a batch of the ledger's index up to which none was left.
    """
    return store.send(connection, _IN_LEDGER, {"most": MOST, "after": after}).fetchall()


def last_batch(connection: Connection[Any]) -> int:
    """Of the ledger's index."""
    row = store.send(connection, "SELECT coalesce(max(batch), 0) AS batch FROM disclosure_batch").fetchone()
    return row["batch"] if row else 0


def presume(connection: Connection[Any], now: datetime) -> int:
    """Transfers sent a day ago arrive, `MOST` at a time; to be called until it returns 0, every few minutes."""
    return _record(connection, _OVER_A_DAY, {"now": now, "most": MOST}, now, presumed=True)


def _record(
    connection: Connection[Any], statement: str, values: dict[str, Any], now: datetime, *, presumed: bool = False
) -> int:
    count = 0
    with connection.transaction():
        for row in store.send(connection, statement, values).fetchall():
            events = store.send(connection, store_events.READ, {"id": row["public_id"]}).fetchall()
            if events and _arrive(connection, row, fold(store_events.read(events)), now, presumed=presumed):
                count += 1
    return count


def _arrive(
    connection: Connection[Any], row: store.Row, state: TransferState, now: datetime, *, presumed: bool
) -> bool:
    regions = (row["sender_region"], row["receiver_region"])
    since = next((running.since for running in state.clocks if running.clock is Clock.ARRIVAL), None)
    if since is None or now < since:
        return False  # delivered before it was sent here: a transfer that came back by forwarding
    due = arrives_at(state, *regions)
    at = min(now, due) if due is not None else now
    if presumed and (due is None or due > now):
        return False  # forwarded meanwhile: the day counts from there
    event = Event(EventKind.ARRIVED, at, HUB)
    late_clock = row["late_clock"] or late(state, *regions, at)
    before, state = state, apply(state, event)
    owed = nearest(state, *regions)
    changes: dict[str, Any] = {
        "status": state.status,
        "arrived_at": at,
        "late_clock": late_clock,
        **columns(owed),
    }
    store.update_transfer(connection, row["id"], changes)
    record = {"presumed": at == due}
    heard = told(event, before, state)
    written = store_events.written(event, row["id"], row["case_no"], "", record, heard)
    store.send(connection, store_events.WRITE, written)
    return True
