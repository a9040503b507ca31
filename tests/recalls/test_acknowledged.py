"""Who has acted: by going past the change in the feed, or by saying so; and who is late."""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from commands_world import DISCIPLINE, first
from recalling_world import CITY_HEALTH, CREDIT, FAR_HEALTH, HEALTH, SECURITY, Recalling

from hub.penalties.recording import RecordCommand


def recalled(world: Recalling, *readers: str, publish: bool = True) -> Any:
    penalty = world.recording.published() if publish else world.recording.served()
    for agency in readers:
        assert world.read(agency, penalty)
    world.recording.now += timedelta(minutes=1)
    world.revoke(penalty)
    world.settle()
    return penalty


def standing(world: Recalling, penalty: Any, agency: str) -> tuple[str | None, bool]:
    """How the recall of an agency was acknowledged, and whether it is overdue."""
    (found,) = [each for each in world.recalls(agency) if (each["key"], each["agency"]) == (str(penalty), agency)]
    assert (found["acknowledgedAt"] is None) == (found["acknowledgedBy"] is None)
    return found["acknowledgedBy"], found["overdue"]


PAGE = (
    "query ($after: String) { penaltyChanges(after: $after, first: 1000) { nodes { key tombstone } cursor hasMore } }"
)
ACKNOWLEDGE = (
    "mutation ($input: AcknowledgeChangesInput!)"
    " { acknowledgeChanges(input: $input) { acknowledged userErrors { code } } }"
)


def passes(world: Recalling, agency: str, purpose: str = "credit-publication") -> list[str]:
    """The client reads its feed to the end and acknowledges there; keys of the tombstones that it saw."""
    token, cursor, removed = world.token(agency, purpose), None, []
    while True:
        page = world.ask(token, PAGE, {"after": cursor})["data"]["penaltyChanges"]
        removed += [node["key"] for node in page["nodes"] if node["tombstone"]]
        cursor = page["cursor"]
        if not page["hasMore"]:
            break
    world.recording.now += timedelta(minutes=1)
    given = {"idempotencyKey": secrets.token_hex(16), "feed": "penaltyChanges", "cursor": cursor}
    told = world.ask(token, ACKNOWLEDGE, {"input": given})["data"]["acknowledgeChanges"]
    assert told["userErrors"] == [], told
    world.settle()
    return removed


def lags(world: Recalling, agency: str, purpose: str = "credit-publication") -> None:
    """It has acknowledged nothing of what there is."""
    world.owner.execute(
        "INSERT INTO feed_consumer (client_id, feed, purpose, xid, id, epoch, since, acknowledged_at)"
        " SELECT %s, 'penaltyChanges', %s, '0', 0, number, %s, %s FROM feed_epoch",
        (f"test-{agency}", purpose, world.clock.now(), world.clock.now() + timedelta(hours=1)),
    )
    world.settle()


@pytest.fixture(autouse=True)
def nobody_follows(world: Recalling) -> None:
    world.owner.execute("DELETE FROM feed_consumer")


def test_going_past_the_change_acknowledges(world: Recalling) -> None:
    penalty = recalled(world, CREDIT, FAR_HEALTH)
    lags(world, CREDIT)
    assert standing(world, penalty, CREDIT) == (None, False)
    passes(world, CREDIT)
    assert standing(world, penalty, CREDIT) == ("FEED", False)
    assert standing(world, penalty, FAR_HEALTH) == (None, False)


def test_the_feed_shows_the_tombstone_that_it_goes_past(world: Recalling) -> None:
    """Snapshot, change, tombstone: what every recipient of public history is shown."""
    passes(world, FAR_HEALTH, "medical-practice-regulation")
    penalty = world.recording.published()
    token, cursor = world.token(FAR_HEALTH), None
    while True:
        page = world.ask(token, PAGE, {"after": cursor})["data"]["penaltyChanges"]
        cursor = page["cursor"]
        if not page["hasMore"]:
            break
    world.revoke(penalty)
    page = world.ask(token, PAGE, {"after": cursor})["data"]["penaltyChanges"]
    assert page["nodes"] == [{"key": str(penalty), "tombstone": True}]
    world.settle()
    assert standing(world, penalty, FAR_HEALTH) == (None, False)
    passes(world, FAR_HEALTH, "medical-practice-regulation")
    assert standing(world, penalty, FAR_HEALTH) == ("FEED", False)


def test_every_copy_of_a_client_must_have_gone_past(world: Recalling) -> None:
    penalty = recalled(world, HEALTH)
    lags(world, HEALTH, "case-oversight")
    passes(world, HEALTH, "medical-practice-regulation")
    assert standing(world, penalty, HEALTH) == (None, False)
    world.owner.execute("DELETE FROM feed_consumer WHERE purpose = 'case-oversight'")
    world.settle()
    assert standing(world, penalty, HEALTH) == ("FEED", False)


def test_a_position_from_before_a_late_reading_is_no_acknowledgement_of_it(world: Recalling) -> None:
    """Acknowledged, and then an answer from before the change arrives: the copy may be stale again."""
    penalty = recalled(world, CREDIT)
    ((seen,),) = world.owner.execute(
        "SELECT read::text FROM disclosure WHERE client_id = %s ORDER BY at DESC LIMIT 1", (f"test-{CREDIT}",)
    ).fetchall()
    passes(world, CREDIT)
    assert standing(world, penalty, CREDIT) == ("FEED", False)
    world.recording.now += timedelta(minutes=1)
    world.disclosed(penalty, f"test-{CREDIT}", CREDIT, purpose="credit-publication", read=seen)
    world.settle()
    assert standing(world, penalty, CREDIT) == (None, False)
    passes(world, CREDIT)
    assert standing(world, penalty, CREDIT) == ("FEED", False)


def test_what_the_feed_does_not_show_is_acknowledged_by_saying_so(world: Recalling) -> None:
    penalty = world.recording.served()
    world.disclosed(penalty, f"test-{DISCIPLINE}", DISCIPLINE, purpose="duty-crime-referral", case_no="C-1")
    world.revoke(penalty)
    world.settle()
    passes(world, DISCIPLINE, "duty-crime-referral")
    assert standing(world, penalty, DISCIPLINE) == (None, False)
    (own,) = [each["id"] for each in world.recalls(DISCIPLINE) if each["key"] == str(penalty)]
    assert world.given(DISCIPLINE, [own])["acknowledged"] == [own]
    assert standing(world, penalty, DISCIPLINE) == ("CLIENT", False)


def test_a_regulator_s_feed_shows_a_change_that_is_not_public(world: Recalling) -> None:
    penalty = recalled(world, CITY_HEALTH, publish=False)
    passes(world, CITY_HEALTH, "medical-practice-regulation")
    assert standing(world, penalty, CITY_HEALTH) == ("FEED", False)


def test_who_does_not_act_in_time_is_overdue_from_the_midnight_after(world: Recalling) -> None:
    penalty = recalled(world, CREDIT)
    (told,) = [each for each in world.recalls(CREDIT) if each["key"] == str(penalty)]
    due = datetime.fromisoformat(told["dueAt"])
    world.recording.now = due - timedelta(seconds=1)
    assert standing(world, penalty, CREDIT) == (None, False)
    world.recording.now = due
    assert standing(world, penalty, CREDIT) == (None, True)
    late = world.ask(
        world.token(SECURITY), "{ recalls(filter: {overdue: {eq: true}}) { totalCount nodes { agency } } }"
    )
    assert {"agency": CREDIT} in late["data"]["recalls"]["nodes"]
    assert world.given(CREDIT, [told["id"]])["userErrors"] == []
    assert standing(world, penalty, CREDIT) == ("CLIENT", False)


def test_saying_so_once_twice_for_others_and_for_nothing(world: Recalling) -> None:
    penalty = recalled(world, CREDIT, FAR_HEALTH)
    (own,) = [each["id"] for each in world.recalls(CREDIT) if each["key"] == str(penalty)]
    (foreign,) = [each["id"] for each in world.recalls(FAR_HEALTH) if each["key"] == str(penalty)]
    nothing = "00000000-0000-4000-8000-000000000000"
    for other in (foreign, nothing):
        refused = world.given(CREDIT, [own, other], key=f"refused-{other}")
        assert refused["acknowledged"] == []
        assert [(one["code"], one["field"]) for one in refused["userErrors"]] == [("NOT_A_PARTY", "ids.1")]
        (error,) = refused["userErrors"]
        assert all((error["zh"], error["en"], error["doZh"], error["doEn"], error["clause"]))
    assert standing(world, penalty, CREDIT) == (None, False), "all or none"
    first_time = world.given(CREDIT, [own, own], key="the-same-key")
    assert (first_time["acknowledged"], first_time["replayed"]) == ([own], False)
    again = world.given(CREDIT, [own], key="the-same-key")
    assert (again["acknowledged"], again["replayed"]) == ([own], True)
    (reused,) = world.given(CREDIT, [nothing], key="the-same-key")["userErrors"]
    assert reused["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert world.given(CREDIT, [own], key="another-key")["acknowledged"] == [own]


@pytest.mark.parametrize(
    ("ids", "key", "field"),
    [
        ([], "good-key-1", "ids"),
        (["not an id"], "good-key-2", "ids.0"),
        (["00000000-0000-4000-8000-000000000000"] * 1_001, "good-key-3", "ids"),
        (["00000000-0000-4000-8000-000000000000"], "short", "idempotencyKey"),
    ],
)
def test_bad_input_is_refused_with_its_place(world: Recalling, ids: list[str], key: str, field: str) -> None:
    refused = world.given(CREDIT, ids, key=key)
    assert refused["acknowledged"] == []
    assert refused["userErrors"][0]["field"] == field


def test_without_the_scope_nothing_is_acknowledged(world: Recalling) -> None:
    document = 'mutation { acknowledgeRecall(input: {idempotencyKey: "12345678", ids: []}) { acknowledged } }'
    answered = world.ask(world.token(CREDIT, scopes=("penalties:read",)), document)
    assert answered["data"] == {"acknowledgeRecall": None}
    assert answered["extensions"]["masked"][0]["code"] == "SCOPE_MISSING"


def test_a_recall_is_no_way_to_act_on_the_record(world: Recalling) -> None:
    penalty = recalled(world, CREDIT)
    assert world.recording.refused(first(CREDIT), RecordCommand.RECORD_CREDIT_REPAIR, id=penalty, reason="修复") == [
        ("NOT_A_PARTY", "id")
    ]


FAILING = """
CREATE SEQUENCE tries; GRANT USAGE ON SEQUENCE tries TO hub_app;
CREATE FUNCTION failing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('tries') = 1 THEN RAISE EXCEPTION USING ERRCODE = '%s', CONSTRAINT = 'of_a_defect'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER failing BEFORE INSERT ON command_receipt FOR EACH ROW EXECUTE FUNCTION failing();
"""


@pytest.fixture
def failing_once(world: Recalling) -> Iterator[Callable[[str], None]]:
    """The next receipt fails with an error of PostgreSQL, the one after it does not."""
    yield lambda code: world.owner.execute(FAILING % code) and None
    world.owner.execute("DROP TRIGGER failing ON command_receipt; DROP FUNCTION failing; DROP SEQUENCE tries")


def tries(world: Recalling) -> int:
    ((made,),) = world.owner.execute("SELECT last_value FROM tries").fetchall()
    return int(made)


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_what_meets_another_command_is_tried_again(
    world: Recalling, failing_once: Callable[[str], None], code: str
) -> None:
    penalty = recalled(world, CREDIT)
    (own,) = [each["id"] for each in world.recalls(CREDIT) if each["key"] == str(penalty)]
    failing_once(code)
    assert world.given(CREDIT, [own], key=f"met-another-{code}")["acknowledged"] == [own]
    assert tries(world) == 2
    assert standing(world, penalty, CREDIT) == ("CLIENT", False)


def test_a_defect_is_not_tried_again(world: Recalling, failing_once: Callable[[str], None]) -> None:
    """Another value that is there twice is no twin's receipt: told as a failure, and nothing is done."""
    penalty = recalled(world, CREDIT)
    (own,) = [each["id"] for each in world.recalls(CREDIT) if each["key"] == str(penalty)]
    failing_once("23505")
    document = "mutation ($ids: [ID!]!) { acknowledgeRecall(input: {idempotencyKey: %s, ids: $ids}) { acknowledged } }"
    answered = world.ask(world.token(CREDIT), document % '"a-defect-1"', {"ids": [own]})
    assert [error["extensions"]["code"] for error in answered["errors"]] == ["INTERNAL"]
    assert tries(world) == 1
    assert standing(world, penalty, CREDIT) == (None, False)
