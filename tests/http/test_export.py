"""GET /feed/export over HTTP: headers, refusals, a connection that ends in the middle."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
from site_running import Site

import hub.exporting
import hub.query.sqllines
from hub.graph.exports import EXPORTS

PLATFORM, PURPOSE = "demo-credit-platform", "credit-publication"


def export(site: Site, token: str | None, **parameters: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return site.http.get(f"{site.url}/feed/export", params=parameters, headers=headers)


@pytest.mark.parametrize("feed", EXPORTS)
def test_every_feed_in_both_forms(site: Site, feed: str) -> None:
    token = site.token(PLATFORM, PURPOSE)
    answer = export(site, token, feed=feed)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "no-store"
    *lines, end = (json.loads(line) for line in answer.text.splitlines())
    records = [line for line in lines if "after" not in line]
    assert end["count"] == len(records) > 100
    assert all(record.keys() == {"key", "record"} for record in records)
    assert len({record["key"] for record in records}) == len(records)
    table = export(site, token, feed=feed, format="csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    heading, *rows = csv.reader(io.StringIO(table.text, newline=""), strict=True)
    assert heading == [column.heading for column in EXPORTS[feed].columns]
    assert [[_cell(value) for value in record["record"].values()] for record in records] == rows
    assert table.text.endswith("\r\n")


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "" if value is None else str(value)


def test_the_cursor_of_a_header_is_there_before_the_lines(site: Site) -> None:
    answer = export(site, site.token(PLATFORM, PURPOSE), feed="penalties", format="csv")
    assert len(answer.headers["hub-feed-cursor"]) > 60


def test_a_byte_order_mark_only_for_who_asks(site: Site) -> None:
    token = site.token(PLATFORM, PURPOSE)
    plain, marked = (export(site, token, feed="penalties", format="csv", bom=bom) for bom in ("false", "true"))
    assert marked.content == "﻿".encode() + plain.content


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"feed": "transfers"},
        {"feed": "penalties", "format": "xml"},
        {"feed": "penalties", "limit": "5"},
        {"feed": "penalties", "bom": "true"},
        {"feed": "penalties", "positions": "true"},
        {"feed": "penalties", "format": "csv", "positions": "yes"},
        {"feed": "penalties", "format": "csv", "after": "x"},
        {"feed": "penalties", "after": ""},
        {"feed": "penalties", "access_token": "x"},
    ],
)
def test_bad_parameters(site: Site, parameters: dict[str, str]) -> None:
    told = _refused(export(site, site.token(PLATFORM, PURPOSE), **parameters), 400)
    assert told["code"] == "BAD_EXPORT_REQUEST"
    assert "导出参数" in told["zh"]
    assert told["next"]["en"]


def test_parameters_given_twice(site: Site) -> None:
    headers = {"authorization": f"Bearer {site.token(PLATFORM, PURPOSE)}"}
    answer = site.http.get(f"{site.url}/feed/export?feed=penalties&feed=credit", headers=headers)
    assert _refused(answer, 400)["code"] == "BAD_EXPORT_REQUEST"


def test_without_a_token_and_by_another_method(site: Site) -> None:
    answer = export(site, None, feed="penalties")
    assert _refused(answer, 401)["code"] == "UNAUTHENTICATED"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert _refused(export(site, "x" * 43, feed="penalties"), 401)["code"] == "UNAUTHENTICATED"
    answer = site.http.post(f"{site.url}/feed/export?feed=penalties")
    assert _refused(answer, 405)["code"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["allow"] == "GET"
    assert "GET" in answer.json()["next"]["en"]
    assert "POST" not in answer.json()["next"]["en"]


def test_a_purpose_that_opens_none(site: Site) -> None:
    told = _refused(export(site, site.token("demo-admin", "hub-administration"), feed="penalties"), 403)
    assert (told["code"], told["reason"]) == ("NOT_OPEN", "SCOPE_MISSING")


def test_a_place_of_nowhere(site: Site) -> None:
    token = site.token(PLATFORM, PURPOSE)
    told = _refused(export(site, token, feed="penalties", after="x" * 80), 410)
    assert told["code"] == "RESYNC_REQUIRED"
    # The cursor of the feed is no place in an export.
    end = json.loads(export(site, token, feed="penalties").text.splitlines()[-1])
    assert _refused(export(site, token, feed="penalties", after=end["cursor"]), 410)["code"] == "RESYNC_REQUIRED"


def test_revoked_in_the_middle(own_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream ends at the next piece, with the reason and without its end; with a new token it goes on."""
    monkeypatch.setattr(hub.query.sqllines, "STRETCH", 40)
    monkeypatch.setattr(hub.exporting, "STRETCH", 40)
    whole = export(own_site, own_site.token(PLATFORM, PURPOSE), feed="penalties").text.splitlines()
    token, seen = own_site.token(PLATFORM, PURPOSE), b""
    headers = {"authorization": f"Bearer {token}"}
    try:
        with own_site.http.stream(
            "GET", f"{own_site.url}/feed/export", params={"feed": "penalties"}, headers=headers
        ) as answer:
            for part in answer.iter_raw():
                if not seen:
                    own_site.rows("UPDATE access_token SET revoked_at = now() RETURNING 1")
                seen += part
    except httpx.RemoteProtocolError:
        pass
    else:
        pytest.fail("the stream had an end")
    *lines, last = seen.decode().splitlines()
    assert json.loads(last)["error"]["code"] == "UNAUTHENTICATED"
    places = [at for at, line in enumerate(lines) if line.startswith('{"after"')]
    assert len(lines) < len(whole) / 2, "what was on its way when the token was revoked is a small part"
    records = [line for line in lines[: places[-1]] if line.startswith('{"key"')]
    after = json.loads(lines[places[-1]])["after"]
    rest = export(own_site, own_site.token(PLATFORM, PURPOSE), feed="penalties", after=after).text.splitlines()
    records += [line for line in rest if line.startswith('{"key"')]
    assert records == [line for line in whole if line.startswith('{"key"')]


def _refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    return told
