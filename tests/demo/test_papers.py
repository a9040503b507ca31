"""Evidence of the sample as files: what their rows say, what is in them, and that they are put where files lie."""

import asyncio
import hashlib
import io
from pathlib import Path

import psycopg
import pytest
from openpyxl import load_workbook
from psycopg.rows import dict_row

from hub.demo.clients import DEMO_CLIENTS
from hub.demo.papers import Paper, content, store_papers
from hub.files import kinds
from hub.files.objects import open_objects

OFFICERS = [client.certificate_no for client in DEMO_CLIENTS]


@pytest.fixture(scope="module")
def files(sample_database):
    with psycopg.connect(sample_database.owner_url, row_factory=dict_row) as connection:
        return connection.execute(
            """SELECT f.*, t.sender, t.case_no AS of_case, e.sha256 AS item_sha256, e.size AS item_size, e.name AS item_name,
                      e.media_type AS item_media_type, t.sent_at
               FROM evidence_file f JOIN evidence e ON e.file_id = f.file_id JOIN clue_transfer t ON t.id = e.transfer_id
               ORDER BY f.file_id"""
        ).fetchall()


def test_each_file_is_its_items_of_its_case_by_its_sender(files, sample_database):
    assert 100 < len(files) < 400
    clients = {client.agency: client for client in DEMO_CLIENTS}
    for row in files:
        assert (row["agency"], row["case_no"]) == (row["sender"], row["of_case"])
        assert row["client_id"] == clients[row["sender"]].client_id
        assert row["state"] == "COMPLETE"
        assert {name: row[f"item_{name}"] for name in ("sha256", "size", "name", "media_type")} == {
            name: row[name] for name in ("sha256", "size", "name", "media_type")
        }
        assert row["sent_at"] is None or row["opened_at"] <= row["sent_at"]
    with psycopg.connect(sample_database.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM evidence_file").fetchone() == (len(files),)


def test_the_content_is_what_the_door_would_accept(files):
    seen = set()
    for row in files:
        paper = Paper(*(row[name] for name in Paper._fields))
        made = content(paper)
        assert (len(made), hashlib.sha256(made).hexdigest()) == (row["size"], row["sha256"])
        kind = kinds.KINDS[row["media_type"]]
        assert row["name"].endswith(kind.endings)
        kinds.check_head(row["media_type"], made[: kinds.HEAD_BYTES])
        if kind.form is kinds.Form.CONTAINER:
            kinds.check_container(row["media_type"], io.BytesIO(made), len(made))
            assert row["case_no"] in load_workbook(io.BytesIO(made)).active["A2"].value
        else:
            assert row["case_no"].encode("utf-16-be").hex().encode() in made
        seen.add(row["media_type"])
    assert len(seen) == 2


def test_they_are_stored_once_and_what_is_lost_again(sample_database, files, tmp_path: Path):
    store = open_objects("", tmp_path)

    def stored() -> int:
        return asyncio.run(store_papers(sample_database.owner_url, store, OFFICERS))

    assert stored() == len(files)
    assert stored() == 0
    lost = tmp_path / "files" / str(files[0]["file_id"])
    whole = lost.read_bytes()
    assert hashlib.sha256(whole).hexdigest() == files[0]["sha256"]
    lost.unlink()
    assert stored() == 1
    assert lost.read_bytes() == whole
