"""Fund loss 医疗保障基金损失 (R18; 004 第二十三条、第二十四条, a draft: hub default everywhere).

The loss is the increase in fund spending that the act caused. Lawful later costs that only rose because a deductible or
a tier was reached are no loss; they are listed as excluded. Item by item wherever it can be computed; by ratio only
where it cannot be, with the reason. Amounts are exact decimals in yuan; results are rounded to the fen, half up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from hub.law.pack import Basis, NoRule, Packs, packs

MAX_YUAN: Final = Decimal(10) ** 15
"""More than any fund holds; keeps sums within the exact digits of a decimal."""
_SCALE: Final = 2


class Method(StrEnum):
    ITEM_BY_ITEM = "ITEM_BY_ITEM"  # 逐笔精确计算
    RATIO = "RATIO"  # 按统筹比例综合核算


class Fund(StrEnum):
    """The eight funds that the formula of 004 第二十四条 names."""

    RESIDENT_BASIC = "城乡居民基本医疗保险基金"
    EMPLOYEE_SERIOUS_ILLNESS = "职工大病保障基金"
    EMPLOYEE_BASIC_POOLED = "职工基本医疗保险统筹基金"
    EMPLOYEE_LARGE_AMOUNT = "职工大额医疗费用补助"
    RESIDENT_SERIOUS_ILLNESS = "居民大病保险"
    MEDICAL_ASSISTANCE = "医疗救助"
    CIVIL_SERVANT = "公务员医疗补助"
    RETIRED_CADRE = "离休人员医疗费用补助"


class Category(StrEnum):
    """Medical category and visit type (同一医疗类别)."""

    OUTPATIENT_POOLED = "门诊统筹"
    OUTPATIENT_CHRONIC = "门诊特殊慢性病"
    INPATIENT = "住院"
    OTHER = "其他"


class BadInput(ValueError):
    """Figures that cannot be.

    Attributes:
        place: reference of the bill, or "items", "ratio", "ratio.reason", "ratio.settledYear" and the like.
        told: what is wrong, 中文 / English, without a value of the bill.
    """

    def __init__(self, place: str, told: str) -> None:
        super().__init__(f"{place}: {told}")
        self.place = place
        self.told = told


@dataclass(frozen=True, slots=True)
class Item:
    """One bill. Yuan.

    Attributes:
        ref: the bill's reference.
        violation_amount: 违规金额, the unlawful charge.
        fund_paid, fund_payable: what the fund paid, and what it had paid without the act.
        only_settlement_effect: a lawful later cost whose fund share rose through the deductible or a tier: excluded.
    """

    ref: str
    violation_amount: Decimal
    fund_paid: Decimal
    fund_payable: Decimal = Decimal(0)
    only_settlement_effect: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """Last year's settlement of the institution in one category. Yuan.

    Attributes:
        year: the year settled.
        approved: fund amounts approved, by fund.
        in_scope_cost: total medical cost within the fund's scope.
    """

    year: int
    category: Category
    approved: Mapping[Fund, Decimal]
    in_scope_cost: Decimal


@dataclass(frozen=True, slots=True)
class Excluded:
    ref: str
    amount: Decimal
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss with everything that it was computed from.

    Attributes:
        amount: yuan, two decimals; `exact` before rounding.
        violation_amount: sum of what was charged unlawfully.
        ratio: of the settlement, with the ratio method.
        reason: why it could not be computed item by item.
    """

    method: Method
    amount: Decimal
    exact: Fraction
    violation_amount: Decimal
    items: tuple[Item, ...]
    excluded: tuple[Excluded, ...]
    settlement: Settlement | None
    ratio: Fraction | None
    reason: str
    basis: Basis


def item_by_item(items: Sequence[Item], region: str, on: date, *, source: Packs | None = None) -> Loss:
    """The sum of each bill's increase.

    >>> bills = [Item("A1", Decimal("100.00"), Decimal("70.00")), Item("A2", Decimal(50), Decimal(40), Decimal("4.5"))]
    >>> str(item_by_item(bills, "650100", date(2025, 9, 1)).amount)
    '105.50'

    Raises:
        BadInput: no items, a repeated reference, a negative or unending figure, or a loss above the bill.
    """
    _distinct(items)
    counted, excluded = [], []
    for item in items:
        increase = _increase(item)
        if item.only_settlement_effect:
            zh, en = "起付线、分段比例等结算因素变化所致，不计入损失", "an effect of deductible or tier: no loss"
            excluded.append(Excluded(item.ref, increase, zh, en))
        else:
            counted.append((item, increase))
    exact = sum((Fraction(increase) for _, increase in counted), Fraction())
    return Loss(
        method=Method.ITEM_BY_ITEM,
        amount=_fen(exact),
        exact=exact,
        violation_amount=sum((item.violation_amount for item, _ in counted), Decimal(0)),
        items=tuple(items),
        excluded=tuple(excluded),
        settlement=None,
        ratio=None,
        reason="",
        basis=_basis(source, region, on),
    )


def by_ratio(
    items: Sequence[Item],
    category: Category,
    settlement: Settlement,
    reason: str,
    region: str,
    on: date,
    *,
    source: Packs | None = None,
) -> Loss:
    """Violation amount × approved fund amount ÷ in-scope cost of last year, same institution and category.

    Args:
        items: bills; only their violation amounts count, and those marked as settlement effects are excluded.
        category: of the bills; must be the settlement's.
        settlement: last year's, of the institution.
        reason: why the bills cannot be computed one by one (参保人员人数众多且待遇配置、报销比例各不相同等).
        region, on: place and day, for the basis.
        source: rule packs; the shipped ones unless given.

    Raises:
        BadInput: see `item_by_item`; another category, not last year's settlement, no reason, a ratio above 1.
    """
    _distinct(items)
    if not reason.strip():
        raise BadInput("ratio.reason", "须说明无法逐笔计算的客观原因 / say why it cannot be computed item by item")
    if settlement.category is not category:
        raise BadInput(
            "ratio.settledCategory", "须用同一医疗类别的清算数据 / the settlement must be of the same category"
        )
    if settlement.year != on.year - 1:
        raise BadInput("ratio.settledYear", f"须用上年度（{on.year - 1}）清算数据 / last year's settlement is needed")
    for amount in settlement.approved.values():
        _money(amount, "ratio.approved")
    _money(settlement.in_scope_cost, "ratio.inScopeCost")
    approved = sum(settlement.approved.values(), Decimal(0))
    if settlement.in_scope_cost == 0 or approved > settlement.in_scope_cost:
        raise BadInput(
            "ratio.inScopeCost", "核定基金金额不得超过范围内费用总额，且总额不为零 / the ratio must lie between 0 and 1"
        )
    ratio = Fraction(approved) / Fraction(settlement.in_scope_cost)
    for item in items:
        _money(item.violation_amount, item.ref)
    zh, en = "结算因素变化所致，不计入损失", "an effect of deductible or tier: no loss"
    counted = sum((item.violation_amount for item in items if not item.only_settlement_effect), Decimal(0))
    exact = Fraction(counted) * ratio
    return Loss(
        method=Method.RATIO,
        amount=_fen(exact),
        exact=exact,
        violation_amount=counted,
        items=tuple(items),
        excluded=tuple(
            Excluded(item.ref, item.violation_amount, zh, en) for item in items if item.only_settlement_effect
        ),
        settlement=settlement,
        ratio=ratio,
        reason=reason.strip(),
        basis=_basis(source, region, on),
    )


def _distinct(items: Sequence[Item]) -> None:
    if not items:
        raise BadInput("items", "没有费用明细 / there are no items")
    refs = [item.ref for item in items]
    if len(set(refs)) < len(refs):
        raise BadInput("items", "费用明细编号重复 / an item is given twice")


def _increase(item: Item) -> Decimal:
    for amount in (item.violation_amount, item.fund_paid, item.fund_payable):
        _money(amount, item.ref)
    increase = item.fund_paid - item.fund_payable
    if increase < 0:
        raise BadInput(item.ref, "应付超过实付 / payable exceeds paid")
    if not item.only_settlement_effect and increase > item.violation_amount:
        raise BadInput(item.ref, "损失超过违规金额 / the loss exceeds the violation amount")
    return increase


def _money(amount: Decimal, name: str) -> None:
    """Yuan: finite, not negative, at most two decimals."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 <= amount <= MAX_YUAN:
        raise BadInput(name, f"金额须为非负小数，不超过{MAX_YUAN}元 / a decimal, not negative, at most {MAX_YUAN}")
    if (Fraction(amount) * 10**_SCALE).denominator != 1:
        raise BadInput(name, "金额最多两位小数 / at most two decimals")


def _fen(exact: Fraction) -> Decimal:
    """Rounded half up to the fen, without passing through a float or a short context."""
    fen = (exact.numerator * 200 + exact.denominator) // (exact.denominator * 2)
    return Decimal(fen).scaleb(-_SCALE)


def _basis(source: Packs | None, region: str, on: date) -> Basis:
    all_packs = source or packs()
    found = ((pack, pack.file.loss, True) for pack in all_packs if pack.file.loss is not None)
    try:
        return all_packs.governing(found, lambda rule: rule.clause, region, on).basis
    except NoRule:
        raise NoRule("没有计算基金损失的规则 / no document says how a loss is computed") from None
