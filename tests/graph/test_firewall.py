"""The credit firewall: it holds, and every single change that could open it fails with the path."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.graph.export import FOLDER
from hub.graph.firewall import Proof, prove
from hub.graph.firewall_rules import FILE, implies, load_wall
from hub.graph.records import RECORD_FACTS
from hub.graph.subgraphs import public_sdl
from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.policy.predicate import FALSE, TRUE, And, Not, Operator, Or, Predicate
from hub.policy.predicate import Test as Tested
from hub.policy.vocabulary import DataClass
from hub.settings import Settings

POLICIES = Settings().policies
WALL = load_wall(POLICIES)
REACHED = tuple(WALL.fields)
Change = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    return load(POLICIES)


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A copy of the exported schema that the test may spoil."""
    return Path(copytree(FOLDER, tmp_path / "schema"))


@pytest.fixture
def change(schema: Path) -> Change:
    """`change(old, new)` replaces a text that must be there; the subgraphs are left out."""
    for path in schema.glob("*.subgraph.graphql"):
        path.unlink()

    def replace(old: str, new: str) -> Path:
        path = schema / "hub.graphql"
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        path.write_text(text.replace(old, new))
        return schema

    return replace


@pytest.fixture
def spoil(tmp_path: Path) -> Callable[..., Path]:
    """`spoil(file, old, new, …)` gives a copy of the policies with replaced texts that must be there."""

    def replace(file: str, *texts: str) -> Path:
        folder = tmp_path / "policies"
        if not folder.exists():
            copytree(POLICIES, folder)
        path = folder / file
        text = path.read_text()
        for old, new in zip(texts[::2], texts[1::2], strict=True):
            assert old in text, f"{file} does not hold {old}"
            text = text.replace(old, new, 1)
        path.write_text(text)
        return folder

    return replace


def load(folder: Path) -> PolicyEngine:
    return PolicyEngine.load(folder, tuple(RECORD_FACTS.values()), compiled=False)


def told(proof: Proof, *words: str) -> str:
    """The one problem, or the first, that holds all the words."""
    found = [problem for problem in proof.problems if all(word in problem for word in words)]
    assert found, "\n".join(["nothing tells of", *words, "but", *proof.problems[:20]])
    return found[0]


def in_type(name: str) -> str:
    """How the definition of an object type begins, in the exported SDL."""
    text = (FOLDER / "hub.graphql").read_text()
    found = re.search(rf"^type {name}\b[^{{\n]*{{\n", text, re.MULTILINE)
    assert found, name
    return found[0]


def test_the_wall_holds(engine: PolicyEngine) -> None:
    proof = prove(engine, POLICIES, FOLDER)
    assert proof.problems == ()
    # What is open, once more by hand and from afar: nothing of persons, cases, measures.
    kinds = {coordinate.partition(".")[0] for coordinate in proof.open}
    assert kinds == {
        "Agency", "Institution", "PenaltyRecord", "CreditScore", "CreditDimension", "InspectionResult",
        "PenaltyRecordChange", "CreditScoreChange", "InspectionResultChange", "Recall",
    }  # fmt: skip
    assert {"PenaltyRecord.facts", "PenaltyRecord.caseFileNo", "Institution.phone", "Personnel.name"} <= proof.closed
    assert not {"PenaltyRecord.legalRepresentativeId", "CreditScore.deductions"} & proof.open


# --- a field is added ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REACHED)
def test_a_field_of_any_class_at_any_type_fails_with_its_path(engine: PolicyEngine, change: Change, kind: str) -> None:
    classes = [[each] for each in DataClass] + [[DataClass.PUBLIC, DataClass.SUPERVISION]]
    added = "".join(
        f"  added{number}: String @dataClass(is: [{', '.join(each)}])\n" for number, each in enumerate(classes)
    )
    proof = prove(engine, POLICIES, change(in_type(kind), in_type(kind) + added))
    for number, each in enumerate(classes):
        problem = told(proof, f"{kind}.added{number}: {'/'.join(each)}")
        assert problem.startswith("Query.")
        assert f" → {kind}.added{number}: " in problem
        assert "permit credit-publication" in problem or "closed by " in problem


@pytest.mark.parametrize("kind", [*REACHED, "PageInfo", "Region", "Viewer", "PenaltyRecordEdge", "UserError"])
def test_a_field_without_a_class_fails(engine: PolicyEngine, change: Change, kind: str) -> None:
    proof = prove(engine, POLICIES, change(in_type(kind), in_type(kind) + "  added: String\n"))
    assert re.match(rf"(Query|Mutation)\.\w+.* → {kind}\.added: ", told(proof, f"{kind}.added", "no data class"))


def test_a_field_given_by_an_extension_is_seen(engine: PolicyEngine, schema: Path) -> None:
    path = schema / "hub.graphql"
    path.write_text(path.read_text() + "\nextend type Institution { owner: String @dataClass(is: [PUBLIC]) }\n")
    told(prove(engine, POLICIES, schema), "→ Institution.owner: PUBLIC", "open on every record")


# --- a field is reclassified -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REACHED)
def test_each_field_fails_under_another_class(engine: PolicyEngine, change: Change, kind: str) -> None:
    text = (FOLDER / "hub.graphql").read_text()
    body = text.partition(in_type(kind))[2].partition("\n}")[0]

    def other(found: re.Match[str]) -> str:
        return "@dataClass(is: [SUPERVISION])" if found[1] == "PUBLIC" else "@dataClass(is: [PUBLIC])"

    changed = re.sub(r"@dataClass\(is: \[([A-Z_, ]+)\]\)", other, body)
    proof = prove(engine, POLICIES, change(in_type(kind) + body, in_type(kind) + changed))
    fields = WALL.fields[kind]
    for name in (name for side in (fields.open, fields.closed) for names in side.values() for name in names):
        told(proof, f"→ {kind}.{name}: ")


@pytest.mark.parametrize(
    ("coordinate", "path"),
    [
        ("Institution.phone: String @dataClass(is: [PERSONAL])", "Query.institution → Institution.phone: PUBLIC"),
        (
            "PenaltyRecord.facts: String @dataClass(is: [INVESTIGATION])",
            "→ PenaltyRecord.facts: PUBLIC of PenaltyRecord",
        ),
        (
            "CreditScore.deductions: [CreditDeduction!] @dataClass(is: [INVESTIGATION])",
            "→ CreditScore.deductions: PUBLIC",
        ),
    ],
)
def test_what_is_hidden_made_public(engine: PolicyEngine, change: Change, coordinate: str, path: str) -> None:
    field = coordinate.partition(".")[2]
    public = re.sub(r"\[[A-Z]+\]\)$", "[PUBLIC])", field)
    told(prove(engine, POLICIES, change(f"  {field}\n", f"  {public}\n") if field.count("phone") == 0 else
               _of_institution(change, field, public)), path)  # fmt: skip


def _of_institution(change: Change, field: str, public: str) -> Path:
    """Both institutions and personnel have a phone."""
    text = (FOLDER / "hub.graphql").read_text()
    body = text.partition(in_type("Institution"))[2].partition("\n}")[0]
    return change(in_type("Institution") + body, in_type("Institution") + body.replace(field, public))


def test_public_is_not_published(engine: PolicyEngine, change: Change, spoil: Callable[..., Path]) -> None:
    """A field of a penalty that is PUBLIC always, not while it is published only: no line of the file makes it right."""
    field = "  servedOn: Date @dataClass(is: [SUPERVISION])\n"
    folder = spoil(FILE, "PUBLIC/SUPERVISION: [id,", "PUBLIC: [servedOn]\n      PUBLIC/SUPERVISION: [id,",
                   "SUPERVISION: [servedOn, notPublishedReason]", "SUPERVISION: [notPublishedReason]")  # fmt: skip
    changed = change(field, field.replace("SUPERVISION", "PUBLIC"))
    told(prove(engine, folder, changed), "→ PenaltyRecord.servedOn: PUBLIC", "the law does not give this")


# --- ways to a field -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "added", "words"),
    [
        ("Query", "everyone: [Personnel!]", ("Query.everyone: ", "no data class")),
        ("Query", "anything: Anything", ("Query.anything → Evidence.sha256: ", "no data class")),
        ("Institution", "owners: PersonnelConnection", ("→ Institution.owners: ", "no data class")),
        ("Institution", "cases: [ClueTransfer!] @dataClass(is: [PUBLIC])", ("→ Institution.cases: ", "out of scope")),
        ("CreditScore", "from: [CreditDeduction!] @dataClass(is: [SUPERVISION])", ("→ CreditScore.from: SUPERVISION",)),
        ("PenaltyRecordConnection", "ofCases: Int", ("→ PenaltyRecordConnection.ofCases: ", "no data class")),
        ("Query", "penaltiesOf(caseNo: String): PenaltyRecordConnection", ("Query.penaltiesOf(caseNo): ", "of a case")),
    ],
)
def test_a_new_way(engine: PolicyEngine, change: Change, place: str, added: str, words: tuple[str, ...]) -> None:
    path = change(in_type(place), f"{in_type(place)}  {added}\n") / "hub.graphql"
    path.write_text(path.read_text() + "\nunion Anything = Evidence | Institution\n")
    told(prove(engine, POLICIES, path.parent), *words)


def test_a_type_behind_an_interface(engine: PolicyEngine, schema: Path) -> None:
    path = schema / "hub.graphql"
    path.write_text(path.read_text() + "\nextend type Evidence implements Node { id: ID! @dataClass(is: [PUBLIC]) }\n")
    told(prove(engine, POLICIES, schema), "Query.node → Evidence.id: PUBLIC", "no policy judges this type")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "input CreditScoreFilter {\n",
            "caseNo: StringFilter",
            ("(filter) → CreditScoreFilter.caseNo: ", "no classified"),
        ),
        ("enum CreditScoreOrderField {\n", "CASE_NO", ("(orderBy) → CreditScoreOrderField.CASE_NO: ", "no classified")),
        ("input InstitutionFilter {\n", "clueTransfers: ClueTransferFilter", ("→ InstitutionFilter.clueTransfers: ",)),
        (
            "input RecordCreditRepairInput {\n",
            "caseNo: String",
            ("Mutation.recordCreditRepair(input) → Rec", ".caseNo: "),
        ),
        (
            "input PenaltyRecordFilter {\n",
            "hiddenFields: StringFilter",
            ("PenaltyRecordFilter.hiddenFields: ", "no classif"),
        ),
    ],
)
def test_a_new_condition(engine: PolicyEngine, change: Change, old: str, new: str, words: tuple[str, ...]) -> None:
    told(prove(engine, POLICIES, change(old, f"{old}  {new}\n")), *words)


def test_a_subgraph_that_says_otherwise(engine: PolicyEngine, schema: Path) -> None:
    path = schema / "parties.subgraph.graphql"
    text = path.read_text()
    assert "settlementAccount: String @dataClass(is: [TRADE_SECRET])" in text
    path.write_text(
        text.replace("settlementAccount: String @dataClass(is: [TRADE_SECRET])", "settlementAccount: String")
    )
    told(prove(engine, POLICIES, schema), "parties.subgraph.graphql: Institution.settlementAccount")


# --- scopes, policies, purposes, matrix ------------------------------------------------------------------------------

CEILING = "CREDIT_PLATFORM: [parties:read,"
FORBID = 'when { context.purpose == Purpose::"credit-publication" || principal.agencyKind == "CREDIT_PLATFORM" }'
REMIT = """Purpose::"credit-publication"]
      .contains(context.purpose) &&
    resource in principal.region) ||"""
EVERYWHERE = REMIT + ' context.purpose == Purpose::"credit-publication" ||'
SPOILT = {
    "a scope to read": (
        ("scopes.yaml", CEILING, f"{CEILING} clues:read,"),
        [
            ("ceilings.CREDIT_PLATFORM: clues:read: ", "a scope too many"),
            ("Query.node → ClueTransfer.institution: PROCEDURE of ClueTransfer",
             "closed by "),
        ],
    ),
    "a scope to count": (
        ("scopes.yaml", CEILING, f"{CEILING} statistics:read,"),
        [("Query.clueStatistics → ClueStatistics.sent: PROCEDURE of ClueCount: ", "closed by credit-firewall")],
    ),
    "a scope to write": (
        ("scopes.yaml", CEILING, f"{CEILING} clues:write,"),
        [("Mutation.openCase: ", "no data class"), ("Mutation.openCase → CasePayload.case: ", "tells of a case")],
    ),
    "no credit forbid": (
        ("credit.cedar", FORBID, 'when { principal.agencyKind == "HUB_OPERATOR" }'),
        [
            ("→ Personnel.name: PUBLIC of Personnel: ", "permit credit-publication", "the law does not give"),
            ("→ Institution.agreementStatus: SUPERVISION", "the law does not give"),
            ("→ PenaltyRecord.decisionNo: PUBLIC/SUPERVISION", "it opens more than"),
            ("→ AgreementMeasure.measureNo: SUPERVISION", "the law does not give"),
        ],
    ),
    "penalties of persons": (
        ("credit.cedar", "(resource is PenaltyRecord && !resource.naturalPerson)", "resource is PenaltyRecord"),
        [("→ PenaltyRecord.counterpartyName: PUBLIC/SUPERVISION", "it opens more than “penalties of organisations")],
    ),
    "one type more": (
        ("credit.cedar", "resource is CreditScore || resource is InspectionResult",
         "resource is CreditScore || resource is InspectionResult || resource is Personnel"),
        [("→ Personnel.points: SUPERVISION of Personnel: ", "else closed by supervision-within-remit")],
    ),
    "an explanation": (
        ("credit.cedar", "resource is CreditScore || resource is InspectionResult",
         "resource is CreditScore || resource is InspectionResult || resource is Effect"),
        [("Query.explainScore(asOf): ", "arguments.Query.explainScore"), ("Query.explainScore.asOf (refused)",)],
    ),
    "another region": (
        ("limitation.cedar", REMIT, EVERYWHERE),
        [("→ CreditScore.score: SUPERVISION of CreditScore: ", "open on every record", "“institutions of the region")],
    ),
    "another purpose": (
        ("purposes.yaml", "claimants: [HEALTHCARE_SECURITY]", "claimants: [HEALTHCARE_SECURITY, CREDIT_PLATFORM]"),
        [("→ Institution.name: PUBLIC of Institution: ", "closed by purpose-claimants-only")],
    ),
    "a case in the token": (
        ("purposes.yaml", "basis: 条例第三十三条；004第十九条\n    case: none", "basis: 条例第三十三条；004第十九条\n    case: optional"),
        [("purposes.yaml: credit-publication: ", "may name no case")],
    ),
    "another matrix": (
        ("matrix.yaml", "PenaltyRecord: {PUBLIC: firms}", "PenaltyRecord: {PUBLIC: all}"),
        [("matrix.yaml / firewall.yaml: credit-publication: PenaltyRecord PUBLIC: all / firms",)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_wall_pulled_down(spoil: Callable[..., Path], name: str) -> None:
    texts, expected = SPOILT[name]
    folder = spoil(*texts)
    proof = prove(load(folder), folder, FOLDER)
    for words in expected:
        told(proof, *words)


# --- the file itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["PROCEDURE", "PERSONAL", "INVESTIGATION", "ADMINISTRATION", "PUBLIC/PROCEDURE"])
def test_no_line_opens_a_higher_class(spoil: Callable[..., Path], wrong: str) -> None:
    folder = spoil(FILE, "  Agency: {PUBLIC: all}", f"  Agency: {{PUBLIC: all}}\n  ClueTransfer: {{{wrong}: all}}")
    with pytest.raises(PolicyError, match=f"ClueTransfer: {wrong} .*may not be opened"):
        load_wall(folder)


def test_a_line_for_what_is_not_there(engine: PolicyEngine, spoil: Callable[..., Path]) -> None:
    folder = spoil(FILE, "PUBLIC: [code, kind,", "PUBLIC: [code, fax, kind,", "  Mutation: [", "  Mutation: [repair, ")
    proof = prove(engine, folder, FOLDER)
    told(proof, "firewall.yaml: Agency.fax (open)")
    told(proof, "firewall.yaml: Mutation.repair (structure)")


def test_a_line_with_a_case_number(engine: PolicyEngine, change: Change, spoil: Callable[..., Path]) -> None:
    """Though policy, class and file all agree: its name is against it."""
    folder = spoil(FILE, "period, score, grade,", "period, caseNo, score, grade,")
    added = "  caseNo: String @dataClass(is: [SUPERVISION])\n"
    proof = prove(engine, folder, change(in_type("CreditScore"), in_type("CreditScore") + added))
    assert told(proof, "→ CreditScore.caseNo: ", "its name tells of a case").startswith("Query.")


# --- when a condition says no more -----------------------------------------------------------------------------------


def _test(name: str) -> Tested:
    return Tested(name, Operator.IS_TRUE, None)


A, B, C = _test("a"), _test("b"), _test("c")


def _pairs() -> Iterator[tuple[Predicate, Predicate, bool]]:
    yield And((A, B)), A, True
    yield A, And((A, B)), False
    yield Or((And((A, B)), And((A, Not(C))))), A, True
    yield Or((A, B)), A, False
    yield And((Or((A, B)), Not(B))), A, True
    yield FALSE, A, True
    yield TRUE, A, False
    yield A, TRUE, True
    yield Not(A), Not(And((A, B))), True


@pytest.mark.parametrize(("given", "wanted", "expected"), list(_pairs()))
def test_implies(given: Predicate, wanted: Predicate, expected: bool) -> None:
    assert implies(given, wanted) is expected


def test_too_much_to_try_is_no_proof() -> None:
    assert not implies(And(tuple(_test(f"t{number}") for number in range(15))), _test("t1"))


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_the_path_and_fails(monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    spoilt = change(in_type("Institution"), in_type("Institution") + "  owner: String @dataClass(is: [PUBLIC])\n")
    monkeypatch.setattr("hub.policy.commands.SCHEMA", spoilt)
    ran = CliRunner().invoke(app, ["policy", "firewall"])
    assert ran.exit_code == 1
    assert "→ Institution.owner: PUBLIC of Institution: " in ran.output


def test_the_command_walks_what_the_code_says_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who adds a field and does not export the schema gets no proof of the old one."""
    said = public_sdl()
    added = said.replace(in_type("Institution"), in_type("Institution") + "  owner: String @dataClass(is: [PUBLIC])\n")
    assert added != said
    monkeypatch.setattr("hub.graph.export.public_sdl", lambda: added)
    ran = CliRunner().invoke(app, ["policy", "firewall"])
    assert ran.exit_code == 1
    assert "→ Institution.owner: PUBLIC of Institution: " in ran.output
    assert "schema/hub.graphql: 与代码不符" in ran.output
