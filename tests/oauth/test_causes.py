"""Why a request was refused is told to the operator as one of a closed list, and to the client never."""

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oauth_world import ASSERTION_TYPE, FOREIGN_CASE, ISSUER, World, details
from sqlalchemy import text

from hub.oauth.errors import INVALID_CLIENT, Cause
from hub.oauth.keys import generate_key

SERVER = Path(__file__).parents[2] / "hub" / "oauth"


def signed(**changes: Any) -> Callable[[World], dict[str, str]]:
    return lambda world: world.form(**world.authentication(**changes))


def assertion(value: str) -> Callable[[World], dict[str, str]]:
    return lambda world: world.form(client_assertion_type=ASSERTION_TYPE, client_assertion=value)


def asked(**changes: Any) -> Callable[[World], dict[str, str]]:
    return lambda world: world.form(**changes)


def twice(world: World) -> dict[str, str]:
    form = world.form(scope="unknown:scope")
    world.post("token", form)
    return form


def from_now(world: World, **moments: int) -> dict[str, str]:
    now = int(world.clock.now().timestamp())
    return world.form(**world.authentication(**{name: now + seconds for name, seconds in moments.items()}))


AUTHENTICATION: dict[Cause, Callable[[World], dict[str, str]]] = {
    Cause.ASSERTION_ABSENT: asked(client_assertion=None),
    Cause.ASSERTION_MALFORMED: assertion("a.b.c"),
    Cause.ALGORITHM_REFUSED: assertion("eyJhbGciOiJub25lIn0.e30."),
    Cause.CLIENT_UNKNOWN: lambda world: world.form(
        client_assertion_type=ASSERTION_TYPE, client_assertion=world.assertion("nobody", key=world.keys["health"])
    ),
    Cause.KEY_UNKNOWN: signed(header={"kid": "other"}),
    Cause.SIGNATURE_WRONG: lambda world: world.form(
        client_assertion_type=ASSERTION_TYPE,
        client_assertion=world.assertion(key=generate_key(world.keys["health"]["kid"])),
    ),
    Cause.CLIENT_ID_DIFFERS: lambda world: {**world.form(), "client_id": "healthcare"},
    Cause.ISSUER_NOT_SUBJECT: signed(iss="healthcare"),
    Cause.AUDIENCE_WRONG: signed(aud=f"{ISSUER}/oauth/token"),
    Cause.TIME_MALFORMED: signed(exp="soon"),
    Cause.EXPIRED: lambda world: from_now(world, exp=-1, iat=-60),
    Cause.LIFE_TOO_LONG: lambda world: from_now(world, exp=3600),
    Cause.NOT_YET_VALID: lambda world: from_now(world, nbf=60),
    Cause.JTI_MALFORMED: signed(jti=""),
    Cause.JTI_USED: twice,
}
REQUEST: dict[Cause, Callable[[World], dict[str, str]]] = {
    Cause.REQUEST_MALFORMED: asked(grant_type=None),
    Cause.GRANT_TYPE_UNSUPPORTED: asked(grant_type="password"),
    Cause.TARGET_FOREIGN: asked(resource="https://elsewhere.example"),
    Cause.SCOPE_ABSENT: asked(scope=None),
    Cause.SCOPE_NOT_GRANTED: asked(scope="ledger:read"),
    Cause.DETAILS_ABSENT: asked(authorization_details=None),
    Cause.DETAILS_MALFORMED: asked(authorization_details="{}"),
    Cause.PURPOSE_UNKNOWN: asked(authorization_details=details("no-such-purpose")),
    Cause.PURPOSE_NOT_CLAIMABLE: asked(authorization_details=details("fund-supervision")),
    Cause.CASE_NOT_OF_AGENCY: asked(authorization_details=details("medical-practice-regulation", case=FOREIGN_CASE)),
    Cause.CASE_NOT_TAKEN: lambda world: world.form(
        "credit", scope="parties:read", authorization_details=details("credit-publication", case=FOREIGN_CASE)
    ),
}


@pytest.mark.parametrize("cause", AUTHENTICATION)
def test_one_answer_and_many_causes(still_world: World, cause: Cause) -> None:
    response = still_world.post("token", AUTHENTICATION[cause](still_world))
    assert (response.status_code, response.json()) == (401, INVALID_CLIENT.body())
    assert still_world.outcomes[-1] == ("token", "invalid_client", cause)
    assert cause not in response.text


@pytest.mark.parametrize("cause", REQUEST)
def test_a_refused_request_has_its_cause(still_world: World, cause: Cause) -> None:
    response = still_world.post("token", REQUEST[cause](still_world))
    assert response.status_code == 400
    assert still_world.outcomes[-1] == ("token", response.json()["error"], cause)


def test_what_changes_the_world(world: World) -> None:
    with world.owner.begin() as connection:
        connection.execute(text("UPDATE purpose_grant SET revoked_at = now()"))
    world.post("token", world.form())
    assert world.outcomes.pop()[2] is Cause.PURPOSE_NOT_GRANTED
    with world.owner.begin() as connection:
        connection.execute(text("UPDATE client SET disabled_at = now()"))
    world.post("token", world.form())
    assert world.outcomes.pop()[2] is Cause.CLIENT_DISABLED
    world.post("token", world.form(), headers={"authorization": f"Bearer {uuid.uuid4().hex}"})
    assert world.outcomes.pop()[2] is Cause.ASSERTION_ABSENT


def test_what_never_reaches_the_server(still_world: World) -> None:
    for method, content, cause in (
        ("POST", b"{}", Cause.NOT_A_FORM),
        ("POST", b"x" * 100_000, Cause.TOO_LARGE),
        ("GET", b"", Cause.METHOD_NOT_ALLOWED),
    ):
        still_world.http.request(method, "/oauth/token", content=content)
        assert still_world.outcomes[-1] == ("token", "invalid_request", cause)
    form = {"content-type": "application/x-www-form-urlencoded"}
    still_world.http.request("POST", "/oauth/token", content=b"scope=a&scope=b", headers=form)
    assert still_world.outcomes[-1] == ("token", "invalid_request", Cause.PARAMETER_REPEATED)


def test_every_cause_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in SERVER.glob("*.py"))
    assert set(re.findall(r"\bCause\.([A-Z_]+)", source)) == {cause.name for cause in Cause}
