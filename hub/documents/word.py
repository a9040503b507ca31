"""What is printed → a Word document, by docxtpl on the templates."""

import io
import re
from pathlib import Path
from typing import Any, Final

from hub.documents.contents import Kind, Paper

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FOLDER: Final = Path(__file__).parent / "templates"
# XML has no place for these, Word would not open the file; and what turns the direction of a line could make a paper
# show what it does not say.
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def render(paper: Paper) -> bytes:
    """The file's bytes. Takes some 50 ms of processor time: not for an event loop."""
    # Ten megabytes that a process without papers does not need.
    from docxtpl import DocxTemplate  # noqa: PLC0415
    from jinja2 import StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    template = DocxTemplate(FOLDER / f"{paper.kind}.docx")
    # Values are text, never markup or a template; a template that an agency edits cannot reach beyond them.
    template.render(_printable(paper.values), SandboxedEnvironment(autoescape=True, undefined=StrictUndefined))
    written = io.BytesIO()
    template.save(written)
    return written.getvalue()


def query(kind: Kind) -> str:
    """The fixed document that asks for what the paper prints."""
    return (Path(__file__).parent / "asked" / f"{kind}.graphql").read_text(encoding="utf-8")


def _printable(value: Any) -> Any:
    match value:
        case str():
            return _UNPRINTABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
        case dict():
            return {name: _printable(one) for name, one in value.items()}
        case list():
            return [_printable(one) for one in value]
    return value
