"""Invented entries of the ledger."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from hub.ledger.entry import DisclosureEntry, Outcome


def pack(ids: Iterable[int]) -> bytes:
    found = list(ids)
    return struct.pack(f">{len(found)}q", *found)


def entry(ids: Iterable[int] = (), **changes: Any) -> DisclosureEntry:
    return DisclosureEntry(
        **{
            "at": datetime.now(UTC),
            "client_id": "demo-health",
            "agency": "640104-HEALTH",
            "officer_name": "张示例",
            "officer_certificate_no": "NX-2026-0001",
            "purpose": "medical-practice-regulation",
            "legal_basis": "条例第二十二条",
            "case_no": "640104-2026-000001",
            "outcome": Outcome.ANSWERED,
            "error_codes": (),
            "operation_hmac": b"o" * 32,
            "shown": ("ClueTransfer.docNo", "ClueTransfer.summary"),
            "masked": ("ClueTransfer.insuredPersons.name",),
            "filtered": ("ClueTransfer.caseNo",),
            "counted": (),
            "record_ids": pack(ids),
            "row_count": 1,
            "policy_version": "ab" * 32,
            "response_hmac": b"r" * 32,
        }
        | changes
    )
