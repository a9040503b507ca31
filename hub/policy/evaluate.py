"""A predicate on a record given as plain values: what `sql.py` says in SQL, said in Python.

For the cases of the lawyers, the matrix and the tests; a query never runs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.policy.predicate import (
    And,
    Const,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Parameter,
    Predicate,
    RecordOperand,
    Test,
)

Pair = tuple[tuple[str, str], ...]
"""A Cedar record: its fields in alphabetical order, `(("agency", …), ("case", …))`."""
Plain = str | bool | int | tuple[str, ...] | frozenset[str] | frozenset[Pair]


@dataclass(frozen=True, slots=True)
class PlainRecord:
    """One record as the policies see it.

    Attributes:
        type_name: name in `hub.cedarschema`.
        region: codes of the regions in which the record lies, from the province down; () if it lies in none.
        facts: by attribute: a string, a boolean or a number; for a Region the codes from the province down to itself;
            for a set a frozenset of strings, or of pairs.
    """

    type_name: str
    region: tuple[str, ...] = ()
    facts: Mapping[str, Plain] = field(default_factory=dict)


def evaluate(predicate: Predicate, record: PlainRecord, parameters: Mapping[Parameter, str]) -> bool:
    """Whether the record meets the predicate.

    Raises:
        KeyError: the record lacks a fact, or a parameter is not given.
    """
    match predicate:
        case Const(value):
            return value
        case And(parts):
            return all(evaluate(part, record, parameters) for part in parts)
        case Or(parts):
            return any(evaluate(part, record, parameters) for part in parts)
        case Not(part):
            return not evaluate(part, record, parameters)
        case Test():
            return _test(predicate, record, parameters)


def _test(test: Test, record: PlainRecord, parameters: Mapping[Parameter, str]) -> bool:
    fact = record.facts[test.attribute] if test.attribute else record.region
    operand = _value(test.operand, parameters)
    match test.operator:
        case Operator.EQUALS:
            own = fact[-1] if isinstance(fact, tuple) else fact
            return own == operand
        case Operator.IS_TRUE:
            return fact is True
        case Operator.ONE_OF:
            return isinstance(operand, frozenset) and fact in operand
        case Operator.IN_REGION:
            return isinstance(fact, tuple) and operand in fact
        case Operator.CONTAINS:
            return isinstance(fact, frozenset) and operand in fact
        case Operator.CONTAINS_ANY:
            return isinstance(fact, frozenset) and isinstance(operand, frozenset) and not fact.isdisjoint(operand)


def _value(operand: Operand, parameters: Mapping[Parameter, str]) -> object:
    match operand:
        case Parameter():
            return parameters[operand]
        case Literal(value):
            return value
        case RecordOperand(fields):
            return tuple((name, _value(value, parameters)) for name, value in fields)
        case tuple():
            return frozenset(literal.value for literal in operand)
        case None:
            return None
