"""Introspection (RFC 7662) and revocation (RFC 7009): a client asks about and ends its own tokens only.

A foreign token looks like one that does not exist. `token_type_hint` is ignored: there is one type of token.
"""

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from hub.oauth import store
from hub.oauth.caller import Officer
from hub.oauth.callers import hash_token
from hub.oauth.errors import INVALID_REQUEST, Refused
from hub.oauth.sharing import Sharing
from hub.oauth.store import RegisteredClient, StandingToken
from hub.oauth.vocabulary import METHOD


class Introspection(IntrospectionEndpoint):  # type: ignore[misc] # Authlib has no types
    CLIENT_AUTH_METHODS = (METHOD,)

    def check_params(self, request: Any, client: RegisteredClient) -> None:  # noqa: ARG002 - Authlib's signature
        if "token" not in request.form:
            raise Refused(INVALID_REQUEST)

    def query_token(self, token_string: str, token_type_hint: str | None) -> StandingToken | None:  # noqa: ARG002
        return store.standing_token(self.server.connection, hash_token(token_string), self.server.now)

    def check_permission(self, token: StandingToken, client: RegisteredClient, request: Any) -> bool:  # noqa: ARG002
        return token.client_id == client.client_id

    def introspect_token(self, token: StandingToken) -> dict[str, Any]:
        officer = None
        if token.officer_name is not None and token.officer_certificate_no is not None:
            officer = Officer(token.officer_name, token.officer_certificate_no)
        return {
            "active": True,
            "iss": self.server.issuer,
            "aud": self.server.issuer,
            "client_id": token.client_id,
            "sub": token.client_id,
            "token_type": "Bearer",
            "scope": " ".join(token.scopes),
            "authorization_details": Sharing(token.purpose, token.case_no, officer).details(),
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
        }


class Revocation(RevocationEndpoint):  # type: ignore[misc] # Authlib has no types
    CLIENT_AUTH_METHODS = (METHOD,)

    def check_params(self, request: Any, client: RegisteredClient) -> None:  # noqa: ARG002 - Authlib's signature
        if "token" not in request.form:
            raise Refused(INVALID_REQUEST)

    def authenticate_token(self, request: Any, client: RegisteredClient) -> bytes:
        """The hash, whatever it is of: whether a token exists and whose it is, the UPDATE finds out."""
        self.check_params(request, client)
        return hash_token(request.form["token"])

    def revoke_token(self, token: bytes, request: Any) -> None:
        store.revoke_token(self.server.connection, request.client.client_id, token, self.server.now)
