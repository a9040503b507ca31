"""A predicate as a SQL condition on a row. Never NULL: scalar facts are NOT NULL columns, the others see to it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_, true
from sqlalchemy import literal as bound

from hub.policy.errors import PolicyError
from hub.policy.facts import Bind, Flag, PairSet, RecordFacts, RegionOf, Row, Scalar, SetOf
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
from hub.policy.wording import words


def condition(predicate: Predicate, facts: RecordFacts, row: Row, bind: Bind) -> ColumnElement[bool]:
    """The predicate on `row`, a table or an alias of it.

    Args:
        predicate: a condition of `Verdicts` on a record of this type.
        facts: of the type.
        row: where the columns are taken from.
        bind: gives the bound parameter of a `Parameter` name; literals of the policies are bound here, never text.

    Raises:
        PolicyError: the predicate tests something that the facts do not have; the start excludes it.
    """
    match predicate:
        case Const(value):
            return true() if value else false()
        case And(parts):
            return and_(*(condition(part, facts, row, bind) for part in parts))
        case Or(parts):
            return or_(*(condition(part, facts, row, bind) for part in parts))
        case Not(part):
            return not_(condition(part, facts, row, bind))
        case Test():
            return _test(predicate, facts, row, bind)


def _test(test: Test, facts: RecordFacts, row: Row, bind: Bind) -> ColumnElement[bool]:
    fact = facts.attributes[test.attribute] if test.attribute else RegionOf(facts.region) if facts.region else None
    match fact, test.operator, test.operand:
        case Scalar(column), Operator.EQUALS, Parameter() | Literal():
            return _equal(row.c[column], test.operand, bind)
        case RegionOf(columns), Operator.EQUALS, Parameter() | Literal():
            return _equal(row.c[columns[2]], test.operand, bind)
        case RegionOf(columns), Operator.IN_REGION, Parameter() | Literal() if test.level in {1, 2, 3}:
            return _equal(row.c[columns[test.level - 1]], test.operand, bind)
        case Scalar(column), Operator.ONE_OF, tuple(members):
            return or_(false(), *(_equal(row.c[column], member, bind) for member in members))
        case Flag(), Operator.IS_TRUE, None:
            return fact.test(row, bind)
        case SetOf(), Operator.CONTAINS, Parameter() | Literal():
            return fact.contains(row, _operand(test.operand, bind), bind)
        case SetOf(), Operator.CONTAINS_ANY, tuple(members):
            return or_(false(), *(fact.contains(row, _operand(member, bind), bind) for member in members))
        case PairSet(), Operator.CONTAINS, RecordOperand(fields):
            return fact.contains(row, {name: _operand(value, bind) for name, value in fields}, bind)
        case _:
            raise PolicyError([f"{facts.cedar_type}: no SQL for {words(test).en}"])


def _equal(column: ColumnElement[Any], operand: Operand, bind: Bind) -> ColumnElement[bool]:
    equal: ColumnElement[bool] = column == _operand(operand, bind)
    return equal


def _operand(operand: Operand, bind: Bind) -> ColumnElement[Any]:
    match operand:
        case Parameter():
            return bind(operand.value)
        case Literal(value):
            return bound(value)
        case _:
            raise PolicyError(["no bound value for what a policy compares with"])
