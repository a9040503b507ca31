"""What a client declares of a file before its first byte, checked for form."""

import unicodedata
from pathlib import PurePosixPath
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from hub.clues.commands_inputs import MOST_BYTES, CaseNo, CommandInput
from hub.clues.commands_text import Line
from hub.files.kinds import KINDS

UNKNOWN_KIND = "MEDIA_TYPE"
_PATH = frozenset('/\\:*?"<>|')


def _file_name(value: str) -> str:
    """A name and no path, in any system; nothing invisible, by which `exe.pdf` could be shown as `fdp.exe`."""
    if value.startswith(".") or any(
        character in _PATH or character in "\n\r\t" or unicodedata.category(character) == "Cf" for character in value
    ):
        raise PydanticCustomError("FILE_NAME", "不得含路径字符或者不可见字符 / no path and no invisible characters")
    return value


def _kind(value: str) -> str:
    if value not in KINDS:
        raise PydanticCustomError(UNKNOWN_KIND, "不接受该类型 / not an accepted type")
    return value


class Declared(CommandInput):
    """`Upload-Metadata` and `Upload-Length` of an upload."""

    case_no: CaseNo
    filename: Annotated[Line, Field(max_length=200), AfterValidator(_file_name)]
    filetype: Annotated[str, AfterValidator(_kind)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=1, le=MOST_BYTES)]

    @model_validator(mode="after")
    def _ends_as_its_type(self) -> Self:
        if PurePosixPath(self.filename.lower()).suffix not in KINDS[self.filetype].endings:
            raise PydanticCustomError("FILE_NAME", "扩展名与类型不符 / the name does not end as its type does")
        return self
