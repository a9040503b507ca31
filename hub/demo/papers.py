"""Files of the sample's evidence: small invented papers, the same bytes wherever and whenever they are made.

Some transfers of the demo clients' agencies have their evidence as files, so that a newcomer can download one. Rows
come with the load (`evidence_file`); the bytes are made again from the row and put where files lie (`store_papers`).
"""

import hashlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from xlsxwriter import Workbook

from hub.demo.catalogue import XLSX
from hub.files.objects import ObjectMissing, Objects

COLUMNS: Final = (
    "file_id, case_no, agency, client_id, officer, name, media_type, size, sha256, state, stored, opened_at, "
    "completed_at"
)
_OF_DEMO: Final = """
    SELECT file_id, case_no, agency, name, media_type FROM evidence_file
    WHERE state = 'COMPLETE' AND officer = ANY(%s)
"""
_MADE: Final = datetime(2020, 1, 1, tzinfo=UTC)


class Paper(NamedTuple):
    """What a file is made of: columns of its row."""

    file_id: UUID
    case_no: str
    agency: str
    name: str
    media_type: str


class Written(NamedTuple):
    size: int
    sha256: str


def content(paper: Paper) -> bytes:
    """The whole file.

    >>> content(Paper(UUID(int=1), "640104-2026-000001", "640104-HEALTH", "调查报告.pdf", "application/pdf"))[:8]
    b'%PDF-1.4'
    """
    title = PurePosixPath(paper.name).stem
    lines = [
        title,
        f"案件编号 {paper.case_no}",
        f"提供机关 {paper.agency}",
        "本件为演示用的虚构材料，不涉及任何真实人员和机构。",
        "An invented paper of the sample. It is about nobody.",
        f"{paper.file_id}",
    ]
    return _sheet(title, lines) if paper.media_type == XLSX else _page(lines)


def written(paper: Paper) -> Written:
    """What its row says of the content."""
    made = content(paper)
    return Written(len(made), hashlib.sha256(made).hexdigest())


async def store_papers(owner_url: str, objects: Objects, officers: list[str]) -> int:
    """Puts the files of the sample where they belong, those that are not there yet; how many.

    Args:
        owner_url: libpq URL of the owner role.
        objects: the store of the demo.
        officers: certificate numbers under which the sample's files were brought.

    Raises:
        StoreUnavailable
    """
    with psycopg.connect(owner_url, row_factory=class_row(Paper)) as connection:
        papers = connection.execute(_OF_DEMO, (officers,)).fetchall()
    stored = 0
    for paper in papers:
        try:
            await objects.size(paper.file_id)
        except ObjectMissing:
            await objects.settle(paper.file_id, await objects.put(paper.file_id, _pieces(content(paper))))
            await objects.drop_upload(paper.file_id)
            stored += 1
    return stored


async def _pieces(whole: bytes) -> AsyncIterator[bytes]:
    yield whole


def _sheet(title: str, lines: list[str]) -> bytes:
    made = io.BytesIO()
    with Workbook(made, {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        sheet = book.add_worksheet(title)
        sheet.set_column(0, 0, 60)
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line)
    return made.getvalue()


def _page(lines: list[str]) -> bytes:
    """One page (PDF 1.4, ISO 32000) in a Chinese font that every reader has (Adobe-GB1), so none is embedded."""
    shown = "\n".join(f"<{line.encode('utf-16-be').hex()}> Tj T*" for line in lines)
    stream = f"BT /F 12 Tf 22 TL 60 760 Td\n{shown}\nET"
    font = "/Type /Font /BaseFont /STSong-Light"
    order = "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>"
    form = "/Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        f"<< {font} /Subtype /Type0 /Encoding /UniGB-UTF16-H /DescendantFonts [6 0 R] >>",
        f"<< {font} /Subtype /CIDFontType0 /DW 1000 /FontDescriptor 7 0 R {order} >>",
        f"<< /Type /FontDescriptor /FontName /STSong-Light {form} >>",
    )
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(made)}\n%%EOF\n"
    return bytes(made) + (head + trailer).encode("ascii")
