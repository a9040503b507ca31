"""The columns of the register (台账, 000 三（三）): from who found what, over every step, to what is due next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from hub.clock import BEIJING
from hub.clues.deadlines import OwedBy
from hub.clues.lifecycle_titles import CLOCKS, ROUTES, STATUSES
from hub.clues.lifecycle_words import Clock, Route, Status
from hub.law.catalogue import catalogues
from hub.law.pack import packs

Cell = str | int | date | datetime | None
"""A time is of Beijing and without offset: a workbook knows none."""
Node = Mapping[str, Any]

FIELDS: Final = """
id caseNo docNo route status sender { name } receiver { name } notified { name } institution { name }
source catalogueCodes discoveredOn approvedAt sentAt arrivedAt receivedAt resultReportedAt closedAt outcome
dueAt dueClock duePack dueClause dueBinding dueProvisional overdue owedBy remainingDays remainingWorkingDays
"""
SOURCES: Final = {
    "SMART_MONITORING": "智能监控",
    "EXPERT_REVIEW": "专家评审",
    "REPORT": "举报",
    "SOCIAL_SUPERVISOR": "社会监督员",
    "PATROL_ASSISTANT": "巡查协管员",
    "GRID_WORKER": "网格员",
    "HOME_VISIT": "入户走访",
    "SELF_INSPECTION": "自查自纠",
    "SUPERIOR_ASSIGNMENT": "上级交办",
    "DEPARTMENT_TRANSFER": "部门移送",
}
OUTCOMES: Final = {
    "PENALTY_IMPOSED": "作出行政处罚",
    "AGREEMENT_MEASURE": "协议处理",
    "CRIMINAL_CASE_FILED": "立案侦查",
    "CASE_DECLINED": "不予立案",
    "NO_VIOLATION": "未发现违法",
    "DISCIPLINARY_ACTION": "给予处分",
    "NOT_WITHIN_REMIT": "不属本机关职责",
}
OWED_BY: Final = {
    OwedBy.SENDER: "移送机关",
    OwedBy.RECEIVER: "接收机关",
    OwedBy.COMMON_SUPERIOR: "共同上级机关",
}


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in characters."""

    title: str
    width: int
    value: Callable[[Node], Cell]


def _text(name: str) -> Callable[[Node], Cell]:
    return lambda node: node[name]


def _named(name: str) -> Callable[[Node], Cell]:
    return lambda node: node[name]["name"] if node[name] else None


def _time(name: str) -> Callable[[Node], Cell]:
    def value(node: Node) -> Cell:
        given = node[name]
        return datetime.fromisoformat(given).astimezone(BEIJING).replace(tzinfo=None) if given else None

    return value


def _day(name: str) -> Callable[[Node], Cell]:
    return lambda node: date.fromisoformat(node[name]) if node[name] else None


def _worded(name: str, words: Mapping[Any, str], member: Callable[[str], Any] = str) -> Callable[[Node], Cell]:
    """In Chinese; what has no words is told as it is."""

    def value(node: Node) -> Cell:
        given = node[name]
        try:
            return None if given is None else words.get(member(given), given)
        except ValueError:
            return str(given)

    return value


def _yes(name: str, *, unknown: str = "") -> Callable[[Node], Cell]:
    return lambda node: unknown if node[name] is None else "是" if node[name] else "否"


def _catalogue(node: Node) -> Cell:
    known = catalogues()
    titles = []
    for code in node["catalogueCodes"] or ():
        try:
            titles.append(f"{code} {known.entry(code).short}")
        except LookupError:
            titles.append(code)
    return "；".join(titles) or None


def _notified(node: Node) -> Cell:
    return "；".join(agency["name"] for agency in node["notified"] or ()) or None


@cache
def _packs() -> Mapping[str, str]:
    return {pack.id: pack.file.title.zh for pack in packs()}


def _clause(node: Node) -> Cell:
    parts = (_packs().get(node["duePack"], node["duePack"]), node["dueClause"])
    return " ".join(part for part in parts if part) or None


COLUMNS: Final = (
    Column("案件编号", 22, _text("caseNo")),
    Column("移送书编号", 28, _text("docNo")),
    Column("移送路线", 14, _worded("route", {route: zh for route, (zh, _) in ROUTES.items()}, Route)),
    Column("移送机关", 26, _named("sender")),
    Column("接收机关", 26, _named("receiver")),
    Column("抄送机关", 26, _notified),
    Column("涉及机构", 26, _named("institution")),
    Column("线索来源", 12, _worded("source", SOURCES)),
    Column("移送清单事项", 32, _catalogue),
    Column("状态", 10, _worded("status", STATUSES, Status)),
    Column("发现日期", 12, _day("discoveredOn")),
    Column("批准时间", 17, _time("approvedAt")),
    Column("发出时间", 17, _time("sentAt")),
    Column("送达时间", 17, _time("arrivedAt")),
    Column("签收时间", 17, _time("receivedAt")),
    Column("反馈结果时间", 17, _time("resultReportedAt")),
    Column("办结时间", 17, _time("closedAt")),
    Column("处理结果", 16, _worded("outcome", OUTCOMES)),
    Column("期限事项", 16, _worded("dueClock", CLOCKS, Clock)),
    Column("办理责任方", 14, _worded("owedBy", OWED_BY, OwedBy)),
    Column("期限届满", 17, _time("dueAt")),
    Column("剩余自然日", 11, _text("remainingDays")),
    Column("剩余工作日", 11, _text("remainingWorkingDays")),
    Column("是否逾期", 9, _yes("overdue")),
    Column("期限依据", 40, _clause),
    Column("依据在当地有法律效力", 20, _yes("dueBinding")),
    Column("放假安排未公布", 15, _yes("dueProvisional")),
    Column("移送公开编号", 38, _text("id")),
)
