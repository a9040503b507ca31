"""`clueStatistics`: how many transfers were sent and received in a year, with what result, and where both sides differ.

Counts, not records: R17, R28; which transfers are counted for whom is in `policies/statistics.cedar`. The members are
planned and written as SQL by `hub/query/statistics.py` and `hub/query/sqlstatistics.py`, by the names given here.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import strawberry
from strawberry.federation.schema_directives import RequiresScopes  # noqa: F401 - printed by `requires_scopes`

from hub.clues.statistics_words import (
    DIFFERENCES,
    SIDES,
    SUPPRESSIONS,
    Difference,
    Side,
    Suppression,
    Title,
)
from hub.clues.types import ClueTransfer
from hub.graph.declare import FIRST_MAX, KEY, Counted, Declared, figure
from hub.policy.vocabulary import DataClass

SCOPE = "statistics:read"
EXACT, IN_SUMS = DataClass.PROCEDURE, DataClass.PUBLIC
DIFFERENCES_DEFAULT = 100


def _declare(kind: type[StrEnum], name: str, titles: Mapping[Any, Title], description: str) -> None:
    """A closed enum of the schema, each value with its title."""
    declared: Any = strawberry.enum(kind, name=name, description=description)
    for one in declared.__strawberry_definition__.values:
        title = titles[kind(one.value)]
        one.description = f"{title.zh} {title.en}"


_declare(Difference, "DifferenceReason", DIFFERENCES, "两边数字为何不同 Why a transfer is counted on one side only")
_declare(Side, "CountedSide", SIDES, "计入哪一方 On which side alone")
_declare(Suppression, "SuppressionReason", SUPPRESSIONS, "为何不提供该数 Why a count is not given")


@strawberry.type(description="一项计数 One count")
class ClueTally:
    key: str = figure(EXACT, "类别代码 What is counted")
    count: int = figure(EXACT, "件数 How many transfers")


@strawberry.type(description="一方的数字 Figures of one side: transfers of the year")
class ClueFigures:
    total: int = figure(EXACT, "合计 How many transfers")
    by_route: list[ClueTally] = figure(EXACT, "按移送路线 By route")
    by_catalogue: list[ClueTally] = figure(
        EXACT, "按移送清单代码；一件可有数项 By catalogue code; a transfer may name several"
    )
    by_status: list[ClueTally] = figure(EXACT, "按状态 By present status")
    by_outcome: list[ClueTally] = figure(EXACT, "按处理结果；NONE：尚无 By outcome; NONE: none yet")
    by_source: list[ClueTally] = figure(EXACT, "按线索来源 By source of the clue")
    by_timeliness: list[ClueTally] = figure(
        EXACT, "ON_TIME 未逾期，LATE 曾有或者现有逾期 Whether any deadline of it ran out before its step"
    )
    by_institution_kind: list[ClueTally] = figure(
        EXACT, "按涉及机构类别；NONE：不涉及机构 By kind of institution; NONE: about none"
    )
    by_agency: list[ClueTally] = figure(EXACT, "按本方机关 By agency of this side")
    recovered: Decimal | None = figure(EXACT, "结果中追回的金额（元） Yuan recovered, by the results; null: none")
    fined: Decimal | None = figure(EXACT, "结果中罚没的金额（元） Yuan fined or confiscated; null: none")


@strawberry.type(description="差异计数 How many transfers are counted on one side only, for one reason")
class ClueDifferenceTally:
    reason: Difference = figure(EXACT, "原因 Why")
    count: int = figure(EXACT, "件数 How many")
    side: Side = figure(EXACT, "计入哪一方 On which side alone they are counted")


@strawberry.type(description="一个移送方向上双方的数字 Both sides of the transfers between two kinds of agency")
class ClueFlow:
    sender_kind: str = figure(EXACT, "移送机关类别 Kind of the senders")
    receiver_kind: str = figure(EXACT, "接收机关类别 Kind of the receivers")
    sent: int = figure(EXACT, "发出 Sent in the year from the region")
    received: int = figure(EXACT, "签收 Receipt signed in the year in the region")
    differences: list[ClueDifferenceTally] = figure(
        EXACT,
        "差异；发出减签收等于仅发出减仅签收 sent − received = those of side SENT − those of RECEIVED",
    )


@strawberry.type(description="其他机关之间的移送 Between others: whole prefectures of a finished year")
class OthersTally:
    route: str = figure(IN_SUMS, "移送路线 Route")
    sent: int | None = figure(
        IN_SUMS, "发出件数：达到阈值的各地市之和 Sent: the sum of the prefectures that reach the threshold"
    )
    suppressed: Suppression | None = figure(IN_SUMS, "不提供的原因 Why it is null")


@strawberry.type(description="只计入一方的一件移送 One transfer that is counted on one side only")
class ClueDifference:
    reason: Difference = figure(EXACT, "原因 Why")
    side: Side = figure(EXACT, "计入哪一方 On which side alone it is counted")
    transfer: ClueTransfer | None = strawberry.field(description="该移送 The transfer")


def _differences(
    self: "ClueStatistics",
    first: Annotated[int, strawberry.argument(description=f"1 to {FIRST_MAX} 条数")] = DIFFERENCES_DEFAULT,
    skip: Annotated[int, strawberry.argument(description="How many to leave out 跳过的条数")] = 0,
) -> list[ClueDifference] | None:
    raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover


@strawberry.federation.type(
    description="线索移送年度统计 Statistics of clue transfers of one year (000 三(一)3)", requires_scopes=[[SCOPE]]
)
class ClueStatistics:
    year: int = strawberry.field(description="年度（北京时间） The year, in Beijing")
    region: strawberry.ID = strawberry.field(description="行政区划代码 Region, with all below it")
    as_of: datetime = strawberry.field(description="统计时点 When it was counted")
    due_on: date = strawberry.field(description="年度报告期限 When the year's report is due, R17")
    threshold: int = strawberry.field(description="阈值 The least count of others' transfers that is given")
    sent: ClueFigures = figure(EXACT, "本系统发出的 Sent by the own agency, for a superior by its kind below it")
    received: ClueFigures = figure(EXACT, "本系统签收的 Receipts signed by the own agency, or by its kind below it")
    flows: list[ClueFlow] = figure(EXACT, "双方核对 Both sides compared, by kinds of agency")
    differences: list[ClueDifference] | None = strawberry.field(
        resolver=_differences,
        description="差异清单，按案件编号；须可读取该移送 The differences by case, of transfers that you may list",
    )
    others: list[OthersTally] | None = figure(
        IN_SUMS, "其他机关之间的移送，小数抑制 Transfers between others; small counts are not given"
    )


def _statistics(
    self: object,
    year: Annotated[int, strawberry.argument(description="2000 to this year 年度")],
    region: Annotated[
        strawberry.ID | None, strawberry.argument(description="Region code; default: your own 行政区划代码")
    ] = None,
    for_report: Annotated[
        bool,
        strawberry.argument(description="What was sent, none to discipline inspection: the annual report 年度报告用"),
    ] = False,
) -> ClueStatistics | None:
    raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover


def clue_statistics() -> ClueStatistics | None:
    """The root field."""
    field: ClueStatistics | None = strawberry.field(
        resolver=_statistics,
        description="线索移送年度统计 Statistics of clue transfers",
        metadata={KEY: Declared(Counted())},
    )
    return field
