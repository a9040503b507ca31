"""The authorization server: Authlib's, on one synchronous connection per request.

`OAuthServer` lives as long as the process; it builds a `_RequestServer` for each request, so that client, `jti` and
token share one transaction. It is synchronous: `routes.py` runs it in threads.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from authlib.common.security import is_secure_transport
from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.clock import Clock
from hub.oauth import store
from hub.oauth.assertion import PrivateKeyJwt, Proven
from hub.oauth.callers import hash_token
from hub.oauth.endpoints import Introspection, Revocation
from hub.oauth.errors import INTERNAL, INVALID_CLIENT, INVALID_REQUEST, UNAVAILABLE, Cause, Refusal, Refused, refusal_of
from hub.oauth.grant import ClientCredentials
from hub.oauth.keys import NAMES_OF, stand_in
from hub.oauth.sharing import Sharing
from hub.oauth.store import RegisteredClient, RegisteredKey, Rights
from hub.oauth.vocabulary import DETAILS_TYPE, METHOD
from hub.policy.purposes import Purpose

# Authlib writes tokens and assertions at DEBUG (findings.md): it never may, whatever level the process logs at.
logging.getLogger("authlib").setLevel(logging.WARNING)
log = logging.getLogger(__name__)

PURGE_EVERY_S = 60
SECURE_URI = "https://hub/oauth"
"""Authlib judges the transport at each request; here it is judged once, from the issuer, when the server is made."""


class Endpoint(StrEnum):
    """The endpoints that take a form and authenticate the client; names as Authlib registers them."""

    TOKEN = "token"  # noqa: S105 - a path, no secret
    INTROSPECTION = "introspection"
    REVOCATION = "revocation"


Observe = Callable[[Endpoint, str, Cause | None], None]
"""Called once per request with "ok" or the error code, and the cause of a refusal, for metrics and the log. Failed
authentications are counted and lock nobody out: an attacker could lock out a client."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over HTTP: status, JSON body, headers beyond the usual ones. `cause` stays here."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...] = ()
    cause: Cause | None = None


def reply_of(refusal: Refusal, headers: Iterable[tuple[str, str]] = (), cause: Cause | None = None) -> Reply:
    return Reply(refusal.status, refusal.body(), tuple(headers), cause or refusal.cause)


def observe_nothing(endpoint: Endpoint, outcome: str, cause: Cause | None) -> None:
    """For callers without metrics."""


@dataclass(slots=True)
class OAuthServer:
    """Issues, shows and ends tokens.

    Attributes:
        engine: of the app role (`Database.app_engine()`).
        issuer: base URL without trailing slash: `iss`, and the only `aud` of assertions.
        purposes: by name (`hub.policy.purposes.load_purposes`).
        scopes: announced in the metadata (`hub.policy.scopes.load_scopes(...).titles`).
        plain_http: allow an issuer without TLS beyond loopback addresses (demo only).

    Raises:
        ValueError: the issuer ends in a slash, or is neither https nor loopback.
    """

    engine: Engine
    issuer: str
    purposes: Mapping[str, Purpose]
    clock: Clock
    scopes: Iterable[str] = ()
    observe: Observe = observe_nothing
    plain_http: bool = False
    _purge_due: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if self.issuer.endswith("/"):
            raise ValueError(f"the issuer has no trailing slash: {self.issuer}")
        if not self.plain_http and not is_secure_transport(self.issuer):
            raise ValueError(f"the issuer must be https (or a loopback address): {self.issuer}")
        # A failing database driver names the values it was given: not in an error text, not in a log (security.md 40).
        self.engine.hide_parameters = True
        self._purge_due = time.monotonic() + PURGE_EVERY_S
        for alg in NAMES_OF:
            stand_in(alg)  # made now, or the first unknown client would take longer

    def respond(self, endpoint: Endpoint, form: Mapping[str, str], *, has_authorization: bool) -> Reply:
        """Answers one request; commits first, also after a refusal: the assertion is used up either way."""
        try:
            with self.engine.connect() as connection:
                request = FormRequest(form, has_authorization=has_authorization)
                reply = _RequestServer(connection, self).answer(endpoint, request)
                connection.commit()
        except (OperationalError, InterfaceError, PoolTimeout):
            reply = reply_of(UNAVAILABLE, [("Retry-After", "1")])
        except SQLAlchemyError as error:
            state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
            log.error("oauth %s failed: %s sqlstate=%s", endpoint, type(error).__name__, state)  # noqa: TRY400 - no values
            reply = reply_of(INTERNAL)
        self.told(endpoint, reply)
        return reply

    def told(self, endpoint: Endpoint, reply: Reply) -> None:
        """Observes a reply; `routes.py` calls it for those that it makes itself."""
        self.observe(endpoint, reply.body.get("error", "ok"), reply.cause)

    def purge_is_due(self) -> bool:
        """True once a minute; then `purge` is worth a call."""
        if time.monotonic() < self._purge_due:
            return False
        self._purge_due = time.monotonic() + PURGE_EVERY_S
        return True

    def purge(self) -> None:
        """Removes tokens and `jti`s that have long expired."""
        try:
            with self.engine.begin() as connection:
                store.purge(connection)
        except SQLAlchemyError as error:
            log.warning("oauth purge failed: %s", type(error).__name__)

    def metadata(self) -> dict[str, Any]:
        """RFC 8414."""
        algorithms = [name for names in NAMES_OF.values() for name in names]
        endpoints: dict[str, Any] = {}
        for endpoint, path in (
            (Endpoint.TOKEN, "token"),
            (Endpoint.INTROSPECTION, "introspect"),
            (Endpoint.REVOCATION, "revoke"),
        ):
            endpoints[f"{endpoint}_endpoint"] = f"{self.issuer}/oauth/{path}"
            endpoints[f"{endpoint}_endpoint_auth_methods_supported"] = [METHOD]
            endpoints[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = algorithms
        return {
            "issuer": self.issuer,
            **endpoints,
            "jwks_uri": f"{self.issuer}/oauth/jwks",
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": sorted(self.scopes),
            "authorization_details_types_supported": [DETAILS_TYPE],
        }


class FormRequest(OAuth2Request):  # type: ignore[misc] # Authlib has no types
    """A parsed form; what the steps of one request find out is kept on it."""

    key: RegisteredKey
    rights: Rights
    scopes: tuple[str, ...]
    sharing: Sharing
    expires_at: datetime

    def __init__(self, form: Mapping[str, str], *, has_authorization: bool) -> None:
        super().__init__("POST", SECURE_URI)
        self.payload = BasicOAuth2Payload(form)
        self.has_authorization = has_authorization

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return] # Authlib has no types


class _RequestServer(AuthorizationServer):  # type: ignore[misc] # Authlib has no types
    """Authlib's server for one request, on one connection at one moment."""

    def __init__(self, connection: Connection, server: OAuthServer) -> None:
        super().__init__()
        self.connection = connection
        self.issuer = server.issuer
        self.purposes = server.purposes
        self.now = server.clock.now()
        self.register_client_auth_method(METHOD, PrivateKeyJwt(self.issuer, self.now, self._use_jti))
        self.register_grant(ClientCredentials)
        self.register_endpoint(Introspection)
        self.register_endpoint(Revocation)

    def answer(self, endpoint: Endpoint, request: FormRequest) -> Reply:
        if endpoint is Endpoint.TOKEN:
            if "grant_type" not in request.form:
                return reply_of(INVALID_REQUEST)
            reply: Reply = self.create_token_response(request)
        else:
            reply = self.create_endpoint_response(endpoint, request)
        return reply

    def query_client(self, client_id: str) -> RegisteredClient | None:
        return store.client_of(self.connection, client_id, self.now)

    def save_token(self, token: dict[str, Any], request: FormRequest) -> None:
        officer = request.sharing.officer
        store.save_token(
            self.connection,
            {
                "token_hash": hash_token(token["access_token"]),
                "client_id": request.client.client_id,
                "kid": request.key.kid,
                "scopes": list(request.scopes),
                "purpose": request.sharing.purpose,
                "case_no": request.sharing.case_no,
                "officer_name": officer.name if officer else None,
                "officer_certificate_no": officer.certificate_no if officer else None,
                "issued_at": self.now,
                "expires_at": request.expires_at,
            },
        )

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        return request

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Any) -> Reply:  # noqa: ARG002 - ours
        return Reply(status, body)

    def handle_error_response(self, request: FormRequest, error: OAuth2Error) -> Reply:
        refusal = refusal_of(error)
        # RFC 6749 section 5.2 wants a challenge for a caller that tried the header; it tells nothing else.
        challenge = refusal is INVALID_CLIENT and request.has_authorization
        cause = error.cause if isinstance(error, Refused) else None
        return reply_of(refusal, [("WWW-Authenticate", 'Basic realm="hub"')] if challenge else [], cause)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Authlib's hook for listeners: there are none."""

    def _use_jti(self, proven: Proven) -> bool:
        return store.use_jti(self.connection, proven.client.client_id, proven.jti, proven.expires_at)
