"""What one disclosure was: who, for what, under which clause, which fields and records. Never a name, never a value."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4


class Outcome(StrEnum):
    """How an authenticated request ended. A 401 has no caller: it is counted in the metrics, not recorded here."""

    ANSWERED = "ANSWERED"
    REFUSED = "REFUSED"
    TIMEOUT = "TIMEOUT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class DisclosureEntry:
    """One row of the disclosure ledger (披露台账, R26), made before the answer leaves.

    Attributes:
        at: when, aware; stored in UTC to the microsecond.
        officer_name: the *asking* officer as stated in the token, with `officer_certificate_no`; None where none was.
        legal_basis: the clause of the purpose.
        error_codes: codes of the closed enum that the answer carried.
        operation_hmac: over the document without its literals (`LedgerKeys.operation_hmac`), 32 bytes.
        shown: coordinates such as `ClueTransfer.summary` that were selected and open.
        masked: coordinates that were selected and hidden, on all or on some records.
        filtered: coordinates that a filter or an order read.
        counted: coordinates that a count read.
        record_ids: internal ids of every record shown at every depth, 8 bytes big-endian each; duplicates are dropped
            when the entry is written.
        row_count: rows of the answer; what the client's daily quota counts.
        response_hmac: over the body of the answer (`LedgerKeys.response_hmac`), 32 bytes.
        read: the snapshot (text of `pg_current_snapshot()`) in which the records were read: it tells whether a change
            of one of them was seen. None where none was read; with records, it stands for "before every change".
        public_id: the id by which the entry is known outside.
    """

    at: datetime
    client_id: str
    agency: str
    officer_name: str | None
    officer_certificate_no: str | None
    purpose: str
    legal_basis: str
    case_no: str | None
    outcome: Outcome
    error_codes: tuple[str, ...]
    operation_hmac: bytes
    shown: tuple[str, ...]
    masked: tuple[str, ...]
    filtered: tuple[str, ...]
    counted: tuple[str, ...]
    record_ids: bytes
    row_count: int
    policy_version: str
    response_hmac: bytes
    read: str | None = None
    public_id: UUID = field(default_factory=uuid4)
