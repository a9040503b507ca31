"""npm `graphql-http` judges the endpoint: all of its audits pass."""

import json

import node_running
import pytest
from site_running import Site

AUDITS = 61


@pytest.mark.node
def test_all_server_audits_pass(site: Site) -> None:
    node_running.install()
    token = site.token("demo-health", "medical-practice-regulation")
    results = json.loads(node_running.run("audits.mjs", HUB_URL=f"{site.url}/graphql", HUB_TOKEN=token))
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
