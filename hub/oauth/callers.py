"""From a bearer token to a `Caller`, for every request: cached in memory, and never trusted without the database.

The cache saves the look-up, not the check: the query statement compares token, client and agency again, in the snapshot
of the data, and a cached Caller whose authority changed is forgotten and read once more (`hub/disclosure.py`). Officers
are registered by the day, so a Caller is also read anew on the first request after midnight in Beijing.
"""

import hashlib
import re
from collections import OrderedDict
from datetime import datetime, time, timedelta

from hub.clock import BEIJING, Clock
from hub.db.pool import ReadPool
from hub.oauth.authority import IN_FORCE, OFFICER
from hub.oauth.caller import Caller, Officer

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits as unpadded base64url."""
CAPACITY = 10_000
"""Callers kept; about 1 kB each."""

_READ = f"""
SELECT t.client_id, c.authority_version, a.code, a.name, a.kind, a.uscc, a.authority_version, r.code, r.name, r.level,
       t.scopes, t.purpose, t.case_no, t.officer_name, t.officer_certificate_no, t.expires_at, c.daily_row_quota,
       EXISTS (SELECT {OFFICER.format(today="$3::date")})
{IN_FORCE.format(digest="$1", now="$2")}
"""


def hash_token(token: str) -> bytes:
    """SHA-256 of the token's text: all that the hub keeps of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Callers:
    """Reads and caches callers of one process, least recently used out first. Refusals are not cached.

    Args:
        pool: the reader role.
        clock: for the expiry of cached entries.
        capacity: callers kept at most.
    """

    def __init__(self, pool: ReadPool, clock: Clock, capacity: int = CAPACITY) -> None:
        self._pool = pool
        self._clock = clock
        self._capacity = capacity
        self._cache: OrderedDict[bytes, tuple[Caller, datetime]] = OrderedDict()

    async def of(self, token: str) -> Caller | None:
        """The caller of a token in force; None for any other text, alike for malformed, unknown, expired and revoked.

        Raises:
            DatabaseUnavailable, StatementTimeout
        """
        if not TOKEN.fullmatch(token):
            return None
        token_hash, now = hash_token(token), self._clock.now()
        if cached := self._cache.get(token_hash):
            caller, good_until = cached
            if now < good_until:
                self._cache.move_to_end(token_hash)
                return caller
            del self._cache[token_hash]
            if caller.expires_at <= now:
                return None
        read = await self._read(token_hash, now)
        if read:
            self._cache[token_hash] = (read, min(read.expires_at, _midnight_after(now)))
            self._cache.move_to_end(token_hash)
            while len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        return read

    async def again(self, caller: Caller) -> Caller | None:
        """The caller as it is now; None where its token is no longer in force.

        Raises:
            DatabaseUnavailable, StatementTimeout
        """
        self.forget(caller.token_hash)
        return await self._read(caller.token_hash, self._clock.now())

    def forget(self, token_hash: bytes) -> None:
        """The next `of` reads the database again."""
        self._cache.pop(token_hash, None)

    async def _read(self, token_hash: bytes, now: datetime) -> Caller | None:
        today = now.astimezone(BEIJING).date()
        row = await self._pool.row(_READ, (token_hash, now, today.isoformat()))
        if row is None:
            return None
        officer = Officer(row[13], row[14]) if row[13] is not None else None
        return Caller(
            token_hash=token_hash,
            client_id=row[0],
            client_version=row[1],
            agency=row[2],
            agency_name=row[3],
            agency_kind=row[4],
            agency_uscc=row[5],
            agency_version=row[6],
            region=row[7],
            region_name=row[8],
            region_level=row[9],
            scopes=frozenset(row[10]),
            purpose=row[11],
            case_no=row[12],
            officer=officer,
            expires_at=row[15],
            daily_row_quota=row[16],
            officer_registered=row[17],
        )


def _midnight_after(now: datetime) -> datetime:
    """When the next day begins in Beijing."""
    return datetime.combine(now.astimezone(BEIJING).date() + timedelta(days=1), time(), BEIJING)
