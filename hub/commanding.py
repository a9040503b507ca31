"""One mutation: each root field is one command, in the order of the document, each its own transaction.

1 plan      every payload is planned before any command is given: what cannot be answered is refused first
2 command   hub/clues/commands.py, with a connection of the app role; durable, once per idempotency key
3 read      the payload's record, by the compiler, policies and statement of any query, after the commit
4 remember  by `hub/disclosure.py`, with the queries' ledger: what was shown, which commands were given or refused

A command that was carried out is never told as if it had not been: where its result cannot be shown, RESULT_NOT_SHOWN
says so, and where it is not known, OUTCOME_UNKNOWN. A retry with the same key then gives the result.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson
import structlog
from graphql import GraphQLError, GraphQLObjectType
from graphql.execution.values import VariableValues, get_argument_values

from hub.clock import Clock, today
from hub.clues.authority import AuthorityLost
from hub.commanded import IDENTIFIERS, Carried, Commanded, Root, members_of, told_of
from hub.db.pool import DatabaseUnavailable, ReadPool, StatementTimeout
from hub.db.writing import CommandPool, OutcomeUnknown
from hub.graph.declare import Ordered
from hub.graph.errors import ErrorCode, error
from hub.oauth.caller import Caller
from hub.oauth.callers import Callers
from hub.policy.commanding import CommandRules
from hub.policy.verdict import Verdicts
from hub.query.access import judge
from hub.query.compile import Compiler
from hub.query.cursor import CursorKeys
from hub.query.document import Operation, Refused
from hub.query.members import shown_member
from hub.query.plan import TooLarge
from hub.query.report import Report
from hub.query.select import Selector
from hub.query.values import Request as Values

MAX_COMMANDS = 10
"""Root fields of one mutation."""
ID_BYTES = 8
log = structlog.get_logger("hub.commanding")


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
        return told_of(roots)

    # --- plan --------------------------------------------------------------------------------------------------------

    def _planned(
        self,
        operation: Operation,
        variables: VariableValues | None,
        selector: Selector,
        verdicts: Verdicts,
        caller: Caller,
    ) -> list[Root]:
        kind = self.compiler.schema.mutation_type
        assert kind is not None  # noqa: S101 - the schema has one
        try:
            found = selector.fields(kind, [operation.node.selection_set])
            roots = [Root(key, nodes) for key, nodes in found.items()]
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

    async def _give(self, caller: Caller, root: Root, now: Values, selector: Selector, verdicts: Verdicts) -> Caller:
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
                self._not_shown(root, ErrorCode.UNAUTHENTICATED)
            elif row[0] + len(row[1]) // ID_BYTES > caller.daily_row_quota:
                self._not_shown(root, ErrorCode.QUOTA_EXCEEDED)
            else:
                _, root.ids, bits, *columns, root.read = row
                root.told = root.compiled.report.told(bits)
        except StatementTimeout:
            self._not_shown(root, ErrorCode.TIMEOUT)
        except DatabaseUnavailable:
            self._not_shown(root, ErrorCode.DATABASE_UNAVAILABLE)
        except AuthorityLost:
            raise
        except Exception:  # a defect of the hub, after the commit: the command stands
            self._not_shown(root, ErrorCode.INTERNAL)
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
    def _not_shown(root: Root, cause: ErrorCode) -> None:
        """Of a refused command nothing was to be shown."""
        if root.done:
            root.errors = [error(ErrorCode.RESULT_NOT_SHOWN, path=[root.key], cause=cause.value)]

    def _payload(self, root: Root, columns: list[Any], selector: Selector) -> bytes:
        assert root.spec is not None  # noqa: S101 - it gave a command
        assert root.compiled is not None  # noqa: S101
        assert root.result is not None  # noqa: S101
        kind = self.compiler.schema.type_map[root.spec.target]
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101 - payloads are object types
        records = {each.key: each.column for each in root.compiled.fields}
        members = members_of(root.result)
        parts = []
        for key, nodes in selector.fields(kind, [node.selection_set for node in root.nodes]).items():
            if key in records:
                column = records[key]
                text = columns[column] if columns and column is not None else None
                shown = text or b"null"
            else:
                shown = orjson.dumps(shown_member(selector, kind, members, nodes))
                if root.done and (coordinate := IDENTIFIERS.get(nodes[0].name.value)):
                    root.also_shown[coordinate] = None
            parts.append(b'"%b":%b' % (key.encode(), shown))
        return b"{%b}" % b",".join(parts)


def _carried_out(carry_out: Callable[..., Carried], connection: Any, **given: Any) -> Carried:
    ordered = [given[name] for name in ("caller", "command", "given", "key", "now")]
    return carry_out(connection, *ordered, may=given["may"], **given["more"])


def _stop(roots: Iterable[Root], cause: Exception) -> None:
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
