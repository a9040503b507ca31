"""Downloads by the policies of the field `evidence`: one decision, one ledger row before the bytes, ranges."""

import base64
import hashlib
from typing import Any
from uuid import uuid4

import pytest
from commands_world import FAR_HEALTH, HEALTH, RECEIPT, RESULT, SECURITY, first
from files_site import FilesSite, office, pdf, problem
from site_running import GRAPHQL

from hub.clues.commands import Command


@pytest.fixture(scope="module")
def content() -> bytes:
    return pdf(3_000_000)


@pytest.fixture(scope="module")
def sent(hub: FilesSite, content: bytes) -> tuple[str, str, str]:
    """Case number, transfer, file: sent by SECURITY to HEALTH, of class INVESTIGATION."""
    return hub.sent(content)


def told(response: Any) -> tuple[int, dict[str, Any], list[str]]:
    body = response.json()
    body.pop("id")
    return response.status_code, body, sorted(response.headers)


def test_the_receiver_downloads_what_was_sent(hub: FilesSite, sent: tuple[str, str, str], content: bytes) -> None:
    case_no, transfer, file_id = sent
    got = hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no))
    assert got.status_code == 200
    assert got.content == content
    sha = hashlib.sha256(content)
    assert got.headers["etag"] == f'"{sha.hexdigest()}"'
    assert got.headers["repr-digest"] == f"sha-256=:{base64.b64encode(sha.digest()).decode()}:"
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-length"] == str(len(content))
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"evidence.pdf\"; filename*=UTF-8''%E8%AF%A2%E9%97%AE%E7%AC%94%E5%BD%95.pdf"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in got.headers["content-security-policy"]


def test_the_sender_downloads_its_own_draft(hub: FilesSite) -> None:
    case_no, content = hub.case(), office("word/document.xml")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    file_id = hub.upload(case_no, content, "报告.docx", kind)
    transfer = hub.draft(case_no, (file_id, "INVESTIGATION"))
    assert hub.get(transfer, file_id, hub.bearer(case_no=case_no)).content == content
    assert hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no)).status_code == 404


def test_head_tells_what_get_would(hub: FilesSite, sent: tuple[str, str, str], content: bytes) -> None:
    case_no, transfer, file_id = sent
    auth = hub.bearer(first(HEALTH), case_no=case_no)
    head = hub.get(transfer, file_id, auth, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(content))
    assert "Evidence.content" not in hub.ledger()["shown"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=2999990-", 2_999_990, 3_000_000),
        ("bytes=1000000-99999999", 1_000_000, 3_000_000),
        ("bytes=-5", 2_999_995, 3_000_000),
        ("bytes=-99999999", 0, 3_000_000),
    ],
)
def test_ranges(hub: FilesSite, sent: tuple[str, str, str], content: bytes, asked: str, start: int, end: int) -> None:
    case_no, transfer, file_id = sent
    got = hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no), Range=asked)
    assert got.content == content[start:end]
    if (start, end) == (0, len(content)):
        assert got.status_code == 200
    else:
        assert got.status_code == 206
        assert got.headers["content-range"] == f"bytes {start}-{end - 1}/{len(content)}"
    assert "Evidence.content" in hub.ledger()["shown"]


@pytest.mark.parametrize("asked", ["bytes=3000000-", "bytes=99999999-100000000", "bytes=-0", "bytes=9-3"])
def test_a_range_outside_the_file(hub: FilesSite, sent: tuple[str, str, str], asked: str) -> None:
    case_no, transfer, file_id = sent
    got = hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no), Range=asked)
    assert (got.status_code, problem(got)) == (416, "RANGE_NOT_SATISFIABLE")
    assert got.headers["content-range"] == "bytes */3000000"
    assert "Evidence.content" not in hub.ledger()["shown"]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes=", "bytes=-"])
def test_other_ranges_are_passed_over(hub: FilesSite, sent: tuple[str, str, str], content: bytes, asked: str) -> None:
    case_no, transfer, file_id = sent
    got = hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no), Range=asked)
    assert (got.status_code, got.content) == (200, content)


def test_a_range_only_of_the_same_file(hub: FilesSite, sent: tuple[str, str, str], content: bytes) -> None:
    case_no, transfer, file_id = sent
    auth = hub.bearer(first(HEALTH), case_no=case_no)
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    same = hub.get(transfer, file_id, auth, Range="bytes=0-9", **{"If-Range": etag})
    assert (same.status_code, same.content) == (206, content[:10])
    for other in ('"other"', f"W/{etag}", "Sun, 22 Nov 2026 00:00:00 GMT"):
        whole = hub.get(transfer, file_id, auth, Range="bytes=0-9", **{"If-Range": other})
        assert (whole.status_code, len(whole.content)) == (200, len(content))
    unchanged = hub.get(transfer, file_id, auth, **{"If-None-Match": f'"x", {etag}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert "Evidence.content" not in hub.ledger()["shown"]


# --- the ledger --------------------------------------------------------------------------------------------------


def test_the_ledger_names_the_file_before_its_bytes(hub: FilesSite, sent: tuple[str, str, str]) -> None:
    case_no, transfer, file_id = sent
    auth = hub.bearer(first(HEALTH), case_no=case_no)
    url = f"{hub.files}/{transfer}/{file_id}"
    with hub.http.stream("GET", url, headers=auth) as got:  # no byte of the body was asked for yet
        row = hub.ledger()
        got.read()
    (item,) = hub.world.rows("SELECT id, transfer_id FROM evidence WHERE file_id = %s", file_id)
    ids = {int.from_bytes(row["record_ids"][at : at + 8]) for at in range(0, len(row["record_ids"]), 8)}
    assert ids == {item["id"], item["transfer_id"]}
    assert row["shown"] == ["ClueTransfer.evidence", "Evidence.content"]
    assert (row["outcome"], row["case_no"], row["purpose"]) == ("ANSWERED", case_no, "medical-practice-regulation")
    assert row["officer_certificate_no"] == first(HEALTH).certificate


def test_no_byte_without_the_ledger(hub: FilesSite, sent: tuple[str, str, str]) -> None:
    case_no, transfer, file_id = sent
    auth = hub.bearer(first(HEALTH), case_no=case_no)
    hub.world.owner.execute("REVOKE INSERT ON disclosure FROM hub_app")
    try:
        refused = hub.get(transfer, file_id, auth)
        assert (refused.status_code, problem(refused)) == (503, "LEDGER_UNAVAILABLE")
    finally:
        hub.world.owner.execute("GRANT INSERT ON disclosure TO hub_app")
    assert hub.get(transfer, file_id, auth).status_code == 200


def test_a_refused_download_names_no_record(hub: FilesSite, sent: tuple[str, str, str]) -> None:
    case_no, transfer, _ = sent
    assert hub.get(transfer, str(uuid4()), hub.bearer(first(HEALTH), case_no=case_no)).status_code == 404
    row = hub.ledger()
    assert (row["outcome"], row["error_codes"], row["record_ids"], row["shown"]) == ("REFUSED", ["NOT_FOUND"], b"", [])


# --- who may not -------------------------------------------------------------------------------------------------


def test_tokens_that_open_no_evidence_are_told_why_alike_for_every_file(
    hub: FilesSite, sent: tuple[str, str, str]
) -> None:
    case_no, transfer, file_id = sent
    for auth, reason in (
        (hub.bearer(first(HEALTH)), "CASE_REQUIRED"),
        (hub.bearer(first(HEALTH), case_no=case_no, scopes=("clues:write",)), "SCOPE_MISSING"),
        (hub.bearer(first(HEALTH), purpose="case-oversight"), "FORBIDDEN"),
        (hub.bearer(first(HEALTH), case_no=case_no, officer=False), "OFFICER_REQUIRED"),
        (hub.bearer(first(HEALTH), case_no=case_no, certificate="NOBODY-1"), "OFFICER_REQUIRED"),
    ):
        answers = [told(hub.get(*place, auth)) for place in ((transfer, file_id), (str(uuid4()), str(uuid4())))]
        assert answers[0] == answers[1]
        status, body, _ = answers[0]
        assert (status, body["code"]) == (403, "NOT_OPEN"), body
        assert body["reason"] == reason
        assert body["basis"]


def test_absent_foreign_and_hidden_are_one_answer(hub: FilesSite, sent: tuple[str, str, str]) -> None:
    case_no, transfer, file_id = sent
    hidden_case, hidden_transfer, hidden_file = hub.sent(pdf(), "TRADE_SECRET")  # never opened to 卫健
    other_case, other_transfer, other_file = hub.sent(pdf())
    answers = [
        told(hub.get(str(uuid4()), str(uuid4()), hub.bearer(first(HEALTH), case_no=case_no))),
        told(hub.get(transfer, str(uuid4()), hub.bearer(first(HEALTH), case_no=case_no))),
        told(hub.get(transfer, other_file, hub.bearer(first(HEALTH), case_no=case_no))),
        told(hub.get(other_transfer, file_id, hub.bearer(first(HEALTH), case_no=other_case))),
        told(hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=other_case))),
        told(hub.get(transfer, file_id, hub.bearer(first(FAR_HEALTH), case_no=case_no))),
        told(hub.get(hidden_transfer, hidden_file, hub.bearer(first(HEALTH), case_no=hidden_case))),
        told(hub.get("no-uuid", "no-uuid", hub.bearer(first(HEALTH), case_no=case_no))),
    ]
    assert {answer[0] for answer in answers} == {404}
    assert all(answer == answers[0] for answer in answers)
    # Its existence is not told, and the ledger knows why.
    hub.get(hidden_transfer, hidden_file, hub.bearer(first(HEALTH), case_no=hidden_case))
    assert hub.ledger()["masked"] == ["ClueTransfer.evidence"]
    assert hub.get(hidden_transfer, hidden_file, hub.bearer(first(SECURITY), case_no=hidden_case)).status_code == 200


def test_a_closed_case_closes_its_files_to_the_receiver(hub: FilesSite) -> None:
    case_no, transfer, file_id = hub.sent(pdf())
    world = hub.world
    for desk, command, given in (
        (first(HEALTH), Command.SIGN_RECEIPT, RECEIPT),
        (first(HEALTH), Command.START_HANDLING, {}),
        (first(HEALTH), Command.REPORT_RESULT, RESULT | {"decidedOn": world.now.date().isoformat()}),
        (first(SECURITY), Command.ACKNOWLEDGE_RESULT, {}),
        (first(HEALTH), Command.CLOSE, {}),
    ):
        assert hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no)).status_code == 200
        world.do(desk, command, id=transfer, **given)
    assert hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no)).status_code == 404
    assert hub.get(transfer, file_id, hub.bearer(case_no=case_no)).status_code == 200  # what it supplied itself


def test_without_a_token(hub: FilesSite, sent: tuple[str, str, str]) -> None:
    _, transfer, file_id = sent
    for auth in ({}, {"Authorization": "Bearer " + "x" * 43}, {"Authorization": "Basic eDp5"}):
        got = hub.get(transfer, file_id, auth)
        assert (got.status_code, problem(got)) == (401, "UNAUTHENTICATED")
        assert got.headers["www-authenticate"].startswith("Bearer")
    got = hub.http.get(f"{hub.files}/{transfer}/{file_id}?access_token=x")
    assert got.status_code == 401


def test_the_field_and_the_download_agree(hub: FilesSite, sent: tuple[str, str, str]) -> None:
    """What the list shows can be had, and nothing else."""
    case_no = hub.case()
    classes = ("PUBLIC", "PROCEDURE", "PARTY_IDENTITY", "INVESTIGATION", "HEALTH_DATA", "PERSONAL", "TRADE_SECRET")
    file_ids = [hub.upload(case_no, pdf()) for _ in classes]
    transfer = hub.draft(case_no, *zip(file_ids, classes, strict=True))
    hub.send(transfer)
    query = "query ($id: ID!) { clueTransfer(id: $id) { evidence { fileId } } }"
    for agency in (SECURITY, HEALTH):
        auth = hub.bearer(first(agency), case_no=case_no)
        body = {"query": query, "variables": {"id": transfer}}
        listed = hub.http.post(f"{hub.site.url}/graphql", json=body, headers={**auth, "accept": GRAPHQL}).json()
        seen = {item["fileId"] for item in listed["data"]["clueTransfer"]["evidence"]} - {None}
        got = {file_id for file_id in file_ids if hub.get(transfer, file_id, auth).status_code == 200}
        assert got == seen
        assert len(seen) == {SECURITY: 7, HEALTH: 5}[agency]


def test_asking_for_one_item_tells_of_hidden_ones_as_before(hub: FilesSite) -> None:
    case_no, transfer, hidden = hub.sent(pdf(), "TRADE_SECRET")
    query = "query ($id: ID!, $file: ID) { clueTransfer(id: $id) { evidence(fileId: $file) { name } hiddenFields } }"
    answers = []
    for file_id in (hidden, str(uuid4()), "x"):
        body = {"query": query, "variables": {"id": transfer, "file": file_id}}
        auth = hub.bearer(first(HEALTH), case_no=case_no)
        answers.append(hub.http.post(f"{hub.site.url}/graphql", json=body, headers={**auth, "accept": GRAPHQL}).content)
    assert answers[0] == answers[1] == answers[2]


def test_a_file_that_the_store_has_lost(hub: FilesSite) -> None:
    case_no, transfer, file_id = hub.sent(pdf())
    auth = hub.bearer(first(HEALTH), case_no=case_no)
    place = hub.site.data / "files" / "files" / file_id
    place.write_bytes(b"cut")
    assert problem(hub.get(transfer, file_id, auth)) == "FILE_LOST"
    place.unlink()
    got = hub.get(transfer, file_id, auth)
    assert (got.status_code, problem(got)) == (500, "FILE_LOST")
    row = hub.ledger()
    assert (row["outcome"], row["record_ids"]) == ("FAILED", b"")


def test_a_day_s_rows_count(hub: FilesSite) -> None:
    case_no, transfer, file_id = hub.sent(pdf())
    client = f"test-{HEALTH}"
    hub.world.owner.execute("UPDATE client SET daily_row_quota = 0 WHERE client_id = %s", (client,))
    try:
        got = hub.get(transfer, file_id, hub.bearer(first(HEALTH), case_no=case_no))
        assert (got.status_code, problem(got)) == (429, "QUOTA_EXCEEDED")
        assert int(got.headers["retry-after"]) > 0
    finally:
        hub.world.owner.execute("UPDATE client SET daily_row_quota = 1000000 WHERE client_id = %s", (client,))
