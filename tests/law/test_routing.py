"""Routing: the hand-written cases of routing_cases.yaml, in a lawyer's words."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.law.catalogue import UnknownCode
from hub.law.pack import Basis
from hub.law.region import place
from hub.law.routing import Finding, Party, route
from hub.law.vocabulary import PartyKind, Standing, Suspicion

CASES = yaml.safe_load((Path(__file__).parent / "routing_cases.yaml").read_text(encoding="utf-8"))


def finding(case: dict[str, Any]) -> Finding:
    kind, region = case["from"].split("@")
    parties = [text.partition("@") for text in case["parties"]]
    return Finding(
        codes=tuple(case["codes"]),
        parties=tuple(Party(PartyKind(kind), where or None) for kind, _, where in parties),
        sender_kind=kind,
        sender=place(region),
        on=case["day"],
        suspected=frozenset(map(Suspicion, case.get("suspected", ()))),
        received_from=case.get("received_from"),
    )


def mark(basis: Basis) -> str:
    return "" if basis.standing is Standing.IN_FORCE else " *"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_written_by_hand(case: dict[str, Any]) -> None:
    found = route(finding(case))
    receivers = [
        f"{one.kind}@{one.place.code} {one.basis.pack} {one.basis.clause}{mark(one.basis)}" for one in found.receivers
    ]
    notices = [
        f"{one.kind}@{one.place.code}/{one.about or ''} {one.basis.pack}{' ?' * one.deferrable}"
        for one in found.notices
    ]
    assert sorted(receivers) == sorted(case["to"])
    assert sorted(notices) == sorted(case.get("tell", []))
    assert [f"{one.kind}@{one.place.code} {one.basis.pack}" for one in found.designations] == case.get("names", [])
    assert list(found.own) == case.get("own", [])
    assert list(found.unrouted) == case.get("nowhere", [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_every_result_has_words_and_the_level_of_its_place(case: dict[str, Any]) -> None:
    asked = finding(case)
    found = route(asked)
    for one in (*found.receivers, *found.notices, *found.designations):
        assert one.why_zh
        assert one.why_en
        assert one.place == place(one.place.code)
        assert (one.basis.standing is Standing.IN_FORCE) is (not one.basis.notice_zh)
    for receiver in found.receivers:
        assert receiver.place.level == asked.sender.level
        assert receiver.kind != asked.sender_kind or receiver.elsewhere


def test_each_receiver_gets_its_part_of_the_codes() -> None:
    case = next(case for case in CASES if case["codes"] == ["NY2025-HL-3", "NY2025-MR-1"])
    parts = {one.kind: one.codes for one in route(finding(case)).receivers}
    assert parts == {"HEALTH": ("NY2025-HL-3",), "MARKET_REGULATION": ("NY2025-MR-1",)}


def test_what_others_say_is_shown() -> None:
    case = next(case for case in CASES if case["codes"] == ["NY2025-PS-4"])
    police = route(finding(case)).receivers[0]
    assert [other.pack for other in police.others] == ["NY2025", "HUB"]


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(UnknownCode):
        route(finding({**CASES[0], "codes": ["NX2022-HS-99"]}))
