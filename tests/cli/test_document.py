"""`hub document`: a Word file on disk, or a message that says why not."""

import json
import re
from pathlib import Path

import pytest
from hub_process import hub

from tests.documents.paper_reading import text_of

SECURITY = ("--as", "demo-healthcare-security", "--purpose", "fund-supervision")


@pytest.fixture(scope="module")
def received(data: Path) -> dict[str, str]:
    """A transfer that the agency sent and the other received: id, caseNo, docNo."""
    document = """{ clueTransfers(first: 50, filter: {status: {eq: HANDLING}}) {
        nodes { id caseNo docNo receivedAt sender { code } } } }"""
    nodes = json.loads(hub("query", *SECURITY, "--data", str(data), document).stdout)["data"]["clueTransfers"]["nodes"]
    return next(node for node in nodes if node["receivedAt"] and node["sender"]["code"] == "640104-HEALTHCARE_SECURITY")


@pytest.mark.parametrize("kind", ["transfer-letter", "receipt"])
def test_a_paper_is_written_to_its_file(data: Path, received: dict[str, str], tmp_path: Path, kind: str) -> None:
    out = tmp_path / "文书.docx"
    case = ("--case", received["caseNo"])
    done = hub("document", kind, *SECURITY, *case, "--data", str(data), "--out", str(out), received["id"])
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert received["docNo"] in text_of(out.read_bytes())


def test_what_is_hidden_is_named_with_its_clause(data: Path, received: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "none.docx"
    done = hub("document", "transfer-letter", *SECURITY, "--data", str(data), "--out", str(out), received["id"])
    assert done.returncode == 1
    assert not out.exists()
    assert re.search(r"ClueTransfer\.summary  .*第", done.stderr)
    assert "不予打印残缺文书" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_there_and_nowhere_to_write(data: Path, received: dict[str, str], tmp_path: Path) -> None:
    case = ("--case", received["caseNo"])
    for identity, out, says in (
        ("99999999-9999-4999-8999-999999999999", tmp_path / "a.docx", "There is no such transfer"),
        ("../../etc/passwd", tmp_path / "a.docx", "nothing at this address"),
        (received["id"], tmp_path / "no" / "folder.docx", "cannot be written"),
    ):
        done = hub("document", "transfer-letter", *SECURITY, *case, "--data", str(data), "--out", str(out), identity)
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr
