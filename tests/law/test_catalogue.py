"""Catalogues: their size, their last member, their texts, and the mapping between them."""

from datetime import date

import pytest

from hub.law.catalogue import MAX_OTHER_TEXT, UnknownCode, catalogues
from hub.law.vocabulary import Rank, Standing

SIZES = {  # requirement and number of members that the document lists
    "NX2022-HS": ("R3", 7),
    "NX2022-HE": ("R4", 8),
    "XJ2025D-PS": ("R5", 10),
    "NY2025-HL": ("R6", 5),
    "NY2025-MR": ("R6", 4),
    "NY2025-PS": ("R6", 5),
    "NY2025-DI": ("R6", 4),
    "CC2018-FK": ("R7", 14),
    "CC2018-RP": ("R7", 5),
    "XJ2025D-DF": ("R7", 11),
}


def test_every_list_is_there_with_its_number_of_members() -> None:
    found = {name: (one.requirement, len(one.entries)) for name, one in catalogues().lists.items()}
    assert found == SIZES


def test_each_list_ends_in_one_other_member() -> None:
    for one in catalogues().lists.values():
        others = [entry for entry in (*one.entries, one.other) if entry.other]
        assert set(others) == {one.other}
        assert one.other.number >= len(one.entries)
    assert catalogues().lists["XJ2025D-DF"].other.code == "XJ2025D-DF-12"
    assert catalogues().lists["XJ2025D-DF"].other.origin == "hub", "the draft itself lists no other"
    assert catalogues().lists["NY2025-MR"].other.origin == "etc"


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("NX2022-HS-1", "实名就医"),
        ("NX2022-HS-5", "重复检查"),
        ("NX2022-HE-1", "挂床住院"),
        ("NX2022-HE-8", "骗取医保基金支出"),
        ("XJ2025D-PS-2", "回流药"),
        ("XJ2025D-PS-10", "治安管理处罚"),
        ("NY2025-MR-3", "随货同行单"),
        ("NY2025-HL-2", "无证行医"),
        ("NY2025-PS-4", "职业骗保人"),
        ("CC2018-FK-3", "挂床住院"),
        ("CC2018-FK-13", "票据"),
        ("XJ2025D-DF-6", "药理作用相同"),
    ],
)
def test_the_texts_are_the_documents_own(code: str, part: str) -> None:
    assert part in catalogues().entry(code).zh
    assert catalogues().entry(code).en


def test_definitions_carry_their_criteria_and_exceptions() -> None:
    split = catalogues().entry("XJ2025D-DF-1")
    assert "诊断相同或者相近" in split.criteria
    assert "血液透析" in split.exceptions
    assert len(catalogues().entry("XJ2025D-DF-5").exceptions) == 4
    assert len(catalogues().entry("XJ2025D-DF-8").criteria) == 5


def test_the_mapping_goes_both_ways_and_never_to_itself() -> None:
    lists = catalogues()
    for code in lists.entries:
        for other in lists.related(code):
            assert code in lists.related(other)
            assert lists.entry(other).catalogue != lists.entry(code).catalogue
    for code, entry in lists.entries.items():
        if entry.catalogue in {"CC2018-FK", "CC2018-RP"} or (entry.catalogue == "XJ2025D-DF" and not entry.other):
            assert lists.related(code), f"{code} leads nowhere"


def test_what_is_wrong_with_the_codes_of_a_transfer() -> None:
    check = catalogues().check
    assert check(["NX2022-HS-5"], {}) == ()
    assert check(["NX2022-HS-7"], {"NX2022-HS-7": "虚构康复训练时长"}) == ()

    def reasons(codes: list[str], texts: dict[str, str]) -> list[tuple[str, str]]:
        return [(problem.reason, problem.code) for problem in check(codes, texts)]

    assert reasons([], {}) == [("NO_CODE", "")]
    assert reasons(["NX2022-HS-8"], {}) == [("UNKNOWN_CODE", "NX2022-HS-8")]
    assert reasons(["NX2022-HS-7"], {}) == [("TEXT_MISSING", "NX2022-HS-7")]
    assert reasons(["XJ2025D-DF-12"], {"XJ2025D-DF-12": " \n"}) == [("TEXT_MISSING", "XJ2025D-DF-12")]
    assert reasons(["NX2022-HS-7"], {"NX2022-HS-7": "字" * (MAX_OTHER_TEXT + 1)}) == [("TEXT_TOO_LONG", "NX2022-HS-7")]
    assert reasons(["NX2022-HS-5"], {"NX2022-HS-5": "说明"}) == [("TEXT_UNEXPECTED", "NX2022-HS-5")]
    for problem in (*check([], {}), *check(["NX2022-HS-8", "NX2022-HS-7"], {})):
        assert problem.zh
        assert problem.en


def test_a_code_says_where_it_binds() -> None:
    lists, day = catalogues(), date(2025, 6, 1)
    assert lists.basis("NX2022-HS-1", "640104", day).standing is Standing.IN_FORCE
    assert lists.basis("NX2022-HS-1", "650102", day).standing is Standing.HUB_DEFAULT
    draft = lists.basis("XJ2025D-PS-1", "650102", day)
    assert (draft.rank, draft.standing) == (Rank.DRAFT, Standing.HUB_DEFAULT)
    assert "征求意见稿" in draft.notice_zh
    assert "no legal force here" in draft.notice_en
    assert "practice" in lists.basis("CC2018-FK-1", "220100", day).notice_en
    with pytest.raises(UnknownCode):
        lists.basis("NX2022-XX-1", "640104", day)
