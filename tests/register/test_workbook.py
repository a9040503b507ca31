"""The register as a workbook: what is read back is what was answered, and nothing in it is a formula."""

import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from hub.clues.commands_inputs import Outcome, Source
from hub.register.asked import Refused, due_between, transfers
from hub.register.columns import COLUMNS, FIELDS, OUTCOMES, SOURCES
from hub.register.workbook import write

NODE: dict[str, Any] = {
    "id": "11111111-1111-4111-8111-000000000001",
    "caseNo": "NX-2026-0001",
    "docNo": "兴医保案移字〔2026〕1号",
    "route": "HEALTHCARE_SECURITY_TO_HEALTH",
    "status": "SUPPLEMENT_REQUESTED",
    "sender": {"name": "兴庆区医疗保障局"},
    "receiver": {"name": "兴庆区卫生健康局"},
    "notified": [{"name": "兴庆区市场监督管理局"}, {"name": "银川市卫生健康委员会"}],
    "institution": {"name": "康宁医院"},
    "source": "SMART_MONITORING",
    "catalogueCodes": ["NX2022-HS-1", "UNKNOWN-9"],
    "discoveredOn": "2026-09-18",
    "approvedAt": "2026-09-21T02:00:00+00:00",
    "sentAt": "2026-09-21T16:30:00+00:00",
    "arrivedAt": None,
    "receivedAt": "2026-09-22T01:00:00.5+00:00",
    "resultReportedAt": None,
    "closedAt": None,
    "outcome": "PENALTY_IMPOSED",
    "dueAt": "2026-09-29T16:00:00+00:00",
    "dueClock": "supplement",
    "duePack": "NX2022",
    "dueClause": "三（二）第一款",
    "dueBinding": True,
    "dueProvisional": False,
    "overdue": False,
    "owedBy": "SENDER",
    "remainingDays": -3,
    "remainingWorkingDays": 0,
}
NOTHING = dict.fromkeys(NODE) | {"id": "x", "notified": [], "catalogueCodes": []}


def at(*parts: int) -> datetime:
    """A time in Beijing as a workbook has it: without offset."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def read(path: Path) -> list[list[Any]]:
    sheet = load_workbook(path)["台账"]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_row_is_read_back_as_the_hub_answered_it(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    assert write(path, [NODE, NOTHING], [("目的", "fund-supervision")]) == 2
    head, first, second = read(path)
    assert head == ["序号", *(column.title for column in COLUMNS)]
    row = dict(zip(head, first, strict=True))
    assert row == {
        "序号": 1,
        "案件编号": "NX-2026-0001",
        "移送书编号": "兴医保案移字〔2026〕1号",
        "移送路线": "医保→卫健",
        "移送机关": "兴庆区医疗保障局",
        "接收机关": "兴庆区卫生健康局",
        "抄送机关": "兴庆区市场监督管理局；银川市卫生健康委员会",
        "涉及机构": "康宁医院",
        "线索来源": "智能监控",
        "移送清单事项": row["移送清单事项"],
        "状态": "要求补正",
        "发现日期": at(2026, 9, 18),
        "批准时间": at(2026, 9, 21, 10),
        "发出时间": at(2026, 9, 22, 0, 30),
        "送达时间": None,
        "签收时间": at(2026, 9, 22, 9, 0, 0, 500000),
        "反馈结果时间": None,
        "办结时间": None,
        "处理结果": "作出行政处罚",
        "期限事项": "补正",
        "办理责任方": "移送机关",
        "期限届满": at(2026, 9, 30),
        "剩余自然日": -3,
        "剩余工作日": 0,
        "是否逾期": "否",
        "期限依据": row["期限依据"],
        "依据在当地有法律效力": "是",
        "放假安排未公布": "否",
        "移送公开编号": NODE["id"],
    }
    assert row["移送清单事项"].startswith("NX2022-HS-1 ")
    assert row["移送清单事项"].endswith("；UNKNOWN-9")
    assert row["期限依据"].endswith(" 三（二）第一款")
    assert "宁夏" in row["期限依据"]
    assert [value for value in second if value not in (None, "")] == [2, "x"]
    about = {row[0].value: row[1].value for row in load_workbook(path)["说明"].iter_rows()}
    assert about == {"目的": "fund-supervision", "行数": "2"}


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "{=1}", "http://example.org", "mailto:a@b",
     "00123", "1e5", "internal:Sheet2!A1", "<r/>&", "多行\n文本"],
)  # fmt: skip
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.xlsx"
    node = NODE | {"caseNo": text, "docNo": text, "sender": {"name": text}, "catalogueCodes": [text], "dueClause": text}
    write(path, [node], [(text, text)])
    for name in ("台账", "说明"):
        for row in load_workbook(path)[name].iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    found = read(path)[1]
    assert found[1] == found[2] == found[4] == text
    with zipfile.ZipFile(path) as parts:
        sheets = b"".join(parts.read(name) for name in parts.namelist() if "worksheets" in name)
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(b"before")

    def broken() -> Any:
        yield NODE
        raise Refused("the hub went away")

    with pytest.raises(Refused):
        write(path, broken(), [])
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_every_word_of_the_vocabularies_has_chinese() -> None:
    assert SOURCES.keys() == {member.value for member in Source}
    assert OUTCOMES.keys() == {member.value for member in Outcome}


def test_every_field_asked_is_in_a_column() -> None:
    """Nothing is disclosed for nothing: what is asked for is written."""
    asked = set(FIELDS.replace("{ name }", "").split())

    class Spy(dict[str, Any]):
        def __init__(self) -> None:
            super().__init__(NODE)
            self.read: set[str] = set()

        def __getitem__(self, key: str) -> Any:
            self.read.add(key)
            return super().__getitem__(key)

    spy = Spy()
    for column in COLUMNS:
        column.value(spy)
    assert spy.read == asked


class Pages:
    """A hub with so many transfers."""

    def __init__(self, count: int) -> None:
        self.count, self.asked = count, []

    def answer(self, document: str, variables: str | None) -> bytes:
        given = json.loads(variables or "{}")
        self.asked.append(given)
        start = int(given["after"] or 0)
        end = min(start + 500, self.count)
        page = {
            "nodes": [{"id": str(n)} for n in range(start, end)],
            "pageInfo": {"hasNextPage": end < self.count, "endCursor": str(end)},
        }
        return json.dumps({"data": {"register": page}}).encode()


def test_all_pages_are_walked_with_the_filter() -> None:
    pages = Pages(1203)
    found = list(transfers(pages, {"overdue": {"eq": True}}))
    assert [node["id"] for node in found] == [str(n) for n in range(1203)]
    assert len(pages.asked) == 3
    assert all(each["filter"] == {"overdue": {"eq": True}} for each in pages.asked)


def test_a_refusal_is_told_in_the_hubs_words() -> None:
    class No:
        def answer(self, document: str, variables: str | None) -> bytes:
            return json.dumps(
                {"errors": [{"extensions": {"code": "QUOTA_EXCEEDED", "zh": "超额", "en": "too much"}}]}
            ).encode()

    with pytest.raises(Refused, match="QUOTA_EXCEEDED: 超额 / too much"):
        next(iter(transfers(No(), {})))


def test_the_days_of_a_deadline_are_beijing_days() -> None:
    assert due_between(None, None) == {}
    assert due_between(date(2026, 9, 29), date(2026, 9, 29)) == {
        "gt": "2026-09-29T00:00:00+08:00",
        "lte": "2026-09-30T00:00:00+08:00",
    }
