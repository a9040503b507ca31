"""What credit follows from records: events by the model's table, in the recording transaction; corrected with them.

R21, R23, R24: a penalty counts from its service; what is revoked, repaired, or public no more, is used no more.
"""

from datetime import UTC, datetime

import pytest
from recording_world import (
    CREDIT,
    NUMBERS,
    SECURITY,
    RecordCommand,
    RecordWorld,
    firm_penalty,
    first,
    inspection,
    measure,
    person_penalty,
)

from hub.credit.events import events_of
from hub.credit.job import run
from hub.credit.scoring import compute
from hub.law import credit
from hub.law.credit import Quarter
from hub.penalties.publicity import end_terms

C = RecordCommand
WHY = {"reason": "复议决定撤销", "clause": "处罚法第四十八条"}
PERIOD = Quarter.of("2026Q3")
EVENTS = (
    "SELECT rule, occurred_on, of, change, effective_on, source, life, case_no, agency FROM credit_event"
    " WHERE institution_id = %s ORDER BY id"
)


def opened(world: RecordWorld) -> tuple[str, int]:
    """A new institution of 兴庆区, its score computed: code and id."""
    columns = (
        "uscc, name, kind, region, level, address, agreement_listed, agreement_status, legal_representative_id, phone,"
        " settlement_account"
    )
    row = world.owner.execute(
        f"INSERT INTO institution (nhsa_code, {columns}) SELECT %s, {columns} FROM institution"
        " WHERE region = '640104' ORDER BY id LIMIT 1 RETURNING nhsa_code, id",
        (f"T640104{next(NUMBERS):05d}",),
    ).fetchone()
    assert row
    with world.app.transaction():
        compute(world.app, credit.current(), PERIOD, [row[1]], world.now)
    return str(row[0]), int(row[1])


@pytest.fixture
def institution(world: RecordWorld) -> tuple[str, int]:
    return opened(world)


def told(world: RecordWorld, institution: tuple[str, int]) -> list[tuple[str, ...]]:
    """Events in their order: the rule and day of one recorded, the change of a correction."""
    return [
        (row["change"], *(str(row[name]) for name in ("rule", "effective_on") if row[name]))
        if row["of"]
        else (row["rule"], str(row["occurred_on"]))
        for row in world.rows(EVENTS, institution[1])
    ]


def score(world: RecordWorld, institution: tuple[str, int], period: Quarter = PERIOD) -> str:
    """As stored, which must be as the law's function has it from all events."""
    (row,) = world.rows(
        "SELECT score FROM credit_score WHERE institution_id = %s AND period = %s", institution[1], str(period)
    )
    by_law = credit.score(credit.current(), period, events_of(world.app, institution[1]))
    assert row["score"] == by_law.score
    return str(row["score"])


def test_from_service_to_revocation(world: RecordWorld, institution: tuple[str, int]) -> None:
    penalty = world.penalty(institution=institution[0])
    assert told(world, institution) == [], "not served: it binds nobody yet"
    world.do(first(SECURITY), C.SERVE, id=penalty, servedOn="2026-09-10")
    assert told(world, institution) == [("PENALTY_GENERAL", "2026-09-10")]
    assert score(world, institution) == "925.00"
    world.do(first(SECURITY), C.AMEND, id=penalty, changes={"severity": "SERIOUS"}, **WHY)
    assert told(world, institution)[1:] == [("AMENDED", "PENALTY_SERIOUS")]
    assert score(world, institution) == "800.00"
    world.do(first(SECURITY), C.AMEND, id=penalty, changes={"remark": "备注"}, **WHY)
    assert len(told(world, institution)) == 2, "what does not bear on credit corrects nothing"
    world.do(first(SECURITY), C.REVOKE, id=penalty, **WHY)
    assert told(world, institution)[2:] == [("REVOKED",)]
    assert score(world, institution) == "1000.00"


def test_recorded_again_is_as_if_never_revoked(world: RecordWorld, institution: tuple[str, int]) -> None:
    decision = firm_penalty(institution=institution[0], servedOn="2026-09-10", severity="SERIOUS")
    (item,) = world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[decision]).items
    before = score(world, institution)
    world.do(first(SECURITY), C.REVOKE, id=item.record, **WHY)
    assert score(world, institution) == "1000.00"
    world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[decision | {"recordAgain": True}])
    assert score(world, institution) == before == "800.00"
    assert told(world, institution) == [
        ("PENALTY_SERIOUS", "2026-09-10"), ("REVOKED",), ("PENALTY_SERIOUS", "2026-09-10")
    ]  # fmt: skip
    assert [row["life"] for row in world.rows(EVENTS, institution[1]) if not row["of"]] == [0, 1]


def test_a_repair_counts_from_its_day(world: RecordWorld, institution: tuple[str, int]) -> None:
    """In a quarter that ended before the repair the event still counts."""
    penalty = world.published(institution=institution[0])
    world.refused(first(CREDIT), C.RECORD_CREDIT_REPAIR, id=penalty)  # the shortest term is not over
    assert len(told(world, institution)) == 1
    world.now = datetime(2026, 12, 9, 1, tzinfo=UTC)
    with world.app.transaction():
        compute(world.app, credit.current(), Quarter.of("2026Q4"), [institution[1]], world.now)
    world.do(first(CREDIT), C.RECORD_CREDIT_REPAIR, id=penalty)
    assert told(world, institution)[1:] == [("REPAIRED", "2026-12-09")]
    assert world.rows(EVENTS, institution[1])[-1]["agency"] == CREDIT
    assert (score(world, institution), score(world, institution, Quarter.of("2026Q4"))) == ("925.00", "1000.00")


def test_the_end_of_a_term_ends_the_use(world: RecordWorld, institution: tuple[str, int]) -> None:
    """R23: publishing, sharing and using stop. What is minor is public for three months at most."""
    penalty = world.served(institution=institution[0], severity="MINOR")
    world.do(first(SECURITY), C.PUBLISH, id=penalty, reason="确有必要")
    world.now = datetime(2026, 12, 20, 1, tzinfo=UTC)
    with world.app.transaction():
        compute(world.app, credit.current(), Quarter.of("2026Q4"), [institution[1]], world.now)
    assert score(world, institution, Quarter.of("2026Q4")) == "980.00"
    assert end_terms(world.app, world.now) == 1
    assert told(world, institution)[1:] == [("TERM_OVER", "2026-12-09")]
    assert (score(world, institution), score(world, institution, Quarter.of("2026Q4"))) == ("980.00", "1000.00")
    assert end_terms(world.app, world.now) == 0


def test_inspections_and_measures(world: RecordWorld, institution: tuple[str, int]) -> None:
    code = institution[0]
    quiet = inspection(code, findingsClass="NO_PROBLEM", measures=[], amountRecovered=None)
    found = [inspection(code), {name: value for name, value in quiet.items() if value is not None}]
    world.do(first(SECURITY), C.RECORD_INSPECTION_RESULTS, results=found)
    world.do(first(SECURITY), C.RECORD_INSPECTION_RESULTS, results=found)
    assert told(world, institution) == [("INSPECTION_FINDING", "2026-09-01")], "once, and none where nothing was found"
    kinds = ("URGE_PERFORMANCE", "SUSPEND_PAYMENT", "END_SERVICES", "DISSOLVE_AGREEMENT")
    money = [measure(code, kind=kind, amount="100.00") for kind in ("REFUSE_PAYMENT", "RECOVER")]
    world.do(
        first(SECURITY), C.RECORD_AGREEMENT_MEASURES, measures=[*(measure(code, kind=kind) for kind in kinds), *money]
    )
    assert {one for one, _ in told(world, institution)[1:]} == {
        "AGREEMENT_PAYMENT_SUSPENDED", "AGREEMENT_SUSPENDED", "AGREEMENT_DISSOLVED", "AGREEMENT_PAYMENT_REFUSED",
        "FUND_RECOVERED",
    }  # fmt: skip
    score(world, institution)


def test_a_batch_makes_one_event_for_each_institution(world: RecordWorld) -> None:
    there = [opened(world) for _ in range(5)]
    count = "SELECT count(*) AS n FROM credit_event"
    (before,) = world.rows(count)
    batch = [firm_penalty(institution=code, servedOn="2026-09-10") for code, _ in there for _ in range(2)]
    world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=batch)
    (after,) = world.rows(count)
    assert after["n"] - before["n"] == len(batch)
    assert {score(world, one) for one in there} == {"850.00"}


def test_what_is_no_event_of_the_institution(world: RecordWorld, institution: tuple[str, int]) -> None:
    """A natural person's penalty is not the institution's; one of nobody's institution is nobody's."""
    person = person_penalty(institution=institution[0], servedOn="2026-09-10")
    world.do(first(SECURITY), C.RECORD_PENALTIES, penalties=[person])
    world.do(first(SECURITY), C.REVOKE, id=world.published(), **WHY)
    assert told(world, institution) == []


def test_of_a_case_it_is_a_deduction(world: RecordWorld, institution: tuple[str, int]) -> None:
    case_no = f"640104-2026-9{institution[1] % 100_000:05d}"
    world.owner.execute("INSERT INTO case_file VALUES (%s, %s, '2026-01-01')", (case_no, SECURITY))
    world.served(institution=institution[0], caseNo=case_no)
    assert world.rows(EVENTS, institution[1])[0]["case_no"] == case_no
    (parts,) = world.rows(
        "SELECT (SELECT count(*) FROM credit_effect e WHERE e.score_id = s.id) AS effects,"
        " (SELECT count(*) FROM credit_deduction d WHERE d.score_id = s.id) AS deductions"
        " FROM credit_score s WHERE s.institution_id = %s", institution[1]
    )  # fmt: skip
    assert (parts["effects"], parts["deductions"], score(world, institution)) == (0, 1, "925.00")


def test_once_with_one_key(world: RecordWorld, institution: tuple[str, int]) -> None:
    penalty = world.published(institution=institution[0])
    for _ in range(2):
        assert not world.give(first(SECURITY), C.REVOKE, key=f"revoke-once-{penalty}", id=penalty, **WHY).user_errors
    assert [one[0] for one in told(world, institution)] == ["PENALTY_GENERAL", "REVOKED"]


def test_imported_records_are_caught_up_once(world: RecordWorld, institution: tuple[str, int]) -> None:
    """What no command wrote: `hub credit compute` gives it its events, and does nothing the second time."""
    served = world.served(institution=institution[0])
    world.owner.execute("DELETE FROM credit_event WHERE institution_id = %s", (institution[1],))
    world.owner.execute(
        "UPDATE penalty_record SET status = 'TERM_OVER', publicity_ends_on = '2026-09-15' WHERE public_id = %s",
        (served,),
    )
    later = Quarter.of("2026Q2")
    for _ in range(2):
        list(run(world.owner, credit.current(), later, world.now))
        assert told(world, institution) == [("PENALTY_GENERAL", "2026-09-10"), ("TERM_OVER", "2026-09-16")]
        assert score(world, institution) == "1000.00", "other periods follow too"
    (event,) = world.rows("SELECT * FROM credit_event WHERE institution_id = %s AND of IS NULL", institution[1])
    assert (event["client_id"], event["agency"]) == ("hub", SECURITY)


def test_a_correction_by_hand_stands_until_the_record_changes(world: RecordWorld, institution: tuple[str, int]) -> None:
    penalty = world.served(institution=institution[0])
    (event,) = world.rows("SELECT public_id FROM credit_event WHERE institution_id = %s", institution[1])
    world.do(
        first(SECURITY), C.RECORD_CREDIT_EVENT, event=str(event["public_id"]), change="AMENDED", rule="PENALTY_MINOR",
        reason="核对后更正",
    )  # fmt: skip
    assert score(world, institution) == "980.00"
    list(run(world.owner, credit.current(), PERIOD, world.now))
    assert score(world, institution) == "980.00"
    world.do(first(SECURITY), C.AMEND, id=penalty, changes={"severity": "SERIOUS"}, **WHY)
    assert score(world, institution) == "800.00"
    world.do(
        first(SECURITY), C.RECORD_CREDIT_EVENT, event=str(event["public_id"]), change="REVOKED", reason="不是该机构"
    )
    world.do(first(SECURITY), C.AMEND, id=penalty, changes={"severity": "MINOR"}, **WHY)
    list(run(world.owner, credit.current(), PERIOD, world.now))
    assert score(world, institution) == "1000.00", "revoked by hand is revoked"
