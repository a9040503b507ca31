"""What may begin, and what is refused before anything is changed; and a site with workers."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from hub_process import Start, gone, hub, processes


@pytest.fixture(scope="module")
def begun(folders: Callable[[], Path]) -> Path:
    """A folder on which a demo was begun several times, and whole the last time."""
    return folders()


def test_a_stop_at_any_moment_of_the_start(start: Start, begun: Path) -> None:
    for delay_s in (0.3, 0.9, 1.5, 2.2, 3.0):
        demo = start("demo", begun)
        time.sleep(delay_s)
        demo.stop()
        assert gone(begun) == []
    # What was begun is finished, or begun anew, by the next start.
    assert start("demo", begun).wait_until_ready().stop() == 0


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


def test_a_folder_serves_once(start: Start, data: Path) -> None:
    second = start("demo", data)
    assert second.process.wait(30) == 1
    assert "already running" in second.process.communicate()[1]
    assert httpx.get(f"{(data / 'base-url').read_text()}/readyz", trust_env=False).is_success


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_bad_policies_refuse_the_start(start: Start, begun: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "purposes.yaml").write_text("{}")
    failed = start(command, begun, HUB_POLICIES=str(tmp_path), HUB_BASE_URL="https://hub.example")
    assert failed.process.wait(60) == 1
    _, err = failed.process.communicate()
    assert "Traceback" not in err
    assert "purposes.yaml" in err
    assert gone(begun) == []


@pytest.fixture
def site(start: Start, begun: Path) -> Iterator[str]:
    serving = start("serve", begun, "--workers", "2", HUB_BASE_URL="https://hub.example").wait_until_ready()
    yield serving.url
    assert serving.stop() == 0
    assert gone(begun) == []


def test_a_site_with_two_workers(site: str) -> None:
    with httpx.Client(trust_env=False) as http:
        assert http.get(f"{site}/.well-known/oauth-authorization-server").json()["issuer"] == "https://hub.example"
        for _ in range(20):
            assert http.post(f"{site}/graphql", json={"query": "{a}"}).status_code == 401
        # Whichever worker answers, it answers for all.
        assert re.search(r"hub_unauthenticated_requests_total 20.0", http.get(f"{site}/metrics").text)
        assert http.get(f"{site}/graphql", headers={"accept": "text/html"}).status_code in (401, 406)


def test_a_site_needs_https(begun: Path) -> None:
    done = hub("serve", HUB_DATA=str(begun), HUB_BASE_URL="http://hub.example", HUB_PORT="0")
    assert done.returncode == 1
    assert "HUB_BASE_URL" in done.stderr
    assert gone(begun) == []


def test_a_database_that_is_not_there(folders: Callable[[], Path]) -> None:
    environment = {"HUB_DATABASE_URL": "postgresql://nobody:s3cret@127.0.0.1:1/none", "HUB_DATA": str(folders())}
    for command in (["migrate"], ["serve"]):
        done = hub(*command, **environment, HUB_BASE_URL="https://hub.example", HUB_PORT="0")
        assert done.returncode == 1
        assert "The database cannot be used" in done.stderr
        assert "s3cret" not in done.stderr
        assert "Traceback" not in done.stderr


def test_a_site_that_was_not_migrated(empty_database: Callable[[], object], folders: Callable[[], Path]) -> None:
    database = empty_database()
    owner = database.owner_url  # type: ignore[attr-defined]
    with psycopg.connect(owner) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    done = hub("serve", HUB_DATABASE_URL=owner, HUB_DATA=str(folders()), HUB_BASE_URL="https://a.b", HUB_PORT="0")
    assert done.returncode == 1
    assert "hub migrate" in done.stderr
