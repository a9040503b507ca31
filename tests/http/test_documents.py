"""Papers over HTTP: the same token, purpose, policies and ledger as a query; refused and absent are one."""

import io
import json
import re
from urllib.parse import unquote

import httpx
import pytest
from docx import Document
from site_running import LOGGED, Site

from tests.documents.paper_reading import text_of

SECURITY, HEALTH = "demo-healthcare-security", "demo-health"
FUND, PRACTICE = "fund-supervision", "medical-practice-regulation"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NOBODY = "99999999-9999-4999-8999-999999999999"
_ERROR_ID = re.compile(r'"id":\s*"[0-9a-f]{32}"')


def get(
    site: Site, token: str | None, identity: str, name: str = "transfer-letter.docx", **more: object
) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return site.http.get(f"{site.url}/documents/{identity}/{name}", headers=headers, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def received(site: Site) -> tuple[str, str, str]:
    """A transfer of 兴庆区医保 to 卫健 that was received and is open: public id, case, number."""
    rows = site.rows(
        "SELECT public_id, case_no, doc_no FROM clue_transfer WHERE sender = '640104-HEALTHCARE_SECURITY'"
        " AND receiver = '640104-HEALTH' AND received_at IS NOT NULL AND closed_at IS NULL ORDER BY id LIMIT 1"
    )
    return str(rows[0][0]), rows[0][1], rows[0][2]


def test_a_letter_is_a_word_file_with_the_number_in_its_name(site: Site, received: tuple[str, str, str]) -> None:
    identity, case_no, doc_no = received
    answer = get(site, site.token(SECURITY, FUND, case_no), identity)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == WORD
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="transfer-letter.docx"; filename*=UTF-8')
    assert unquote(disposition.rpartition("'")[2]) == f"移送书-{doc_no}.docx"
    assert doc_no in text_of(answer.content)
    Document(io.BytesIO(answer.content))


def test_a_receipt_is_what_was_signed(site: Site, received: tuple[str, str, str]) -> None:
    identity, case_no, doc_no = received
    answer = get(site, site.token(HEALTH, PRACTICE, case_no), identity, "receipt.docx")
    assert answer.status_code == 200, answer.text
    found = text_of(answer.content)
    (row,) = site.rows(
        "SELECT r.officer_name, r.documents FROM transfer_receipt r JOIN clue_transfer t ON t.id = r.transfer_id"
        " WHERE t.public_id = %s",
        identity,
    )
    assert "（回执）" in found
    assert doc_no in found
    assert row[0] in found
    assert all(line in found for line in row[1])


def test_the_disclosure_is_in_the_ledger_when_the_paper_arrives(site: Site, received: tuple[str, str, str]) -> None:
    identity, case_no, _ = received
    token = site.token(SECURITY, FUND, case_no)
    count = "SELECT count(*) FROM disclosure WHERE case_no = %s AND row_count > 0"
    ((before,),) = site.rows(count, case_no)
    assert get(site, token, identity).status_code == 200
    ((after,),) = site.rows(count, case_no)
    assert after == before + 1


def test_what_is_not_there_and_what_may_not_be_known_are_one(site: Site) -> None:
    """A transfer to 纪检监察 between others, one that is only a draft, none, and no id at all."""
    (discipline,) = site.rows(
        "SELECT public_id FROM clue_transfer WHERE receiver_kind = 'DISCIPLINE_INSPECTION' AND sent_at IS NOT NULL"
        " AND sender <> '640104-HEALTH' LIMIT 1"
    )
    (draft,) = site.rows(
        "SELECT public_id FROM clue_transfer WHERE sent_at IS NULL AND receiver = '640104-HEALTH' LIMIT 1"
    )
    token = site.token(HEALTH, PRACTICE)
    for name in ("transfer-letter.docx", "receipt.docx"):
        answers = [get(site, token, one, name) for one in (str(discipline[0]), str(draft[0]), NOBODY, "nothing")]
        assert {answer.status_code for answer in answers} == {404}
        assert len({_ERROR_ID.sub("", answer.text) for answer in answers}) == 1
        assert len({tuple(answer.headers.keys()) for answer in answers}) == 1
        assert '"NOT_FOUND"' in answers[0].text
        assert [get(site, token, one, name).status_code for one in ("%00", "..%2f..%2fetc")] == [400, 404]


def test_an_incomplete_paper_is_refused_with_the_clauses(site: Site, received: tuple[str, str, str]) -> None:
    answer = get(site, site.token(SECURITY, FUND), received[0])
    assert answer.status_code == 403
    (entry,) = answer.json()["errors"]
    told = entry["extensions"]
    assert told["code"] == "DOCUMENT_INCOMPLETE"
    assert {"ClueTransfer.summary", "ClueTransfer.evidence"} <= {hidden["coordinate"] for hidden in told["masked"]}
    assert all(hidden["basis"] for hidden in told["masked"])


def test_a_receipt_that_nobody_signed_is_not_made(site: Site) -> None:
    ((identity, case_no),) = site.rows(
        "SELECT public_id, case_no FROM clue_transfer WHERE sender = '640104-HEALTHCARE_SECURITY' AND status = 'SENT' LIMIT 1"
    )
    answer = get(site, site.token(SECURITY, FUND, case_no), str(identity), "receipt.docx")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["extensions"]["code"] == "RECEIPT_NOT_SIGNED"


def test_who_asks_is_asked_first(site: Site, received: tuple[str, str, str]) -> None:
    identity = received[0]
    for token in (None, "a" * 43):
        answer = get(site, token, identity)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    good = site.token(SECURITY, FUND, received[1])
    assert get(site, None, identity, params={"access_token": good}).status_code == 400
    double = [("authorization", f"Bearer {good}"), ("authorization", "Bearer other")]
    url = f"{site.url}/documents/{identity}/transfer-letter.docx"
    assert site.http.get(url, headers=double).status_code == 400
    assert site.http.post(url, headers={"authorization": f"Bearer {good}"}).status_code == 405
    assert get(site, good, identity, "other.docx").status_code == 404


def test_the_log_names_the_route_and_nothing_of_the_request(site: Site, received: tuple[str, str, str]) -> None:
    identity, case_no, _ = received
    assert get(site, site.token(SECURITY, FUND, case_no), identity).status_code == 200
    lines = LOGGED.getvalue().decode()
    assert identity not in lines
    routes = {json.loads(line).get("route") for line in lines.splitlines() if '"http"' in line}
    assert "/documents/{id}/transfer-letter.docx" in routes
