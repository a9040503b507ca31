"""The hub as a partner's system asks it: a token by private_key_jwt (RFC 7523), GraphQL, the bulk export."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
from joserfc import jwk, jwt

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Refused(Exception):
    """The hub says no; `code` says why."""

    def __init__(self, code: str, told: str) -> None:
        super().__init__(f"{code}: {told}")
        self.code = code


class Hub:
    """One client of a hub, for one purpose.

    Args:
        url: the hub's base address, which is also its issuer.
        key: the client's private JWK, with kid and alg.
    """

    def __init__(self, url: str, client: str, key: dict[str, Any], purpose: str, scopes: list[str]) -> None:
        self._url, self._client, self._key = url, client, key
        self._details, self._scopes = [{"type": "data_sharing", "purpose": purpose}], scopes
        self._http = httpx.Client(timeout=120, trust_env=False)
        self._token, self._until = "", 0.0

    def token(self) -> str:
        """A token that is good for half a minute more; asked for anew when it is not."""
        now = time.time()
        if now > self._until - 30:
            at = int(now)
            claims = {"iss": self._client, "sub": self._client, "aud": self._url, "jti": uuid.uuid4().hex}
            header = {"alg": self._key["alg"], "kid": self._key["kid"]}
            signed = jwt.encode(
                header, claims | {"iat": at, "exp": at + 60}, jwk.import_key(self._key), [header["alg"]]
            )
            answer = self._http.post(
                f"{self._url}/oauth/token",
                data={
                    "grant_type": "client_credentials",
                    "scope": " ".join(self._scopes),
                    "authorization_details": json.dumps(self._details),
                    "client_assertion_type": ASSERTION,
                    "client_assertion": signed,
                },
            ).json()
            if "error" in answer:
                raise Refused(answer["error"], answer.get("error_description", ""))
            self._token, self._until = answer["access_token"], now + answer["expires_in"]
        return self._token

    def ask(self, document: str, variables: dict[str, Any]) -> Any:
        """The value of the document's only root field, which must bear the alias `it`."""
        answer = self._http.post(
            f"{self._url}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self.token()}"},
        ).json()
        for error in answer.get("errors", ()):
            raise Refused(error["extensions"]["code"], error["message"])
        if answer["data"]["it"] is None:
            raise Refused("NOT_OPEN", json.dumps(answer["extensions"]["masked"], ensure_ascii=False))
        return answer["data"]["it"]

    def export(self, feed: str, after: str | None) -> Iterator[bytes]:
        """The lines of an export, without their line breaks; those that arrived whole, if it breaks off."""
        parameters = {"feed": feed} | ({"after": after} if after else {})
        headers = {"Authorization": f"Bearer {self.token()}"}
        rest = b""
        with self._http.stream("GET", f"{self._url}/feed/export", params=parameters, headers=headers) as answer:
            if answer.status_code != 200:
                problem = json.loads(answer.read())
                raise Refused(problem["code"], problem["title"])
            try:
                for part in answer.iter_raw():
                    *lines, rest = (rest + part).split(b"\n")
                    yield from lines
            except httpx.TransportError:
                return  # the last place says where to go on
