"""What free text must not hold is found however it is disguised, and ordinary figures are none of it."""

import random

import pytest
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from hub.clues.commands_text import IDENTITY_NUMBER, SECRET, find, resident_number

NUMBER = "110101199003077715"


@pytest.mark.parametrize(
    "text",
    [
        f"1 {NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        f"ID{NUMBER}",
        f"{NUMBER}abc",
        f"{NUMBER}1",
        f"0{NUMBER}",
        f"{NUMBER[:6]}   {NUMBER[6:14]}   {NUMBER[14:]}",
        f"{NUMBER[:6]}\n\n\n{NUMBER[6:]}",
        f"{NUMBER[:6]}，{NUMBER[6:14]}，{NUMBER[14:]}",
        f"{NUMBER[:6]}（{NUMBER[6:14]}）{NUMBER[14:]}",
        "110101 1990年03月07日 7715",
        ",".join(NUMBER),
        "\u200b".join(NUMBER),
        "\u3164".join(NUMBER),
        "\u2800".join(NUMBER),
        "１１０１０１，１９９００３０７，７７１５",
        "".join(chr(0x660 + int(digit)) for digit in NUMBER),
        "".join(chr(0x1D7E2 + int(digit)) for digit in NUMBER),
        "一一零一零一一九九零零三零七七七一五",
        "壹壹零壹零壹壹玖玖零零叁零柒柒柒壹伍",
        "11010119491231002Х",
        "11010119491231002×",
    ],
)
def test_a_number_is_found_in_disguise(text: str) -> None:
    assert (found := find(f"当事人 {text} 多次就诊"))
    assert found.code == IDENTITY_NUMBER


def test_every_valid_number_is_found_also_one_that_is_a_valid_uscc_too() -> None:
    """One in 31 resident numbers passes the check of a uscc."""
    chance = random.Random(310)
    both = 0
    for _ in range(2_000):
        born = f"{chance.randint(1930, 2020)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        body = f"{chance.choice(('110101', '640104', '513227'))}{born}{chance.randint(0, 999):03}"
        number = body + mod_11_2.calc_check_digit(body)
        assert resident_number(number)
        both += uscc.is_valid(number)
        assert find(f"参保人{number}"), number
    assert both


@pytest.mark.parametrize(
    "text",
    ["机 密★1年", "机密*长期", "★绝密", "機密★", "密级 机密", "密 级：秘 密", "【 机 密 】", "属国家 秘密", "國家秘密"],
)
def test_a_mark_of_secrecy_is_found_in_disguise(text: str) -> None:
    assert (found := find(f"本件{text}不得外传"))
    assert found.code == SECRET


@pytest.mark.parametrize(
    "text",
    [
        "案件640104-2026-0001234，2026年1月至6月，重复检查240人次，金额1200.00元、3400.50元",
        "统一社会信用代码91110118100101001G，单据12345678901234567890号，电话13912345678",
        "商业秘密；不涉及国家秘密；保密级别高",
        "第一、二、三条，二〇二六年一月至六月，一百二十人次",
    ],
)
def test_ordinary_text_is_kept(text: str) -> None:
    assert find(text) is None
