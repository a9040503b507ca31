"""Places by their code: GB/T 2260, or a zone of its own such as 宁东 `6401ND` (four digits of its prefecture).

Levels: 0 the country, 1 province, 2 prefecture, 3 county.
"""

from typing import Final, NamedTuple

from hub.law.vocabulary import NATIONAL

COUNTY: Final = 3


class Place(NamedTuple):
    code: str
    level: int


def level_of(code: str) -> int:
    """Level that the code's form tells.

    >>> [level_of(code) for code in ("000000", "640000", "640100", "640104", "6401ND")]
    [0, 1, 2, 3, 3]
    """
    if code == NATIONAL:
        return 0
    if code.endswith("0000"):
        return 1
    return 2 if code.endswith("00") else COUNTY


def place(code: str) -> Place:
    return Place(code, level_of(code))


def ancestor(code: str, level: int) -> Place:
    """The region of `level` that holds `code`, or `code` itself where it is that high already.

    >>> ancestor("640104", 2)
    Place(code='640100', level=2)
    >>> ancestor("640000", 3)
    Place(code='640000', level=1)
    """
    own = level_of(code)
    if level >= own:
        return Place(code, own)
    return Place(code[: 2 * level].ljust(6, "0"), level)


def within(code: str, territory: str) -> bool:
    """Whether a region lies in a territory (or is it)."""
    return ancestor(code, level_of(territory)).code == territory


def common_superior(one: str, other: str) -> Place:
    """The lowest region above both; two places where one holds the other have the upper one's own superior.

    >>> common_superior("510502", "510504"), common_superior("640104", "650102")
    (Place(code='510500', level=2), Place(code='000000', level=0))
    """
    level = min(level_of(one), level_of(other)) - 1
    while level > 0 and ancestor(one, level) != ancestor(other, level):
        level -= 1
    return ancestor(one, max(level, 0)) if level > 0 else Place(NATIONAL, 0)


def same_level_as(sender: Place, where: str) -> Place:
    """Where a receiver of the sender's level sits for a party that belongs to `where`.

    A party in the sender's own region, or registered above it, is the sender's own region's.

    >>> same_level_as(Place("640104", 3), "640106"), same_level_as(Place("640100", 2), "650102")
    (Place(code='640106', level=3), Place(code='650100', level=2))
    """
    if within(where, sender.code) or within(sender.code, where):
        return sender
    return ancestor(where, sender.level)
