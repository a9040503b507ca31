"""Uploads by tus: restartable, checked by content, bound to a case, within a quota; refusals leave nothing."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from commands_world import FAR_HEALTH, HEALTH, SECURITY, first, second
from files_site import APPEND, PDF, TUS, FilesSite, metadata, office, pdf, problem

OOXML = "application/vnd.openxmlformats-officedocument"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(600)


def stored(hub: FilesSite) -> set[str]:
    """All objects of the store."""
    root = hub.site.data / "files"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_file_from_first_byte_to_complete(hub: FilesSite) -> None:
    case_no, content = hub.case(), pdf()
    created = hub.create(case_no, content)
    place = created.headers["Location"]
    assert created.status_code == 201
    assert created.headers["Tus-Resumable"] == "1.0.0"
    assert created.headers["Upload-Offset"] == "0"
    assert created.headers["Upload-Expires"].endswith("GMT")
    assert hub.offset(place) == 0
    assert hub.patch(place, 0, content[:3_000]).headers["Upload-Offset"] == "3000"
    assert hub.offset(place) == 3_000
    done = hub.patch(place, 3_000, content[3_000:])
    assert done.status_code == 204
    assert done.headers["Upload-Offset"] == str(len(content))
    assert "Upload-Expires" not in done.headers
    row = hub.row(place)
    assert (row["state"], row["stored"], row["parts"], row["agency"]) == ("COMPLETE", len(content), [], SECURITY)
    assert row["officer"] == first(SECURITY).certificate
    file = hub.site.data / "files" / "files" / str(row["file_id"])
    assert file.read_bytes() == content
    assert not any(name.startswith(f"uploads/{row['file_id']}") for name in stored(hub))
    told = hub.http.head(place, headers={**hub.bearer(), **TUS})
    assert told.headers["Upload-Length"] == str(len(content))
    sha = hashlib.sha256(content).hexdigest()
    assert told.headers["Upload-Metadata"] == metadata(
        caseNo=case_no, filename="询问笔录.pdf", filetype=PDF, sha256=sha
    )


def test_what_the_server_offers_is_told_to_anyone(hub: FilesSite) -> None:
    told = hub.http.options(hub.files)
    assert told.status_code == 204
    assert told.headers["Tus-Version"] == "1.0.0"
    assert told.headers["Tus-Max-Size"] == "200000000"
    assert told.headers["Tus-Extension"] == "creation,expiration,termination"


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
        ("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(60)),
        ("a.tif", "image/tiff", b"II*\x00" + bytes(60)),
        ("清单.docx", f"{OOXML}.wordprocessingml.document", office("word/document.xml")),
        ("清单.xlsx", f"{OOXML}.spreadsheetml.sheet", office("xl/workbook.xml")),
        ("票.ofd", "application/ofd", office("OFD.xml")),
        ("a.doc", "application/msword", OLE + bytes(600)),
        ("a.xls", "application/vnd.ms-excel", OLE + bytes(600)),
        ("明细.csv", "text/csv", "项目,金额\n输液,12.50\n".encode()),
        ("明细.CSV", "text/csv", "项目,金额\n输液,12.50\n".encode("gb18030")),
        ("a.txt", "text/plain", b"\xef\xbb\xbf" + "说明".encode()),
        ("a.mp4", "video/mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2" + bytes(60)),
        ("a.mp3", "audio/mpeg", b"ID3\x03\x00" + bytes(60)),
        ("a.wav", "audio/wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(60)),
    ],
)
def test_what_agencies_exchange_is_accepted(hub: FilesSite, name: str, media_type: str, content: bytes) -> None:
    assert hub.upload(hub.case(), content, name, media_type)


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("a.pdf", PDF, EXE),
        ("a.pdf", PDF, b"<!DOCTYPE html><html><script>1</script></html>"),
        ("a.pdf", PDF, SVG),
        ("a.png", "image/png", pdf()),
        ("a.mp4", "video/mp4", b"MZ\x90\x00ftypisom" + bytes(100)),
        ("a.txt", "text/plain", SVG),
        ("a.txt", "text/plain", b"#!/bin/sh\nrm -rf /\n"),
        ("a.txt", "text/plain", b"text\x00with zero"),
        ("a.csv", "text/csv", b"a,b\n" * 2_000 + b"\x1b[2J"),
        ("a.txt", "text/plain", b"\xff\xff\xff"),
        ("a.docx", f"{OOXML}.wordprocessingml.document", office("xl/workbook.xml")),
        ("a.docx", f"{OOXML}.wordprocessingml.document", office("word/document.xml", "word/vbaProject.bin")),
        ("a.docx", f"{OOXML}.wordprocessingml.document", b"PK\x03\x04" + bytes(500)),
        ("a.ofd", "application/ofd", office("word/document.xml")),
        ("a.doc", "application/msword", OLE + bytes(9_000) + "_VBA_PROJECT".encode("utf-16-le") + bytes(40)),
        ("a.xls", "application/vnd.ms-excel", OLE + bytes(900) + "_VBA_PROJECT_CUR".encode("utf-16-le")),
        ("a.txt", "text/plain", b" \n\xef\xbb\xbf<svg>"),
    ],
)
def test_other_content_than_declared_is_refused_and_removed(
    hub: FilesSite, name: str, media_type: str, content: bytes
) -> None:
    place = hub.opened(hub.case(), content, name, media_type)
    refused = hub.patch(place, 0, content)
    assert (refused.status_code, problem(refused)) == (415, "WRONG_CONTENT")
    row = hub.row(place)
    assert (row["state"], row["completed_at"]) == ("REFUSED", None)
    assert not any(str(row["file_id"]) in name for name in stored(hub))
    gone = hub.http.head(place, headers={**hub.bearer(), **TUS})
    assert gone.status_code == 410
    assert hub.patch(place, 0, content).status_code == 410


def test_a_large_file_of_another_kind_is_refused_with_its_first_part(hub: FilesSite) -> None:
    content = EXE + bytes(20_000_000)
    place = hub.opened(hub.case(), content)
    taken = 0

    def body():
        nonlocal taken
        for start in range(0, len(content), 65_536):
            taken += 1
            yield content[start : start + 65_536]

    refused = hub.patch(place, 0, body())
    assert problem(refused) == "WRONG_CONTENT"
    assert hub.row(place)["stored"] == 0


def test_a_wrong_hash_ends_the_upload(hub: FilesSite) -> None:
    content = pdf()
    place = hub.opened(hub.case(), content, sha256="00" * 32)
    refused = hub.patch(place, 0, content)
    assert (refused.status_code, problem(refused)) == (422, "WRONG_HASH")
    assert hub.row(place)["state"] == "REFUSED"
    assert not any(str(hub.row(place)["file_id"]) in name for name in stored(hub))


@pytest.mark.parametrize("size", [200_000_001, 201_000_000, 10**17])
def test_more_than_200_mb_is_refused_before_a_byte(hub: FilesSite, size: int) -> None:
    refused = hub.create(hub.case(), b"", size=size)
    assert (refused.status_code, problem(refused)) == (413, "FILE_TOO_LARGE")


def test_more_than_declared_is_refused_by_length_and_as_it_comes(hub: FilesSite) -> None:
    content = pdf(1_000)
    place = hub.opened(hub.case(), content)
    assert problem(hub.patch(place, 0, content + b"x")) == "FILE_TOO_LARGE"

    def chunked():
        for _ in range(2_000):
            yield bytes(1_000)

    assert problem(hub.patch(place, 0, chunked())) == "FILE_TOO_LARGE"
    assert hub.offset(place) == 0
    assert hub.patch(place, 0, content).status_code == 204


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"size": 0}, "INVALID_INPUT"),
        ({"name": "../../etc/passwd.pdf"}, "INVALID_INPUT"),
        ({"name": "a/b.pdf"}, "INVALID_INPUT"),
        ({"name": "a\\b.pdf"}, "INVALID_INPUT"),
        ({"name": "C:a.pdf"}, "INVALID_INPUT"),
        ({"name": ".pdf"}, "INVALID_INPUT"),
        ({"name": "a\x00.pdf"}, "INVALID_INPUT"),
        ({"name": "a\n.pdf"}, "INVALID_INPUT"),
        ({"name": "fdp.\u202eexe.pdf"}, "INVALID_INPUT"),
        ({"name": "a.exe"}, "INVALID_INPUT"),
        ({"name": "a.pdf.exe"}, "INVALID_INPUT"),
        ({"name": "a" * 300 + ".pdf"}, "INVALID_INPUT"),
        ({"name": "王某110101199003077715.pdf"}, "IDENTITY_NUMBER_IN_TEXT"),
        ({"name": "【机密】通知.pdf"}, "SECRET_IN_TEXT"),
        ({"sha256": "xyz"}, "INVALID_INPUT"),
        ({"media_type": "text/html"}, "MEDIA_TYPE_NOT_ACCEPTED"),
        ({"media_type": "image/svg+xml"}, "MEDIA_TYPE_NOT_ACCEPTED"),
        ({"media_type": "application/zip"}, "MEDIA_TYPE_NOT_ACCEPTED"),
        ({"media_type": "application/x-msdownload"}, "MEDIA_TYPE_NOT_ACCEPTED"),
    ],
)
def test_what_is_declared_has_its_form(hub: FilesSite, given: dict, code: str) -> None:
    before = hub.world.rows("SELECT count(*) AS n FROM evidence_file")
    refused = hub.create(hub.case(), pdf(), **given)
    assert problem(refused) == code
    assert refused.status_code == (415 if code == "MEDIA_TYPE_NOT_ACCEPTED" else 422)
    assert str(given.get("name", "王某")) not in refused.text
    assert hub.world.rows("SELECT count(*) AS n FROM evidence_file") == before


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412, "UNSUPPORTED_TUS_VERSION"),
        ({"Upload-Length": "-1"}, 400, "BAD_UPLOAD_REQUEST"),
        ({"Upload-Length": "1e3"}, 400, "BAD_UPLOAD_REQUEST"),
        ({"Upload-Metadata": "filename %%%"}, 400, "BAD_UPLOAD_REQUEST"),
        ({"Upload-Metadata": "filename YQ==,filename YQ=="}, 400, "BAD_UPLOAD_REQUEST"),
        ({"Upload-Metadata": "filename /w=="}, 400, "BAD_UPLOAD_REQUEST"),
        ({"Upload-Metadata": "filename " + "YWFh" * 2_000}, 400, "BAD_UPLOAD_REQUEST"),
        ({"Upload-Metadata": ""}, 422, "INVALID_INPUT"),
    ],
)
def test_malformed_requests(hub: FilesSite, headers: dict, status: int, code: str) -> None:
    sent = {**hub.bearer(), **TUS, "Upload-Length": "10", "Upload-Metadata": metadata(filename="a.pdf"), **headers}
    refused = hub.http.post(hub.files, headers=sent)
    assert (refused.status_code, problem(refused)) == (status, code)


def test_methods_and_addresses(hub: FilesSite) -> None:
    wrong = hub.http.get(hub.files, headers=hub.bearer())
    assert (wrong.status_code, problem(wrong), wrong.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "OPTIONS, POST")
    for path in ("/", "//", "/a/b/c", f"/{uuid4()}/", "/%2e%2e/x", "/a%2fb"):
        response = hub.http.get(f"{hub.files}{path}", headers=hub.bearer())
        assert response.status_code in (404, 405), path
    assert problem(hub.http.patch(f"{hub.files}/no-id", headers={**hub.bearer(), **APPEND, "Upload-Offset": "0"})) == (
        "NOT_FOUND"
    )


def test_a_body_of_another_media_type_is_refused(hub: FilesSite) -> None:
    place = hub.opened(hub.case(), pdf())
    headers = {**hub.bearer(), **TUS, "Upload-Offset": "0", "Content-Type": "application/pdf"}
    assert hub.http.patch(place, headers=headers, content=b"x").status_code == 415


# --- interrupted, repeated, at once ---------------------------------------------------------------------------------


def test_a_truncated_upload_goes_on_from_its_offset(hub: FilesSite) -> None:
    content = pdf(9_000_000)
    place = hub.opened(hub.case(), content)

    def cut():
        yield content[:6_000_000]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        hub.patch(place, 0, cut())
    # The hub stores what came, and may still be about it: then the offset has moved, and is asked for again.
    for _ in range(100):
        offset = hub.offset(place)
        if offset >= 2_000_000 and (done := hub.patch(place, offset, content[offset:])).status_code != 409:
            break
    assert offset <= 6_000_000
    assert done.status_code == 204
    assert hub.row(place)["state"] == "COMPLETE"


def test_a_wrong_offset_is_a_conflict(hub: FilesSite) -> None:
    content = pdf()
    place = hub.opened(hub.case(), content)
    early = hub.patch(place, 100, content[100:])
    assert (early.status_code, problem(early), early.headers["Upload-Offset"]) == (409, "OFFSET_CONFLICT", "0")
    hub.patch(place, 0, content[:100])
    assert problem(hub.patch(place, 0, content)) == "OFFSET_CONFLICT"


def test_completed_twice(hub: FilesSite) -> None:
    content = pdf()
    place = hub.opened(hub.case(), content)
    assert hub.patch(place, 0, content).status_code == 204
    again = hub.patch(place, 0, content)
    assert problem(again) == "OFFSET_CONFLICT"
    assert again.headers["Upload-Offset"] == str(len(content))
    assert hub.patch(place, len(content), b"").status_code == 204
    assert hub.row(place)["state"] == "COMPLETE"


def test_of_bodies_at_one_offset_one_counts(hub: FilesSite) -> None:
    case_no = hub.case()
    for _ in range(5):
        content = pdf(300_000)
        place = hub.opened(case_no, content)
        auths = [hub.bearer() for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda auth: hub.patch(place, 0, content[:200_000], auth), auths))  # noqa: B023
        assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
        assert hub.offset(place) == 200_000
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda auth: hub.patch(place, 200_000, content[200_000:], auth), auths))  # noqa: B023
        assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
        row = hub.row(place)
        assert row["state"] == "COMPLETE"
        assert (hub.site.data / "files" / "files" / str(row["file_id"])).read_bytes() == content
        assert not any(name.startswith(f"uploads/{row['file_id']}") for name in stored(hub))


def test_terminated_by_its_client(hub: FilesSite) -> None:
    content = pdf()
    place = hub.opened(hub.case(), content)
    hub.patch(place, 0, content[:2_000])
    assert hub.http.delete(place, headers={**hub.bearer(), **TUS}).status_code == 204
    assert hub.row(place)["state"] == "TERMINATED"
    assert hub.http.head(place, headers={**hub.bearer(), **TUS}).status_code == 410
    assert not any(str(hub.row(place)["file_id"]) in name for name in stored(hub))


def test_a_complete_file_is_not_terminated(hub: FilesSite) -> None:
    file_id = hub.upload(hub.case(), pdf())
    hub.http.delete(f"{hub.files}/{file_id}", headers={**hub.bearer(), **TUS})
    assert hub.row(file_id)["state"] == "COMPLETE"


# --- who -----------------------------------------------------------------------------------------------------------


def test_who_may_not_bring_files(hub: FilesSite) -> None:
    case_no, content = hub.case(), pdf()
    for auth, status, code in (
        ({"Authorization": "Bearer " + "x" * 43}, 401, "UNAUTHENTICATED"),
        (hub.bearer(scopes=("clues:read",)), 403, "SCOPE_MISSING"),
        (hub.bearer(purpose="case-oversight"), 403, "PURPOSE_NOT_ALLOWED"),
        (hub.bearer(officer=False), 403, "OFFICER_REQUIRED"),
        (hub.bearer(certificate="NOBODY-1"), 403, "OFFICER_NOT_REGISTERED"),
        (hub.bearer(case_no=hub.case()), 403, "OTHER_CASE"),
    ):
        refused = hub.create(case_no, content, auth=auth)
        assert (refused.status_code, problem(refused)) == (status, code)
    assert hub.http.post(hub.files, headers=TUS).status_code == 401
    assert hub.create(case_no, content, auth=hub.bearer(case_no=case_no)).status_code == 201


def test_an_absent_and_a_foreign_case_are_one_answer(hub: FilesSite) -> None:
    answers = []
    for case_no in (hub.case(), "640104-2026-999999"):
        refused = hub.create(case_no, pdf(), auth=hub.bearer(first(FAR_HEALTH)))
        body = refused.json()
        body.pop("id")
        answers.append((refused.status_code, body, [name for name, _ in refused.headers.items()]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_an_upload_is_its_clients_own(hub: FilesSite) -> None:
    content = pdf()
    case_no, _, _ = hub.sent(content)
    place = hub.opened(case_no, content)
    colleague, receiver = hub.bearer(second(SECURITY)), hub.bearer(first(HEALTH))
    assert hub.offset(place, colleague) == 0
    for auth in (receiver, hub.bearer(first(FAR_HEALTH))):
        absent = f"{hub.files}/{uuid4()}"
        for address in (place, absent):
            assert hub.http.head(address, headers={**auth, **TUS}).status_code == 404
            assert problem(hub.patch(address, 0, content, auth)) == "NOT_FOUND"
            assert hub.http.delete(address, headers={**auth, **TUS}).status_code == 404
    assert hub.row(place)["state"] == "OPEN"


def test_authority_is_asked_again_at_the_end(hub: FilesSite) -> None:
    content = pdf()
    place = hub.opened(hub.case(), content)
    auth = hub.bearer()

    def body():
        yield content[:3_000]
        hub.world.owner.execute("UPDATE access_token SET revoked_at = now() WHERE token_hash = %s", (_hash(auth),))
        yield content[3_000:]

    refused = hub.patch(place, 0, body(), auth)
    assert (refused.status_code, problem(refused)) == (401, "UNAUTHENTICATED")
    assert hub.row(place)["state"] == "OPEN"
    assert hub.patch(place, hub.offset(place), content[hub.offset(place) :]).status_code == 204


def _hash(auth: dict[str, str]) -> bytes:
    return hashlib.sha256(auth["Authorization"].removeprefix("Bearer ").encode()).digest()


def test_every_step_and_refusal_has_its_row_in_the_ledger(hub: FilesSite) -> None:
    def told() -> tuple:
        row = hub.ledger()
        return row["outcome"], row["error_codes"], row["record_ids"], row["officer_certificate_no"]

    officer = first(SECURITY).certificate
    content, case_no = pdf(), hub.case()
    place = hub.opened(case_no, content)
    assert told() == ("ANSWERED", [], b"", officer)
    hub.patch(place, 7, b"x")
    assert told() == ("REFUSED", ["OFFSET_CONFLICT"], b"", officer)
    hub.create("640104-2026-999999", content, auth=hub.bearer(first(FAR_HEALTH)))
    assert told()[:2] == ("REFUSED", ["NOT_A_PARTY"])


def test_no_name_no_case_no_token_reaches_the_log(hub: FilesSite) -> None:
    case_no, auth = hub.case(), hub.bearer()
    file_id = hub.upload(case_no, pdf(), "极不寻常的名称.pdf", auth=auth)
    logged = hub.site.log.getvalue().decode()
    for secret in ("极不寻常的名称", case_no, file_id, auth["Authorization"].removeprefix("Bearer ")):
        assert secret not in logged
    assert '"route":"/files"' in logged
