"""GraphiQL: there in demo mode only, nothing from elsewhere, and it works in a real browser."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import node_running
import pytest
from site_running import Site, running

from hub.http.graphiql import STATIC

CHROMIUM = shutil.which("chromium")
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_gets_the_page(site: Site) -> None:
    page = site.http.get(f"{site.url}/graphql", headers=BROWSER)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "hub token" in page.text
    assert "http:" not in page.text
    for line in page.text.splitlines():
        for attribute in ('src="/', 'href="/'):
            if attribute in line:
                path = "/" + line.split(attribute)[1].split('"')[0]
                assert site.http.get(f"{site.url}{path}").status_code == 200, path


def test_outside_demo_mode_there_is_none(sample_copy: Any, tmp_path: Path) -> None:
    with running(sample_copy(), tmp_path, demo=False) as site:
        assert site.http.get(f"{site.url}/graphql", headers=BROWSER).status_code == 401
        assert site.http.get(f"{site.url}/graphiql/start.js").status_code == 404


def test_the_files_load_nothing_from_elsewhere() -> None:
    for name in ("graphiql.min.css", "start.css", "start.js", "graphiql.html"):
        assert "http" not in (STATIC / name).read_text().replace("https://", "http://").replace("http-equiv", ""), name


@pytest.mark.node
@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (.ci/run installs it)")
def test_it_works_in_chromium(site: Site) -> None:
    node_running.install()
    token = site.token("demo-health", "medical-practice-regulation")
    environment = {"HUB_URL": site.url, "HUB_TOKEN": token, "HUB_CHROMIUM": str(CHROMIUM)}
    seen = json.loads(node_running.run("graphiql.mjs", **environment))
    assert "get a token first" in seen["before"]
    assert '"nhsaCode"' in seen["result"].replace(" ", "")
    assert seen["problems"] == []
    assert seen["elsewhere"] == []
    assert token not in seen["stored"]
    assert os.path.basename(site.url) not in seen["stored"]  # noqa: PTH119 - host and port of a URL
