"""What Cedar's partial evaluation leaves of a policy, as a predicate on one type of record.

The residual is Cedar JSON, untrimmed. The record is `unknown("resource")`; all else is a value. The caller's own
agency, uscc, region and case come as the ids of `SYMBOLS` and leave as parameters. Whatever is not understood is an
error: a bare `Var` (an error hidden by the evaluator), an operator, an attribute, an entity.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.policy.cedartext import cedar_text
from hub.policy.errors import PolicyError
from hub.policy.facts import Fact, Flag, PairSet, RecordFacts, RegionOf, Scalar, SetOf
from hub.policy.predicate import (
    FALSE,
    TRUE,
    Const,
    Literal,
    Operand,
    Operator,
    Parameter,
    Predicate,
    RecordOperand,
    Test,
)
from hub.policy.simplify import conjunction, disjunction, negation

NO_CASE = "none"
"""Id of the Case of a token that names none. A residual that still asks for it forgot `context.hasCase`."""
SYMBOLS = {
    ("Agency", "parameter:agency"): Parameter.AGENCY,
    ("Region", "parameter:region"): Parameter.REGION,
    ("Case", "parameter:case"): Parameter.CASE,
    ("String", "parameter:uscc"): Parameter.AGENCY_USCC,
}
"""(type, id) by which the engine presents the caller to Cedar."""
_RECORD = {"unknown": [{"Value": "resource"}]}
Json = Mapping[str, Any]


class Residual:
    """Translates the residuals of one type of record for callers of one region level.

    Args:
        facts: the attributes of the type.
        types: names of all types of record, for `is`.
        region_level: of the caller: 1 province, 2 prefecture, 3 county.
    """

    def __init__(self, facts: RecordFacts, types: frozenset[str], region_level: int) -> None:
        self._facts = facts
        self._types = types
        self._level = region_level

    def policy(self, residual: Json) -> Predicate:
        """When the policy applies: the conjunction of its `when`s and negated `unless`es.

        Raises:
            PolicyError: the residual asks for something that has no SQL.
        """
        if any(residual[part] != {"op": "All"} for part in ("principal", "action", "resource")):
            raise _unknown("a head that is not evaluated", residual)
        predicates = []
        for condition in residual["conditions"]:
            body = self._boolean(condition["body"])
            predicates.append(body if condition["kind"] == "when" else negation(body))
        return conjunction(predicates)

    def _boolean(self, expression: Json) -> Predicate:
        ((operator, operands),) = expression.items()
        match operator, operands:
            case "Value", bool():
                return Const(operands)
            case "&&", _:
                # In Cedar's own order: the right side is looked at only where the left is not decided, for the left
                # says of which type the right speaks.
                left = self._boolean(operands["left"])
                if isinstance(left, Const):
                    return self._boolean(operands["right"]) if left.value else FALSE
                return conjunction([left, self._boolean(operands["right"])])
            case "||", _:
                left = self._boolean(operands["left"])
                if isinstance(left, Const):
                    return TRUE if left.value else self._boolean(operands["right"])
                return disjunction([left, self._boolean(operands["right"])])
            case "!", _:
                return negation(self._boolean(operands["arg"]))
            case _:
                return self._test(operator, operands, expression)

    def _test(self, operator: str, operands: Any, expression: Json) -> Predicate:
        match operator, operands:
            case "is", {"left": left, "entity_type": name} if left == _RECORD and "in" not in operands:
                if name not in self._types:
                    raise _unknown(f"the type {name}", expression)
                return Const(name == self._facts.cedar_type)
            case "==", _:
                return self._equals(operands["left"], operands["right"])
            case "!=", _:
                return negation(self._equals(operands["left"], operands["right"]))
            case "in", {"left": left, "right": right}:
                return self._in_region(left, right)
            case "contains", {"left": left, "right": right}:
                return self._contains(left, right)
            case "containsAny", {"left": left, "right": right}:
                name, _ = self._attribute(left, SetOf)
                return Test(name, Operator.CONTAINS_ANY, _literals(right))
            case ".", _:
                name, _ = self._attribute(expression, Flag)
                return Test(name, Operator.IS_TRUE, None)
            case _:
                raise _unknown(f"the operator {operator}", expression)

    def _equals(self, left: Json, right: Json) -> Predicate:
        if "Value" in left:
            left, right = right, left
        name, fact = self._attribute(left, Scalar, RegionOf, Flag)
        value = _operand(right)
        if isinstance(fact, Flag):
            if not isinstance(value, Literal) or not isinstance(value.value, bool):
                raise _unknown("a comparison of a boolean with something else", right)
            test = Test(name, Operator.IS_TRUE, None)
            return test if value.value else negation(test)
        return Test(name, Operator.EQUALS, value)

    def _in_region(self, left: Json, right: Json) -> Predicate:
        if _operand(right) != Parameter.REGION:
            raise _unknown("a region that is not the caller's own", right)
        if left == _RECORD:
            lies_in_a_region = self._facts.region is not None
            return Test("", Operator.IN_REGION, Parameter.REGION, self._level) if lies_in_a_region else FALSE
        name, _ = self._attribute(left, RegionOf)
        return Test(name, Operator.IN_REGION, Parameter.REGION, self._level)

    def _contains(self, left: Json, right: Json) -> Predicate:
        if left.keys() & {"Value", "Set"}:
            name, _ = self._attribute(right, Scalar)
            return Test(name, Operator.ONE_OF, _literals(left))
        name, fact = self._attribute(left, SetOf, PairSet)
        operand = _operand(right)
        if isinstance(operand, RecordOperand) != isinstance(fact, PairSet):
            raise _unknown(f"a member that {name} cannot have", right)
        return Test(name, Operator.CONTAINS, operand)

    def _attribute(self, expression: Json, *kinds: type[Fact]) -> tuple[str, Fact]:
        match expression:
            case {".": {"left": left, "attr": str(name)}} if left == _RECORD:
                fact = self._facts.attributes.get(name)
                if fact is None:
                    raise _unknown(f"{self._facts.cedar_type}.{name}, which has no SQL", expression)
                if not isinstance(fact, kinds):
                    raise _unknown(f"{self._facts.cedar_type}.{name} as something that it is not", expression)
                return name, fact
            case _:
                raise _unknown("something that is no attribute of the record", expression)


def _operand(expression: Json) -> Operand:
    match expression:
        case {"Value": {"__entity": {"type": kind, "id": name}}}:
            symbol = SYMBOLS.get((kind, name))
            if symbol is not None:
                return symbol
            if (kind, name) == ("Case", NO_CASE):
                raise _unknown("the case of a token that names none (test context.hasCase first)", expression)
            raise _unknown(f'{kind}::"{name}", which is not the caller\'s own', expression)
        case {"Value": str(text)}:
            return SYMBOLS.get(("String", text)) or Literal(text)
        case {"Value": bool() | int() as value}:
            return Literal(value)
        case {"Record": fields}:
            return RecordOperand(tuple((name, _member(fields[name])) for name in sorted(fields)))
        case _:
            raise _unknown("a value of this form", expression)


def _member(expression: Json) -> Parameter | Literal:
    value = _operand(expression)
    if not isinstance(value, Parameter | Literal):
        raise _unknown("a nested value", expression)
    return value


def _literals(expression: Json) -> tuple[Literal, ...]:
    match expression:
        case {"Set": list(members)}:
            values: Iterable[Operand] = [_operand(member) for member in members]
        case {"Value": list(members)}:
            values = [_operand({"Value": member}) for member in members]
        case _:
            raise _unknown("a set of this form", expression)
    literals = {value for value in values if isinstance(value, Literal)}
    if len(literals) != len(set(values)):
        raise _unknown("a set with something other than literals", expression)
    return tuple(sorted(literals, key=repr))


def _unknown(what: str, expression: object) -> PolicyError:
    return PolicyError([f"cannot be turned into SQL: it asks for {what}: {cedar_text(expression)[:300]}"])
