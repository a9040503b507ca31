"""From what is left of each policy to one verdict with one reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hub.policy.errors import PolicyError
from hub.policy.predicate import FALSE, TRUE, Const, Not, Operator, Parameter, Predicate, Test
from hub.policy.simplify import assume, conjunction, disjunction, negation
from hub.policy.source import Policy
from hub.policy.verdict import Allow, Deny, Reason, Verdict, When
from hub.policy.vocabulary import MaskCode

OWN_SUPPLY = Test("sender", Operator.EQUALS, Parameter.AGENCY)
"""What a sender supplied itself stays open to it under every purpose (domain.md P). That is no work of the purpose: to
say what a purpose opens, it is set aside, else every purpose would seem to open everything."""


@dataclass(frozen=True)
class Effects:
    """Every policy, by `@id`, as a condition on one type of record, for one caller's structure and one data class."""

    permits: Mapping[str, Predicate]
    forbids: Mapping[str, Predicate]

    @cached_property
    def opened(self) -> Predicate:
        """Some permit applies and no forbid does."""
        if self.refusing:
            return FALSE
        return conjunction([disjunction(self.permits.values()), negation(disjunction(self.forbids.values()))])

    @cached_property
    def aside(self) -> "Effects":
        """The same for records that the caller did not supply itself."""
        return Effects(_aside(self.permits), _aside(self.forbids))

    def but(self, others: "Effects") -> "Effects":
        """The same with some policies otherwise; itself, where they are not."""
        if others.permits.items() <= self.permits.items() and others.forbids.items() <= self.forbids.items():
            return self
        return Effects({**self.permits, **others.permits}, {**self.forbids, **others.forbids})

    @cached_property
    def refusing(self) -> tuple[str, ...]:
        """The forbids that apply to every record, the most telling first."""
        return tuple(name for name, predicate in self.forbids.items() if predicate == TRUE)

    @cached_property
    def limiting(self) -> tuple[str, ...]:
        """The forbids that apply to some records, the most telling first."""
        return tuple(name for name, predicate in self.forbids.items() if not isinstance(predicate, Const))


def _aside(policies: Mapping[str, Predicate]) -> dict[str, Predicate]:
    return {
        name: predicate if isinstance(predicate, Const) else assume(predicate, Not(OWN_SUPPLY))
        for name, predicate in policies.items()
    }


@dataclass(frozen=True, slots=True)
class Question:
    """What one verdict is about.

    Attributes:
        effects: under the caller's token.
        named_case: the same if the token named a case, where it names none and the purpose allows one; else None.
        with_officer: the same if the token named a registered officer, where it names none; else None.
        purpose: of the token.
        opens: purposes that open the class of the type.
    """

    effects: Effects
    named_case: Effects | None
    purpose: str
    opens: tuple[str, ...]
    with_officer: Effects | None = None


def judge(question: Question, policies: Mapping[str, Policy]) -> Verdict:
    """The verdict on one type and class; `policies` by `@id`.

    Raises:
        PolicyError: the class is denied, but no forbid says so on every record.
    """
    opened = question.effects.opened
    if opened == TRUE:
        return Allow()
    code, policy = _why(question)
    reason = Reason(code, policy, policies[policy].basis, question.opens)
    return Deny(reason) if opened == FALSE else When(opened, reason)


def _why(question: Question) -> tuple[MaskCode, str]:
    """Code and forbid, for a record that the caller did not supply itself."""
    effects = question.effects.aside
    refusing = effects.refusing
    if question.with_officer and question.with_officer.opened != FALSE and question.effects.opened == FALSE:
        # Told also where only the own supply would open: of that it is the one true reason.
        passing = [name for name in question.effects.refusing if name not in question.with_officer.refusing]
        return MaskCode.OFFICER_REQUIRED, _first([*passing, *question.effects.limiting])
    if effects.opened != FALSE:
        return MaskCode.CONDITION_NOT_MET, _first(effects.limiting)
    # Two limits may together refuse what neither refuses alone: then the first of them is told.
    if question.named_case is not None:
        named_case = question.named_case.aside
        lasting = named_case.refusing
        if named_case.opened != FALSE:
            passing = [name for name in refusing if name not in lasting]
            return MaskCode.CASE_REQUIRED, _first([*passing, *effects.limiting])
        refusing = lasting or refusing
    absolute = not question.opens or question.purpose in question.opens
    code = MaskCode.FORBIDDEN if absolute else MaskCode.PURPOSE_NOT_ALLOWED
    # Limits explain nothing where nobody may come at all: then a forbid must refuse, or the start fails.
    admitted = any(permit != FALSE for permit in effects.permits.values())
    return code, _first([*refusing, *(effects.limiting if admitted else ())])


def _first(names: Sequence[str]) -> str:
    if not names:
        raise PolicyError(["a class is denied, but no forbid says so: the reason cannot be told"])
    return names[0]
