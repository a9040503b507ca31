"""Once and only once: retries, twins, other input under the same key, crashes before and after the commit, numbers."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from commands_world import CITY_HEALTH, HEALTH, MARKET, RECEIPT, RULES, SECURITY, first, papers, second
from test_commands_routes import approved, drafted, sent

from hub.clues import commands
from hub.clues.commands import CaseCommand, execute
from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line


def key() -> str:
    return secrets.token_hex(16)


def test_a_retry_gives_the_same_result_and_does_nothing(world):
    caller, once = world.caller(first(SECURITY)), key()
    opened = world.give(caller, CaseCommand.OPEN, once)
    draft = {"caseNo": opened.case_no, **papers(HEALTH)}
    once_more = key()
    made = world.give(caller, C.DRAFT, once_more, **draft)
    before = world.contents()
    world.later(minutes=3)
    for result, given in ((opened, (CaseCommand.OPEN, once, {})), (made, (C.DRAFT, once_more, draft))):
        again = world.give(world.caller(first(SECURITY)), given[0], given[1], **given[2])
        assert again.replayed
        assert not result.replayed
        assert (again.transfer, again.case_no, again.child) == (result.transfer, result.case_no, result.child)
    assert world.contents() == before


def test_the_same_key_with_other_input_is_refused(world):
    caller, once = world.caller(first(SECURITY)), key()
    case_no = world.opened(first(SECURITY))
    draft = {"caseNo": case_no, **papers(HEALTH)}
    world.give(caller, C.DRAFT, once, **draft)
    for command, given in (
        (C.DRAFT, draft | {"summary": "另一摘要"}),
        (C.DRAFT, draft | {"handlingOpinion": None}),
        (CaseCommand.OPEN, {}),
    ):
        assert world.refused(caller, command, key=once, **given) == ["IDEMPOTENCY_KEY_REUSED"]
    world.do(first(HEALTH), CaseCommand.OPEN, key=once)  # another client's key is another key


def test_a_refused_command_leaves_its_key_free(world):
    transfer, once = drafted(world, SECURITY, HEALTH), key()
    assert world.refused(first(SECURITY), C.SEND, key=once, id=transfer) == ["APPROVAL_REQUIRED"]
    approved(world, SECURITY, transfer)
    world.do(first(SECURITY), C.SEND, key=once, id=transfer)


def test_a_retry_of_revoked_authority_is_no_retry(world):
    caller, once = world.caller(first(SECURITY)), key()
    world.give(caller, CaseCommand.OPEN, once)
    world.owner.execute("UPDATE access_token SET revoked_at = now() WHERE token_hash = %s", (caller.token_hash,))
    with pytest.raises(commands.AuthorityLost):
        world.give(caller, CaseCommand.OPEN, once)


@pytest.mark.parametrize("command", ["draft", "send"])
def test_twins_at_the_same_time_take_effect_once(world, command):
    """Eight at once with one key: one is carried out, the others get its result."""
    case_no, once = world.opened(first(SECURITY)), key()
    given = {"caseNo": case_no, **papers(HEALTH)}
    wanted = C.DRAFT
    if command == "send":
        transfer = world.do(first(SECURITY), C.DRAFT, **given).transfer
        approved(world, SECURITY, transfer)
        wanted, given = C.SEND, {"id": transfer}
    caller, barrier = world.caller(first(SECURITY)), Barrier(8)

    def run(_):
        with world.connect() as connection:
            barrier.wait()
            return world.give(caller, wanted, once, connection, **given)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, range(8)))
    assert [result.user_errors for result in results] == [()] * 8
    assert {result.transfer for result in results} == {results[0].transfer}
    assert [result.replayed for result in results].count(False) == 1
    assert len(world.rows("SELECT 1 FROM clue_transfer WHERE case_no = %s", case_no)) == 1
    assert world.kinds(results[0].transfer).count("SENT") == (command == "send")


def test_sixteen_senders_take_numbers_without_gap_or_double(world):
    """Some are refused, some crash, some are recalled at once: only what was sent has a number, and every number is one."""
    transfers = [drafted(world, SECURITY, HEALTH) for _ in range(32)]
    for number, transfer in enumerate(transfers):
        if number % 4:
            approved(world, SECURITY, transfer)
    (before,) = world.rows("SELECT coalesce(max(doc_number), 0) AS last FROM clue_transfer WHERE sender = %s", SECURITY)
    caller, barrier = world.caller(first(SECURITY)), Barrier(16)

    def run(position):
        with world.connect() as connection:
            barrier.wait()
            answers = []
            for number in (position, position + 16):
                given = {"id": transfers[number]}
                if number % 5 == 1:  # the connection breaks before the commit
                    doomed = world.connect()
                    _break_before_commit(world, doomed, caller, C.SEND, given)
                answers.append(world.give(caller, C.SEND, key(), connection, **given))
            return answers

    with ThreadPoolExecutor(16) as pool:
        results = [result for both in pool.map(run, range(16)) for result in both]
    carried = [result for result in results if not result.user_errors]
    assert len(carried) == 24
    rows = world.rows(
        "SELECT doc_number, doc_no FROM clue_transfer WHERE sender = %s AND doc_number > %s ORDER BY 1", SECURITY, before["last"]
    )  # fmt: skip
    assert [row["doc_number"] for row in rows] == list(range(before["last"] + 1, before["last"] + 25))
    assert rows[0]["doc_no"] == f"银兴医保(局)案移字〔2026〕{before['last'] + 1}号"
    for result in carried:
        world.check(result.transfer)


def _break_before_commit(world, connection, caller, command, given) -> None:
    """As `execute`, but the server ends the session when everything but the commit was done."""
    order = commands._order(caller, command, given, key())

    def crash() -> None:
        with connection.pipeline(), connection.transaction():
            commands._carried_out(connection, caller, order, world.now, RULES, None)
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises((psycopg.OperationalError, commands.Refused)):
        crash()
    connection.close()


def test_a_crash_before_the_commit_leaves_nothing(world):
    transfer = drafted(world, SECURITY, HEALTH)
    approved(world, SECURITY, transfer)
    before = world.contents()
    _break_before_commit(world, world.connect(), world.caller(first(SECURITY)), C.SEND, {"id": transfer})
    assert world.contents() == before
    world.do(first(SECURITY), C.SEND, id=transfer)


def test_a_crash_between_commit_and_answer_is_found_by_the_retry(world):
    """The session ends after the commit, before the client hears of it."""
    transfer, once = drafted(world, SECURITY, HEALTH), key()
    approved(world, SECURITY, transfer)
    caller, doomed = world.caller(first(SECURITY)), world.connect()
    execute(doomed, caller, C.SEND, {"id": transfer}, once, world.now, may=RULES)  # its result is never seen
    doomed.close()
    number = world.row(transfer)["doc_number"]
    with world.connect() as connection:
        again = world.give(caller, C.SEND, once, connection, id=transfer)
    assert again.replayed
    assert again.transfer == transfer
    assert world.row(transfer)["doc_number"] == number
    assert world.kinds(transfer).count("SENT") == 1


def test_a_double_send_without_the_key_is_refused(world):
    transfer = drafted(world, SECURITY, HEALTH)
    approved(world, SECURITY, transfer)
    caller, barrier = world.caller(first(SECURITY)), Barrier(6)

    def run(_):
        with world.connect() as connection:
            barrier.wait()
            return world.give(caller, C.SEND, key(), connection, id=transfer)

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(str([str(error.code) for error in result.user_errors]) for result in pool.map(run, range(6)))
    assert codes == ["['ALREADY_SENT']"] * 5 + ["[]"]


def test_revocation_that_was_answered_comes_first(world):
    """A command that runs holds its authority: a revocation waits for it; one that was answered is seen."""
    caller = world.caller(first(SECURITY))
    order = commands._order(caller, CaseCommand.OPEN, {}, key())
    with world.connect() as connection, psycopg.connect(world.database.owner_url, autocommit=True) as owner:
        owner.execute("SET lock_timeout = '300ms'")
        with connection.pipeline(), connection.transaction():
            commands._carried_out(connection, caller, order, world.now, RULES, None)
            for statement in (
                "UPDATE access_token SET revoked_at = now() WHERE token_hash = %(token)s",
                "UPDATE client SET disabled_at = now() WHERE client_id = %(client)s",
                "UPDATE agency SET disabled_at = now() WHERE code = %(agency)s",
                "UPDATE officer SET valid_to = '2026-01-01' WHERE certificate_no = %(officer)s",
            ):
                values = {
                    "token": caller.token_hash, "client": caller.client_id, "agency": SECURITY,
                    "officer": first(SECURITY).certificate,
                }  # fmt: skip
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    owner.execute(statement, values)


def test_an_outsider_waits_for_nothing(world):
    """Who is no party is answered while a party works on the transfer: it cannot tell that there is one."""
    transfer = sent(world, SECURITY, HEALTH)
    receiver = world.caller(first(HEALTH))
    order = commands._order(receiver, C.SIGN_RECEIPT, {"id": transfer, **RECEIPT}, key())
    with world.connect() as working, world.connect() as outside:
        outside.execute("SET lock_timeout = '300ms'")
        with working.pipeline(), working.transaction():
            commands._carried_out(working, receiver, order, world.now, RULES, None)
            for stranger in (MARKET, CITY_HEALTH):
                caller = world.caller(first(stranger))
                result = world.give(caller, C.SIGN_RECEIPT, None, outside, id=transfer, **RECEIPT)
                assert [str(error.code) for error in result.user_errors] == ["NOT_A_PARTY"]


def test_case_numbers_are_taken_without_gap(world):
    caller = world.caller(first(SECURITY))

    def run(_):
        with world.connect() as connection:
            return world.give(caller, CaseCommand.OPEN, key(), connection).case_no

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(int(case_no.rpartition("-")[2]) for case_no in pool.map(run, range(24)))
    assert numbers == list(range(numbers[0], numbers[0] + 24))


def test_numbers_go_on_from_what_was_recorded_otherwise(world):
    world.owner.execute("INSERT INTO case_file VALUES ('640100-2026-000077', %s, '2026-01-01')", (CITY_HEALTH,))
    assert world.opened(first(CITY_HEALTH)) == "640100-2026-000078"
    assert world.opened(second(CITY_HEALTH)) == "640100-2026-000079"
    world.later(days=110)
    assert world.opened(first(CITY_HEALTH)) == "640100-2027-000001"
