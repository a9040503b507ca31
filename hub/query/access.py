"""From verdict to what remains to be tested: the pair of a penalty joined, what the row policy implies removed."""

from collections.abc import Callable
from functools import lru_cache, partial

from hub.graph.declare import Classified
from hub.policy.predicate import FALSE, TRUE, Const, Not, Operator, Or, Predicate, Test
from hub.policy.simplify import conjunction, conjuncts, disjunction, negation
from hub.policy.verdict import Allow, Deny, Verdict, Verdicts, When
from hub.policy.vocabulary import DataClass

IS_PUBLISHED = Test("published", Operator.IS_TRUE, None)
"""The fact of `hub/penalties/facts.py` that the pair asks for."""
NOT_PUBLISHED = Not(IS_PUBLISHED)


def judge(verdicts: Verdicts, judged_as: str, classes: Classified) -> Verdict:
    """The verdict on a class, or on the pair "PUBLIC while published, else SUPERVISION" (domain.md D)."""
    return judge_by(partial(verdicts.of, judged_as), classes)


def judge_by(verdict_of: Callable[[DataClass], Verdict], classes: Classified) -> Verdict:
    """The same of a type whose verdicts are got one by one."""
    if not isinstance(classes, tuple):
        return verdict_of(classes)
    while_published, otherwise = (verdict_of(each) for each in classes)
    if while_published == otherwise:
        return while_published
    # The reason for a hidden record is that of the unpublished one, unless that is open.
    told = while_published if isinstance(otherwise, Allow) else otherwise
    first, second = conjuncts(predicate_of(while_published)), conjuncts(predicate_of(otherwise))
    # What both demand stays at the top, where the row policy can be recognised in it.
    shared = first & second
    predicate = conjunction(
        [
            *sorted(shared, key=repr),
            disjunction(
                [
                    conjunction([IS_PUBLISHED, *sorted(first - shared, key=repr)]),
                    conjunction([NOT_PUBLISHED, *sorted(second - shared, key=repr)]),
                ]
            ),
        ]
    )
    if isinstance(told, Allow) or isinstance(predicate, Const):
        return Allow() if predicate == TRUE or isinstance(told, Allow) else Deny(told.reason)
    return When(predicate, told.reason)


def predicate_of(verdict: Verdict) -> Predicate:
    """What a verdict asks of a row: nothing, what never holds, or its predicate."""
    match verdict:
        case Allow():
            return TRUE
        case Deny():
            return FALSE
        case When(predicate):
            return predicate


def known_from(predicate: Predicate | None) -> frozenset[Predicate]:
    """What holds for every row that meets the predicate; None: nothing is asked."""
    return frozenset() if predicate is None else frozenset(conjuncts(predicate))


@lru_cache(maxsize=20_000)
def remaining(predicate: Predicate, known: frozenset[Predicate]) -> Predicate | None:
    """The predicate without the conjuncts that are known to hold; None: it holds."""
    left = conjunction(sorted(conjuncts(predicate) - known, key=repr))
    return None if left == TRUE else left


MOST_ALTERNATIVES = 4
_FOUND_BY = (Operator.EQUALS, Operator.IN_REGION)


@lru_cache(maxsize=1_000)
def alternatives(predicate: Predicate) -> tuple[Predicate, ...]:
    """Predicates of which exactly one holds wherever this one does, each found by columns of its own.

    "Sent or received by an agency below": no index serves both in order, one each does. A predicate that is not such a
    choice is its only alternative.
    """
    parts = conjuncts(predicate)
    for choice in sorted((part for part in parts if isinstance(part, Or)), key=repr):
        ways = [way for part in choice.parts for way in _ways(part)]
        if len(ways) <= MOST_ALTERNATIVES and all(map(_is_found, ways)):
            rest = parts - {choice}
            return tuple(
                conjunction([way, *(negation(earlier) for earlier in ways[:at]), *sorted(rest, key=repr)])
                for at, way in enumerate(ways)
            )
    return (predicate,)


def _ways(predicate: Predicate) -> list[Predicate]:
    """A choice within a choice is laid open."""
    inner = [part for part in conjuncts(predicate) if isinstance(part, Or)]
    if len(inner) != 1:
        return [predicate]
    rest = sorted(conjuncts(predicate) - {inner[0]}, key=repr)
    return [conjunction([part, *rest]) for part in inner[0].parts]


def _is_found(predicate: Predicate) -> bool:
    return any(isinstance(part, Test) and part.operator in _FOUND_BY for part in conjuncts(predicate))
