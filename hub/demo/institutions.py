"""Rows of legal entities, institutions and personnel; every attribute that other rows repeat comes from the index."""

from functools import lru_cache
from typing import Final, NamedTuple

from hub.demo.bulk import Loader
from hub.demo.catalogue import AGREEMENT_STATUSES
from hub.demo.layout import POSITIONS, REFERENCE, SLOTS, Layout, hospitals
from hub.demo.numbers import NAMES, mix, person_name, resident_id, stream, uscc
from hub.demo.places import PLACES, Place
from hub.demo.procedures import CARE, MEDICAL, PHARMACY

COLUMNS: Final = {
    "legal_entity": "id, uscc, name, kind",
    "institution": (
        "id, nhsa_code, uscc, name, kind, region, level, address, agreement_listed, agreement_status, "
        "legal_representative_id, phone, settlement_account"
    ),
    "personnel": (
        "id, nhsa_code, license_no, name, profession, institution_id, region, qualification_status, points, "
        "points_year, resident_id, phone"
    ),
}
FIRMS: Final = 90_000_000
"""Pharmaceutical firms, which are no institutions, are numbered as organisations from here."""

_BRANDS: Final = "安泽 博康 春晖 德润 恩济 福宁 广慈 和泰 惠佳 济元 嘉禾 康顺 乐民 明善 宁馨 普瑞 清和 仁益 瑞安 圣康"
_BRAND: Final = tuple(first + second for first in _BRANDS.split() for second in ("", "堂", "源", "嘉", "正"))
_CLINICS: Final = ("门诊部", "诊所", "中医诊所", "社区卫生服务站", "口腔门诊部", "卫生院")
_ROADS: Final = ("民生", "解放", "文化", "清河", "新华", "凤凰", "利民", "友谊", "中山", "团结")
_LETTERS: Final = {MEDICAL: "H", PHARMACY: "P", CARE: "L"}
_BRANCHES: Final = 4
"""Every fourth pharmacy of a place heads a chain of as many; the others bear its uscc."""
_PROFESSIONS: Final = (("DOCTOR", "D"), ("DOCTOR", "D"), ("NURSE", "N"), ("PHARMACIST", "Y"), ("TECHNICIAN", "T"))
_POINTS: Final = (0,) * 30 + (1, 1, 2, 3, 4, 6, 7, 9, 10, 12)
_SUSPENDED, _ENDED = 9, 12  # points of a year (医保发〔2024〕23号)


class Institution(NamedTuple):
    """What other rows say about an institution; `head` is the index of the one whose uscc it bears."""

    ordinal: int
    kind: str
    place: Place
    nhsa_code: str
    uscc: str
    entity_name: str
    name: str
    level: str
    head: int


def phone(random: float) -> str:
    """A number that no one has: Chinese mobile numbers never start with 12."""
    return f"12{int(random * 1_000_000_000):09d}"


def firm(index: int, place: Place) -> tuple[str, str]:
    """Uscc and name of a pharmaceutical firm."""
    name = f"{place.name}{_BRAND[mix(FIRMS + index) % len(_BRAND)]}医药有限公司"
    return uscc("91", place.digits, FIRMS + index), name


class Institutions:
    """The institutions of a layout, by index."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.of = lru_cache(maxsize=20_000)(self._of)

    def _of(self, index: int) -> Institution:
        cycle, position = divmod(index, len(SLOTS))
        (code, kind), within = SLOTS[position]
        place, rank, bits = PLACES[code], self.layout.rank(index), mix(index)
        brand = _BRAND[bits % len(_BRAND)]
        head, level, entity_kind = index, "UNGRADED", "91"
        if kind == PHARMACY:
            leader = POSITIONS[code, kind][within - within % _BRANCHES] + cycle * len(SLOTS)
            head = leader if leader < self.layout.counts.institutions else index
            brand = _BRAND[mix(head) % len(_BRAND)]
            entity = f"{place.name}{brand}大药房"
            name = entity if head == index else f"{entity}第{rank}分店"
        elif kind == CARE:
            entity_kind = "52"
            entity = name = f"{place.name}{brand}养老服务中心"
        else:
            count, tertiary = hospitals(code)
            if within < count:
                level = "TERTIARY" if within < tertiary else "SECONDARY" if within % 2 else "PRIMARY"
                entity_kind, suffix = ("12", "医院") if within % 3 else ("52", "康复医院")
            else:
                suffix = _CLINICS[bits // 1000 % len(_CLINICS)]
            entity = name = f"{place.name}{brand}{suffix}"
        return Institution(
            index,
            kind,
            place,
            f"{_LETTERS[kind]}{place.digits}{rank + 1:05d}",
            uscc(entity_kind, place.digits, head),
            entity,
            name,
            level,
            head,
        )


def legal_representative(head: int) -> str:
    return NAMES[mix(~head) % len(NAMES)]


def write_institutions(loader: Loader, institutions: Institutions, first_id: int) -> None:
    """Institutions with consecutive ids from `first_id`, their legal entities, and the firms."""
    count = institutions.layout.counts.institutions
    random = stream("institutions").random
    entities, rows = loader.lines("legal_entity"), loader.lines("institution")
    task = loader.task("医药机构 institutions", count)
    for index in range(count):
        one = institutions.of(index)
        if one.head == index:
            entities.append(f"{loader.next_id()}\t{one.uscc}\t{one.entity_name}\t{one.kind}")
        status = AGREEMENT_STATUSES[int(random() * len(AGREEMENT_STATUSES))]
        rows.append(
            f"{first_id + index}\t{one.nhsa_code}\t{one.uscc}\t{one.name}\t{one.kind}\t{one.place.code}\t{one.level}\t"
            f"{one.place.name}{_ROADS[int(random() * len(_ROADS))]}路{int(random() * 900) + 1}号\t"
            f"{'f' if status == 'TERMINATED' else 't'}\t{status}\t"
            f"{resident_id(one.place.birthplaces[0], random())}\t{phone(random())}\t"
            f"6217{int(random() * 10**15):015d}"
        )
        loader.advance(task, index)
    for index in range(firms(count)):
        identity, name = firm(index, firm_place(index))
        entities.append(f"{loader.next_id()}\t{identity}\t{name}\tPHARMACEUTICAL_FIRM")
    loader.finish(task)


def firms(institutions: int) -> int:
    """How many pharmaceutical firms there are."""
    return max(4, institutions // 50)


_FIRM_PLACES: Final = ("640100", "650100", "510500", "220100", "411300", "640000")


def firm_place(index: int) -> Place:
    return PLACES[_FIRM_PLACES[index % len(_FIRM_PLACES)]]


def write_personnel(loader: Loader, institutions: Institutions, first_institution_id: int) -> None:
    counts = institutions.layout.counts
    random = stream("personnel").random
    rows = loader.lines("personnel")
    task = loader.task("相关人员 personnel", counts.personnel)
    for index in range(counts.personnel):
        at = index % counts.institutions
        one = institutions.of(at)
        profession, letter = _PROFESSIONS[int(random() * len(_PROFESSIONS))]
        points = _POINTS[int(random() * len(_POINTS))]
        status = "ENDED" if points >= _ENDED else "SUSPENDED" if points >= _SUSPENDED else "NORMAL"
        licence = r"\N" if random() < 0.1 else f"{int(random() * 10**15):015d}"  # noqa: PLR2004 - one in ten has none
        rows.append(
            f"{loader.next_id()}\t{letter}{one.place.digits}{index + 1:07d}\t{licence}\t{person_name(random())}\t"
            f"{profession}\t{first_institution_id + at}\t{one.place.code}\t{status}\t{points}\t{REFERENCE.year}\t"
            f"{resident_id(one.place.birthplaces[-1], random())}\t{phone(random())}"
        )
        loader.advance(task, index)
    loader.finish(task)
