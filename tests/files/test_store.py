"""The store alone (in memory, as any remote one), containers that attack their reader, and a client that is not ours."""

import asyncio
import hashlib
import io
import logging
import secrets
import struct
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from commands_world import SECURITY, first
from files_site import PDF, FilesSite, office, pdf
from tusclient.client import TusClient

from hub.files import kinds
from hub.files.assemble import NotOfItsKind, WrongHash, assemble
from hub.files.objects import ObjectMissing, Objects, open_objects
from hub.files.tables import FileState
from hub.files.uploads import Upload
from hub.settings import Settings

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(params=["memory:///hub", ""])
def objects(request, tmp_path: Path) -> Objects:
    return open_objects(request.param, tmp_path / "files")


def upload(content: bytes, media_type: str = PDF, parts: tuple[str, ...] = (), **more: str) -> Upload:
    from datetime import UTC, datetime

    return Upload(
        uuid4(), "c", "client", "a", media_type, len(content), more.get("sha256", hashlib.sha256(content).hexdigest()),
        FileState.OPEN, 0, parts, datetime.now(UTC),
    )  # fmt: skip


async def read(objects: Objects, file_id: UUID, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in objects.read(file_id, start, end)])


def test_parts_become_one_file(objects: Objects) -> None:
    async def story() -> None:
        content = pdf(9_000_000)
        one = upload(content)
        names = [await objects.put_part(one.file_id, at, content[at : at + 4_000_000]) for at in (0, 4_000_000)]
        one = Upload(**{**{name: getattr(one, name) for name in Upload.__slots__}, "parts": tuple(names)})
        await assemble(objects, one, content[8_000_000:])
        assert await objects.size(one.file_id) == len(content)
        assert await read(objects, one.file_id, 0, len(content)) == content
        assert await read(objects, one.file_id, 5, 9) == content[5:9]
        assert await objects.uploads() == [str(one.file_id)]
        await objects.drop_upload(one.file_id)
        assert await objects.uploads() == []
        await objects.drop(one.file_id)
        await objects.drop(one.file_id)
        with pytest.raises(ObjectMissing):
            await objects.size(one.file_id)

    asyncio.run(story())


def test_what_is_refused_is_nowhere(objects: Objects) -> None:
    async def story() -> None:
        container = office("x")
        for one, content, refusal in (
            (upload(b"x" * 9, sha256="0" * 64), b"x" * 9, WrongHash),
            (upload(b"no pdf"), b"no pdf", NotOfItsKind),
            (upload(container, DOCX), container, NotOfItsKind),
        ):
            with pytest.raises(refusal):
                await assemble(objects, one, content)
            with pytest.raises(ObjectMissing):
                await objects.size(one.file_id)
            await objects.drop_upload(one.file_id)
        assert await objects.uploads() == []

    asyncio.run(story())


def test_a_part_that_the_store_has_lost(objects: Objects) -> None:
    with pytest.raises(ObjectMissing):
        asyncio.run(assemble(objects, upload(b"%PDF-1.7", parts=("000000000000-dead",)), b""))


def test_what_stops_in_the_middle_leaves_no_file(objects: Objects) -> None:
    async def story() -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield secrets.token_bytes(9_000_000)
            raise ValueError

        file_id = uuid4()
        with pytest.raises(ValueError):  # noqa: PT011
            await objects.put(file_id, pieces())
        with pytest.raises(ObjectMissing):
            await objects.size(file_id)

    asyncio.run(story())


def check(content: bytes) -> None:
    kinds.check_container(DOCX, io.BytesIO(content), len(content))


def test_a_container_of_its_kind_also_with_a_comment() -> None:
    check(office("word/document.xml"))
    made = io.BytesIO(office("word/document.xml"))
    with zipfile.ZipFile(made, "a") as container:
        container.comment = b"x" * 60_000
    check(made.getvalue())


@pytest.mark.parametrize("name", ["members", "directory", "zip64", "no end", "short end"])
def test_a_forged_directory_is_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(office("word/document.xml"))
    at = content.rfind(b"PK\x05\x06")
    match name:
        case "members":
            struct.pack_into("<HH", content, at + 8, 65_000, 65_000)
        case "directory":
            struct.pack_into("<I", content, at + 12, 100_000_000)
        case "zip64":
            content[at:at] = struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1)
        case "no end":
            del content[at:]
        case "short end":
            del content[at + 10 :]
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(NotOfItsKind):
        check(bytes(content))


@pytest.mark.parametrize("url", ["http://store/x", "ftp://x/y", "nonsense"])
def test_other_addresses_of_a_store_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="files_url"):
        Settings(files_url=url)


def test_a_tus_client_of_others_uploads(hub: FilesSite, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """tuspy knows the protocol, and nothing of the hub."""
    caplog.set_level(logging.WARNING)
    content, case_no = pdf(5_500_000), hub.case()
    place = tmp_path / "检查报告.pdf"
    place.write_bytes(content)
    stated = {
        "caseNo": case_no, "filename": place.name, "filetype": PDF, "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    client = TusClient(hub.files, headers=hub.bearer(first(SECURITY)))
    half = client.uploader(str(place), chunk_size=2_000_000, metadata=stated)
    half.upload_chunk()
    resumed = client.uploader(str(place), chunk_size=2_000_000, url=half.url, metadata=stated)
    assert resumed.offset == 2_000_000
    resumed.upload()
    assert hub.row(str(half.url))["state"] == "COMPLETE"
