"""Limitation: 2 and 5 years, continuous acts, leap days, the law of the time, the draft shown beside it."""

from datetime import date

import pytest

from hub.law.limitation import Act, limitation
from hub.law.vocabulary import Harm, Standing

LIFE, FINANCE = frozenset({Harm.LIFE_AND_HEALTH}), frozenset({Harm.FINANCIAL_SECURITY})


@pytest.mark.parametrize(
    ("why", "act", "last"),
    [
        ("一次行为，二年", Act(date(2023, 3, 15)), date(2025, 3, 15)),
        ("连续行为，从终了之日起", Act(date(2022, 1, 1), ended=date(2024, 6, 30)), date(2026, 6, 30)),
        ("危及生命健康且有危害后果，五年", Act(date(2023, 3, 15), harm=LIFE), date(2028, 3, 15)),
        ("危及金融安全且有危害后果，五年（处罚法；004没有）", Act(date(2023, 3, 15), harm=FINANCE), date(2028, 3, 15)),
        ("2月29日，二年后没有对应日，至2月末", Act(date(2024, 2, 29)), date(2026, 2, 28)),
        ("2月28日，闰年的对应日", Act(date(2022, 2, 28)), date(2024, 2, 28)),
        ("2023年2月29日不存在；五年后是闰年", Act(date(2023, 2, 28), harm=LIFE), date(2028, 2, 28)),
        ("2021-07-15前终了的行为，旧法没有五年", Act(date(2021, 7, 14), harm=LIFE), date(2023, 7, 14)),
        ("2021-07-15起适用新法", Act(date(2021, 7, 15), harm=LIFE), date(2026, 7, 15)),
        ("旧法期间开始、新法期间终了", Act(date(2020, 1, 1), ended=date(2022, 1, 1), harm=LIFE), date(2027, 1, 1)),
    ],
)
def test_terms(why: str, act: Act, last: date) -> None:
    found = limitation(act, "640104")
    assert found.last_day == last, why
    assert not found.is_barred(last)
    assert found.is_barred(date.fromordinal(last.toordinal() + 1))
    assert found.basis.standing is Standing.IN_FORCE


def test_an_act_that_continues_has_no_end_yet() -> None:
    found = limitation(Act(date(2015, 1, 1), continues=True), "640104")
    assert (found.runs_from, found.last_day) == (None, None)
    assert not found.is_barred(date(2030, 1, 1))
    assert found.basis.pack == "CNAPL2021"


def test_the_draft_is_shown_beside_the_law_and_differs_on_financial_security() -> None:
    found = limitation(Act(date(2025, 9, 1), harm=FINANCE), "650102")
    assert (found.basis.pack, found.years, found.extended_by) == ("CNAPL2021", 5, FINANCE)
    draft = next(other for other in found.others if other.basis.pack == "XJ2025D")
    assert (draft.years, draft.last_day, draft.basis.standing) == (2, date(2027, 9, 1), Standing.HUB_DEFAULT)


def test_impossible_acts_are_refused() -> None:
    with pytest.raises(ValueError, match="ends after"):
        Act(date(2024, 1, 2), ended=date(2024, 1, 1))
    with pytest.raises(ValueError, match="continue"):
        Act(date(2024, 1, 2), ended=date(2024, 1, 3), continues=True)
