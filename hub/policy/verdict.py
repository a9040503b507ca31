"""A verdict is a value with its reason; match on it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from hub.policy.predicate import Predicate
from hub.policy.vocabulary import DataClass, MaskCode


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field is hidden: the policy's `@id`, its `@basis` (clause), and what would open it.

    Attributes:
        code: one of the closed enum.
        policy: `@id` of an explicit `forbid`.
        basis: the clause, in Chinese short form (条例第三十二条).
        opens: purposes that open this class of this type on at least some records; the caller's own is among them
            where another token of it, naming a case or another case, would open more.
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


ALIASES: Mapping[str, str] = {"Region": "Agency"}
"""Types without a policy of their own: a region is part of its agency's or institution's public address."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All verdicts for callers with one structure of rights.

    Attributes:
        table: verdict by (type name in `hub.cedarschema`, data class).
        key: equal for two callers whose verdicts are all equal; fit to be part of a cache key.
    """

    table: Mapping[tuple[str, DataClass], Verdict]
    key: Hashable

    def of(self, type_name: str, data_class: DataClass) -> Verdict:
        """The verdict on a class of a type.

        Raises:
            KeyError: no policy knows the type; the caller of this function must refuse.
        """
        return self.table[ALIASES.get(type_name, type_name), data_class]
