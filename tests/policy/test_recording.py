"""Commands on penalties, inspections and measures: the policies against the table written by hand, cell by cell."""

from collections import Counter
from dataclasses import replace

import pytest
import yaml
from oracle import POLICIES

from hub.penalties.recording import RecordCommand
from hub.policy.commanded import CommandCode, CommandQuestion, Relation
from hub.policy.commanding import CommandRules
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes

TABLE = yaml.safe_load((POLICIES / "commands" / "records.yaml").read_text())["commands"]
SCOPES = load_scopes(POLICIES)
KINDS = [*SCOPES.ceilings, "AUDIT"]
PURPOSES = list(load_purposes(POLICIES))
ALL = frozenset({"penalties:write", "inspections:write", "repairs:write", "credit:write"})
PLAIN = CommandQuestion("", "", 3, "", ALL, frozenset(), case_named=False, in_that_case=False)


@pytest.fixture(scope="module")
def rules():
    return CommandRules.load(POLICIES)


def test_the_table_names_every_command():
    assert set(TABLE) == set(RecordCommand)


def test_who_may_give_a_command_may_be_granted_its_scope():
    for row in TABLE.values():
        assert all(row["scope"] in SCOPES.ceilings[kind] for kind in row["kinds"])


@pytest.mark.parametrize("command", TABLE)
def test_every_cell_of_the_table(rules, command):
    row = TABLE[command]
    for kind in KINDS:
        for purpose in PURPOSES:
            for relation in (None, *(one for one in Relation if one is not Relation.SUBJECT)):
                question = replace(
                    PLAIN, command=command, kind=kind, purpose=purpose,
                    relations=frozenset({relation} if relation else ()),
                )  # fmt: skip
                near = row["by"] == "ANYONE" or relation == row["by"]
                expected = row["kinds"].get(kind) == purpose and near
                assert (rules.judge(question) is None) is expected, question


def test_no_command_without_its_own_scope(rules):
    for command, row in TABLE.items():
        for kind, purpose in row["kinds"].items():
            good = replace(
                PLAIN,
                command=command,
                kind=kind,
                purpose=purpose,
                relations=frozenset({Relation.AUTHORITY, Relation.TERRITORY}),
            )
            assert rules.judge(good) is None
            refused = rules.judge(replace(good, scopes=ALL - {row["scope"]}))
            assert refused
            assert refused.code is CommandCode.SCOPE_MISSING


def test_a_subject_and_an_outsider_are_told_the_same_as_of_nothing(rules):
    for command, row in TABLE.items():
        outside = {
            "AUTHORITY": ((), (Relation.SUBJECT,), (Relation.AUTHORITY, Relation.SUBJECT), (Relation.TERRITORY,)),
            "TERRITORY": ((), (Relation.SUBJECT,), (Relation.AUTHORITY,)),
        }
        for kind, purpose in row["kinds"].items():
            question = replace(PLAIN, command=command, kind=kind, purpose=purpose)
            for relations in outside.get(row["by"], ()):
                refused = rules.judge(replace(question, relations=frozenset(relations)))
                assert refused
                assert refused.code is CommandCode.NOT_A_PARTY


def test_a_token_that_names_a_case_acts_in_no_other(rules):
    for command, row in TABLE.items():
        for kind, purpose in row["kinds"].items():
            named = replace(
                PLAIN, command=command, kind=kind, purpose=purpose, case_named=True,
                relations=frozenset({Relation.AUTHORITY, Relation.TERRITORY}),
            )  # fmt: skip
            refused = rules.judge(named)
            assert refused
            assert refused.code is CommandCode.OTHER_CASE
            assert rules.judge(replace(named, in_that_case=True)) is None


def test_every_policy_decides_something(rules):
    decided = Counter()
    for command, row in TABLE.items():
        for kind, purpose in [*row["kinds"].items(), ("HEALTHCARE_SECURITY", "fund-supervision")]:
            for relations in ((), (Relation.AUTHORITY,), (Relation.AUTHORITY, Relation.SUBJECT), (Relation.TERRITORY,)):
                for named, scopes in ((False, ALL), (True, ALL), (False, frozenset())):
                    refused = rules.judge(
                        CommandQuestion(command, kind, 3, purpose, scopes, frozenset(relations), named, False)
                    )
                    if refused is None:
                        decided[f"record-{purpose}"] += 1
                    else:
                        decided[refused.policy] += 1
    assert {rule for rule in rules.rules if rule.startswith("record-") and not decided[rule]} == set()
