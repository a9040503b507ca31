"""What holds for every date, amount and finding."""

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.law.calendar import calendar
from hub.law.catalogue import catalogues
from hub.law.clock import clock_names, due, recompute
from hub.law.limitation import Act, limitation
from hub.law.loss import Category, Fund, Item, Settlement, by_ratio, item_by_item
from hub.law.pack import NoRule
from hub.law.region import ancestor, common_superior, level_of, place, within
from hub.law.routing import Finding, Party, route
from hub.law.settings import Settings, open_questions
from hub.law.vocabulary import Harm, PartyKind, Standing, Suspicion, Unit

pytestmark = pytest.mark.property
EXAMPLES = settings(max_examples=2_000 if os.environ.get("HUB_SOAK") else 120, deadline=None)

DAYS = st.dates(date(2008, 1, 1), date(2030, 12, 31))
MOMENTS = st.datetimes(datetime(2008, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - aware by the strategy
REGIONS = st.sampled_from(
    ["640000", "640100", "640104", "6401ND", "650000", "650102", "510502", "510504", "220100", "411300"]
)
CLOCKS = st.sampled_from([(name, path) for name, routes in clock_names().items() for path in sorted(routes)])
CHOICES = st.builds(
    Settings,
    st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(rule.options) for name, rule in open_questions().items()}
    ),
)
YUAN = st.decimals(0, 10**7, places=2)


@EXAMPLES
@given(DAYS, st.integers(1, 30), REGIONS)
def test_working_days_go_forward_and_grow(start: date, days: int, region: str) -> None:
    work = calendar(region)
    end = work.add(start, days)
    assert end > start
    assert work.is_working_day(end)
    assert work.between(start, end) == days
    assert work.add(start, days + 1) > end
    assert work.add(start + timedelta(days=1), days) >= end
    assert work.add(work.add(start, days), 1) == work.add(start, days + 1)


@EXAMPLES
@given(DAYS)
def test_a_year_of_weeks_keeps_its_working_days(day: date) -> None:
    # 调休 moves working days, it makes few: any 4 weeks hold between 9 (春节、国庆) and 20 plus the make-up days.
    assert 9 <= calendar().between(day, day + timedelta(days=28)) <= 23


@EXAMPLES
@given(CLOCKS, MOMENTS, REGIONS, CHOICES)
def test_a_deadline_can_be_computed_again_and_follows_its_start(
    clock: tuple[str, str], start: datetime, region: str, chosen: Settings
) -> None:
    name, path = clock
    try:
        found = due(name, path, start, region, settings=chosen)
    except NoRule:
        assert start.year < 2021, "today every clock has a rule or a default everywhere"
        return
    assert recompute(found) == found
    assert found.due_at > start
    assert (found.basis.standing is Standing.IN_FORCE) is (found.basis.notice_zh == "")
    assert found.basis.clause
    assert not found.is_overdue(start)
    assert found.is_overdue(found.due_at + timedelta(seconds=1))
    assert not found.is_overdue(found.due_at - timedelta(seconds=1))
    assert (found.calendar is None) or (found.provisional is bool(found.calendar.provisional_years))
    assert all(reading.due_at != found.due_at for reading in found.readings)
    later = due(name, path, start + timedelta(hours=7), region, settings=chosen)
    assert later.due_at >= found.due_at or later.basis != found.basis
    if found.unit is Unit.HOURS:
        assert found.due_at - start == timedelta(hours=found.amount)


@EXAMPLES
@given(DAYS, st.integers(0, 2_000), st.frozensets(st.sampled_from(Harm)), REGIONS)
def test_a_longer_act_and_a_graver_one_are_barred_later(
    began: date, lasted: int, harm: frozenset[Harm], region: str
) -> None:
    ended = began + timedelta(days=lasted)
    short, long = limitation(Act(began, harm=harm), region), limitation(Act(began, ended=ended, harm=harm), region)
    plain = limitation(Act(began, ended=ended), region)
    assert short.last_day is not None
    assert long.last_day is not None
    assert plain.last_day is not None
    assert short.last_day <= long.last_day
    assert plain.last_day <= long.last_day
    assert long.years in {2, 5}
    assert ended < long.last_day


BILLS = st.lists(st.tuples(YUAN, st.fractions(0, 1), st.fractions(0, 1)), min_size=1, max_size=12)


def items(bills: list[tuple[Decimal, Fraction, Fraction]]) -> list[Item]:
    """Bills whose loss is a part of the violation amount, by construction."""
    made = []
    for number, (amount, paid, payable) in enumerate(bills):
        fen = int(amount * 100)
        high, low = int(fen * max(paid, payable)), int(fen * min(paid, payable))
        made.append(Item(f"B{number}", amount, Decimal(high).scaleb(-2), Decimal(low).scaleb(-2)))
    return made


@EXAMPLES
@given(BILLS)
def test_a_loss_is_never_negative_nor_more_than_the_violation(bills: list[tuple[Decimal, Fraction, Fraction]]) -> None:
    made = items(bills)
    found = item_by_item(made, "650102", date(2025, 9, 1))
    assert 0 <= found.amount <= found.violation_amount
    assert found.amount == found.exact  # fen in, fen out: nothing is rounded
    assert item_by_item(list(reversed(made)), "650102", date(2025, 9, 1)).amount == found.amount
    split = sum(item_by_item([one], "650102", date(2025, 9, 1)).amount for one in made)
    assert split == found.amount


@EXAMPLES
@given(BILLS, st.dictionaries(st.sampled_from(Fund), YUAN, max_size=8), YUAN)
def test_a_loss_by_ratio_lies_between_nothing_and_the_violation(
    bills: list[tuple[Decimal, Fraction, Fraction]], approved: dict[Fund, Decimal], own_share: Decimal
) -> None:
    total = sum(approved.values(), Decimal(0)) + own_share + Decimal("0.01")
    settled = Settlement(2024, Category.INPATIENT, approved, total)
    found = by_ratio(items(bills), Category.INPATIENT, settled, "人数众多", "650102", date(2025, 9, 1))
    assert 0 <= found.amount <= found.violation_amount
    assert abs(Fraction(found.amount) - found.exact) <= Fraction(1, 200)
    assert found.ratio is not None
    assert 0 <= found.ratio < 1


@EXAMPLES
@given(REGIONS, REGIONS)
def test_a_common_superior_is_above_both(one: str, other: str) -> None:
    above = common_superior(one, other)
    assert above == common_superior(other, one)
    assert above.level < min(level_of(one), level_of(other))
    assert above.level == 0 or (within(one, above.code) and within(other, above.code))
    assert ancestor(one, level_of(one)) == place(one)


CODES = st.lists(st.sampled_from(sorted(catalogues().entries)), unique=True, max_size=5).map(tuple)
PARTIES = st.lists(st.builds(Party, st.sampled_from(PartyKind), st.none() | REGIONS), min_size=1, max_size=3).map(tuple)
KINDS = st.sampled_from(
    [
        "HEALTHCARE_SECURITY",
        "HEALTH",
        "MARKET_REGULATION",
        "PUBLIC_SECURITY",
        "DISCIPLINE_INSPECTION",
        "FUND_OPERATOR",
        "AUDIT",
    ]
)


@EXAMPLES
@given(CODES, PARTIES, KINDS, REGIONS, DAYS, st.frozensets(st.sampled_from(Suspicion)), st.none() | KINDS)
def test_no_code_is_lost_and_nobody_receives_from_itself(
    codes: tuple[str, ...],
    parties: tuple[Party, ...],
    kind: str,
    region: str,
    on: date,
    suspected: frozenset[Suspicion],
    source: str | None,
) -> None:
    asked = Finding(codes, parties, kind, place(region), on, suspected, source)
    found = route(asked)
    assert route(asked) == found
    sent = {code for one in found.receivers for code in one.codes}
    assert sent | set(found.own) | set(found.unrouted) == set(codes)
    assert not (sent | set(found.own)) & set(found.unrouted)
    pairs = [(one.kind, one.place) for one in found.receivers]
    assert len(set(pairs)) == len(pairs)
    assert (kind, asked.sender) not in pairs
    for receiver in found.receivers:
        assert receiver.basis.clause
        assert receiver.place.level <= asked.sender.level or receiver.place == asked.sender
    told = {one.about for one in found.notices}
    assert told <= {None} | {one.kind for one in found.receivers}
