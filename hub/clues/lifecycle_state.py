"""What is true of a transfer now: the fold of its events, and the only thing that guards look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from hub.clues.events import Addressee
from hub.clues.lifecycle_words import (
    Clock,
    Competence,
    Decision,
    Notice,
    Reconsideration,
    Route,
    Status,
    Supervision,
)


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that runs, and the moment from which it counts; when it ends is computed by `hub.law`."""

    clock: Clock
    since: datetime


@dataclass(frozen=True, slots=True)
class TransferState:
    """One transfer to one receiver.

    `status` is the coarse word that lists and filters show; everything that several words would be needed for is a
    field of its own, because 复议, 立案监督, hand-over and notice run beside each other and beside the status.

    Attributes:
        status: None before the first event.
        sender: code of the sending agency.
        receiver: the *present* receiver; a forwarding agency stops being one.
        procuratorate: that got the copy of a transfer to 公安, and supervises its filing.
        authors: certificate numbers of all who drafted, revised, submitted or were named as case officers.
        approval_refused: 不予批准: this transfer is over, a new one may be drafted in the same case.
        receipt_ever: a receipt was signed by this or by an earlier receiver: no recall any more.
        result_ever: a result was reported before; the next one corrects it.
        confidential_onward: there is a transfer to 纪检监察 from here, so a notice may be deferred.
        clocks: that run now, each once.
    """

    route: Route
    status: Status | None = None
    sender: str | None = None
    receiver: Addressee | None = None
    procuratorate: str | None = None
    authors: frozenset[str] = frozenset()
    approval_refused: bool = False
    receipt_ever: bool = False
    competence: Competence = Competence.UNDISPUTED
    decision: Decision | None = None
    reconsideration: Reconsideration = Reconsideration.NOT_ASKED
    supervision: Supervision = Supervision.NONE
    articles_handed_over: bool = False
    handled_after_decline: bool = False
    notice: Notice = Notice.NOT_DUE
    confidential_onward: bool = False
    result_ever: bool = False
    acknowledged: bool = False
    clocks: tuple[Running, ...] = ()

    @property
    def over(self) -> bool:
        """Nothing is owed any more: closed, recalled, or refused approval."""
        return self.approval_refused or self.status in {Status.CLOSED, Status.RECALLED}

    @property
    def sent(self) -> bool:
        """The receiver may know of it (it is a party from here on)."""
        return self.status not in {None, Status.DRAFT, Status.SUBMITTED, Status.APPROVED}

    @property
    def supervision_demanded(self) -> bool:
        """The procuratorate waits for an answer: nothing that would get round it is possible."""
        return self.supervision in {Supervision.EXPLANATION_DEMANDED, Supervision.FILING_DEMANDED}


class Facts(TypedDict, total=False):
    """Fields of `TransferState` that an edge sets, besides the status."""

    approval_refused: bool
    receipt_ever: bool
    competence: Competence
    decision: Decision | None
    reconsideration: Reconsideration
    supervision: Supervision
    articles_handed_over: bool
    handled_after_decline: bool
    notice: Notice
    confidential_onward: bool
    result_ever: bool
    acknowledged: bool
