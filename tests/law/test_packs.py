"""Packs: what binds where and when, what displaces what, and files that cannot be read."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from hub.law.calendar import CalendarFile
from hub.law.clock import clock_names
from hub.law.pack import NO_FORCE_EN, NO_FORCE_ZH, PackError, load_packs, packs
from hub.law.packs import folder
from hub.law.settings import open_questions
from hub.law.vocabulary import Rank, Standing


@pytest.mark.parametrize(
    ("pack", "region", "on", "binds"),
    [
        ("000", "640000", date(2022, 8, 5), True),
        ("000", "6401ND", date(2026, 1, 1), True),
        ("000", "640104", date(2022, 8, 4), False),
        ("000", "650102", date(2026, 1, 1), False),
        ("001", "220100", date(2020, 1, 1), False),  # practice binds nobody
        ("002", "411300", date(2025, 1, 1), True),
        ("002", "411300", date(2025, 12, 31), True),
        ("002", "411300", date(2026, 1, 1), False),
        ("002", "410000", date(2025, 6, 1), False),  # the province is not in the city
        ("004", "650102", date(2026, 1, 1), False),  # a draft
        ("310号令", "650102", date(2001, 7, 9), True),
        ("条例", "510502", date(2021, 4, 30), False),
        ("条例", "510502", date(2021, 5, 1), True),
        ("平台", "640104", date(2026, 1, 1), False),
    ],
)
def test_where_and_when_a_document_binds(pack: str, region: str, on: date, binds: bool) -> None:
    assert packs().pack(pack).in_force(region, on) is binds


def test_only_what_binds_comes_without_the_label() -> None:
    for pack in packs():
        free, bound = pack.basis("x", binding=False), pack.basis("x", binding=True)
        assert free.standing is Standing.HUB_DEFAULT
        assert free.notice_zh.endswith(NO_FORCE_ZH)
        assert free.notice_en.endswith(NO_FORCE_EN)
        assert (bound.notice_zh, bound.notice_en) == ("", "")
        if not pack.file.rank.binds:
            assert not pack.in_force("650102", date(2026, 1, 1))


def test_what_was_not_read_in_the_original_says_so() -> None:
    doubtful = {pack.id for pack in packs() if not pack.file.confirmed}
    assert doubtful == {
        "CNMPS16", "CNECO2017", "CNAPL2017", "CNNHSA4", "CNCR2026", "CNNDRC424", "CNNHSA2024-23",
    }  # fmt: skip


def test_the_smaller_territory_and_the_later_start_win_within_a_rank(tmp_path: Path) -> None:
    def write(name: str, **keys: object) -> None:
        clock = {
            "name": "receipt",
            "title": {"zh": "签收", "en": "receipt"},
            "routes": ["OTHER"],
            "clause": "一",
            "actor": "receiver",
            "start": "arrived",
            "amount": 1,
            "unit": "NATURAL_DAYS",
        }
        file = {
            "id": name,
            "version": 1,
            "short": name,
            "title": {"zh": name, "en": name},
            "form": "规范性文件",
            "number": "1",
            "rank": "notice",
            "territory": "640000",
            "effective_from": date(2024, 1, 1),
            "source": "x",
            "confirmed": True,
            "clocks": [clock],
            **keys,
        }
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8")

    write("province")
    write("city", territory="640100")
    write("newer", effective_from=date(2025, 1, 1))
    write("rule", rank="rule", territory="000000")
    write("draft", rank="draft", territory="640100")
    loaded = load_packs(tmp_path)

    def order(region: str, on: date, *but: str) -> list[str]:
        found = [(pack, pack.file.clocks[0], True) for pack in loaded if pack.id not in but]
        governing = loaded.governing(found, lambda rule: rule.clause, region, on)
        return [governing.basis.pack, *(other.basis.pack for other in governing.others)]

    day = date(2025, 6, 1)
    assert order("640104", day) == ["rule", "city", "newer", "province"]
    assert order("640104", day, "rule") == ["city", "newer", "province"]
    assert order("640300", day, "rule") == ["newer", "province"]
    assert order("640300", date(2024, 6, 1), "rule") == ["province"]


GOOD = (folder() / "cc-2018.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace("rank: practice", "rank: custom"),
        GOOD.replace("confirmed: true", "confirmed: true\nsurprise: 1"),
        GOOD.replace("{n: 2, zh: 将应当", "{n: 3, zh: 将应当"),
        GOOD.replace("other: true, ", "", 1),
        GOOD.replace('territory: "220100"', "territory: 22"),
        GOOD.replace("effective_from: 2018-12-19", "effective_from: soon"),
        "id: [",
        "",
    ],
)
def test_a_file_that_is_no_pack_stops_the_load(tmp_path: Path, bad: str) -> None:
    assert bad != GOOD
    (tmp_path / "a.yaml").write_text(bad, encoding="utf-8")
    with pytest.raises(PackError, match=r"a\.yaml"):
        load_packs(tmp_path)


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(PackError, match="CC2018"):
        load_packs(tmp_path)


def test_settings_are_those_of_r29_with_their_default() -> None:
    defaults = {name: rule.default for name, rule in open_questions().items()}
    assert defaults == {
        "three_days_unit": "natural_days",
        "health_transfer_start": "clue_discovered",
        "fixed_date_inclusive": "yes",
        "supplement_stops_clock": "no",
        "period_ends_on_rest_day": "stays",
        "principal_officer": "same_role",
        "service_measure_word": "中止",
        "judiciary_count_unit": "not_comparable",
        "boundary_below": "per_document",
    }
    for rule in open_questions().values():
        assert rule.question.zh
        assert rule.question.en
        assert rule.clause


def test_every_setting_that_a_pack_names_exists() -> None:
    for pack in packs():
        for clock in pack.file.clocks:
            named = {clock.unit_setting, clock.start_setting, clock.fixed and clock.fixed.inclusive_setting} - {None}
            assert named <= set(open_questions())


def test_every_code_that_a_routing_rule_names_exists() -> None:
    lists = {one.id: len(one.entries) for pack in packs() for one in pack.file.catalogues}
    for pack in packs():
        for rule in pack.file.routing:
            for code in rule.codes:
                name, _, number = code.rpartition("-")
                assert code in lists or int(number) <= lists[name], f"{rule.id}: {code}"


def test_the_clocks_of_the_procedures_are_all_there() -> None:
    assert set(clock_names()) >= {
        "annual_report", "arrival", "articles_handover", "filing_supervision_request", "health_transfer_after_service",
        "penalty_decision", "police_decision", "police_explains", "police_files", "police_forward", "police_material",
        "police_report_decision", "police_transfer", "receipt", "reconsideration_answer", "reconsideration_request",
        "result_feedback", "security_transfer_after_discovery", "supplement",
    }  # fmt: skip


def test_figures_keep_their_units_and_add_up() -> None:
    figures = {pack.file.short: {one.name: one for one in pack.file.figures} for pack in packs()}
    for own in figures.values():
        for one in own.values():
            assert not one.parts or one.value == sum(own[part].value for part in one.parts)
    assert (len(figures["001"]), len(figures["002"]), len(figures["003"])) == (4, 4, 18)
    judiciary, police = figures["003"]["to_judiciary"], figures["003"]["to_public_security"]
    assert (judiciary.value, judiciary.unit, police.value, police.unit) == (2, "家", 3, "件"), "different units (R29)"
    assert str(figures["003"]["recovered"].value) == "842.06"


def test_all_five_seeds_are_packs() -> None:
    assert {pack.file.short for pack in packs()} >= {"000", "001", "002", "003", "004"}


def test_no_rank_below_a_notice_binds() -> None:
    assert [rank for rank in Rank if rank.binds] == [Rank.LAW, Rank.RULE, Rank.NOTICE]


def test_the_supplement_of_the_calendar_can_be_read() -> None:
    CalendarFile.model_validate(yaml.safe_load((folder() / "calendar.yaml").read_text(encoding="utf-8")))
