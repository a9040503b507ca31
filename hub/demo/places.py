"""The places of the sample and the agencies that sit there (R1): the places of the five seeds, and their superiors."""

from typing import Final, NamedTuple

from hub.demo.numbers import uscc

HS, HEALTH, MARKET, POLICE, DISCIPLINE, PROCURATORATE, OPERATOR, CREDIT, HUB = (
    "HEALTHCARE_SECURITY",
    "HEALTH",
    "MARKET_REGULATION",
    "PUBLIC_SECURITY",
    "DISCIPLINE_INSPECTION",
    "PROCURATORATE",
    "FUND_OPERATOR",
    "CREDIT_PLATFORM",
    "HUB_OPERATOR",
)
FIVE: Final = (HS, HEALTH, MARKET, POLICE, DISCIPLINE)
FULL: Final = (*FIVE, PROCURATORATE, OPERATOR)


class Place(NamedTuple):
    """A region with agencies.

    Attributes:
        short: as in short names of agencies (`兴庆区`).
        word: as in document numbers (`银兴`).
        digits: the region's six digits in a uscc or 国家医保编码; a zone borrows its neighbour's.
        birthplaces: codes for resident numbers that were assigned in every year from 1945 on.
    """

    code: str
    name: str
    short: str
    word: str
    level: int
    parent: str
    digits: str
    birthplaces: tuple[str, ...]
    kinds: tuple[str, ...]


class Agency(NamedTuple):
    """One row of `agency`; `document` is the word of its document numbers (`银兴医保(局)`)."""

    code: str
    kind: str
    region: str
    level: int
    name: str
    short_name: str
    uscc: str
    document: str


_NINGXIA, _XINJIANG, _SICHUAN, _JILIN, _HENAN = (
    ("640121", "640122"),
    ("650121",),
    ("510121", "510122"),
    ("220100",),
    ("412921", "412922"),
)

PLACES: Final = {
    code: Place(code, name, short, word, level, parent, digits or code, birthplaces, kinds)
    for code, name, short, word, level, parent, digits, birthplaces, kinds in (
        ("640000", "宁夏回族自治区", "自治区", "宁", 1, "", "", _NINGXIA, (*FULL, CREDIT, HUB)),
        ("640100", "银川市", "银川市", "银", 2, "640000", "", _NINGXIA, FULL),
        ("640104", "银川市兴庆区", "兴庆区", "银兴", 3, "640100", "", _NINGXIA, FULL),
        ("6401ND", "宁东", "宁东", "宁东", 3, "640100", "640181", _NINGXIA, FIVE),
        ("650000", "新疆维吾尔自治区", "自治区", "新", 1, "", "", _XINJIANG, (*FULL, CREDIT)),
        ("650100", "乌鲁木齐市", "乌鲁木齐市", "乌", 2, "650000", "", _XINJIANG, FULL),
        ("650102", "乌鲁木齐市天山区", "天山区", "乌天", 3, "650100", "", _XINJIANG, FULL),
        ("510000", "四川省", "四川省", "川", 1, "", "", _SICHUAN, (HS, HEALTH, CREDIT)),
        ("510500", "泸州市", "泸州市", "泸", 2, "510000", "", _SICHUAN, FULL),
        ("510502", "泸州市江阳区", "江阳区", "泸江", 3, "510500", "", _SICHUAN, FULL),
        ("510503", "泸州市纳溪区", "纳溪区", "泸纳", 3, "510500", "", _SICHUAN, FULL),
        ("510504", "泸州市龙马潭区", "龙马潭区", "泸龙", 3, "510500", "", _SICHUAN, FULL),
        ("220000", "吉林省", "吉林省", "吉", 1, "", "", _JILIN, (HS, HEALTH, CREDIT)),
        ("220100", "长春市", "长春市", "长", 2, "220000", "", _JILIN, FULL),
        ("410000", "河南省", "河南省", "豫", 1, "", "", _HENAN, (HS, HEALTH, CREDIT)),
        ("411300", "南阳市", "南阳市", "宛", 2, "410000", "", _HENAN, FULL),
    )
}

_BODY: Final = {  # kind: body of the full name, body of the short name, word of the document number
    HS: ("医疗保障局", "医保局", "医保(局)"),
    HEALTH: ("卫生健康委员会", "卫健委", "卫(委)"),
    MARKET: ("市场监督管理局", "市监局", "市监(局)"),
    POLICE: ("公安局", "公安局", "公(局)"),
    DISCIPLINE: ("纪律检查委员会监察委员会", "纪委监委", "纪监(委)"),
    PROCURATORATE: ("人民检察院", "检察院", "检(院)"),
    OPERATOR: ("医疗保险事务中心", "医保中心", "医保中心"),
    CREDIT: ("公共信用信息平台", "信用平台", "信用"),
    HUB: ("医疗保障数据共享平台运营中心", "平台运营中心", "平台"),
}
_ZONE_BODY: Final = {  # 000 addresses one office of the zone for both subjects
    HS: ("管委会社会事务局(医疗保障)", "社会事务局(医保)", "社医保(局)"),
    HEALTH: ("管委会社会事务局(卫生健康)", "社会事务局(卫健)", "社卫(局)"),
}
COUNTY: Final = 3
FIRST_ENTITY: Final = 99_000_000
"""Agencies are numbered as organisations beyond all firms of the sample, so that no uscc is borne twice."""


def _agency(place: Place, kind: str, number: int) -> Agency:
    name, short, word = _BODY[kind]
    if place.code == "6401ND":
        name, short, word = _ZONE_BODY.get(kind, (name, short, word))
    elif kind == HEALTH and place.level == COUNTY:
        name, short, word = "卫生健康局", "卫健局", "卫健(局)"
    full = f"{place.name}{name}"
    if kind == POLICE and place.level == 1:
        full, short = f"{place.name}公安厅", "公安厅"
    elif kind == POLICE and place.level == COUNTY:
        full, short = f"{PLACES[place.parent].name}公安局{place.short}分局", "公安分局"
    identity = uscc("12" if kind in {OPERATOR, CREDIT, HUB} else "11", place.digits, FIRST_ENTITY + number)
    return Agency(
        f"{place.code}-{kind}",
        kind,
        place.code,
        place.level,
        full,
        place.short + short,
        identity,
        place.word + word,
    )


AGENCIES: Final = {
    agency.code: agency
    for number, (place, kind) in enumerate((place, kind) for place in PLACES.values() for kind in place.kinds)
    for agency in (_agency(place, kind, number),)
}
"""Every agency of the sample by its code."""


def seated(region: str, kind: str) -> str:
    """Code of the agency of a kind that is competent in a place: its own, or the nearest superior's.

    Raises:
        KeyError: no agency of this kind up to the province.
    """
    while f"{region}-{kind}" not in AGENCIES:
        region = PLACES[region].parent
    return f"{region}-{kind}"


FORWARDS: Final = {
    "640100": "640104",
    "640104": "6401ND",
    "6401ND": "640104",
    "650102": "650100",
    "510500": "510502",
    "510502": "510503",
    "510503": "510504",
    "510504": "510502",
}
"""Where a transfer goes on when it was another office's affair (310号令 第七条；159号令 第175条)."""

ASSISTS: Final = {"510502": "510504", "510503": "510502", "510504": "510503"}
"""The three districts of Luzhou help each other by agreement (003); elsewhere the superior assigns the case."""
