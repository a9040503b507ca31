"""One transfer in the hands of one command: its locked row, its state, and what is to be written of it.

`Work.take` applies an event to the state and to the columns that copy it; nothing else changes a status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg import Connection, Cursor

from hub.clues import store, store_events, store_writing
from hub.clues.authority import Acting, roles_of
from hub.clues.commands_due import columns, late, nearest
from hub.clues.commands_errors import Refused, nothing_there, of_refusal
from hub.clues.events import Actor, Event, EventKind, Given
from hub.clues.events_told import Told, told
from hub.clues.lifecycle import allowed, apply, decide
from hub.clues.lifecycle_refusals import Refusal, RefusalCode
from hub.clues.lifecycle_state import TransferState
from hub.clues.lifecycle_words import Choice, Command
from hub.clues.numbers import Counted
from hub.policy.commanded import Relation

_SAID_LAST: Final = frozenset({RefusalCode.NOT_A_PARTY, RefusalCode.ROLE_NOT_ALLOWED})
"""Of several roles of one officer, the refusal of the role that came farther is told."""


@dataclass(slots=True)
class Work:
    """A transfer, and what is to be written of it.

    Attributes:
        row: as read and locked; changed by `take` as its columns will be.
        events: taken in this command, each with what it puts on file, and who is told.
        imported: events that the row never had (`store_imported`), to be written before.
        number: the counter of the document number that it takes.
        asked: its material (`store.material`), where the step looks at it: sent ahead.
    """

    connection: Connection[Any]
    acting: Acting
    row: store.Row
    state: TransferState
    relations: frozenset[Relation]
    events: list[tuple[Event, Mapping[str, Any], Told]] = field(default_factory=list)
    imported: list[Event] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    number: Counted | None = None
    asked: Cursor[Any] | None = None

    def change(self, **columns: Any) -> None:
        """Columns that become this."""
        self.row.update(columns)
        self.changed.update(columns)

    def permitted(self, command: Command, choice: Choice | None) -> None:
        """Whether one of the officer's roles may take the step now; before anything is looked up for it.

        Raises:
            Refused: by the lifecycle.
        """
        answers = [allowed(self.state, command, by, choice) for by in self._actors()]
        self._told([answer for answer in answers if isinstance(answer, Refusal)], len(answers))

    def decided(self, command: Command, given: Given, choice: Choice | None) -> Event:
        """The event that the command writes, by the first of the officer's roles that may.

        Raises:
            Refused: by the lifecycle.
        """
        answers = [decide(self.state, command, by, given, self.acting.now, choice) for by in self._actors()]
        self._told([answer for answer in answers if isinstance(answer, Refusal)], len(answers))
        return next(answer for answer in answers if isinstance(answer, Event))

    def _actors(self) -> list[Actor]:
        agency, officer = self.acting.caller.agency, self.acting.officer
        return [Actor(role, agency, officer) for role in roles_of(self.acting, self.relations)]

    @staticmethod
    def _told(refusals: list[Refusal], asked: int) -> None:
        if not asked:
            raise Refused(nothing_there())
        if len(refusals) == asked:
            raise Refused(of_refusal(min(refusals, key=_preference)))

    def take(self, event: Event, record: Mapping[str, Any], receiver_region: str | None = None) -> None:
        """Applies the event.

        Args:
            record: what the command puts on file with it.
            receiver_region: of the new receiver, where the event names one.
        """
        self._note_lateness(event)
        before, self.state = self.state, apply(self.state, event)
        self.events.append((event, record, told(event, before, self.state)))
        self.change(status=self.state.status, **_moments(event))
        if self.state.receiver is not None and self.state.receiver != before.receiver and receiver_region is not None:
            to = self.state.receiver
            self.change(receiver=to.agency, receiver_kind=to.kind, receiver_region=receiver_region)
            if before.sent and before.receiver is not None:
                self.change(forwarded_from=before.receiver.agency)
        if self.state.procuratorate is not None and self.state.procuratorate != before.procuratorate:
            self.change(procuratorate=self.state.procuratorate)
        if self.state.over and not before.over:
            self.change(closed_at=event.at)
        elif before.over and not self.state.over:
            self.change(closed_at=None)

    def _note_lateness(self, event: Event) -> None:
        """The first deadline that ran out before its step, for statistics; what was computed when it was set serves."""
        if self.row.get("late_clock") is not None:
            return
        if self.events or self.imported:
            clock = late(self.state, self.row["sender_region"], self.row["receiver_region"], event.at)
        else:
            due_at = self.row.get("due_at")
            clock = self.row["due_clock"] if due_at is not None and due_at < event.at else None
        if clock is not None:
            self.change(late_clock=clock)

    def settle(self) -> None:
        """Computes what is due now."""
        due = columns(nearest(self.state, self.row["sender_region"], self.row["receiver_region"]))
        if any(name not in self.row or self.row[name] != value for name, value in due.items()):
            self.change(**due)

    def finish(self, receipt: Mapping[str, Any] | None) -> None:
        """Computes what is due, and writes events, columns, number and receipt (`store_writing`)."""
        self.settle()
        *before, last = self._written()
        for one in before:  # one or two: a batch would wait for the server once more
            store.send(self.connection, store_events.WRITE, one)
        changed = {name: self.row[name] for name in self.changed}
        store_writing.transfer(
            self.connection, self.row["id"], changed, event=last, receipt=receipt, number=self.number
        )

    def _written(self) -> list[dict[str, Any]]:
        """All events, in their order."""
        transfer, case_no, client = self.row["id"], self.row["case_no"], self.acting.caller.client_id
        rows = [store_events.written(event, transfer, case_no, "", {"imported": True}) for event in self.imported]
        for event, record, heard in self.events:
            by_hub = not event.by.agency
            rows.append(store_events.written(event, transfer, case_no, "" if by_hub else client, record, heard))
        return rows


def _moments(event: Event) -> dict[str, Any]:
    """Columns that keep when a step was taken, for reading."""
    match event.kind:
        case EventKind.APPROVED:
            return {"approved_at": event.at}
        case EventKind.SENT_BACK:
            return {"approved_at": None}
        case EventKind.SENT:
            return {"sent_at": event.at}
        case EventKind.ARRIVED:
            return {"arrived_at": event.at}
        case EventKind.RECEIPT_SIGNED:
            return {"received_at": event.at}
        case EventKind.RESULT_REPORTED:
            return {"result_reported_at": event.at}
        case EventKind.FORWARDED | EventKind.JURISDICTION_REASSIGNED:
            return {"arrived_at": None, "received_at": None}
        case _:
            return {}


def _preference(refusal: Refusal) -> bool:
    return refusal.code in _SAID_LAST
