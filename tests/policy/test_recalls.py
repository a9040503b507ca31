"""Acknowledging a recall: the policies against the table written by hand, cell by cell."""

from collections import Counter
from dataclasses import replace

import pytest
import yaml
from oracle import POLICIES

from hub.policy.commanded import CommandCode, CommandQuestion, Relation
from hub.policy.commanding import CommandRules
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes
from hub.recalls.acknowledging import SCOPE, RecallCommand

(COMMAND,) = RecallCommand
ROW = yaml.safe_load((POLICIES / "commands" / "recalls.yaml").read_text())[COMMAND]
SCOPES, PURPOSES = load_scopes(POLICIES), load_purposes(POLICIES)
RECEIVED = frozenset({Relation.RECEIVER})
PLAIN = CommandQuestion(COMMAND, "", 2, "", frozenset({SCOPE}), RECEIVED, case_named=False, in_that_case=False)


@pytest.fixture(scope="module")
def rules():
    return CommandRules.load(POLICIES)


def test_the_scope_is_that_of_the_mutation_and_within_every_ceiling():
    assert ROW["scope"] == SCOPE
    assert all(SCOPE in SCOPES.ceilings[kind] for kind in ROW["kinds"])


def test_every_cell_of_the_table(rules):
    decided = Counter()
    for kind in [*SCOPES.ceilings, "AUDIT"]:
        for purpose in PURPOSES:
            for relation in (None, *(one for one in Relation if one is not Relation.SUBJECT)):
                relations = frozenset({relation} if relation else ())
                question = replace(PLAIN, kind=kind, purpose=purpose, relations=relations)
                expected = purpose in ROW["kinds"].get(kind, ()) and relation is Relation.RECEIVER
                refused = rules.judge(question)
                assert (refused is None) is expected, question
                decided["acknowledge-recalls" if refused is None else refused.policy] += 1
                if refused and purpose in ROW["kinds"].get(kind, ()):
                    assert refused.code is CommandCode.NOT_A_PARTY, "as if there were nothing"
                without = rules.judge(replace(question, scopes=frozenset()))
                assert without
                decided[without.policy] += 1
    assert {rule for rule in rules.rules if rule.startswith("acknowledge-")} <= set(decided)


def test_a_superior_oversees_from_above_only(rules):
    question = replace(PLAIN, kind="HEALTH", purpose="case-oversight")
    assert rules.judge(question) is None
    assert rules.judge(replace(question, region_level=3)) is not None


def test_a_case_in_the_token_is_no_matter(rules):
    assert rules.judge(replace(PLAIN, kind="PUBLIC_SECURITY", purpose="criminal-referral", case_named=True)) is None
