"""GraphQL over HTTP, statement by statement, with a `disclose` that says what it was given.

The whole chain with real tokens and data is in `test_end_to_end.py`.
"""

import asyncio
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from hub.disclosure import Answer, Request
from hub.graph.errors import ErrorCode, error
from hub.http import gateway
from hub.http.graphql import GraphQLEndpoint
from hub.http.requests import BODY_LIMIT
from hub.http.statuses import STATUSES

NOW = datetime(2026, 10, 31, 8, 0, tzinfo=UTC)
KEY = b"k" * 32
JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


class FixedClock:
    def now(self) -> datetime:
        return NOW


class Door:
    """The endpoint over httpx; `asked` is what came through, `answer` is what goes back (default: an echo)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Request]] = []
        self.answer: Answer | Exception | None = None
        self.endpoint = GraphQLEndpoint(self.disclose, KEY, FixedClock())

    async def disclose(self, token: str, request: Request) -> Answer:
        self.asked.append((token, request))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Answer(orjson.dumps({"data": asdict(replace(request, left=None))}))

    def send(self, method: str = "POST", url: str = "/graphql", headers: Any = (), **body: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(self.endpoint, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                del client.headers["accept"]
                return await client.request(method, url, headers=headers, **body)

        return asyncio.run(run())

    def post(self, content: Any, *, token: str | None = "t0ken", **headers: str) -> httpx.Response:
        if not isinstance(content, bytes | str):
            content = json.dumps(content)
        chosen = {"content-type": JSON} | ({"authorization": f"Bearer {token}"} if token else {})
        chosen |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(headers=chosen, content=content)

    def get(self, query: str, **headers: str) -> httpx.Response:
        return self.send("GET", f"/graphql?{query}", headers={"authorization": "Bearer t0ken"} | headers)


@pytest.fixture
def door() -> Door:
    return Door()


def code_of(response: httpx.Response) -> str:
    body = response.json()
    assert "data" not in body
    assert body["errors"][0]["extensions"]["id"]
    return str(body["errors"][0]["extensions"]["code"])


def test_a_post_comes_through_whole(door: Door) -> None:
    response = door.post(
        {"query": "{ a }", "operationName": "x", "variables": {"n": [1, None, "宁夏"]}, "extensions": {"any": 1}}
    )
    assert response.status_code == 200
    assert door.asked == [("t0ken", Request("{ a }", "x", {"n": [1, None, "宁夏"]}, gateway=False, get=False))]


def test_a_get_comes_through_whole(door: Door) -> None:
    door.get("query=%7Ba%7D&operationName=x&variables=%7B%22n%22%3A1%7D&extensions=%7B%7D")
    assert door.asked == [("t0ken", Request("{a}", "x", {"n": 1}, gateway=False, get=True))]


def test_empty_url_parameters_are_absent(door: Door) -> None:
    door.get("query=%7Ba%7D&operationName=&variables=&extensions=null")
    assert door.asked[0][1] == Request("{a}", None, None, gateway=False, get=True)


@pytest.mark.parametrize(
    ("accept", "served"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL};q=0.9", GRAPHQL),
        (f"*/*;q=0.8, {GRAPHQL};q=0.8", GRAPHQL),
        (f"*/*, {JSON};q=0", GRAPHQL),
        (f"text/html, {JSON};q=0.1", JSON),
        ("APPLICATION/JSON; CHARSET=UTF-8", JSON),
    ],
)
def test_accept_is_negotiated(door: Door, accept: str | None, served: str) -> None:
    response = door.post({"query": "{a}"}, **({} if accept is None else {"accept": accept}))
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{served}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "image/*", f"{JSON};q=0", f"{JSON};charset=gbk", "x" * 2_000, ",;,"])
def test_nothing_acceptable_is_406(door: Door, accept: str) -> None:
    response = door.post({"query": "{a}"}, accept=accept)
    assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")
    assert not door.asked


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/graphql", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json; charset=gb18030", "application/graphql+json"],
)  # fmt: skip
def test_other_content_types_are_415(door: Door, content_type: str) -> None:
    response = door.post({"query": "{a}"}, content_type=content_type)
    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_compressed_body_is_415(door: Door) -> None:
    assert door.post(b"\x1f\x8b", content_encoding="gzip").status_code == 415


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_405(door: Door, method: str) -> None:
    response = door.send(method, headers={"authorization": "Bearer t"})
    assert (response.status_code, code_of(response)) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET, POST"


def test_a_mutation_by_get_is_405_with_post_allowed(door: Door) -> None:
    code = ErrorCode.METHOD_NOT_ALLOWED
    door.answer = Answer(orjson.dumps({"errors": [error(code)]}), code)
    response = door.get("query=mutation%7Ba%7D", accept=JSON)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


MALFORMED: list[Any] = [
    "", "{", "null", "[]", '"x"', "1", "{}", [{"query": "{a}"}],
    {"query": None}, {"query": 1}, {"query": ["{a}"]}, {"query": {"a": 1}}, {"query": True}, {"qeury": "{a}"},
    {"query": "{a}", "operationName": 1}, {"query": "{a}", "operationName": {}}, {"query": "{a}", "operationName": False},
    {"query": "{a}", "variables": "{}"}, {"query": "{a}", "variables": []}, {"query": "{a}", "variables": 0},
    {"query": "{a}", "extensions": "x"}, {"query": "{a}", "extensions": []}, {"query": "{a}", "extensions": False},
    {"query": "{a}", "access_token": "t0ken"},
    '{"query": "{a}", "query": "{b}"}', '{"query": "{a}", "variables": {"x": 1, "x": 2}}',
    '{"query": "{a}", "variables": {"x": [{"y": 1, "\\u0079": 2}]}}',
    '{"query": "{a}", "variables": {"x": NaN}}', '{"query": "{a}", "variables": {"x": 1e}}',
    '{"query": "\\ud800"}', b'{"query": "\xff"}', b'\xef\xbb\xbf{"query": "{a}"}', '{"query": "{a}"} x',
    '{"query": "{a}", "variables": {"x": ' + "[" * 5_000 + "]" * 5_000 + "}}",
    '{"query": "{a}", "variables": {"x": ' + "[" * 1_000 + "]" * 1_000 + "}}",
    '{"query": "{a}", "variables": {"x": ' + "9" * 10_000 + "}}",
]  # fmt: skip


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: str(body)[:40])
def test_malformed_requests_are_400(door: Door, body: Any, accept: str) -> None:
    response = door.post(body, accept=accept)
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert not door.asked


@pytest.mark.parametrize(
    "query",
    ["", "query=a&query=b", "query=a&variables=1", "query=a&variables=[]", "query=a&variables=x",
     "query=a&extensions=1", "query=%ff", "query=a&access_token=t0ken", "query=a&%61ccess_token=t",
     "&".join(f"a{n}=1" for n in range(100)), "query=%7Ba%7D&variables=%7B%22x%22%3A1%2C%22x%22%3A2%7D"],
)  # fmt: skip
def test_malformed_url_parameters_are_400(door: Door, query: str) -> None:
    response = door.get(query)
    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


def test_a_token_in_the_url_of_a_post_is_refused(door: Door) -> None:
    headers = {"content-type": JSON, "authorization": "Bearer t"}
    assert door.send(url="/graphql?access_token=t", headers=headers, json={"query": "{a}"}).status_code == 400


@pytest.mark.parametrize("declared", [True, False])
def test_a_large_body_is_413(door: Door, declared: bool) -> None:
    body = json.dumps({"query": "{" + "a " * BODY_LIMIT + "}"}).encode()

    async def chunks() -> Any:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    headers = {"content-type": JSON, "authorization": "Bearer t"}
    response = door.send(headers=headers, content=body if declared else chunks())
    assert (response.status_code, code_of(response)) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("length", ["-1", "x", "9" * 400])
def test_a_senseless_length_is_413(door: Door, length: str) -> None:
    assert door.post(b"{}", content_length=length).status_code == 413


def test_the_largest_body_is_read(door: Door) -> None:
    frame = len(json.dumps({"query": ""}))
    assert door.post({"query": "a" * (BODY_LIMIT - frame)}).status_code == 200


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic dDp0", "Bearer a b", "Bearer a,Bearer b", "Bearer é", "t0ken",
                      "Bearer " + "a" * 2_000, "DPoP t0ken", "Bearer =a"]
)  # fmt: skip
def test_no_usable_token_is_401_before_the_body_is_read(door: Door, authorization: str) -> None:
    response = door.send(headers={"authorization": authorization.encode("latin-1")}, content=b"{")
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == 'Bearer realm="hub", error="invalid_token"'
    assert not door.asked


def test_a_refused_token_says_so(door: Door) -> None:
    code = ErrorCode.UNAUTHENTICATED
    door.answer = Answer(orjson.dumps({"errors": [error(code)]}), code)
    response = door.post({"query": "{a}"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="hub", error="invalid_token"'


def test_no_token_is_a_bare_challenge(door: Door) -> None:
    assert door.post({"query": "{a}"}, token=None).headers["www-authenticate"] == 'Bearer realm="hub"'


def test_the_scheme_is_case_insensitive(door: Door) -> None:
    assert door.send(headers={"authorization": "bEARER  t0ken", "content-type": JSON}, json={"query": "{a}"}).is_success


@pytest.mark.parametrize("name", ["authorization", "content-type", "content-encoding", "x-hub-gateway-signature"])
def test_a_deciding_header_occurs_once(door: Door, name: str) -> None:
    headers = [("authorization", "Bearer t"), ("content-type", JSON), (name, "a"), (name, "a")]
    assert code_of(door.send(headers=headers, content=b'{"query": "{a}"}')) == "BAD_REQUEST"


@pytest.mark.parametrize("code", list(ErrorCode))
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_every_code_has_its_status(door: Door, code: ErrorCode, accept: str) -> None:
    door.answer = Answer(orjson.dumps({"errors": [error(code)]}), code, retry_after_s=7)
    response = door.post({"query": "{a}"}, accept=accept)
    lenient = {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "BAD_VARIABLES",
        "COST_EXCEEDED",
        "OPERATION_NOT_ALLOWED",
    }
    assert response.status_code == (200 if accept == JSON and code.value in lenient else STATUSES[code])
    if response.status_code in (429, 503):
        assert response.headers["retry-after"] == "7"
    assert response.json()["errors"][0]["extensions"]["code"] == code


def test_a_defect_is_500_without_a_word_of_it(door: Door, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    door.answer = RuntimeError("110101199001011234")
    response = door.post({"query": "{a}"})
    assert (response.status_code, code_of(response)) == (500, "INTERNAL")
    assert b"110101199001011234" not in response.content


def test_headers_of_every_answer(door: Door) -> None:
    for response in (door.post({"query": "{a}"}), door.post("x"), door.post("x", token=None)):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["vary"] == "Accept, Authorization"
        assert response.headers["content-length"] == str(len(response.content))
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


BODY = b'{"query": "{ _entities }"}'


def test_a_gateway_signs(door: Door) -> None:
    assert door.post(BODY, x_hub_gateway_signature=gateway.sign(KEY, BODY, NOW)).is_success
    assert door.asked[0][1].gateway
    door.post(BODY)
    assert not door.asked[1][1].gateway


@pytest.mark.parametrize(
    "signature",
    [
        "", "x", "t=1,v1=", gateway.sign(b"other" * 8, BODY, NOW), gateway.sign(KEY, BODY + b" ", NOW),
        gateway.sign(KEY, BODY, NOW - timedelta(seconds=61)), gateway.sign(KEY, BODY, NOW + timedelta(seconds=61)),
        gateway.sign(KEY, BODY, NOW).replace("t=1", "t=01"), gateway.sign(KEY, BODY, NOW).upper(),
    ],
)  # fmt: skip
def test_a_false_gateway_is_answered_nothing(door: Door, signature: str) -> None:
    response = door.post(BODY, x_hub_gateway_signature=signature)
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
    assert not door.asked


def test_the_window_of_a_signature_is_a_minute(door: Door) -> None:
    for seconds in (-60, 60):
        signature = gateway.sign(KEY, BODY, NOW + timedelta(seconds=seconds))
        assert door.post(BODY, x_hub_gateway_signature=signature).is_success


def test_a_client_that_leaves_is_not_answered(door: Door) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer t"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "headers": headers, "query_string": b"", "path": "/graphql"}
    asyncio.run(door.endpoint(scope, receive, send))
    assert not sent
    assert not door.asked
