"""The one grant: `client_credentials`, for named scopes and one purpose, at most one case (security.md 10, 11, 13)."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import ClientCredentialsGrant

from hub.oauth import errors, store
from hub.oauth.errors import Cause, Refused
from hub.oauth.sharing import Sharing, parse_sharing
from hub.oauth.store import RegisteredClient, Rights
from hub.oauth.vocabulary import METHOD
from hub.policy.purposes import Purpose

TOKEN_LIFE = timedelta(minutes=5)
SCOPES = re.compile(r"[a-z]+:[a-z]+( [a-z]+:[a-z]+)*")
MAX_SCOPES_TEXT = 2_000


class ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc] # Authlib has no types
    """Issues an opaque token if scope, purpose and case are permitted; it ends with the first right it rests on."""

    TOKEN_ENDPOINT_AUTH_METHODS = (METHOD,)

    def validate_token_request(self) -> None:
        """Authenticates, then judges scope, target, purpose and case in this order.

        Raises:
            Refused
        """
        super().validate_token_request()
        form, client, connection = self.request.form, self.request.client, self.server.connection
        if form.get("resource", self.server.issuer) not in (self.server.issuer, f"{self.server.issuer}/graphql"):
            raise Refused(errors.INVALID_TARGET)
        sharing = parse_sharing(form.get("authorization_details"))
        purpose = check_purpose(sharing, client, self.request.rights, self.server.purposes)
        if sharing.case_no is not None:
            if purpose.case == "none":
                raise Refused(errors.CASE_NOT_TAKEN)
            if not store.is_case_of(connection, sharing.case_no, client):
                raise Refused(errors.CASE_UNKNOWN)
        self.request.sharing = sharing

    def validate_requested_scope(self) -> None:
        """Called by Authlib once the client is known."""
        rights = store.rights_of(self.server.connection, self.request.client, self.server.now)
        self.request.scopes = check_scopes(self.request.form.get("scope"), rights)
        self.request.rights = rights

    def generate_token(self, **_: Any) -> dict[str, Any]:
        """The answer of the token endpoint; the token's text exists here and nowhere else."""
        request, now = self.request, self.server.now
        expires_at = min(now + TOKEN_LIFE, *_ends(request))
        request.expires_at = expires_at
        return {
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "expires_in": int((expires_at - now).total_seconds()),
            "scope": " ".join(request.scopes),
            "authorization_details": request.sharing.details(),
        }


def check_scopes(parameter: str | None, rights: Rights) -> tuple[str, ...]:
    """The scopes asked for, each once, in order.

    Raises:
        Refused: INVALID_SCOPE when none is named, or one is not granted.
    """
    if not parameter:
        raise Refused(errors.INVALID_SCOPE, Cause.SCOPE_ABSENT)
    if len(parameter) > MAX_SCOPES_TEXT or not SCOPES.fullmatch(parameter):
        raise Refused(errors.INVALID_SCOPE)
    scopes = tuple(dict.fromkeys(parameter.split(" ")))
    if not rights.scopes.keys() >= set(scopes):
        raise Refused(errors.INVALID_SCOPE)
    return scopes


def check_purpose(
    sharing: Sharing, client: RegisteredClient, rights: Rights, purposes: Mapping[str, Purpose]
) -> Purpose:
    """The purpose, if it exists, is open, may be claimed by the agency and was granted to the client.

    Raises:
        Refused: `invalid_authorization_details`, each cause with its own text: the client asks about its own rights.
    """
    purpose = purposes.get(sharing.purpose)
    if purpose is None or not purpose.available:
        raise Refused(errors.PURPOSE_UNKNOWN)
    if not purpose.claimable_by(client.agency_kind, client.region_level):
        raise Refused(errors.PURPOSE_NOT_CLAIMABLE)
    if purpose.name not in rights.purposes:
        raise Refused(errors.PURPOSE_NOT_GRANTED)
    return purpose


def _ends(request: Any) -> list[datetime]:
    """The moments at which a right that the token rests on ends: its grants, and the key that signed for it."""
    rights: Rights = request.rights
    ends = [rights.purposes[request.sharing.purpose], *(rights.scopes[scope] for scope in request.scopes)]
    return [end for end in (*ends, request.key.retired_at) if end is not None]
