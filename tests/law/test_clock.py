"""Deadlines: the hand-counted cases of clock_cases.yaml, and what every result must carry."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.law.calendar import OutsideCalendar, WorkCalendar, calendar
from hub.law.clock import annual_report, clock_names, due, recompute
from hub.law.pack import NO_FORCE_EN, NO_FORCE_ZH, NoRule, packs
from hub.law.period import BEIJING, NoMoment, Pause
from hub.law.settings import Settings, UnknownSetting
from hub.law.vocabulary import Route, Standing, Unit

FILE = Path(__file__).parent / "clock_cases.yaml"
GROUPS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CASES = [{**group, **case} for group in GROUPS for case in group["cases"]]
SENT, SERVED = Route.HEALTHCARE_SECURITY_TO_HEALTH, "health_transfer_after_service"


def moment(written: Any) -> date | datetime:
    return datetime.fromisoformat(written) if isinstance(written, str) else written


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['clock']}-{case['start']}-{case['region']}")
def test_counted_by_hand(case: dict[str, Any]) -> None:
    settings = Settings(case.get("settings", {}))
    found = due(case["clock"], Route(case["route"]), moment(case["start"]), case["region"], settings=settings)
    assert found.last_day == case["last"], case["why"]
    assert found.basis.pack == case["pack"]
    assert (found.basis.standing is Standing.IN_FORCE) is case["force"]
    assert found.provisional is case.get("provisional", False)
    midnight = datetime.combine(case["last"] + timedelta(days=1), datetime.min.time(), BEIJING)
    assert found.due_at == (datetime.fromisoformat(case["due"]) if "due" in case else midnight)
    assert recompute(found) == found


def test_there_are_enough_cases_and_every_clock_has_one() -> None:
    assert len(CASES) >= 80
    assert len(
        {
            (case["clock"], str(case["start"]), case["region"], case["route"], str(case.get("settings")))
            for case in CASES
        }
    ) == len(CASES)
    counted = {case["clock"] for case in CASES}
    assert set(clock_names()) - counted == {"filing_verification_extension", "health_notice"}


def test_a_result_names_its_pack_clause_start_and_calendar() -> None:
    found = due(SERVED, SENT, date(2025, 9, 30), "640104")
    assert (found.basis.pack, found.basis.version, len(found.basis.digest)) == ("NX2022", 1, 12)
    assert (found.basis.clause, found.start_event, found.actor) == ("三（二）第二款", "penalty_served", "sender")
    assert (found.amount, found.unit) == (7, Unit.WORKING_DAYS)
    assert (found.basis.notice_zh, found.basis.notice_en) == ("", "")
    assert found.calendar is not None
    assert found.calendar.library.startswith("holidays ")
    assert found.calendar.published_to >= 2026
    assert found.calendar.provisional_years == ()


def test_elsewhere_the_result_says_that_it_has_no_force() -> None:
    found = due(SERVED, SENT, date(2025, 9, 30), "650102")
    assert NO_FORCE_ZH == "本平台默认规则，在此地无法律效力"
    assert NO_FORCE_ZH in found.basis.notice_zh
    assert NO_FORCE_EN in found.basis.notice_en


def test_natural_days_rest_on_no_calendar() -> None:
    assert due("supplement", SENT, date(2031, 1, 1), "640104").calendar is None
    assert not due("supplement", SENT, date(2031, 1, 1), "640104").provisional


def test_other_readings_are_shown_with_their_day() -> None:
    found = due("supplement", SENT, date(2025, 9, 30), "640104")
    shown = {reading.reason: reading.last_day for reading in found.readings}
    assert shown == {
        "three_days_unit=working_days": date(2025, 10, 11),
        "period_ends_on_rest_day=next_working_day": date(2025, 10, 9),
    }
    annual = annual_report(2025, SENT, "640100")
    assert [(one.reason, one.last_day) for one in annual.readings] == [("fixed_date_inclusive=no", date(2026, 1, 14))]


def test_other_documents_on_the_same_are_shown() -> None:
    found = due("police_forward", Route.TO_PUBLIC_SECURITY, datetime(2025, 3, 3, tzinfo=UTC), "640104")
    assert (found.basis.pack, [basis.pack for basis in found.others]) == ("CN310", ["CNMPS159"])
    decision = due("police_decision", Route.TO_PUBLIC_SECURITY, date(2025, 3, 3), "640104")
    assert (decision.basis.pack, decision.last_day) == ("CN310", date(2025, 3, 6))
    assert ("CNECO2017", date(2025, 3, 13)) in [(one.reason, one.last_day) for one in decision.readings]


def test_the_start_of_r10_is_a_setting() -> None:
    route = Route.HEALTH_TO_HEALTHCARE_SECURITY
    clock = "security_transfer_after_discovery"
    assert due(clock, route, date(2025, 3, 3), "640104").start_event == "clue_discovered"
    other = Settings({"health_transfer_start": "clue_verified"})
    assert due(clock, route, date(2025, 3, 3), "640104", settings=other).start_event == "clue_verified"


def test_a_supplement_stops_the_receiver_only_where_the_setting_says_so() -> None:
    pause = Pause(datetime(2025, 3, 4, 9, tzinfo=BEIJING), datetime(2025, 3, 6, 9, tzinfo=BEIJING))
    start = datetime(2025, 3, 3, 9, tzinfo=BEIJING)
    route = Route.TO_PUBLIC_SECURITY
    found = due("police_decision", route, start, "640104", pauses=(pause,))
    assert found.last_day == date(2025, 3, 6)
    assert date(2025, 3, 8) in {reading.last_day for reading in found.readings}
    stops = Settings({"supplement_stops_clock": "yes"})
    assert due("police_decision", route, start, "640104", pauses=(pause,), settings=stops).last_day == date(2025, 3, 8)
    asked = due("police_forward", route, start, "640104", pauses=(pause,), settings=stops)
    assert asked.due_at == start + timedelta(hours=24 + 48)
    own = due("articles_handover", route, start, "640104", pauses=(pause,), settings=stops)
    assert own.last_day == date(2025, 3, 6), "the sender's own clock never stops"


def test_overdue_begins_at_midnight_in_beijing() -> None:
    found = due("supplement", SENT, date(2025, 3, 3), "640104")
    assert not found.is_overdue(datetime(2025, 3, 6, 15, 59, 59, tzinfo=UTC))
    assert found.is_overdue(datetime(2025, 3, 6, 16, tzinfo=UTC))
    assert [found.days_left(datetime(2025, 3, day, 12, tzinfo=BEIJING)) for day in (3, 6, 8)] == [3, 0, -2]


def test_an_hour_that_just_ends_is_in_time() -> None:
    found = due("police_transfer", Route.TO_PUBLIC_SECURITY, datetime(2025, 3, 3, 9, tzinfo=BEIJING), "640104")
    assert not found.is_overdue(datetime(2025, 3, 4, 9, tzinfo=BEIJING))
    assert found.is_overdue(datetime(2025, 3, 4, 9, 0, 0, 1, tzinfo=BEIJING))


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(NoMoment):
        due(SERVED, SENT, datetime(2025, 3, 3, 9), "640104")  # noqa: DTZ001 - the naive time is the test
    with pytest.raises(NoMoment):
        due("police_transfer", Route.TO_PUBLIC_SECURITY, date(2025, 3, 3), "640104")
    with pytest.raises(NoRule):
        due("police_decision", SENT, date(2025, 3, 3), "640104")
    with pytest.raises(NoRule):
        due("no_such_clock", SENT, date(2025, 3, 3), "640104")
    with pytest.raises(OutsideCalendar):
        due(SERVED, SENT, date(2099, 12, 30), "640104")
    with pytest.raises(UnknownSetting):
        Settings({"three_days_unit": "hours"})
    with pytest.raises(UnknownSetting):
        Settings()["no_such_setting"]


def test_every_published_year_has_its_make_up_days() -> None:
    days = calendar()
    for year in range(2001, 2027):
        assert days.is_published(year)
    assert not days.is_published(2099)


def test_a_year_written_by_hand_ends_the_provisional_mark_and_a_region_may_rest_more() -> None:
    written = """
years:
  2027: {source: 国办发明电〔2026〕n号, rest: [2027-01-01], work: [2027-01-02]}
regional:
  - {territory: "640000", source: 宁政办发 n号, rest: [2027-01-05]}
""".encode()
    start = date(2026, 12, 30)
    shipped = due(SERVED, SENT, start, "640104")
    there, elsewhere = WorkCalendar(written, "640104"), WorkCalendar(written, "510502")
    again = recompute(shipped, days=there)
    assert (shipped.provisional, again.provisional) == (True, False)
    assert shipped.last_day == date(2027, 1, 11)  # 12-31, 01-04, 05, 06, 07, 08, 11
    assert again.last_day == date(2027, 1, 11)  # 12-31, 01-02, 04, 06, 07, 08, 11
    assert due(SERVED, SENT, start, "510502", days=elsewhere).last_day == date(2027, 1, 8)
    assert shipped.calendar is not None
    assert again.calendar is not None
    assert shipped.calendar.supplement != again.calendar.supplement


def test_no_document_of_a_lower_rank_displaces_a_law() -> None:
    found = due("penalty_decision", Route.HEALTH_TO_HEALTHCARE_SECURITY, date(2025, 1, 1), "640104")
    assert (found.basis.pack, [basis.pack for basis in found.others]) == ("CNAPL2021", ["CNNHSA4"])
    assert {pack.id for pack in packs()} >= {"NX2022", "CC2018", "NY2025", "XJ2025D", "CN310", "CNMPS159", "HUB"}
