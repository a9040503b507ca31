"""The processes under load: started on 127.0.0.1, watched, stopped by their own id."""

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60


class StartFailed(Exception):
    """A server did not answer in time; the end of its log says why."""


class Server:
    """One peer, a single process, its output in a file.

    Args:
        command: PORT in it is replaced by the port.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path | None = None
    ) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [part.replace("PORT", str(self.port)) for part in command]
        self._environment = {key: value.replace("PORT", str(self.port)) for key, value in environment.items()}
        self._log = log
        self._folder = folder

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, env={**os.environ, **self._environment}, cwd=self._folder, stdout=log, stderr=log
            )
        end = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise StartFailed(f"{self.name}: {self._log.read_text(errors='replace')[-2_000:]}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        return _cpu_seconds(self.pid)

    def rss_mb(self) -> float:
        """Resident memory now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1_024
        return 0.0


class Postgres:
    """CPU time of the embedded server: the postmaster's children, living and reaped."""

    def __init__(self, folder: Path) -> None:
        self._postmaster = int((folder / "postmaster.pid").read_text().splitlines()[0])

    def cpu_seconds(self) -> float:
        # Until a child is reaped its time is its own; then it is in the parent's sum.
        reaped = _stat(self._postmaster)
        total = (int(reaped[13]) + int(reaped[14])) / TICKS + (int(reaped[11]) + int(reaped[12])) / TICKS
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = _stat(int(entry.name))
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if int(fields[1]) == self._postmaster:
                    total += (int(fields[11]) + int(fields[12])) / TICKS
        return total


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on: the name before them may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS
