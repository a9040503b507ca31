"""What makes the rows of the small database: one source of chance, ids and times."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.clock import BEIJING
from tests.properties.dense_places import TEXTS

Row = dict[str, Any]


@dataclass
class Builder:
    """Makes the rows, in the order of the tables."""

    now: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(20261031))
    ids: Iterator[int] = field(default_factory=lambda: count(5000, 7))
    rows: dict[sa.Table, list[Row]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(BEIJING).date()

    def add(self, table: Any, **values: Any) -> Row:
        self.rows.setdefault(table.__table__, []).append(values)
        return values

    def identified(self, table: Any, **values: Any) -> Row:
        return self.add(table, id=next(self.ids), **values)

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def text(self) -> str:
        return self.chance.choice(TEXTS)

    def maybe(self, value: Any, one_in: int = 3) -> Any:
        return None if self.chance.randrange(one_in) == 0 else value

    def ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days, microseconds=self.chance.choice((0, 0, 123456, 500000)))

    def amount(self) -> Decimal:
        return Decimal(self.chance.choice(("0.00", "0.50", "1234.50", "99999.99", "1234.5", "-3.00")))
