"""What is answered without a record, by graphql-core: introspection, `_service`, `viewer`, and public law
(`law.py`, `calculators.py`).

They are cut out of the operation, so no field over records ever has a resolver: one path reads records (design.md 2).
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
)

from hub.graph.calculators import CALCULATOR_ROOTS
from hub.graph.catalogue import Catalogue, FieldSpec
from hub.graph.errors import ErrorCode, error
from hub.graph.law import LAW_ROOTS
from hub.graph.law_asking import BadArgument, LawAsked
from hub.graph.schema import graphql_schema
from hub.graph.viewer import Access, FieldAccess, Viewer, ViewerOfficer
from hub.oauth.caller import Caller
from hub.policy.purposes import Purpose
from hub.policy.verdict import Allow, Deny, Verdicts, When
from hub.policy.vocabulary import DataClass, MaskCode
from hub.query.access import judge
from hub.query.document import Operation
from hub.query.report import SCOPE_BASIS, SCOPE_POLICY


@dataclass(frozen=True, slots=True)
class StaticAnswer:
    """Response key → JSON text; and entries of `errors`."""

    data: Mapping[str, bytes] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)


NOTHING = StaticAnswer()
SHARED = 20
"""Answers of the schema alone that are kept; the usual introspection is 140 kB."""


ABOUT_THE_SCHEMA = frozenset({"__schema", "__type", "_service"})


def _attribute(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
    """`_service` of a subgraph, whose schema is read from SDL and has no resolvers."""
    return getattr(source, info.field_name, None)


class SchemaAnswers:
    """Answers those roots for one caller. `sdl`: what `_service` of a subgraph tells a gateway."""

    def __init__(
        self, schema: GraphQLSchema, catalogue: Catalogue, purposes: Mapping[str, Purpose], sdl: str = ""
    ) -> None:
        self._schema = schema
        self._service = SimpleNamespace(sdl=sdl)
        self._catalogue = catalogue
        self._purposes = purposes
        self._shared: OrderedDict[Hashable, StaticAnswer] = OrderedDict()

    def of(
        self,
        operation: Operation,
        nodes: list[FieldNode],
        variables: Mapping[str, Any] | None,
        caller: Caller,
        verdicts: Verdicts,
        today: date,
    ) -> StaticAnswer:
        """`nodes`: the root fields to answer, as the document has them; `variables` as they were given.

        `today`: in Beijing; the law that is asked for, where the document names no day.
        """
        if not nodes:
            return NOTHING
        names = {node.name.value for node in nodes}
        # Of the schema alone every caller gets the same: the usual introspection costs 30 ms, once. Of the law every
        # caller of one kind and place does, on one day.
        of_law = (caller.agency_kind, caller.region, caller.region_level, today) if names & LAW_ROOTS else ()
        key = (operation, of_law, *((node.alias or node.name).value for node in nodes))
        shared = not operation.node.variable_definitions and not names & ({"viewer"} | CALCULATOR_ROOTS)
        known = self._shared.get(key) if shared else None
        if known is None:
            viewer = self._viewer(caller, verdicts) if "viewer" in names else None
            root = SimpleNamespace(viewer=viewer, law=LawAsked(caller, today), _service=self._service)
            known = self._executed(operation, nodes, variables, root)
            if shared and not known.errors:
                self._shared[key] = known
                while len(self._shared) > SHARED:
                    self._shared.popitem(last=False)
        return known

    def _executed(
        self,
        operation: Operation,
        nodes: list[FieldNode],
        variables: Mapping[str, Any] | None,
        root: SimpleNamespace,
    ) -> StaticAnswer:
        """What is asked about a schema is answered by that one; all else by the merged schema, which has resolvers."""
        data: dict[str, bytes] = {}
        errors: list[dict[str, Any]] = []
        about = [node for node in nodes if node.name.value in ABOUT_THE_SCHEMA]
        others = [node for node in nodes if node.name.value not in ABOUT_THE_SCHEMA]
        for schema, selected in ((self._schema, about), (graphql_schema(), others)):
            if not selected:
                continue
            cut = OperationDefinitionNode(
                operation=operation.node.operation,
                variable_definitions=operation.node.variable_definitions,
                selection_set=SelectionSetNode(selections=tuple(selected)),
            )
            result = execute(
                schema,
                DocumentNode(definitions=(cut, *operation.fragments.values())),
                root_value=root,
                variable_values=dict(variables or {}),
                field_resolver=_attribute,
            )
            if not isinstance(result, ExecutionResult):  # pragma: no cover - no resolver here is asynchronous
                raise TypeError("a resolver of the schema is asynchronous")
            data |= {key: orjson.dumps(value) for key, value in (result.data or {}).items()}
            errors += [_told(failure) for failure in result.errors or ()]
        return StaticAnswer(data, errors)

    def _viewer(self, caller: Caller, verdicts: Verdicts) -> Viewer:
        purpose = self._purposes[caller.purpose]
        officer = caller.officer
        return Viewer(
            client_id=caller.client_id,
            agency_code=caller.agency,
            agency_name=caller.agency_name,
            agency_kind=caller.agency_kind,
            region_code=caller.region,
            region_name=caller.region_name,
            purpose=caller.purpose,
            purpose_title=f"{purpose.title_zh} {purpose.title_en}",
            legal_basis=purpose.basis,
            case_no=caller.case_no,
            scopes=sorted(caller.scopes),
            officer=ViewerOfficer(
                name=officer.name, certificate_no=officer.certificate_no, registered=caller.officer_registered
            )
            if officer
            else None,
            expires_at=caller.expires_at,
            fields=[
                self._access(spec, judge_kind.judged_as or "", judge_kind.declared.scope, caller, verdicts)
                for kind in self._catalogue.types.values()
                if (judge_kind := self._catalogue.judge_of(kind)) is not None
                for spec in kind.fields.values()
                if spec.data_class is not None
            ],
        )

    def _access(
        self, spec: FieldSpec, judged_as: str, scope: str | None, caller: Caller, verdicts: Verdicts
    ) -> FieldAccess:
        def told(
            access: Access, code: MaskCode | None, policy: str | None, basis: str | None, opens: list[str]
        ) -> FieldAccess:
            return FieldAccess(
                coordinate=spec.coordinate,
                data_classes=[DataClass(each) for each in spec.classes],
                access=access,
                code=code,
                policy=policy,
                basis=basis,
                opens=opens,
            )

        if scope is not None and scope not in caller.scopes:
            return told(Access.DENY, MaskCode.SCOPE_MISSING, SCOPE_POLICY, SCOPE_BASIS, [])
        assert spec.data_class is not None  # noqa: S101 - the list above holds classified fields only
        match judge(verdicts, judged_as, spec.data_class):
            case Allow():
                return told(Access.ALLOW, None, None, None, [])
            case Deny(reason):
                return told(Access.DENY, reason.code, reason.policy, reason.basis, list(reason.opens))
            case When(_, reason):
                return told(Access.CONDITIONAL, reason.code, reason.policy, reason.basis, list(reason.opens))


def _told(failure: GraphQLError) -> dict[str, Any]:
    """Only arguments and directives can be wrong here, missing or out of range; no text of theirs is told."""
    match failure.original_error:
        case None:
            return error(ErrorCode.BAD_VARIABLES, path=failure.path)
        case BadArgument() as bad:
            return error(ErrorCode.INVALID_ARGUMENT, path=failure.path, argument=bad.name, **bad.limits)
        case defect:
            raise defect
