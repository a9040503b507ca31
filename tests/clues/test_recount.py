"""Statistics are a recount of events: lateness and amounts as they happened, and a changed column is found."""

from commands_world import HEALTH, RECEIPT, RESULT, SECURITY, CommandWorld, first, head, papers
from sqlalchemy import create_engine

from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line
from hub.reports.verify import differing


def sent(world: CommandWorld, **more):
    case_no = world.opened(first(SECURITY))
    transfer = world.do(first(SECURITY), C.DRAFT, caseNo=case_no, **papers(HEALTH, by=SECURITY, **more)).transfer
    world.do(first(SECURITY), C.SUBMIT, id=transfer)
    world.do(head(SECURITY), C.APPROVE, id=transfer)
    world.do(first(SECURITY), C.SEND, id=transfer)
    return transfer


def test_what_is_done_in_time_is_not_late(world):
    transfer = sent(world)
    world.later(hours=3)
    world.do(first(HEALTH), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    world.do(first(HEALTH), C.START_HANDLING, id=transfer)
    assert world.row(transfer)["late_clock"] is None


def test_the_first_missed_deadline_is_kept(world):
    """The receipt is signed on the ninth day after an arrival that was presumed; a later miss changes nothing."""
    transfer = sent(world)
    world.later(days=10)
    world.do(first(HEALTH), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    assert world.row(transfer)["late_clock"] == "receipt"
    world.do(first(HEALTH), C.START_HANDLING, id=transfer)
    world.later(days=120)
    world.do(first(HEALTH), C.REPORT_RESULT, id=transfer, **RESULT)
    assert world.row(transfer)["late_clock"] == "receipt"


def test_the_last_result_is_what_is_summed(world):
    transfer = sent(world)
    world.later(hours=3)
    world.do(first(HEALTH), C.SIGN_RECEIPT, id=transfer, **RECEIPT)
    world.do(first(HEALTH), C.START_HANDLING, id=transfer)
    amounts = [
        {"kind": "追回医保基金", "yuan": "100.10"},
        {"kind": "主动退回", "yuan": "0.90"},
        {"kind": "罚款", "yuan": "7"},
    ]
    world.do(first(HEALTH), C.REPORT_RESULT, id=transfer, **{**RESULT, "amounts": amounts})
    row = world.row(transfer)
    assert (str(row["recovered"]), str(row["fined"])) == ("101.00", "7.00")
    corrected = {**RESULT, "amounts": [{"kind": "其他", "yuan": "5"}], "reason": "金额有误"}
    world.do(first(HEALTH), C.REPORT_RESULT, id=transfer, **corrected)
    row = world.row(transfer)
    assert (row["recovered"], row["fined"]) == (None, None)


def test_a_column_that_was_changed_is_found(world):
    transfer = sent(world)
    engine = create_engine(world.database.owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        found = dict(differing(connection))
        assert found
        assert set(found.values()) == {()}
    row = world.row(transfer)
    world.owner.execute("UPDATE clue_transfer SET fined = 1, late_clock = 'receipt' WHERE id = %s", (row["id"],))
    with engine.connect() as connection:
        assert {key: names for key, names in differing(connection) if names} == {row["id"]: ("late_clock",)}
    world.owner.execute("UPDATE clue_transfer SET fined = NULL, late_clock = NULL WHERE id = %s", (row["id"],))
    engine.dispose()
