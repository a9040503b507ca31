"""From nothing to serving, and back to nothing: no process is left, whatever happens."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hub_process import HUB, Start, hub, processes

ATTACH = "import sys, time; from pathlib import Path; from hub.db.embedded import EmbeddedServer; "


@pytest.fixture(scope="module")
def loaded(folders: Callable[[], Path]) -> Path:
    """A folder on which a demo has run before."""
    return folders()


def _gone(folder: Path) -> list[str]:
    deadline = time.monotonic() + 5
    while (left := processes(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_the_demo_from_nothing(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    assert any("postgres" in process for process in processes(loaded))
    assert demo.stop() == 0
    assert _gone(loaded) == []
    out, err = demo.process.communicate()
    assert f"{demo.url}/graphql" in out
    commands = re.findall(r"^\d\. (.*)$", out, re.MULTILINE)
    assert len(commands) == 4
    assert "载入样例数据" in err
    assert err.endswith("已停止 · Stopped\n")


def test_the_demo_again_keeps_its_data_and_what_it_suggests_works(
    start: Start, loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # one of them writes a file
    demo = start("demo", loaded, "--scale", "2").wait_until_ready()
    out = ""
    assert demo.process.stdout
    while "Ctrl-C" not in out:
        out += demo.process.stdout.readline()
    for command in re.findall(r"^\d\. (.*)$", out, re.MULTILINE):
        done = subprocess.run([HUB, *shlex.split(command)[1:]], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert (
            done.stdout.strip()
            or (tmp_path / shlex.split(command)[shlex.split(command).index("--out") + 1]).read_bytes()
        )
    listed = hub("ledger", "list", "--data", str(loaded), "--json")
    assert listed.returncode == 0
    assert '"demo-health"' in listed.stdout
    assert '"demo-credit-platform"' in listed.stdout
    assert demo.stop(signal.SIGINT) == 0
    assert _gone(loaded) == []
    err = demo.process.communicate()[1]
    assert "载入样例数据" not in err
    assert "--scale has no effect" in err


def test_an_attached_command_keeps_nothing_alive(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    code = ATTACH + "EmbeddedServer(Path(sys.argv[1]) / 'pgdata'); print('on', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(loaded)], stdout=subprocess.PIPE, text=True) as attached:
        assert attached.stdout
        assert attached.stdout.readline() == "on\n"
        assert demo.stop() == 0
        assert [line for line in _gone_but(loaded, attached.pid) if "postgres" in line] == []
        attached.terminate()
    assert _gone(loaded) == []


def _gone_but(folder: Path, pid: int) -> list[str]:
    deadline = time.monotonic() + 5
    while (left := [p for p in processes(folder) if not p.startswith(f"{pid} ")]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_a_stop_at_any_moment_of_the_start(start: Start, folders: Callable[[], Path]) -> None:
    folder = folders()
    for delay_s in (0.3, 0.9, 1.5, 2.2, 3.0):
        demo = start("demo", folder)
        time.sleep(delay_s)
        demo.stop()
        assert _gone(folder) == []
    # What was begun is finished, or begun anew, by the next start.
    assert start("demo", folder).wait_until_ready().stop() == 0


def test_a_closed_terminal_stops_it(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    assert demo.process.stdout and demo.process.stderr  # noqa: PT018 - for the type checker
    demo.process.stdout.close()
    demo.process.stderr.close()
    # Nobody reads the log any more: answers go on.
    for _ in range(3):
        assert httpx.get(f"{demo.url}/healthz", trust_env=False).is_success
    assert demo.stop(signal.SIGHUP) == 0
    assert _gone(loaded) == []


def test_two_stops_in_a_row(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    demo.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    demo.process.send_signal(signal.SIGINT)
    demo.process.wait(30)
    assert _gone(loaded) == []


def test_a_taken_port_is_told_and_nothing_started(folders: Callable[[], Path]) -> None:
    folder = folders()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = hub("demo", "--data", str(folder), "--port", str(port))
    assert done.returncode == 1
    assert f"端口 {port} 已被占用" in done.stderr
    assert f"Port {port} is taken" in done.stderr
    assert f"make demo DEMO_ARGS='--port {port + 1}'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "pgdata").exists()
    assert processes(folder) == []


def test_a_folder_serves_once(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    second = start("demo", loaded)
    assert second.process.wait(30) == 1
    assert "already running" in second.process.communicate()[1]
    assert httpx.get(f"{demo.url}/readyz", trust_env=False).is_success
    demo.stop()


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_bad_policies_refuse_the_start(
    start: Start, loaded: Path, folders: Callable[[], Path], tmp_path: Path, command: str
) -> None:
    loaded = folders() if command == "demo" else loaded
    (tmp_path / "purposes.yaml").write_text("{}")
    failed = start(command, loaded, HUB_POLICIES=str(tmp_path), HUB_BASE_URL="https://hub.example")
    assert failed.process.wait(60) == 1
    _, err = failed.process.communicate()
    assert "Traceback" not in err
    assert "purposes.yaml" in err
    assert _gone(loaded) == []


@pytest.fixture
def site(start: Start, loaded: Path) -> Iterator[str]:
    serving = start("serve", loaded, "--workers", "2", HUB_BASE_URL="https://hub.example").wait_until_ready()
    yield serving.url
    assert serving.stop() == 0
    assert _gone(loaded) == []


def test_a_site_with_two_workers(site: str) -> None:
    with httpx.Client(trust_env=False) as http:
        assert http.get(f"{site}/.well-known/oauth-authorization-server").json()["issuer"] == "https://hub.example"
        for _ in range(20):
            assert http.post(f"{site}/graphql", json={"query": "{a}"}).status_code == 401
        # Whichever worker answers, it answers for all.
        assert re.search(r"hub_unauthenticated_requests_total 20.0", http.get(f"{site}/metrics").text)
        assert http.get(f"{site}/graphql", headers={"accept": "text/html"}).status_code in (401, 406)


def test_a_site_needs_https(loaded: Path) -> None:
    done = hub("serve", HUB_DATA=str(loaded), HUB_BASE_URL="http://hub.example", HUB_PORT="0")
    assert done.returncode == 1
    assert "HUB_BASE_URL" in done.stderr
    assert _gone(loaded) == []


def test_a_database_that_is_not_there(folders: Callable[[], Path]) -> None:
    environment = {"HUB_DATABASE_URL": "postgresql://nobody:s3cret@127.0.0.1:1/none", "HUB_DATA": str(folders())}
    for command in (["migrate"], ["serve"]):
        done = hub(*command, **environment, HUB_BASE_URL="https://hub.example", HUB_PORT="0")
        assert done.returncode == 1
        assert "The database cannot be used" in done.stderr
        assert "s3cret" not in done.stderr
        assert "Traceback" not in done.stderr


def test_a_site_that_was_not_migrated(empty_database: Callable[[], object], folders: Callable[[], Path]) -> None:
    import psycopg

    database = empty_database()
    owner = database.owner_url  # type: ignore[attr-defined]
    with psycopg.connect(owner) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    done = hub("serve", HUB_DATABASE_URL=owner, HUB_DATA=str(folders()), HUB_BASE_URL="https://a.b", HUB_PORT="0")
    assert done.returncode == 1
    assert "hub migrate" in done.stderr


def test_a_killed_demo_is_followed_by_a_whole_one(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    os.kill(demo.process.pid, signal.SIGKILL)
    demo.process.wait()
    assert start("demo", loaded).wait_until_ready().stop() == 0
    assert _gone(loaded) == []
