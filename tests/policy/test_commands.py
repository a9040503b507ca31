"""`hub policy explain | check | matrix`, as an operator types them."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import psycopg
import pytest
from oracle import POLICIES
from typer.testing import CliRunner, Result

from hub.demo.clients import register_demo_clients
from hub.policy.commands import policy_app
from hub.policy.engine import PolicyEngine

Ask = Callable[..., Result]
HEALTH = ("--as", "demo-health", "--purpose", "medical-practice-regulation")
CREDIT = ("--as", "demo-credit-platform", "--purpose", "credit-publication")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def site(sample_copy: Any, data: Path) -> Any:
    database = sample_copy()
    register_demo_clients(database.owner_url, data)
    return database


@pytest.fixture
def ask(site: Any, engine: PolicyEngine, monkeypatch: pytest.MonkeyPatch, data: Path) -> Ask:
    monkeypatch.setattr(PolicyEngine, "load", lambda *_, **__: engine)  # the same, loaded once
    monkeypatch.setenv("HUB_DATABASE_URL", site.owner_url)
    return lambda *words: CliRunner().invoke(policy_app, ["explain", "--data", str(data), *words])


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_a_denial_names_policy_clause_and_what_would_open_it(ask: Ask) -> None:
    answer = told(ask(*CREDIT, "--json", "CreditScore.deductions"))
    assert answer["type"] == "CreditScore"
    assert answer["agency"] == "640000-CREDIT_PLATFORM"
    (verdict,) = answer["verdicts"]
    assert (verdict["dataClass"], verdict["decision"]) == ("INVESTIGATION", "deny")
    assert (verdict["code"], verdict["policy"]) == ("PURPOSE_NOT_ALLOWED", "credit-firewall")
    assert verdict["basis"] == "条例第三十三条；004第十九条"
    assert verdict["opens"][0] == "fund-supervision"
    text = ask(*CREDIT, "CreditScore.deductions").stdout
    assert "拒绝 DENY" in text
    assert "credit-firewall" in text
    assert "条例第三十三条" in text


def test_the_case_changes_the_verdict(ask: Ask, site: Any) -> None:
    with psycopg.connect(site.owner_url) as connection:
        found = connection.execute(
            "SELECT case_no FROM clue_transfer WHERE receiver = '640104-HEALTH' AND sent_at IS NOT NULL"
            " AND closed_at IS NULL ORDER BY id LIMIT 1"
        ).fetchone()
    assert found
    (without,) = told(ask(*HEALTH, "--json", "ClueTransfer.summary"))["verdicts"]
    assert (without["decision"], without["code"]) == ("deny", "CASE_REQUIRED")
    (named,) = told(ask(*HEALTH, "--case", found[0], "--json", "ClueTransfer.summary"))["verdicts"]
    assert (named["decision"], named["code"]) == ("condition", "CONDITION_NOT_MET")
    assert "属于令牌载明的、本机关正在办理的案件" in named["condition"]["zh"]
    assert "open for the agency" in named["condition"]["en"]
    (item,) = told(ask(*HEALTH, "--case", found[0], "--json", "InsuredPerson.name"))["verdicts"]
    assert (item["dataClass"], item["code"]) == ("PERSONAL", "PURPOSE_NOT_ALLOWED")


def test_the_officer_changes_the_verdict(ask: Ask, site: Any, data: Path) -> None:
    """The client's own officer is the default, as for a token; a name that is not in the register opens nothing."""
    with psycopg.connect(site.owner_url) as connection:
        found = connection.execute(
            "SELECT case_no FROM clue_transfer WHERE receiver = '640104-HEALTH' AND sent_at IS NOT NULL"
            " AND closed_at IS NULL ORDER BY id LIMIT 1"
        ).fetchone()
    assert found
    named = (*HEALTH, "--case", found[0])
    answer = told(ask(*named, "--json", "ClueTransfer.summary"))
    assert answer["officer"] == {"name": "李春晖", "certificateNo": "64010420001", "registered": True}
    assert answer["verdicts"][0]["officerRequired"]
    text = ask(*named, "ClueTransfer.summary").stdout
    assert "李春晖 64010420001: 当日在册 / registered today" in text
    assert "由在册的执法人员读取 / read by a registered officer" in text
    for stranger in ("李春晖:64010410001", "王安泽:64010410001", "李春辉：64010420001", "某人:0000"):
        answer = told(ask(*named, "--officer", stranger, "--json", "ClueTransfer.summary"))
        assert not answer["officer"]["registered"], stranger
        (verdict,) = answer["verdicts"]
        assert (verdict["decision"], verdict["code"]) == ("deny", "OFFICER_REQUIRED")
        assert (verdict["policy"], verdict["officerRequired"]) == ("officer-not-registered", True)
        assert verdict["basis"] == "310号令第五条；处罚法第五十五条；条例第二十九条；000第三部分（二）"
        assert "medical-practice-regulation" in verdict["opens"]
    text = ask(*named, "--officer", "某人:0000", "ClueTransfer.summary").stdout
    assert "某人 0000: 当日不在本机关名册 / not in the agency's register today" in text
    assert "opens medical-practice-regulation: 载明在册的执法人员 / naming a registered officer" in text
    (party,) = told(ask(*named, "--officer", "某人:0000", "--json", "TransferParty.name"))["verdicts"]
    assert (party["decision"], party["officerRequired"]) == ("condition", False)
    (data / "clients" / "demo-health.json").rename(data / "none.json")
    try:
        answer = told(ask(*named, "--json", "ClueTransfer.summary"))
        assert (answer["officer"], answer["verdicts"][0]["code"]) == (None, "OFFICER_REQUIRED")
        assert "承办人未载明 / no officer named" in ask(*named, "ClueTransfer.summary").stdout
    finally:
        (data / "none.json").rename(data / "clients" / "demo-health.json")
    for bad in ("no-colon", "某\0人:64010420001", "某\u202e人:64010420001", "人" * 101 + ":1"):
        result = ask(*named, "--officer", bad, "ClueTransfer.summary")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "NAME:CERTIFICATE_NO" in result.stderr


@pytest.mark.parametrize(
    ("coordinate", "judged_as", "classes"),
    [
        ("Institution.name", "Institution", ["PUBLIC"]),
        ("PenaltyRecord.fine", "PenaltyRecord", ["PUBLIC", "SUPERVISION"]),
        ("CreditDeduction.reason", "Deduction", ["INVESTIGATION"]),
        ("CreditDimension.score", "CreditScore", ["SUPERVISION"]),
        ("TransferParty.name", "ClueTransfer", ["PARTY_IDENTITY"]),
        ("Institution.clueTransfers", "ClueTransfer", ["PROCEDURE"]),
        ("Query.creditScores", "CreditScore", ["SUPERVISION"]),
        ("Region.name", "Agency", ["PUBLIC"]),
        ("PageInfo.hasNextPage", None, []),
        ("Institution.hiddenFields", None, []),
    ],
)
def test_a_coordinate_is_judged_where_it_stands(
    ask: Ask, coordinate: str, judged_as: str | None, classes: list[str]
) -> None:
    answer = told(ask(*HEALTH, "--json", coordinate))
    assert answer["type"] == judged_as
    assert [verdict["dataClass"] for verdict in answer["verdicts"]] == classes
    assert ask(*HEALTH, coordinate).exit_code == 0


def test_evidence_is_told_for_each_class_of_an_item(ask: Ask) -> None:
    verdicts = told(ask(*HEALTH, "--json", "Evidence.name"))["verdicts"]
    assert [verdict["dataClass"] for verdict in verdicts][-1] == "INFORMANT"
    assert len(verdicts) == 9
    answer = told(ask(*HEALTH, "--json", "ClueTransfer.evidence"))
    assert answer["verdicts"] == verdicts
    assert (answer["list"]["dataClass"], answer["list"]["code"]) == ("INVESTIGATION", "CASE_REQUIRED")
    text = ask(*HEALTH, "ClueTransfer.evidence").stdout
    assert "每一件材料按其自身的类别 / each item by its own class" in text
    # Two that are denied alike are told apart where not the same purposes open them: oversight may open INVESTIGATION.
    assert "PARTY_IDENTITY: 拒绝 DENY / denied" in text
    assert "INVESTIGATION: 拒绝 DENY / denied" in text


def test_what_only_the_sender_sees_is_not_told_as_opened(ask: Ask, site: Any) -> None:
    with psycopg.connect(site.owner_url) as connection:
        found = connection.execute(
            "SELECT case_no FROM clue_transfer WHERE sender = '640104-HEALTH' LIMIT 1"
        ).fetchone()
    assert found
    text = ask(*HEALTH, "--case", found[0], "InsuredPerson.name").stdout
    assert "PERSONAL: 仅自行提供 CONDITION / only what the agency supplied itself" in text
    assert "PURPOSE_NOT_ALLOWED: 该目的不打开该类数据 / the purpose does not open this class" in text
    assert "never" not in text


def test_the_purpose_that_one_has_is_told_only_where_a_case_matters(ask: Ask, site: Any) -> None:
    own = "medical-practice-regulation"
    with psycopg.connect(site.owner_url) as connection:
        found = connection.execute(
            "SELECT case_no FROM clue_transfer WHERE sender = '640104-HEALTH' LIMIT 1"
        ).fetchone()
    assert found
    named = ("--case", found[0])
    for words, helps in (
        (("ClueTransfer.summary",), True),
        ((*named, "ClueTransfer.summary"), True),
        (("Institution.agreementStatus",), False),
        ((*named, "Institution.agreementStatus"), False),
        ((*named, "InsuredPerson.name"), False),
    ):
        (verdict,) = told(ask(*HEALTH, "--json", *words))["verdicts"]
        assert (own in verdict["opens"]) is helps, words
        assert len(verdict["opens"]) > helps
        text = ask(*HEALTH, *words).stdout
        assert (f"opens {own}: 载明该记录所属案件 / naming the record's own case" in text) is helps


def test_the_purposes_are_listed() -> None:
    listed = json.loads(CliRunner().invoke(policy_app, ["purposes", "--json"]).stdout)
    assert [one["name"] for one in listed][:2] == ["fund-supervision", "agreement-management"]
    assert {one["name"] for one in listed if not one["available"]} >= {"evidence-request", "joint-work"}
    assert listed[0]["claimants"] == ["HEALTHCARE_SECURITY"]
    text = CliRunner().invoke(policy_app, ["purposes"]).stdout
    assert "医疗保障基金使用监督 / Supervision of the use" in text


def test_a_missing_scope_is_told(ask: Ask) -> None:
    answer = told(ask(*CREDIT, "--json", "Query.clueTransfers"))
    assert answer["scope"] == {"required": "clues:read", "granted": False}
    assert "SCOPE_MISSING clues:read" in ask(*CREDIT, "Query.clueTransfers").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--as", "nobody", "--purpose", "fund-supervision", "Agency.name"), "no such client: nobody"),
        (("--as", "demo-health", "--purpose", "medical", "Agency.name"), "no such purpose: medical"),
        (("--as", "demo-health", "--purpose", "fund-supervision", "Agency.name"), "may not claim the purpose"),
        (("--as", "demo-health", "--purpose", "joint-work", "Agency.name"), "may not claim the purpose"),
        ((*HEALTH, "Agency.nam"), "near: Agency.name"),
        ((*HEALTH, "--case", "no-such-case", "Agency.name"), "not a case of this agency"),
        ((*CREDIT, "--case", "no-such-case", "Agency.name"), "names no case"),
    ],
)
def test_what_cannot_be_explained_is_said_and_fails(ask: Ask, words: tuple[str, ...], message: str) -> None:
    result = ask(*words)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not result.stdout


def test_a_purpose_that_is_not_granted_is_said(ask: Ask, site: Any) -> None:
    with psycopg.connect(site.owner_url) as connection:
        connection.execute(
            "UPDATE purpose_grant SET revoked_at = now(), revoked_by = 'test' WHERE client_id = 'demo-market-regulation'"
        )
    result = ask("--as", "demo-market-regulation", "--purpose", "market-regulation", "Agency.name")
    assert result.exit_code == 1
    assert "the purpose is not granted to the client" in result.stderr


def test_no_database_is_said_and_none_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HUB_DATABASE_URL", raising=False)
    result = CliRunner().invoke(policy_app, ["explain", "--data", str(tmp_path / "none"), *HEALTH, "Agency.name"])
    assert result.exit_code == 1
    assert "No database" in result.stderr
    assert not (tmp_path / "none").exists()


def test_check_and_matrix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = Path(copytree(POLICIES, tmp_path / "policies"))
    monkeypatch.setenv("HUB_POLICIES", str(folder))
    page = folder / "MATRIX.md"
    page.write_text("old")
    (folder / "cases" / "4-administration.yaml").unlink()
    bad = CliRunner().invoke(policy_app, ["check"])
    assert bad.exit_code == 1
    assert "MATRIX.md" in bad.stderr
    assert "hub-administration decides no case" in bad.stderr
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(policy_app, ["matrix"])
    assert made.exit_code == 0
    assert "policies/MATRIX.md\n" in made.stderr
    assert str(tmp_path) not in made.stderr
    assert page.read_text() == (POLICIES / "MATRIX.md").read_text()
    (folder / "credit.cedar").write_text("forbid")
    broken = CliRunner().invoke(policy_app, ["check"])
    assert broken.exit_code == 1
    assert "credit.cedar" in broken.stderr


def test_check_says_that_all_holds_and_that_a_server_must_be_restarted() -> None:
    good = CliRunner().invoke(policy_app, ["check"])
    assert good.exit_code == 0, good.stderr
    assert "全部通过 / all hold" in good.stderr
    assert "cases" in good.stderr
    assert "restarted" in good.stderr
