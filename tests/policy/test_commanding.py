"""Commands: the policies against the table written by hand, cell by cell; every policy decides; closed in doubt."""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from shutil import copytree

import pytest
import yaml
from oracle import POLICIES

from hub.clues.lifecycle_case import CaseCommand
from hub.clues.lifecycle_words import Command
from hub.clues.tables_oversight import OversightCommand
from hub.officers.tables import OfficerCommand
from hub.policy.commanded import CommandCode, CommandQuestion, Relation
from hub.policy.commanding import CommandRules
from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.policy.purposes import load_purposes

TABLE = yaml.safe_load((POLICIES / "commands" / "table.yaml").read_text())
WORKING = TABLE["working"]
KINDS = [*WORKING, "CREDIT_PLATFORM", "HUB_OPERATOR", "AUDIT"]
PURPOSES = list(load_purposes(POLICIES))
ALL = frozenset({"clues:write", "clues:read"})
PLAIN = CommandQuestion("", "", 3, "", ALL, frozenset(), case_named=False, in_that_case=False)


@pytest.fixture(scope="module")
def rules():
    return CommandRules.load(POLICIES)


def allowed(row, kind, level, purpose, relations):
    """By the table alone."""
    kinds = list(WORKING) if row["kinds"] == "WORKING" else row["kinds"]
    wanted = WORKING.get(kind) if row["purpose"] == "WORKING" else row["purpose"]
    only = row.get("only", {})
    near = {one for one in row["by"] if one in relations and kind in only.get(one, KINDS)}
    return (
        kind in kinds and purpose == wanted and level in row.get("levels", (1, 2, 3)) and bool(near or "ANYONE" in row["by"])
    )  # fmt: skip


def test_the_table_names_every_command():
    commands = {*map(str, Command), *map(str, CaseCommand), *map(str, OfficerCommand), *map(str, OversightCommand)} - {
        str(Command.RECORD_ARRIVAL)
    }
    assert set(TABLE["commands"]) == commands


@pytest.mark.parametrize("command", TABLE["commands"])
def test_every_cell_of_the_table(rules, command):
    row = TABLE["commands"][command]
    near = [relation for relation in Relation if relation is not Relation.SUBJECT]
    for kind in KINDS:
        purposes = {WORKING.get(kind, "credit-publication"), "case-oversight", "hub-administration"}
        # Every purpose is tried by one kind that has it, so that the test stays short; the matrix of all is in `oracle`.
        for purpose in sorted(purposes | ({*PURPOSES} if kind == "HEALTH" else set())):
            for level in (2, 3) if purpose == "case-oversight" else (3,):
                for relations in [(), *combinations(near, 1)]:
                    question = replace(
                        PLAIN, command=command, kind=kind, region_level=level, purpose=purpose, relations=frozenset(relations)
                    )  # fmt: skip
                    expected = allowed(row, kind, level, purpose, set(relations))
                    assert (rules.judge(question) is None) is expected, question


def test_no_command_without_its_scope(rules):
    for command, row in TABLE["commands"].items():
        for kind, purpose in WORKING.items():
            for relation in (set(row["by"]) - {"ANYONE"}) | {"SENDER"}:
                question = replace(
                    PLAIN, command=command, kind=kind, purpose=purpose, relations=frozenset({Relation(relation)}),
                    scopes=frozenset({"clues:read"}),
                )  # fmt: skip
                refused = rules.judge(question)
                assert refused
                assert refused.code in {CommandCode.SCOPE_MISSING, CommandCode.PURPOSE_NOT_ALLOWED}


def test_a_subject_and_an_outsider_are_told_the_same_as_of_nothing(rules):
    """Whatever an agency is to the record, being its subject too it is told what one is told who is nothing to it."""
    for command in TABLE["commands"]:
        if command in {"openCase", "registerOfficer", "endOfficer", "drawSample"}:  # no record stands behind them
            continue
        for kind, purpose in WORKING.items():
            outside = rules.judge(replace(PLAIN, command=command, kind=kind, purpose=purpose))
            assert outside
            for relation in Relation:
                inside = replace(
                    PLAIN, command=command, kind=kind, purpose=purpose,
                    relations=frozenset({relation, Relation.SUBJECT}),
                )  # fmt: skip
                told = rules.judge(inside)
                assert told
                assert told.code == outside.code


def test_a_token_that_names_a_case_acts_in_no_other(rules):
    sender = replace(
        PLAIN, command="sendClueTransfer", kind="HEALTH", purpose="medical-practice-regulation", case_named=True,
        relations=frozenset({Relation.SENDER}),
    )  # fmt: skip
    refused = rules.judge(sender)
    assert refused
    assert (refused.code, refused.policy) == (CommandCode.OTHER_CASE, "command-named-case-only")
    assert rules.judge(replace(sender, in_that_case=True)) is None
    outside = rules.judge(replace(sender, relations=frozenset()))
    assert outside
    assert outside.code is CommandCode.NOT_A_PARTY


def test_every_policy_decides_something(rules):
    """A permit decides where taking it away refuses; a forbid where it is the one that is told."""
    decided = Counter()
    for command in TABLE["commands"]:
        for kind, purpose in [*WORKING.items(), ("HEALTH", "case-oversight")]:
            for relations in ((), (Relation.SENDER,), (Relation.RECEIVER,), (Relation.OPENER,), (Relation.COMMON_SUPERIOR,),
                              (Relation.RECEIVER, Relation.SUBJECT)):  # fmt: skip
                for named, scopes in ((False, ALL), (True, ALL), (False, frozenset())):
                    question = CommandQuestion(command, kind, 2, purpose, scopes, frozenset(relations), named, False)
                    refused = rules.judge(question)
                    if refused is None:
                        overseen = "command-spot-check" if command == "drawSample" else "command-designation"
                        decided[overseen if purpose == "case-oversight" else f"command-{purpose}"] += 1
                    else:
                        decided[refused.policy] += 1
    # Those of records.cedar decide in test_recording, of feeds.cedar in test_following, of recalls.cedar in test_recalls.
    others = ("record-", "feed-", "acknowledge-")
    assert {rule for rule in rules.rules if not rule.startswith(others) and not decided[rule]} == set()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('@id("senders-step")', '@id("receivers-step")', "given twice"),
        ('@order("71")', '@order("70")', "stands twice"),
        ('@code("OTHER_CASE")', '@code("SOMETHING")', "no such code"),
        ('@code("OTHER_CASE")\n', "", "@code is missing"),
        ('Action::"sendersStep"', 'Action::"sendersSteps"', "sendersSteps"),
        ('context.scopes.contains("clues:write")', 'context.scope.contains("clues:write")', "scope"),
        (
            'permit (principal, action in Action::"command", resource)\nwhen { ',
            'permit (principal, action in Action::"command", resource)\nwhen { resource.senders.contains(principal.agency) && ',
            "a permit looks at the record",
        ),
    ],
)
def test_policies_in_doubt_do_not_load(tmp_path, old, new, told):
    folder = copytree(POLICIES, tmp_path / "policies")
    path = folder / "commands" / "commands.cedar"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(PolicyError, match=told):
        CommandRules.load(folder)


def test_an_unknown_purpose_is_refused(rules):
    with pytest.raises(PolicyError):
        rules.judge(replace(PLAIN, command="openCase", kind="HEALTH", purpose="curiosity"))


def test_the_policy_version_covers_the_commands(tmp_path, engine):
    folder = copytree(POLICIES, tmp_path / "policies")
    (folder / "commands" / "commands.cedar").open("a").write("// changed\n")
    assert PolicyEngine(folder, tuple(engine._facts.values())).version != engine.version
