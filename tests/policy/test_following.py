"""Acknowledging a feed: the policies against the table written by hand, cell by cell."""

from dataclasses import replace

import pytest
import yaml
from oracle import POLICIES

from hub.following.acknowledging import FollowingCommand
from hub.policy.commanded import CommandCode, CommandQuestion, Relation
from hub.policy.commanding import CommandRules
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes

TABLE = yaml.safe_load((POLICIES / "commands" / "feeds.yaml").read_text())["commands"]
SCOPES = load_scopes(POLICIES)
PURPOSES = list(load_purposes(POLICIES))
PLAIN = CommandQuestion("", "", 3, "", frozenset(), frozenset(), case_named=False, in_that_case=False)


@pytest.fixture(scope="module")
def rules():
    return CommandRules.load(POLICIES)


def test_the_table_names_every_command():
    assert set(TABLE) == set(FollowingCommand)


@pytest.mark.parametrize("command", TABLE)
def test_every_cell_of_the_table(rules, command):
    row = TABLE[command]
    for kind in [*SCOPES.ceilings, "AUDIT"]:
        for purpose in PURPOSES:
            for case_named in (False, True):
                for relations in (frozenset(), frozenset({Relation.SUBJECT})):
                    for scopes in (frozenset(), frozenset({row["scope"]})):
                        question = replace(
                            PLAIN, command=command, kind=kind, purpose=purpose, case_named=case_named,
                            relations=relations, scopes=scopes,
                        )  # fmt: skip
                        expected = purpose in row["purposes"] and bool(scopes)
                        refused = rules.judge(question)
                        assert (refused is None) is expected, question
                        if purpose in row["purposes"] and refused is not None:
                            assert refused.code is CommandCode.SCOPE_MISSING


def test_the_platform_may_be_granted_the_scope():
    assert "feed:read" in SCOPES.ceilings["CREDIT_PLATFORM"]
