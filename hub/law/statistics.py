"""Rules of statistics: the threshold below which a count is not given, and what an amount of a result is.

>>> amounts_of([("追回医保基金", Decimal("100.00")), ("罚款", Decimal("200.00")), ("退回", Decimal("1.50"))])
Amounts(recovered=Decimal('101.50'), fined=Decimal('200.00'))
>>> amounts_of([("其他", Decimal("9"))])
Amounts(recovered=None, fined=None)
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import NamedTuple

import yaml
from pydantic import Field

from hub.law.packs import folder
from hub.law.schema import Strict

FILE = "statistics.yaml"


class _AmountWords(Strict):
    recovered: tuple[str, ...]
    fined: tuple[str, ...]


class StatisticsRules(Strict):
    """As the file has them. `threshold`: the least count of others' transfers that is given."""

    clause: str
    threshold: int = Field(ge=2)
    amounts: _AmountWords


class Amounts(NamedTuple):
    """Yuan, exact; None where no amount of the kind was reported."""

    recovered: Decimal | None
    fined: Decimal | None


@cache
def statistics_rules() -> StatisticsRules:
    """Of the shipped file.

    Raises:
        ValidationError: the file is not of its form.
    """
    return StatisticsRules.model_validate(yaml.safe_load((folder() / FILE).read_text(encoding="utf-8")))


def amounts_of(items: Iterable[tuple[str, Decimal]]) -> Amounts:
    """What a result recovered for the fund, and what it fined; each amount counts once, by its name."""
    words = statistics_rules().amounts
    recovered: Decimal | None = None
    fined: Decimal | None = None
    for name, yuan in items:
        if any(word in name for word in words.recovered):
            recovered = yuan + (recovered or 0)
        elif any(word in name for word in words.fined):
            fined = yuan + (fined or 0)
    return Amounts(recovered, fined)
