"""Closed in every way (G4; design.md 3): what cannot be trusted fails the start, or refuses the request."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from hub.graph.records import RECORD_FACTS
from hub.policy.cedarschema import AttributeType
from hub.policy.concrete import Asker
from hub.policy.engine import PolicyEngine, Structure
from hub.policy.errors import PolicyError
from hub.policy.evaluate import PlainRecord
from hub.policy.facts import RecordFacts, Scalar
from hub.policy.purposes import load_purposes
from hub.policy.residual import Residual
from hub.policy.scopes import load_scopes
from hub.policy.vocabulary import DataClass
from tests.policy.conftest import Mend

FACTS = tuple(RECORD_FACTS.values())
HEAD = '@id("new") @basis("b") @order("200") @zh("z") @en("e")\nforbid (principal, action == Action::"read", resource'


def refused(folder: Path, facts: tuple[RecordFacts, ...] = FACTS) -> str:
    with pytest.raises(PolicyError) as caught:
        PolicyEngine.load(folder, facts)
    assert caught.value.problems
    return str(caught.value)


def add(folder: Path, policy: str) -> Path:
    (folder / "new.cedar").write_text(policy)
    return folder


def with_condition(folder: Path, condition: str, resource: str = " is ClueTransfer") -> Path:
    return add(folder, f"{HEAD}{resource}) when {{ {condition} }};")


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ('forbid (principal, action == Action::"read", resource);', "@id is missing"),
        (f"{HEAD});".replace('@basis("b")', ""), "new: @basis is missing"),
        (f"{HEAD});".replace('@basis("b")', '@basis("")'), "new: @basis is missing"),
        (f"{HEAD});".replace('@order("200")', ""), "new: @order is missing"),
        (f"{HEAD});".replace("200", "first"), "@order is no number"),
        (f"{HEAD});".replace("200", "92"), '@order("92") stands at more than one policy'),
        (f"{HEAD});".replace('"new"', '"own-subject"'), '@id("own-subject") stands at more than one policy'),
        (f"{HEAD});".replace("@zh", "@cn"), "@cn is not known"),
        ("forbid (", "new.cedar"),
        (f"{HEAD});".replace("principal,", 'principal == Client::"x",'), "in its head"),
        (f"{HEAD});".replace('action == Action::"read"', "action"), "the action is not one of"),
        (f"{HEAD});".replace("resource", 'resource == Agency::"x"'), "neither open nor of a type"),
        (f"{HEAD} is Agency in ?resource);", "templates are not used"),
    ],
)  # fmt: skip
def test_a_policy_of_another_form_fails_the_start(folder: Path, policy: str, problem: str) -> None:
    assert problem in refused(add(folder, policy))


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ('resource.senderKind like "H*"', "operator like"),
        ("principal.regionLevel + 1 == 2", "operator +"),
        ("resource has openFor", "operator has"),
        ("if resource.overdue then true else false", "operator if-then-else"),
        ("resource.subjects.isEmpty()", "operator isEmpty"),
        ('decimal("1.0").lessThan(decimal("2.0"))', "operator"),
        ('resource.sender == Agency::"640104-HEALTH"', "rights go by kind, never by name"),
        ('resource.senderRegion in Region::"640000"', "rights go by kind, never by name"),
        ('context.case == Case::"1"', "rights go by kind, never by name"),
        ('principal.agencyKind == "HELTH"', '"HELTH" is neither an agency kind nor a scope'),
        ('context.purpose == Purpose::"fund-supervison"', "fund-supervison"),
        ('context.dataClass == DataClass::"SECRET"', "SECRET"),
        ("resource.closed", "closed"),
        ("resource.sender == resource.receiver", "cannot be turned into SQL"),
        ("resource.senderRegion in resource.receiverRegion", "cannot be turned into SQL"),
        ("resource.senderRegion == resource.receiverRegion", "cannot be turned into SQL"),
        ("resource.parties.contains(resource.receiver)", "cannot be turned into SQL"),
        ("resource.case == context.case", "test context.hasCase first"),
        ('resource.openFor.contains({"case": context.case, "agency": principal.agency})', "test context.hasCase first"),
        ("resource == principal", "new"),
    ],
)  # fmt: skip
def test_a_condition_that_has_no_sql_fails_the_start(folder: Path, condition: str, problem: str) -> None:
    assert problem in refused(with_condition(folder, condition))


def test_a_condition_that_no_caller_of_today_reaches_fails_it_too(folder: Path) -> None:
    unreached = 'context.purpose == Purpose::"joint-work" && resource.senderKind like "H*"'
    assert "operator like" in refused(with_condition(folder, unreached))


def test_a_permit_that_looks_at_the_record_fails_the_start(mend: Mend) -> None:
    old = 'Purpose::"market-regulation" && principal'
    folder = mend("purposes.cedar", old, 'Purpose::"market-regulation" && resource is Agency && principal')
    assert "market-regulation: a permit looks at the record" in refused(folder)
    mend(
        "purposes.cedar", "resource is Agency && principal", "resource is ClueTransfer && resource.overdue && principal"
    )
    assert "market-regulation: a permit looks at the record" in refused(folder)


@pytest.mark.parametrize("read", ["context.hasCase", "context.dataClass", "context.scopes", "principal.agencyUscc"])
def test_a_permit_asks_for_purpose_and_kind_only(mend: Mend, read: str) -> None:
    """One look at the permits then answers for every class, case and record."""
    old = 'Purpose::"market-regulation" && principal'
    folder = mend("purposes.cedar", old, f'Purpose::"market-regulation" && {read} == {read} && principal')
    assert f"a permit looks at {read};" in refused(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("credit.cedar", "when { context", "when { contxt.x = 1 && context", "credit.cedar:6: 语法错误 syntax:"),
        ("clues.cedar", '@order("92")', '@order("a")', "discipline-transfer-parties-only: @order is no number"),
        ("clues.cedar", "resource.audience.contains(principal.agency) }", "resource.audience }", "clues.cedar:3: "),
        ("limitation.cedar", "resource in principal.region)", "resource.x)", "attribute `x` on entity type"),
    ],
)
def test_a_problem_is_told_with_file_and_line_and_in_words(
    mend: Mend, file: str, old: str, new: str, problem: str
) -> None:
    told = refused(mend(file, old, new))
    assert problem in told
    assert re.match(rf"{file}:\d+: ", told)
    assert not re.search(r"policy\d+|__entity|\{'|Operator\.|Test\(", told)


def test_what_has_no_sql_is_told_as_it_is_written(folder: Path) -> None:
    told = refused(with_condition(folder, "resource.sender == resource.receiver"))
    assert told.startswith("new.cedar:1: new on ClueTransfer: cannot be turned into SQL")
    assert told.endswith(": resource.receiver")


def refused_or_none(folder: Path) -> str:
    try:
        PolicyEngine.load(folder, FACTS)
    except PolicyError as error:
        return str(error)
    return ""


def test_no_policies_at_all_fail_the_start(folder: Path) -> None:
    for path in folder.glob("*.cedar"):
        path.unlink()
    assert "no policies" in refused(folder)


def test_a_denial_that_no_forbid_names_fails_the_start(mend: Mend) -> None:
    """Without the catch-all a purpose that has no permit would be refused in silence."""
    start = "unless {\n  // 公开信息\n"
    permit = 'Purpose::"agreement-management" && principal.agencyKind == '
    mend("purposes.cedar", f'{permit}"FUND_OPERATOR" }};', f'{permit}"HUB_OPERATOR" }};')
    assert "no forbid says so" in refused(mend("limitation.cedar", start, "unless {\n  true ||\n"))


# --- schema and facts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("overdue: Bool,", "overdue?: Bool,", "optional attributes let a forbid be skipped"),
        ("overdue: Bool,", "", "ClueTransfer.overdue: declared only in hub/*/facts.py"),
        ("overdue: Bool,", "overdue: Bool, secret: Bool,", "ClueTransfer.secret: declared only in hub.cedarschema"),
        ("overdue: Bool,", "overdue: String,", "ClueTransfer.overdue: the schema asks for Scalar"),
        ("parties: Set<Agency>,", "parties: Agency,", "ClueTransfer.parties: the schema asks for Scalar"),
        ("senderRegion: Region,", "senderRegion: String,", "ClueTransfer.senderRegion: the schema asks for Scalar"),
        ("entity Personnel in [Region]", "entity Personnel", "Personnel: lies in a Region only according to one"),
        ("entity Disclosure;", "entity Disclosure; entity Secret;", ""),
        ("Deduction, Disclosure", "Deduction, Disclosure, Case", "Case: readable only according to hub.cedarschema"),
        ('"joint-work", ', "", "do not name the same purposes"),
        ('"INFORMANT", "ADMINISTRATION"', '"INFORMANT", "ADMINISTRATION", "TOP"', "does not name the data classes"),
        ("entity Case;", "entity Case tags String;", "a form that the hub does not read"),
    ],
)  # fmt: skip
def test_schema_and_facts_must_agree(mend: Mend, old: str, new: str, problem: str) -> None:
    folder = mend("hub.cedarschema", old, new)
    assert problem in (refused(folder) if problem else refused_or_none(folder))


def test_a_fact_that_may_be_null_fails_the_start(folder: Path) -> None:
    table = Table("t", MetaData(), Column("case_no", Text, nullable=True), Column("x", Text, nullable=False))
    transfer = RECORD_FACTS["ClueTransfer"]

    def with_sender(column: str, where: Any) -> tuple[RecordFacts, ...]:
        facts = replace(transfer, attributes={**transfer.attributes, "sender": Scalar(column)}, table=where)
        return tuple(facts if one is transfer else one for one in FACTS)

    assert "clue_transfer.doc_no may be NULL" in refused(folder, with_sender("doc_no", transfer.table))
    assert "has no column nowhere" in refused(folder, with_sender("nowhere", transfer.table))
    assert "no table to look them up in" in refused(folder, with_sender("sender", None))
    assert "t.case_no may be NULL" in refused(folder, with_sender("case_no", table))


def test_cedar_itself_accepts_what_was_read_of_the_schema(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the schema misread, a record made from the reading would not fit Cedar's own."""
    from hub.policy import engine as module

    original = module.read_schema

    def misread(text: str) -> Any:
        schema = original(text)
        schema.entities["ClueTransfer"] = {
            **schema.entities["ClueTransfer"],
            "parties": AttributeType("String", is_set=True),
        }
        return schema

    monkeypatch.setattr(module, "read_schema", misread)
    assert "ClueTransfer" in refused(folder)


def test_a_type_that_the_policies_do_not_know_fails_the_start(folder: Path) -> None:
    assert "Secret: readable only according to hub/*/facts.py" in refused(folder, (*FACTS, RecordFacts("Secret")))
    assert "Disclosure: readable only according to hub.cedarschema" in refused(folder, FACTS[:-1])


def test_an_unknown_type_is_refused(engine: PolicyEngine) -> None:
    verdicts = engine.structured(next(engine.claimable()))
    with pytest.raises(KeyError):
        verdicts.of("Secret", DataClass.PUBLIC)
    assert verdicts.of("Region", DataClass.PUBLIC) == verdicts.of("Agency", DataClass.PUBLIC)


def test_an_unknown_purpose_is_refused(engine: PolicyEngine) -> None:
    with pytest.raises(PolicyError):
        engine.structured(Structure("HEALTH", 3, 'x") || true', False, frozenset()))


# --- residuals --------------------------------------------------------------------------------------------------------

RESOURCE = {"unknown": [{"Value": "resource"}]}
ALL = {part: {"op": "All"} for part in ("principal", "action", "resource")}


@pytest.mark.parametrize(
    "body",
    [
        {"Var": "resource"},
        {"&&": {"left": {"Value": True}, "right": {"Var": "context"}}},
        {".": {"left": {"Var": "resource"}, "attr": "overdue"}},
        {".": {"left": RESOURCE, "attr": "sender"}},
        {".": {"left": {".": {"left": RESOURCE, "attr": "sender"}}, "attr": "kind"}},
        {"Value": "true"},
        {"unknown": [{"Value": "resource"}]},
        {"is": {"left": RESOURCE, "entity_type": "Secret"}},
        {"is": {"left": RESOURCE, "entity_type": "Agency", "in": {"Value": True}}},
        {"in": {"left": RESOURCE, "right": {"Value": {"__entity": {"type": "Region", "id": "640000"}}}}},
        {"error": []},
    ],
)
def test_a_residual_that_is_not_understood_is_refused(body: dict[str, Any]) -> None:
    residual = Residual(RECORD_FACTS["ClueTransfer"], frozenset(RECORD_FACTS), 2)
    with pytest.raises(PolicyError):
        residual.policy({**ALL, "conditions": [{"kind": "when", "body": body}]})


def test_a_residual_whose_head_is_not_evaluated_is_refused() -> None:
    residual = Residual(RECORD_FACTS["Agency"], frozenset(RECORD_FACTS), 2)
    head = {**ALL, "resource": {"op": "is", "entity_type": "Agency"}}
    with pytest.raises(PolicyError):
        residual.policy({**head, "conditions": []})


def test_an_answer_that_misses_a_policy_is_refused(engine: PolicyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forbid that Cedar lost would open what it forbids."""
    import cedarpy

    original = cedarpy.is_authorized_partial

    def losing(*arguments: Any) -> Any:
        answer = original(*arguments)
        answer.residuals.popitem()
        return answer

    monkeypatch.setattr(cedarpy, "is_authorized_partial", losing)
    with pytest.raises(PolicyError, match="does not account for every policy"):
        engine.structured(Structure("NEW_KIND", 1, "joint-work", True, frozenset()))


@pytest.mark.parametrize(("member", "value"), [("errors", ["bad"]), ("unknown_entities", ['Agency::"x"'])])
def test_an_error_or_unknown_entity_is_refused(
    engine: PolicyEngine, monkeypatch: pytest.MonkeyPatch, member: str, value: list[str]
) -> None:
    import cedarpy

    original = cedarpy.is_authorized_partial

    def reporting(*arguments: Any) -> Any:
        answer = original(*arguments)
        answer.diagnostics._diagnostics[member] = value
        return answer

    monkeypatch.setattr(cedarpy, "is_authorized_partial", reporting)
    with pytest.raises(PolicyError, match=r"bad|unknown entity"):
        engine.structured(Structure("NEWER_KIND", 1, "joint-work", True, frozenset()))


def test_a_record_without_all_facts_is_refused(engine: PolicyEngine) -> None:
    asker = Asker("a", "HEALTH", "u", ("640000",), 1, "medical-practice-regulation", None, frozenset())
    with pytest.raises(PolicyError, match="not those of the schema: openFor"):
        engine.decide(asker, PlainRecord("Institution", ("640000",), {}), DataClass.PUBLIC)


# --- the YAML files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("purposes.yaml", "superior_only: true", "superior: true", "superior"),
        ("purposes.yaml", "case: optional", "case: sometimes", "case"),
        ("purposes.yaml", "claimants: [HEALTH]", "claimants: []", "nobody may claim it"),
        ("purposes.yaml", "name: agreement-management", "name: fund-supervision", "stands twice"),
        ("purposes.yaml", "claimants: [HEALTH]", "claimants: [HEALTH, AUDIT]", "AUDIT has no ceiling"),
        ("scopes.yaml", "[ledger:read,", "[ledger:write,", "ledger:write is not declared"),
        ("scopes.yaml", "  MARKET_REGULATION: *regulator", "  HEALTH: *regulator", "key given twice: HEALTH"),
        ("purposes.yaml", "purposes:", "purposes: [", "purposes.yaml"),
    ],
)
def test_a_spoiled_table_fails_the_start(mend: Mend, file: str, old: str, new: str, problem: str) -> None:
    assert problem in refused(mend(file, old, new))


def test_an_absent_table_fails_the_start(folder: Path) -> None:
    (folder / "scopes.yaml").unlink()
    assert "scopes.yaml: cannot be read" in refused(folder)
    with pytest.raises(PolicyError):
        load_scopes(folder)
    assert load_purposes(folder)


def test_the_version_follows_every_file_that_decides(folder: Path) -> None:
    def version() -> str:
        return PolicyEngine(folder, FACTS).version

    seen = [version()]
    for name in ("limitation.cedar", "hub.cedarschema", "purposes.yaml", "scopes.yaml"):
        path = folder / name
        comment = "\n// changed\n" if path.suffix != ".yaml" else "\n# changed\n"
        path.write_text(path.read_text() + comment)
        seen.append(version())
    assert len(set(seen)) == len(seen)
    (folder / "MATRIX.md").write_text("changed")
    assert version() == seen[-1]
