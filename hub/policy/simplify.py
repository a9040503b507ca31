"""Builds predicates in one normal form, so that equal rights are equal values and make equal SQL text.

Negation stands only before a single test; `And` and `Or` are flat, without constants or repetitions, in one order, and
a part that is decided by its neighbours is gone. Nothing here knows what a test means.
"""

from collections.abc import Iterable

from hub.policy.predicate import FALSE, TRUE, And, Const, Not, Operator, Or, Predicate, Test

_COST = {
    Operator.EQUALS: 0,
    Operator.ONE_OF: 1,
    Operator.IN_REGION: 2,
    Operator.IS_TRUE: 3,
    Operator.CONTAINS: 4,
    Operator.CONTAINS_ANY: 5,
}
"""Order of the parts: what a column answers first, what asks another table last."""


def negation(predicate: Predicate) -> Predicate:
    match predicate:
        case Const(value):
            return Const(not value)
        case Not(part):
            return part
        case And(parts):
            return disjunction(negation(part) for part in parts)
        case Or(parts):
            return conjunction(negation(part) for part in parts)
        case Test():
            return Not(predicate)


def conjunction(parts: Iterable[Predicate]) -> Predicate:
    flat: dict[Predicate, None] = {}
    for part in parts:
        if part == FALSE:
            return FALSE
        if part != TRUE:
            flat.update(dict.fromkeys(conjuncts(part)))
    for single in [part for part in flat if isinstance(part, Test | Not)]:
        decided = {part: assume(part, single) for part in flat if part != single}
        if any(part != after for part, after in decided.items()):
            return conjunction([single, *decided.values()])
    # p and (p or q) is p, also where p is itself composed.
    kept = [part for part in flat if not any(conjuncts(d) <= flat.keys() - {part} for d in _alternatives(part))]
    # (p or q) and (p or q or r) is p or q.
    kept = [part for part in kept if not any(set() < _alternatives(o) < _alternatives(part) for o in kept)]
    return _one(And, kept, empty=TRUE)


def disjunction(parts: Iterable[Predicate]) -> Predicate:
    flat: dict[Predicate, None] = {}
    for part in parts:
        if part == TRUE:
            return TRUE
        if part != FALSE:
            flat.update(dict.fromkeys(part.parts if isinstance(part, Or) else (part,)))
    for single in [part for part in flat if isinstance(part, Test | Not)]:
        decided = {part: assume(part, negation(single)) for part in flat if part != single}
        if any(part != after for part, after in decided.items()):
            return disjunction([single, *decided.values()])
    # (p and q) or p is p; p in every alternative stands before all of them.
    kept = [part for part in flat if not any(conjuncts(other) < conjuncts(part) for other in flat)]
    if len(kept) > 1:
        common = frozenset.intersection(*(conjuncts(part) for part in kept))
        if common:
            rest = disjunction(conjunction(conjuncts(part) - common) for part in kept)
            return conjunction([*common, rest])
    return _one(Or, kept, empty=FALSE)


def assume(predicate: Predicate, known: Predicate) -> Predicate:
    """The predicate where `known`, one test or its negation, holds."""
    match predicate:
        case Const():
            return predicate
        case And(parts):
            return conjunction(assume(part, known) for part in parts)
        case Or(parts):
            return disjunction(assume(part, known) for part in parts)
        case _ if predicate == known:
            return TRUE
        case _ if predicate == negation(known):
            return FALSE
        case _:
            return predicate


def conjuncts(predicate: Predicate) -> frozenset[Predicate]:
    """The parts that must all hold."""
    if predicate == TRUE:
        return frozenset()
    return frozenset(predicate.parts if isinstance(predicate, And) else (predicate,))


def _alternatives(predicate: Predicate) -> frozenset[Predicate]:
    return frozenset(predicate.parts if isinstance(predicate, Or) else ())


def _one(kind: type[And] | type[Or], parts: list[Predicate], empty: Const) -> Predicate:
    if len(parts) < 2:  # noqa: PLR2004 - two make a pair
        return parts[0] if parts else empty
    return kind(tuple(sorted(parts, key=_order)))


def _order(predicate: Predicate) -> tuple[int, str]:
    test = predicate.part if isinstance(predicate, Not) else predicate
    return (_COST[test.operator] if isinstance(test, Test) else len(_COST), repr(predicate))
