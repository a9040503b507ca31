"""Dates, counts and amounts as an official paper writes them (GB/T 9704; 支付结算办法 附一 for amounts).

>>> chinese_date(date(2026, 11, 22))
'二〇二六年十一月二十二日'
>>> chinese_count(42), chinese_count(110), chinese_count(12)
('四十二', '一百一十', '十二')
>>> amount_in_words(Decimal("12300.00"))
'人民币壹万贰仟叁佰元整'
>>> amount_in_figures(Decimal("12300"))
'￥12,300.00'
"""

from datetime import date
from decimal import Decimal
from typing import Final

MOST: Final = Decimal(10) ** 16
"""Yuan, exclusive: as wide as an amount of a record."""
FEN: Final = Decimal("0.01")
_DIGITS: Final = "〇一二三四五六七八九"


def chinese_date(day: date) -> str:
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{chinese_count(day.month)}月{chinese_count(day.day)}日"


def chinese_count(number: int) -> str:
    """A whole number from 0 on.

    Raises:
        ValueError: it is negative.
    """
    if number < 0:
        raise ValueError("a count is not negative")
    return _in_words(str(number), "low")


def amount_in_words(yuan: Decimal) -> str:
    """An amount in capitals, which no stroke can alter.

    Raises:
        ValueError: not in whole fen, or larger than any record's.
    """
    if abs(yuan) >= MOST or yuan != yuan.quantize(FEN):
        raise ValueError("an amount is in whole fen, and below 10^16 yuan")
    minus = "（负）" if yuan < 0 else ""
    return f"人民币{minus}{_in_words(str(abs(yuan).quantize(FEN)), 'rmb')}"


def amount_in_figures(yuan: Decimal) -> str:
    return f"{'-' if yuan < 0 else ''}￥{abs(yuan):,.2f}"


def _in_words(number: str, mode: str) -> str:
    from cn2an import an2cn  # noqa: PLC0415 - five megabytes that a process without papers does not need

    return str(an2cn(number, mode))
