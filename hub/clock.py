"""Time is passed in, never read inside the domain (style.md 15)."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
"""The law's days are Beijing days; everything stored is UTC."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def today(clock: Clock) -> date:
    """The date in Beijing."""
    return clock.now().astimezone(BEIJING).date()
