"""An agency keeps its own part of the register: by its principal officers, once per key, and at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import sleep

import psycopg
import pytest
from mutating_world import HEALTH, SECURITY, Desk, Mutating, first, head

from hub.clock import today
from hub.clues.authority import HOLD_REGISTER
from hub.oauth.callers import hash_token

NEW = {"name": "钱新任", "roles": ["CASE_OFFICER", "PRINCIPAL_OFFICER"]}
SELECT = "officer { name certificateNo roles validFrom validTo } userErrors { code field en } replayed"


def test_a_new_officer_acts_at_once_and_not_after_the_end(world: Mutating) -> None:
    token = world.token_of(head(SECURITY))
    one, two = (
        world.give(token, "registerOfficer", "officer-new-1", SELECT, certificateNo="NEW-1", **NEW)["data"]["registerOfficer"]
        for _ in range(2)
    )  # fmt: skip
    assert one["officer"] == two["officer"] == {
        **NEW, "certificateNo": "NEW-1", "validFrom": today(world.clock).isoformat(), "validTo": None,
    }  # fmt: skip
    assert (one["replayed"], two["replayed"]) == (False, True)
    desk = Desk(SECURITY, "钱新任", "NEW-1")
    world.opened(desk)
    ended = world.give(token, "endOfficer", None, SELECT, certificateNo="NEW-1")["data"]["endOfficer"]
    assert ended["officer"]["validTo"] == (today(world.clock) - timedelta(days=1)).isoformat()
    refused = world.give(world.token_of(desk), "openCase")["data"]["openCase"]
    assert [each["code"] for each in refused["userErrors"]] == ["OFFICER_NOT_REGISTERED"]
    kept = world.owner.execute("SELECT registered_by, ended_by FROM officer WHERE certificate_no = 'NEW-1'").fetchone()
    assert kept == (f"test-{SECURITY}:{head(SECURITY).certificate}",) * 2


def test_its_own_change_of_the_register_does_not_stop_the_one_who_commands(world: Mutating) -> None:
    """It raises the agency's version: the payload, the next command of the document and the next request follow it."""
    world.give(world.token_of(head(SECURITY)), "registerOfficer", None, SELECT, certificateNo="NEW-0", **NEW)
    token = world.token_of(Desk(SECURITY, "钱新任", "NEW-0"))
    document = (
        "mutation ($a: RegisterOfficerInput!, $b: RegisterOfficerInput!, $c: OpenCaseInput!) {"
        " a: registerOfficer(input: $a) { officer { certificateNo } userErrors { code } }"
        " b: registerOfficer(input: $b) { officer { certificateNo } userErrors { code } }"
        " c: openCase(input: $c) { case { caseNo } userErrors { code } } }"
    )
    answer = world.ask(
        token,
        document,
        {
            "a": {"idempotencyKey": "own-change-a", "certificateNo": "NEW-A", **NEW},
            "b": {"idempotencyKey": "own-change-b", "certificateNo": "NEW-B", **NEW},
            "c": {"idempotencyKey": "own-change-c"},
        },
    )
    assert "errors" not in answer, answer
    assert [answer["data"][key]["officer"]["certificateNo"] for key in "ab"] == ["NEW-A", "NEW-B"]
    assert answer["data"]["c"]["userErrors"] == []
    assert answer["data"]["c"]["case"]["caseNo"]
    assert world.ask(token, "{ viewer { officer { registered } } }")["data"]["viewer"]["officer"]["registered"]


def test_who_ends_his_own_registration_is_told_and_commands_no_more(world: Mutating) -> None:
    first_head = world.token_of(head(SECURITY))
    world.give(first_head, "registerOfficer", None, SELECT, certificateNo="NEW-9", **NEW)
    token = world.token_of(Desk(SECURITY, "钱新任", "NEW-9"))
    answer = world.give(token, "endOfficer", None, SELECT, certificateNo="NEW-9")
    assert answer["data"]["endOfficer"]["officer"]["certificateNo"] == "NEW-9"
    assert [entry["extensions"]["code"] for entry in answer["errors"]] == ["RESULT_NOT_SHOWN"]
    refused = world.give(token, "openCase")["data"]["openCase"]
    assert [each["code"] for each in refused["userErrors"]] == ["OFFICER_NOT_REGISTERED"]


def test_two_who_change_the_register_at_once_wait_for_each_other_in_turn(world: Mutating) -> None:
    """Both hold their agency before they write it: were it held for reading only, neither could go on."""
    tokens = [world.token_of(head(SECURITY)) for _ in range(2)]
    barrier = Barrier(2)

    def run(place: int) -> str:
        with psycopg.connect(world.database.app_url, autocommit=True) as connection, connection.transaction():
            barrier.wait()
            connection.execute(HOLD_REGISTER, {"token": hash_token(tokens[place])})
            sleep(0.2)
            connection.execute(
                "INSERT INTO officer (agency, name, certificate_no, roles, valid_from, registered_by)"
                " VALUES (%s, '钱', %s, '{CASE_OFFICER}', '2026-01-01', 'test')",
                (SECURITY, f"NEW-T{place}"),
            )
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, range(2))) == ["done", "done"]


@pytest.mark.parametrize(
    ("desk", "command", "given", "code", "field"),
    [
        (first(SECURITY), "registerOfficer", {"certificateNo": "NEW-2", **NEW}, "ROLE_NOT_ALLOWED", None),
        (first(SECURITY), "endOfficer", {"certificateNo": first(SECURITY).certificate}, "ROLE_NOT_ALLOWED", None),
        (head(SECURITY), "registerOfficer", {"certificateNo": first(HEALTH).certificate, **NEW}, "OFFICER_ALREADY_REGISTERED", "certificateNo"),
        (head(SECURITY), "endOfficer", {"certificateNo": first(HEALTH).certificate}, "UNKNOWN_OFFICER", "certificateNo"),
        (head(SECURITY), "endOfficer", {"certificateNo": "NOBODY-0"}, "UNKNOWN_OFFICER", "certificateNo"),
        (head(SECURITY), "registerOfficer", {"certificateNo": "a b", **NEW}, "INVALID_INPUT", "certificateNo"),
        (head(SECURITY), "registerOfficer", {"certificateNo": "NEW-3", **NEW, "roles": []}, "INVALID_INPUT", "roles"),
        (head(SECURITY), "registerOfficer", {"certificateNo": "NEW-3", **NEW, "name": "钱\u202e"}, "INVALID_INPUT", "name"),
        (head(SECURITY), "registerOfficer", {"certificateNo": "NEW-3", **NEW, "validFrom": "2026-02-01", "validTo": "2026-01-01"}, "INVALID_INPUT", None),
    ],
)  # fmt: skip
def test_what_is_refused_changes_nothing(
    world: Mutating, desk: Desk, command: str, given: dict[str, object], code: str, field: str | None
) -> None:
    rows = "SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM officer o"
    before = world.owner.execute(rows).fetchone()
    payload = world.give(world.token_of(desk), command, None, SELECT, **given)["data"][command]
    assert payload["officer"] is None
    assert [(each["code"], each["field"]) for each in payload["userErrors"]] == [(code, field)]
    assert HEALTH not in str(payload)
    assert world.owner.execute(rows).fetchone() == before


def test_an_agency_of_another_purpose_registers_nobody(world: Mutating) -> None:
    token = world.token_of(head(SECURITY), purpose="case-oversight")
    payload = world.give(token, "registerOfficer", None, SELECT, certificateNo="NEW-4", **NEW)["data"][
        "registerOfficer"
    ]
    assert [each["code"] for each in payload["userErrors"]] == ["PURPOSE_NOT_ALLOWED"]
