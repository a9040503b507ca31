"""`hub agency|client|scope` as they are typed, on a data folder of their own, and the client side of `hub token`."""

import json
import re
from pathlib import Path
from unittest.mock import patch

import pytest
from oauth_world import HEALTH, ISSUER, OPEN_CASE, World
from sqlalchemy import text
from stdnum.cn import uscc
from typer import Typer
from typer.testing import CliRunner, Result

from hub.db.embedded import EmbeddedServer
from hub.oauth import client as client_side
from hub.oauth.caller import Officer
from hub.oauth.client import NoToken, granted_scopes, read_key, read_officer, request_token, sign_assertion
from hub.oauth.commands import agency_app, client_app, scope_app
from hub.oauth.keys import generate_key, public_part

USCC = "11640104MB6234567"


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command against the world's database; the keys go to `tmp_path`."""
    monkeypatch.setenv("HUB_DATABASE_URL", world.database.owner_url)
    monkeypatch.setenv("HUB_DATA", str(tmp_path))

    def call(app: Typer, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), catch_exceptions=False)

    return call


def done(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(result: Result, words: str) -> None:
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stdout == ""


def test_from_an_agency_to_a_client_with_grants(world: World, run, tmp_path: Path) -> None:
    number = USCC + uscc.calc_check_digit(USCC)
    agency = ("create", "640104-PROCURATORATE", "--kind", "PROCURATORATE", "--region", "640104", "--name", "检察院")
    done(run(agency_app, *agency, "--uscc", number))
    refused(run(agency_app, *agency, "--uscc", number), "exists already")
    listed = json.loads(done(run(agency_app, "list", "--json")))
    assert [entry["level"] for entry in listed if entry["code"] == "640104-PROCURATORATE"] == [3]

    done(run(client_app, "create", "procurator", "--agency", "640104-PROCURATORATE", "--name", "监督系统"))
    place = tmp_path / "clients" / "procurator.jwk"
    key = json.loads(place.read_text())
    assert (key["kty"], key["alg"], bool(key["kid"]), "d" in key) == ("EC", "ES256", True, True)
    assert place.stat().st_mode & 0o777 == 0o600
    assert list(place.parent.iterdir()) == [place]

    grants = ("--scope", "clues:read", "--scope", "parties:read", "--purpose", "filing-supervision")
    done(run(scope_app, "grant", "procurator", *grants, "--until", "2099-12-31"))
    found = json.loads(done(run(scope_app, "list", "procurator", "--json")))
    assert [(entry["scope"], entry["purpose"]) for entry in found] == [
        ("clues:read", None),
        ("parties:read", None),
        (None, "filing-supervision"),
    ]
    assert {entry["endsAt"] for entry in found} == {"2099-12-31T16:00:00+00:00"}, "the end of that day in Beijing"
    told = done(run(scope_app, "list", "procurator")) + done(run(client_app, "show", "procurator"))
    moments = re.findall(r"\d{4}-\d\d-\d\d[ T][\d:.]+\S*", told)
    assert "2100-01-01 00:00:00+08:00" in moments
    assert [one for one in moments if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00", one)] == []
    refused(run(scope_app, "grant", "procurator", "--scope", "penalties:write"), "beyond the ceiling")
    refused(run(scope_app, "grant", "procurator", "--scope", "clues:write", "--until", "2020-01-01"), "must lie ahead")
    refused(run(scope_app, "grant", "procurator"), "Name at least one")
    refused(run(scope_app, "grant", "procurator", "--scope", "clues:raed"), "no such scope")
    refused(run(scope_app, "grant", "procurator", "--scope", "clues:read", "--until", "soon"), "ISO 8601")
    refused(run(scope_app, "grant", "procurator", "--scope", "feed:read", "--purpose", "x"), "no such purpose")
    assert len(json.loads(done(run(scope_app, "list", "procurator", "--json")))) == 3, "all or nothing"

    done(run(scope_app, "revoke", "procurator", "--scope", "clues:read"))
    shown = json.loads(done(run(client_app, "show", "procurator", "--json")))
    assert [entry["scope"] or entry["purpose"] for entry in shown["grants"]] == ["parties:read", "filing-supervision"]
    assert len(json.loads(done(run(scope_app, "list", "procurator", "--all", "--json")))) == 3
    assert "监督系统" in done(run(client_app, "show", "procurator"))
    assert "procurator" in done(run(client_app, "list"))


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("2099-12-31", "2100-01-01T00:00:00+08:00"),
        ("2099-12-31T12:00:00Z", "2099-12-31T20:00:00+08:00"),
        ("2099-12-31T12:00", "2099-12-31T12:00:00+08:00"),
        ("9999-12-31", "9999-12-31T00:00:00+08:00"),
    ],
)
def test_a_grant_says_when_it_ends(run, until: str, told: str) -> None:
    result = run(scope_app, "grant", "health", "--scope", "clues:read", "--until", until)
    assert (result.exit_code, f"有效至 · until: {told}" in result.stderr) == (0, True)
    (entry,) = [one for one in json.loads(done(run(scope_app, "list", "health", "--json"))) if one["endsAt"]][:1]
    assert entry["scope"] == "clues:read"


def test_a_quota_is_a_number_from_0(run) -> None:
    result = run(client_app, "set-quota", "health", "-5")
    assert result.exit_code == 2
    assert "greater than or equal to 0" in result.stderr


def test_a_key_whose_id_begins_with_a_hyphen_is_retired(world: World, run, tmp_path: Path) -> None:
    (tmp_path / "new.jwk").write_text(json.dumps(public_part(generate_key("-b_Q"))))
    done(run(client_app, "rotate", "health", "--jwk", str(tmp_path / "new.jwk"), "--overlap", "5"))
    done(run(client_app, "retire-key", "health", "-b_Q"))
    assert json.loads(done(run(client_app, "show", "health", "--json")))["activeKeys"] == 1


def test_changes_of_a_client(world: World, run, tmp_path: Path) -> None:
    done(run(client_app, "set-quota", "health", "7"))
    done(run(client_app, "disable", "health"))
    shown = json.loads(done(run(client_app, "show", "health", "--json")))
    assert (shown["dailyRowQuota"], bool(shown["disabledAt"])) == (7, True)
    done(run(client_app, "enable", "health"))
    old = shown["keys"][0]["kid"]
    done(run(client_app, "rotate", "health", "--overlap", "5"))
    shown = json.loads(done(run(client_app, "show", "health", "--json")))
    assert shown["activeKeys"] == 2
    done(run(client_app, "retire-key", "health", old))
    listed = json.loads(done(run(client_app, "list", "--json", "--limit", "2")))
    assert [(entry["clientId"], entry["activeKeys"]) for entry in listed] == [("credit", 1), ("health", 1)]
    world.keys["health"] = json.loads((tmp_path / "clients" / "health.jwk").read_text())
    assert world.token()
    done(run(agency_app, "disable", HEALTH))
    assert world.post("token", world.form()).status_code == 401
    done(run(agency_app, "enable", HEALTH))
    assert world.post("token", world.form()).status_code == 200


def test_ceilings_follow_the_policies(world: World, run) -> None:
    with world.owner.begin() as connection:
        connection.execute(text("DELETE FROM scope_ceiling WHERE agency_kind = 'HEALTH'"))
    assert world.post("token", world.form()).json()["error"] == "invalid_scope"
    done(run(scope_app, "set-ceilings"))
    assert world.post("token", world.form()).status_code == 200


def test_a_public_key_from_a_file(world: World, run, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(client_side.jose.generate_key("OKP", "Ed25519").as_dict(private=False)))
    done(run(client_app, "create", "partner", "--agency", HEALTH, "--name", "x", "--jwk", str(path)))
    assert not (tmp_path / "clients").exists()
    for content in ("no json", "[]", json.dumps(world.keys["health"])):
        path.write_text(content)
        refused(run(client_app, "create", "other", "--agency", HEALTH, "--name", "x", "--jwk", str(path)), "key")


@pytest.mark.parametrize(
    "arguments",
    [
        (client_app, "show", "nobody"),
        (client_app, "disable", "nobody"),
        (client_app, "rotate", "nobody"),
        (client_app, "create", "a/b", "--agency", HEALTH, "--name", "x"),
        (client_app, "create", "x", "--agency", "none", "--name", "x"),
        (client_app, "create", "health", "--agency", HEALTH, "--name", "x"),
        (scope_app, "list", "nobody"),
        (scope_app, "revoke", "health", "--scope", "ledger:read"),
        (agency_app, "disable", "none"),
    ],
    ids=lambda arguments: " ".join(arguments[1:3]),
)
def test_errors_are_clear_and_leave_nothing(run, tmp_path: Path, arguments: tuple) -> None:
    refused(run(*arguments), "")
    assert not list(tmp_path.glob("clients/*"))


def test_without_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_DATABASE_URL", raising=False)
    result = CliRunner().invoke(client_app, ["list", "--data", str(tmp_path / "none")])
    refused(result, "No database")
    assert not (tmp_path / "none").exists(), "asking makes no data folder"
    monkeypatch.setenv("HUB_DATABASE_URL", "postgresql://hub_owner@/none?host=/nowhere")
    refused(CliRunner().invoke(client_app, ["list"]), "cannot be reached")


def test_the_client_side(world: World, served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_DATABASE_URL", world.database.owner_url)
    folder = tmp_path / "clients"
    folder.mkdir()
    (folder / "health.jwk").write_text(json.dumps(world.keys["health"]))
    assert read_officer(tmp_path, "health") is None
    (folder / "health.json").write_text(json.dumps({"name": "马建国", "certificateNo": "1"}, ensure_ascii=False))
    officer = read_officer(tmp_path, "health")
    assert officer == Officer("马建国", "1")
    key, scopes = read_key(tmp_path, "health"), granted_scopes(tmp_path, "health")
    assert scopes == ("clues:read", "parties:read")
    purpose = "medical-practice-regulation"
    token = request_token(served + "/", "health", key, scopes, purpose, case_no=OPEN_CASE, officer=officer)
    assert len(token) == 43
    with pytest.raises(NoToken, match="没有本机关作为一方") as raised:
        request_token(served, "health", key, scopes, purpose, case_no="C-NONE")
    assert raised.value.code == "invalid_authorization_details"
    with pytest.raises(NoToken, match="does not answer"):
        request_token("http://127.0.0.1:9", "health", key, scopes, purpose)
    with pytest.raises(NoToken, match="no such client"):
        granted_scopes(tmp_path, "nobody")
    for bad in ("../health", "", "nobody"):
        with pytest.raises(NoToken):
            read_key(tmp_path, bad)


def test_granted_scopes_from_the_server_of_the_data_folder(
    world: World, server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUB_DATABASE_URL", raising=False)
    # The folder's own database is the empty template of the tests: reached, and without this client.
    with pytest.raises(NoToken, match="no such client"):
        granted_scopes(server.folder.parent, "health")
    with pytest.raises(NoToken, match="no database runs"):
        granted_scopes(tmp_path, "health")


def test_the_example_assertion_is_a_rightful_one(world: World) -> None:
    assertion = sign_assertion(ISSUER, "health", world.keys["health"])
    assert world.token(client_assertion=assertion, client_assertion_type=client_side.ASSERTION_TYPE)


def test_an_assertion_is_made_for_the_hub_that_was_meant(served: str) -> None:
    assert client_side.issuer_of(f"{served}/") == served
    port = served.rpartition(":")[2]
    assert client_side.issuer_of(f"http://localhost:{port}") == served
    # By any other name it is a server that passes itself off as another.
    with patch.object(client_side, "LOOPBACK", ()), pytest.raises(NoToken, match=f"calls itself {served}"):
        client_side.issuer_of(f"http://localhost:{port}")
    for url in (f"{served}/graphql", "hub.example", "ftp://hub.example", "http://[", ""):
        with pytest.raises(NoToken, match="without /graphql"):
            client_side.issuer_of(url)
    with pytest.raises(NoToken, match="does not answer"):
        client_side.issuer_of("http://127.0.0.1:9")


def test_officers_as_typed() -> None:
    assert (
        client_side.parse_officer("王 安：6401")
        == client_side.parse_officer(" 王 安 :6401")
        == Officer("王 安", "6401")
    )
    for bad in ("王安", ":1", "王:", ""):
        with pytest.raises(NoToken):
            client_side.parse_officer(bad)
