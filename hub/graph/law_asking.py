"""What every query on public law shares (`law.py`, `calculators.py`): whose place and day count, and the basis told."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

import strawberry

from hub.graph.law_types import RuleBasis, RuleRank, RuleStanding
from hub.law import pack as packs
from hub.oauth.caller import Caller

AS_INTROSPECTED: Final = 28
"""Measured: a field here costs as much as so many of the introspection, whose fields the cost of a document counts."""
_REGION: Final = re.compile(r"\d{4}[0-9A-Z]{2}\Z")
_REGION_TEXT: Final = "行政区划代码；不填为本机关所在地 Place whose law is asked for; default: your own"
_ON_TEXT: Final = "北京日期；不填为今日 Day whose law is asked for; default: today"
RegionArgument = Annotated[str | None, strawberry.argument(description=_REGION_TEXT)]
OnArgument = Annotated[date | None, strawberry.argument(description=_ON_TEXT)]


class BadArgument(ValueError):
    """An argument that no place, list or agency can have; `name` is the argument's, its value is not told."""

    def __init__(self, name: str, **limits: Any) -> None:
        super().__init__(name)
        self.name = name
        self.limits = limits


@dataclass(frozen=True, slots=True)
class LawAsked:
    """`law` of the root value: the caller and the day in Beijing, which count where a query names no place or day."""

    caller: Caller
    today: date

    def where(self, region: str | None) -> str:
        """Raises BadArgument."""
        return region_of("region", region) or self.caller.region

    def day(self, on: date | None) -> date:
        return on or self.today


def region_of(argument: str, region: str | None) -> str | None:
    """Raises BadArgument."""
    if region is not None and not _REGION.match(region):
        raise BadArgument(argument)
    return region


def basis_of(basis: packs.Basis) -> RuleBasis:
    return RuleBasis(
        pack=strawberry.ID(basis.pack),
        version=basis.version,
        digest=basis.digest,
        title_zh=basis.title_zh,
        title_en=basis.title_en,
        clause=basis.clause,
        rank=RuleRank[basis.rank.name],
        territory=basis.territory,
        standing=RuleStanding[basis.standing.name],
        confirmed=basis.confirmed,
        notice_zh=basis.notice_zh or None,
        notice_en=basis.notice_en or None,
    )
