"""What is printed, from the answer to the document's query; nothing here decides who may read what.

A paper with a number that leaves something out would be taken for the whole one: where a field that it prints is hidden
from the caller, none is made, and the reasons are told. Items of evidence are hidden one by one, by their own class;
then the paper says that there are more. Insured persons are not listed at all (个人信息保护法 第六条: no more than
needed), nor is what would point to an informant (条例第三十五条).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from hub.clock import BEIJING
from hub.documents.chinese import amount_in_figures, amount_in_words, chinese_count, chinese_date
from hub.documents.words import EVIDENCE, PARTIES, SOURCES
from hub.law import pack as packs
from hub.law.catalogue import catalogues
from hub.law.pack import Basis
from hub.law.region import Place
from hub.law.routing import Finding, Party, route
from hub.law.vocabulary import HEALTH, HEALTHCARE_SECURITY, PartyKind, Route, Suspicion, route_of

Record = Mapping[str, Any]
NOTHING: Final = "无"
_BLANK_DATE: Final = "    年    月    日"
_ANNEX: Final = "附件"
_KINDS: Final = frozenset(PartyKind)
_SUSPECTED: Final = {
    "PUBLIC_SECURITY": frozenset({Suspicion.CRIME}),
    "DISCIPLINE_INSPECTION": frozenset({Suspicion.DUTY_CRIME}),
}
"""What a transfer to this kind of agency says by itself."""


class Kind(StrEnum):
    """The documents; the value is their file's name at the hub."""

    TRANSFER_LETTER = "transfer-letter"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Paper:
    """Ready to be printed: texts by their name in the template, and a name for the file."""

    kind: Kind
    values: Mapping[str, Any]
    name: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Fields that the paper prints are hidden from the caller: their entries of `extensions.masked`."""

    masked: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class NotThere:
    """No such transfer for this caller: refused and absent are one."""


@dataclass(frozen=True, slots=True)
class NotSigned:
    """The current receiver has signed no receipt, or none that the hub knows the contents of."""


Made = Paper | Incomplete | NotThere | NotSigned


def paper(kind: Kind, answer: Record, today: date) -> Made:
    """The document of an answer to `asked/{kind}.graphql`.

    Args:
        answer: the whole GraphQL response, with `data` and `extensions.masked`.
        today: in Beijing; the law that a draft is written under.
    """
    transfer = answer["data"]["clueTransfer"]
    masked = answer["extensions"]["masked"]
    if transfer is None:
        # A scope that the token lacks is told as in any query: that is about the token, not about a record.
        of_token = tuple(entry for entry in masked if entry["coordinate"].startswith("Query."))
        return Incomplete(of_token) if of_token else NotThere()
    if kind is Kind.RECEIPT:
        return _receipt(transfer, masked)
    return _letter(transfer, masked, today)


# --- 移送书 ----------------------------------------------------------------------------------------------------------


def _letter(transfer: Record, masked: Iterable[Record], today: date) -> Paper | Incomplete:
    if hidden := _hidden(transfer, "ClueTransfer", set(transfer) - {"hiddenFields"}):
        return Incomplete(_told(masked, hidden))
    sent_on = _day(transfer["sentAt"])
    on = sent_on or today
    items = [item for item in transfer["evidence"] if item["dataClass"] != "INFORMANT"]
    basis = _basis(transfer, on)
    number = transfer["docNo"] if sent_on else None
    values = {
        "title": _title(transfer),
        "mark": _mark(transfer, sent_on),
        "doc_no": number or "（草稿，未编号）",
        "addressee": transfer["receiver"]["name"],
        "opening": _opening(transfer, basis),
        "case_no": transfer["caseNo"],
        "source": SOURCES.get(transfer["source"], transfer["source"]),
        "discovered_on": chinese_date(date.fromisoformat(transfer["discoveredOn"])),
        "institution": _institution(transfer["institution"]),
        "parties": [_party(each) for each in transfer["parties"]],
        "items": _catalogue_items(transfer),
        "summary": transfer["summary"] or NOTHING,
        "facts": transfer["suspectedFacts"] or NOTHING,
        "violation_amount": _amount(transfer["violationAmount"]),
        "fund_loss": _amount(transfer["fundLoss"]),
        "articles": [f"{number}．{name}" for number, name in enumerate(transfer["articles"], 1)] or [NOTHING],
        "evidence": [
            {"number": number, "name": item["name"], "kind": EVIDENCE.get(item["kind"], item["kind"]), **_digest(item)}
            for number, item in enumerate(items, 1)
        ],
        "evidence_note": _evidence_note(transfer, masked),
        "approved": _approved(transfer["approvedAt"]),
        "copies": "、".join(agency["name"] for agency in transfer["notified"]),
        "signer": transfer["sender"]["name"],
        "date": chinese_date(sent_on) if sent_on else _BLANK_DATE,
        "notes": [_notice(each) for each in basis if each.notice_zh],
    }
    return Paper(Kind.TRANSFER_LETTER, values, f"移送书-{number or '草稿-' + transfer['caseNo']}.docx")


def _mark(transfer: Record, sent_on: date | None) -> str:
    """What a reader must know before anything else."""
    if sent_on is None:
        return "草稿  未经发出，不具有移送效力"
    if transfer["status"] == "RECALLED":
        recalled = _day(transfer["closedAt"])
        return f"已撤回{f'（{chinese_date(recalled)}）' if recalled else ''}"
    return ""


def _title(transfer: Record) -> str:
    """000 names its own paper, 310 第六条 that to 公安; for all other routes the hub takes the former."""
    return "涉嫌犯罪案件移送书" if _to_police(transfer) else "医保基金使用违法违规案件移送书"


def _to_police(transfer: Record) -> bool:
    return route_of(transfer["sender"]["kind"], transfer["receiver"]["kind"]) is Route.TO_PUBLIC_SECURITY


def _opening(transfer: Record, basis: list[Basis]) -> str:
    what = "涉嫌犯罪案件" if _to_police(transfer) else "涉嫌违法违规使用医疗保障基金的案件（线索）"
    clauses = "、".join(f"{_titled(each.title_zh)}{each.clause}" for each in basis)
    under = f"依照{clauses}的规定" if clauses else "依照有关规定"
    return (
        f"我单位发现下列{what}属于你单位职责范围，{under}，现移送你单位依法处理。"
        "请予受理，并将签字、加盖印章的回执退我单位。"
    )


def _basis(transfer: Record, on: date) -> list[Basis]:
    """By which rules the finding goes to this receiver: the one that governs, or none where no rule speaks of it."""
    sender, receiver = transfer["sender"], transfer["receiver"]
    finding = Finding(
        codes=tuple(code for code in transfer["catalogueCodes"] if code in catalogues().entries),
        parties=tuple(Party(PartyKind(each["kind"])) for each in transfer["parties"] if each["kind"] in _KINDS),
        sender_kind=sender["kind"],
        sender=Place(sender["region"]["code"], sender["level"]),
        on=on,
        suspected=_SUSPECTED.get(receiver["kind"], frozenset()),
    )
    found = [each for each in route(finding).receivers if each.kind == receiver["kind"]]
    found.sort(key=lambda each: each.place.code != receiver["region"]["code"])
    return [each.basis for each in found[:1]]


def _titled(title: str) -> str:
    return title if title.startswith("《") else f"《{title}》"


def _notice(basis: Basis) -> str:
    return f"{_titled(basis.title_zh)}{basis.clause}：{basis.notice_zh}。"


def _institution(institution: Record | None) -> str:
    if institution is None:
        return NOTHING
    return f"{institution['name']}（国家医保编码{institution['nhsaCode']}）"


def _party(party: Record) -> dict[str, str]:
    number = party["uscc"] or party["identityNumber"]
    return {"kind": PARTIES.get(party["kind"], party["kind"]), "name": party["name"], "number": number or NOTHING}


def _catalogue_items(transfer: Record) -> list[str]:
    """The members of the lists in their documents' own words, with the text of an "other"."""
    texts = {each["code"]: each["text"] for each in transfer["catalogueTexts"]}
    found = []
    for number, code in enumerate(transfer["catalogueCodes"], 1):
        entry = catalogues().entries.get(code)
        words = entry.zh.rstrip("；;。") if entry else ""
        text = f"：{texts[code]}" if code in texts else ""
        found.append(f"{number}．{words}{text}（{code}）")
    return found or [NOTHING]


def _amount(yuan: str | None) -> str:
    """In words and in figures; what is not established is said to be so."""
    if yuan is None:
        return "尚未核定"
    return f"{amount_in_words(Decimal(yuan))}（{amount_in_figures(Decimal(yuan))}）"


def _digest(item: Record) -> dict[str, str]:
    return {"digest": item["sha256"] or ""}


def _evidence_note(transfer: Record, masked: Iterable[Record]) -> str:
    if "evidence" not in transfer["hiddenFields"]:
        return ""
    reasons = "、".join(dict.fromkeys(entry["basis"] for entry in _told(masked, {"ClueTransfer.evidence"})))
    return f"另有证据材料未予列示：依据{reasons}，对本文书的打印单位不开放。"


def _approved(approved_at: str | None) -> str:
    day = _day(approved_at)
    return f"本移送已于{chinese_date(day)}经本单位主要负责人批准。" if day else ""


# --- 回执 ------------------------------------------------------------------------------------------------------------


def _receipt(transfer: Record, masked: Iterable[Record]) -> Paper | Incomplete | NotSigned:
    """R13, the annex of 000: addressee, number, pages of the file, documents and evidence, seal, date."""
    hidden = _hidden(transfer, "ClueTransfer", set(transfer) - {"hiddenFields"})
    if hidden:
        return Incomplete(_told(masked, hidden))
    receiver = transfer["receiver"]
    signed = [each for each in transfer["receipts"] if (each["agency"] or {}).get("code") == receiver["code"]]
    # Received anew after it had moved on and come back: the last one is of now. None while nobody has signed.
    if not signed or transfer["receivedAt"] is None:
        return NotSigned()
    receipt = signed[-1]
    if hidden := _hidden(receipt, "TransferReceipt", set(receipt) - {"hiddenFields"}):
        return Incomplete(_told(masked, hidden))
    signed_on = _day(receipt["signedAt"])
    if signed_on is None:
        return NotSigned()
    basis = _form(transfer, signed_on)
    officer = receipt["officerName"] or ""
    values = {
        "title": _title(transfer),
        "subtitle": "（回执）",
        "addressee": transfer["sender"]["name"],
        "doc_no": transfer["docNo"],
        "pages": chinese_count(receipt["pages"]),
        "documents": [f"{number}．{line}" for number, line in enumerate(receipt["documents"], 1)],
        "officer": f"{officer}（执法证号{receipt['officerCertificateNo']}）",
        "signer": receiver["name"],
        "date": chinese_date(signed_on),
        "notes": [f"回执格式：{_notice(basis)}"] if basis.notice_zh else [],
    }
    return Paper(Kind.RECEIPT, values, f"移送书回执-{transfer['docNo']}.docx")


def _form(transfer: Record, on: date) -> Basis:
    """The annex of 000 binds 医保 and 卫健 of its territory; for everybody else it is the hub's form."""
    form, receiver = packs.packs().pack("000"), transfer["receiver"]
    between = {transfer["sender"]["kind"], receiver["kind"]} == {HEALTHCARE_SECURITY, HEALTH}
    return form.basis(_ANNEX, binding=between and form.in_force(receiver["region"]["code"], on))


# --- what is hidden --------------------------------------------------------------------------------------------------


def _hidden(record: Record, type_name: str, printed: set[str]) -> set[str]:
    """Coordinates that are printed and hidden from the caller; not evidence of which only items are hidden."""
    names = {name for name in record["hiddenFields"] if name in printed and record[name] is None}
    return {f"{type_name}.{name}" for name in names}


def _told(masked: Iterable[Record], coordinates: set[str]) -> tuple[Record, ...]:
    return tuple(entry for entry in masked if entry["coordinate"] in coordinates)


def _day(moment: str | None) -> date | None:
    """The date in Beijing."""
    return None if moment is None else datetime.fromisoformat(moment).astimezone(BEIJING).date()
