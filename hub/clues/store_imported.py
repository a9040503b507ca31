"""Histories of transfers that were recorded without events (imported data, the sample): written at their first command.

What the columns tell is all that is known: which status, and when it was sent, arrived, was received and closed. The
events between are those without which that status cannot be; their officers are called IMPORTED, so that nobody is said
to have done what is not known, and each is marked `imported` in its record. Nothing is decided anew.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from hub.clues.events import Actor, Addressee, Event, EventKind
from hub.clues.lifecycle import ImpossibleHistory, fold
from hub.clues.lifecycle_guards import FILING_KINDS
from hub.clues.lifecycle_tables import RULES, route_of
from hub.clues.lifecycle_words import Role, Route, Status
from hub.clues.store import midnight

RECORD: Final = {"imported": True}
AUTHOR, SECOND, PRINCIPAL, RECEIVER = "IMPORTED-1", "IMPORTED-2", "IMPORTED-9", "IMPORTED-3"
REASON: Final = "导入的历史记录未载明理由 / not told by the imported record"
_DAY: Final = timedelta(days=1)
E = EventKind
_RECEIVED: Final = frozenset(
    {Status.RECEIVED, Status.SUPPLEMENT_REQUESTED, Status.HANDLING, Status.RESULT_REPORTED, Status.CLOSED}
)
_HANDLED: Final = frozenset({Status.HANDLING, Status.RESULT_REPORTED, Status.CLOSED})


def history(row: Mapping[str, Any], procuratorate: str | None) -> list[Event]:
    """The events that lead to the row's status.

    Args:
        row: of `clue_transfer`.
        procuratorate: that was notified of a transfer to 公安; a name that no agency bears stands for an unknown one.

    Raises:
        ImpossibleHistory: no life leads to what the row says.
    """
    route = route_of(row["sender_kind"], row["receiver_kind"])
    events = list(_Life(row, route, procuratorate or "IMPORTED").events())
    fold(events)
    return events


class _Life:
    def __init__(self, row: Mapping[str, Any], route: Route, procuratorate: str) -> None:
        self._row = row
        self._route = route
        self._procuratorate = procuratorate
        self._status = Status(row["status"])
        self._sender = Actor(Role.SENDER_CASE_OFFICER, row["sender"], AUTHOR)
        self._first = Addressee(row["forwarded_from"] or row["receiver"], row["receiver_kind"])

    def events(self) -> Iterator[Event]:
        row, status = self._row, self._status
        began = midnight(row["discovered_on"])
        yield from self._drafted(began)
        if row["sent_at"] is None:
            return
        sent = row["sent_at"]
        police = self._procuratorate if self._route is Route.TO_PUBLIC_SECURITY else None
        yield Event(E.SENT, sent, self._sender, officers=(), procuratorate=police)
        if status is Status.SENT:
            return
        arrived = row["arrived_at"] or sent + _DAY
        if row["arrived_at"] is not None or status is not Status.RECALLED:
            yield Event(E.ARRIVED, arrived, Actor(Role.SYSTEM, "", ""))
        if status is Status.RECALLED:
            # On the way to 公安 the principal officer recalls.
            by = Actor(RULES[self._route].recall, row["sender"], PRINCIPAL)
            yield Event(E.RECALLED, row["closed_at"] or arrived, by, reason=REASON)
        if status not in _RECEIVED:
            return
        received = row["received_at"] or arrived
        yield Event(E.RECEIPT_SIGNED, received, self._by(self._first.agency))
        yield from self._moved(received)
        yield from self._handled(received, row["closed_at"] or received)

    def _drafted(self, at: datetime) -> Iterator[Event]:
        since = at if self._route is Route.HEALTH_TO_HEALTHCARE_SECURITY else None
        yield Event(E.DRAFTED, at, self._sender, to=self._first, route=self._route, since=since)
        if RULES[self._route].approval is None or self._status is Status.DRAFT:
            return  # an imported "submitted" on a route that asks no approval is a draft
        named = (AUTHOR, SECOND) if self._route is Route.TO_PUBLIC_SECURITY else ()
        yield Event(E.SUBMITTED, at, self._sender, officers=named)
        if self._status is not Status.SUBMITTED:
            yield Event(E.APPROVED, at, Actor(Role.SENDER_PRINCIPAL, self._row["sender"], PRINCIPAL))

    def _moved(self, at: datetime) -> Iterator[Event]:
        """Forwarded by 公安; elsewhere by the common superior's designation."""
        row = self._row
        if row["forwarded_from"] is None:
            return
        to = Addressee(row["receiver"], row["receiver_kind"])
        by = self._by(self._first.agency)
        if self._route is Route.TO_PUBLIC_SECURITY:
            yield Event(E.FORWARDED, at, by, reason=REASON, to=to)
        else:
            yield Event(E.COMPETENCE_DISPUTED, at, by, reason=REASON)
            superior = Actor(Role.COMMON_SUPERIOR, "", RECEIVER)
            yield Event(E.JURISDICTION_REASSIGNED, at, superior, reason=REASON, to=to)
        yield Event(E.ARRIVED, at, Actor(Role.SYSTEM, "", ""))
        yield Event(E.RECEIPT_SIGNED, at, self._by(row["receiver"]))

    def _handled(self, received: datetime, ended: datetime) -> Iterator[Event]:
        row, status = self._row, self._status
        by = self._by(row["receiver"])
        if status is Status.SUPPLEMENT_REQUESTED:
            yield Event(E.SUPPLEMENT_REQUESTED, received, by, reason=REASON)
        if status not in _HANDLED:
            return
        files = row["receiver_kind"] in FILING_KINDS and self._route not in {
            Route.HEALTHCARE_SECURITY_TO_HEALTH,
            Route.TO_MARKET_REGULATION,
            Route.TO_DISCIPLINE_INSPECTION,
        }
        declined = files and row["outcome"] == "CASE_DECLINED"
        if declined:
            yield Event(E.CASE_DECLINED, received, by, reason=REASON)
        else:
            yield Event(E.CASE_FILED if files else E.HANDLING_STARTED, received, by)
        if self._route is Route.TO_PUBLIC_SECURITY and status is Status.CLOSED:
            after = E.HANDLED_AFTER_DECLINE if declined else E.ARTICLES_HANDED_OVER
            yield Event(after, ended, self._sender)
        if status is Status.HANDLING:
            return
        yield Event(E.RESULT_REPORTED, ended, by)
        if status is Status.CLOSED:
            yield Event(E.RESULT_ACKNOWLEDGED, ended, self._sender)
            yield Event(E.CLOSED, ended, by)

    def _by(self, agency: str) -> Actor:
        return Actor(Role.RECEIVER_CASE_OFFICER, agency, RECEIVER)


__all__ = ["RECORD", "ImpossibleHistory", "history"]
