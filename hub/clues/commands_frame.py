"""The frame of a command, alike in every slice: what a repetition must equal, attempts, and the receipt.

A slice reads its input, then has `committed` carry it out: one transaction, which the slice fills with its own steps.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

import orjson
from psycopg import Connection, errors
from psycopg.pq import TransactionStatus

from hub.clues import store, store_writing
from hub.clues.commands_errors import GivenCode, Refused, of_input

T = TypeVar("T")
ATTEMPTS: Final = 4
"""A deadlock, or a twin with the same key that commits first, is tried again; each attempt begins anew."""
_KEY: Final = re.compile(r"[\x21-\x7e]{8,128}")
_DONE: Final = """
SELECT 1 AS done FROM command_receipt WHERE client_id = %s AND idempotency_key = %s AND input_hash = %s
"""


class Identity(NamedTuple):
    """A command as its client gave it: a repetition bears the same key, and the same input (`hash`, SHA-256)."""

    client_id: str
    key: str
    hash: bytes


def check_key(key: str) -> None:
    """Raises:
    Refused: the idempotency key has not its form.
    """
    if not _KEY.fullmatch(key):
        raise Refused(of_input(GivenCode.INVALID_IDEMPOTENCY_KEY, "idempotencyKey"))


def digest(command: str, stated: Any) -> bytes:
    """Of a command and its input, whatever the order of its fields.

    Args:
        stated: as JSON has it, and values whose text says all.
    """
    return hashlib.sha256(orjson.dumps([str(command), stated], option=orjson.OPT_SORT_KEYS, default=str)).digest()


def committed(
    connection: Connection[Any],
    identity: Identity,
    once: Callable[[], T],
    transaction: Callable[[Connection[Any]], AbstractContextManager[object]] = Connection.transaction,
) -> T:
    """What `once` came to, durably; or nothing was changed.

    Args:
        connection: of the app role, in autocommit, and in no transaction: this is the one owner of the commit.
        once: all that the command does; run again from its beginning where an attempt met another command.
        transaction: how one is begun and committed.

    Raises:
        Refused: by `once`.
        ValueError: the connection is not in autocommit, or in a transaction.
        psycopg.Error: also where the last attempt met another command.
    """
    if not connection.autocommit or connection.info.transaction_status is not TransactionStatus.IDLE:
        raise ValueError("a command begins and commits its own transaction")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction(connection):
                return once()
        except Refused:
            # A twin that held the row may have done just this: then its result is the answer, not "already done".
            if attempt > 1 or not store.send(connection, _DONE, identity).fetchone():
                raise
        except (errors.DeadlockDetected, errors.SerializationFailure):
            if attempt == ATTEMPTS:
                raise
        except errors.UniqueViolation as error:
            if error.diag.constraint_name != "pk_command_receipt" or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def kept(receipt: Mapping[str, Any], identity: Identity) -> Mapping[str, Any]:
    """The result of an earlier command with this key, if it was this one.

    Args:
        receipt: `Acting.receipt`.

    Raises:
        Refused: the key was used for other input.
    """
    if receipt["hash"] != identity.hash.hex():
        raise Refused(of_input(GivenCode.IDEMPOTENCY_KEY_REUSED, "idempotencyKey"))
    result: Mapping[str, Any] = receipt["result"]
    return result


def write_receipt(
    connection: Connection[Any], identity: Identity, command: str, at: datetime, result: Mapping[str, Any]
) -> None:
    """In the transaction of the command, as its last write."""
    store_writing.write_receipt(connection, store_writing.receipt(identity, command, at, result))
