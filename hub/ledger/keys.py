"""HMACs of operation and response: two entries can be compared, and an answer proved, without storing either."""

import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hub.secrets import secret


@dataclass(frozen=True, slots=True)
class LedgerKeys:
    """Two keys of 32 bytes, one per use: what a bare hash stands for could be guessed (security.md 38)."""

    operation: bytes = field(repr=False)
    response: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The installation's keys in `folder/secrets/`, made at first use. `folder` is the hub's data folder."""
        return cls(secret(folder, "ledger-operation"), secret(folder, "ledger-response"))

    def operation_hmac(self, stripped_document: str) -> bytes:
        """HMAC-SHA-256 (RFC 2104) of a document whose literals were stripped; 32 bytes."""
        return hmac.digest(self.operation, stripped_document.encode(errors="surrogatepass"), "sha256")

    def response_hmac(self, body: bytes) -> bytes:
        """HMAC-SHA-256 of the answer as it leaves; 32 bytes."""
        return hmac.digest(self.response, body, "sha256")
