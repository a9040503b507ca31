"""What is never completed or never used goes, once, and nothing else does; the operator's commands."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from commands_world import SECURITY
from files_site import APPEND, TUS, FilesSite, pdf, problem
from typer.testing import CliRunner

from hub.cli import app
from hub.db.transactions import Transactions
from hub.db.writing import CommandPool
from hub.files import sweep
from hub.files.objects import Objects, open_objects
from hub.files.sweep import Sweeper, Swept


class Later:
    def __init__(self, **more: float) -> None:
        self.more = timedelta(**more)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.more


def swept(hub: FilesSite, store: Objects | None = None, **later: float) -> Swept:
    """`store`: the hub's, where it is not the local folder."""

    async def once() -> Swept:
        pool = CommandPool(hub.site.database.app_url, 1, 10_000)
        try:
            transactions = Transactions(pool)
            return await Sweeper(
                transactions, store or objects(hub), Later(**later), upload_hours=24, unused_days=30
            ).once()
        finally:
            await pool.close()

    return asyncio.run(once())


def objects(hub: FilesSite) -> Objects:
    return open_objects("", hub.site.data / "files")


def bytes_of(hub: FilesSite, file_id: str) -> set[str]:
    root = hub.site.data / "files"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and file_id in str(path)}


def test_an_upload_that_is_not_completed_in_a_day_is_given_up(hub: FilesSite) -> None:
    content = pdf()
    place = hub.opened(hub.case(), content)
    file_id = place.rpartition("/")[2]
    hub.patch(place, 0, content[:2_000])
    assert swept(hub, hours=23).expired == 0
    assert hub.row(place)["state"] == "OPEN"
    assert swept(hub, hours=25).expired >= 1
    assert hub.row(place)["state"] == "EXPIRED"
    assert not bytes_of(hub, file_id)
    gone = hub.patch(place, 2_000, content[2_000:])
    assert (gone.status_code, problem(gone)) == (410, "UPLOAD_ENDED")
    assert swept(hub, hours=25) == Swept()


def test_a_late_upload_is_over_even_before_it_is_swept(hub: FilesSite) -> None:
    place = hub.opened(hub.case(), pdf())
    hub.world.owner.execute(
        "UPDATE evidence_file SET opened_at = opened_at - interval '25 hours' WHERE file_id = %s",
        (place.rpartition("/")[2],),
    )
    assert hub.http.head(place, headers={**hub.bearer(), **TUS}).status_code == 410


def test_a_file_that_no_transfer_names_goes_and_one_that_is_named_stays(hub: FilesSite) -> None:
    case_no = hub.case()
    unused, used = hub.upload(case_no, pdf()), hub.upload(case_no, pdf())
    transfer = hub.draft(case_no, (used, "INVESTIGATION"))
    assert swept(hub, days=29).unused == 0
    assert swept(hub, days=31).unused >= 1
    assert hub.row(unused)["state"] == "UNUSED"
    assert not bytes_of(hub, unused)
    assert hub.row(used)["state"] == "COMPLETE"
    assert hub.get(transfer, used, hub.bearer(case_no=case_no)).status_code == 200


def test_a_file_that_is_chosen_while_the_sweep_runs_stays(hub: FilesSite) -> None:
    case_no = hub.case()
    file_id = hub.upload(case_no, pdf())
    transfer = hub.draft(case_no)
    with psycopg.connect(hub.site.database.app_url) as choosing:
        choosing.execute("SELECT FROM evidence_file WHERE file_id = %s FOR SHARE", (file_id,))
        assert hub.row(file_id)["state"] == "COMPLETE"
        swept(hub, days=31)  # passes over what is held
        choosing.execute(
            "INSERT INTO evidence (transfer_id, kind, name, sha256, size, media_type, data_class, file_id)"
            " SELECT id, 'OTHER', 'x', 'x', 1, 'x/y', 'INVESTIGATION', %s FROM clue_transfer WHERE public_id = %s",
            (file_id, transfer),
        )
    swept(hub, days=31)
    assert hub.row(file_id)["state"] == "COMPLETE"
    assert bytes_of(hub, file_id)


def test_one_runner_at_a_time(hub: FilesSite) -> None:
    place = hub.opened(hub.case(), pdf())
    with psycopg.connect(hub.site.database.app_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (sweep.RUNNER,))
        assert swept(hub, hours=25) == Swept()
        assert hub.row(place)["state"] == "OPEN"
    assert swept(hub, hours=25).expired >= 1


def test_what_a_process_left_behind_is_cleared_and_what_no_row_knows_is_not(hub: FilesSite) -> None:
    file_id = hub.upload(hub.case(), pdf())
    strange, store = uuid4(), objects(hub)
    for one in (UUID(file_id), strange):
        asyncio.run(store.put_part(one, 0, b"left"))
    assert swept(hub).leftovers >= 1
    assert swept(hub).leftovers == 0
    assert bytes_of(hub, file_id) == {f"files/{file_id}"}
    assert bytes_of(hub, str(strange))


def test_the_operator_lists_sweeps_and_verifies(hub: FilesSite, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, url in (("", hub.site.database.owner_url), ("APP_", hub.site.database.app_url)):
        monkeypatch.setenv(f"HUB_{name}DATABASE_URL", url)
    run, data = CliRunner(), ["--data", str(hub.site.data)]
    file_id = hub.upload(hub.case(), pdf(), "不应列出的名称.pdf")
    listed = run.invoke(app, ["files", "list", "--state", "COMPLETE", "--json", *data])
    assert listed.exit_code == 0, listed.output
    (entry,) = [one for one in json.loads(listed.stdout) if one["file_id"] == file_id]
    assert (entry["state"], entry["agency"], entry["used"]) == ("COMPLETE", SECURITY, False)
    assert "不应列出" not in listed.stdout
    assert run.invoke(app, ["files", "sweep", *data]).exit_code == 0
    assert run.invoke(app, ["files", "verify", *data]).exit_code == 0
    place = hub.site.data / "files" / "files" / file_id
    content = place.read_bytes()
    place.write_bytes(content[:-1] + b"?")
    changed = run.invoke(app, ["files", "verify", *data])
    assert (changed.exit_code, f"{file_id} CHANGED" in changed.stdout) == (1, True)
    place.unlink()
    assert f"{file_id} MISSING" in run.invoke(app, ["files", "verify", *data]).stdout
    place.write_bytes(content)


def test_the_quota_of_a_day_and_of_open_uploads(hub: FilesSite) -> None:
    case_no = hub.case()
    hub.world.owner.execute("UPDATE evidence_file SET state = 'TERMINATED', ended_at = now() WHERE state = 'OPEN'")
    opened = [hub.create(case_no, pdf(100)) for _ in range(51)]
    assert [response.status_code for response in opened] == [201] * 50 + [429]
    assert problem(opened[-1]) == "TOO_MANY_UPLOADS"
    hub.world.owner.execute("UPDATE evidence_file SET state = 'TERMINATED', ended_at = now() WHERE state = 'OPEN'")
    # 20 GB a day: what was opened counts, completed or not.
    hub.world.owner.execute(
        "UPDATE evidence_file SET size = 20000000000 - 100000000 WHERE file_id = %s",
        (opened[0].headers["Location"].rpartition("/")[2],),
    )
    refused = hub.create(case_no, b"", size=200_000_000)
    assert (refused.status_code, problem(refused)) == (429, "UPLOAD_QUOTA_EXCEEDED")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    hub.world.owner.execute("UPDATE evidence_file SET opened_at = opened_at - interval '1 day' WHERE state <> 'OPEN'")
    assert hub.create(case_no, pdf(100)).status_code == 201


def test_bodies_of_one_client_at_once(hub: FilesSite) -> None:
    case_no, content = hub.case(), pdf(200_000)
    places = [hub.opened(case_no, content) for _ in range(5)]
    going, release = threading.Barrier(5), threading.Event()

    def slow(place: str) -> None:
        def body():
            yield content[:1_000]
            going.wait(20)
            release.wait(20)
            yield content[1_000:]

        with httpx.Client(timeout=30) as http:
            http.patch(place, headers={**auths[place], **APPEND, "Upload-Offset": "0"}, content=body())

    auths = {place: hub.bearer() for place in places}
    threads = [threading.Thread(target=slow, args=(place,)) for place in places[:4]]
    for thread in threads:
        thread.start()
    going.wait(20)
    threading.Event().wait(1.5)  # until the hub has begun to read all four
    refused = hub.patch(places[4], 0, content)
    release.set()
    for thread in threads:
        thread.join()
    assert (refused.status_code, problem(refused)) == (429, "TOO_MANY_UPLOADS")
    assert hub.patch(places[4], 0, content).status_code == 204


def test_a_hub_that_is_killed_in_the_middle_goes_on_from_the_offset(hub: FilesSite, tmp_path: Path) -> None:
    """kill -9 during an upload: the next process knows what was durable."""
    database = hub.site.database
    environment = {
        **os.environ,
        "HUB_DATABASE_URL": database.owner_url,
        "HUB_APP_DATABASE_URL": database.app_url,
        "HUB_READER_DATABASE_URL": database.reader_url,
        "HUB_DATA": str(tmp_path),
        "HUB_DEMO": "true",
    }
    port = 20_000 + secrets.randbelow(20_000)
    environment |= {"HUB_PORT": str(port), "HUB_BASE_URL": f"http://127.0.0.1:{port}"}

    def serve() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", "from hub.cli import app; app(['serve'])"], env=environment)
        for _ in range(600):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1).status_code == 200:
                    return process
            except httpx.HTTPError:
                threading.Event().wait(0.1)
        process.kill()
        raise AssertionError("does not serve")

    content, case_no = pdf(12_000_000), hub.case()
    place = hub.opened(case_no, content).replace(hub.site.url, f"http://127.0.0.1:{port}")
    process = serve()
    try:

        def body():
            yield content[:9_000_000]
            for _ in range(200):
                if hub.row(place)["stored"] >= 8_000_000:
                    break
                threading.Event().wait(0.05)
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            yield content[9_000_000:]

        with pytest.raises(httpx.HTTPError):
            hub.patch(place, 0, body())
        assert hub.row(place)["state"] == "OPEN"
        process = serve()
        offset = hub.offset(place)
        assert offset == 8_000_000
        assert hub.patch(place, offset, content[offset:]).status_code == 204
        assert (tmp_path / "files" / "files" / place.rpartition("/")[2]).read_bytes() == content
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
