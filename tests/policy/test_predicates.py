"""Simplifying keeps the meaning, gives one form to equal conditions, and words to every condition."""

from itertools import product

import pytest
from asking import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st

from hub.policy.engine import PolicyEngine
from hub.policy.evaluate import PlainRecord, evaluate
from hub.policy.predicate import FALSE, TRUE, And, Const, Literal, Not, Operator, Or, Predicate
from hub.policy.predicate import Test as Single
from hub.policy.simplify import assume, conjunction, disjunction, negation
from hub.policy.verdict import When
from hub.policy.wording import words

FLAGS = ("a", "b", "c", "d")
A, B, C, D = (Single(name, Operator.IS_TRUE, None) for name in FLAGS)
TESTS = st.sampled_from([A, B, C, D])
raw = st.recursive(
    st.one_of(TESTS, st.sampled_from([TRUE, FALSE])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: And(tuple(parts))),
        st.lists(inner, max_size=4).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=12,
)


def built(predicate: Predicate) -> Predicate:
    match predicate:
        case And(parts):
            return conjunction(built(part) for part in parts)
        case Or(parts):
            return disjunction(built(part) for part in parts)
        case Not(part):
            return negation(built(part))
        case _:
            return predicate


def truths(predicate: Predicate) -> list[bool]:
    worlds = product((False, True), repeat=len(FLAGS))
    return [evaluate(predicate, PlainRecord("T", (), dict(zip(FLAGS, world, strict=True))), {}) for world in worlds]


@pytest.mark.property
@EXAMPLES
@given(raw)
def test_simplified_means_the_same(predicate: Predicate) -> None:
    simple = built(predicate)
    assert truths(simple) == truths(predicate)
    assert built(simple) == simple
    assert truths(negation(simple)) == [not truth for truth in truths(predicate)]


@pytest.mark.property
@EXAMPLES
@given(raw)
def test_simplified_is_flat_and_holds_no_constant(predicate: Predicate) -> None:
    def check(part: Predicate) -> None:
        if isinstance(part, Not):
            assert isinstance(part.part, Single)
        if isinstance(part, And | Or):
            assert len(set(part.parts)) == len(part.parts) > 1
            for inner in part.parts:
                assert not isinstance(inner, Const | type(part))
                check(inner)

    check(built(predicate))


@pytest.mark.property
@EXAMPLES
@given(raw, TESTS, st.booleans())
def test_assuming_a_test_agrees_where_it_holds(predicate: Predicate, test: Single, holds: bool) -> None:
    known: Predicate = test if holds else Not(test)
    before, after, held = truths(predicate), truths(assume(built(predicate), known)), truths(known)
    assert [b for b, h in zip(before, held, strict=True) if h] == [a for a, h in zip(after, held, strict=True) if h]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (conjunction([A, B, A]), conjunction([B, A])),
        (conjunction([A, disjunction([A, B])]), A),
        (disjunction([A, conjunction([A, B])]), A),
        (conjunction([A, disjunction([Not(A), B])]), conjunction([A, B])),
        (disjunction([conjunction([A, B]), conjunction([A, C])]), conjunction([A, disjunction([B, C])])),
        (conjunction([A, Not(A)]), FALSE),
        (disjunction([A, Not(A)]), TRUE),
        (conjunction([]), TRUE),
        (disjunction([]), FALSE),
        (conjunction([disjunction([A, B]), disjunction([disjunction([A, B]), C])]), disjunction([A, B])),
    ],
)
def test_one_form(one: Predicate, other: Predicate) -> None:
    assert one == other


def test_every_condition_has_words_in_both_languages(engine: PolicyEngine) -> None:
    for structure in engine.claimable():
        for verdict in engine.structured(structure).table.values():
            if isinstance(verdict, When):
                told = words(verdict.predicate)
                assert told.zh
                assert told.en.isascii()
                assert "Operator" not in told.en


def test_a_test_without_a_sentence_is_told_by_its_parts() -> None:
    told = words(Single("grade", Operator.ONE_OF, (Literal("A"), Literal("B"))))
    assert told == ("“grade为其一：A、B”", "[grade is one of A, B]")
