"""Spot checks: drawn by the hub from what the superior may list, the same by the same seed; what is drawn opens to it."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from commands_world import CITY_HEALTH, CITY_SECURITY, DISCIPLINE, HEALTH, MARKET, SECURITY, first
from mutating_world import Mutating

from hub.clock import today
from hub.clues.commands_oversight import population_hash, quarter, sample
from hub.clues.store import midnight

CHECK = "id drawnAt officerCertificateNo seed share sentFrom sentTo population populationHash drawn"
SELECT = f"sample {{ {CHECK} }} alreadyDrawn userErrors {{ code field zh en doZh doEn }} replayed"
CHECKS = f"{{ spotChecks {{ totalCount nodes {{ {CHECK} clueTransfers {{ totalCount nodes {{ id summary }} }} }} }} }}"
LISTED = "{ register(first: 1000%s) { nodes { id summary sampled } } }"


@pytest.fixture(autouse=True)
def nothing_drawn(world: Mutating) -> None:
    """Each test has the quarter to itself."""
    world.owner.execute("TRUNCATE spot_check, spot_check_transfer")


@pytest.fixture(scope="module")
def sent(world: Mutating) -> list[str]:
    """Ten transfers that the city's healthcare security oversees, and others that it may not know of."""
    made = [world.delivered(SECURITY, HEALTH)[1] for _ in range(9)]
    made.append(world.delivered(SECURITY, MARKET)[1])
    world.delivered(SECURITY, DISCIPLINE)
    world.drafted(SECURITY, HEALTH)
    return made


def drawn_by(
    world: Mutating, agency: str, seed: str, share: str, key: str | None = None, **more: Any
) -> dict[str, Any]:
    day = today(world.clock).isoformat()
    token = world.token_of(first(agency), "case-oversight", **{k: v for k, v in more.items() if k == "case_no"})
    given = {"seed": seed, "share": share, "sentFrom": day, "sentTo": day}
    given |= {name: value for name, value in more.items() if name != "case_no"}
    answered: dict[str, Any] = world.give(token, "drawSample", key, SELECT, **given)["data"]["drawSample"]
    return answered


def listed(world: Mutating, agency: str, wanted: str = "") -> dict[str, dict[str, Any]]:
    token = world.token(agency, "case-oversight")
    return {node["id"]: node for node in world.ask(token, LISTED % wanted)["data"]["register"]["nodes"]}


def test_a_check_is_drawn_kept_and_opens_to_who_drew_it(world: Mutating, sent: list[str]) -> None:
    assert not any(node["summary"] for node in listed(world, CITY_SECURITY).values())
    done = drawn_by(world, CITY_SECURITY, "2026-1", "0.2", key="spot-check-1")
    check = done["sample"]
    assert done["userErrors"] == []
    assert (check["population"], check["drawn"]) == (10, 2)
    ids = [UUID(each) for each in sent]
    assert check["populationHash"] == population_hash(ids).hex()
    wanted = {str(each) for each in sample("2026-1", Decimal("0.2"), ids)}
    seen = listed(world, CITY_SECURITY)
    assert {key for key, node in seen.items() if node["summary"]} == wanted
    assert {key for key, node in seen.items() if node["sampled"]} == wanted
    assert set(listed(world, CITY_SECURITY, ", filter: {sampled: {eq: true}}")) == wanted
    # Others see nothing of it: not another superior, not the agencies below.
    other = listed(world, CITY_HEALTH)
    assert other
    assert not any(node["sampled"] or node["summary"] for node in other.values())
    own = world.ask(world.token(SECURITY), LISTED % ", filter: {sampled: {eq: true}}")["data"]["register"]["nodes"]
    assert own == []
    kept = world.owner.execute(
        "SELECT agency, officer, seed, population, drawn FROM spot_check WHERE public_id = %s", (check["id"],)
    ).fetchone()
    assert kept == (CITY_SECURITY, first(CITY_SECURITY).certificate, "2026-1", 10, 2)
    # The superior lists it, with what was drawn; nobody else does, and for no other purpose.
    told = world.ask(world.token(CITY_SECURITY, "case-oversight"), CHECKS)["data"]["spotChecks"]
    assert told["totalCount"] == 1
    (one,) = told["nodes"]
    transfers = one.pop("clueTransfers")
    assert one == check
    assert one["officerCertificateNo"] == first(CITY_SECURITY).certificate
    assert transfers["totalCount"] == 2
    assert {node["id"] for node in transfers["nodes"]} == wanted
    assert all(node["summary"] for node in transfers["nodes"])
    nobody = world.ask(world.token(CITY_HEALTH, "case-oversight"), CHECKS)["data"]["spotChecks"]
    assert nobody == {"totalCount": 0, "nodes": []}
    unasked = world.ask(world.token(CITY_SECURITY, "fund-supervision"), CHECKS)["data"]["spotChecks"]
    assert unasked == {"totalCount": 0, "nodes": []}
    # A retry with the same key draws nothing again.
    again = drawn_by(world, CITY_SECURITY, "2026-1", "0.2", key="spot-check-1")
    assert again == done | {"replayed": True}
    assert world.owner.execute("SELECT count(*) FROM spot_check WHERE seed = '2026-1'").fetchone() == (1,)


def test_the_same_days_are_drawn_from_once_a_quarter(world: Mutating, sent: list[str]) -> None:
    """Another seed tries nothing: the check that is there is told. Days that overlap are refused, with what to do."""
    first_time = drawn_by(world, CITY_SECURITY, "once", "0.1")["sample"]
    before = world.owner.execute("SELECT count(*) FROM spot_check").fetchone()
    again = drawn_by(world, CITY_SECURITY, "twice", "0.2")
    assert (again["sample"], again["alreadyDrawn"], again["userErrors"]) == (first_time, True, [])
    day = today(world.clock)
    wider = drawn_by(world, CITY_SECURITY, "wider", "0.2", sentFrom=(day - timedelta(days=1)).isoformat())
    (error,) = wider["userErrors"]
    assert (error["code"], error["field"]) == ("ALREADY_SAMPLED", "sentFrom")
    assert "平台默认" in error["zh"]
    assert "no legal force" in error["en"]
    assert "spotChecks" in error["doEn"]
    assert world.owner.execute("SELECT count(*) FROM spot_check").fetchone() == before


def test_no_check_and_no_quarter_opens_more_than_one_in_five(world: Mutating, sent: list[str]) -> None:
    told = drawn_by(world, CITY_HEALTH, "all", "0.200001")
    assert [(each["code"], each["field"]) for each in told["userErrors"]] == [("SAMPLE_TOO_LARGE", "share")]
    # As if the agency had drawn one of one transfer on each of nine earlier days.
    day = today(world.clock)
    for back in range(1, 10):
        world.owner.execute(
            "INSERT INTO spot_check (public_id, agency, client_id, officer, at, seed, share, sent_from, sent_to,"
            " population, population_hash, drawn)"
            " VALUES (gen_random_uuid(), %s, 'c', 'o', %s, 's', 0.2, %s, %s, 1, '', 1)",
            (CITY_HEALTH, world.clock.now(), day - timedelta(days=back), day - timedelta(days=back)),
        )
    told = drawn_by(world, CITY_HEALTH, "day by day", "0.2")
    assert [(each["code"], each["field"]) for each in told["userErrors"]] == [("SAMPLE_TOO_LARGE", "sentTo")]
    # Those of an earlier quarter are over.
    world.owner.execute(
        "UPDATE spot_check SET at = %s WHERE agency = %s", (midnight(quarter(day)) - timedelta(days=1), CITY_HEALTH)
    )
    assert drawn_by(world, CITY_HEALTH, "day by day", "0.2")["sample"]["drawn"] == 2


def test_what_the_superior_may_not_know_of_is_not_counted(world: Mutating, sent: list[str]) -> None:
    """The city's health agency draws from what health sent and received below it, and from nothing else."""
    theirs = drawn_by(world, CITY_HEALTH, "x", "0.2")["sample"]
    assert (theirs["population"], theirs["drawn"]) == (9, 2)  # no draft, none to 市场监管 or 纪检监察


def test_refusals_change_nothing(world: Mutating, sent: list[str]) -> None:
    before = world.owner.execute("SELECT count(*) FROM spot_check").fetchone()
    day = today(world.clock)
    for more, code in (
        ({"share": "0"}, "INVALID_INPUT"),
        ({"share": "1.5"}, "INVALID_INPUT"),
        ({"share": "0.5"}, "SAMPLE_TOO_LARGE"),
        ({"share": "1"}, "SAMPLE_TOO_LARGE"),
        ({"seed": ""}, "INVALID_INPUT"),
        ({"seed": "x" * 101}, "INVALID_INPUT"),
        ({"sentFrom": day.isoformat(), "sentTo": (day - timedelta(days=1)).isoformat()}, "DATE_OUT_OF_ORDER"),
        ({"sentTo": (day + timedelta(days=1)).isoformat()}, "DATE_OUT_OF_ORDER"),
        ({"sentFrom": (day - timedelta(days=400)).isoformat()}, "INVALID_INPUT"),
        ({"case_no": "NX-2026-0001"}, "OTHER_CASE"),
    ):
        given = {"seed": "s", "share": "0.2", **more}
        told = drawn_by(world, CITY_SECURITY, given.pop("seed"), given.pop("share"), **given)
        assert told["sample"] is None, more
        assert [each["code"] for each in told["userErrors"]] == [code], more
    for agency, purpose in ((SECURITY, "fund-supervision"), (CITY_SECURITY, "fund-supervision")):
        token = world.token_of(first(agency), purpose)
        given = {"seed": "s", "share": "1", "sentFrom": day.isoformat(), "sentTo": day.isoformat()}
        told = world.give(token, "drawSample", None, SELECT, **given)["data"]["drawSample"]
        assert [each["code"] for each in told["userErrors"]] == ["PURPOSE_NOT_ALLOWED"]
    assert world.owner.execute("SELECT count(*) FROM spot_check").fetchone() == before


def test_every_transfer_is_drawn_about_as_often() -> None:
    ids = [UUID(int=n << 64 | 7) for n in range(50)]
    found = Counter(one for seed in range(400) for one in sample(f"seed-{seed}", Decimal("0.2"), ids))
    assert len(found) == 50
    assert all(45 <= count <= 120 for count in found.values())  # 80 expected, 8 of standard deviation
    assert sample("a", Decimal("0.2"), ids) != sample("b", Decimal("0.2"), ids)
    assert sample("a", Decimal("0.000001"), ids) == sample("a", Decimal("0.02"), ids)
    assert sample("a", Decimal(1), []) == []
