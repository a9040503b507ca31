"""Fund loss: both methods by hand-computed figures, what is excluded, what is refused."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from hub.law.loss import BadInput, Category, Fund, Item, Method, Settlement, by_ratio, item_by_item
from hub.law.vocabulary import Standing

DAY, PLACE = date(2025, 9, 1), "650102"
SETTLED = Settlement(
    year=2024,
    category=Category.INPATIENT,
    approved={Fund.EMPLOYEE_BASIC_POOLED: Decimal(600_000), Fund.RESIDENT_BASIC: Decimal("66666.67")},
    in_scope_cost=Decimal(1_000_000),
)
REASON = "参保人员人数众多且待遇配置、报销比例各不相同"
BILLS = [
    Item("A1", Decimal("100.00"), Decimal("70.00")),
    Item("A2", Decimal("50.00"), Decimal("40.00"), Decimal("4.50")),
]


def ratio(
    items: list[Item] = BILLS,
    settled: Settlement = SETTLED,
    category: Category = Category.INPATIENT,
    reason: str = REASON,
) -> Any:
    return by_ratio(items, category, settled, reason, PLACE, DAY)


def test_item_by_item_adds_what_the_fund_paid_too_much() -> None:
    found = item_by_item(BILLS, PLACE, DAY)
    assert (found.method, found.amount, found.violation_amount) == (
        Method.ITEM_BY_ITEM,
        Decimal("105.50"),
        Decimal("150.00"),
    )
    assert (found.items, found.excluded, found.settlement, found.ratio) == (tuple(BILLS), (), None, None)


def test_the_effect_of_deductibles_and_tiers_is_excluded_and_listed() -> None:
    later = Item("A3", Decimal(0), Decimal("300.00"), Decimal("210.00"), only_settlement_effect=True)
    found = item_by_item([*BILLS, later], PLACE, DAY)
    assert found.amount == Decimal("105.50")
    assert [(one.ref, one.amount) for one in found.excluded] == [("A3", Decimal("90.00"))]
    assert ratio([*BILLS, later]).amount == ratio().amount


def test_by_ratio() -> None:
    # 150 × 666,666.67 ÷ 1,000,000 = 100.0000005 → 100.00
    found = ratio()
    assert (found.method, found.amount) == (Method.RATIO, Decimal("100.00"))
    assert found.ratio == Fraction(66_666_667, 100_000_000)
    assert found.exact == Fraction(150) * found.ratio
    assert (found.settlement, found.reason) == (SETTLED, REASON)


@pytest.mark.parametrize(("cost", "amount"), [("0.01", "0.01"), ("0.02", "0.01"), ("0.03", "0.02"), ("100", "50.00")])
def test_half_a_fen_is_rounded_up(cost: str, amount: str) -> None:
    half = Settlement(2024, Category.INPATIENT, {Fund.MEDICAL_ASSISTANCE: Decimal(1)}, Decimal(2))
    assert ratio([Item("A", Decimal(cost), Decimal(0))], half).amount == Decimal(amount)


def test_the_basis_is_a_draft_without_force_anywhere() -> None:
    for place in ("650102", "640104"):
        basis = item_by_item(BILLS, place, DAY).basis
        assert (basis.pack, basis.standing) == ("XJ2025D", Standing.HUB_DEFAULT)
        assert "本平台默认规则，在此地无法律效力" in basis.notice_zh


@pytest.mark.parametrize(
    "item",
    [
        Item("X", Decimal(10), Decimal(5), Decimal(6)),
        Item("X", Decimal(10), Decimal(11)),
        Item("X", Decimal(-1), Decimal(0)),
        Item("X", Decimal("0.001"), Decimal(0)),
        Item("X", Decimal("NaN"), Decimal(0)),
        Item("X", Decimal("Infinity"), Decimal(0)),
        Item("X", Decimal("1e16"), Decimal(0)),
        Item("X", Decimal("1e999999"), Decimal(0)),
    ],
)
def test_impossible_bills_are_refused(item: Item) -> None:
    with pytest.raises(BadInput, match="X"):
        item_by_item([item], PLACE, DAY)


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(BadInput):
        item_by_item([], PLACE, DAY)
    with pytest.raises(BadInput):
        item_by_item([BILLS[0], BILLS[0]], PLACE, DAY)
    with pytest.raises(BadInput):
        ratio(reason="  ")
    with pytest.raises(BadInput):
        ratio(category=Category.OUTPATIENT_CHRONIC)
    for settled in (
        Settlement(2023, Category.INPATIENT, SETTLED.approved, SETTLED.in_scope_cost),
        Settlement(2024, Category.INPATIENT, SETTLED.approved, Decimal(0)),
        Settlement(2024, Category.INPATIENT, SETTLED.approved, Decimal(666_666)),
    ):
        with pytest.raises(BadInput):
            ratio(settled=settled)


def test_eight_funds_are_named() -> None:
    assert len(Fund) == 8
