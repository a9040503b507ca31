"""Makes the templates anew: `python -m hub.documents.layouts`. Afterwards they may be edited in Word.

Page and type are those of official papers (GB/T 9704-2012): A4, margins 37, 26, 35 and 28 mm, lines of 28 points,
title 方正小标宋, text 仿宋, headings 黑体; the page number between dashes, outside. A reader's machine without these
faces takes the alternative that the font table names: 宋体 and 仿宋 that every system has.
"""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

FOLDER: Final = Path(__file__).parent / "templates"
TITLE_FACE, TEXT_FACE, HEAD_FACE, LATIN_FACE = "方正小标宋简体", "仿宋_GB2312", "黑体", "Times New Roman"
ALTERNATIVES: Final = {TITLE_FACE: "宋体", TEXT_FACE: "仿宋", HEAD_FACE: "SimHei"}
TITLE_PT, TEXT_PT, TABLE_PT, NOTE_PT, PAGE_PT, LINE_PT = 22, 16, 12, 10.5, 14, 28
INDENT: Final = Pt(2 * TEXT_PT)
_MADE: Final = datetime(2026, 11, 22, tzinfo=UTC)
_ZIP_TIME: Final = (2026, 11, 22, 0, 0, 0)
LEFT, CENTER, RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


class _Page:
    """A document under construction; every text may hold tags of docxtpl."""

    def __init__(self, title: str) -> None:
        self.document: Any = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        self.document.settings.odd_and_even_pages_header_footer = True
        self._page_number(section.footer, RIGHT)
        self._page_number(section.even_page_footer, LEFT)
        _face(self.document.styles["Normal"], TEXT_FACE, TEXT_PT)
        properties = self.document.core_properties
        properties.title, properties.author, properties.comments = title, "", ""
        properties.created = properties.modified = _MADE
        properties.last_modified_by, properties.language = "", "zh-CN"

    def line(
        self,
        text: str,
        align: Any = LEFT,
        *,
        face: str = TEXT_FACE,
        size: float = TEXT_PT,
        indent: bool = False,
        bold: bool = False,
        keep: bool = False,
    ) -> Paragraph:
        made: Paragraph = self.document.add_paragraph()
        _write(made, text, align, face, size, bold=bold)
        form = made.paragraph_format
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_PT if size >= TABLE_PT else 18)
        form.first_line_indent = INDENT if indent else None
        form.keep_with_next = keep
        return made

    def tag(self, text: str) -> None:
        """A paragraph that holds a statement only; it is gone in the document."""
        self.line("{%p " + text + " %}")

    def head(self, text: str) -> None:
        self.line(text, face=HEAD_FACE, indent=True, keep=True)

    def body(self, text: str) -> None:
        self.line(text, indent=True)

    def each(self, variable: str, many: str) -> None:
        self.tag(f"for {variable} in {many}")
        self.body("{{ " + variable + " }}")
        self.tag("endfor")

    def table(self, widths_mm: tuple[int, ...], rows: list[tuple[str, ...]], *, heads: int = 0) -> None:
        """`heads`: rows that are repeated on every page. A row of one text is a statement over the rows."""
        table = self.document.add_table(0, len(widths_mm))
        table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
        for number, texts in enumerate(rows):
            row = table.add_row()
            for cell, width in zip(row.cells, widths_mm, strict=True):
                cell.width = Mm(width)
            for position, text in enumerate(texts):
                size = NOTE_PT if position == len(texts) - 1 and len(texts) > 3 else TABLE_PT  # noqa: PLR2004
                _write(row.cells[position].paragraphs[0], text, LEFT, HEAD_FACE if number < heads else TEXT_FACE, size)
            if number < heads:
                row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - python-docx has no way to it
            cut = OxmlElement("w:cantSplit")
            row._tr.get_or_add_trPr().append(cut)  # noqa: SLF001

    def signature(self) -> None:
        """Who signs, the place for the seal, and the date, kept together."""
        self.line("")
        self.line("{{ signer }}", RIGHT, keep=True)
        self.line("（盖章处）", RIGHT, keep=True)
        self.line("{{ date }}", RIGHT)

    def notes(self) -> None:
        self.tag("for note in notes")
        self.line("注：{{ note }}", size=NOTE_PT)
        self.tag("endfor")

    def save(self, path: Path) -> None:
        """The same bytes for the same layout: no clock in the file."""
        written = io.BytesIO()
        _name_alternatives(self.document)
        self.document.save(written)
        with zipfile.ZipFile(written) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(zipfile.ZipInfo(name, _ZIP_TIME), source.read(name), zipfile.ZIP_DEFLATED)

    @staticmethod
    def _page_number(footer: Any, align: Any) -> None:
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = align
        if align == RIGHT:
            paragraph.paragraph_format.right_indent = Pt(PAGE_PT)
        else:
            paragraph.paragraph_format.left_indent = Pt(PAGE_PT)
        for part in ("— ", None, " —"):
            run = paragraph.add_run(part or "")
            _face(run, "宋体", PAGE_PT)
            if part is None:
                for kind, text in (("begin", ""), ("", "PAGE"), ("separate", ""), ("text", "1"), ("end", "")):
                    run._r.append(_field(kind, text))  # noqa: SLF001 - python-docx knows no fields


def _field(kind: str, text: str) -> Any:
    if kind in ("begin", "separate", "end"):
        made = OxmlElement("w:fldChar")
        made.set(qn("w:fldCharType"), kind)
        return made
    made = OxmlElement("w:t" if kind else "w:instrText")
    made.text = text
    return made


def _write(paragraph: Any, text: str, align: Any, face: str, size: float, *, bold: bool = False) -> None:
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.bold = bold
    _face(run, face, size)


def _face(of: Any, face: str, size: float) -> None:
    """The face of Chinese characters, beside one for figures and letters."""
    of.font.name, of.font.size = LATIN_FACE, Pt(size)
    of.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _name_alternatives(document: Any) -> None:
    """Into the font table: what stands for a face that a machine does not have."""
    part = next(part for part in document.part.package.iter_parts() if str(part.partname) == "/word/fontTable.xml")
    fonts = "".join(
        f'<w:font w:name="{face}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for face, other in ALTERNATIVES.items()
    )
    part._blob = part.blob.replace(b"</w:fonts>", fonts.encode() + b"</w:fonts>")  # noqa: SLF001 - kept as bytes


def transfer_letter() -> _Page:
    page = _Page("医保基金使用违法违规案件移送书")
    page.tag("if mark")
    page.line("【{{ mark }}】", CENTER, face=HEAD_FACE, bold=True)
    page.tag("endif")
    page.line("{{ title }}", CENTER, face=TITLE_FACE, size=TITLE_PT, keep=True)
    page.line("{{ doc_no }}", CENTER, keep=True)
    page.line("")
    page.line("{{ addressee }}：")
    page.body("{{ opening }}")
    page.head("一、基本情况")
    page.table(
        (36, 116),
        [
            ("案件编号", "{{ case_no }}"),
            ("线索来源", "{{ source }}"),
            ("发现日期", "{{ discovered_on }}"),
            ("涉及机构", "{{ institution }}"),
        ],
    )
    page.head("二、涉案主体")
    page.table(
        (36, 56, 60),
        [
            ("类别", "姓名或者名称", "统一社会信用代码或者证件号码"),
            ("{%tr for party in parties %}",),
            ("{{ party.kind }}", "{{ party.name }}", "{{ party.number }}"),
            ("{%tr endfor %}",),
        ],
        heads=1,
    )
    page.head("三、移送事项")
    page.each("item", "items")
    page.head("四、案情摘要")
    page.body("{{ summary }}")
    page.head("五、涉嫌违法违规事实")
    page.body("{{ facts }}")
    page.head("六、涉案金额")
    page.body("违规金额：{{ violation_amount }}")
    page.body("基金损失：{{ fund_loss }}")
    page.head("七、涉案物品清单")
    page.each("article", "articles")
    page.head("八、有关证据材料")
    page.table(
        (12, 52, 36, 52),
        [
            ("序号", "名称", "种类", "电子文件摘要（SHA-256）"),
            ("{%tr for item in evidence %}",),
            ("{{ item.number }}", "{{ item.name }}", "{{ item.kind }}", "{{ item.digest }}"),
            ("{%tr endfor %}",),
        ],
        heads=1,
    )
    for name in ("evidence_note", "approved"):
        page.tag(f"if {name}")
        page.body("{{ " + name + " }}")
        page.tag("endif")
    page.signature()
    page.tag("if copies")
    page.line("抄送：{{ copies }}", size=PAGE_PT)
    page.tag("endif")
    page.notes()
    return page


def receipt() -> _Page:
    """The annex of 000, word for word; who signed is added (三（二）: 在回执上签字)."""
    page = _Page("医保基金使用违法违规案件移送书（回执）")
    page.line("{{ title }}", CENTER, face=TITLE_FACE, size=TITLE_PT, keep=True)
    page.line("{{ subtitle }}", CENTER, face=TITLE_FACE, size=TITLE_PT, keep=True)
    page.line("")
    page.line("{{ addressee }}：")
    page.body("今收到你单位移送的《{{ title }}》（{{ doc_no }}）案件。")
    page.body("案卷{{ pages }}页。")
    page.body("有关文书和证据：")
    page.each("document", "documents")
    page.line("")
    page.body("签收人：{{ officer }}")
    page.signature()
    page.notes()
    return page


def make(folder: Path = FOLDER) -> list[Path]:
    """Writes the templates; gives their paths."""
    folder.mkdir(exist_ok=True)
    made = []
    for name, page in (("transfer-letter", transfer_letter()), ("receipt", receipt())):
        made.append(folder / f"{name}.docx")
        page.save(made[-1])
    return made


if __name__ == "__main__":
    make()
