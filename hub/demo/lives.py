"""The life of one transfer up to the reference day: its status, and when each step was taken.

Moments are minutes since `layout.EPOCH`, 00:00 UTC; agencies send from 01:00 to 08:00 UTC (9 to 16 o'clock in Beijing).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from hub.demo.layout import DAYS, LAST_DAY

DAY: Final = 1_440
NOW: Final = LAST_DAY * DAY + 10 * 60

_UNSENT: Final = ("DRAFT", "SUBMITTED", "APPROVED")
_YOUNG: Final = ("SENT",) * 2 + ("ARRIVED",) * 2 + ("RECEIVED",) * 4 + ("SUPPLEMENT_REQUESTED",) * 2 + ("HANDLING",) * 8
_OLD: Final = (
    *("HANDLING",) * 8,
    *("RESULT_REPORTED",) * 5,
    "SUPPLEMENT_REQUESTED",
    "RECEIVED",
    "ARRIVED",
)
_CLOSED_SHARE: Final = ((270, 0.86), (120, 0.6), (60, 0.3), (0, 0.08))
"""Of transfers at least so many days old, the share that is closed."""
_YOUNG_DAYS: Final = 90


class Life(NamedTuple):
    """Moments are None where the step was not taken."""

    status: str
    sent: int | None
    arrived: int | None
    received: int | None
    closed: int | None


def moment(minutes: int | None) -> str:
    r"""As COPY reads it: a timestamp in UTC, or `\N`."""
    if minutes is None:
        return r"\N"
    day, minute = divmod(minutes, DAY)
    return f"{DAYS[day]} {minute // 60:02d}:{minute % 60:02d}+00"


def live(discovered: int, random: Callable[[], float]) -> Life:
    """One life, from the day of discovery on. Nothing happens after NOW."""
    sent = (discovered + 2 + int(random() * 23)) * DAY + 60 + int(random() * 420)
    chance = random()
    age = (NOW - sent) // DAY
    if sent >= NOW - DAY or (age < _YOUNG_DAYS and chance < 0.2):  # noqa: PLR2004 - one young transfer in five
        return Life(_UNSENT[int(random() * 3)], None, None, None, None)
    arrived = min(sent + 1 + int(random() * 30), NOW)
    received = min(arrived + 10 + int(random() * 120) + int(random() * 3) * DAY, NOW)
    if chance > 0.97:  # noqa: PLR2004 - three in a hundred, before they are received
        return Life("RECALLED", sent, arrived, None, received)
    if random() < next(share for days, share in _CLOSED_SHARE if age >= days):
        return Life("CLOSED", sent, arrived, received, min(received + (10 + int(random() * 170)) * DAY, NOW))
    open_statuses = _YOUNG if age < _YOUNG_DAYS else _OLD
    status = open_statuses[int(random() * len(open_statuses))]
    if status == "SENT":
        return Life(status, sent, None, None, None)
    return Life(status, sent, arrived, None if status == "ARRIVED" else received, None)
