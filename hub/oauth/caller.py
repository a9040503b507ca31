"""Who asks: the value that a checked token becomes. Every later step takes a `Caller`, never a token."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Officer:
    """The acting officer as stated in the token request: a claim, until the register of officers confirms it."""

    name: str
    certificate_no: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A client of an agency, for one purpose, at most one case, until `expires_at`.

    `client_version` and `agency_version` are the authority versions under which this value was read; the query
    statement compares them in the database, so a change of any right is seen by the next request (G7).
    `officer_registered`: the officer is in the register of this agency, by this name and certificate, on the Beijing
    day of the request. Without one, nothing of INVESTIGATION and above is read.
    """

    token_hash: bytes
    client_id: str
    client_version: int
    agency: str
    agency_name: str
    agency_kind: str
    agency_uscc: str
    agency_version: int
    region: str
    region_name: str
    region_level: int
    scopes: frozenset[str]
    purpose: str
    case_no: str | None
    officer: Officer | None
    expires_at: datetime
    daily_row_quota: int
    officer_registered: bool = False
