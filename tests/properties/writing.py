"""Values as a document and as a variable write them."""

import json
from dataclasses import dataclass
from typing import Any


class Name(str):
    """An enum member: a bare word in a document, a string in a variable."""

    __slots__ = ()


@dataclass(frozen=True)
class Variable:
    name: str


def holds_variable(value: Any) -> bool:
    match value:
        case Variable():
            return True
        case dict():
            return any(holds_variable(member) for member in value.values())
        case list():
            return any(holds_variable(member) for member in value)
    return False


def literal(value: Any) -> str:
    """A value as a document writes it."""
    match value:
        case Variable(name):
            return f"${name}"
        case Name():
            return str.__str__(value)
        case dict():
            return "{" + ", ".join(f"{key}: {literal(member)}" for key, member in value.items()) + "}"
        case list():
            return "[" + ", ".join(literal(member) for member in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value as a variable holds it."""
    return json.loads(json.dumps(value, ensure_ascii=False))


def arguments(given: dict[str, Any]) -> str:
    return "(" + ", ".join(f"{name}: {literal(value)}" for name, value in given.items()) + ")" if given else ""
