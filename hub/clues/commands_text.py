"""What free text must not hold: numbers of persons, marks of secrecy, characters that are no text (domain.md D).

A number is found also where it is written in full width, with spaces or hyphens between, or with a wrong check digit:
it names a person all the same. The value is never repeated in an error, only its place.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
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
_APART: Final = 3
"""Most characters between two digits of a number whose check digit is right; a letter or a word between parts them."""
_CHAIN: Final = re.compile(rf"[0-9](?:(?:\W|[_年月日]){{0,{_APART}}}[0-9Xx])+")
_INVISIBLE: Final = {"Cf", "Mn", "Me"}
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Shown as nothing, though Unicode calls them letters or symbols."""
_HIDING: Final = re.compile("[\u0300-\u036f\u115f\u1160\u2800\u3164\uffa0]")
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
"""Marks by which a line shows what it does not say (Unicode TR 36), and tags, which are shown as nothing at all."""
_LIKE_X: Final = str.maketrans("×Хх", "XXX")
_NUMERALS: Final = "〇零○一壹二贰三叁四肆五伍六陆七柒八捌九玖"
_IN_WORDS: Final = str.maketrans(_NUMERALS, "000112233445566778899")


def _span(codes: str) -> range:
    first, _, last = codes.partition("-")
    return range(int(first), int(last or first) + 1)


_PROVINCES: Final = frozenset(
    str(code)
    for codes in ("11-15", "21-23", "31-37", "41-46", "50-54", "61-65", "71", "81-83", "91")
    for code in _span(codes)
)
"""GB/T 2260 with 港澳台居民居住证 (81–83) and 外国人永久居留证 (91)."""
_FORM: Final = re.compile(
    rf"(?=((?:{'|'.join(sorted(_PROVINCES))})\d{{4}}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d{{4}}[\dXx]))"
)
"""18 characters that may be a resident number, wherever they begin."""
_FOREIGN: Final = "91"
_FIRST_YEAR: Final = 1850
_LAST_YEAR: Final = 2100
_DIGITS: Final = 18
_FEWEST_DIGITS: Final = 14
"""Fewer make no number: 15 without check character, 17 with an X behind."""


def _apart(words: str) -> str:
    """Alternatives of a pattern in which spaces may stand between the characters: 机 密."""
    return "|".join(r"\s*".join(word) for word in words.split())


_GRADE: Final = _apart("绝密 机密 秘密 絕密 機密 祕密")
_STATE: Final = _apart("国家秘密 工作秘密 國家秘密 國家祕密 工作祕密")
_SECRET: Final = re.compile(
    rf"(?:{_GRADE})\s*[★☆⭐✩✪✭*]|[★☆⭐✩✪✭]\s*(?:{_GRADE})"
    rf"|密\s*[级級]\s*[::]?\s*(?:{_GRADE}|{_apart('内部')}|{_STATE})"
    rf"|[【\[(（〔]\s*(?:{_GRADE}|{_STATE})\s*[】\])）〕]"
    rf"|(?<!不涉及)(?<!不属于)(?<!不含)(?<!未涉及)(?<!非)(?:{_STATE})"
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
    in_words = 0 if text.isascii() else sum(map(text.count, _NUMERALS))
    few = sum(map(str.isdigit, text)) + in_words < _FEWEST_DIGITS
    if few and "密" not in text:  # nearly always, and a hundred times faster
        return None
    visible, places = _visible(text)
    if number := _number(visible, in_words):
        return Found(IDENTITY_NUMBER, places[number[0]], places[number[1] - 1] + 1)
    if marked := _SECRET.search(visible):
        return Found(SECRET, places[marked.start()], places[marked.end() - 1] + 1)
    return None


def _number(visible: str, in_words: int) -> tuple[int, int] | None:
    """Where a number of a person is: one that stands apart, or one with its right check digit among other digits."""
    for match in _NUMBER.finditer(visible):
        runs = [re.sub(r"[^0-9Xx]", "", match[0]), *re.findall(r"\d+[Xx]?", match[0])]
        if any(map(_names_a_person, runs)):
            return match.span()
    return _certain(visible) or (_certain(visible.translate(_IN_WORDS)) if in_words else None)


def _certain(visible: str) -> tuple[int, int] | None:
    """A number with its right check digit, also where other digits stand beside it or signs between its own."""
    for chain in _CHAIN.finditer(visible):
        if len(chain[0]) < _DIGITS:
            continue
        at = [place for place in range(*chain.span()) if visible[place] in "0123456789Xx"]
        for found in _FORM.finditer("".join(visible[place] for place in at)):
            if _is_certain(found[1]):
                return at[found.start()], at[found.start() + _DIGITS - 1] + 1
    return None


def _visible(text: str) -> tuple[str, Sequence[int]]:
    """The text as it is read, and where each of its characters came from."""
    if text.isascii():
        return text, range(len(text))
    read = [_read(character) for character in text]
    return "".join(read), [place for place, shown in enumerate(read) for _ in shown]


@lru_cache(maxsize=8_192)
def _read(character: str) -> str:
    """NFKC, nothing invisible, digits of every script as 0–9, what looks like the check character as X."""
    if character in _BLANK or unicodedata.category(character) in _INVISIBLE:
        return ""
    digits = ((one, unicodedata.decimal(one, None)) for one in unicodedata.normalize("NFKC", character))
    return "".join(one if digit is None else str(digit) for one, digit in digits).translate(_LIKE_X)


def _names_a_person(number: str) -> bool:
    """A resident number of 18 or, before 1999, 15 digits (GB 11643), whether or not its check digit is right."""
    if number[:2] not in _PROVINCES:
        return False
    if len(number) == _DIGITS:
        return _is_certain(number) or (_is_date(number[6:14]) and not uscc.is_valid(number.upper()))
    return len(number) == 15 and number.isdecimal() and _is_date(f"19{number[6:12]}")  # noqa: PLR2004


def _is_certain(number: str) -> bool:
    """With its check digit. One in 31 is also a valid uscc; only what begins with 91 is then taken for a firm's."""
    return resident_number(number) is not None and (number[:2] != _FOREIGN or not uscc.is_valid(number))


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
    return number if _is_date(number[6:14]) and mod_11_2.is_valid(number) else None


def holds_resident_number(code: str) -> bool:
    """Whether a resident number with its right check digit stands in a code, also with other digits beside it.

    For numbers of firms, of which many begin with a region and look like a resident number of before 1999.
    """
    return _certain(_visible(code)[0]) is not None


def _is_date(digits: str) -> bool:
    try:
        return _FIRST_YEAR <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= _LAST_YEAR
    except ValueError:
        return False


def _text(value: str) -> str:
    """PostgreSQL stores no NUL, UTF-8 no lone surrogate; other controls hide what a reader sees, or turn its direction.

    Something must be there to read: a reason of nothing but invisible characters is none.
    """
    if value.isprintable() and not _HIDING.search(value):  # most texts: no line break, nothing of these categories
        return value
    for character in value:
        control = unicodedata.category(character) in {"Cc", "Cs", "Cn", "Co"} and character not in "\n\t\r"
        if control or _TURNING.match(character):
            raise PydanticCustomError(NO_TEXT, "控制字符 / a control character")
    if not "".join(map(_read, value)).strip():
        raise PydanticCustomError(NO_TEXT, "没有可见文字 / nothing that can be read")
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
Name = Annotated[Plain, AfterValidator(_free)]
"""A name that is read by more than who may read an identity number: it holds none."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_free)]
FreeText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(_free)
]
