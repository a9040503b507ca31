"""A verdict is a value with its reason; match on it."""

from dataclasses import dataclass

from hub.policy.predicate import Predicate
from hub.policy.vocabulary import MaskCode


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field is hidden: the policy's `@id`, its `@basis` (clause), and what would open it.

    Attributes:
        code: one of the closed enum.
        policy: `@id` of an explicit `forbid`.
        basis: the clause, in Chinese short form (条例第三十二条).
        opens: purposes that open this class of this type on at least some records.
    """

    code: MaskCode
    policy: str
    basis: str
    opens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allow:
    """Open on every record."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Open on no record."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class When:
    """Open on the records that meet the predicate; `reason` is told for the others."""

    predicate: Predicate
    reason: Reason


Verdict = Allow | Deny | When
