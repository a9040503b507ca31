"""What public law comes to, computed: `deadline`, `limitation`, `loss`. From the rule packs alone; no record is read.

Each answer repeats its inputs and names pack, clause, standing and, where working days were counted, the version of the
calendar, so that anybody can count again. A refused argument is named with what it may be, its value is not told.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import strawberry

from hub.clues.lifecycle_words import Route
from hub.graph import calculator_types as told
from hub.graph.calculator_types import Deadline, FundLoss, HarmKind, Limitation, LossItemInput, LossRatioInput
from hub.graph.law_asking import AS_INTROSPECTED, BadArgument, LawAsked, RegionArgument, basis_of
from hub.law import clock as clocks
from hub.law import limitation as limits
from hub.law import loss as losses
from hub.law.calendar import FIRST_YEAR, LAST_YEAR, CalendarVersion, OutsideCalendar
from hub.law.pack import NoRule
from hub.law.period import NoMoment
from hub.law.vocabulary import Route as LawRoute

MAX_ITEMS: Final = 100
"""Bills in one question; 100 cost 20 ms. Losses add up: of more bills, ask in parts."""
REF_LENGTH: Final = 64
REASON_LENGTH: Final = 500
_FIRST_ACT: Final = date(1949, 10, 1)
_LAST_START: Final = LAST_YEAR - 1
"""Years that a start may lie in: what is counted from it must end within the calendar."""


def _bad(argument: str, zh: str, en: str) -> BadArgument:
    return BadArgument(argument, next={"zh": zh, "en": en})


def _by_ratio(bills: list[losses.Item], ratio: LossRatioInput, region: str, on: date) -> losses.Loss:
    """Raises BadArgument, BadInput."""
    if len(ratio.reason) > REASON_LENGTH:
        raise _bad("ratio.reason", f"至多 {REASON_LENGTH} 字", f"at most {REASON_LENGTH} characters")
    approved = {one.fund: one.yuan for one in ratio.approved[: len(losses.Fund) + 1]}
    if len(approved) != len(ratio.approved):
        raise _bad("ratio.approved", "每项基金一次", "each fund once")
    category = ratio.settled_category or ratio.category
    settlement = losses.Settlement(ratio.settled_year, category, approved, ratio.in_scope_cost)
    return losses.by_ratio(bills, ratio.category, settlement, ratio.reason, region, on)


# --- fields of Query -------------------------------------------------------------------------------------------------


def deadline(
    root: Any,
    rule: Annotated[strawberry.ID, strawberry.argument(description="规则代码 Name: rulePacks { deadlines { name } }")],
    started_at: Annotated[
        datetime | None, strawberry.argument(description="起算事件的时刻；按小时的必填 Moment of the start event")
    ] = None,
    started_on: Annotated[
        date | None,
        strawberry.argument(
            description="或者起算日；固定日期填所报告年度任一日 Or its day; of a fixed date: the year's"
        ),
    ] = None,
    route: Annotated[
        Route | None,
        strawberry.argument(description="移送路线；规则只有一条路线的可不填 Route; not needed where there is only one"),
    ] = None,
    region: RegionArgument = None,
) -> Deadline | None:
    law: LawAsked = root.law
    routes = clocks.clock_names().get(rule)
    if routes is None:
        raise _bad("rule", "见 rulePacks { deadlines { name } }", "one of rulePacks { deadlines { name } }")
    if route is None and len(routes) > 1:
        names = sorted(routes)
        raise _bad("route", f"该规则有多条路线，须填其一：{'、'.join(names)}", f"name one: {', '.join(names)}")
    way = LawRoute(route.value) if route is not None else next(iter(routes))
    if (started_at is None) == (started_on is None):
        raise _bad("startedAt", "startedAt、startedOn 填且仅填一项", "give one of startedAt and startedOn")
    start = started_at if started_at is not None else started_on
    assert start is not None  # noqa: S101 - one of them is given
    name = "startedOn" if started_at is None else "startedAt"
    if not FIRST_YEAR <= start.year <= _LAST_START:
        raise _bad(name, f"{FIRST_YEAR} 至 {_LAST_START} 年", f"from {FIRST_YEAR} to {_LAST_START}")
    where = law.where(region)
    try:
        found = clocks.due(rule, way, start, where)
    except NoMoment:
        raise _bad("startedAt", "按小时计算的期限须填时刻", "hours are counted from a moment") from None
    except NoRule:
        raise _bad("route", f"{'、'.join(sorted(routes))}", f"one of {', '.join(sorted(routes))}") from None
    except OutsideCalendar:
        raise _bad(name, "超出工作日历", "beyond the calendar of working days") from None
    return _deadline(found, started_at)


def limitation(
    root: Any,
    began: Annotated[date, strawberry.argument(description="行为发生日 Day of the act, or its first day")],
    ended: Annotated[
        date | None, strawberry.argument(description="连续、继续行为的终了日 Last day of a continuous act")
    ] = None,
    continues: Annotated[
        bool, strawberry.argument(description="仍在继续，时效未起算 It goes on still: the term has not begun")
    ] = False,
    harm: Annotated[
        list[HarmKind] | None,
        strawberry.argument(description="涉及且有危害后果的领域 What was endangered, with harm done"),
    ] = None,
    discovered_on: Annotated[date | None, strawberry.argument(description="发现日 Day of discovery")] = None,
    region: RegionArgument = None,
) -> Limitation | None:
    law: LawAsked = root.law
    days = {"began": began, "ended": ended, "discoveredOn": discovered_on}
    for name, day in days.items():
        if day is not None and (day < _FIRST_ACT or day.year > _LAST_START):
            raise _bad(name, f"{_FIRST_ACT} 至 {_LAST_START} 年", f"from {_FIRST_ACT} to the end of {_LAST_START}")
    where = law.where(region)
    try:
        act = limits.Act(began, ended, continues, frozenset(harm or ()))
        found = limits.limitation(act, where)
    except NoRule:
        raise _bad("began", "没有适用于该时的法律", "no document speaks of acts of that time") from None
    except ValueError:
        raise _bad(
            "ended", "不早于 began，仍在继续的不填", "not before began, and none where the act continues"
        ) from None
    return Limitation(
        began=began,
        ended=ended,
        continues=continues,
        harm=sorted(act.harm),
        region=where,
        runs_from=found.runs_from,
        years=found.years,
        extended_by=sorted(found.extended_by),
        last_day=found.last_day,
        barred=None if discovered_on is None else found.is_barred(discovered_on),
        basis=basis_of(found.basis),
        others=[
            told.OtherLimitation(years=one.years, last_day=one.last_day, basis=basis_of(one.basis))
            for one in found.others
        ],
    )


def loss(
    root: Any,
    items: Annotated[list[LossItemInput], strawberry.argument(description=f"费用，至多{MAX_ITEMS}笔 Bills")],
    ratio: Annotated[
        LossRatioInput | None,
        strawberry.argument(description="按比例计算；不填为逐笔计算 By ratio; without it item by item"),
    ] = None,
    region: RegionArgument = None,
    on: Annotated[date | None, strawberry.argument(description="计算日；不填为今日 Day; default: today")] = None,
) -> FundLoss | None:
    law: LawAsked = root.law
    day, where = law.day(on), law.where(region)
    if not 1 <= len(items) <= MAX_ITEMS:
        raise _bad("items", f"1 至 {MAX_ITEMS} 笔", f"1 to {MAX_ITEMS} bills")
    for place, item in enumerate(items):
        if not 1 <= len(item.ref.strip()) <= REF_LENGTH:
            raise _bad(f"items.{place}.ref", f"1 至 {REF_LENGTH} 字", f"1 to {REF_LENGTH} characters")
        if ratio is None and item.fund_paid is None:
            raise _bad(f"items.{place}.fundPaid", "逐笔计算必填", "required item by item")
    bills = [
        losses.Item(
            item.ref.strip(),
            item.violation_amount,
            item.fund_paid or Decimal(0),
            item.fund_payable or Decimal(0),
            item.only_settlement_effect,
        )
        for item in items
    ]
    try:
        found = losses.item_by_item(bills, where, day) if ratio is None else _by_ratio(bills, ratio, where, day)
    except losses.BadInput as bad:
        places = {bill.ref: f"items.{place}" for place, bill in enumerate(bills)}
        zh, _, en = bad.told.partition(" / ")
        raise _bad(places.get(bad.place, bad.place), zh, en) from None
    return _loss(found, items, where, day)


DEADLINE: Any = strawberry.field(
    resolver=deadline, description="期限计算（依规则包，不读取任何记录） When a step is due, by the rule packs alone"
)
LIMITATION: Any = strawberry.field(
    resolver=limitation, description="追罚时效计算（R19） Until when an act may be discovered to be punished"
)
LOSS: Any = strawberry.field(
    resolver=loss, description="基金损失计算（R18） Fund loss, item by item or by ratio, exact"
)
CALCULATOR_ROOTS: Final = frozenset({"deadline", "limitation", "loss"})
"""Root fields that this module answers. Never shared between callers: what is asked may tell of a case."""
_COUNTED: Final = 2_000
"""As much as counting one term and its other readings costs, in fields of the introspection: up to 1 ms."""


def sizes() -> Mapping[str, Mapping[str, float]]:
    """For the cost of a document, as `hub.graph.law.sizes`."""
    return {
        "deadline": {"": _COUNTED, "deadline": AS_INTROSPECTED, "others": 3, "readings": 5},
        "limitation": {"": _COUNTED, "limitation": AS_INTROSPECTED, "others": 3},
        "loss": {"": _COUNTED, "loss": AS_INTROSPECTED, "items": MAX_ITEMS, "excluded": MAX_ITEMS, "approved": 8},
    }


# --- from hub.law to the schema ---------------------------------------------------------------------------------------


def _deadline(found: clocks.Deadline, started_at: datetime | None) -> Deadline:
    return Deadline(
        rule=strawberry.ID(found.asked.clock),
        title_zh=found.title_zh,
        title_en=found.title_en,
        route=Route(found.asked.route.value),
        region=found.asked.region,
        actor=found.actor,
        starts_with=found.start_event,
        started_at=started_at,
        started_on=found.first_day,
        amount=found.amount,
        unit=found.unit,
        last_day=found.last_day,
        due_at=found.due_at,
        basis=basis_of(found.basis),
        others=[basis_of(other) for other in found.others],
        readings=[
            told.DeadlineReading(reason=one.reason, last_day=one.last_day, due_at=one.due_at, basis=basis_of(one.basis))
            for one in found.readings
        ],
        calendar=_calendar(found.calendar) if found.calendar else None,
        provisional=found.provisional,
    )


def _calendar(version: CalendarVersion) -> told.WorkCalendarVersion:
    return told.WorkCalendarVersion(
        library=version.library,
        supplement=version.supplement,
        published_from=version.published_from,
        published_to=version.published_to,
        provisional_years=list(version.provisional_years),
    )


def _loss(found: losses.Loss, items: list[LossItemInput], region: str, on: date) -> FundLoss:
    settled = found.settlement
    return FundLoss(
        method=found.method,
        amount=found.amount,
        exact=str(found.exact),
        violation_amount=found.violation_amount,
        ratio=None if found.ratio is None else str(found.ratio),
        reason=found.reason or None,
        items=[
            told.LossItem(
                ref=item.ref.strip(),
                violation_amount=item.violation_amount,
                fund_paid=item.fund_paid,
                fund_payable=item.fund_payable,
                only_settlement_effect=item.only_settlement_effect,
            )
            for item in items
        ],
        excluded=[told.ExcludedItem(ref=one.ref, amount=one.amount, zh=one.zh, en=one.en) for one in found.excluded],
        settlement=None
        if settled is None
        else told.LossSettlement(
            year=settled.year,
            category=settled.category,
            approved=[told.ApprovedFund(fund=fund, yuan=yuan) for fund, yuan in settled.approved.items()],
            in_scope_cost=settled.in_scope_cost,
        ),
        region=region,
        on=on,
        basis=basis_of(found.basis),
    )
