"""`hub` as a real process, in a data folder of its own, and the processes that belong to the folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from typer.testing import CliRunner

from hub.cli import app

HUB = str(Path(sys.executable).parent / "hub")
START_S = 180
STOP_S = 90
"""The embedded server writes everything down before it ends; on a busy disk that takes its time."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes(folder: Path) -> list[str]:
    """Command lines of the living processes whose command or working folder names the data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and str(folder) in " ".join(
                [*process.cmdline(), process.cwd()]
            ):
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        except psutil.Error:
            continue
    return found


def gone(folder: Path) -> list[str]:
    """Those that are still there after some time: none, where all is well."""
    deadline = time.monotonic() + 5
    while (left := processes(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


@dataclass
class Running:
    """One `hub` process that serves."""

    process: "subprocess.Popen[str]"
    folder: Path
    url: str

    def wait_until_ready(self) -> "Running":
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output()
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).is_success:
                    return self
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError(self.output())

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_S)

    def output(self) -> str:
        """All that it printed; only after its end."""
        self.process.kill()
        out, err = self.process.communicate()
        return out + err


Start = Callable[..., Running]


def hub(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """One `hub` command, to its end."""
    return subprocess.run(
        [HUB, *arguments], capture_output=True, text=True, timeout=STOP_S, check=False, env=os.environ | environment
    )


def help_of(*arguments: str) -> str:
    """What `--help` prints of a command, asked in this process: a second for each process would add up."""
    shown = CliRunner().invoke(app, [*arguments, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, (arguments, shown.output)
    return shown.stdout


def spawn(command: str, folder: Path, *arguments: str, **environment: str) -> Running:
    """Starts `hub demo` or `hub serve` on a folder, on a free port."""
    port = free_port()
    place = ["--data", str(folder), "--port", str(port)] if command == "demo" else []
    environment |= {} if place else {"HUB_DATA": str(folder), "HUB_PORT": str(port)}
    process = subprocess.Popen(
        [HUB, command, *place, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    return Running(process, folder, f"http://127.0.0.1:{port}")


@contextmanager
def start_demo(folder: Path) -> Iterator[Running]:
    """A demo that is ready, for the length of the block."""
    running = spawn("demo", folder)
    try:
        yield running.wait_until_ready()
    finally:
        if running.process.poll() is None:
            running.stop()
