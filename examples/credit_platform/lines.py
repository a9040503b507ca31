"""A record of a feed as the line that the export writes of it: so both make one copy, and one digest."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

CATEGORIES = {"LEGAL_PERSON": "法人及非法人组织", "SOLE_TRADER": "个体工商户", "NATURAL_PERSON": "自然人"}
KINDS = {
    "WARNING": "警告",
    "CRITICISM": "通报批评",
    "FINE": "罚款",
    "CONFISCATION": "没收违法所得、没收非法财物",
    "LICENCE_SUSPENSION": "暂扣许可证件",
    "QUALIFICATION_REDUCTION": "降低资质等级",
    "LICENCE_REVOCATION": "吊销许可证件",
    "ACTIVITY_RESTRICTION": "限制开展生产经营活动",
    "SERVICE_SUSPENSION": "责令停产停业",
    "CLOSURE": "责令关闭",
    "EMPLOYMENT_BAN": "限制从业",
    "OTHER": "法律、行政法规规定的其他行政处罚",
}
# The thirty columns of the form with the field of the record; those without one stay empty.
FORM = (
    "cf_xdr_mc counterpartyName, cf_xdr_lb counterpartyCategory, cf_xdr_shxym counterpartyUscc,"
    " cf_xdr_gszc businessRegistrationNo, cf_xdr_zzjg organizationCode, cf_xdr_swdj taxRegistrationNo,"
    " cf_xdr_sydw publicInstitutionNo, cf_xdr_shzz socialOrganizationNo, cf_frdb legalRepresentative, cf_fr_zjlx,"
    " cf_fr_zjhm, cf_xdr_zjlx, cf_xdr_zjhm, cf_wsh decisionNo, cf_wfxw violationType, cf_sy publishedFacts,"
    " cf_yj basis, cf_cflb kinds, cf_nr content, cf_nr_fk fine, cf_nr_wfff confiscation, cf_nr_zkdx licenceRevoked,"
    " cf_jdrq decidedOn, cf_yxq validUntil, cf_gsjzq publicityEndsOn, cf_cfjg authority.name, cf_cfjgdm authority.uscc,"
    " cf_sjly dataSource, cf_sjlydm dataSourceUscc, bz remark"
)


class Feed(NamedTuple):
    """`root`: its field in GraphQL; `selection`: of the record; `record`: what its line holds."""

    root: str
    selection: str
    record: Callable[[dict[str, Any]], dict[str, Any]]


def _written(name: str, value: Any) -> str:
    if value is None or value == []:
        return ""
    match name:
        case "counterpartyCategory":
            return CATEGORIES.get(value, value)
        case "kinds":
            return "；".join(KINDS.get(each, each) for each in value)
        case "fine" | "confiscation":
            return str((Decimal(value) / 10_000).quantize(Decimal("0.000001")))
        case "decidedOn" | "validUntil" | "publicityEndsOn":
            return str(value).replace("-", "/")
    return str(value)


def _penalty(record: dict[str, Any]) -> dict[str, Any]:
    flat = record | {f"authority.{name}": value for name, value in (record["authority"] or {}).items()}
    columns = (column.split() for column in FORM.split(", "))
    return {code: _written(name[0], flat.get(name[0])) if name else "" for code, *name in columns}


def _inspection(record: dict[str, Any]) -> dict[str, Any]:
    names = ("resultNo", "kind", "periodFrom", "periodTo", "inspectedOn", "findingsClass", "measures")
    return {
        "nhsaCode": (record["institution"] or {}).get("nhsaCode"),
        "authority": (record["authority"] or {}).get("code"),
        **{name: record[name] for name in (*names, "amountRecovered", "recordedAt")},
    }


def _score(record: dict[str, Any]) -> dict[str, Any]:
    names = ("period", "score", "grade", "modelVersion", "dimensions", "measures")
    return {"nhsaCode": record["institution"]["nhsaCode"], **{name: record[name] for name in names}}


_FIELDS = [column.split()[1] for column in FORM.split(", ") if " " in column]
FEEDS = {
    "penalties": Feed(
        "penaltyChanges",
        f"{{ {' '.join(name for name in _FIELDS if '.' not in name)} authority {{ name uscc }} }}",
        _penalty,
    ),
    "inspections": Feed(
        "inspectionChanges",
        "{ institution { nhsaCode } authority { code } resultNo kind periodFrom periodTo inspectedOn findingsClass"
        " measures amountRecovered recordedAt }",
        _inspection,
    ),
    "credit": Feed(
        "creditChanges",
        "{ institution { nhsaCode } period score grade modelVersion dimensions { name score weight } measures }",
        _score,
    ),
}


def line(feed: str, key: str, record: dict[str, Any]) -> bytes:
    """The line: members in the order of the export, no blanks, nothing escaped that need not be."""
    whole = {"key": key, "record": FEEDS[feed].record(record)}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
