"""`oversight`: who in the own chain owes a step whose deadline has run out, or will within some days (000 三（三）).

Counts as of now, not records: which transfers are counted for whom is in `policies/statistics.cedar`, class PROCEDURE.
The members are planned and written as SQL by `hub/query/owing.py` and `hub/query/sqlowing.py`, by the names given here.
"""

from datetime import datetime
from typing import Annotated, Final

import strawberry
from strawberry.federation.schema_directives import RequiresScopes  # noqa: F401 - printed by `requires_scopes`

from hub.clues.deadlines import OwedBy
from hub.clues.statistics_types import EXACT, SCOPE
from hub.graph.declare import KEY, Counted, Declared, figure

DUE_WITHIN_DAYS: Final = 3
DUE_WITHIN_DAYS_MAX: Final = 30


@strawberry.type(description="一个机关作为一方所欠的办理 What one agency owes in one role")
class OwedTally:
    agency: str | None = figure(
        EXACT, "机关代码；须由共同上级指定管辖的为空 Code of the agency; null where the common superior is to designate"
    )
    owed_by: OwedBy = figure(EXACT, "以何身份办理 As whom it owes the step")
    overdue: int = figure(EXACT, "已逾期的件数 How many transfers whose deadline is past")
    due_soon: int = figure(EXACT, "即将到期的件数，不含已逾期 How many that are not overdue and whose last day is near")


@strawberry.federation.type(
    description="逾期和即将到期的移送 Overdue and due soon, by the agency that owes the step (000 三(三))",
    requires_scopes=[[SCOPE]],
)
class Oversight:
    as_of: datetime = strawberry.field(description="统计时点 When it was counted")
    due_within_days: int = strawberry.field(
        description="即将到期的天数（自然日） What is near: the last day is today or within so many natural days"
    )
    owed: list[OwedTally] = figure(
        EXACT, "按机关；无逾期和即将到期的不列 By agency; those that owe nothing overdue or due soon are left out"
    )


def _oversight(
    self: object,
    due_within_days: Annotated[
        int, strawberry.argument(description=f"1 to {DUE_WITHIN_DAYS_MAX} natural days 即将到期的天数")
    ] = DUE_WITHIN_DAYS,
) -> Oversight | None:
    raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover


def oversight() -> Oversight | None:
    """The root field."""
    field: Oversight | None = strawberry.field(
        resolver=_oversight,
        description="督办：本机关（上级：及下级同类机关）逾期和即将到期的移送 Overdue and due soon in the own chain",
        metadata={KEY: Declared(Counted())},
    )
    return field
