"""From nothing to serving, and back to nothing: no process is left, whatever happens."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hub_process import HUB, Start, gone, hub, processes

ATTACH = "import sys, time; from pathlib import Path; from hub.db.embedded import EmbeddedServer; "


@pytest.fixture(scope="module")
def loaded(folders: Callable[[], Path]) -> Path:
    """A folder on which a demo has run before."""
    return folders()


def test_the_demo_from_nothing(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    assert any("postgres" in process for process in processes(loaded))
    assert demo.stop() == 0
    assert gone(loaded) == []
    out, err = demo.process.communicate()
    assert f"{demo.url}/graphql" in out
    commands = re.findall(r"^\d\. (.*)$", out, re.MULTILINE)
    assert len(commands) == 7
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
    assert gone(loaded) == []
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
    assert gone(loaded) == []


def _gone_but(folder: Path, pid: int) -> list[str]:
    deadline = time.monotonic() + 5
    while (left := [p for p in processes(folder) if not p.startswith(f"{pid} ")]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_a_closed_terminal_stops_it(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    assert demo.process.stdout and demo.process.stderr  # noqa: PT018 - for the type checker
    demo.process.stdout.close()
    demo.process.stderr.close()
    # Nobody reads the log any more: answers go on.
    for _ in range(3):
        assert httpx.get(f"{demo.url}/healthz", trust_env=False).is_success
    assert demo.stop(signal.SIGHUP) == 0
    assert gone(loaded) == []


def test_two_stops_in_a_row(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    demo.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    demo.process.send_signal(signal.SIGINT)
    demo.process.wait(30)
    assert gone(loaded) == []


def test_a_killed_demo_is_followed_by_a_whole_one(start: Start, loaded: Path) -> None:
    demo = start("demo", loaded).wait_until_ready()
    os.kill(demo.process.pid, signal.SIGKILL)
    demo.process.wait()
    assert start("demo", loaded).wait_until_ready().stop() == 0
    assert gone(loaded) == []
