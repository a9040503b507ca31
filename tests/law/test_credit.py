"""Credit scores and points, by cases that a lawyer can read, and by what must hold for every history (R20, R24)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.law import credit
from hub.law.credit import BadHistory, BadPeriod, Change, Changed, Event, Quarter, Recorded
from hub.law.points import Points, Qualification, points
from hub.law.schema import CreditModelRule

MODEL = credit.model("sample-2026.2")
T0 = datetime(2026, 1, 5, 2, tzinfo=UTC)
Q4 = Quarter.of("2025Q4")


def scored(*events: Event, period: Quarter = Q4, as_of: datetime | None = None) -> Decimal:
    return credit.score(MODEL, period, events, as_of).score


def recorded(number: int, rule: str, on: str, hours: int = 0) -> Recorded:
    return Recorded(number, rule, date.fromisoformat(on), T0 + timedelta(hours=hours))


# --- by hand -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "events", "score", "grade"),
    [
        ("nothing happened", [], "1000.00", "A"),
        # 150 of 1,000 of the half that lawful use of the fund is: 75.
        ("一般违法行为被处罚一次", [("PENALTY_GENERAL", "2025-11-03")], "925.00", "A"),
        ("被处罚两次", [("PENALTY_GENERAL", "2025-11-03"), ("PENALTY_GENERAL", "2025-12-01")], "850.00", "B"),
        # The rule's limit of 600 is reached with the fourth; the fifth costs nothing more.
        ("被处罚五次", [("PENALTY_GENERAL", f"2025-0{n}-01") for n in range(1, 6)], "700.00", "C"),
        ("解除协议", [("AGREEMENT_DISSOLVED", "2025-06-30")], "700.00", "C"),
        ("解除协议并有严重违法", [("AGREEMENT_DISSOLVED", "2025-06-30"), ("PENALTY_SERIOUS", "2025-06-01")], "500.00", "D"),
        ("自查自纠不超过满分", [("SELF_CORRECTED", "2025-06-30")], "1000.00", "A"),
        ("自查自纠抵减", [("PENALTY_MINOR", "2025-06-30"), ("SELF_CORRECTED", "2025-07-30")], "995.00", "A"),
        ("窗口首日", [("PENALTY_GENERAL", "2025-01-01")], "925.00", "A"),
        ("窗口之前", [("PENALTY_GENERAL", "2024-12-31")], "1000.00", "A"),
        ("期末最后一日", [("PENALTY_GENERAL", "2025-12-31")], "925.00", "A"),
        ("期末之后", [("PENALTY_GENERAL", "2026-01-01")], "1000.00", "A"),
    ],
)  # fmt: skip
def test_by_hand(what: str, events: list[tuple[str, str]], score: str, grade: str) -> None:
    found = credit.score(MODEL, Q4, [recorded(n, *event) for n, event in enumerate(events, 1)])
    assert (found.score, found.grade) == (Decimal(score), grade), what


def test_a_score_tells_how_it_came_about() -> None:
    found = credit.score(
        MODEL, Q4, [recorded(7, "DATA_FALSE", "2025-05-05"), recorded(3, "PENALTY_SERIOUS", "2025-02-02")]
    )
    assert [(one.event, one.rule, one.points, one.clause) for one in found.effects] == [
        (3, "PENALTY_SERIOUS", 400, "条例第三十八条、第四十条"),
        (7, "DATA_FALSE", 250, "评分示范"),
    ]
    assert [(one.code, one.score, one.weight) for one in found.dimensions] == [
        ("FUND_USE", 600, Decimal("0.50")), ("AGREEMENT", 1000, Decimal("0.30")), ("INFORMATION", 750, Decimal("0.20")),
    ]  # fmt: skip
    assert found.measures == ("加强法治教育", "要求签订承诺保证书")
    assert found.basis.notice_en == "hub default, no legal force here"


def test_grades_begin_where_they_say() -> None:
    """850 is B, 800 is B still, a hundredth less is C: 以上 includes the number."""
    least = {grade.grade: grade.least for grade in MODEL.rule.grades}
    assert least == {"A": 900, "B": 800, "C": 650, "D": 0}
    assert scored(*(recorded(n, "PENALTY_GENERAL", "2025-03-01") for n in range(2)), recorded(9, "PENALTY_MINOR", "2025-03-01"),
                  *(recorded(n, "DATA_LATE", "2025-03-01") for n in (3, 4, 5, 6, 7))) == Decimal("800.00")  # fmt: skip


# --- corrections ---------------------------------------------------------------------------------------------------------


def test_revoked_counts_in_no_period_and_amended_as_corrected() -> None:
    first = recorded(1, "PENALTY_SERIOUS", "2025-11-03")
    revoked = Changed(2, 1, Change.REVOKED, T0 + timedelta(days=3))
    amended = Changed(2, 1, Change.AMENDED, T0 + timedelta(days=3), rule="PENALTY_MINOR")
    assert scored(first) == Decimal("800.00")
    assert scored(first, revoked) == Decimal("1000.00")
    assert scored(first, amended) == Decimal("980.00")
    assert scored(first, revoked, as_of=T0 + timedelta(days=2)) == Decimal("800.00"), "as it was known then"


def test_repaired_counts_until_the_repair() -> None:
    """A repair on 10 November 2025: the third quarter keeps what it had, the fourth has it no more."""
    first = recorded(1, "PENALTY_SERIOUS", "2025-08-01")
    repaired = Changed(2, 1, Change.REPAIRED, T0, effective_on=date(2025, 11, 10))
    assert scored(first, repaired, period=Quarter.of("2025Q3")) == Decimal("800.00")
    assert scored(first, repaired) == Decimal("1000.00")


def test_a_correction_of_nothing_is_no_history() -> None:
    with pytest.raises(BadHistory):
        scored(Changed(2, 1, Change.REVOKED, T0))


@pytest.mark.parametrize(
    "text", ["2025", "2025Q5", "2025Q0", "2025q1", "1999Q1", "2101Q1", "20254", " 2025Q1", "２０２５Q1x"]
)
def test_bad_periods(text: str) -> None:
    with pytest.raises(BadPeriod):
        Quarter.of(text)


def test_unknown_models_and_rules() -> None:
    with pytest.raises(credit.UnknownModel):
        credit.model("sample-1999.1")
    with pytest.raises(credit.UnknownRule):
        scored(recorded(1, "NO_SUCH_RULE", "2025-11-03"))


def test_a_model_is_whole() -> None:
    good = MODEL.rule.model_dump()
    for broken in (
        {"dimensions": [{**good["dimensions"][0], "weight": "0.6"}, *good["dimensions"][1:]]},
        {"grades": good["grades"][:-1]},
        {"rules": [{**good["rules"][0], "dimension": "NONE"}]},
        {"rules": [good["rules"][0], good["rules"][0]]},
    ):
        with pytest.raises(ValidationError):
            CreditModelRule.model_validate({**good, **broken})


# --- for every history ---------------------------------------------------------------------------------------------------

RULES = [rule.code for rule in MODEL.rule.rules]
DAYS = st.dates(date(2024, 6, 1), date(2026, 6, 30))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    events: list[Event] = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        at = T0 + timedelta(hours=number)
        earlier = [one.id for one in events if isinstance(one, Recorded)]
        if earlier and draw(st.booleans()):
            of, change = draw(st.sampled_from(earlier)), draw(st.sampled_from(Change))
            rule = draw(st.sampled_from(RULES)) if change is Change.AMENDED else None
            day = draw(DAYS)
            events.append(
                Changed(number, of, change, at, rule, day if change is Change.AMENDED else None,
                        day if change is Change.REPAIRED else None)
            )  # fmt: skip
        else:
            events.append(Recorded(number, draw(st.sampled_from(RULES)), draw(DAYS), at))
    return events


PERIODS = st.sampled_from([Quarter(2025, n) for n in (1, 2, 3, 4)] + [Quarter(2026, 1), Quarter(2026, 2)])


@given(histories(), PERIODS, st.randoms())
def test_the_order_in_which_events_are_read_does_not_matter(events: list[Event], period: Quarter, shuffler) -> None:
    shuffled = list(events)
    shuffler.shuffle(shuffled)
    assert credit.score(MODEL, period, shuffled) == credit.score(MODEL, period, events)


@given(histories(), PERIODS, st.data())
def test_revoked_and_recorded_again_is_as_if_never_revoked(events: list[Event], period: Quarter, data) -> None:
    standing = credit.standing(events)
    if not standing:
        return
    one = data.draw(st.sampled_from(standing))
    at = T0 + timedelta(days=9)
    again: list[Event] = [Changed(90, one.id, Change.REVOKED, at), Recorded(91, one.rule, one.occurred_on, at)]
    if one.until is not None:
        again.append(Changed(92, 91, Change.REPAIRED, at + timedelta(hours=1), effective_on=one.until))
    before, after = credit.score(MODEL, period, events), credit.score(MODEL, period, [*events, *again])
    assert (after.score, after.grade, after.dimensions) == (before.score, before.grade, before.dimensions)


@given(histories(), PERIODS, st.integers(0, 13))
def test_as_of_is_the_score_of_what_was_known(events: list[Event], period: Quarter, hours: int) -> None:
    then = T0 + timedelta(hours=hours)
    known = [one for one in events if one.recorded_at <= then]
    assert credit.score(MODEL, period, events, then) == credit.score(MODEL, period, known)


@given(histories(), PERIODS)
def test_scores_stay_in_their_bounds_and_add_up(events: list[Event], period: Quarter) -> None:
    found = credit.score(MODEL, period, events)
    assert 0 <= found.score <= 1000
    assert found.score == sum(one.score * one.weight for one in found.dimensions)
    limits = {rule.code: rule.most for rule in MODEL.rule.rules}
    for code, most in limits.items():
        assert sum(abs(one.points) for one in found.effects if one.rule == code) <= most


# --- points --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_points", "total", "qualification", "barred"),
    [
        ([], 0, Qualification.NORMAL, 0),
        ([3, 3, 2], 8, Qualification.NORMAL, 0),
        ([9], 9, Qualification.SUSPENDED, 0),
        ([6, 5], 11, Qualification.SUSPENDED, 0),
        ([6, 6], 12, Qualification.ENDED, 1),
        ([12], 12, Qualification.ENDED, 3),
        ([3, 12], 15, Qualification.ENDED, 3),
    ],
)
def test_points_of_a_year(given_points: list[int], total: int, qualification: Qualification, barred: int) -> None:
    decided = [Points(n, one, date(2026, 2, 1)) for n, one in enumerate(given_points)]
    found = points(2026, [*decided, Points(99, 11, date(2025, 12, 31))], "640104")
    assert (found.total, found.qualification, found.barred_years) == (total, qualification, barred)
    assert (found.suspended_months == (1, 6)) is (qualification is Qualification.SUSPENDED)
    assert points(2027, decided, "640104").total == 0, "each year begins anew"


@pytest.mark.parametrize("bad", [0, -1, 13])
def test_points_are_one_to_twelve(bad: int) -> None:
    with pytest.raises(ValueError, match="1 to 12"):
        points(2026, [Points(1, bad, date(2026, 2, 1))], "640104")
