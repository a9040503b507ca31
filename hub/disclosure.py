"""One request, from door to door. START HERE: read `disclose`, then follow what it calls.

1 who       token -> Caller             hub/oauth/callers.py
2 what      document -> operation       hub/query/document.py
3 may they  purpose, class -> verdict   hub/policy/engine.py
4 plan      selection ∩ verdicts -> SQL hub/query/compile.py
5 fetch     one statement, authority in the same snapshot
6 remember  durable before any byte     hub/ledger/writer.py
7 answer    PostgreSQL's own text, with what was hidden and why

A mutation takes the same way; its commands are carried out between 3 and 5 (hub/commanding.py).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
import structlog

from hub.clock import BEIJING, Clock, today
from hub.commanding import Commanding
from hub.db.pool import DatabaseUnavailable, ReadPool, StatementTimeout
from hub.db.writing import OutcomeUnknown
from hub.feed.waiting import TooManyWaiting, Waiters, Watched
from hub.graph.errors import ErrorCode, error
from hub.graph.static import SchemaAnswers
from hub.ledger.entry import DisclosureEntry, Outcome
from hub.ledger.keys import LedgerKeys
from hub.ledger.writer import LedgerUnavailable, LedgerWriter
from hub.oauth.caller import Caller
from hub.oauth.callers import Callers
from hub.policy.engine import PolicyEngine
from hub.policy.purposes import Purpose
from hub.query.compile import Compiler
from hub.query.cursor import CursorKeys
from hub.query.document import Documents, Operation, Refused
from hub.query.statement import AUTHORITY_ONLY
from hub.query.values import Request as Values

ID_BYTES = 8
QUERY_BYTES = 256 * 1024
"""Of a request that reads; commands bring lists of evidence and long texts."""
MOST_CODES = 20
"""In one ledger entry: a mutation of ten commands could bring more than it holds."""
log = structlog.get_logger("hub.disclosure")


@dataclass(frozen=True, slots=True)
class Request:
    """One GraphQL request, already taken out of HTTP.

    Attributes:
        gateway: a registered gateway signed it.
        size: of the request, in bytes.
        left: returns when the client goes away, for answers that wait.
    """

    document: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    gateway: bool = False
    get: bool = False
    size: int = field(default=0, compare=False)
    left: Callable[[], Awaitable[None]] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """For log and metrics, never a value. `masked`: policy ids; `compiled`: was the plan remembered; `codes`: of all
    entries of `errors` and user errors, each once; `commands`: (name, "done", "replayed" or why not).
    """

    client_id: str
    purpose: str
    row_count: int = 0
    masked: tuple[str, ...] = ()
    compiled: bool | None = None
    codes: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the GraphQL response, UTF-8 JSON; `code` is set when the request as a whole failed (no `data`)."""

    body: bytes
    code: ErrorCode | None = None
    retry_after_s: int | None = None
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Hub:
    """What a disclosure needs; made once, in `hub/app.py`."""

    callers: Callers
    documents: Documents
    engine: PolicyEngine
    compiler: Compiler
    pool: ReadPool
    ledger: LedgerWriter
    ledger_keys: LedgerKeys
    cursor_keys: CursorKeys
    purposes: Mapping[str, Purpose]
    schema_answers: SchemaAnswers
    waiters: Waiters
    clock: Clock
    commanding: Commanding


@dataclass(slots=True)
class Disclosed:
    """What one request came to: the body, and what the ledger says of it.

    `done`: commands that were carried out; `read`: the snapshot that the records were read in; `asked`: what was, where
    no document says it.
    """

    body: bytes
    outcome: Outcome = Outcome.ANSWERED
    code: ErrorCode | None = None
    codes: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    remembered: bool | None = None
    done: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    shown: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    ids: bytes = b""
    read: str | None = None
    operation: Operation | None = None
    asked: str = ""
    retry_after_s: int | None = None
    error_id: str | None = None
    watched: tuple[Watched, ...] = ()
    wait_s: int = 0


Delivery = Callable[[Disclosed], Awaitable[None]]


async def disclose(hub: Hub, token: str | None, request: Request, delivery: Delivery | None = None) -> Answer:
    """Answers one request. Nothing of a record leaves before its disclosure is durable in the ledger (G3).

    `delivery`: what else leaves by this answer (a file of evidence), settled before the ledger is written.

    Every refusal is an `Answer` with a code, and has its row in the ledger, but for 401, which has no caller.

    Raises:
        ClientLeft: while the answer waited for a change; nothing was disclosed.
    """
    try:
        found = await _in_force(hub, token, request)  # 1 to 5
        if found is not None and found[1].wait_s:
            found = await _after_a_change(hub, token, request, found)
        if found is None:
            return _failure(ErrorCode.UNAUTHENTICATED)
        if delivery is not None:
            await delivery(found[1])
        return await _remember(hub, *found)  # 6, 7
    except OutcomeUnknown:
        return _failure(ErrorCode.OUTCOME_UNKNOWN, retry_after_s=1)
    except (DatabaseUnavailable, StatementTimeout):  # a time-out here is of the authority alone: nothing was asked yet
        return _failure(ErrorCode.DATABASE_UNAVAILABLE, retry_after_s=1)
    except LedgerUnavailable:
        return _failure(ErrorCode.LEDGER_UNAVAILABLE, retry_after_s=1)


async def _in_force(hub: Hub, token: str | None, request: Request) -> tuple[Caller, Disclosed] | None:
    """Steps 1 to 5, under an authority that is in force; None: there is none.

    Raises:
        DatabaseUnavailable, StatementTimeout
    """
    for _ in range(2):
        caller = await hub.callers.of(token or "")  # 1 who
        if caller is None:
            return None
        disclosed = await _disclosed(hub, caller, request)
        if disclosed is not None:
            return caller, disclosed
        hub.callers.forget(caller.token_hash)  # the authority has changed since the Caller was read: once more (G7)
    return None


async def _after_a_change(
    hub: Hub, token: str | None, request: Request, found: tuple[Caller, Disclosed]
) -> tuple[Caller, Disclosed] | None:
    """What is answered once something changed or the time is over: all of it asked anew, the authority first.

    Raises:
        DatabaseUnavailable, StatementTimeout, ClientLeft
    """
    now = asyncio.get_running_loop().time
    until = now() + found[1].wait_s
    answered: tuple[Caller, Disclosed] | None = found
    serving = True
    while serving and answered is not None and answered[1].wait_s and (left := until - now()) > 0:
        caller, disclosed = answered
        try:
            serving = await hub.waiters.wait(caller.client_id, disclosed.watched, left, request.left)
        except TooManyWaiting:
            refused = _refused(Refused(ErrorCode.TOO_MANY_WAITING))
            refused.operation, refused.retry_after_s = disclosed.operation, 1
            return caller, refused
        answered = await _in_force(hub, token, request)
    return answered


async def _disclosed(hub: Hub, caller: Caller, request: Request) -> Disclosed | None:
    """Steps 2 to 5: the answer or the refusal; None where the caller's authority is no longer in force.

    Raises:
        DatabaseUnavailable, StatementTimeout, OutcomeUnknown
    """
    operation: Operation | None = None
    try:
        operation = hub.documents.operation(request.document, request.operation_name)  # 2 what
        if operation.commands:
            return await _command(hub, caller, operation, request)
        if request.size > QUERY_BYTES:
            raise Refused(ErrorCode.PAYLOAD_TOO_LARGE)  # noqa: TRY301 - one way for all refusals
        return await _fetch(hub, caller, operation, request)  # 3, 4, 5
    except (DatabaseUnavailable, OutcomeUnknown):
        raise
    except Refused as refused:
        disclosed = _refused(refused)
    except StatementTimeout:
        disclosed = _refused(Refused(ErrorCode.TIMEOUT), Outcome.TIMEOUT)
    except Exception:  # a defect of the hub: told by a code and an id, and recorded like all else
        disclosed = _refused(Refused(ErrorCode.INTERNAL), Outcome.FAILED)
        log.exception("failed", error=disclosed.error_id)
    disclosed.operation = operation
    # Who may no longer ask is refused as that, whatever else is wrong with what is asked.
    now = Values(caller, hub.clock.now(), today(hub.clock), None, hub.cursor_keys)
    in_force = await hub.pool.row(AUTHORITY_ONLY.sql, AUTHORITY_ONLY.parameters(now))
    return disclosed if in_force else None


async def _fetch(hub: Hub, caller: Caller, operation: Operation, request: Request) -> Disclosed | None:
    """Steps 3 to 5. Raises Refused, StatementTimeout, DatabaseUnavailable."""
    variables = hub.compiler.variables(operation, request.variables)
    verdicts = hub.engine.verdicts(caller)
    now = hub.clock.now()
    values = Values(caller, now, today(hub.clock), variables, hub.cursor_keys)
    plan = partial(hub.compiler.compile, operation, variables, verdicts, caller.scopes, gateway=request.gateway)
    compiled, remembered = plan()
    if bad_cursors := compiled.bad_cursors(values):
        compiled, remembered = plan(bad_cursors=bad_cursors)
    row = await hub.pool.row(compiled.statement.sql, compiled.statement.parameters(values))
    if row is None:
        return None
    feeds = compiled.feeds(values, row[3:])
    if foreign := frozenset(key for key, feed in feeds.items() if feed.ahead):
        compiled, remembered = plan(bad_cursors=bad_cursors | foreign)
        row = await hub.pool.row(compiled.statement.sql, compiled.statement.parameters(values))
        if row is None:
            return None
        feeds = compiled.feeds(values, row[3:])
    used, ids, bits, *columns, read = row
    if used + len(ids) // ID_BYTES > caller.daily_row_quota:
        refused = _refused(Refused(ErrorCode.QUOTA_EXCEEDED))
        refused.operation, refused.retry_after_s = operation, until_tomorrow(now)
        return refused
    by_schema = hub.schema_answers.of(
        operation, compiled.static_nodes, request.variables, caller, verdicts, values.today
    )
    told = compiled.report.told(bits)
    errors = compiled.errors() + by_schema.errors
    data = b",".join(
        b'"%b":%b'
        % (
            field.key.encode(),
            by_schema.data[field.key]
            if field.by_schema
            else feeds[field.key].body
            if field.feed is not None
            else field.constant
            if field.column is None
            else columns[field.column] or b"null",
        )
        for field in compiled.fields
    )
    return Disclosed(
        b'{%b"data":{%b},"extensions":{"masked":%b}}'
        % (
            b'"errors":%b,' % orjson.dumps(errors) if errors else b"",
            data,
            told.masked,
        ),
        codes=tuple(dict.fromkeys(entry["extensions"]["code"] for entry in errors)),
        operation=operation,
        filtered=compiled.filtered,
        counted=compiled.counted,
        remembered=remembered,
        shown=told.shown,
        masked=told.coordinates,
        policies=told.policies,
        ids=ids,
        read=read,
        watched=tuple(feed.watched for feed in feeds.values()),
        wait_s=compiled.wait_s if all(feed.empty for feed in feeds.values()) else 0,
    )


async def _command(hub: Hub, caller: Caller, operation: Operation, request: Request) -> Disclosed | None:
    """A mutation: its commands, then what their payloads show. Raises as `_fetch`, and OutcomeUnknown."""
    if request.get:
        raise Refused(ErrorCode.METHOD_NOT_ALLOWED)
    made = await hub.commanding.carry_out(caller, hub.engine.verdicts(caller), operation, request.variables)
    if made is None:
        return None
    return Disclosed(
        made.body,
        Outcome.ANSWERED if made.done or not made.codes else Outcome.REFUSED,
        codes=made.codes,
        operation=operation,
        filtered=made.filtered,
        counted=made.counted,
        remembered=made.remembered,
        shown=made.told.shown,
        masked=made.told.coordinates,
        policies=made.told.policies,
        ids=made.ids,
        read=made.read,
        done=made.done,
        commands=made.given,
    )


async def _remember(hub: Hub, caller: Caller, disclosed: Disclosed) -> Answer:
    """Steps 6 and 7. Raises LedgerUnavailable."""
    rows = len(disclosed.ids) // ID_BYTES
    try:
        await hub.ledger.append(entry_of(hub, caller, disclosed, rows))
    except LedgerUnavailable:
        if not disclosed.done:
            raise
        # What was carried out stands, with its events; only the answer may not leave.
        return _failure(ErrorCode.RESULT_NOT_SHOWN, retry_after_s=1, done=disclosed.done)
    facts = Facts(
        caller.client_id,
        caller.purpose,
        rows,
        disclosed.policies,
        disclosed.remembered,
        disclosed.codes,
        disclosed.commands,
    )
    return Answer(disclosed.body, disclosed.code, disclosed.retry_after_s, facts)


def entry_of(hub: Hub, caller: Caller, disclosed: Disclosed, rows: int) -> DisclosureEntry:
    """The row of the ledger for what one request came to."""
    operation = disclosed.operation
    return DisclosureEntry(
        at=hub.clock.now(),
        client_id=caller.client_id,
        agency=caller.agency,
        officer_name=caller.officer.name if caller.officer else None,
        officer_certificate_no=caller.officer.certificate_no if caller.officer else None,
        purpose=caller.purpose,
        legal_basis=hub.purposes[caller.purpose].basis,
        case_no=caller.case_no,
        outcome=disclosed.outcome,
        error_codes=disclosed.codes[:MOST_CODES],
        operation_hmac=hub.ledger_keys.operation_hmac(operation.stripped if operation else disclosed.asked),
        shown=disclosed.shown,
        masked=disclosed.masked,
        filtered=disclosed.filtered,
        counted=disclosed.counted,
        record_ids=disclosed.ids,
        read=disclosed.read,
        row_count=rows,
        policy_version=hub.engine.version,
        response_hmac=hub.ledger_keys.response_hmac(disclosed.body),
    )


def _refused(refused: Refused, outcome: Outcome = Outcome.REFUSED) -> Disclosed:
    body = orjson.dumps({"errors": refused.errors})
    return Disclosed(body, outcome, refused.code, (refused.code.value,), error_id=refused.errors[0]["extensions"]["id"])


def _failure(code: ErrorCode, retry_after_s: int | None = None, **extensions: Any) -> Answer:
    return Answer(orjson.dumps({"errors": [error(code, **extensions)]}), code, retry_after_s)


def until_tomorrow(now: datetime) -> int:
    """Seconds until the quota's next day begins in Beijing."""
    here = now.astimezone(BEIJING)
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, int((midnight - here).total_seconds()))
