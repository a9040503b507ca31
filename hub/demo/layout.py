"""Which institution lies where and which case is about which institution, as arithmetic on indexes.

Five million institutions cannot be held in memory to be referred to later. So nothing is held: place, kind and cases
of the n-th institution, and place, procedure, institution and day of the k-th case, are computed from n and k. Two
fixed, shuffled cycles decide: INSTITUTIONS (1,500 slots) and CASES (100 places by 101 procedures).
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from hub.demo.numbers import mix, stream
from hub.demo.procedures import CARE, CYCLE, MEDICAL, NONE, PHARMACY, PROCEDURES, Procedure

REFERENCE: Final = date(2026, 10, 31)
"""The sample's today (Beijing): nothing in it happened later, so it is the same whenever it is loaded."""
EPOCH: Final = date(2023, 1, 1)
"""The first case is discovered on this day; days are counted from it."""
LAST_DAY: Final = (REFERENCE - EPOCH).days
DAYS: Final = tuple((EPOCH + timedelta(days=day)).isoformat() for day in range(LAST_DAY + 1500))
"""ISO dates by day; publicity terms reach up to three years beyond the reference."""
_JITTER: Final = 12

_INSTITUTIONS: Final = {  # place: medical institutions, of them hospitals, of them tertiary; pharmacies; elderly care
    "510502": (340, 48, 1, 390, 27),  # 003: 757 institutions, 48 hospitals
    "411300": (41, 2, 2, 78, 0),  # 002: 2 + 39 + 78
    "220100": (55, 9, 3, 56, 6),  # 001: 551 : 559 : 56
    "640104": (80, 12, 2, 62, 8),
    "640100": (60, 12, 4, 44, 6),
    "6401ND": (11, 2, 0, 8, 1),
    "650102": (30, 6, 1, 27, 3),
    "650100": (28, 6, 2, 20, 2),
    "510504": (22, 5, 1, 21, 2),
    "510503": (20, 4, 0, 18, 2),
    "510500": (14, 5, 2, 6, 0),
    "640000": (8, 8, 6, 0, 0),
    "650000": (4, 4, 3, 0, 0),
}
_CASES: Final = {  # place: cases of a hundred; 640100 is the large agency of the benchmark
    "640100": 22,
    "640104": 16,
    "510502": 16,
    "650100": 8,
    "411300": 8,
    "220100": 8,
    "650102": 6,
    "510504": 4,
    "510503": 4,
    "6401ND": 3,
    "510500": 2,
    "640000": 2,
    "650000": 1,
}

Group = tuple[str, str]
"""A place and a kind of institution."""


class Counts(NamedTuple):
    """Rows of the main tables; their children follow."""

    institutions: int = 1_500
    transfers: int = 5_000
    penalties: int = 5_000
    scores: int = 10_000
    personnel: int = 3_000

    def times(self, scale: int) -> "Counts":
        return Counts(*(count * scale for count in self))


class Slot(NamedTuple):
    """One slot of the institutions' cycle: its group and its rank there."""

    group: Group
    rank: int


class Case(NamedTuple):
    """The case with an index (`ordinal`); `institution` is an index, or None."""

    ordinal: int
    case_no: str
    place: str
    procedure: Procedure
    institution: int | None
    day: int


def _institution_slots() -> tuple[Slot, ...]:
    groups = [
        (place, kind)
        for place, (medical, _, _, pharmacies, care) in _INSTITUTIONS.items()
        for kind, count in ((MEDICAL, medical), (PHARMACY, pharmacies), (CARE, care))
        for _ in range(count)
    ]
    stream("institution slots").shuffle(groups)
    seen: dict[Group, int] = defaultdict(int)
    slots = []
    for group in groups:
        slots.append(Slot(group, seen[group]))
        seen[group] += 1
    return tuple(slots)


SLOTS: Final = _institution_slots()
POSITIONS: Final[dict[Group, list[int]]] = {slot.group: [] for slot in SLOTS}
for _position, _slot in enumerate(SLOTS):
    POSITIONS[_slot.group].append(_position)

_PLACES: Final = [place for place, count in _CASES.items() for _ in range(count)]
_PROCEDURES: Final = [procedure for procedure in PROCEDURES for _ in range(procedure.weight)]
stream("case places").shuffle(_PLACES)
stream("case procedures").shuffle(_PROCEDURES)
_CASE_CYCLE: Final = len(_PLACES) * CYCLE
_CASE_RANKS: list[int] = []
_CASE_OFFSETS: dict[Group, list[int]] = defaultdict(list)
for _offset in range(_CASE_CYCLE):
    _group = (_PLACES[_offset % len(_PLACES)], _PROCEDURES[_offset % CYCLE].institution)
    _CASE_RANKS.append(len(_CASE_OFFSETS[_group]))
    _CASE_OFFSETS[_group].append(_offset)
_LEGS: Final = [len(procedure.legs) for procedure in _PROCEDURES]


def hospitals(place: str) -> tuple[int, int]:
    """Of a place's medical institutions in one cycle: how many are hospitals, and of them tertiary ones."""
    _, count, tertiary, _, _ = _INSTITUTIONS[place]
    return count, tertiary


class Layout:
    """The arithmetic for given counts."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        cycles, rest = divmod(counts.transfers, sum(_LEGS))
        self.cases = cycles * CYCLE
        for legs in _LEGS:
            if rest <= 0:
                break
            rest -= legs
            self.cases += 1
        full, part = divmod(counts.institutions, len(SLOTS))
        self._sizes = {
            group: full * len(positions) + sum(position < part for position in positions)
            for group, positions in POSITIONS.items()
        }
        self._span = LAST_DAY - _JITTER - 2

    def institution_at(self, group: Group, rank: int) -> int | None:
        """Index of the institution with a rank in its group (modulo the group's size)."""
        size = self._sizes.get(group, 0)
        if not size:
            return None
        positions = POSITIONS[group]
        cycle, within = divmod(rank % size, len(positions))
        return cycle * len(SLOTS) + positions[within]

    def rank(self, institution: int) -> int:
        """Rank of an institution in its group."""
        cycle, position = divmod(institution, len(SLOTS))
        slot = SLOTS[position]
        return cycle * len(POSITIONS[slot.group]) + slot.rank

    def case(self, index: int) -> Case:
        cycle, offset = divmod(index, _CASE_CYCLE)
        place, procedure = _PLACES[offset % len(_PLACES)], _PROCEDURES[offset % CYCLE]
        group = (place, procedure.institution)
        institution = None
        if procedure.institution != NONE:
            institution = self.institution_at(group, cycle * len(_CASE_OFFSETS[group]) + _CASE_RANKS[offset])
        day = index * self._span // self.cases + mix(index) % _JITTER
        return Case(index, f"{place}-{DAYS[day][:4]}-{index + 1:06d}", place, procedure, institution, day)

    def cases_of(self, institution: int, first_day: int, last_day: int) -> Iterator[Case]:
        """The cases about an institution that were discovered between two days, in order."""
        group = SLOTS[institution % len(SLOTS)].group
        offsets, size = _CASE_OFFSETS.get(group), self._sizes[group]
        if not offsets or last_day < 0:
            return
        # Ranks of a group are spread evenly over the cases; days grow with the index.
        lowest = max(0, (first_day - _JITTER) * self.cases // self._span // _CASE_CYCLE * len(offsets))
        rank = self.rank(institution)
        rank += max(0, -(-(lowest - rank) // size)) * size
        while True:
            cycle, within = divmod(rank, len(offsets))
            index = cycle * _CASE_CYCLE + offsets[within]
            if index >= self.cases or index * self._span // self.cases > last_day:
                return
            case = self.case(index)
            if first_day <= case.day <= last_day:
                yield case
            rank += size
