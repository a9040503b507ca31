"""A condition on a record, as a value: what is left of the Cedar policies when all but the record is known.

Predicates are symbolic. The caller's own agency, region, uscc and case appear as parameters, so two callers with the
same rights have equal predicates, and the compiled SQL text is shared; the values are bound when the statement runs.
"""

from dataclasses import dataclass
from enum import StrEnum


class Parameter(StrEnum):
    """A value that is bound when the statement runs."""

    AGENCY = "agency"
    AGENCY_USCC = "agency_uscc"
    REGION = "region"
    CASE = "case_no"
    NOW = "now"
    TODAY = "today"
    WORKING_DAYS = "working_days"
    """Text, one character a day around today, "1" a working day in the caller's region: for what is derived only."""


class Operator(StrEnum):
    EQUALS = "=="
    IN_REGION = "in_region"  # the operand is a Region, the record's ancestors decide
    CONTAINS = "contains"  # the attribute is a set
    CONTAINS_ANY = "contains_any"
    ONE_OF = "one_of"  # the operand is a tuple of literals
    IS_TRUE = "is_true"  # the attribute is a boolean; operand None


@dataclass(frozen=True, slots=True)
class Const:
    value: bool


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Predicate"


@dataclass(frozen=True, slots=True)
class Test:
    """One test of one attribute of the record. `attribute` is "" where the record itself is tested (`resource in`).

    `level` is the level of the region (1 province, 2 prefecture, 3 county) for IN_REGION, else 0.
    """

    attribute: str
    operator: Operator
    operand: "Operand"
    level: int = 0


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that a policy names; entities by their id."""

    value: str | bool | int


@dataclass(frozen=True, slots=True)
class RecordOperand:
    """A Cedar record, `{"case": …, "agency": …}`, its fields in alphabetical order."""

    fields: tuple[tuple[str, "Parameter | Literal"], ...]


Operand = Parameter | Literal | RecordOperand | tuple[Literal, ...] | None
Predicate = Const | And | Or | Not | Test

TRUE = Const(True)
FALSE = Const(False)
