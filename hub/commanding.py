"""One mutation: each root field is one command, in the order of the document, each its own transaction.

1 plan      every payload is planned before any command is given: what cannot be answered is refused first
2 command   hub/clues/commands.py, with a connection of the app role; durable, once per idempotency key
3 read      the payload's record, by the compiler, policies and statement of any query, after the commit
4 remember  by `hub/disclosure.py`, with the queries' ledger: what was shown, which commands were given or refused

A command that was carried out is never told as if it had not been: where its result cannot be shown, RESULT_NOT_SHOWN
says so, and where it is not known, OUTCOME_UNKNOWN. A retry with the same key then gives the result.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from graphql import FieldNode, GraphQLError, GraphQLObjectType
from graphql.execution.values import VariableValues, get_argument_values

from hub.clock import Clock, today
from hub.clues.authority import AuthorityLost
from hub.clues.commands_errors import UserError
from hub.db.pool import DatabaseUnavailable, ReadPool, StatementTimeout
from hub.db.writing import CommandPool, OutcomeUnknown
from hub.graph.catalogue import FieldSpec
from hub.graph.declare import Ordered
from hub.graph.errors import ErrorCode, error
from hub.oauth.caller import Caller
from hub.oauth.callers import Callers
from hub.policy.commanding import CommandRules
from hub.policy.verdict import Verdicts
from hub.query.access import judge
from hub.query.compile import Compiled, Compiler
from hub.query.cursor import CursorKeys
from hub.query.document import Operation, Refused
from hub.query.members import merged, shown_member
from hub.query.plan import TooLarge
from hub.query.report import Report, Told
from hub.query.select import Selector
from hub.query.values import Request as Values

MAX_COMMANDS = 10
"""Root fields of one mutation."""
ID_BYTES = 8
log = structlog.get_logger("hub.commanding")


_IDENTIFIERS = {"case": "CaseNumber.caseNo", "results": "RecordedItem.id"}
"""What a payload says beside its records that the ledger keeps: fields by name, as coordinates."""


class Carried(Protocol):
    """What a command came to, whichever slice carried it out.

    Attributes:
        affected: public ids of the records that the payload shows.
        told: what it says that is no record, in the names of the schema; `results` bear user errors of their own.
        user_errors: empty if and only if the command was carried out, now or (`replayed`) before.
    """

    @property
    def affected(self) -> Mapping[str, UUID | None]: ...
    @property
    def told(self) -> Mapping[str, Any]: ...
    @property
    def user_errors(self) -> tuple[UserError, ...]: ...
    @property
    def replayed(self) -> bool: ...


@dataclass(slots=True)
class Commanded:
    """What a mutation came to.

    Attributes:
        body: the GraphQL response.
        done: response keys of the commands that were carried out, now or before.
        given: (command, "done", "replayed" or the code of its refusal), for ledger, metrics and log.
        codes: of `errors` and of user errors, each once.
        read: the snapshot of the first payload: whatever another one saw beyond it, this one had not seen.
    """

    body: bytes
    done: tuple[str, ...]
    given: tuple[tuple[str, str], ...]
    codes: tuple[str, ...]
    told: Told
    filtered: tuple[str, ...]
    counted: tuple[str, ...]
    ids: bytes
    read: str | None
    remembered: bool | None


@dataclass(slots=True)
class _Root:
    """One root field. `compiled` None: it gives no command (`__typename`), or its scope is missing."""

    key: str
    nodes: list[FieldNode]
    spec: FieldSpec | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    compiled: Compiled | None = None
    remembered: bool = True
    # What it came to:
    data: bytes = b"null"
    result: Carried | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    told: Told | None = None
    ids: bytes = b""
    read: str | None = None
    also_shown: dict[str, None] = field(default_factory=dict)

    @property
    def command(self) -> str:
        return "" if self.spec is None else self.spec.name

    @property
    def done(self) -> bool:
        return self.result is not None and not self.result.user_errors

    @property
    def outcome(self) -> str:
        if self.result is None:
            return str(self.errors[0]["extensions"]["code"]) if self.errors else "SCOPE_MISSING"
        if self.result.user_errors:
            return str(self.result.user_errors[0].code)
        return "replayed" if self.result.replayed else "done"


@dataclass(frozen=True, slots=True)
class Commanding:
    """What carrying out commands needs; made once, in `hub/app.py`."""

    compiler: Compiler
    callers: Callers
    read: ReadPool
    write: CommandPool
    rules: CommandRules
    cursor_keys: CursorKeys
    clock: Clock

    async def carry_out(
        self, caller: Caller, verdicts: Verdicts, operation: Operation, variables: Mapping[str, Any] | None
    ) -> Commanded | None:
        """All commands of the operation; None: the caller's authority is not in force any more, nothing was done.

        Raises:
            Refused: as a whole; nothing was done.
            DatabaseUnavailable, StatementTimeout: nothing was done.
            OutcomeUnknown: whether the first command was carried out is not known; the others were not given.

        Where an earlier command of the same operation was carried out, what fails is told beside its answer instead.
        """
        coerced = self.compiler.variables(operation, variables)
        selector = Selector(self.compiler.schema, operation.fragments, coerced)
        roots = self._planned(operation, coerced, selector, verdicts, caller)
        now = Values(caller, self.clock.now(), today(self.clock), coerced, self.cursor_keys)
        for root in roots:
            if root.compiled is not None and (bad := root.compiled.bad_cursors(now)):
                root.compiled = None
                root.errors = [error(ErrorCode.INVALID_CURSOR, path=[root.key, key]) for key in sorted(bad)]
        for place, root in enumerate(roots):
            if root.spec is None or root.compiled is None:
                continue
            try:
                caller = await self._give(caller, root, now, selector, verdicts)
            except Exception as stopped:
                if not any(each.done for each in roots[:place]):
                    if isinstance(stopped, AuthorityLost):
                        return None
                    raise
                _stop(roots[place:], stopped)
                break
        return _told(roots)

    # --- plan --------------------------------------------------------------------------------------------------------

    def _planned(
        self,
        operation: Operation,
        variables: VariableValues | None,
        selector: Selector,
        verdicts: Verdicts,
        caller: Caller,
    ) -> list[_Root]:
        kind = self.compiler.schema.mutation_type
        assert kind is not None  # noqa: S101 - the schema has one
        try:
            found = selector.fields(kind, [operation.node.selection_set])
            roots = [_Root(key, nodes) for key, nodes in found.items()]
            named = [root for root in roots if root.nodes[0].name.value != "__typename"]
            if len(named) > MAX_COMMANDS:
                raise Refused(ErrorCode.COST_EXCEEDED, limit=f"{MAX_COMMANDS} commands")
            for root in named:
                name = root.nodes[0].name.value
                root.spec = self.compiler.catalogue.mutations[name]
                root.given = get_argument_values(kind.fields[name], root.nodes[0], variables)["input"]
                assert isinstance(root.spec.source, Ordered)  # noqa: S101 - it is a root field of Mutation
                scope = root.spec.source.scope
                if scope not in caller.scopes:
                    report = Report()
                    report.scope_missing(f"Mutation.{name}", root.key, scope)
                    root.told = report.told(0)
                    continue
                root.compiled, root.remembered = self.compiler.payload(
                    operation, variables, verdicts, caller.scopes, root.key, root.nodes
                )
                if root.compiled.refusals:
                    root.errors = [
                        error(code, path=[root.key, key], **more) for code, key, more in root.compiled.refusals
                    ]
                    root.compiled = None
        except GraphQLError:
            raise Refused(ErrorCode.BAD_VARIABLES) from None
        except TooLarge:
            raise Refused(ErrorCode.COST_EXCEEDED) from None
        for root in roots:
            if root.spec is None:
                root.data = b'"Mutation"'
        return roots

    # --- command, read -----------------------------------------------------------------------------------------------

    async def _give(self, caller: Caller, root: _Root, now: Values, selector: Selector, verdicts: Verdicts) -> Caller:
        """The caller for the next command: the same, under the versions of its authority that this one left."""
        assert root.spec is not None  # noqa: S101 - asked before
        assert root.compiled is not None  # noqa: S101
        assert isinstance(root.spec.source, Ordered)  # noqa: S101 - it is a root field of Mutation
        given = {name: value for name, value in root.given.items() if name != "idempotencyKey"}
        root.result = await self.write.run(
            partial(
                _carried_out,
                root.spec.source.carry_out,
                caller=caller,
                command=root.spec.source.command,
                given=given,
                key=root.given["idempotencyKey"],
                now=now.now,
                may=self.rules,
                more=self._more(root.spec.source, verdicts),
            ),
            short=root.spec.source.short,
        )
        affected = root.result.affected
        now = Values(
            caller,
            self.clock.now(),
            now.today,
            now.variables,
            now.cursors,
            {name: str(value) for name, value in affected.items() if value is not None},
        )
        columns: list[Any] = []
        try:
            # Also of a command that was refused: the authority is asked, and one code path serves all answers.
            row = await self.read.row(root.compiled.statement.sql, root.compiled.statement.parameters(now))
            if row is None and root.done and (same := await self._same(caller)):
                caller, now = same, replace(now, caller=same)
                row = await self.read.row(root.compiled.statement.sql, root.compiled.statement.parameters(now))
            if row is None and not root.done:
                raise AuthorityLost  # noqa: TRY301 - as the command itself would
            if row is None:
                self._notshown_member(root, ErrorCode.UNAUTHENTICATED)
            elif row[0] + len(row[1]) // ID_BYTES > caller.daily_row_quota:
                self._notshown_member(root, ErrorCode.QUOTA_EXCEEDED)
            else:
                _, root.ids, bits, *columns, root.read = row
                root.told = root.compiled.report.told(bits)
        except StatementTimeout:
            self._notshown_member(root, ErrorCode.TIMEOUT)
        except DatabaseUnavailable:
            self._notshown_member(root, ErrorCode.DATABASE_UNAVAILABLE)
        except AuthorityLost:
            raise
        except Exception:  # a defect of the hub, after the commit: the command stands
            self._notshown_member(root, ErrorCode.INTERNAL)
            log.exception("failed", error=root.errors[0]["extensions"]["id"])
        root.data = self._payload(root, columns, selector)
        return caller

    async def _same(self, caller: Caller) -> Caller | None:
        """The caller under risen versions (officers raise their agency's); None where anything else of it changed."""
        found = await self.callers.again(caller)
        if found is None:
            return None
        before = replace(caller, client_version=found.client_version, agency_version=found.agency_version)
        return found if found == before else None

    def _more(self, ordered: Ordered, verdicts: Verdicts) -> dict[str, Any]:
        """What a command takes beside: which records of a type the caller may list, what opens cursors of feeds."""
        if ordered.cursors:
            return {"cursors": self.cursor_keys.feed}
        if not ordered.listed:
            return {}
        kind = self.compiler.catalogue.types[ordered.listed]
        assert kind.judged_as is not None  # noqa: S101 - commands are on records
        assert kind.identifying is not None  # noqa: S101
        return {"listed": judge(verdicts, kind.judged_as, kind.identifying)}

    @staticmethod
    def _notshown_member(root: _Root, cause: ErrorCode) -> None:
        """Of a refused command nothing was to be shown."""
        if root.done:
            root.errors = [error(ErrorCode.RESULT_NOT_SHOWN, path=[root.key], cause=cause.value)]

    def _payload(self, root: _Root, columns: list[Any], selector: Selector) -> bytes:
        assert root.spec is not None  # noqa: S101 - it gave a command
        assert root.compiled is not None  # noqa: S101
        assert root.result is not None  # noqa: S101
        kind = self.compiler.schema.type_map[root.spec.target]
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101 - payloads are object types
        records = {each.key: each.column for each in root.compiled.fields}
        values = _values(root.result)
        parts = []
        for key, nodes in selector.fields(kind, [node.selection_set for node in root.nodes]).items():
            if key in records:
                column = records[key]
                text = columns[column] if columns and column is not None else None
                shown = text or b"null"
            else:
                shown = orjson.dumps(shown_member(selector, kind, values, nodes))
                if root.done and (coordinate := _IDENTIFIERS.get(nodes[0].name.value)):
                    root.also_shown[coordinate] = None
            parts.append(b'"%b":%b' % (key.encode(), shown))
        return b"{%b}" % b",".join(parts)


def _carried_out(carry_out: Callable[..., Carried], connection: Any, **given: Any) -> Carried:
    ordered = [given[name] for name in ("caller", "command", "given", "key", "now")]
    return carry_out(connection, *ordered, may=given["may"], **given["more"])


def _stop(roots: Iterable[_Root], cause: Exception) -> None:
    """Earlier commands stand: the one that failed says why, those behind it were not given."""
    code = _CODES.get(type(cause), ErrorCode.INTERNAL)
    for root in roots:
        if root.compiled is not None:
            root.errors, root.compiled = [error(code, path=[root.key])], None
            if code is ErrorCode.INTERNAL:
                log.error("failed", error=root.errors[0]["extensions"]["id"], exc_info=cause)
            code = ErrorCode.DATABASE_UNAVAILABLE if code in _UNSURE else code


_CODES = {
    AuthorityLost: ErrorCode.UNAUTHENTICATED,
    StatementTimeout: ErrorCode.TIMEOUT,
    DatabaseUnavailable: ErrorCode.DATABASE_UNAVAILABLE,
    OutcomeUnknown: ErrorCode.OUTCOME_UNKNOWN,
}
_UNSURE = frozenset({ErrorCode.OUTCOME_UNKNOWN, ErrorCode.INTERNAL, ErrorCode.TIMEOUT})


def _values(result: Carried) -> dict[str, Any]:
    def errors(told: Iterable[UserError]) -> list[dict[str, Any]]:
        return [_user_error(each) for each in told]

    items = [{**one, "userErrors": errors(one["userErrors"])} for one in result.told.get("results", ())]
    outcome = {"userErrors": errors(result.user_errors), "replayed": result.replayed}
    return {**result.told, **outcome, "results": items}


def _user_error(told: UserError) -> dict[str, Any]:
    return {
        "code": str(told.code),
        "clause": told.clause,
        "field": told.field,
        "zh": told.zh,
        "en": told.en,
        "doZh": told.do_zh,
        "doEn": told.do_en,
        "missing": list(told.missing),
    }


def _told(roots: list[_Root]) -> Commanded:
    tolds = [root.told for root in roots if root.told is not None]
    errors = [entry for root in roots for entry in root.errors]
    masked = merged(tolds)
    data = b",".join(b'"%b":%b' % (root.key.encode(), root.data) for root in roots)
    head = b'"errors":%b,' % orjson.dumps(errors) if errors else b""
    given = [root for root in roots if root.spec is not None]
    refused = [code for root in given if root.result for code in (str(one.code) for one in root.result.user_errors)]
    # The ledger's words for a command: its coordinate is shown where it was carried out, masked where it was refused.
    shown = dict.fromkeys(f"Mutation.{root.command}" for root in given if root.done)
    hidden = dict.fromkeys(f"Mutation.{root.command}" for root in given if not root.done)
    named = {coordinate: None for root in given for coordinate in root.also_shown}
    compiled = [root.compiled for root in given if root.compiled is not None]
    return Commanded(
        body=b'{%b"data":{%b},"extensions":{"masked":%b}}' % (head, data, masked),
        done=tuple(root.key for root in given if root.done),
        given=tuple((root.command, root.outcome) for root in given),
        codes=tuple(dict.fromkeys([*(entry["extensions"]["code"] for entry in errors), *refused])),
        told=Told(
            masked,
            tuple(hidden | dict.fromkeys(each for told in tolds for each in told.coordinates)),
            tuple(dict.fromkeys(each for told in tolds for each in told.policies)),
            tuple(shown | named | dict.fromkeys(each for told in tolds for each in told.shown)),
        ),
        filtered=tuple(dict.fromkeys(each for one in compiled for each in one.filtered)),
        counted=tuple(dict.fromkeys(each for one in compiled for each in one.counted)),
        ids=b"".join(root.ids for root in roots),
        read=next((root.read for root in roots if root.ids), None),
        remembered=all(root.remembered for root in given) if given else None,
    )
