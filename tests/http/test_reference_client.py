"""The reference client of the credit platform: a copy that is the hub's, whatever happens on the way."""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from site_running import Site
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from hub.feed.commands import feed_app

EXAMPLE = Path(__file__).parents[2] / "examples" / "credit_platform"
CLIENT, PURPOSE = "demo-credit-platform", "credit-publication"
KILLED = """
import os, reconcile
def killed(*_):
    os.kill(os.getpid(), 9)
setattr(reconcile, {name!r}, killed)
raise SystemExit(reconcile.main())
"""


@pytest.fixture
def quiet_site(own_site: Site) -> Site:
    """Terms that are over have been ended: the job that does so at the start would change what a copy holds."""
    over = "SELECT 1 FROM penalty_record WHERE status = 'PUBLISHED' AND publicity_ends_on < current_date LIMIT 1"
    until = time.monotonic() + 60
    while own_site.rows(over):
        assert time.monotonic() < until
        time.sleep(0.2)
    return own_site


@pytest.fixture(params=["sqlite", "postgresql"])
def copy_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a copy is kept: each of the two kinds of database that the README promises."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'copy.db'}"
    database = request.getfixturevalue("empty_database")()
    return str(database.owner_url).replace("postgresql://", "postgresql+psycopg://", 1)


def run(site: Site, copy: Path | str, killed_at: str | None = None) -> list[dict[str, Any]]:
    """What it did by feed; as a process of its own, killed where it would call a function."""
    program = ["-c", KILLED.format(name=killed_at)] if killed_at else [str(EXAMPLE / "reconcile.py")]
    given = ["--url", site.url, "--client", CLIENT, "--copy", _url(copy)]
    given += ["--key", str(site.data / "clients" / f"{CLIENT}.jwk")]
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLE)}
    done = subprocess.run(
        [sys.executable, *program, *given], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == (-signal.SIGKILL if killed_at else 0), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def exported(site: Site, feed: str) -> list[bytes]:
    headers = {"authorization": f"Bearer {site.token(CLIENT, PURPOSE)}"}
    body = site.http.get(f"{site.url}/feed/export", params={"feed": feed}, headers=headers).content
    return sorted(line for line in body.splitlines() if line.startswith(b'{"key"'))


def key_of(line: bytes) -> str:
    return str(json.loads(line)["key"])


def received(site: Site, after: int) -> set[str]:
    """Keys of the penalties that the client got by entries of the ledger behind one."""
    keys = {number: str(key) for number, key in site.rows("SELECT id, public_id FROM penalty_record")}
    rows = site.rows("SELECT record_ids FROM disclosure WHERE client_id = %s AND id > %s", CLIENT, after)
    ids = {each for (raw,) in rows for each in struct.unpack(f">{len(raw) // 8}q", raw)}
    return {keys[each] for each in ids & keys.keys()}


def _url(copy: Path | str) -> str:
    return copy if isinstance(copy, str) else f"sqlite:///{copy}"


def copied(copy: Path | str, feed: str) -> list[bytes]:
    engine = create_engine(_url(copy))
    with engine.connect() as database:
        found = database.execute(text("SELECT line FROM copied_line WHERE feed = :feed ORDER BY key"), {"feed": feed})
        lines = [bytes(line) for (line,) in found]
    engine.dispose()
    return lines


def test_takes_follows_verifies_and_repairs(quiet_site: Site, copy_url: str) -> None:
    copy = copy_url
    done = run(quiet_site, copy)
    assert [each["verified"] for each in done] == [True] * 3
    for feed in ("penalties", "inspections", "credit"):
        assert copied(copy, feed) == exported(quiet_site, feed)
    key = json.loads(copied(copy, "penalties")[0])["key"]
    other = json.loads(copied(copy, "penalties")[1])["key"]
    tell = (
        "INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload) SELECT id, %s, now(),"
        " authority, 'c', 'o', %s FROM penalty_record WHERE public_id = %s RETURNING 1"
    )
    quiet_site.rows(tell, "REVOKED", '{"reason": "复议撤销"}', key)
    quiet_site.rows(
        f"UPDATE penalty_record SET revoked_at = now() - interval '1 second', status = 'REVOKED' WHERE public_id = '{key}' RETURNING 1"
    )
    quiet_site.rows(
        "UPDATE credit_score SET grade = 'Z' WHERE id IN (SELECT id FROM credit_score WHERE province = '640000' LIMIT 7) RETURNING 1"
    )
    lost = [json.loads(line)["key"].encode() for line in copied(copy, "inspections")[::50]]
    engine = create_engine(copy)
    with engine.begin() as database:  # and the copy goes wrong by itself
        changed = "UPDATE copied_line SET line = :line WHERE feed = 'penalties' AND key = :key"
        database.execute(text(changed), {"line": b"{}", "key": other.encode()})
        for each in lost:
            database.execute(text("DELETE FROM copied_line WHERE feed = 'inspections' AND key = :key"), {"key": each})
        added = "INSERT INTO copied_line VALUES ('credit', :key, :line)"
        database.execute(text(added), {"key": b"ZZZ/2099", "line": b"{}"})
    engine.dispose()
    ((last,),) = quiet_site.rows("SELECT max(id) FROM disclosure")
    done = run(quiet_site, copy)
    assert [each["verified"] for each in done] == [True] * 3
    first_block = {key_of(line) for line in copied(copy, "penalties")[:1_000]}
    assert first_block <= received(quiet_site, last) <= {*first_block, key}, "only the block that differs is taken"
    assert len(copied(copy, "penalties")) > 1_000
    assert [each["repaired"] > 0 for each in done] == [True] * 3
    assert [each["changes"] for each in done] == [1, 0, 7]
    for feed in ("penalties", "inspections", "credit"):
        assert copied(copy, feed) == exported(quiet_site, feed)
    assert key.encode() not in b"".join(copied(copy, "penalties"))
    (acknowledged,) = quiet_site.rows("SELECT count(*) FROM feed_consumer WHERE client_id = %s", CLIENT)
    assert acknowledged == (3,)


def test_killed_between_applying_and_acknowledging(quiet_site: Site, tmp_path: Path) -> None:
    """The same as never killed: what was applied is not acknowledged yet, and is told again or not at all."""
    copy, whole = tmp_path / "copy.db", tmp_path / "whole.db"
    for killed_at in ("acknowledge", "follow", "verify", "acknowledge"):
        run(quiet_site, copy, killed_at)
        quiet_site.rows(
            "UPDATE credit_score SET grade = CASE grade WHEN 'Z' THEN 'Y' ELSE 'Z' END WHERE id IN"
            " (SELECT id FROM credit_score WHERE province = '640000' ORDER BY id LIMIT 5) RETURNING 1"
        )
    done, fresh = run(quiet_site, copy), run(quiet_site, whole)
    assert [(each["feed"], each["records"], each["sha256"]) for each in done] == [
        (each["feed"], each["records"], each["sha256"]) for each in fresh
    ]
    for feed in ("penalties", "inspections", "credit"):
        assert copied(copy, feed) == copied(whole, feed) == exported(quiet_site, feed)


@pytest.mark.skipif(not all(map(shutil.which, ("curl", "xxd", "sha256sum"))), reason="needs curl, xxd, sha256sum")
def test_the_steps_of_the_readme(quiet_site: Site, tmp_path: Path) -> None:
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    steps = readme.split("## The same by curl")[1].split("```sh\n")[1].split("```")[0]
    environment = {**os.environ, "HUB": quiet_site.url, "TOKEN": quiet_site.token(CLIENT, PURPOSE), "NO_PROXY": "*"}
    subprocess.run(["bash", "-euo", "pipefail", "-c", steps], cwd=tmp_path, env=environment, check=True, timeout=120)
    told = {
        name: json.loads((tmp_path / f"{name}.json").read_text())["data"]
        for name in ("changes", "acknowledged", "digest", "block")
    }
    assert told["changes"]["penaltyChanges"]["nodes"] == []
    assert told["acknowledged"]["acknowledgeChanges"]["userErrors"] == []
    assert told["acknowledged"]["acknowledgeChanges"]["acknowledged"]
    digest = told["digest"]["feedDigest"]
    assert digest["upToDate"] is True
    assert digest["blocks"][0]["sha256"] == (tmp_path / "first-block.sha256").read_text().strip()
    (block,) = told["block"]["feedDigest"]["blocks"]
    lines = [line for line in exported(quiet_site, "penalties") if not block["to"] or key_of(line) <= block["to"]]
    assert [line.encode() for line in block["lines"]] == lines


def test_hub_feed_reconcile(quiet_site: Site, tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "hub"
    given = [
        "--client",
        CLIENT,
        "--copy",
        f"sqlite:///{tmp_path / 'copy.db'}",
        "--url",
        quiet_site.url,
        "--feed",
        "credit",
    ]
    done = subprocess.run(
        [program, "feed", "reconcile", *given, "--data", quiet_site.data],
        env={**os.environ, "HUB_DATABASE_URL": quiet_site.database.owner_url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    assert told["verified"] is True
    assert told["records"] == len(exported(quiet_site, "credit"))


def test_hub_feed_reconcile_says_what_is_wrong(tmp_path: Path) -> None:
    def said(*given: str) -> str:
        ran = CliRunner().invoke(feed_app, ["reconcile", "--client", CLIENT, "--data", str(tmp_path), *given])
        assert ran.exit_code in (1, 2)
        assert not isinstance(ran.exception, Exception), ran.exception
        return ran.output

    assert "No hub serves from here" in said("--copy", "sqlite:///copy.db")
    assert "penalties" in said("--copy", "sqlite:///copy.db", "--feed", "nothing")


def test_the_example_stands_alone() -> None:
    """It imports nothing of the hub: a partner takes the folder and starts."""
    for path in EXAMPLE.glob("*.py"):
        assert "from hub." not in path.read_text()
    assert httpx.__version__
