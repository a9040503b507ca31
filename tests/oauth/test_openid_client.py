"""npm openid-client, the certified client of many partners, against the live server with its own defaults."""

import json

import node_running
import pytest
from joserfc.jwk import OKPKey
from oauth_world import OPEN_CASE, World

from hub.oauth.keys import public_part
from hub.oauth.registry import add_key


@pytest.mark.node
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
    node_running.install()
    saw = json.loads(node_running.run("token.mjs", ASKED=json.dumps(asked)))
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
