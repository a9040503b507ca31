"""What only the idiomatic peer needs (its driver, and what SQLAlchemy's async layer stands on), beside the .venv."""

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def install(folder: Path) -> Path:
    """Installs the pinned packages into `folder` once; gives the folder, for PYTHONPATH."""
    done = folder / f".installed-{sys.version_info.major}.{sys.version_info.minor}"
    if not done.exists() or done.stat().st_mtime < REQUIREMENTS.stat().st_mtime:
        quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade"]
        target = ["--require-hashes", "-r", str(REQUIREMENTS), "--target", str(folder)]
        subprocess.run([sys.executable, "-m", "pip", "install", *quiet, *target], check=True)
        done.touch()
    return folder
