"""Which content is accepted as evidence, told by the bytes themselves, never by name or declaration alone.

Accepted is what agencies exchange as evidence and what shows what it is: papers, scans, tables, recordings. Not
accepted are archives (nobody can say what is in them without unpacking), programs, scripts, pages and drawings that run
in a browser (HTML, SVG), and documents with macros.
"""

import codecs
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Final

import puremagic

HEAD_BYTES: Final = 4096
"""Enough for every signature; what is refused by it is refused with the first bytes."""
TAIL_BYTES: Final = 22 + 65_535
"""Of a zip container: end record and the longest comment behind it."""
_END: Final = struct.Struct("<4s4xHHI6x")
_END_MARK: Final = b"PK\x05\x06"
_ZIP64_MARK: Final = b"PK\x06\x07"
MOST_MEMBERS: Final = 10_000
MOST_DIRECTORY_BYTES: Final = 4_000_000
"""Of a container's directory: it is read into memory, so a forged one must be small. Members are never unpacked."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")


class Form(StrEnum):
    """How a type is recognised."""

    SIGNATURE = "SIGNATURE"
    CONTAINER = "CONTAINER"
    TEXT = "TEXT"


@dataclass(frozen=True, slots=True)
class Kind:
    """One accepted media type.

    Attributes:
        endings: of file names, lower case; a name that ends otherwise would open with another program.
        signatures: media types under which `puremagic` knows its first bytes.
        member: of a container: the member that makes it of this type.
    """

    zh: str
    form: Form
    endings: tuple[str, ...]
    signatures: frozenset[str] = frozenset()
    member: str = ""


def _signed(zh: str, endings: str, *signatures: str) -> Kind:
    return Kind(zh, Form.SIGNATURE, tuple(endings.split()), frozenset(signatures))


def _container(zh: str, ending: str, member: str) -> Kind:
    return Kind(zh, Form.CONTAINER, (ending,), member=member)


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
KINDS: Final[Mapping[str, Kind]] = {
    "application/pdf": _signed("PDF 文档", ".pdf", "application/pdf"),
    "application/ofd": _container("OFD 版式文档（GB/T 33190）", ".ofd", "OFD.xml"),
    "image/jpeg": _signed("JPEG 图像", ".jpg .jpeg", "image/jpeg"),
    "image/png": _signed("PNG 图像", ".png", "image/png"),
    "image/tiff": _signed("TIFF 图像", ".tif .tiff", "image/tiff"),
    f"{_OFFICE}.wordprocessingml.document": _container("Word 文档", ".docx", "word/document.xml"),
    f"{_OFFICE}.spreadsheetml.sheet": _container("Excel 表格", ".xlsx", "xl/workbook.xml"),
    f"{_OFFICE}.presentationml.presentation": _container("演示文稿", ".pptx", "ppt/presentation.xml"),
    "application/msword": _signed("Word 97–2003 文档", ".doc .wps", "application/msword"),
    "application/vnd.ms-excel": _signed("Excel 97–2003 表格", ".xls .et", "application/msword"),
    "text/plain": Kind("文本", Form.TEXT, (".txt",)),
    "text/csv": Kind("CSV 表格", Form.TEXT, (".csv",)),
    "audio/mpeg": _signed("MP3 录音", ".mp3", "audio/mpeg"),
    "audio/wav": _signed("WAV 录音", ".wav", "audio/wave", "audio/x-wav"),
    "video/mp4": _signed("MP4 录像", ".mp4", "video/mp4"),
}
"""By media type. `application/msword` is the name under which `puremagic` knows every OLE document."""
OLE: Final = frozenset({"application/msword", "application/vnd.ms-excel"})
_VBA_PROJECT: Final = "_VBA_PROJECT".encode("utf-16-le")
_RUNS: Final = ("executable", "html", "svg", "javascript", "x-sh", "x-msdownload", "java-archive")
"""Parts of media types that run: a file that is also one of these is refused, whatever else it is."""


class NotOfItsKind(Exception):
    """The content is not what the declared media type says, or is nothing that is accepted."""


def check_head(media_type: str, head: bytes) -> None:
    """Whether the first bytes (HEAD_BYTES, or the whole of a smaller file) can begin a file of the type.

    Raises:
        NotOfItsKind
    """
    kind = KINDS[media_type]
    match kind.form:
        case Form.SIGNATURE:
            _check_signature(kind, head)
        case Form.CONTAINER:
            if not head.startswith(b"PK\x03\x04"):
                raise NotOfItsKind
        case Form.TEXT:
            _check_beginning(head)


def _check_signature(kind: Kind, head: bytes) -> None:
    try:
        found = {match.mime_type for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        raise NotOfItsKind from None
    if not found & kind.signatures or any(word in name for name in found for word in _RUNS):
        raise NotOfItsKind


def _check_beginning(head: bytes) -> None:
    """No page, no drawing, no script: a text begins with neither `<` nor `#!`."""
    shown = head.lstrip(codecs.BOM_UTF8 + b" \t\n\r\x0b\x0c")
    if shown.startswith((b"<", b"#!")) or b"\0" in head:
        raise NotOfItsKind


class MacroCheck:
    """Reads an OLE document (Word, Excel 97–2003) piece by piece: none of its streams is that of a VBA project.

    The name stands in the directory in UTF-16, wherever in the file that lies; a document that merely speaks of it in
    UTF-16 is refused too, and can be sent as PDF.
    """

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Raises:
        NotOfItsKind
        """
        del last
        seen = self._kept + piece
        if _VBA_PROJECT in seen:
            raise NotOfItsKind
        self._kept = seen[-len(_VBA_PROJECT) + 1 :]


class TextCheck:
    """Reads a text piece by piece: UTF-8 or GB 18030 throughout, and no control characters."""

    def __init__(self) -> None:
        self._decoders = [codecs.getincrementaldecoder(name)() for name in ("utf-8", "gb18030")]

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Raises:
        NotOfItsKind
        """
        self._decoders = [decoder for decoder in self._decoders if self._reads(decoder, piece, last=last)]
        if not self._decoders:
            raise NotOfItsKind

    @staticmethod
    def _reads(decoder: codecs.IncrementalDecoder, piece: bytes, *, last: bool) -> bool:
        try:
            return _CONTROL.search(decoder.decode(piece, last)) is None
        except UnicodeDecodeError:
            return False


def check_container(media_type: str, file: IO[bytes], size: int) -> None:
    """Whether a whole zip container has the member of its type, and no macros. Nothing is unpacked.

    Args:
        file: seekable.

    Raises:
        NotOfItsKind
        OSError: the file cannot be read.
    """
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read(TAIL_BYTES)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size or _ZIP64_MARK in tail[max(0, at - 20) : at]:
        raise NotOfItsKind  # a Zip64 directory has other figures than those that are checked next
    _, _, members, directory_bytes = _END.unpack_from(tail, at)
    if members > MOST_MEMBERS or directory_bytes > MOST_DIRECTORY_BYTES:
        raise NotOfItsKind
    try:
        with zipfile.ZipFile(file) as container:
            names = {name.lower() for name in container.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise NotOfItsKind from None
    if KINDS[media_type].member.lower() not in names or any(name.endswith("vbaproject.bin") for name in names):
        raise NotOfItsKind
