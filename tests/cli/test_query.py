"""`hub query` and `hub token`: what is printed where, and with which exit code."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_process import HUB, help_of, hub

from hub.cli import MOUNTED

HEALTH = ("--as", "demo-health", "--purpose", "medical-practice-regulation")


def test_an_answer_is_json_on_stdout(data: Path) -> None:
    done = hub("query", *HEALTH, "--data", str(data), "{ viewer { clientId officer { name certificateNo } } }")
    assert done.returncode == 0
    assert done.stderr == ""
    viewer = json.loads(done.stdout)["data"]["viewer"]
    assert viewer["clientId"] == "demo-health"
    assert viewer["officer"] == json.loads((data / "clients/demo-health.json").read_text())


def test_a_graphql_error_is_an_answer_too(data: Path) -> None:
    done = hub("query", *HEALTH, "--data", str(data), "{ nothing }")
    assert done.returncode == 0
    assert json.loads(done.stdout)["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_a_command_is_given_like_a_query_and_once(data: Path) -> None:
    document = """mutation ($key: String!) {
        openCase(input: {idempotencyKey: $key}) { case { caseNo } userErrors { code } replayed } }"""
    arguments = ("query", *HEALTH, "--data", str(data), "--variables", '{"key": "first-of-the-cli"}', document)
    one, two = (json.loads(hub(*arguments).stdout)["data"]["openCase"] for _ in range(2))
    assert one["case"] == two["case"]
    assert (one["replayed"], two["replayed"], one["userErrors"]) == (False, True, [])


def test_document_from_a_file_with_variables_and_officer(data: Path, tmp_path: Path) -> None:
    document = tmp_path / "query.graphql"
    document.write_text("query ($n: Int!) { institutions(first: $n) { nodes { name } } viewer { officer { name } } }")
    done = hub(
        "query",
        *HEALTH,
        "--data",
        str(data),
        "--officer",
        "钱一:64010499999",
        "--variables",
        '{"n": 2}',
        f"@{document}",
    )
    body = json.loads(done.stdout)["data"]
    assert len(body["institutions"]["nodes"]) == 2
    assert body["viewer"]["officer"]["name"] == "钱一"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--as", "demo-nobody", "--purpose", "credit-publication", "{a}"],
            "there are: demo-admin, demo-credit-platform",
        ),
        (["--as", "../x", "--purpose", "credit-publication", "{a}"], "client id"),
        (["--as", "demo-health", "--purpose", "no-such-purpose", "{a}"], "invalid_authorization_details"),
        (["--as", "demo-health", "--purpose", "credit-publication", "{a}"], "purpose"),
        ([*HEALTH, "--case", "no-such-case", "{a}"], "case"),
        ([*HEALTH, "--url", "http://127.0.0.1:1", "{a}"], "http://127.0.0.1:1"),
        ([*HEALTH, "--url", "127.0.0.1:1", "{a}"], "https://hub.example"),
        ([*HEALTH, "--variables", "[1]", "{a}"], "--variables"),
        ([*HEALTH, "--officer", "no-colon", "{a}"], "NAME:CERTIFICATE_NO"),
        ([*HEALTH, "@/no/such/file"], "/no/such/file"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_no_answer_is_a_message_and_1(data: Path, arguments: list[str], says: str) -> None:
    done = hub("query", "--data", str(data), *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(r"[\u4e00-\u9fff]", done.stderr)


def test_the_hub_on_this_machine_under_another_name(data: Path) -> None:
    base = (data / "base-url").read_text()
    other = base.replace("127.0.0.1", "localhost")
    for url in (base, other, f"{other}/"):
        done = hub("query", *HEALTH, "--data", str(data), "--url", url, "{ viewer { clientId } }")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["data"]["viewer"]["clientId"] == "demo-health"
    for url in (f"{base}/graphql", f"{base}/nowhere"):
        done = hub("query", *HEALTH, "--data", str(data), "--url", url, "{ viewer { clientId } }")
        assert done.returncode == 1
        assert "without /graphql" in done.stderr


@pytest.mark.parametrize("arguments", [["query", "{ __schema { types { name } } }"], ["token"]], ids=lambda a: a[0])
def test_a_reader_that_has_enough_may_stop(data: Path, arguments: list[str]) -> None:
    command = [HUB, *arguments, *HEALTH, "--data", str(data)]
    # A pipe nobody reads any more.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == ""


def test_misuse_is_2(data: Path) -> None:
    assert hub("query", "--data", str(data), "{a}").returncode == 2


def test_a_token_is_one_line(data: Path) -> None:
    done = hub("token", *HEALTH, "--data", str(data))
    assert done.returncode == 0
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}\n", done.stdout)


def test_without_a_server_there_is_a_clear_message(folders: Callable[[], Path]) -> None:
    done = hub("query", *HEALTH, "--data", str(folders()), "{a}")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_asking_loads_no_server() -> None:
    code = "import sys, hub.cli, hub.http.asking; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"fastapi", "uvicorn", "strawberry", "graphql", "cedarpy", "sqlalchemy", "alembic"} & set(loaded)


def test_every_command_has_its_help() -> None:
    done = hub("--help")
    assert done.returncode == 0
    for name in ("demo", "serve", "migrate", "query", "token", "schema", *MOUNTED):
        assert re.search(rf"^. {name} ", done.stdout, re.MULTILINE), name
        assert help_of(name), name
