"""The register of officers: one certificate in one agency at a time, ended and never deleted; its CLI and the demo's."""

import json
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from hub.clock import SystemClock, today
from hub.demo.clients import DEMO_CLIENTS, register_demo_clients
from hub.oauth.caller import Officer as Stated
from hub.officers.commands import officer_app
from hub.officers.register import RegisterError, end_officer, is_registered, officers, register_officer
from hub.officers.tables import OfficerRole

HEALTH, SECURITY = "640104-HEALTH", "640104-HEALTHCARE_SECURITY"
CASE, PRINCIPAL = OfficerRole.CASE_OFFICER, OfficerRole.PRINCIPAL_OFFICER
JANUARY, JUNE = date(2026, 1, 1), date(2026, 6, 30)


@pytest.fixture
def connection(sample_copy):
    engine = sample_copy().owner_engine()
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def listed(connection, agency=HEALTH, on=None):
    return [(row["name"], row["validFrom"], row["validTo"]) for row in officers(connection, agency, on, 100)]


def test_a_period_includes_its_first_and_last_day(connection):
    register_officer(connection, HEALTH, "钱一", "64010477001", [CASE], valid_from=JANUARY, valid_to=JUNE, by="test")
    for day, valid in ((JANUARY, True), (JUNE, True), (date(2025, 12, 31), False), (date(2026, 7, 1), False)):
        assert bool(listed(connection, on=day)) is valid


@pytest.mark.parametrize("agency", [HEALTH, SECURITY])
@pytest.mark.parametrize(("begin", "end"), [(JUNE, None), (date(2025, 1, 1), JANUARY), (date(2026, 2, 1), JUNE)])
def test_periods_of_one_certificate_never_overlap(connection, agency, begin, end):
    register_officer(connection, HEALTH, "钱一", "64010477001", [CASE], valid_from=JANUARY, valid_to=JUNE, by="test")
    with pytest.raises(RegisterError, match="640104-HEALTH"):
        register_officer(connection, agency, "钱一", "64010477001", [CASE], valid_from=begin, valid_to=end, by="test")
    register_officer(connection, agency, "钱一", "64010477001", [CASE], valid_from=date(2026, 7, 1), by="test")


@pytest.mark.parametrize("written", ["NX-0477001", "nx0477001", "N-X04770-01"])
def test_one_certificate_is_one_however_it_is_written(connection, written):
    """Else its holder could be registered twice, draft as the one and approve as the other."""
    register_officer(connection, HEALTH, "钱一", "NX0477001", [CASE], valid_from=JANUARY, by="test")
    with pytest.raises(RegisterError, match="640104-HEALTH"):
        register_officer(connection, HEALTH, "钱一", written, [PRINCIPAL], valid_from=JANUARY, by="test")


def test_an_ended_officer_stays_in_the_register(connection):
    register_officer(connection, HEALTH, "钱一", "64010477001", [PRINCIPAL, CASE], valid_from=JANUARY, by="test")
    end_officer(connection, HEALTH, "64010477001", JUNE, by="head")
    assert listed(connection) == [("钱一", "2026-01-01", "2026-06-30")]
    assert listed(connection, on=date(2026, 7, 1)) == []
    with pytest.raises(RegisterError):
        end_officer(connection, HEALTH, "64010477001", JUNE, by="head")
    end_officer(connection, HEALTH, "64010477001", JANUARY - timedelta(days=1), by="head")
    assert listed(connection, on=JANUARY) == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"name": "钱\n一"},
        {"certificate_no": "1"},
        {"certificate_no": "64010477001;--"},
        {"roles": []},
        {"valid_to": date(2025, 12, 31)},
        {"agency": "640104-NOBODY"},
    ],
)
def test_what_is_no_registration_is_refused(connection, change):
    given = {
        "agency": HEALTH, "name": "钱一", "certificate_no": "64010477001", "roles": [CASE], "valid_from": JANUARY,
        "valid_to": None, "by": "test",
    } | change  # fmt: skip
    with pytest.raises(RegisterError):
        register_officer(connection, **given)
    assert listed(connection) == []


def test_the_demo_registers_each_clients_officer_once(sample_copy, tmp_path):
    database = sample_copy()
    register_demo_clients(database.owner_url, tmp_path)
    engine = database.owner_engine()
    with engine.begin() as connection:
        known = {row["certificateNo"]: row["roles"] for row in officers(connection, None, today(SystemClock()), 100)}
        acting = [client for client in DEMO_CLIENTS if client.agency.startswith("640104")]
        assert acting
        assert all(known[client.certificate_no] == ["CASE_OFFICER"] for client in DEMO_CLIENTS)
        for client in DEMO_CLIENTS:
            stated = Stated(client.officer_name, client.certificate_no)
            assert is_registered(connection, client.agency, stated, today(SystemClock()))
            assert not is_registered(connection, "640104-PROCURATORATE", stated, today(SystemClock()))
            assert not is_registered(connection, client.agency, stated, date(2019, 12, 31))
        for client in acting:
            heads = [
                row for row in officers(connection, client.agency, None, 9) if row["roles"] == ["PRINCIPAL_OFFICER"]
            ]
            assert len(heads) == 1
        end_officer(connection, acting[0].agency, acting[0].certificate_no, date(2026, 1, 1), by="test")
    register_demo_clients(database.owner_url, tmp_path)
    with engine.begin() as connection:
        again = [row for row in officers(connection, acting[0].agency, None, 9) if row["validTo"]]
        assert [row["certificateNo"] for row in again] == [acting[0].certificate_no]
    engine.dispose()


def test_the_operator_keeps_the_register(sample_copy, monkeypatch):
    monkeypatch.setenv("HUB_DATABASE_URL", sample_copy().owner_url)
    run = CliRunner().invoke
    added = run(officer_app, ["add", HEALTH, "钱一", "64010477001", "--role", "CASE_OFFICER", "--from", "2026-01-01"])
    assert added.exit_code == 0, added.output
    shown = run(officer_app, ["list", "--agency", HEALTH, "--json"])
    (row,) = json.loads(shown.stdout)
    assert (row["name"], row["certificateNo"], row["roles"], row["validTo"]) == (
        "钱一", "64010477001", ["CASE_OFFICER"], None,
    )  # fmt: skip
    twice = run(officer_app, ["add", SECURITY, "钱一", "64010477001", "--role", "CASE_OFFICER"])
    assert twice.exit_code == 1
    assert "registered with 640104-HEALTH" in twice.stderr
    assert run(officer_app, ["end", HEALTH, "64010477001"]).exit_code == 0
    assert json.loads(run(officer_app, ["list", "--agency", HEALTH, "--json", "--current"]).stdout) == []
    assert run(officer_app, ["end", HEALTH, "00000000"]).exit_code == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["add", HEALTH, "钱一", "64010477001"], 2, "--role"),
        (["add", HEALTH, "钱一", "64010477001", "--role", "BOSS"], 2, "BOSS"),
        (["add", HEALTH, "钱一", "64010477001", "--role", "CASE_OFFICER", "--from", "2026-13-01"], 2, "2026-13-01"),
        (["add", HEALTH, "", "64010477001", "--role", "CASE_OFFICER"], 1, "give the officer's name"),
        (["add", HEALTH, "钱\u202e一", "64010477001", "--role", "CASE_OFFICER"], 1, "give the officer's name"),
        (["add", HEALTH, "钱一", "六四", "--role", "CASE_OFFICER"], 1, "4 to 40 characters"),
        (["add", "640104-NONE", "钱一", "64010477001", "--role", "CASE_OFFICER"], 1, "no such agency: 640104-NONE"),
        (["add", "\udcff", "钱一", "64010477001", "--role", "CASE_OFFICER"], 1, "no such agency"),
        (["end", HEALTH, "\udcff\udcfe\udcfd\udcfc"], 1, "nothing registered beyond that day"),
        (["end", "\udcff", "64010477001"], 1, "nothing registered beyond that day"),
        (["list", "--limit", "0"], 2, "--limit"),
    ],
)
def test_bad_input_is_said_and_changes_nothing(sample_database, monkeypatch, words, code, message):
    monkeypatch.setenv("HUB_DATABASE_URL", sample_database.owner_url)
    result = CliRunner().invoke(officer_app, words)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert message in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
    listed = CliRunner().invoke(officer_app, ["list", "--json"])
    assert json.loads(listed.stdout) == []


def test_the_list_on_a_terminal_names_whoever_is_there(sample_copy, monkeypatch):
    monkeypatch.setenv("HUB_DATABASE_URL", sample_copy().owner_url)
    run = CliRunner().invoke
    roles = ["--role", "CASE_OFFICER", "--role", "PRINCIPAL_OFFICER"]
    period = ["--from", "2026-01-01", "--to", "2026-12-31"]
    assert run(officer_app, ["add", HEALTH, " 钱一 ", "64010477001", *roles, *period]).exit_code == 0
    (row,) = json.loads(run(officer_app, ["list", "--json", "--agency", HEALTH]).stdout)
    assert (row["name"], row["roles"]) == ("钱一", ["CASE_OFFICER", "PRINCIPAL_OFFICER"])
    assert (row["validFrom"], row["validTo"]) == ("2026-01-01", "2026-12-31")
    shown = run(officer_app, ["list"]).stdout
    assert "钱一" in shown
    assert "CASE_OFFICER, PRINCIPAL_OFFICER" in shown
    assert json.loads(run(officer_app, ["list", "--json", "--limit", "1", "--agency", SECURITY]).stdout) == []
