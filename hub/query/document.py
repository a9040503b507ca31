"""A document: parsed, bounded, validated, and cached by its text.

Bounds come before validation, on a memoised count: a 600-byte document of nested fragments expands to millions of
fields, and graphql-core's own validation compares equal response names pairwise (findings.md, security.md 29).
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    strip_ignored_characters,
    validate,
    visit,
)

from hub.graph.errors import ErrorCode, error
from hub.query.introspection import IntrospectionCost

MAX_TOKENS = 4_000
MAX_FIELDS = 400
"""Fields of the document with every fragment spread in place."""
MAX_DEPTH = 16
MAX_NESTING = 32
"""Levels with inline fragments and spreads counted too."""
MAX_OPERATIONS = 20
MAX_SAME_NAME_PAIRS = 1_500
MAX_SPREADS = 100
MAX_DIRECTIVES = 200
SHAPING = frozenset({"first", "waitSeconds", "year", "region", "dueWithinDays"})
"""Arguments that are checked when the plan is made, so that a plan serves one value of them."""
MAX_ERRORS = 5
CACHED_DOCUMENTS = 1_000
CACHED_CHARACTERS = 500_000
"""Of all cached texts together: a syntax tree takes about 200 times its text."""


class Refused(Exception):
    """The request as a whole is refused; `errors` are ready to be answered."""

    def __init__(self, code: ErrorCode, errors: list[dict[str, Any]] | None = None, **extensions: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.errors = errors or [error(code, **extensions)]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document. Compared by identity: it stands for its text in cache keys.

    Attributes:
        stripped: the operation with literals stripped, for the HMAC in the ledger (security.md 38).
        first_variables: variables that are given to an argument of `SHAPING`: their values decide the plan.
        shaping_variables: of a mutation, those that stand anywhere but in the arguments of its root fields.
    """

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    stripped: str
    first_variables: frozenset[str]
    shaping_variables: frozenset[str] | None = None

    @property
    def commands(self) -> bool:
        """Whether it is a mutation."""
        return self.node.operation is OperationType.MUTATION


class Documents:
    """Parses documents; remembers the last `CACHED_DOCUMENTS`, refused ones too."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._introspection = IntrospectionCost(schema)
        self._cache: OrderedDict[str, Mapping[str | None, Operation] | Refused] = OrderedDict()
        self._characters = 0
        self.hits = 0
        self.misses = 0

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation to run.

        Raises:
            Refused: GRAPHQL_PARSE_FAILED, COST_EXCEEDED, GRAPHQL_VALIDATION_FAILED, OPERATION_NOT_ALLOWED, BAD_REQUEST
        """
        known = self._cache.get(text)
        if known is None:
            self.misses += 1
            try:
                known = self._read(text)
            except Refused as refused:
                known = refused
            self._remember(text, known)
        else:
            self.hits += 1
            self._cache.move_to_end(text)
        if isinstance(known, Refused):
            # Same refusal, new error ids.
            raise Refused(known.code, [_again(entry) for entry in known.errors])
        operation = known.get(name) if name is not None else (next(iter(known.values())) if len(known) == 1 else None)
        if operation is None:
            raise Refused(ErrorCode.BAD_REQUEST, reason="operationName names no operation of the document")
        if operation.node.operation is OperationType.SUBSCRIPTION:
            raise Refused(ErrorCode.OPERATION_NOT_ALLOWED)
        return operation

    def _explained(self, failure: GraphQLError) -> dict[str, Any]:
        """Where, which rule, and the type of the schema it speaks of; nothing of the document, nothing suggested."""
        told: dict[str, Any] = {"rule": _rule(failure)}
        on_type = _ON_TYPE.search(failure.message)
        if on_type and on_type[1] in self._schema.type_map:
            told["type"] = on_type[1]
        locations = [{"line": place.line, "column": place.column} for place in failure.locations or []]
        return error(ErrorCode.GRAPHQL_VALIDATION_FAILED, locations=locations, **told)

    def _remember(self, text: str, known: Mapping[str | None, Operation] | Refused) -> None:
        self._cache[text] = known
        self._characters += len(text)
        while len(self._cache) > CACHED_DOCUMENTS or (self._characters > CACHED_CHARACTERS and len(self._cache) > 1):
            gone, _ = self._cache.popitem(last=False)
            self._characters -= len(gone)

    def _read(self, text: str) -> Mapping[str | None, Operation]:
        try:
            document = parse(text, max_tokens=MAX_TOKENS, allow_empty_selection_sets=False)
        except GraphQLSyntaxError as failure:
            if "tokens" in failure.message:
                raise Refused(ErrorCode.COST_EXCEEDED, limit=f"{MAX_TOKENS} tokens") from None
            raise Refused(ErrorCode.GRAPHQL_PARSE_FAILED, [_located(ErrorCode.GRAPHQL_PARSE_FAILED, failure)]) from None
        except (UnicodeError, RecursionError):
            raise Refused(ErrorCode.GRAPHQL_PARSE_FAILED) from None
        _Bounds(document).check()
        failures = validate(self._schema, document, max_errors=MAX_ERRORS)
        if failures:
            code = ErrorCode.GRAPHQL_VALIDATION_FAILED
            told = {(_rule(failure), *map(str, failure.locations or ())): failure for failure in failures}
            raise Refused(code, [self._explained(failure) for failure in list(told.values())[:MAX_ERRORS]])
        if self._introspection.resolved(document) > self._introspection.limit:
            raise Refused(ErrorCode.COST_EXCEEDED, limit="introspection")
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        firsts = _FirstVariables()
        visit(document, firsts)
        stripped = _strip(document)
        return {
            node.name.value if node.name else None: Operation(
                node, fragments, stripped, frozenset(firsts.found), _shaping(node, fragments)
            )
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }


_ON_TYPE = re.compile(r"on type '(\w+)'")
_RULES = (
    ("Cannot query field", "unknown field"),
    ("Unknown argument", "unknown argument"),
    ("Unknown type", "unknown type"),
    ("Unknown fragment", "unknown fragment"),
    ("Unknown directive", "unknown directive"),
    ("must have a selection", "selection missing"),
    ("must not have a selection", "selection not allowed"),
    ("is required, but it was not provided", "argument missing"),
    ("was not provided", "argument missing"),
    ("is not defined", "unknown variable or field of an input"),
    ("is never used", "unused"),
    ("conflict", "one response name for two different fields"),
    ("can never be of type", "fragment on an impossible type"),
    ("used in position expecting", "variable of another type"),
    ("Cannot spread fragment", "fragment within itself"),
    ("There can be only one", "named twice"),
    ("introspection depth", "introspection too deep"),
)


def _rule(failure: GraphQLError) -> str:
    """The rule in words of this list; a value of another type than its place is what remains."""
    return next((rule for part, rule in _RULES if part in failure.message), "value of another type")


def _again(entry: dict[str, Any]) -> dict[str, Any]:
    extensions = dict(entry["extensions"])
    code = ErrorCode(extensions.pop("code"))
    for known in ("id", "zh", "en", "next"):
        extensions.pop(known)
    return error(code, locations=entry.get("locations"), **extensions)


def _located(code: ErrorCode, failure: GraphQLError) -> dict[str, Any]:
    """Where, and which rule in names of the document only; graphql-core's own message echoes values and suggests."""
    locations = [{"line": place.line, "column": place.column} for place in failure.locations or []]
    return error(code, locations=locations)


def _strip(document: DocumentNode) -> str:
    """The document without literals: two requests that differ only in values have one operation HMAC."""
    return strip_ignored_characters(_LITERAL.sub('""', print_ast(document)))


_LITERAL = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|(?<![\w$])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?')


class _Bounds:
    """Counts with fragments in place, each fragment once; a cycle counts as nothing, validation refuses it."""

    def __init__(self, document: DocumentNode) -> None:
        self._document = document
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._sizes: dict[str, tuple[int, int, int]] = {}
        self._names: dict[str, Counter[str]] = {}
        self._spreads = 0
        self._directives = 0
        self._pairs = 0

    def check(self) -> None:
        fields, depth, nesting, operations = 0, 0, 0, 0
        for node in self._document.definitions:
            if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
                size, deep, nested = self._size(node.selection_set, frozenset())
                fields, depth, nesting = max(fields, size), max(depth, deep), max(nesting, nested)
                operations += isinstance(node, OperationDefinitionNode)
                self._directives += len(node.directives or ())
        for limit, found, what in (
            (MAX_OPERATIONS, operations, "operations"),
            (MAX_FIELDS, fields, "fields"),
            (MAX_DEPTH, depth, "levels"),
            (MAX_NESTING, nesting, "levels of fragments"),
            (MAX_SPREADS, self._spreads, "fragment spreads"),
            (MAX_DIRECTIVES, self._directives, "directives"),
        ):
            if found > limit:
                raise Refused(ErrorCode.COST_EXCEEDED, limit=f"{limit} {what}")
        for node in self._document.definitions:
            if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
                self._count_pairs(node.selection_set)
        if self._pairs > MAX_SAME_NAME_PAIRS:
            raise Refused(ErrorCode.COST_EXCEEDED, limit="equal response names")
        visit(self._document, _Texts())

    def _size(self, selections: SelectionSetNode | None, within: frozenset[str]) -> tuple[int, int, int]:
        """Fields, levels of fields, levels of anything."""
        fields, depth, nesting = 0, 0, 0
        for node in selections.selections if selections else ():
            self._directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                size, deep, nested = self._size(node.selection_set, within)
                deep += 1
            elif isinstance(node, InlineFragmentNode):
                size, deep, nested = self._size(node.selection_set, within)
            else:
                assert isinstance(node, FragmentSpreadNode)  # noqa: S101 - the third and last kind of selection
                self._spreads += 1
                size, deep, nested = self._fragment(node.name.value, within)
            fields, depth, nesting = min(fields + size + 1, MAX_FIELDS + 1), max(depth, deep), max(nesting, nested + 1)
        return fields, depth, nesting

    def _fragment(self, name: str, within: frozenset[str]) -> tuple[int, int, int]:
        if name in within or name not in self._fragments:
            return 0, 0, 0
        if name not in self._sizes:
            self._sizes[name] = self._size(self._fragments[name].selection_set, within | {name})
        return self._sizes[name]

    def _count_pairs(self, selections: SelectionSetNode | None) -> None:
        if selections is None or self._pairs > MAX_SAME_NAME_PAIRS:
            return
        names = self._response_names(selections, frozenset())
        self._pairs += sum(count * (count - 1) // 2 for count in names.values())
        for node in selections.selections:
            if isinstance(node, FieldNode | InlineFragmentNode):
                self._count_pairs(node.selection_set)

    def _response_names(self, selections: SelectionSetNode, within: frozenset[str]) -> Counter[str]:
        names: Counter[str] = Counter()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                names[(node.alias or node.name).value] += 1
            elif isinstance(node, InlineFragmentNode):
                names += self._response_names(node.selection_set, within)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name in self._fragments and name not in within:
                    if name not in self._names:
                        fragment = self._fragments[name]
                        self._names[name] = self._response_names(fragment.selection_set, within | {name})
                    names += self._names[name]
        return names


class _FirstVariables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value in SHAPING and isinstance(node.value, VariableNode):
            self.found.add(node.value.name.value)


def _shaping(node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> frozenset[str] | None:
    if node.operation is not OperationType.MUTATION:
        return None
    found = _Variables()
    for root in node.selection_set.selections:
        if isinstance(root, FieldNode):
            for part in (root.selection_set, *(root.directives or ())):
                if part is not None:
                    visit(part, found)
        else:
            visit(root, found)
    for fragment in fragments.values():
        visit(fragment, found)
    return frozenset(found.found)


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found.add(node.name.value)


class _Texts(Visitor):
    """PostgreSQL stores no NUL and no lone surrogate: a literal that holds one is no text of the hub."""

    @staticmethod
    def enter_string_value(node: StringValueNode, *_: Any) -> None:
        if not is_text(node.value):
            raise Refused(ErrorCode.BAD_REQUEST, reason="a literal holds a NUL or a lone surrogate")


def is_text(value: str) -> bool:
    """Whether a string can be stored text: no NUL, no lone surrogate."""
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
