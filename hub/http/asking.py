"""`hub query` and `hub token`: a client's side of the door, with the key from the data folder."""

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from hub.http.media import GRAPHQL_RESPONSE, JSON
from hub.oauth.client import NoToken, granted_scopes, issuer_of, parse_officer, read_key, read_officer, request_token
from hub.settings import BASE_URL_FILE

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_S = 60


class NotAnswered(Exception):
    """There is no GraphQL answer to print; the message says why, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One client, for one purpose, at most one case.

    Attributes:
        data: data folder with `clients/<client id>.jwk` (and `.json`: the demo client's own officer).
        officer: "NAME:CERTIFICATE_NO"; None: the demo client's own, or none.
        url: base URL of the hub; None: of the server that runs on the data folder.
    """

    data: Path
    client: str
    purpose: str
    case_no: str | None
    officer: str | None
    url: str | None

    def token(self) -> str:
        """A bearer token with all scopes granted to the client.

        Raises:
            NotAnswered
        """
        try:
            key = read_key(self.data, self.client)
            officer = parse_officer(self.officer) if self.officer else read_officer(self.data, self.client)
            scopes = granted_scopes(self.data, self.client)
            return request_token(
                self.base_url,
                self.client,
                key,
                scopes,
                self.purpose,
                case_no=self.case_no,
                officer=officer,
                issuer=issuer_of(self.url) if self.url else None,
            )
        except NoToken as error:
            raise NotAnswered(str(error)) from error

    def answer(self, document: str, variables: str | None) -> bytes:
        """The GraphQL answer, as the server sent it. `document` is text, or `@file`.

        Raises:
            NotAnswered
        """
        request: dict[str, Any] = {"query": _document(document)}
        if variables is not None:
            request["variables"] = _variables(variables)
        headers = {"Authorization": f"Bearer {self.token()}", "Accept": f"{GRAPHQL_RESPONSE}, {JSON};q=0.9"}
        try:
            # No proxy of the environment stands between an operator and the hub.
            response = httpx.post(
                f"{self.base_url}/graphql", json=request, headers=headers, timeout=TIMEOUT_S, trust_env=False
            )
        except httpx.HTTPError as error:
            raise unreachable(self.base_url, error) from error
        if not _is_graphql(response):
            raise NotAnswered(
                f"服务器未返回 GraphQL 答复（HTTP {response.status_code}）\n"
                f"The server did not answer GraphQL (HTTP {response.status_code})"
            )
        return response.content

    def document(self, name: str) -> bytes:
        """A paper of a transfer, `{public id}/{kind}.docx`.

        Raises:
            NotAnswered: refused, with what the server says; among it the fields that are hidden, by clause.
        """
        response = self._get(f"documents/{quote(name)}")
        if response.is_success:
            return response.content
        raise NotAnswered(_told(response))

    def file(self, name: str) -> bytes:
        """A file of evidence, `{public id of the transfer}/{file id}`: whole, and of the SHA-256 that the hub states.

        Raises:
            NotAnswered
        """
        response = self._get(f"files/{quote(name)}")
        if not response.is_success:
            raise NotAnswered(_problem(response))
        stated = f"sha-256=:{b64encode(hashlib.sha256(response.content).digest()).decode()}:"
        if response.headers.get("Repr-Digest") != stated:
            raise NotAnswered("文件与其摘要不符，请重新下载\nThe file is not what its digest says: fetch it again")
        return response.content

    def _get(self, place: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token()}"}
        try:
            return httpx.get(f"{self.base_url}/{place}", headers=headers, timeout=TIMEOUT_S, trust_env=False)
        except httpx.HTTPError as error:
            raise unreachable(self.base_url, error) from error

    @property
    def base_url(self) -> str:
        if self.url:
            return self.url.rstrip("/")
        stated = self.data / BASE_URL_FILE
        return stated.read_text().strip() if stated.exists() else DEFAULT_URL


def unreachable(url: str, error: httpx.HTTPError) -> NotAnswered:
    """The message for a server that is not there."""
    return NotAnswered(
        f"无法连接 {url}（{type(error).__name__}）；先运行 make demo，或用 --url 指定地址\n"
        f"Cannot reach {url} ({type(error).__name__}); run make demo first, or say where with --url"
    )


def _told(response: httpx.Response) -> str:
    """The server's errors in words, with the fields that are hidden and what would open them."""
    if not _is_graphql(response):
        code = response.status_code
        return f"服务器未返回文书（HTTP {code}）\nThe server sent no document (HTTP {code})"
    lines = []
    for entry in response.json()["errors"]:
        told = entry["extensions"]
        lines += [f"{told['zh']}；{told['next']['zh']}", f"{told['en']}; {told['next']['en']}"]
        lines += [
            f"  {hidden['coordinate']}  {hidden['basis']}  {', '.join(hidden['opens'])}"
            for hidden in told.get("masked", ())
        ]
    return "\n".join(lines)


def _problem(response: httpx.Response) -> str:
    """The server's refusal of a file (RFC 9457) in words."""
    try:
        told = response.json()
        return f"{told['zh']}；{told['next']['zh']}\n{told['en']}; {told['next']['en']}"
    except (ValueError, KeyError, TypeError):
        return f"服务器未返回文件（HTTP {response.status_code}）\nThe server sent no file (HTTP {response.status_code})"


def _document(given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotAnswered(f"无法读取文件 {given[1:]}\nCannot read the file {given[1:]}") from error


def _variables(given: str) -> dict[str, Any]:
    try:
        value = json.loads(given)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise NotAnswered("--variables 须为一个 JSON 对象\n--variables must be one JSON object")
    return value


def _is_graphql(response: httpx.Response) -> bool:
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and bool(body.keys() & {"data", "errors"})
