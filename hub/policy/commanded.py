"""What is asked of the policies before a command, and what they answer: values only, for the slices that command."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Relation(StrEnum):
    """What the caller's agency is to the record or case that it commands."""

    SENDER = "SENDER"
    RECEIVER = "RECEIVER"
    """The present one, of a sent transfer."""
    PROCURATORATE = "PROCURATORATE"
    COMMON_SUPERIOR = "COMMON_SUPERIOR"
    OPENER = "OPENER"
    """It opened the case."""
    MEMBER = "MEMBER"
    """A party to some transfer of the case."""
    AUTHORITY = "AUTHORITY"
    """It decided the penalty."""
    TERRITORY = "TERRITORY"
    """The record lies in its region, or below."""
    SUBJECT = "SUBJECT"
    """A party of the case bears the agency's uscc."""


class CommandCode(StrEnum):
    """Why the policies refuse a command."""

    SCOPE_MISSING = "SCOPE_MISSING"
    PURPOSE_NOT_ALLOWED = "PURPOSE_NOT_ALLOWED"
    KIND_NOT_ALLOWED = "KIND_NOT_ALLOWED"
    OTHER_CASE = "OTHER_CASE"
    NOT_A_PARTY = "NOT_A_PARTY"
    """To be worded as if there were nothing: it must not tell that a record exists."""
    ROLE_NOT_ALLOWED = "ROLE_NOT_ALLOWED"


@dataclass(frozen=True, slots=True)
class CommandQuestion:
    """May an agency of this kind, for this purpose, being this to the record, give the command?

    Attributes:
        region_level: of the agency: 1 province, 2 prefecture, 3 county.
        case_named: the token names a case; `in_that_case`: the record belongs to it.
    """

    command: str
    kind: str
    region_level: int
    purpose: str
    scopes: frozenset[str]
    relations: frozenset[Relation]
    case_named: bool
    in_that_case: bool


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The `@id` that is told, its code, clause and words; `deciding` are all that forbid."""

    policy: str
    code: CommandCode
    basis: str
    zh: str
    en: str
    deciding: tuple[str, ...] = ()


class CommandPolicy(Protocol):
    """`hub.policy.commanding.CommandRules`, as the slices know it."""

    def judge(self, question: CommandQuestion) -> Forbidden | None:
        """None: permitted."""
        ...
