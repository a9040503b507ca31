"""以上 and 以下: whether the number itself is included, as the document that uses the word says (R19, R29).

>>> from decimal import Decimal
>>> reading("以下", "004").inclusive, reading("以下", "310号令").inclusive
(False, True)
>>> holds("以上", Decimal(5), Decimal(5), "004")
True
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hub.law.pack import Basis, NoRule, Packs, packs

UPWARD: Final = frozenset({"以上", "超过", "以外"})
DOWNWARD: Final = frozenset({"以下", "以内", "不满"})
_GENERAL: Final = "CNCC2020"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a document reads a boundary word. `own`: the document says so itself, else the general rule is borrowed."""

    word: str
    inclusive: bool
    own: bool
    basis: Basis


def reading(word: str, document: str, *, source: Packs | None = None) -> Reading:
    """How `document` (id or short name of its pack) reads `word`.

    Raises:
        NoRule: no such document, or a word that is no boundary word.
    """
    all_packs = source or packs()
    pack = all_packs.pack(document)
    rule, own = pack.file.boundary, True
    if rule is None or word not in rule.inclusive:
        pack, own = all_packs.pack(_GENERAL), False
        rule = pack.file.boundary
    if rule is None or word not in rule.inclusive:
        raise NoRule(word)
    # Whose words they are is asked, not whether they bind somewhere today: a document's own word binds where it does.
    start = pack.file.effective_from
    binding = own and start is not None and pack.in_force(pack.file.territory, start)
    return Reading(word, rule.inclusive[word], own, pack.basis(rule.clause, binding=binding))


def holds(word: str, number: Decimal, limit: Decimal, document: str, *, source: Packs | None = None) -> bool:
    """Whether `number` is 以上 / 以下 / … `limit` as the document reads the word.

    Raises:
        NoRule: see `reading`.
    """
    if word not in UPWARD | DOWNWARD:
        raise NoRule(word)
    read = reading(word, document, source=source)
    if number == limit:
        return read.inclusive
    return number > limit if word in UPWARD else number < limit
