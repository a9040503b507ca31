"""What the hub is built from (security.md 43): pinned with hashes, above the floors, from no named registry."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {
    "authlib": "1.9.9",
    "joserfc": "1.8.0",
    "strawberry-graphql": "0.341.2",
    "starlette": "1.10.0",
    "cryptography": "50",
}
"""Older ones have known holes (findings.md); there is no vulnerability feed to ask at build time."""
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^ ;]+)", re.MULTILINE)


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_requirements_are_pinned_with_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    blocks = [block for block in re.split(r"\n(?=[a-z0-9])", text) if block and not block.startswith("#")]
    assert blocks
    for block in blocks:
        assert PIN.match(block), block[:80]
        assert "--hash=sha256:" in block, block[:80]
    pins = {package: Version(version) for package, version in PIN.findall(text)}
    for package, floor in FLOORS.items():
        if name == "runtime" or package in pins:
            assert pins[package] >= Version(floor), package
    assert "://" not in text


def test_dev_pins_agree_with_runtime() -> None:
    runtime, dev = (dict(PIN.findall((ROOT / "requirements" / f"{n}.txt").read_text())) for n in ("runtime", "dev"))
    assert {name: dev[name] for name in runtime if name in dev} == {n: v for n, v in runtime.items() if n in dev}


def test_npm_lock_files_have_integrity_and_no_address() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*package-lock.json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert listed.stdout.split()
    for name in listed.stdout.split():
        lock = json.loads((ROOT / name).read_text())
        for path, package in lock["packages"].items():
            assert "resolved" not in package, (name, path)
            assert not path or package.get("link") or package["integrity"].startswith("sha512-"), (name, path)


def test_the_compose_file_holds_no_secret() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert set(compose["services"]) == {"db", "hub"}
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name:
                assert re.fullmatch(r"\$\{HUB_[A-Z]+_PASSWORD:\?fill in \.env\}", value), name
    # Every variable without a default is asked for in the example.
    asked = set(re.findall(r"\$\{(HUB_[A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert asked == set(re.findall(r"^(HUB_[A-Z_]+)=$", (ROOT / ".env.example").read_text(), re.MULTILINE))
