"""双公示: a penalty as the 30 fields of the national form, in their order (R22), and back.

Inside the hub amounts are in yuan; here, and only here, in 万元 with six decimals: 罚款2000元 is 0.200000. A record is
as the hub answers it (`RECORD`: camelCase, amounts as text, dates in ISO 8601, `authority {name uscc}`), so what the
caller may not see is not in it. Towards the credit platform the four fields of identity documents stay empty, and a
natural person is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from hub.penalties.words import CounterpartyCategory, IdType, PenaltyKind

WAN: Final = Decimal(10_000)
_SIX: Final = Decimal("0.000001")
BETWEEN: Final = "；"
"""Between several kinds of penalty."""
CATEGORIES: Final[Mapping[str, str]] = {
    CounterpartyCategory.LEGAL_PERSON: "法人及非法人组织",
    CounterpartyCategory.SOLE_TRADER: "个体工商户",
    CounterpartyCategory.NATURAL_PERSON: "自然人",
}
ID_TYPES: Final[Mapping[str, str]] = {
    IdType.RESIDENT_ID: "身份证",
    IdType.PASSPORT: "护照号",
    IdType.HONG_KONG_MACAO_PERMIT: "港澳居民来往内地通行证",
    IdType.TAIWAN_PERMIT: "台湾居民来往大陆通行证",
    IdType.PERMANENT_RESIDENCE: "外国人永久居留身份证",
}
KINDS: Final[Mapping[str, str]] = {
    PenaltyKind.WARNING: "警告",
    PenaltyKind.CRITICISM: "通报批评",
    PenaltyKind.FINE: "罚款",
    PenaltyKind.CONFISCATION: "没收违法所得、没收非法财物",
    PenaltyKind.LICENCE_SUSPENSION: "暂扣许可证件",
    PenaltyKind.QUALIFICATION_REDUCTION: "降低资质等级",
    PenaltyKind.LICENCE_REVOCATION: "吊销许可证件",
    PenaltyKind.ACTIVITY_RESTRICTION: "限制开展生产经营活动",
    PenaltyKind.SERVICE_SUSPENSION: "责令停产停业",
    PenaltyKind.CLOSURE: "责令关闭",
    PenaltyKind.EMPLOYMENT_BAN: "限制从业",
    PenaltyKind.OTHER: "法律、行政法规规定的其他行政处罚",
}


class NaturalPerson(ValueError):
    """A penalty of a natural person never goes to the credit platform (R21)."""


class FormError(ValueError):
    """A row has not the form: which field, never its value."""


class Field(NamedTuple):
    """One of the thirty. `source`: name in the record, a dot between an object and its field."""

    code: str
    heading: str
    source: str
    written: Callable[[Any], str]
    read: Callable[[str], Any]
    identity: bool = False


def _text(value: Any) -> str:
    return str(value)


def _wan(value: Any) -> str:
    return str((Decimal(str(value)) / WAN).quantize(_SIX))


def _yuan(text: str) -> str:
    return str((Decimal(text) * WAN).quantize(Decimal("0.01")))


def _day(value: Any) -> str:
    return date.fromisoformat(str(value)).strftime("%Y/%m/%d")


def _iso(text: str) -> str:
    year, month, day = text.split("/")
    return date(int(year), int(month), int(day)).isoformat()


def _words(words: Mapping[str, str]) -> tuple[Callable[[Any], str], Callable[[str], str]]:
    """A code as its official word, and back; an imported word that is no code stays as it is."""
    codes = {word: str(code) for code, word in words.items()}
    return (lambda value: words.get(value, str(value))), (lambda text: codes.get(text, text))


_CATEGORY, _ID_TYPE, _KIND = _words(CATEGORIES), _words(ID_TYPES), _words(KINDS)


def _kinds(value: Sequence[str]) -> str:
    return BETWEEN.join(_KIND[0](one) for one in value)


def _kind_codes(text: str) -> list[str]:
    return [_KIND[1](one) for one in text.split(BETWEEN)]


FIELDS: Final = (
    Field("cf_xdr_mc", "行政相对人名称", "counterpartyName", _text, _text),
    Field("cf_xdr_lb", "行政相对人类别", "counterpartyCategory", *_CATEGORY),
    Field("cf_xdr_shxym", "行政相对人代码_1（统一社会信用代码）", "counterpartyUscc", _text, _text),
    Field("cf_xdr_gszc", "行政相对人代码_2（工商注册号）", "businessRegistrationNo", _text, _text),
    Field("cf_xdr_zzjg", "行政相对人代码_3（组织机构代码）", "organizationCode", _text, _text),
    Field("cf_xdr_swdj", "行政相对人代码_4（税务登记号）", "taxRegistrationNo", _text, _text),
    Field("cf_xdr_sydw", "行政相对人代码_5（事业单位证书号）", "publicInstitutionNo", _text, _text),
    Field("cf_xdr_shzz", "行政相对人代码_6（社会组织登记证号）", "socialOrganizationNo", _text, _text),
    Field("cf_frdb", "法定代表人", "legalRepresentative", _text, _text),
    Field("cf_fr_zjlx", "法定代表人证件类型", "legalRepresentativeIdType", *_ID_TYPE, identity=True),
    Field("cf_fr_zjhm", "法定代表人证件号码", "legalRepresentativeId", _text, _text, identity=True),
    Field("cf_xdr_zjlx", "自然人证件类型", "counterpartyIdType", *_ID_TYPE, identity=True),
    Field("cf_xdr_zjhm", "自然人证件号码", "counterpartyResidentId", _text, _text, identity=True),
    Field("cf_wsh", "行政处罚决定书文号", "decisionNo", _text, _text),
    Field("cf_wfxw", "违法行为类型", "violationType", _text, _text),
    Field("cf_sy", "违法事实", "publishedFacts", _text, _text),
    Field("cf_yj", "处罚依据", "basis", _text, _text),
    Field("cf_cflb", "处罚类别", "kinds", _kinds, _kind_codes),
    Field("cf_nr", "处罚内容", "content", _text, _text),
    Field("cf_nr_fk", "罚款金额（万元）", "fine", _wan, _yuan),
    Field("cf_nr_wfff", "没收违法所得、没收非法财物的金额（万元）", "confiscation", _wan, _yuan),
    Field("cf_nr_zkdx", "暂扣或吊销证照名称及编号", "licenceRevoked", _text, _text),
    Field("cf_jdrq", "处罚决定日期", "decidedOn", _day, _iso),
    Field("cf_yxq", "处罚有效期", "validUntil", _day, _iso),
    Field("cf_gsjzq", "公示截止期", "publicityEndsOn", _day, _iso),
    Field("cf_cfjg", "处罚机关", "authority.name", _text, _text),
    Field("cf_cfjgdm", "处罚机关统一社会信用代码", "authority.uscc", _text, _text),
    Field("cf_sjly", "数据来源单位", "dataSource", _text, _text),
    Field("cf_sjlydm", "数据来源单位统一社会信用代码", "dataSourceUscc", _text, _text),
    Field("bz", "备注", "remark", _text, _text),
)
"""In the order of the form; `code` is the column name of the public code bases (law-notes 5.5)."""
HEADINGS: Final = tuple(field.heading for field in FIELDS)
PERSON: Final = "counterpartyPersonName"
RECORD: Final = (
    " ".join(field.source for field in FIELDS if "." not in field.source) + f" {PERSON} authority {{ name uscc }}"
)
"""What to ask of a `PenaltyRecord` for the form."""


def form(record: Mapping[str, Any], *, credit_platform: bool) -> tuple[str, ...]:
    """The thirty fields; what the record does not say is empty.

    Args:
        record: of the fields of `RECORD`.
        credit_platform: the row goes there: its four identity fields are empty, whatever the record says.

    Raises:
        NaturalPerson: of a natural person, towards the credit platform.
    """
    person = record.get("counterpartyCategory") == CounterpartyCategory.NATURAL_PERSON
    if person and credit_platform:
        raise NaturalPerson
    return tuple(
        "" if (field.identity and credit_platform) or value is None or value == "" else field.written(value)
        for field in FIELDS
        for value in (_value(record, field, person=person),)
    )


def record_of(row: Sequence[str]) -> dict[str, Any]:
    """The record that a row of the form tells of; what is empty is None.

    Raises:
        FormError: not thirty fields, or one that cannot be read.
    """
    if len(row) != len(FIELDS):
        raise FormError(f"{len(FIELDS)} fields / 应为{len(FIELDS)}项")
    told: dict[str, Any] = {"authority": {}}
    for field, text in zip(FIELDS, row, strict=True):
        try:
            value = field.read(text) if text else None
        except (ValueError, ArithmeticError) as error:
            raise FormError(f"{field.code} {field.heading}") from error
        holder, _, name = field.source.rpartition(".")
        (told[holder] if holder else told)[name] = value
    told[PERSON] = None
    if told["counterpartyCategory"] == CounterpartyCategory.NATURAL_PERSON:
        told["counterpartyName"], told[PERSON] = None, told["counterpartyName"]
    return told


def _value(record: Mapping[str, Any], field: Field, *, person: bool) -> Any:
    if field.source == "counterpartyName" and person:
        return record.get(PERSON)
    holder, _, name = field.source.rpartition(".")
    return ((record.get(holder) or {}) if holder else record).get(name)
