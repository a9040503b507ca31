"""Types of the queries that compute by public law (`hub/graph/calculators.py`): deadline, limitation, fund loss."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from hub.clues.lifecycle_words import Route
from hub.graph.law_types import PeriodUnit, RuleBasis
from hub.law.loss import Category, Fund, Method
from hub.law.vocabulary import Harm

HarmKind: Any = strawberry.enum(
    Harm, name="HarmKind", description="涉及并有危害后果的领域（处罚法第三十六条） What was endangered, with harm done"
)
LossMethod: Any = strawberry.enum(
    Method, name="LossMethod", description="计算方法：逐笔；按统筹比例（004第二十四条） Item by item, or by ratio"
)
FundKind: Any = strawberry.enum(
    Fund, name="FundKind", description="004第二十四条列明的八项基金 The eight funds of the formula"
)
MedicalCategory: Any = strawberry.enum(
    Category, name="MedicalCategory", description="医疗类别 Medical category and visit type"
)


@strawberry.type(description="工作日历版本 What a count of working days rested on")
class WorkCalendarVersion:
    library: str = strawberry.field(description="数据来源及版本 Library and its version")
    supplement: str = strawberry.field(
        description="First 12 hex digits of the SHA-256 of the hub's supplement 补充数据"
    )
    published_from: int = strawberry.field(description="已公布放假安排的最早年份 First year whose arrangement is known")
    published_to: int = strawberry.field(description="已公布放假安排的最晚年份 Last year whose arrangement is known")
    provisional_years: list[int] = strawberry.field(description="尚未公布而用到的年份 Years counted that are not known")


@strawberry.type(description="另一种读法或者另一文件的结果 What another reading (R29) or document would give")
class DeadlineReading:
    reason: str = strawberry.field(description="设置项=取值，或者规则包 The setting and its value, or the pack")
    last_day: date = strawberry.field(description="最后一日 Last day")
    due_at: datetime = strawberry.field(description="届满时刻 Moment")
    basis: RuleBasis = strawberry.field(description="依据 Rule")


@strawberry.type(
    description="期限计算结果：输入、依据、日历版本齐全，可复算 A deadline with all that it was counted from"
)
class Deadline:
    rule: strawberry.ID = strawberry.field(description="规则代码 Name of the rule")
    title_zh: str = strawberry.field(description="事项 What is due")
    title_en: str = strawberry.field(description="The same in English 英文")
    route: Route = strawberry.field(description="移送路线 Route")
    region: str = strawberry.field(description="办理机关所在地 Place of the agency that must act")
    actor: str = strawberry.field(description="办理方 Who owes the step")
    starts_with: str = strawberry.field(description="起算事件 Event that it runs from")
    started_at: datetime | None = strawberry.field(description="起算时刻，如所填 Moment of the start, as given")
    started_on: date = strawberry.field(description="起算日（北京） Day of the start in Beijing; it is not counted")
    amount: int = strawberry.field(description="数量；固定日期为0 How many units; 0 with a fixed date")
    unit: PeriodUnit = strawberry.field(description="单位 Unit")
    last_day: date = strawberry.field(description="最后一日（北京） Last day, in Beijing")
    due_at: datetime = strawberry.field(
        description="届满：按日：最后一日24时；按小时：该时刻 Midnight after the last day; with hours, the last moment"
    )
    basis: RuleBasis = strawberry.field(description="依据 Rule that governs")
    others: list[RuleBasis] = strawberry.field(description="其他相关文件 Further documents on the same")
    readings: list[DeadlineReading] = strawberry.field(description="会得出另一日的读法 Readings that give another day")
    calendar: WorkCalendarVersion | None = strawberry.field(
        description="工作日历版本；未用工作日的为空 Null where no working day was counted"
    )
    provisional: bool = strawberry.field(
        description="用到尚未公布放假安排的年份，公布后须复算 A year was counted that is not published yet: count again"
    )


@strawberry.type(description="其他文件所定的追罚时效 The term by another document")
class OtherLimitation:
    years: int = strawberry.field(description="年数 Years")
    last_day: date | None = strawberry.field(description="最后一日 Last day")
    basis: RuleBasis = strawberry.field(description="依据 Rule")


@strawberry.type(description="行政处罚追罚时效（处罚法第三十六条；R19） Until when an act must have been discovered")
class Limitation:
    began: date = strawberry.field(description="行为发生日，如所填 Day of the act, as given")
    ended: date | None = strawberry.field(description="行为终了日，如所填 Its end, as given")
    continues: bool = strawberry.field(description="仍在继续，如所填 It goes on still, as given")
    harm: list[HarmKind] = strawberry.field(description="危害，如所填 What it endangered, as given")
    region: str = strawberry.field(description="行政区划代码 Place")
    runs_from: date | None = strawberry.field(description="起算日；仍在继续的为空 Null while the act continues")
    years: int = strawberry.field(description="年数 Years")
    extended_by: list[HarmKind] = strawberry.field(description="据以延长至五年的情形 What made it five years")
    last_day: date | None = strawberry.field(description="最后一日；仍在继续的为空 Last day of discovery")
    barred: bool | None = strawberry.field(
        description="发现之日是否已过时效；未填发现日的为空 Whether discoveredOn is too late; null where none is given"
    )
    basis: RuleBasis = strawberry.field(description="依据 Rule that governs")
    others: list[OtherLimitation] = strawberry.field(description="其他文件 Further documents")


@strawberry.type(description="一笔费用，如所填 One bill, as given. Yuan")
class LossItem:
    ref: str = strawberry.field(description="编号 Reference")
    violation_amount: Decimal = strawberry.field(description="违规金额 Unlawful charge")
    fund_paid: Decimal | None = strawberry.field(description="基金实付 What the fund paid")
    fund_payable: Decimal | None = strawberry.field(description="基金应付 What it had paid without the act")
    only_settlement_effect: bool = strawberry.field(
        description="仅因起付线、分段比例变化 A lawful cost whose fund share rose through deductible or tier"
    )


@strawberry.type(description="不计入的费用 A bill that is no loss")
class ExcludedItem:
    ref: str = strawberry.field(description="编号 Reference")
    amount: Decimal = strawberry.field(description="不计入的金额 Yuan left out")
    zh: str = strawberry.field(description="理由 Why")
    en: str = strawberry.field(description="The same in English 英文")


@strawberry.type(description="一项基金的核定金额，如所填 Approved amount of one fund, as given")
class ApprovedFund:
    fund: FundKind = strawberry.field(description="基金 Fund")
    yuan: Decimal = strawberry.field(description="元 Yuan")


@strawberry.type(description="上年度清算，如所填 Last year's settlement of the institution, as given")
class LossSettlement:
    year: int = strawberry.field(description="年度 Year settled")
    category: MedicalCategory = strawberry.field(description="医疗类别 Medical category")
    approved: list[ApprovedFund] = strawberry.field(description="核定基金金额 Fund amounts approved")
    in_scope_cost: Decimal = strawberry.field(description="范围内医疗费用总额 Total medical cost in scope")


@strawberry.type(
    description="基金损失及其全部计算依据（004第二十三、二十四条；R18） A fund loss, with all that made it"
)
class FundLoss:
    method: LossMethod = strawberry.field(description="计算方法 Method")
    amount: Decimal = strawberry.field(description="损失（元，四舍五入到分） Yuan, rounded half up to the fen")
    exact: str = strawberry.field(description="舍入前的精确值，整数或者分数 Before rounding: a whole number, or n/d")
    violation_amount: Decimal = strawberry.field(description="计入的违规金额合计 Unlawful charges counted")
    ratio: str | None = strawberry.field(description="统筹比例，分数 The ratio as n/d; null with item by item")
    reason: str | None = strawberry.field(description="不能逐笔计算的原因 Why it was not computed item by item")
    items: list[LossItem] = strawberry.field(description="各笔费用，如所填 The bills, as given")
    excluded: list[ExcludedItem] = strawberry.field(description="不计入的 What was left out")
    settlement: LossSettlement | None = strawberry.field(description="所用清算 The settlement used")
    region: str = strawberry.field(description="行政区划代码 Place")
    on: date = strawberry.field(description="计算日 Day")
    basis: RuleBasis = strawberry.field(description="依据 Rule")


@strawberry.input(description="一笔费用（元，至多两位小数） One bill. Yuan, at most two decimals")
class LossItemInput:
    ref: str = strawberry.field(description="编号，不重复，至多64字 Reference, each once, at most 64 characters")
    violation_amount: Decimal = strawberry.field(description="违规金额 Unlawful charge")
    fund_paid: Decimal | None = strawberry.field(
        default=None, description="基金实付；逐笔计算必填 What the fund paid; required item by item"
    )
    fund_payable: Decimal | None = strawberry.field(
        default=None, description="没有该行为时的基金应付；不填为0 What it had paid without the act; default 0"
    )
    only_settlement_effect: bool = strawberry.field(
        default=False,
        description="仅因起付线、分段比例变化，不计入 A lawful cost whose share rose by deductible or tier: excluded",
    )


@strawberry.input(description="一项基金的核定金额 Approved amount of one fund")
class ApprovedFundInput:
    fund: FundKind = strawberry.field(description="基金 Fund")
    yuan: Decimal = strawberry.field(description="元 Yuan")


@strawberry.input(description="按统筹比例计算；仅在不能逐笔计算时 By ratio: only where it cannot be item by item")
class LossRatioInput:
    reason: str = strawberry.field(description="不能逐笔计算的客观原因，至多500字 Why not item by item")
    category: MedicalCategory = strawberry.field(description="费用的医疗类别 Category of the bills")
    settled_category: MedicalCategory | None = strawberry.field(
        default=None, description="清算数据的医疗类别；不填为同一类别 Category of the settlement; default: the same"
    )
    settled_year: int = strawberry.field(description="清算年度，须为上年度 Year of the settlement: the year before")
    approved: list[ApprovedFundInput] = strawberry.field(description="核定基金金额 Fund amounts approved")
    in_scope_cost: Decimal = strawberry.field(description="范围内医疗费用总额 Total medical cost in scope")
