"""Working days of China with 调休: rest days on weekdays, working days on weekends.

The days come from the library `holidays`; the State Council publishes each year in November of the year before. A year
that the library does not know yet can be written into `packs/calendar.yaml`; until then its days are counted by weekday
and the fixed festivals, and every result that used them is marked provisional, never guessed silently.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Final

import holidays
import yaml

from hub.law.packs import folder as shipped
from hub.law.region import within
from hub.law.schema import Strict

FIRST_YEAR: Final = 2001
LAST_YEAR: Final = 2099
"""Years that are computed with: arrangements are known since 2001, the lunar calendar of the library ends in 2099."""
DAYS_BACK: Final = 3_660
DAYS_AHEAD: Final = 1_830
"""How far `around` looks: ten years back, five ahead."""
_DAY: Final = timedelta(days=1)
_WEEKEND: Final = 5


class OutsideCalendar(ValueError):
    """A date before 2001 or after 2099: an error, not a guess."""


class _Year(Strict):
    source: str
    rest: tuple[date, ...]
    work: tuple[date, ...]


class _Regional(Strict):
    territory: str
    source: str
    rest: tuple[date, ...] = ()
    work: tuple[date, ...] = ()


class CalendarFile(Strict):
    """`calendar.yaml`: years that the library lacks, and days that one region sets for itself."""

    years: dict[int, _Year]
    regional: tuple[_Regional, ...]


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """What a count rested on: enough to count again, and to see why an older count differed.

    Attributes:
        library: for example "holidays 0.109".
        supplement: first 12 hex digits of the SHA-256 of calendar.yaml.
        published_from, published_to: the years whose arrangement is known.
        provisional_years: years used by this count whose arrangement was not published.
    """

    library: str
    supplement: str
    published_from: int
    published_to: int
    provisional_years: tuple[int, ...]


class WorkCalendar:
    """Working days in one region. Every method is a function of its arguments and of the version."""

    def __init__(self, supplement: bytes, region: str = "000000") -> None:
        self._file = CalendarFile.model_validate(yaml.safe_load(supplement))
        self._digest = hashlib.sha256(supplement).hexdigest()[:12]
        local = [item for item in self._file.regional if within(region, item.territory)]
        self._local_rest = frozenset(day for item in local for day in item.rest)
        self._local_work = frozenset(day for item in local for day in item.work)
        self._known = _years_with_arrangement() | set(self._file.years)
        self._span = min(self._known), max(self._known)

    def is_published(self, year: int) -> bool:
        """Whether the arrangement of that year is known."""
        return year in self._known

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on that day.

        >>> calendar().is_working_day(date(2025, 10, 11)), calendar().is_working_day(date(2025, 10, 8))
        (True, False)
        """
        if day in self._local_rest or day in self._local_work:
            return day in self._local_work
        rest, work = self._of(day.year)
        return day in work or (day.weekday() < _WEEKEND and day not in rest)

    def add(self, start: date, days: int) -> date:
        """The last of `days` working days counted from the day after `start` (the first day is not counted)."""
        if days < 1:
            raise ValueError("at least one day")
        day = start
        while days:
            day += _DAY
            days -= self.is_working_day(day)
        return day

    def next_working_day(self, day: date) -> date:
        """`day` itself where it is a working day, else the next one."""
        while not self.is_working_day(day):
            day += _DAY
        return day

    def between(self, start: date, end: date) -> int:
        """How many working days lie after `start`, up to and with `end`."""
        return sum(self.is_working_day(start + _DAY * n) for n in range(1, (end - start).days + 1))

    def version(self, first: date, last: date) -> CalendarVersion:
        """The version for a count from `first` to `last`."""
        used = range(first.year, last.year + 1)
        return CalendarVersion(
            library=_library(),
            supplement=self._digest,
            published_from=self._span[0],
            published_to=self._span[1],
            provisional_years=tuple(year for year in used if not self.is_published(year)),
        )

    def _of(self, year: int) -> tuple[frozenset[date], frozenset[date]]:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise OutsideCalendar(str(year))
        written = self._file.years.get(year)
        if written is not None:
            return frozenset(written.rest), frozenset(written.work)
        return _library_year(year)


@cache
def _library() -> str:
    return f"holidays {library_version('holidays')}"


@cache
def _library_year(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Rest days on weekdays and working days on weekends, as the library knows them."""
    china = holidays.country_holidays("CN", years=year)
    first = date(year, 1, 1)
    days = [first + _DAY * n for n in range((date(year + 1, 1, 1) - first).days)]
    rest = (day for day in days if day.weekday() < _WEEKEND and not china.is_working_day(day))
    work = (day for day in days if day.weekday() >= _WEEKEND and china.is_working_day(day))
    return frozenset(rest), frozenset(work)


@cache
def _years_with_arrangement() -> frozenset[int]:
    """A published year is one whose make-up working weekends the library knows: every arrangement has some."""
    china = holidays.country_holidays("CN", years=range(FIRST_YEAR, LAST_YEAR + 1))
    return frozenset(day.year for day in china.weekend_workdays if day.year in china.years)


@cache
def calendar(region: str = "000000", path: Path | None = None) -> WorkCalendar:
    """The calendar of a region, with the shipped supplement unless another is named."""
    return WorkCalendar((path or shipped() / "calendar.yaml").read_bytes(), region)


@lru_cache(maxsize=128)
def around(region: str, today: date) -> str:
    """One character a day from `DAYS_BACK` days before `today` to `DAYS_AHEAD` after it: "1" is a working day.

    So that working days can be counted where the dates are (`hub.clues.deadlines`).

    Raises:
        OutsideCalendar
    """
    days = calendar(region)
    span = range(-DAYS_BACK, DAYS_AHEAD + 1)
    return "".join("1" if days.is_working_day(today + _DAY * n) else "0" for n in span)
