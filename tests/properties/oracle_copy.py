"""The copy of a feed that the law gives a caller, worked out in Python: the lines of an export, and their digest.

A copy holds what the caller may have without its case: what only a case opens comes and goes with it. A value is in its
line where the caller may read it. Keys are in the order of their bytes.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from tests.properties.comparison import Bench, Caller
from tests.properties.oracle_judge import Judge
from tests.properties.oracle_law import CLASS_OF, MANY, ONE, SCOPE
from tests.properties.oracle_pages import leaf
from tests.properties.oracle_rows import Row


class Copied(NamedTuple):
    kind: str
    key: tuple[str, ...]


FEEDS = {
    "penaltyChanges": Copied("PenaltyRecord", ("public_id",)),
    "inspectionChanges": Copied("InspectionResult", ("public_id",)),
    "creditChanges": Copied("CreditScore", ("nhsa_code", "period")),
}
CATEGORIES = {"LEGAL_PERSON": "法人及非法人组织", "SOLE_TRADER": "个体工商户", "NATURAL_PERSON": "自然人"}
# R22: the thirty columns, their fields; those of identity documents are empty for everybody.
FORM = (
    "cf_xdr_mc=counterpartyName cf_xdr_lb=counterpartyCategory cf_xdr_shxym=counterpartyUscc cf_xdr_gszc=businessRegistrationNo"
    " cf_xdr_zzjg=organizationCode cf_xdr_swdj=taxRegistrationNo cf_xdr_sydw=publicInstitutionNo cf_xdr_shzz=socialOrganizationNo"
    " cf_frdb=legalRepresentative cf_fr_zjlx= cf_fr_zjhm= cf_xdr_zjlx= cf_xdr_zjhm= cf_wsh=decisionNo cf_wfxw=violationType"
    " cf_sy=publishedFacts cf_yj=basis cf_cflb=kinds cf_nr=content cf_nr_fk=fine cf_nr_wfff=confiscation"
    " cf_nr_zkdx=licenceRevoked cf_jdrq=decidedOn cf_yxq=validUntil cf_gsjzq=publicityEndsOn cf_cfjg=authority.name"
    " cf_cfjgdm=authority.uscc cf_sjly=dataSource cf_sjlydm=dataSourceUscc bz=remark"
)
INSPECTION = (
    "nhsaCode=institution.nhsaCode authority=authority.code resultNo kind periodFrom periodTo inspectedOn findingsClass"
    " measures amountRecovered recordedAt"
)
SCORE = "nhsaCode=institution.nhsaCode period score grade modelVersion dimensions measures"


def copy_of(bench: Bench, caller: Caller, feed: str) -> dict[str, bytes]:
    """The line of each record by its key, in the order of the keys."""
    kind, key = FEEDS[feed]
    judge, by_remit = bench.judge(caller), bench.judge(replace(caller, case_no=None))
    rows = [row for row in judge.records.rows[kind] if by_remit.is_listed(kind, row)]
    lines = {"/".join(str(row[name]) for name in key): _members(judge, kind, row) for row in rows}
    return {
        name: json.dumps({"key": name, "record": lines[name]}, ensure_ascii=False, separators=(",", ":")).encode()
        for name in sorted(lines, key=str.encode)
    }


def digest_of(lines: Mapping[str, bytes], after: str | None = None, to: str | None = None) -> tuple[int, str]:
    """How many, and the hash, of the lines behind one key up to another."""
    within = [
        hashlib.sha256(line).digest()
        for key, line in lines.items()
        if (after is None or key.encode() > after.encode()) and (to is None or key.encode() <= to.encode())
    ]
    return len(within), hashlib.sha256(b"".join(within)).hexdigest()


def blocks_of(lines: Mapping[str, bytes], size: int) -> list[dict[str, Any]]:
    """All blocks: `after`, `to`, `count`, `sha256`."""
    keys = list(lines)
    ends = [*keys[size - 1 : len(keys) - 1 : size], None]
    found = []
    for after, to in zip([None, *ends], ends, strict=False):
        count, sha256 = digest_of(lines, after, to)
        found.append({"after": after, "to": to, "count": count, "sha256": sha256})
    return found


def _members(judge: Judge, kind: str, row: Row) -> dict[str, Any]:
    if kind == "PenaltyRecord":
        return {code: _form(judge, row, name) for code, _, name in _pairs(FORM)}
    told = INSPECTION if kind == "InspectionResult" else SCORE
    return {name: _value(judge, kind, row, path or name) for name, _, path in _pairs(told)}


def _pairs(text: str) -> Iterator[tuple[str, str, str]]:
    return (each.partition("=") for each in text.split())


def _form(judge: Judge, row: Row, name: str) -> str:
    """One column of the form (R22): 万元 with six decimals, days with slashes, words for codes."""
    if name == "counterpartyName" and _value(judge, "PenaltyRecord", row, "counterpartyCategory") == "NATURAL_PERSON":
        name = "counterpartyPersonName"
    value = _value(judge, "PenaltyRecord", row, name) if name else None
    match name:
        case _ if value is None:
            return ""
        case "counterpartyCategory":
            return CATEGORIES[value]
        case "kinds":
            return "；".join(value)  # in the dense database they are words already
        case "fine" | "confiscation":
            return f"{Decimal(value) / 10_000:.6f}"
        case "decidedOn" | "validUntil" | "publicityEndsOn":
            return str(value).replace("-", "/")
    return str(value)


def _value(judge: Judge, kind: str, row: Row, path: str) -> Any:
    """What the caller may read there, as JSON has it; None for what is hidden, as for what is not."""
    name, _, inner = path.partition(".")
    coordinate = f"{kind}.{name}"
    if not judge.is_open(kind, row, CLASS_OF[kind][name]):
        return None
    if coordinate in MANY:
        target, link, order = MANY[coordinate]
        items = sorted(
            judge.records.where(target, **{link: row["id"]}), key=lambda item: tuple(item[each] for each in order)
        )
        return [{each: leaf(item[each], as_text=False) for each in CLASS_OF[target]} for item in items]
    if not inner:
        return leaf(judge.value(kind, row, name), as_text=False)
    target, own, theirs = ONE[coordinate]
    found = judge.records.one(target, **{theirs: row[own]}) if row[own] is not None else None
    if found is None or SCOPE[target] not in judge.asker.scopes or not judge.is_listed(target, found):
        return None
    return _value(judge, target, found, inner)
