"""Settings that cannot be: one clear line each, in Chinese and English, without the value and without a traceback."""

import re
from pathlib import Path

import pytest
from hub_process import hub
from pydantic import ValidationError

from hub.settings import Settings, problems

BAD = [
    ("HUB_STATEMENT_TIMEOUT_MS", "abc"),
    ("HUB_STATEMENT_TIMEOUT_MS", "0"),
    ("HUB_READ_CONNECTIONS", "-1"),
    ("HUB_PORT", "70000"),
    ("HUB_DEMO", "perhaps"),
    ("HUB_LOG_LEVEL", "loud"),
    ("HUB_DATABASE_URL", "mysql://x:s3cret@h/d"),
    ("HUB_APP_DATABASE_URL", "postgresql://x:s3cret@h:port/d"),
    ("HUB_READER_DATABASE_URL", "host=h password=s3cret"),
    ("HUB_BASE_URL", "hub.example"),
    ("HUB_BASE_URL", "https://hub.example/"),
    ("HUB_BASE_URL", "https://hub.example:port"),
    ("HUB_BASE_URL", "https://hub.example?x=1"),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda text: text)
def test_each_is_told(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    (line,) = problems(raised.value).splitlines()
    assert re.fullmatch(rf"{name} 的值无效 · is not valid: .+", line)
    assert "s3cret" not in line


def test_what_is_rightful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_LOG_LEVEL", "INFO")
    monkeypatch.setenv("HUB_DATABASE_URL", "postgresql://hub_owner@/hub?host=/run/postgresql")
    monkeypatch.setenv("HUB_BASE_URL", "https://hub.example:8443")
    assert Settings().log_level == "info"


@pytest.mark.parametrize("command", [["serve"], ["demo"], ["migrate"], ["ledger", "list"], ["client", "list"]], ids=str)
def test_no_command_shows_a_traceback(command: list[str], tmp_path: Path) -> None:
    done = hub(*command, HUB_DATA=str(tmp_path / "none"), HUB_LOG_LEVEL="loud", HUB_DATABASE_URL="mysql://x:s3cret@h/d")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 2
    assert "HUB_LOG_LEVEL" in done.stderr
    assert "HUB_DATABASE_URL" in done.stderr
    assert "s3cret" not in done.stderr
    assert not (tmp_path / "none").exists()
