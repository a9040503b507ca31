"""What free text must not hold: numbers of persons, marks of secrecy, characters that are no text (domain.md D).

A number is found also where it is written in full width, with spaces or hyphens between, or with a wrong check digit:
it names a person all the same. The value is never repeated in an error, only its place.
"""

import re
import unicodedata
from datetime import date
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

IDENTITY_NUMBER: Final = "IDENTITY_NUMBER_IN_TEXT"
SECRET: Final = "SECRET_IN_TEXT"  # noqa: S105 - a code, no password
NO_TEXT: Final = "NO_TEXT"
_GAP: Final = r"[\s\-‐-―_.·/]{0,2}"
_NUMBER: Final = re.compile(rf"(?<![0-9A-Za-z])\d(?:{_GAP}\d){{13,16}}(?:{_GAP}[\dXx])?(?![0-9A-Za-z])")
_INVISIBLE: Final = {"Cf", "Mn", "Me"}


def _span(codes: str) -> range:
    first, _, last = codes.partition("-")
    return range(int(first), int(last or first) + 1)


_PROVINCES: Final = frozenset(
    str(code)
    for codes in ("11-15", "21-23", "31-37", "41-46", "50-54", "61-65", "71", "81-83", "91")
    for code in _span(codes)
)
"""GB/T 2260 with 港澳台居民居住证 (81–83) and 外国人永久居留证 (91)."""
_FIRST_YEAR: Final = 1850
_FEWEST_DIGITS: Final = 14
"""Fewer make no number: 15 without check character, 17 with an X behind."""
_SECRET: Final = re.compile(
    r"(?:绝密|机密|秘密)\s*[★☆]"
    r"|密级\s*[::]\s*(?:绝密|机密|秘密|内部|国家秘密|工作秘密)"
    r"|[【\[(（〔](?:绝密|机密|秘密|国家秘密|工作秘密)[】\])）〕]"
    r"|(?<!不涉及)(?<!不属于)(?<!不含)(?<!未涉及)(?<!非)(?:国家秘密|工作秘密)"
)


class Found(NamedTuple):
    """What was found: its code, and where, in characters from 0."""

    code: str
    start: int
    end: int


def find(text: str) -> Found | None:
    """The first thing that the text must not hold.

    >>> find("住院号 20250101, 12345678 元")
    >>> find("王某 １１０１０１ 19900307 7715")
    Found(code='IDENTITY_NUMBER_IN_TEXT', start=3, end=23)
    >>> find("本件属机密★5年")
    Found(code='SECRET_IN_TEXT', start=3, end=6)
    """
    if sum(map(str.isdigit, text)) < _FEWEST_DIGITS and "密" not in text:  # nearly always, and a hundred times faster
        return None
    visible, places = _visible(text)
    for match in _NUMBER.finditer(visible):
        runs = [re.sub(r"[^0-9Xx]", "", match[0]), *re.findall(r"\d+[Xx]?", match[0])]
        if any(map(_names_a_person, runs)):
            return Found(IDENTITY_NUMBER, places[match.start()], places[match.end() - 1] + 1)
    if marked := _SECRET.search(visible):
        return Found(SECRET, places[marked.start()], places[marked.end() - 1] + 1)
    return None


def _visible(text: str) -> tuple[str, list[int]]:
    """The text as it is read (NFKC, nothing invisible), and where each of its characters came from."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if unicodedata.category(character) in _INVISIBLE:
            continue
        for one in unicodedata.normalize("NFKC", character):
            characters.append(one)
            places.append(place)
    return "".join(characters), places


def _names_a_person(number: str) -> bool:
    """A resident number of 18 or, before 1999, 15 digits (GB 11643), whether or not its check digit is right."""
    if number[:2] not in _PROVINCES:
        return False
    if len(number) == 18:  # noqa: PLR2004 - digits of the number
        return _is_date(number[6:14], _FIRST_YEAR) and not uscc.is_valid(number.upper())
    return len(number) == 15 and number.isdecimal() and _is_date(f"19{number[6:12]}", _FIRST_YEAR)  # noqa: PLR2004


def resident_number(value: str) -> str | None:
    """The resident number (GB 11643: 18 characters, check digit by ISO 7064 MOD 11-2), compact; None: it is not one.

    Not python-stdnum's `cn.ric`: it asks that the code of the place existed in the year of *birth*. Numbers were given
    out from 1984, by the place of registration of that day, so it refuses most who were born before.

    >>> resident_number("510502 19500101 001x"), resident_number("510502195001010011")
    ('51050219500101001X', None)
    """
    number = re.sub(r"[\s-]", "", value).upper()
    if re.fullmatch(r"[0-9]{17}[0-9X]", number) is None or number[:2] not in _PROVINCES:
        return None
    return number if _is_date(number[6:14], _FIRST_YEAR) and mod_11_2.is_valid(number) else None


def _is_date(digits: str, first_year: int) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= first_year
    except ValueError:
        return False


def _text(value: str) -> str:
    """PostgreSQL stores no NUL, UTF-8 no lone surrogate; other controls hide what a reader sees."""
    if value.isprintable():  # most texts: nothing of these categories, and no line break
        return value
    for character in value:
        if unicodedata.category(character) in {"Cc", "Cs", "Cn", "Co"} and character not in "\n\t\r":
            raise PydanticCustomError(NO_TEXT, "控制字符 / a control character")
    return value


def _free(value: str) -> str:
    found = find(_text(value))
    if found is not None:
        raise PydanticCustomError(
            found.code, "第{start}至{end}字 / characters {start} to {end}", {"start": found.start + 1, "end": found.end}
        )
    return value


Plain = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_text)]
"""A name or number with a field of its own, where an identity number may stand."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_free)]
FreeText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(_free)
]
