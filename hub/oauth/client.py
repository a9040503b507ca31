"""A client's side of the token request: what `hub token` and `hub query` use, and an example for partners.

It reads the data folder (private key, default officer, scopes granted) and talks to the hub over HTTP like anyone else.
"""

import json
import os
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import psycopg
from joserfc import jwk as jose
from joserfc import jwt
from joserfc.errors import JoseError

from hub.oauth.caller import Officer
from hub.oauth.sharing import MAX_OFFICER, one_line
from hub.oauth.vocabulary import ASSERTION_TYPE, CLIENT_ID, DETAILS_TYPE

TIMEOUT_S = 30
ASSERTION_LIFE_S = 60
MOST_NAMES = 20
METADATA = "/.well-known/oauth-authorization-server"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ALGORITHMS = {"RSA": "PS256", "EC": "ES256", "OKP": "EdDSA"}

_GRANTED = """
SELECT g.scope
FROM client c
JOIN agency a ON a.code = c.agency
LEFT JOIN (scope_grant g JOIN scope_ceiling l ON l.scope = g.scope)
       ON g.client_id = c.client_id AND l.agency_kind = a.kind
      AND g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > now() + interval '1 second')
WHERE c.client_id = %s
ORDER BY g.scope
"""


class NoToken(Exception):
    """No token can be had; the message (Chinese / English) says why.

    Attributes:
        code: the server's error code, None when it was not asked or did not answer.
    """

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def read_key(data: Path, client_id: str) -> dict[str, Any]:
    """The client's private JWK, `data/clients/<client id>.jwk`.

    Raises:
        NoToken: no such file, or no JWK in it.
    """
    place = _place(data, client_id, "jwk")
    try:
        key = json.loads(place.read_text(encoding="utf-8"))
        jose.import_key(key)
    except FileNotFoundError as error:
        raise NoToken(
            f"没有客户端密钥 {place} / there is no key of this client: {place}\n{_clients_there(place.parent)}"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, JoseError) as error:
        raise NoToken(f"无法读取密钥 {place} / the key cannot be read: {place}") from error
    return dict(key)


def read_officer(data: Path, client_id: str) -> Officer | None:
    """The officer who acts when none is named: `data/clients/<client id>.json`, `{"name": …, "certificateNo": …}`.

    Raises:
        NoToken: the file is there, but not of this form.
    """
    place = _place(data, client_id, "json")
    try:
        stated = json.loads(place.read_text(encoding="utf-8"))
        return Officer(one_line(stated["name"], MAX_OFFICER), one_line(stated["certificateNo"], MAX_OFFICER))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NoToken(f"无法读取 {place} / cannot be read: {place}") from error


def parse_officer(text: str) -> Officer:
    """`NAME:CERTIFICATE_NO`, as typed at `--officer`; a full-width colon will do.

    Raises:
        NoToken: not of this form.
    """
    name, _, certificate_no = text.replace("：", ":").partition(":")
    try:
        return Officer(one_line(name.strip(), MAX_OFFICER), one_line(certificate_no.strip(), MAX_OFFICER))
    except ValueError:
        message = f"执法人员应写作 姓名:执法证号 / the officer is written NAME:CERTIFICATE_NO, not {text!r}"
        raise NoToken(message) from None


def granted_scopes(data: Path, client_id: str) -> tuple[str, ...]:
    """All scopes now granted to the client, read from the hub's database: `HUB_DATABASE_URL`, or the one in the folder.

    Raises:
        NoToken: no database runs there, no such client, or nothing is granted to it.
    """
    url = os.environ.get("HUB_READER_DATABASE_URL") or os.environ.get("HUB_DATABASE_URL") or _embedded_url(data)
    try:
        with psycopg.connect(url) as connection:
            rows = connection.execute(_GRANTED, (client_id,)).fetchall()
    except psycopg.Error as error:
        message = "无法从数据库读取已授予的权限范围 / the granted scopes cannot be read from the database"
        raise NoToken(f"{message} ({type(error).__name__})") from error
    if not rows:
        raise NoToken(f"没有此客户端 / no such client: {client_id}")
    scopes = tuple(scope for (scope,) in rows if scope is not None)
    if not scopes:
        raise NoToken(f"客户端未被授予任何权限范围 / the client is granted no scope: {client_id}")
    return scopes


def issuer_of(base_url: str) -> str:
    """The issuer of the hub at an address, from its metadata (RFC 8414): what an assertion must be addressed to.

    On this machine the hub may go by its public name (`--url http://localhost:8000` of a site behind its TLS proxy).
    Anywhere else address and issuer must be one, or a server could have assertions made that are good elsewhere.

    Raises:
        NoToken: no hub answers there, or one with another name.
    """
    base_url = base_url.rstrip("/")
    try:
        host = urlsplit(base_url).hostname
        response = httpx.get(f"{base_url}{METADATA}", timeout=TIMEOUT_S, trust_env=False)
        issuer = response.json().get("issuer")
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError, AttributeError):
        host = issuer = None
    except httpx.HTTPError as error:
        raise NoToken(f"无法连接 {base_url} / the hub does not answer: {base_url} ({type(error).__name__})") from error
    if not isinstance(issuer, str):
        raise NoToken(
            f"{base_url} 不是平台的地址；--url 应为基址，如 https://hub.example，不含 /graphql\n"
            f"There is no hub at {base_url}; --url is its base address, e.g. https://hub.example, without /graphql"
        )
    if issuer != base_url and host not in LOOPBACK:
        raise NoToken(f"平台的正式地址是 {issuer}，请用 --url {issuer} / the hub calls itself {issuer}: use that --url")
    return issuer


def request_token(
    base_url: str,
    client_id: str,
    jwk: Mapping[str, Any],
    scopes: Iterable[str],
    purpose: str,
    *,
    case_no: str | None = None,
    officer: Officer | None = None,
    issuer: str | None = None,
) -> str:
    """Asks the hub at `base_url` for a bearer token; that is its issuer unless another is given.

    Raises:
        NoToken: refused (`code` is the server's), or the server cannot be reached.
    """
    base_url = base_url.rstrip("/")
    details: dict[str, Any] = {"type": DETAILS_TYPE, "purpose": purpose}
    if case_no is not None:
        details["case"] = case_no
    if officer:
        details["officer"] = {"name": officer.name, "certificateNo": officer.certificate_no}
    form = {
        "grant_type": "client_credentials",
        "scope": " ".join(scopes),
        "authorization_details": json.dumps([details]),
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": sign_assertion(issuer or base_url, client_id, jwk),
    }
    try:
        # No proxy of the environment stands between an operator and the hub.
        response = httpx.post(f"{base_url}/oauth/token", data=form, timeout=TIMEOUT_S, trust_env=False)
        answer = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NoToken(f"无法连接 {base_url} / the hub does not answer: {base_url} ({type(error).__name__})") from error
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if isinstance(token, str):
        return token
    if not isinstance(answer, dict) or "error" not in answer:
        raise NoToken(f"服务器未签发令牌 / no token was issued (HTTP {response.status_code})")
    texts = [answer.get("error_description_zh"), answer.get("error_description")]
    raise NoToken("\n".join([str(answer["error"]), *(text for text in texts if text)]), str(answer["error"]))


def sign_assertion(issuer: str, client_id: str, jwk: Mapping[str, Any]) -> str:
    """A `private_key_jwt` assertion (RFC 7523), good for one request within a minute."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": uuid.uuid4().hex,
        "iat": now,
        "exp": now + ASSERTION_LIFE_S,
    }
    header = {"alg": jwk.get("alg") or ALGORITHMS[jwk["kty"]]}
    if "kid" in jwk:
        header["kid"] = jwk["kid"]
    return jwt.encode(header, claims, jose.import_key(dict(jwk)), algorithms=[header["alg"]])


def _place(data: Path, client_id: str, suffix: str) -> Path:
    if not CLIENT_ID.fullmatch(client_id):
        raise NoToken(f"客户端标识格式不正确 / not a client id: {client_id!r}")
    return data / "clients" / f"{client_id}.{suffix}"


def _clients_there(folder: Path) -> str:
    """For whoever mistyped a client id, or asks in the wrong folder."""
    names = sorted(path.stem for path in folder.glob("*.jwk"))[:MOST_NAMES]
    if not names:
        return f"{folder} 中没有任何密钥；先运行 hub demo 或 hub client create / no keys there: run one of these first"
    return f"已有 / there are: {', '.join(names)}"


def _embedded_url(data: Path) -> str:
    """The socket of the server that runs on the folder, from its own file: starting one more would take a second."""
    try:
        socket_folder = (data / "pgdata" / "postmaster.pid").read_text().splitlines()[4]
    except (OSError, IndexError) as error:
        raise NoToken(
            f"{data} 中没有运行中的数据库，请先运行 hub demo / no database runs in {data}: start hub demo first"
        ) from error
    return f"postgresql://hub_reader@/hub?host={quote(socket_folder, safe='')}"
