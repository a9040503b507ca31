"""The hub on an S3-compatible store, over HTTP on both sides: multipart writes, ranges, what is given up, orphans.

The server is moto's, which speaks the S3 protocol; `obstore` is the client that the hub uses in operation.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from commands_world import CommandWorld
from files_site import TUS, FilesSite, pdf, problem
from moto.server import ThreadedMotoServer
from site_running import running
from test_sweep import swept

from hub.demo.sample import Counts, load_sample
from hub.files.objects import ObjectMissing, Objects, StoreUnavailable, open_objects

BUCKET, PREFIX = "evidence", "hub"
URL = f"s3://{BUCKET}/{PREFIX}"
LARGE = 20_000_000


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """A bucket, and the environment by which both clients find it."""
    with pytest.MonkeyPatch.context() as patch:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
        server.stop()


@pytest.fixture(scope="module")
def hub(bucket: Any, empty_database: Any, tmp_path_factory: Any) -> Iterator[FilesSite]:
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(1, 0, 0, 0, 0))
    world = CommandWorld(database)
    with running(database, tmp_path_factory.mktemp("files"), files_url=URL) as site:
        yield FilesSite(site, world)
    world.close()


@pytest.fixture
def objects(bucket: Any) -> Objects:
    return open_objects(URL, Path("/not/used"))


def keys(bucket: Any, holding: str) -> set[str]:
    listed = bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {entry["Key"] for entry in listed if holding in entry["Key"]}


def begun(bucket: Any) -> list[Any]:
    """Multipart writes that were begun and neither completed nor aborted: they cost, and nothing lists them."""
    return list(bucket.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


def test_a_large_file_up_in_parts_down_whole_and_in_ranges(hub: FilesSite, bucket: Any) -> None:
    content, case_no = pdf(LARGE), hub.case()
    place = hub.opened(case_no, content)
    file_id = place.rpartition("/")[2]
    assert hub.patch(place, 0, content[:9_000_000]).status_code == 204
    assert keys(bucket, file_id) == {key for key in keys(bucket, file_id) if key.startswith(f"{PREFIX}/uploads/")}
    assert hub.offset(place) == 9_000_000
    done = hub.patch(place, 9_000_000, content[9_000_000:])
    assert (done.status_code, done.headers["Upload-Offset"]) == (204, str(LARGE))
    assert keys(bucket, file_id) == {f"{PREFIX}/files/{file_id}"}
    assert begun(bucket) == []
    assert not list((hub.site.data / "files").rglob("*")), "nothing of it lies on the local disk"

    transfer = hub.draft(case_no, (file_id, "INVESTIGATION"))
    auth = hub.bearer(case_no=case_no)
    whole = hub.get(transfer, file_id, auth)
    assert hashlib.sha256(whole.content).digest() == hashlib.sha256(content).digest()
    middle = hub.get(transfer, file_id, auth, Range="bytes=4999990-15000009")
    assert (middle.status_code, middle.content) == (206, content[4_999_990:15_000_010])
    assert hub.get(transfer, file_id, auth, Range="bytes=-7").content == content[-7:]
    assert hub.get(transfer, file_id, auth, Range=f"bytes={LARGE}-").status_code == 416


def test_what_is_given_up_or_refused_leaves_nothing_in_the_bucket(hub: FilesSite, bucket: Any) -> None:
    content = pdf(7_000_000)
    place = hub.opened(hub.case(), content)
    hub.patch(place, 0, content[:5_000_000])
    assert keys(bucket, place.rpartition("/")[2])
    assert hub.http.delete(place, headers={**hub.bearer(), **TUS}).status_code == 204
    assert not keys(bucket, place.rpartition("/")[2])

    wrong = hub.opened(hub.case(), content, sha256=hashlib.sha256(b"other").hexdigest())
    refused = hub.patch(wrong, 0, content)
    assert (refused.status_code >= 400, problem(refused)) == (True, "WRONG_HASH")
    assert not keys(bucket, wrong.rpartition("/")[2])
    assert begun(bucket) == []


def test_a_multipart_write_that_breaks_off_is_aborted(objects: Objects, bucket: Any) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield secrets.token_bytes(12_000_000)
        assert begun(bucket), "it was begun"
        raise ValueError

    file_id = uuid4()
    with pytest.raises(ValueError):  # noqa: PT011
        asyncio.run(objects.put(file_id, pieces()))
    assert begun(bucket) == []
    assert not keys(bucket, str(file_id))
    with pytest.raises(ObjectMissing):
        asyncio.run(objects.size(file_id))


def test_orphans_are_swept_and_what_no_row_knows_stays(hub: FilesSite, objects: Objects, bucket: Any) -> None:
    case_no, content = hub.case(), pdf(3_000_000)
    late, unused, used = hub.opened(case_no, content), hub.upload(case_no, pdf()), hub.upload(case_no, pdf())
    hub.patch(late, 0, content[:2_500_000])
    hub.draft(case_no, (used, "INVESTIGATION"))
    strange = uuid4()
    for left in (UUID(used), strange):
        asyncio.run(objects.put_part(left, 0, b"left behind"))
    assert keys(bucket, late.rpartition("/")[2])
    found = swept(hub, objects, days=31)
    assert (found.expired >= 1, found.unused >= 1, found.leftovers >= 1) == (True, True, True)
    assert not keys(bucket, late.rpartition("/")[2])
    assert not keys(bucket, unused)
    assert keys(bucket, used) == {f"{PREFIX}/files/{used}"}
    assert keys(bucket, str(strange))


def test_a_store_that_fails_is_told_as_unavailable_and_nothing_is_half(hub: FilesSite, bucket: Any) -> None:
    """Once the bucket is gone: a refusal to come back later, and neither its name nor its address."""
    content = pdf(3_000_000)
    place = hub.opened(hub.case(), content)
    for key in keys(bucket, ""):
        bucket.delete_object(Bucket=BUCKET, Key=key)
    bucket.delete_bucket(Bucket=BUCKET)
    try:
        failed = hub.patch(place, 0, content)
        assert failed.status_code == 503
        assert BUCKET not in failed.text
        assert "127.0.0.1" not in failed.text.replace(hub.site.url, "")
        assert hub.row(place)["state"] == "OPEN"
        with pytest.raises((StoreUnavailable, ObjectMissing)):
            asyncio.run(open_objects(URL, Path("/not/used")).put_part(uuid4(), 0, b"x"))
    finally:
        bucket.create_bucket(Bucket=BUCKET)
    assert hub.patch(place, hub.offset(place), content[hub.offset(place) :]).status_code == 204
