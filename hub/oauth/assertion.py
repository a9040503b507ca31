"""Client authentication by `private_key_jwt` (RFC 7523), as strict as the FAPI 2.0 security profile (security.md 1-5).

Every cause is answered by the same `Refused(INVALID_CLIENT)`, after the same look-up and one verification.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jws
from joserfc.errors import JoseError

from hub.oauth.errors import INVALID_CLIENT, Cause, Refused
from hub.oauth.keys import ALGORITHMS, NAMES_OF, signed_by, stand_in
from hub.oauth.store import RegisteredClient, RegisteredKey
from hub.oauth.vocabulary import ASSERTION_TYPE, CLIENT_ID, METHOD

MAX_ASSERTION = 8_192
MAX_LIFE_S = 300
"""`exp` lies at most this far ahead (plus `AHEAD_S` for a clock that runs fast)."""
AHEAD_S = 10
"""`iat` and `nbf` may lie this far ahead: FAPI 2.0 accepts 10 s and refuses more than 60 s."""
BACKDATED_S = 60
"""Some clients date `iat` back against clock skew; the whole life `exp - iat` is bounded with this allowance."""
TYPES = ("jwt", "client-authentication+jwt", "application/client-authentication+jwt")
MAX_JTI = 256
END_OF_TIME = 253_402_300_800
"""Seconds from 1970 to the year 10000."""

Claims = dict[str, Any]


class Invalid(ValueError):
    """The assertion does not hold; the causes are told apart in the hub's own log, never to the outside."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Assertion:
    """A parsed assertion, nothing in it verified."""

    signed: jws.CompactSignature
    header: dict[str, Any]
    claims: Claims

    @property
    def alg(self) -> str:
        """The algorithm as stored with keys (EdDSA and Ed25519 are one)."""
        return next(alg for alg, names in NAMES_OF.items() if self.header["alg"] in names)

    @property
    def client_id(self) -> str | None:
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) and CLIENT_ID.fullmatch(subject) else None


@dataclass(frozen=True, slots=True)
class Proven:
    """An assertion whose signature and claims hold, but whose `jti` is not yet used up."""

    client: RegisteredClient
    key: RegisteredKey
    jti: str
    expires_at: datetime


class PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc] # Authlib has no types
    """Authlib's client authentication method, its checks replaced: it takes RS256, any `exp`, and an `aud` array.

    Args:
        issuer: the only audience accepted.
        now: the moment of the request.
        use_jti: records the `jti`, False when it was used before.
    """

    CLIENT_AUTH_METHOD = METHOD

    def __init__(self, issuer: str, now: datetime, use_jti: Callable[[Proven], bool]) -> None:
        super().__init__()
        self._issuer = issuer
        self._now = now
        self._use_jti = use_jti

    def __call__(self, query_client: Callable[[str], RegisteredClient | None], request: Any) -> RegisteredClient:
        """The client that signed; `request.kid` and `request.key_ends_at` tell with which key.

        Raises:
            Refused: always with INVALID_CLIENT.
        """
        try:
            proven = self._prove(query_client, request)
        except Invalid as error:
            raise Refused(INVALID_CLIENT, error.cause) from error
        except JoseError as error:
            raise Refused(INVALID_CLIENT, Cause.SIGNATURE_WRONG) from error
        if not self._use_jti(proven):
            raise Refused(INVALID_CLIENT, Cause.JTI_USED)
        request.client = proven.client
        request.key = proven.key
        return proven.client

    def _prove(self, query_client: Callable[[str], RegisteredClient | None], request: Any) -> Proven:
        form = request.form
        if request.has_authorization or "client_secret" in form or form.get("client_assertion_type") != ASSERTION_TYPE:
            raise Invalid(Cause.ASSERTION_ABSENT)
        assertion = parse(form.get("client_assertion", ""))
        client = query_client(assertion.client_id or "-")
        key = _choose(client, assertion)
        # Verified before anything is judged, also for nobody's key: all failures take the same steps.
        genuine = signed_by(assertion.signed, key.jwk if key else stand_in(assertion.alg), assertion.alg)
        if client is None:
            raise Invalid(Cause.CLIENT_UNKNOWN)
        if key is None:
            raise Invalid(Cause.KEY_UNKNOWN)
        if not genuine:
            raise Invalid(Cause.SIGNATURE_WRONG)
        if client.disabled:
            raise Invalid(Cause.CLIENT_DISABLED)
        if form.get("client_id", client.client_id) != client.client_id:
            raise Invalid(Cause.CLIENT_ID_DIFFERS)
        return self._judge(client, key, assertion.claims)

    def _judge(self, client: RegisteredClient, key: RegisteredKey, claims: Claims) -> Proven:
        now = self._now.timestamp()
        expires, jti = _moment(claims.get("exp")), claims.get("jti")
        if claims.get("iss") != client.client_id:
            raise Invalid(Cause.ISSUER_NOT_SUBJECT)
        if claims.get("aud") != self._issuer:
            raise Invalid(Cause.AUDIENCE_WRONG)
        if expires <= now:
            raise Invalid(Cause.EXPIRED)
        if expires > now + MAX_LIFE_S + AHEAD_S:
            raise Invalid(Cause.LIFE_TOO_LONG)
        if "nbf" in claims and _moment(claims["nbf"]) > now + AHEAD_S:
            raise Invalid(Cause.NOT_YET_VALID)
        if "iat" in claims:
            issued = _moment(claims["iat"])
            if issued > now + AHEAD_S:
                raise Invalid(Cause.NOT_YET_VALID)
            if expires - issued > MAX_LIFE_S + BACKDATED_S:
                raise Invalid(Cause.LIFE_TOO_LONG)
        if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI or not jti.isprintable():
            raise Invalid(Cause.JTI_MALFORMED)
        return Proven(client, key, jti, datetime.fromtimestamp(expires, UTC))


def parse(text: str) -> Assertion:
    """Takes a compact JWS apart. What the header says about keys (`jwk`, `jku`, `x5u`, `x5c`) is never read.

    Raises:
        Invalid: not a JWS, an algorithm that is not accepted, `crit`, another type of JWT, claims that are no object.
    """
    if not text or len(text) > MAX_ASSERTION or not text.isascii():
        raise Invalid(Cause.ASSERTION_MALFORMED)
    try:
        signed = jws.extract_compact(text.encode())
        header, claims = signed.protected, json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid(Cause.ASSERTION_MALFORMED) from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Invalid(Cause.ASSERTION_MALFORMED)
    if header.get("alg") not in ALGORITHMS or "crit" in header or "b64" in header:
        raise Invalid(Cause.ALGORITHM_REFUSED)
    if not isinstance(header.get("typ", "JWT"), str) or header.get("typ", "JWT").lower() not in TYPES:
        raise Invalid(Cause.ASSERTION_MALFORMED)
    return Assertion(signed, header, claims)


def _choose(client: RegisteredClient | None, assertion: Assertion) -> RegisteredKey | None:
    """The client's active key of this `kid` and algorithm; without `kid` the only one it has."""
    keys = client.keys if client else ()
    if "kid" in assertion.header:
        keys = tuple(key for key in keys if key.kid == assertion.header["kid"])
    return keys[0] if len(keys) == 1 and keys[0].alg == assertion.alg else None


def _moment(value: object) -> float:
    """A NumericDate (RFC 7519): seconds since 1970, a number."""
    # Compared before it is converted: JSON may carry an integer of any length. NaN and the infinities fail it too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < END_OF_TIME:
        raise Invalid(Cause.TIME_MALFORMED)
    return float(value)
