"""docs/integrating.md is run as it stands, and names everything that a partner can meet."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from site_running import Site

from hub.demo.numbers import uscc
from hub.files.kinds import KINDS
from hub.graph.errors import ErrorCode
from hub.http import documents, gateway
from hub.http.problems import TEXTS as PROBLEMS
from hub.http.problems import FileCode
from hub.http.statuses import STATUSES
from hub.oauth import errors, sharing
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes
from hub.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "integrating.md").read_text(encoding="utf-8")
HEALTH = ("medical-practice-regulation", "parties:read", "clues:read")
FILES = TEXT[TEXT.index("## Files") : TEXT.index("## A federation gateway")]
DOCUMENT = """query ($after: String) {
    page: institutions(first: 3, after: $after) { nodes { nhsaCode hiddenFields } pageInfo { hasNextPage endCursor } } }"""


CONTENTS = {
    "receiver": "640104-HEALTHCARE_SECURITY", "discoveredOn": "2026-11-02", "source": "REPORT", "summary": "挂床",
}  # fmt: skip


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def partner(site: Site, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the document's Python defines, for the health agency's system."""
    return defined(site, monkeypatch, "demo-health")


def defined(site: Site, monkeypatch: pytest.MonkeyPatch, client: str) -> dict[str, Any]:
    monkeypatch.setenv("HUB", site.url)
    monkeypatch.setenv("CLIENT", client)
    monkeypatch.setenv("KEY_FILE", str(site.data / "clients" / f"{client}.jwk"))
    names: dict[str, Any] = {}
    exec("\n".join(blocks("python")), names)  # the repository's own text
    return names


def test_token_query_and_pages(site: Site, partner: dict[str, Any]) -> None:
    access_token = partner["token"](*HEALTH, officer={"name": "李春晖", "certificateNo": "64010420001"})
    whole = site.post(access_token, DOCUMENT.replace("first: 3", "first: 7"), variables={"after": None}).json()
    seen = []
    for node in partner["pages"](DOCUMENT, {}, lambda _: access_token):
        seen.append(node)
        if len(seen) == 7:
            break
    assert seen == whole["data"]["page"]["nodes"]
    assert all(node["hiddenFields"] for node in seen)
    last = DOCUMENT.replace("first: 3", "first: 1000")
    assert len(list(partner["pages"](last, {}, lambda _: access_token))) == 1_500
    partner["revoke"](access_token)
    assert site.post(access_token, "{ viewer { purpose } }").status_code == 401


def test_a_token_that_ended_is_renewed_once(partner: dict[str, Any]) -> None:
    asked: list[bool] = []

    def get_token(renewed: bool) -> str:
        asked.append(renewed)
        return str(partner["token"](*HEALTH)) if renewed else "a" * 43

    assert partner["ask"]("{ viewer { clientId } }", {}, get_token)["data"]["viewer"]["clientId"] == "demo-health"
    assert asked == [False, True]
    refused = partner["ask"]("{ viewer { clientId } }", {}, lambda _: "a" * 43)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_command_is_carried_out_once(partner: dict[str, Any]) -> None:
    officer = {"name": "李春晖", "certificateNo": "64010420001"}

    def get_token(_: bool) -> str:
        return str(partner["token"](*HEALTH, "clues:write", officer=officer))

    case, draft = partner["hand_over"](CONTENTS, get_token)
    assert case.startswith("640104-")
    first, again = (
        partner["command"](
            "draftClueTransfer", "clueTransfer { id }", {"id": draft, "summary": "挂床住院"}, get_token, "k" * 8
        )
        for _ in range(2)
    )
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["clueTransfer"] == again["clueTransfer"] == {"id": draft}
    with pytest.raises(ValueError, match="IDENTITY_NUMBER_IN_TEXT"):
        partner["command"](
            "draftClueTransfer", "clueTransfer { id }", {"id": draft, "summary": "11010119900307003X"}, get_token
        )


def test_penalties_are_recorded_in_a_batch_and_the_bad_ones_told(partner: dict[str, Any]) -> None:
    officer = {"name": "李春晖", "certificateNo": "64010420001"}
    good = {
        "decisionNo": "银兴卫罚决〔2026〕900001号", "counterpartyCategory": "LEGAL_PERSON", "counterpartyName": "虚构诊所",
        "counterpartyUscc": uscc("91", "640104", 900_001), "violationType": "过度诊疗", "publishedFacts": "过度诊疗。",
        "facts": "过度诊疗。", "basis": "《医疗机构管理条例》第四十六条", "kinds": ["FINE"], "content": "罚款2000元。",
        "severity": "GENERAL", "fine": "2000", "decidedOn": "2026-10-08", "caseOfficers": ["虚构甲", "虚构乙"],
    }  # fmt: skip

    def get_token(_: bool) -> str:
        return str(partner["token"](HEALTH[0], "penalties:write", officer=officer))

    ((index, errors),) = partner["record"]([good, good | {"fine": None}], get_token)
    assert (index, [each["field"] for each in errors]) == (1, ["penalties.1.fine"])
    assert partner["record"]([good], get_token) == []


def test_a_credit_event_and_its_revocation(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the sample's client of healthcare security; the scores that the sample was loaded with follow."""
    security = defined(site, monkeypatch, "demo-healthcare-security")
    officer = {"name": "王安泽", "certificateNo": "64010410001"}

    def get_token(_: bool) -> str:
        scopes = ("credit:write", "credit:read", "parties:read")
        return str(security["token"]("fund-supervision", *scopes, officer=officer))

    ((code,),) = site.rows(
        "SELECT nhsa_code FROM credit_score WHERE region = '640104' AND period = '2026Q3' AND score < 1000"
        " AND score > 700 ORDER BY nhsa_code LIMIT 1"
    )
    before = site.rows("SELECT period, score FROM credit_score WHERE nhsa_code = %s ORDER BY period", code)
    made = security["late_data"](code, "2026-09-01", get_token)
    after = {one["period"]: one["score"] for one in made["institution"]["creditScores"]["nodes"]}
    assert after["2026Q3"] == str(dict(before)["2026Q3"] - 6)
    undone = security["withdraw"](made["event"], "核对有误", get_token)
    assert undone["institution"]["nhsaCode"] == code
    assert before == site.rows("SELECT period, score FROM credit_score WHERE nhsa_code = %s ORDER BY period", code)


def test_a_file_goes_up_and_comes_down(site: Site, partner: dict[str, Any], tmp_path: Path) -> None:
    officer = {"name": "李春晖", "certificateNo": "64010420001"}
    case = ""

    def get_token(_: bool) -> str:
        return str(partner["token"](*HEALTH, "clues:write", officer=officer, **({"case": case} if case else {})))

    source, copy = tmp_path / "床位照片.png", tmp_path / "copy"
    source.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(300_000))
    case, draft = partner["hand_over"](CONTENTS, get_token)
    file_id = partner["upload"](source, "image/png", case, get_token)
    item = {"kind": "OTHER", "dataClass": "INVESTIGATION", "fileId": file_id}
    partner["command"]("draftClueTransfer", "clueTransfer { id }", {"id": draft, "evidence": [item]}, get_token)
    partner["download"](draft, file_id, copy, get_token)
    assert copy.read_bytes() == source.read_bytes()
    with pytest.raises(SystemExit, match="WRONG_CONTENT"):
        partner["upload"](source.rename(tmp_path / "a.pdf"), "application/pdf", case, get_token)
    with pytest.raises(SystemExit, match="NOT_FOUND"):
        partner["download"](draft, case, copy, get_token)


def statuses_by_code(text: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for statuses, codes in re.findall(r"^\| ([\d ]+) \| ([^|]+) \|", text, re.MULTILINE):
        told |= dict.fromkeys(re.findall(r"`([A-Z_]+)`", codes), statuses)
    return told


def test_every_refusal_of_files_is_told_with_its_status() -> None:
    named = statuses_by_code(FILES)
    for code in FileCode:
        assert str(int(PROBLEMS[code][0])) in named[code].split(), code


def test_every_kind_of_file_is_named() -> None:
    told = {name for kind in KINDS.values() for name in kind.endings}
    assert told <= {".pdf", ".ofd", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".docx", ".xlsx", ".pptx", ".doc", ".wps",
                    ".xls", ".et", ".txt", ".csv", ".mp3", ".wav", ".mp4"}  # fmt: skip
    assert all(word in FILES for word in ("PDF", "OFD", "JPEG", "PNG", "TIFF", "WPS", "CSV", "MP3", "WAV", "MP4"))


def test_a_command_whose_outcome_is_unknown_is_sent_again(
    partner: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"done": {"case": {"caseNo": "1"}, "userErrors": [], "replayed": True}}
    answers = [{"errors": [{"extensions": {"code": "RESULT_NOT_SHOWN"}}]}, {"data": told}]
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(json.loads(request.content)["variables"]["input"]["idempotencyKey"])
        return httpx.Response(200, json=answers.pop(0))

    partner["http"] = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(partner["time"], "sleep", lambda _: None)
    assert partner["command"]("openCase", "case { caseNo }", {}, lambda _: "x") == told["done"]
    assert len(keys) == 2
    assert len(set(keys)) == 1


class Kept:
    """A partner's copy; stops its follower after so many pages."""

    def __init__(self, cursor: str | None, pages: int) -> None:
        self.cursor, self.pages, self.resyncs = cursor, pages, 0
        self.copy: dict[str, dict[str, Any]] = {}

    def replace(self) -> None:
        self.cursor, self.resyncs = None, self.resyncs + 1
        self.copy.clear()

    def put(self, public_id: str, record: dict[str, Any]) -> None:
        self.copy[public_id] = record

    def remove(self, public_id: str) -> None:
        del self.copy[public_id]

    def save(self, cursor: str) -> None:
        self.cursor, self.pages = cursor, self.pages - 1
        if not self.pages:
            raise StopIteration


def test_a_copy_is_kept_by_following(site: Site, partner: dict[str, Any]) -> None:
    access_token = partner["token"]("medical-practice-regulation", "parties:read", "clues:read", "feed:read")
    listed = site.post(access_token, "{ clueTransfers(first: 1000) { nodes { id } } }").json()["data"]["clueTransfers"]
    kept = Kept("a cursor of no feed", pages=1)
    partner["CHANGES"] = partner["CHANGES"].replace("first: 500", "first: 1000")
    with pytest.raises(StopIteration):
        partner["follow"](kept, lambda _: access_token)
    assert kept.resyncs == 1
    assert kept.copy.keys() == {node["id"] for node in listed["nodes"]} != set()


def test_a_hub_that_is_not_ready_is_waited_for(partner: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [httpx.Response(503, headers={"Retry-After": "3"}), httpx.Response(200, json={"data": {}})]
    waited: list[int] = []
    partner["http"] = httpx.Client(transport=httpx.MockTransport(lambda _: answers.pop(0)))
    monkeypatch.setattr(partner["time"], "sleep", waited.append)
    assert partner["ask"]("{ __typename }", {}, lambda _: "x") == {"data": {}}
    assert waited == [3]


def test_refusals_stop_the_program_with_their_text(partner: dict[str, Any]) -> None:
    with pytest.raises(SystemExit, match="invalid_scope"):
        partner["token"]("medical-practice-regulation", "ledger:read")
    for wrong, code in (("first: 0", "INVALID_ARGUMENT"), ("frist: 3", "GRAPHQL_VALIDATION_FAILED")):
        with pytest.raises(SystemExit, match=code):
            next(partner["pages"](DOCUMENT.replace("first: 3", wrong), {}, lambda _: partner["token"](*HEALTH)))


def test_the_query_by_curl(site: Site, partner: dict[str, Any]) -> None:
    command, *_ = blocks("sh")
    environment = os.environ | {"TOKEN": partner["token"](*HEALTH), "no_proxy": "127.0.0.1"}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["data"]["institutions"]["nodes"]) == 2


def test_law_and_papers_by_curl(site: Site, partner: dict[str, Any], tmp_path: Path) -> None:
    """The commands below the first: public law; the papers of a transfer that was received."""
    (row,) = site.rows(
        "SELECT public_id, case_no FROM clue_transfer WHERE receiver = '640104-HEALTH' AND received_at IS NOT NULL"
        " AND closed_at IS NULL ORDER BY id LIMIT 1"
    )
    officer = {"name": "李春晖", "certificateNo": "64010420001"}
    token = partner["token"](*HEALTH, case=row[1], officer=officer)
    environment = os.environ | {"TOKEN": token, "ID": str(row[0]), "no_proxy": "127.0.0.1"}
    law, papers = (next(block for block in blocks("sh") if word in block) for word in ("catalogue(", "/documents/"))
    for command in (law, papers):
        done = subprocess.run(
            ["sh", "-ec", command], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, done.stderr
        if command is law:
            data = json.loads(done.stdout)["data"]
            assert len(data["catalogue"][0]["entries"]) == 7
            assert data["routing"]["own"] == ["NX2022-HS-5"]
    assert len([path for path in tmp_path.iterdir() if path.read_bytes().startswith(b"PK")]) == 2


def test_the_signature_of_a_gateway(partner: dict[str, Any]) -> None:
    now, body = datetime.now(UTC), b'{"query": "{ a }"}'
    ((name, value),) = partner["signature"](b"k" * 32, body, int(now.timestamp())).items()
    assert name.lower().encode() == gateway.HEADER
    assert gateway.verify(b"k" * 32, value.encode(), body, now)


def test_the_schema_of_the_details_is_the_parsers() -> None:
    (block,) = blocks("json")
    item = json.loads(block)["items"]
    assert item["properties"].keys() == {"type", "purpose", "case", "officer"}
    officer = item["properties"]["officer"]["properties"]
    limits = [item["properties"][name]["maxLength"] for name in ("purpose", "case")]
    assert limits == [sharing.MAX_PURPOSE, sharing.MAX_CASE_NO]
    assert [part["maxLength"] for part in officer.values()] == [sharing.MAX_OFFICER] * 2
    full = {"type": "data_sharing", "purpose": "p", "case": "c", "officer": dict.fromkeys(officer, "o")}
    assert sharing.parse_sharing(json.dumps([full])).details() == [full]
    for change in ({name: None} for name in item["required"]):
        with pytest.raises(errors.Refused):
            sharing.parse_sharing(json.dumps([full | change]))
    with pytest.raises(errors.Refused):
        sharing.parse_sharing(json.dumps([full | {"more": "x"}]))


def test_every_name_is_told() -> None:
    folder = Settings().policies
    rows = set(re.findall(r"^\| `([a-z:-]+)` \|", TEXT, re.MULTILINE))
    purposes, scopes = load_purposes(folder), set(load_scopes(folder).titles)
    (unclaimed,) = re.findall(r"^No agency may claim these yet.*$", TEXT, re.MULTILINE)
    assert {row for row in rows if ":" in row} == scopes
    assert {row for row in rows if "-" in row} == {name for name, purpose in purposes.items() if purpose.claimants}
    assert set(re.findall(r"`([a-z-]+)`", unclaimed)) == {name for name, each in purposes.items() if not each.claimants}
    for name, purpose in purposes.items():
        for row in re.findall(rf"^\| `{name}` \|.*$", TEXT, re.MULTILINE):
            assert set(re.findall(r"`([A-Z_]+)`", row)) == purpose.claimants
            assert row.endswith(f"| {purpose.case} |")
            assert purpose.title_zh in row
            assert ("province" in row) == purpose.superior_only


def test_every_refusal_is_told_with_its_status() -> None:
    refusals = {value.code for value in vars(errors).values() if isinstance(value, errors.Refusal)}
    assert all(f"`{code}`" in TEXT for code in refusals)
    told = statuses_by_code(TEXT.replace(FILES, ""))
    papers = {code for code, _ in documents.TEXTS.values()}
    assert told.keys() == {code.value for code in ErrorCode} | papers
    for code in ErrorCode:
        assert str(STATUSES[code]) in told[code].split(), code


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert (DOCS / target).exists(), target
