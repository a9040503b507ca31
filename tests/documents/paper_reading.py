"""A Word document as text, read by another library than wrote it sees it: the parts of the file itself."""

import io
import zipfile
from xml.etree import ElementTree as ET

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def text_of(content: bytes) -> str:
    """Body of the document, a line a paragraph, cells of a row between bars."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        for name in file.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(file.read(name))
        body = ET.fromstring(file.read("word/document.xml")).find(f"{W}body")
    assert body is not None
    lines = []
    for block in body:
        if block.tag == f"{W}p":
            lines.append(_paragraph(block))
        elif block.tag == f"{W}tbl":
            lines += [
                " | ".join("/".join(map(_paragraph, cell.iter(f"{W}p"))) for cell in row.iter(f"{W}tc"))
                for row in block.iter(f"{W}tr")
            ]
    return "\n".join(lines) + "\n"


def _paragraph(paragraph: ET.Element) -> str:
    texts = []
    for node in paragraph.iter():
        if node.tag == f"{W}t":
            texts.append(node.text or "")
        elif node.tag == f"{W}br":
            texts.append("\n")
        elif node.tag == f"{W}tab":
            texts.append("\t")
    return "".join(texts)
