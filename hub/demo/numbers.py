"""Numbers with check digits, names of invented people, random identifiers; all from a seed, none from the clock."""

from random import Random
from typing import Final

SEED: Final = 20221008
"""Of everything random here; the sample is the same wherever and whenever it is made."""
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE: Final = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_PRIME: Final = 99_999_989
"""The largest prime of eight digits: multiplying modulo it scatters organisation numbers and repeats none."""
_SCATTER: Final = 48_271_337

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN_FIRST: Final = "建文志国晓春秋海永玉桂秀淑雅思子浩宇欣佳明德立青云鸿景若书"
GIVEN_SECOND: Final = "华军平芳兰英梅林涛洁婷宁辉博轩怡然杰敏瑞琳强霞磊彤安远航清和"
NAMES: Final = tuple(s + f + g for s in SURNAMES for f in GIVEN_FIRST for g in GIVEN_SECOND)
"""Invented names, about 45,000. Who bears one of them in life is not meant."""

_MASK: Final = (1 << 64) - 1


def stream(name: str | int) -> Random:
    """A random generator of its own for each kind of record."""
    return Random(f"{SEED}:{name}")  # noqa: S311 - sample data, nothing is kept secret by it


def mix(number: int) -> int:
    """64 scattered bits of a number (splitmix64): attributes that another table must be able to compute again."""
    z = (number * 0x9E3779B97F4A7C15 + 0x5851F42D4C957F2D) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uscc(kind: str, region: str, entity: int) -> str:
    """统一社会信用代码 (GB 32100) of the n-th organisation of a kind.

    Args:
        kind: two digits: registering authority and kind (`11` agency, `12` public institution, `52` private
            non-enterprise unit, `91` company, `92` sole trader).
        region: six digits.
        entity: 0 to 99,999,988; two entities never get the same organisation code.
    """
    number = f"{(entity + 1) * _SCATTER % _PRIME:08d}"
    total = sum(int(digit) * weight for digit, weight in zip(number, _ORGANISATION_WEIGHTS, strict=True))
    check = (11 - total % 11) % 11  # GB 11714: ten is written X
    body = f"{kind}{region}{number}{'X' if check == 10 else check}"  # noqa: PLR2004
    total = sum(_USCC_VALUE[character] * weight for character, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return body + _USCC_ALPHABET[-total % 31]


def resident_id(birthplace: str, random: float) -> str:
    """居民身份证号 (GB 11643) of an invented person, born 1945 to 1993 in `birthplace` (six digits).

    Args:
        birthplace: a code that was assigned in all these years, or the number names no place.
        random: in [0, 1), decides year, month, day and order.
    """
    order = int(random * 49 * 12 * 28 * 999)
    order, sequence = divmod(order, 999)
    order, day = divmod(order, 28)
    year, month = divmod(order, 12)
    body = f"{birthplace}{1945 + year}{month + 1:02d}{day + 1:02d}{sequence + 1:03d}"
    check = (1 - 2 * int(body, 13)) % 11
    return body + ("X" if check == 10 else str(check))  # noqa: PLR2004


def person_name(random: float) -> str:
    return NAMES[int(random * len(NAMES))]


def uuid4(random: Random) -> str:
    """A random UUID of version 4 (RFC 9562), 32 hexadecimal digits, as PostgreSQL reads it."""
    bits = random.getrandbits(128)
    return f"{bits & ~(0xF << 76 | 0x3 << 62) | (4 << 76 | 2 << 62):032x}"
