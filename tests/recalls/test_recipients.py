"""Who is recalled from: exactly those who received the record before its change, as the ledger has it."""

from datetime import timedelta

import pytest
from commands_world import DISCIPLINE, MARKET, first
from recalling_world import CITY_HEALTH, CREDIT, FAR_HEALTH, HEALTH, OPERATOR, SECURITY, Recalling

from hub.penalties.recording import RecordCommand

CHANGES = {
    "REVOKED": lambda world, penalty: world.revoke(penalty),
    "AMENDED": lambda world, penalty: world.amend(penalty),
    "REPAIRED": lambda world, penalty: world.repair(penalty),
}


@pytest.mark.parametrize("cause", ["REVOKED", "AMENDED"])
def test_who_received_it_by_query_and_by_page_and_nobody_else(world: Recalling, cause: str) -> None:
    penalty = world.recording.published()
    assert world.read(CREDIT, penalty)
    assert str(penalty) in world.page(FAR_HEALTH)
    assert world.read(SECURITY, penalty), "the authority itself"
    CHANGES[cause](world, penalty)
    assert world.read(HEALTH, penalty), "after the change: it knows"
    world.settle()
    assert world.stored(penalty) == {(cause, CREDIT), (cause, FAR_HEALTH)}
    (told,) = [each for each in world.recalls(CREDIT) if each["key"] == str(penalty)]
    assert told["hiddenFields"] == []
    assert (told["cause"], told["recordType"], told["agency"], told["authority"]) == (
        cause, "PenaltyRecord", CREDIT, SECURITY,
    )  # fmt: skip
    # 21 September is a Monday: 22, 23, 24.
    assert told["dueAt"] == "2026-09-24T16:00:00+00:00"
    assert told["clause"].endswith("第四十八条第二款、第八十五条")
    assert (told["notice"], told["overdue"], told["acknowledgedAt"]) == (None, False, None)


def test_repair_and_end_of_term_are_due_by_the_hub_s_own_default(world: Recalling) -> None:
    from hub.penalties.publicity import end_terms

    repaired, over = world.recording.published(), world.recording.published()
    for penalty in (repaired, over):
        assert world.read(CREDIT, penalty)
    world.recording.now += timedelta(days=120)
    world.repair(repaired)
    world.recording.now += timedelta(days=280)
    assert end_terms(world.recording.app, world.clock.now())
    world.settle()
    told = {each["key"]: each for each in world.recalls(CREDIT)}
    assert told[str(repaired)]["cause"] == "REPAIRED"
    assert told[str(over)]["cause"] == "TERM_OVER"
    for penalty in (repaired, over):
        assert "平台规则8" in told[str(penalty)]["clause"]
        assert told[str(penalty)]["notice"].endswith("hub default, no legal force here")
    assert told[str(repaired)]["overdue"] is True
    assert world.read(CREDIT, over) is None


def test_what_is_told_follows_the_law(world: Recalling) -> None:
    """Own; as the authority; as the operator; and nobody else's."""
    penalty = world.recording.published()
    assert world.read(CREDIT, penalty)
    assert world.read(HEALTH, penalty)
    world.revoke(penalty)
    world.settle()

    def seen(agency: str, **more: object) -> set[str]:
        return {each["agency"] for each in world.recalls(agency, **more) if each["key"] == str(penalty)}

    assert seen(CREDIT) == {CREDIT}
    assert seen(HEALTH) == {HEALTH}
    assert seen(CITY_HEALTH) == set()
    assert seen(SECURITY) == {CREDIT, HEALTH}
    assert seen(OPERATOR, scopes=("ledger:read",)) == {CREDIT, HEALTH}
    assert seen(OPERATOR, scopes=()) == set()
    assert seen(CREDIT, scopes=("penalties:read",)) == set()


def test_a_change_that_is_not_public_reaches_who_supervises_or_received_it_in_a_case(world: Recalling) -> None:
    """Never published: the platform cannot have it, a far regulator neither; what a case brought is recalled too."""
    penalty = world.recording.served()
    assert world.read(CREDIT, penalty) is None
    assert world.read(FAR_HEALTH, penalty) is None
    assert world.read(CITY_HEALTH, penalty)
    world.disclosed(penalty, "test-discipline", DISCIPLINE, purpose="duty-crime-referral", case_no="640104-2026-000001")
    world.disclosed(penalty, "test-market", MARKET, purpose="market-regulation", case_no="640104-2026-000001")
    world.revoke(penalty)
    world.settle()
    assert world.stored(penalty) == {("REVOKED", agency) for agency in (CITY_HEALTH, DISCIPLINE, MARKET)}
    rows = world.recording.rows("SELECT * FROM recall WHERE key = %s", str(penalty))
    told = {row["agency"]: (row["told"], row["by_feed"], row["reason"]) for row in rows}
    # The authority learns of no reading in a case, nor of one by those who investigate (R27); no reason was made public.
    assert told == {CITY_HEALTH: (True, True, None), DISCIPLINE: (False, False, None), MARKET: (False, True, None)}
    assert {each["agency"] for each in world.recalls(SECURITY) if each["key"] == str(penalty)} == {CITY_HEALTH}
    (own,) = [each for each in world.recalls(DISCIPLINE) if each["key"] == str(penalty)]
    assert "平台规则8" in own["clause"]


def test_who_saw_it_only_while_it_was_public_hears_nothing_of_what_follows(world: Recalling) -> None:
    from hub.penalties.publicity import end_terms

    penalty = world.recording.published()
    for agency in (CREDIT, FAR_HEALTH, HEALTH):
        assert world.read(agency, penalty)
    world.recording.now += timedelta(days=400)
    end_terms(world.recording.app, world.clock.now())
    world.amend(penalty, content="责令改正，罚款1000元。")
    world.settle()
    assert world.stored(penalty) == {("TERM_OVER", agency) for agency in (CREDIT, FAR_HEALTH, HEALTH)} | {
        ("AMENDED", HEALTH)
    }


def test_a_longer_term_by_amendment_does_not_make_public_what_is_over(world: Recalling) -> None:
    """A graver severity names a later last day; the term has ended all the same, and what follows is not public."""
    from hub.penalties.publicity import end_terms

    penalty = world.recording.published()
    for agency in (CREDIT, FAR_HEALTH, HEALTH):
        assert world.read(agency, penalty)
    world.recording.now += timedelta(days=400)
    end_terms(world.recording.app, world.clock.now())
    token = world.token(CREDIT)
    page = (
        "query F($after: String) { penaltyChanges(after: $after, first: 1000) { nodes { key change } cursor hasMore } }"
    )
    cursor = world.ask(token, "{ penaltyChanges(first: 1) { watermark } }")["data"]["penaltyChanges"]["watermark"]
    world.amend(penalty, severity="SERIOUS")
    record = world.recording.record(penalty)
    assert (record["status"], record["publicity_ends_on"] > world.clock.now().date()) == ("TERM_OVER", True)
    world.revoke(penalty)
    assert world.ask(token, page, {"after": cursor})["data"]["penaltyChanges"]["nodes"] == []
    log = world.recording.rows(
        "SELECT kind, public, ends, reason FROM penalty_change WHERE record_id = %s ORDER BY id DESC LIMIT 2",
        record["id"],
    )
    assert [tuple(row.values()) for row in log] == [("REVOKED", False, False, None), ("AMENDED", False, False, None)]
    world.settle()
    assert world.stored(penalty) == {("TERM_OVER", agency) for agency in (CREDIT, FAR_HEALTH, HEALTH)} | {
        ("AMENDED", HEALTH),
        ("REVOKED", HEALTH),
    }


def test_each_change_recalls_from_those_who_received_what_was_before_it(world: Recalling) -> None:
    penalty = world.recording.published()
    assert world.read(CREDIT, penalty)
    world.amend(penalty)
    assert world.read(FAR_HEALTH, penalty), "the new content"
    world.settle()
    assert world.stored(penalty) == {("AMENDED", CREDIT)}
    world.revoke(penalty)
    world.settle()
    assert world.stored(penalty) == {("AMENDED", CREDIT), ("REVOKED", CREDIT), ("REVOKED", FAR_HEALTH)}
    (told,) = [each for each in world.recalls(FAR_HEALTH) if each["key"] == str(penalty)]
    assert told["reason"] == "复议决定撤销（行政复议法第六十八条）"


def test_what_a_feed_and_a_mutation_showed_is_recalled(world: Recalling) -> None:
    penalty = world.recording.published()
    answered = world.ask(world.token(FAR_HEALTH), "{ penaltyChanges(first: 1000) { nodes { key record { id } } } }")
    assert str(penalty) in {node["key"] for node in answered["data"]["penaltyChanges"]["nodes"]}
    world.recording.do(first(CREDIT), RecordCommand.RECORD_OBJECTION, id=penalty, reason="金额有异议")
    world.revoke(penalty)
    world.settle()
    assert world.stored(penalty) == {("REVOKED", FAR_HEALTH)}


def test_a_change_and_its_recall_are_one(world: Recalling) -> None:
    """What is rolled back recalls nothing."""
    penalty = world.recording.published()
    assert world.read(CREDIT, penalty)
    before = world.recording.rows("SELECT count(*) AS n FROM recall_cause")
    world.recording.refused(first(SECURITY), RecordCommand.REVOKE, id=penalty, reason="没有条款")
    with world.recording.app.transaction(force_rollback=True):
        world.recording.app.execute(
            "INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)"
            " SELECT id, 'REVOKED', now(), authority, '', '', '{}' FROM penalty_record WHERE public_id = %s",
            (penalty,),
        )
    assert world.recording.rows("SELECT count(*) AS n FROM recall_cause") == before
    world.settle()
    assert world.stored(penalty) == set()
