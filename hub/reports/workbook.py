"""The annual report as a workbook: figures, both sides, differences, transfers. Text is text, never a formula."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from hub.clock import BEIJING
from hub.clues.statistics_words import DIFFERENCES, SIDES, Difference, Side

KINDS: Final = {
    "HEALTHCARE_SECURITY": "医疗保障",
    "HEALTH": "卫生健康",
    "MARKET_REGULATION": "市场监管",
    "PUBLIC_SECURITY": "公安",
    "PROCURATORATE": "检察院",
    "FUND_OPERATOR": "经办机构",
    "DISCIPLINE_INSPECTION": "纪检监察",
}
TALLIES: Final = {
    "byRoute": "移送路线",
    "byStatus": "状态",
    "byOutcome": "处理结果",
    "bySource": "线索来源",
    "byTimeliness": "是否逾期",
    "byInstitutionKind": "涉及机构类别",
    "byAgency": "移送机关",
}
FLOWS: Final = ("移送机关类别", "接收机关类别", "发出", "签收", "差异", "件数")
APART: Final = ("案件编号", "移送书编号", "移送机关", "接收机关", "发出时间", "签收时间", "计入", "原因")
SENT: Final = (
    "案件编号", "移送书编号", "移送路线", "清单代码", "线索来源", "接收机关", "发出时间", "签收时间", "状态",
    "处理结果", "办结时间",
)  # fmt: skip


def write(report: Mapping[str, Any], path: Path) -> None:
    """Writes the workbook.

    Raises:
        OSError: the file cannot be written.
    """
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False, "in_memory": False})
    bold = book.add_format({"bold": True})
    try:
        _sheet(book, bold, "汇总", ("项目", "类别", "数值"), _summary(report))
        _sheet(book, bold, "双方核对", FLOWS, _flows(report["flows"]))
        _sheet(book, bold, "差异", APART, (_apart(one) for one in report["differences"]))
        _sheet(book, bold, "移送明细", SENT, (_sent(one) for one in report["transfers"]))
    finally:
        book.close()


def _sheet(book: Any, bold: Any, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heads) - 1, 22)
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(line, column, value)
            else:
                sheet.write_string(line, column, "" if value is None else str(value))


def _summary(report: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    sent, basis = report["sent"], report["basis"]
    yield "年度", "", report["year"]
    yield "报送机关", "", report["agencyName"]
    yield "报送至", "", report["reportTo"] or "汇总后与另一系统沟通反馈"
    yield "期限", "", report["dueOn"]
    yield "依据", basis["title"], basis["clause"]
    if basis["notice"]["zh"]:
        yield "说明", "", basis["notice"]["zh"]
    yield "说明", "", "不含移送纪检监察机关的线索"
    yield "发出合计", "", sent["total"]
    yield "追回金额（元）", "", sent["recovered"]
    yield "罚没金额（元）", "", sent["fined"]
    for name, title in TALLIES.items():
        for one in sent[name]:
            yield title, one["key"], one["count"]


def _flows(flows: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[Any]]:
    for flow in flows:
        kinds = [KINDS.get(flow[name], flow[name]) for name in ("senderKind", "receiverKind")]
        yield *kinds, flow["sent"], flow["received"], "", ""
        for one in flow["differences"]:
            yield "", "", "", "", DIFFERENCES[Difference(one["reason"])].zh, one["count"]


def _apart(one: Mapping[str, Any]) -> Sequence[Any]:
    transfer = one["transfer"]
    return (
        transfer["caseNo"],
        transfer["docNo"],
        (transfer["sender"] or {}).get("name"),
        (transfer["receiver"] or {}).get("name"),
        _moment(transfer["sentAt"]),
        _moment(transfer["receivedAt"]),
        SIDES[Side(one["side"])].zh,
        DIFFERENCES[Difference(one["reason"])].zh,
    )


def _sent(one: Mapping[str, Any]) -> Sequence[Any]:
    return (
        one["caseNo"],
        one["docNo"],
        one["route"],
        "、".join(one["catalogueCodes"] or ()),
        one["source"],
        (one["receiver"] or {}).get("name"),
        _moment(one["sentAt"]),
        _moment(one["receivedAt"]),
        one["status"],
        one["outcome"],
        _moment(one["closedAt"]),
    )


def _moment(text: str | None) -> str:
    """In Beijing, to the minute."""
    return datetime.fromisoformat(text).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if text else ""
