"""The frame that all commands share: what is tried again, what is not, and that a twin's result is the answer."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import errors

from hub.clues import store
from hub.clues.commands_errors import GivenCode, Refused, nothing_there
from hub.clues.commands_frame import ATTEMPTS, Identity, check_key, committed, digest, kept, write_receipt

AT = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
RAISES = """
CREATE FUNCTION raises(code text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = code; END $$
"""


@pytest.fixture(params=[psycopg.Connection.transaction, store.transaction], ids=["plain", "pipelined"])
def transaction(request: pytest.FixtureRequest) -> Any:
    """How the slices begin and commit."""
    return request.param


@pytest.fixture(scope="module")
def database(empty_database: Any) -> Any:
    made = empty_database()
    with psycopg.connect(made.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE tried (number int CONSTRAINT one_each UNIQUE)")
        owner.execute(RAISES)
    return made


@pytest.fixture
def connect(database: Any) -> Iterator[Callable[[], psycopg.Connection[Any]]]:
    made: list[psycopg.Connection[Any]] = []

    def connect() -> psycopg.Connection[Any]:
        made.append(psycopg.connect(database.owner_url, autocommit=True))
        return made[-1]

    connect().execute("TRUNCATE tried, command_receipt")
    yield connect
    for each in made:
        each.close()


def named(stated: Any = None, key: str | None = None) -> Identity:
    return Identity("client", key or secrets.token_hex(8), digest("command", stated))


class Tries:
    """A command that writes its number and then fails as often, and as, it is told."""

    def __init__(self, connection: psycopg.Connection[Any], failures: int, failing: str) -> None:
        self.connection, self.failures, self.failing, self.made = connection, failures, failing, 0

    def __call__(self) -> int:
        self.made += 1
        self.connection.execute("INSERT INTO tried VALUES (%s)", (self.made,))
        if self.made <= self.failures:
            self.connection.execute(self.failing)
        return self.made


def numbers(connect: Callable[[], psycopg.Connection[Any]]) -> list[int]:
    return [row[0] for row in connect().execute("SELECT number FROM tried ORDER BY number")]


MET = {"SELECT raises('40P01')": errors.DeadlockDetected, "SELECT raises('40001')": errors.SerializationFailure}


@pytest.mark.parametrize("failing", MET)
def test_what_met_another_command_begins_anew(connect: Any, transaction: Any, failing: str) -> None:
    connection = connect()
    tries = Tries(connection, ATTEMPTS - 1, failing)
    assert committed(connection, named(), tries, transaction) == ATTEMPTS
    assert numbers(connect) == [ATTEMPTS], "what an attempt wrote that failed is there"


@pytest.mark.parametrize("failing", MET)
def test_the_last_attempt_that_met_another_one_raises(connect: Any, transaction: Any, failing: str) -> None:
    connection = connect()
    tries = Tries(connection, ATTEMPTS, failing)
    with pytest.raises(MET[failing]):
        committed(connection, named(), tries, transaction)
    assert (tries.made, numbers(connect)) == (ATTEMPTS, [])


def test_no_other_value_that_is_there_twice_is_tried_again(connect: Any, transaction: Any) -> None:
    """A defect: it would be there the next time, too."""
    connection = connect()
    tries = Tries(connection, 1, "INSERT INTO tried VALUES (1)")
    with pytest.raises(errors.UniqueViolation, match="one_each"):
        committed(connection, named(), tries, transaction)
    assert (tries.made, numbers(connect)) == (1, [])


def test_a_twin_that_commits_first_is_met_at_the_receipt_and_found_the_next_time(
    connect: Any, transaction: Any
) -> None:
    connection, identity = connect(), named()
    met: list[Any] = []

    def once() -> str:
        found = connection.execute("SELECT result FROM command_receipt WHERE idempotency_key = %s", (identity.key,))
        met.append(found.fetchone())
        if met[-1] is not None:
            return "again"
        write_receipt(connect(), identity, "command", AT, {"of": "the twin"})
        write_receipt(connection, identity, "command", AT, {"of": "this one"})
        return "done"

    assert committed(connection, identity, once, transaction) == "again"
    assert met == [None, ({"of": "the twin"},)]


@pytest.mark.parametrize("same", [True, False])
def test_what_is_refused_because_a_twin_did_it_meanwhile_is_asked_once_more(
    connect: Any, transaction: Any, same: bool
) -> None:
    """A command of the same key and other input is no twin: its refusal stands."""
    connection, identity = connect(), named("input")
    asked = []

    def once() -> str:
        asked.append(1)
        if len(asked) == 1:
            write_receipt(connect(), identity if same else named("other", identity.key), "command", AT, {})
            raise Refused(nothing_there())
        return "again"

    if same:
        assert committed(connection, identity, once, transaction) == "again"
    else:
        with pytest.raises(Refused):
            committed(connection, identity, once, transaction)
        assert len(asked) == 1


def test_a_refusal_changes_nothing_and_is_not_tried_again(connect: Any, transaction: Any) -> None:
    connection, made = connect(), []

    def once() -> None:
        made.append(connection.execute("INSERT INTO tried VALUES (1)"))
        raise Refused(nothing_there())

    with pytest.raises(Refused):
        committed(connection, named(), once, transaction)
    assert (len(made), numbers(connect)) == (1, [])


def test_the_frame_is_the_one_owner_of_the_commit(connect: Any, database: Any) -> None:
    connection = connect()
    with connection.transaction(), pytest.raises(ValueError, match="its own transaction"):
        committed(connection, named(), list)
    with psycopg.connect(database.owner_url) as holding, pytest.raises(ValueError, match="its own transaction"):
        committed(holding, named(), list)


def test_a_key_that_was_used_for_other_input_is_refused() -> None:
    receipt = {"hash": named("input").hash.hex(), "result": {"since": "today"}}
    assert kept(receipt, named("input")) == {"since": "today"}
    with pytest.raises(Refused) as refused:
        kept(receipt, named("other"))
    assert [error.code for error in refused.value.errors] == [GivenCode.IDEMPOTENCY_KEY_REUSED]


def test_the_order_of_fields_is_no_other_input() -> None:
    assert digest("command", {"a": 1, "b": 2}) == digest("command", {"b": 2, "a": 1})
    assert digest("command", {"a": 1}) != digest("another", {"a": 1})


@pytest.mark.parametrize("key", ["short", "x" * 129, "with spaces", "密钥密钥密钥密钥", "a" * 8 + "\n"])
def test_a_key_without_its_form_is_refused(key: str) -> None:
    with pytest.raises(Refused):
        check_key(key)
