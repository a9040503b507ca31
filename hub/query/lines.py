"""The plan of an export: selection, verdicts and row policy as of a query, written as lines (`sqllines.py`)."""

from dataclasses import dataclass

from graphql import FieldNode, OperationDefinitionNode, parse

from hub.graph.declare import Changes
from hub.graph.exporting import Export
from hub.policy.predicate import TRUE
from hub.policy.verdict import Reason
from hub.policy.vocabulary import MaskCode
from hub.query.feeds import Conditions, conditions, why_closed
from hub.query.plan import Place, Planner
from hub.query.report import SCOPE_BASIS, SCOPE_POLICY, Report
from hub.query.statement import Statement, statement
from hub.query.tree import LineForm, LinesRoot, Record
from hub.query.values import Getter, Request


class NotOpen(Exception):
    """No record of this export is open to the caller at all. `scope`: that the token has not."""

    def __init__(self, reason: Reason, scope: str | None = None) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.scope = scope


@dataclass(frozen=True, slots=True)
class CompiledLines:
    """What an export of this form needs, for all callers alike in what they may see.

    `condition`: digest of what is asked of the records, alike for the feed.
    """

    statement: Statement
    report: Report
    condition: int


def compile_lines(planner: Planner, export: Export, form: LineForm) -> CompiledLines:
    """Plans the selection of an export, of the records that its feed tells of.

    Raises:
        NotOpen
    """
    record, asked = exported(planner, export)
    values = planner.values
    root = LinesRoot(record, export, form, values.add(_given("after")))
    return CompiledLines(statement((root,), values.getters), planner.report, asked.digest)


def exported(planner: Planner, export: Export) -> tuple[Record, Conditions]:
    """What is selected of a record, under its row policy; and what the feed asks of the records.

    Raises:
        NotOpen
    """
    kind, feed = planner.catalogue.types[export.of], planner.catalogue.roots[export.feed].source
    assert isinstance(feed, Changes)  # noqa: S101 - an export is of a feed
    for scope in (feed.scope, kind.declared.scope):
        if scope is not None and scope not in planner.scopes:
            raise NotOpen(Reason(MaskCode.SCOPE_MISSING, SCOPE_POLICY, SCOPE_BASIS, ()), scope)
    assert kind.judged_as is not None and kind.identifying is not None  # noqa: PT018, S101 - exports are of records
    verdict, asked = planner.judge(kind.judged_as, kind.identifying), conditions(feed, planner.judge, kind)
    if (closed := why_closed(verdict, asked)) is not None:
        raise NotOpen(closed)
    record, known = planner.record(kind)
    record.row = None if asked.row == TRUE else asked.row
    planner.fill(record, Place(export.name, kind.judged_as, record, known, 1), [selected(export)])
    return record, asked


def selected(export: Export) -> FieldNode:
    """The export's selection as one field that holds it."""
    (operation,) = parse(f"{{ {export.feed} {export.selection} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 - it is one
    (node,) = operation.selection_set.selections
    assert isinstance(node, FieldNode)  # noqa: S101 - likewise
    return node


def _given(name: str) -> Getter:
    def get(request: Request) -> object:
        return request.place.get(name)

    return get
