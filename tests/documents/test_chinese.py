"""Dates, counts and amounts in words: read back by a reader of this file's own, and the examples of the rules."""

import doctest
from datetime import date
from decimal import Decimal

import cn2an  # noqa: F401 - the first use imports it, which is no part of what is timed
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.documents import chinese
from hub.documents.chinese import amount_in_figures, amount_in_words, chinese_count, chinese_date

CAPITALS = "零壹贰叁肆伍陆柒捌玖"
PLAIN = "零一二三四五六七八九"
UNITS = {"拾": 10, "佰": 100, "仟": 1000, "十": 10, "百": 100, "千": 1000}


def below_ten_thousand(text: str, digits: str) -> int:
    total = current = 0
    for sign in text:
        if sign in UNITS:
            total += (current or 1) * UNITS[sign]
            current = 0
        else:
            current = digits.index(sign)
    return total + current


def read_count(text: str, digits: str = PLAIN) -> int:
    """亿 and 万 from the left; what stands before 亿 may hold 万 itself."""
    if "亿" in text:
        high, _, low = text.rpartition("亿")
        return read_count(high, digits) * 10**8 + read_count(low, digits)
    if "万" in text:
        high, _, low = text.rpartition("万")
        return below_ten_thousand(high, digits) * 10**4 + read_count(low, digits)
    return below_ten_thousand(text, digits)


def read_amount(text: str) -> Decimal:
    assert text.startswith("人民币")
    text = text.removeprefix("人民币")
    sign = -1 if text.startswith("（负）") else 1
    text = text.removeprefix("（负）")
    yuan, found, rest = text.partition("元")
    if not found:
        yuan, rest = "", text
    fen = 0
    for unit, worth in (("角", 10), ("分", 1)):
        if unit in rest:
            digit, _, rest = rest.partition(unit)
            fen += CAPITALS.index(digit[-1]) * worth
    assert rest in ("", "整"), text
    return sign * (Decimal(read_count(yuan, CAPITALS) if yuan else 0) + Decimal(fen) / 100)


@given(st.integers(0, 10**16 - 1), st.integers(0, 99), st.booleans())
def test_an_amount_in_words_is_that_amount(yuan: int, fen: int, minus: bool) -> None:
    amount = Decimal(yuan) + Decimal(fen) / 100
    amount = -amount if minus else amount
    words = amount_in_words(amount)
    assert read_amount(words) == amount
    assert set(words.removeprefix("人民币").removeprefix("（负）")) <= set(CAPITALS + "拾佰仟万亿元角分整")
    assert Decimal(amount_in_figures(amount).replace("￥", "").replace(",", "")) == amount


@given(st.integers(0, 10**12))
def test_a_count_in_words_is_that_count(number: int) -> None:
    assert read_count(chinese_count(number)) == number


@given(st.dates(date(1949, 10, 1), date(2999, 12, 31)))
def test_a_date_in_words_is_that_date(day: date) -> None:
    year, _, rest = chinese_date(day).partition("年")
    month, _, rest = rest.partition("月")
    assert rest.endswith("日")
    digits = PLAIN.replace("零", "〇")
    read = date(int("".join(str(digits.index(sign)) for sign in year)), read_count(month), read_count(rest[:-1]))
    assert read == day


@pytest.mark.parametrize(
    ("amount", "words"),  # 支付结算办法 附一
    [
        ("1409.50", {"壹仟肆佰零玖元伍角", "壹仟肆佰零玖元伍角整"}),
        ("6007.14", {"陆仟零柒元壹角肆分"}),
        ("1680.32", {"壹仟陆佰捌拾元零叁角贰分", "壹仟陆佰捌拾元叁角贰分"}),
        ("107000.53", {"壹拾万柒仟元零伍角叁分", "壹拾万零柒仟元伍角叁分", "壹拾万柒仟元伍角叁分"}),
        ("16409.02", {"壹万陆仟肆佰零玖元零贰分"}),
        ("325.04", {"叁佰贰拾伍元零肆分"}),
        ("12300.00", {"壹万贰仟叁佰元整"}),
        ("100000", {"壹拾万元整"}),
        ("0", {"零元整"}),
    ],
)
def test_examples_of_the_rules_on_payment(amount: str, words: set[str]) -> None:
    assert amount_in_words(Decimal(amount)).removeprefix("人民币") in words


@pytest.mark.parametrize("amount", ["0.001", "1E16", "-1E16"])
def test_no_amount_of_a_record_is_refused_as_one(amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        amount_in_words(Decimal(amount))


def test_a_count_is_not_negative() -> None:
    with pytest.raises(ValueError, match="count"):
        chinese_count(-1)


def test_examples_in_the_module() -> None:
    assert doctest.testmod(chinese).failed == 0
