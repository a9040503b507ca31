"""Cedar's JSON as Cedar text again: for error messages, so that a lawyer finds the words in the file."""

from collections.abc import Mapping
from typing import Any

_CALLER = {
    "parameter:agency": "principal.agency",
    "parameter:region": "principal.region",
    "parameter:case": "context.case",
    "parameter:uscc": "principal.agencyUscc",
}
"""What the engine's symbols stand for."""
_INFIX = {"&&", "||", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*"}
_MEMBERS = {"contains", "containsAny", "containsAll"}


def cedar_text(expression: Any) -> str:  # noqa: C901, PLR0912 - one branch a form
    """An expression of Cedar JSON, written as in a policy; what has no short form is named by its operator.

    >>> cedar_text({"==": {"left": {".": {"left": {"Var": "context"}, "attr": "hasCase"}}, "right": {"Value": True}}})
    'context.hasCase == true'
    """
    if not isinstance(expression, Mapping) or len(expression) != 1:
        return "…"
    ((operator, operands),) = expression.items()
    match operator, operands:
        case "Value", _:
            return _value(operands)
        case "Var", str():
            return operands
        case "unknown", _:
            return "resource"
        case ".", {"left": left, "attr": str(name)}:
            return f"{cedar_text(left)}.{name}"
        case "has", {"left": left, "attr": str(name)}:
            return f"{cedar_text(left)} has {name}"
        case "is", {"left": left, "entity_type": str(name)}:
            return f"{cedar_text(left)} is {name}"
        case "!", {"arg": inner}:
            return f"!({cedar_text(inner)})"
        case "Set", list():
            return f"[{', '.join(map(cedar_text, operands))}]"
        case "Record", Mapping():
            return f"{{{', '.join(f'{name}: {cedar_text(member)}' for name, member in operands.items())}}}"
        case _, {"left": left, "right": right} if operator in _INFIX:
            return f"{cedar_text(left)} {operator} {cedar_text(right)}"
        case _, {"left": left, "right": right} if operator in _MEMBERS:
            return f"{cedar_text(left)}.{operator}({cedar_text(right)})"
        case _:
            return f"{operator}(…)"


def _value(value: Any) -> str:
    match value:
        case {"__entity": {"type": kind, "id": name}}:
            return _CALLER.get(name) or f'{kind}::"{name}"'
        case bool():
            return str(value).lower()
        case str():
            return _CALLER.get(value) or f'"{value}"'
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return str(value)
