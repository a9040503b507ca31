"""The Cedar files as read: every policy with its annotations, and what the start refuses in their text.

What is checked here is the text as a whole, whatever later folds away: a policy of an unusual form fails the start even
where no caller of today would reach it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hub.policy.errors import PolicyError

_ANNOTATIONS = {"permit": {"id", "basis", "zh", "en"}, "forbid": {"id", "basis", "zh", "en", "order"}}
_OPERATORS = {
    *("Value", "Var", ".", "Set", "Record", "&&", "||", "!", "==", "!=", "<", "<=", ">", ">="),
    *("in", "is", "contains", "containsAny"),
}
_ACTIONS = {"read"}
_ENTITIES = {"Purpose", "DataClass", "Action"}
"""Entities that a policy may name. It never names one agency, region or case: rights go by kind, and the compiled
conditions are shared by all callers of a kind."""
_PERMITS_READ = {"context.purpose", "principal.agencyKind", "principal.regionLevel"}
"""So that one look at a permit answers for every record, class and case (`PolicyEngine.admits`)."""
_MARKS = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|;')
_BLANK = re.compile(r"(?:\s+|//[^\n]*)*")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of the files.

    Attributes:
        id: `@id`, unique in the folder.
        basis: `@basis`, the clause in Chinese short form.
        zh, en: `@zh`, `@en`: what it says, in one sentence.
        order: `@order` of a forbid: of several that decide, the one with the lowest order is told.
        file, line: where it stands.
        body: Cedar JSON.
    """

    id: str
    effect: Literal["permit", "forbid"]
    basis: str
    zh: str
    en: str
    order: int
    file: str
    line: int
    body: Json

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def read_policies(folder: Path, to_json: Callable[[str], Json], words: frozenset[str]) -> dict[str, Policy]:
    """All policies of the folder's `*.cedar` files by `@id`, forbids in the order in which they are told.

    Args:
        folder: `policies/`.
        to_json: Cedar's own parser; raises ValueError on text that is no policy.
        words: strings that a policy may compare with (agency kinds, scopes).

    Raises:
        PolicyError: with all problems: text that is no Cedar, an annotation missing, an `@id` or `@order` given twice,
            an operator, an entity or a word that the hub does not know.
    """
    problems: list[str] = []
    found: list[Policy] = []
    for path in sorted(folder.glob("*.cedar")):
        text = path.read_text(encoding="utf-8")
        pieces = list(_pieces(text))
        try:
            document = to_json(text)
        except ValueError as error:
            problems.append(f"{path.name}:{_broken(pieces, to_json)}: 语法错误 syntax: {error}")
            continue
        if document["templates"]:
            problems.append(f"{path.name}: templates are not used")
        # Cedar names them policy0, policy1, … in the order of the text.
        bodies = sorted(document["staticPolicies"].items(), key=lambda item: int(item[0].removeprefix("policy")))
        for (line, _), (_, body) in zip(pieces, bodies, strict=False):
            faults = [f"{path.name}:{line}: {fault}" for fault in _faults(body, words)]
            problems += faults
            if not faults:
                found.append(_policy(path.name, line, body))
    problems += _repeated("@id", [policy.id for policy in found])
    problems += _repeated("@order", [str(policy.order) for policy in found if policy.effect == "forbid"])
    if not problems and not found:
        problems.append(f"{folder}: no policies")
    if problems:
        raise PolicyError(problems)
    return {policy.id: policy for policy in sorted(found, key=lambda policy: (policy.effect, policy.order))}


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Each policy with the line on which it begins; Cedar itself tells no lines."""
    start = 0
    for match in _MARKS.finditer(text):
        if match[0] == ";":
            yield from _piece(text, start, match.end())
            start = match.end()
    yield from _piece(text, start, len(text))


def _piece(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    blank = _BLANK.match(text, start, end)
    begin = blank.end() if blank else start
    if begin < end:
        yield text.count("\n", 0, begin) + 1, text[begin:end]


def _broken(pieces: list[tuple[int, str]], to_json: Callable[[str], Json]) -> int:
    """The line on which the first policy that is no Cedar begins."""
    for line, piece in pieces:
        try:
            to_json(piece)
        except ValueError:
            return line
    return 1


def _policy(file: str, line: int, body: Json) -> Policy:
    notes = body["annotations"]
    return Policy(
        id=notes["id"],
        effect=body["effect"],
        basis=notes["basis"],
        zh=notes["zh"],
        en=notes["en"],
        order=int(notes.get("order", 0)),
        file=file,
        line=line,
        body=body,
    )


def _repeated(annotation: str, values: list[str]) -> Iterator[str]:
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f'{annotation}("{value}") stands at more than one policy'


def _faults(body: Json, words: frozenset[str]) -> Iterator[str]:  # noqa: C901 - one line a fault
    notes = body.get("annotations", {})
    name = notes.get("id") or "a policy without @id"
    expected = _ANNOTATIONS[body["effect"]]
    for missing in sorted(key for key in expected if not notes.get(key)):
        yield f"{name}: @{missing} is missing"
    for extra in sorted(notes.keys() - expected):
        yield f"{name}: @{extra} is not known"
    if not str(notes.get("order", "0")).isdecimal():
        yield f"{name}: @order is no number"
    if body["principal"] != {"op": "All"}:
        yield f"{name}: says in its head who the principal is; say it by kind, in a condition"
    action = body["action"]
    if action.get("op") != "==" or action["entity"]["id"] not in _ACTIONS:
        yield f"{name}: the action is not one of {', '.join(sorted(_ACTIONS))}"
    if body["resource"]["op"] not in {"All", "is"} or "in" in body["resource"]:
        yield f"{name}: the resource is neither open nor of a type"
    for condition in body["conditions"]:
        for fault in _expression(condition["body"], words):
            yield f"{name}: {fault}"
    if body["effect"] == "permit":
        for read in sorted(set(_read(body["conditions"])) - _PERMITS_READ):
            yield f"{name}: a permit looks at {read}; it may ask for purpose and agency kind, limits are forbids"


def _read(expression: Any) -> Iterator[str]:
    """What an expression asks for: `context.purpose`, or the record."""
    match expression:
        case {"Var": "resource"}:
            yield "the record"
        case {".": {"left": {"Var": "principal" | "context" as variable}, "attr": str(name)}}:
            yield f"{variable}.{name}"
        case {"Var": variable}:
            yield str(variable)
        case Mapping():
            for inner in expression.values():
                yield from _read(inner)
        case list():
            for inner in expression:
                yield from _read(inner)


def _expression(expression: Json, words: frozenset[str]) -> Iterator[str]:
    """Faults of an expression: `{operator: operands}`, operands being expressions by name, or a list of them."""
    ((operator, operands),) = expression.items()
    if operator not in _OPERATORS:
        yield f"the operator {operator} has no SQL, or fails on some records only"
    elif operator == "Value":
        yield from _value(operands, words)
    elif operator == "Set":
        for member in operands:
            yield from _expression(member, words)
    elif operator == "Record":
        for member in operands.values():
            yield from _expression(member, words)
    elif operator != "Var":
        for name in ("left", "right", "arg"):
            if name in operands:
                yield from _expression(operands[name], words)


def _value(value: object, words: frozenset[str]) -> Iterator[str]:
    match value:
        case str() if value not in words:
            yield f'"{value}" is neither an agency kind nor a scope of scopes.yaml'
        case {"__entity": {"type": kind, "id": name}} if kind not in _ENTITIES:
            yield f'names {kind}::"{name}"; rights go by kind, never by name'
