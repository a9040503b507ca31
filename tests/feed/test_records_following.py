"""Who is told of what in the feeds of penalties, inspection results and scores, and what a copy kept by them becomes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from recording_world import CREDIT, TODAY, RecordWorld, firm_penalty, inspection, person_penalty
from records_world import PLATFORM, RecordFeeds

from hub.credit import events as credit
from hub.credit.scoring import compute
from hub.demo.sample import Counts, load_sample
from hub.law.credit import Quarter, current
from hub.penalties.commands import RecordCommand as Do
from hub.penalties.publicity import end_terms
from tests.clues.commands_world import SECURITY, first

FAR = "510502-HEALTHCARE_SECURITY"
"""Elsewhere: told of what is public, and of nothing else."""
BY = credit.By(SECURITY, "test", "1", datetime(2026, 9, 21, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def following(empty_database, tmp_path_factory) -> Iterator[RecordFeeds]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(60, 0, 0, 0, 0))
    recording = RecordWorld(database)
    made = RecordFeeds(recording, tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()
    recording.close()


@pytest.fixture
def feeds(following: RecordFeeds) -> RecordFeeds:
    following.recording.now = TODAY
    return following


@pytest.fixture
def here(feeds: RecordFeeds) -> Any:
    return feeds.recording.rows("SELECT id, nhsa_code FROM institution WHERE region = '640104' ORDER BY id")


def readers(feeds: RecordFeeds, feed: str, *agencies: str) -> list[Any]:
    made = [feeds.reader(agency, feed) for agency in agencies or (PLATFORM, FAR, SECURITY)]
    for each in made:
        each.read()
    return made


def test_the_life_of_a_penalty_as_each_may_know_it(feeds: RecordFeeds) -> None:
    world = feeds.recording
    platform, far, own = readers(feeds, "penaltyChanges")
    penalty = world.penalty()
    world.do(first(SECURITY), Do.SERVE, id=penalty, servedOn="2026-09-10")
    assert (platform.read(), far.read()) == ([], []), "not public yet"
    assert [node["change"] for node in own.read()] == ["RECORDED", "SERVED"]
    world.do(first(SECURITY), Do.PUBLISH, id=penalty)
    world.do(
        first(SECURITY), Do.AMEND, id=penalty, reason="笔误", clause="处罚法第四十八条", changes={"remark": "更正"}
    )
    for reader in (platform, far):
        told = reader.read()
        assert [node["change"] for node in told] == ["PUBLISHED", "AMENDED"]
        assert {node["record"]["remark"] for node in told} == {"更正"}, "as it is now"
        assert {node["reason"] for node in told} == {None}
    world.do(first(SECURITY), Do.REVOKE, id=penalty, reason="事实不清", clause="处罚法第七十六条")
    for reader in (platform, far):
        (node,) = reader.read()
        assert node == {
            "key": str(penalty), "change": "REVOKED", "at": node["at"], "tombstone": True,
            "reason": "事实不清（处罚法第七十六条）", "record": None,
        }  # fmt: skip
        assert str(penalty) not in reader.copy
    told = own.read()
    assert [(node["change"], node["record"]["status"]) for node in told] == [
        ("PUBLISHED", "REVOKED"), ("AMENDED", "REVOKED"), ("REVOKED", "REVOKED"),
    ]  # fmt: skip
    late = feeds.reader(PLATFORM, "penaltyChanges")
    assert str(penalty) not in {node["key"] for node in late.read()}, "no snapshot has it"
    for reader in (platform, far, own, late):
        assert reader.complete()


def test_without_a_cursor_a_copy_begins_empty(feeds: RecordFeeds) -> None:
    """A reader that loses the cursor of its first page: what ended since is in no page of the second snapshot."""
    penalty, reader = str(feeds.recording.published()), feeds.reader(FAR, "penaltyChanges")
    reader.apply(next(reader.pages())["nodes"])
    assert penalty in reader.copy
    feeds.recording.do(first(SECURITY), Do.REVOKE, id=penalty, reason="事实不清", clause="处罚法第七十六条")
    reader.read()
    assert penalty not in {node["key"] for node in reader.told}, "so nothing tells that it goes"
    assert set(reader.copy) - set(feeds.listed(FAR, reader.feed)) == {penalty}
    reader.cursor, reader.copy = None, {}
    assert reader.complete()


def test_what_was_never_public_leaves_no_trace(feeds: RecordFeeds) -> None:
    world = feeds.recording
    platform, far, own = readers(feeds, "penaltyChanges")
    withheld = world.served()
    world.do(first(SECURITY), Do.WITHHOLD, id=withheld, reason="不具有社会影响")
    world.do(first(SECURITY), Do.AMEND, id=withheld, reason="笔误", clause="某条", changes={"remark": "更正"})
    world.do(first(SECURITY), Do.REVOKE, id=withheld, reason="事实不清", clause="某条")
    person = world.penalty(**person_penalty(servedOn="2026-09-10"), counterpartyName=None, counterpartyUscc=None)
    world.do(first(SECURITY), Do.PUBLISH, id=person)
    world.do(first(SECURITY), Do.REVOKE, id=person, reason="事实不清", clause="某条")
    assert platform.read() == [], "of natural persons it is told nothing, their end neither"
    assert {node["key"] for node in far.read()} <= {str(person)}
    assert len(own.read()) == 4 + 1 + 4


def test_repaired_and_term_over_are_tombstones_with_their_public_reason(feeds: RecordFeeds) -> None:
    world = feeds.recording
    over, repaired = world.published(), world.published()
    platform, far, own = readers(feeds, "penaltyChanges")
    world.now = datetime(2027, 1, 10, tzinfo=UTC)
    feeds.client(CREDIT)
    world.do(first(CREDIT), Do.RECORD_CREDIT_REPAIR, id=repaired, reason="履行完毕", objectionNo=None)
    for reader in (platform, far):
        (node,) = reader.read()
        assert (node["change"], node["tombstone"], node["key"]) == ("REPAIRED", True, str(repaired))
        assert node["reason"] == "已修复（信用修复管理办法）"
    world.now = datetime(2027, 9, 8, 16, 30, tzinfo=UTC)
    assert platform.read() == []
    assert str(over) not in feeds.listed(PLATFORM, "penaltyChanges"), "at once"
    assert end_terms(world.app, world.now)
    for reader in (platform, far):
        told = [node for node in reader.read() if node["key"] == str(over)]
        assert [(node["change"], node["tombstone"], node["reason"]) for node in told] == [
            ("TERM_OVER", True, "公示期届满（信用修复管理办法）")
        ]
        assert reader.complete()
    assert own.complete()


def test_revoked_after_the_term_and_before_the_hub_has_ended_it(feeds: RecordFeeds) -> None:
    world = feeds.recording
    penalty = world.published()
    (platform,) = readers(feeds, "penaltyChanges", PLATFORM)
    world.now = datetime(2027, 9, 8, 16, 5, tzinfo=UTC)
    world.do(first(SECURITY), Do.REVOKE, id=penalty, reason="事实不清", clause="某条")
    end_terms(world.app, world.now)
    assert ("REVOKED", True) in {(node["change"], node["tombstone"]) for node in platform.read()}
    assert str(penalty) not in platform.copy


def test_an_amendment_that_ends_and_one_that_renews_publicity(feeds: RecordFeeds) -> None:
    world = feeds.recording
    penalty = world.published(severity="GENERAL")
    platform, far, _ = readers(feeds, "penaltyChanges")
    world.now = datetime(2027, 6, 1, tzinfo=UTC)  # within a year, after the longest term of a minor one
    amend = {"id": penalty, "reason": "定性有误", "clause": "某条"}
    world.do(first(SECURITY), Do.AMEND, **amend, changes={"severity": "MINOR"})
    for reader in (platform, far):
        assert [(n["change"], n["tombstone"], n["reason"]) for n in reader.read()] == [
            ("AMENDED", True, "定性有误（某条）")
        ]
    world.do(first(SECURITY), Do.AMEND, **amend, changes={"severity": "SERIOUS"})
    for reader in (platform, far):
        (node,) = reader.read()
        assert (node["change"], node["tombstone"], node["record"]["severity"]) == ("AMENDED", False, "SERIOUS")
        assert reader.complete()


def test_recorded_again_under_the_same_key(feeds: RecordFeeds) -> None:
    world = feeds.recording
    (platform,) = readers(feeds, "penaltyChanges", PLATFORM)
    given = firm_penalty(servedOn="2026-09-10")
    penalty = world.penalty(**given)
    world.do(first(SECURITY), Do.PUBLISH, id=penalty)
    platform.read()
    world.do(first(SECURITY), Do.REVOKE, id=penalty, reason="事实不清", clause="某条")
    world.do(first(SECURITY), Do.RECORD_PENALTIES, penalties=[given | {"recordAgain": True}])
    assert [(node["change"], node["tombstone"]) for node in platform.read()] == [("REVOKED", True)]
    world.do(first(SECURITY), Do.PUBLISH, id=penalty)
    platform.read()
    assert platform.kinds(penalty) == ["PUBLISHED", "REVOKED", "PUBLISHED"]
    assert platform.complete()


def test_inspection_results_of_the_region(feeds: RecordFeeds, here: Any) -> None:
    world = feeds.recording
    platform, far, own = readers(feeds, "inspectionChanges", PLATFORM, FAR, SECURITY)
    results = [inspection(here[0]["nhsa_code"]) for _ in range(3)]
    world.do(first(SECURITY), Do.RECORD_INSPECTION_RESULTS, results=results)
    assert far.read() == []
    for reader in (platform, own):
        assert [node["change"] for node in reader.read()] == ["RECORDED"] * 3
        assert reader.complete()
        assert feeds.reader(reader.agency, "inspectionChanges").complete(), "and in a snapshot"


def test_scores_as_they_are_given_and_change(feeds: RecordFeeds, here: Any) -> None:
    world, quarter = feeds.recording, Quarter.of("2026Q2")
    platform, far, own = readers(feeds, "creditChanges", PLATFORM, FAR, SECURITY)
    ids = [row["id"] for row in here]
    rule = current().rule.rules[0].code
    with psycopg.connect(feeds.database.app_url) as connection:
        assert compute(connection, current(), quarter, ids, world.now) == len(ids)
    for reader in (platform, own):
        assert [node["change"] for node in reader.read()] == ["SCORED"] * len(ids)
    with psycopg.connect(feeds.database.app_url) as connection:
        credit.record_event(connection, BY, ids[0], rule, datetime(2026, 5, 1, tzinfo=UTC).date())
    for reader in (platform, own):
        (node,) = reader.read()
        assert (node["change"], node["key"]) == ("RESCORED", f"{here[0]['nhsa_code']}/2026Q2")
        assert reader.complete()
        assert feeds.reader(reader.agency, "creditChanges", first=7).complete()
    assert far.read() == []


def test_what_changes_of_a_score_decides_who_is_told(feeds: RecordFeeds, here: Any) -> None:
    """Its dimensions are shown with it. What only explains it otherwise the platform does not learn: it may not know why."""
    world, quarter, institution = feeds.recording, Quarter.of("2026Q1"), here[1]["id"]
    model = current()
    with psycopg.connect(feeds.database.app_url) as connection:
        compute(connection, model, quarter, [institution], world.now)
    platform, own = readers(feeds, "creditChanges", PLATFORM, SECURITY)
    (score,) = feeds.recording.rows(
        "SELECT id FROM credit_score WHERE institution_id = %s AND period = '2026Q1'", institution
    )
    version = (
        "INSERT INTO credit_score_version (institution_id, period, score, grade, model_version, measures, dimensions,"
        " replaced_at) SELECT institution_id, period, score, grade, model_version, measures, (SELECT jsonb_agg("
        "jsonb_build_object('name', d.name, 'score', d.score, 'weight', d.weight) ORDER BY d.position)"
        " FROM credit_dimension d WHERE d.score_id = s.id), now() FROM credit_score s WHERE id = %s"
    )
    with feeds.owner.transaction():  # explained otherwise, and the same in all that is shown
        feeds.owner.execute(version, (score["id"],))
        feeds.owner.execute("UPDATE credit_score SET digest = 'another' WHERE id = %s", (score["id"],))
    assert platform.read() == []
    assert [node["change"] for node in own.read()] == ["RESCORED"]
    with feeds.owner.transaction():
        feeds.owner.execute(version, (score["id"],))
        feeds.owner.execute(
            "UPDATE credit_dimension SET score = score - 1 WHERE score_id = %s AND position = 1", (score["id"],)
        )
        feeds.owner.execute("UPDATE credit_score SET digest = 'a third' WHERE id = %s", (score["id"],))
    for reader in (platform, own):
        assert [node["change"] for node in reader.read()] == ["RESCORED"]
        assert reader.complete()


def test_nothing_that_a_case_opens_is_followed(feeds: RecordFeeds) -> None:
    """What a case opens comes and goes with it: it is read by query under the case."""
    police = "640104-PUBLIC_SECURITY"
    for feed in ("inspectionChanges", "creditChanges"):
        assert feeds.page(feeds.token(police), feed)["nodes"] == []
    assert feeds.reader(police, "penaltyChanges").complete()
