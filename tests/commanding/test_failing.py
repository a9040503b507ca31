"""A command is never told as undone when it was done: broken connections, a ledger that is away, authority that ends."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from mutating_world import HEALTH, SECURITY, Mutating, first

import hub.commanding
from hub.db.pool import DatabaseUnavailable, StatementTimeout
from hub.disclosure import Request, disclose
from hub.graph.errors import ErrorCode
from hub.ledger.writer import LedgerUnavailable

OPEN = 'mutation { openCase(input: {idempotencyKey: "%s"}) { case { caseNo } userErrors { code } replayed } }'


def cases(world: Mutating) -> int:
    (count,) = world.owner.execute("SELECT count(*) FROM case_file").fetchone() or (0,)
    return int(count)


def codes(answer: Any) -> list[str]:
    return [entry["extensions"]["code"] for entry in json.loads(answer.body).get("errors", [])]


def lose_connections(world: Mutating) -> None:
    for place in world.commands._places:
        if place.connection is not None:
            place.connection.close()


def broken(after: bool, times: int) -> Callable[..., Any]:
    """Carries a command out over a connection that is killed before or after the commit, so many times."""
    left, carried_out = [times], hub.commanding._carried_out

    def give(carry_out: Any, connection: Any, **given: Any) -> Any:
        if not left[0]:
            return carried_out(carry_out, connection, **given)
        left[0] -= 1
        if after:
            carried_out(carry_out, connection, **given)
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise AssertionError("the connection is gone")

    return give


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_that_breaks_once_is_made_again_and_the_command_done_once(
    world: Mutating, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Between commit and answer: the repetition with the same key finds the receipt and says what was done."""
    before = cases(world)
    monkeypatch.setattr(hub.commanding, "_carried_out", broken(after, 1))
    token, key = world.token_of(first(SECURITY)), f"broken-once-{after}"
    answered = world.ask(token, OPEN % key)["data"]["openCase"]
    assert answered["userErrors"] == []
    assert answered["replayed"] is after
    assert world.ask(token, OPEN % key)["data"]["openCase"]["case"] == answered["case"]
    assert cases(world) == before + 1


def test_a_connection_that_stays_broken_leaves_the_outcome_open_and_a_retry_tells(
    world: Mutating, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cases(world)
    token = world.token_of(first(SECURITY))
    monkeypatch.setattr(hub.commanding, "_carried_out", broken(True, 2))
    answer = world.answer(token, OPEN % "broken-twice")
    assert answer.code is ErrorCode.OUTCOME_UNKNOWN
    assert b'"data"' not in answer.body
    assert answer.retry_after_s
    answered = world.ask(token, OPEN % "broken-twice")["data"]["openCase"]
    assert (answered["replayed"], answered["userErrors"]) == (True, [])
    assert cases(world) == before + 1


def test_a_database_that_cannot_be_had_did_nothing(world: Mutating, monkeypatch: pytest.MonkeyPatch) -> None:
    token = world.token_of(first(SECURITY))

    async def away(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable

    monkeypatch.setattr(type(world.commands), "run", away)
    answer = world.answer(token, OPEN % "away-away")
    assert answer.code is ErrorCode.DATABASE_UNAVAILABLE
    assert not world.owner.execute("SELECT 1 FROM command_receipt WHERE idempotency_key = 'away-away'").fetchall()


def test_a_command_that_waits_too_long_is_a_timeout_with_its_row(world: Mutating) -> None:
    _, public_id = world.drafted(SECURITY, HEALTH)
    token = world.token_of(first(SECURITY))
    timeout, world.commands._timeout_ms = world.commands._timeout_ms, 200
    lose_connections(world)
    with psycopg.connect(world.database.owner_url) as blocking:
        blocking.execute("SELECT 1 FROM clue_transfer WHERE public_id = %s FOR UPDATE", (public_id,))
        answer = world.sent(token, "submitClueTransfer", id=public_id)
    assert answer.code is ErrorCode.TIMEOUT
    assert world.ledger()[-1]["outcome"] == "TIMEOUT"
    world.commands._timeout_ms = timeout
    lose_connections(world)
    assert world.do(first(SECURITY), "submitClueTransfer", id=public_id)["clueTransfer"]["status"] == "SUBMITTED"


@pytest.mark.parametrize("failing", [DatabaseUnavailable(), StatementTimeout(), RuntimeError("defect")])
def test_a_read_that_fails_after_the_commit_says_that_the_command_was_done(
    world: Mutating, monkeypatch: pytest.MonkeyPatch, failing: Exception
) -> None:
    _, public_id = world.drafted(SECURITY, HEALTH)
    token = world.token_of(first(SECURITY))
    row = world.hub.pool.row

    async def fail(sql: str, parameters: Any) -> Any:
        if "clue_transfer" in sql:
            raise failing
        return await row(sql, parameters)

    key = f"unread-{type(failing).__name__}"
    with monkeypatch.context() as patched:
        patched.setattr(world.hub.pool, "row", fail)
        answered = world.give(token, "submitClueTransfer", key, id=public_id)
    assert answered["data"]["submitClueTransfer"] == {"clueTransfer": None, "userErrors": [], "replayed": False}
    (entry,) = answered["errors"]
    assert (entry["extensions"]["code"], entry["path"]) == ("RESULT_NOT_SHOWN", ["submitClueTransfer"])
    assert entry["extensions"]["cause"] in {"DATABASE_UNAVAILABLE", "TIMEOUT", "INTERNAL"}
    assert "defect" not in json.dumps(answered)
    row_of_it = world.ledger()[-1]
    assert row_of_it["shown"] == ["Mutation.submitClueTransfer"]
    assert row_of_it["record_count"] == 0
    again = world.give(token, "submitClueTransfer", key, id=public_id)["data"]["submitClueTransfer"]
    assert (again["replayed"], again["clueTransfer"]["status"]) == (True, "SUBMITTED")


def test_a_ledger_that_is_away_lets_nothing_leave_but_that_it_was_done(
    world: Mutating, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cases(world)
    token = world.token_of(first(SECURITY))

    async def away(_: Any) -> None:
        raise LedgerUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(world.hub.ledger, "append", away)
        answer = world.answer(token, OPEN % "no-ledger-1")
        assert answer.code is ErrorCode.RESULT_NOT_SHOWN
        told = json.loads(answer.body)
        assert set(told) == {"errors"}
        assert told["errors"][0]["extensions"]["done"] == ["openCase"]
        refused = world.answer(
            token,
            'mutation { mergeCases(input: {idempotencyKey: "no-ledger-2", caseNo: "1", into: "2"}) { replayed } }',
        )
        assert refused.code is ErrorCode.LEDGER_UNAVAILABLE
    assert cases(world) == before + 1
    assert world.ask(token, OPEN % "no-ledger-1")["data"]["openCase"]["replayed"] is True


def test_a_used_up_quota_stops_no_command_and_shows_no_row(world: Mutating) -> None:
    _, public_id = world.drafted(SECURITY, HEALTH)
    token = world.token_of(first(SECURITY))
    world.owner.execute("UPDATE client SET daily_row_quota = 0 WHERE agency = %s", (SECURITY,))
    world.hub.callers._cache.clear()
    answered = world.give(token, "submitClueTransfer", id=public_id)
    assert answered["data"]["submitClueTransfer"] == {"clueTransfer": None, "userErrors": [], "replayed": False}
    assert answered["errors"][0]["extensions"]["cause"] == "QUOTA_EXCEEDED"
    assert world.ledger()[-1]["row_count"] == 0
    world.owner.execute("UPDATE client SET daily_row_quota = 1000000000 WHERE agency = %s", (SECURITY,))
    world.hub.callers._cache.clear()


@pytest.mark.parametrize("known", [False, True])
def test_a_revoked_token_commands_nothing(world: Mutating, known: bool) -> None:
    """G7: also one whose caller is remembered; also where the input alone would be refused."""
    before = cases(world)
    for document in (OPEN % f"revoked-{known}", OPEN % "short"):
        token = world.token_of(first(SECURITY))
        if known:
            world.ask(token, "{ viewer { clientId } }")
        world.owner.execute("UPDATE access_token SET revoked_at = now()")
        assert world.answer(token, document).code is ErrorCode.UNAUTHENTICATED
    assert cases(world) == before


def test_a_right_that_changed_is_read_again_once(world: Mutating) -> None:
    token = world.token_of(first(SECURITY))
    world.ask(token, "{ viewer { clientId } }")
    world.owner.execute("UPDATE client SET authority_version = authority_version + 1 WHERE agency = %s", (SECURITY,))
    assert world.ask(token, OPEN % "changed-right")["data"]["openCase"]["userErrors"] == []


def test_what_fails_behind_a_command_that_was_done_is_told_beside_it(
    world: Mutating, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, run, given = world.token_of(first(SECURITY)), type(world.commands).run, [0]

    async def second_fails(self: Any, work: Any, **how: Any) -> Any:
        given[0] += 1
        if given[0] == 2:
            raise StatementTimeout
        return await run(self, work, **how)

    monkeypatch.setattr(type(world.commands), "run", second_fails)
    roots = " ".join(
        f'{name}: openCase(input: {{idempotencyKey: "behind-{name}"}}) {{ userErrors {{ code }} }}' for name in "abc"
    )
    answer = world.answer(token, f"mutation {{ {roots} }}")
    assert json.loads(answer.body)["data"] == {"a": {"userErrors": []}, "b": None, "c": None}
    assert codes(answer) == ["TIMEOUT", "DATABASE_UNAVAILABLE"]
    assert given == [2]
    assert answer.code is None
    kept = world.owner.execute("SELECT idempotency_key FROM command_receipt WHERE idempotency_key LIKE 'behind-%'")
    assert kept.fetchall() == [("behind-a",)]
    entry = world.ledger()[-1]
    assert (entry["shown"], entry["masked"]) == (["Mutation.openCase"], ["Mutation.openCase"])


@pytest.mark.parametrize("same_key", [True, False])
def test_a_transfer_that_is_sent_twice_at_once_is_sent_once(world: Mutating, same_key: bool) -> None:
    """Twins with one key get one result; of two commands the second is told that it was sent already. One number."""
    _, public_id = world.drafted(HEALTH, SECURITY)
    token = world.token_of(first(HEALTH))
    document = """mutation ($k: String!, $id: ID!) { sendClueTransfer(input: {idempotencyKey: $k, id: $id}) {
        clueTransfer { docNo } userErrors { code } replayed } }"""

    async def both() -> list[Any]:
        keys = [f"twins-{same_key}", f"twins-{same_key}"] if same_key else ["twins-one-1", "twins-two-2"]
        requests = [Request(document, variables={"k": key, "id": public_id}) for key in keys]
        return await asyncio.gather(*(disclose(world.hub, token, request) for request in requests))

    told = [json.loads(answer.body)["data"]["sendClueTransfer"] for answer in world.loop.run_until_complete(both())]
    if same_key:
        assert [each["userErrors"] for each in told] == [[], []]
        assert told[0]["clueTransfer"] == told[1]["clueTransfer"]
        assert sorted(each["replayed"] for each in told) == [False, True]
    else:
        assert sorted(str(each["userErrors"]) for each in told) == ["[]", "[{'code': 'ALREADY_SENT'}]"]
    events = world.owner.execute(
        "SELECT count(*) FROM transfer_event e JOIN clue_transfer t ON t.id = e.transfer_id"
        " WHERE t.public_id = %s AND e.kind = 'SENT'",
        (public_id,),
    ).fetchone()
    assert events == (1,)
