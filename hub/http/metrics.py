"""What an operator watches, in Prometheus' form. Labels are closed vocabularies: codes, policies, purposes; no person,
no case, no institution.

With several workers each writes to a file of `PROMETHEUS_MULTIPROC_DIR`, and any of them answers for all.
"""

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from hub.recalls.listing import Standing

REGISTRY = CollectorRegistry()
REQUESTS = Counter("hub_graphql_requests", "GraphQL requests by code of the answer", ["code"], registry=REGISTRY)
FIELD_ERRORS = Counter(
    "hub_graphql_field_errors",
    "Answered requests in which root fields were refused, by code (FILTER_NOT_ALLOWED, INVALID_CURSOR ...)",
    ["code"],
    registry=REGISTRY,
)
SECONDS = Histogram(
    "hub_graphql_seconds",
    "Seconds from the first to the last byte of a GraphQL request",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
COMPILED = Counter(
    "hub_compile_cache", "Requests by whether their statement was in the cache", ["result"], registry=REGISTRY
)
COMMANDS = Counter(
    "hub_commands",
    "Commands by what they came to: done, replayed (the same idempotency key again), or the code of their refusal",
    ["command", "outcome"],
    registry=REGISTRY,
)
ROWS = Counter("hub_rows_disclosed", "Rows disclosed, by purpose", ["purpose"], registry=REGISTRY)
MASKED = Counter("hub_masked_fields", "Field coordinates reported as masked, by policy", ["policy"], registry=REGISTRY)
UNAUTHENTICATED = Counter(
    "hub_unauthenticated_requests", "Requests without a valid token (they have no ledger row)", registry=REGISTRY
)
OAUTH = Counter(
    "hub_oauth_requests", "Requests to the authorization server by outcome", ["endpoint", "outcome"], registry=REGISTRY
)
LEDGER_QUEUE = Gauge(
    "hub_ledger_queue", "Disclosures that wait for their commit", registry=REGISTRY, multiprocess_mode="livesum"
)
LEDGER_INDEX_LAG = Gauge(
    "hub_ledger_index_lag_seconds",
    "Age of the oldest disclosure that the record index does not hold yet (look-ups scan it)",
    registry=REGISTRY,
    multiprocess_mode="livemax",
)
RECALLS = {
    name: Gauge(f"hub_recalls_{name}", words, registry=REGISTRY, multiprocess_mode="mostrecent")
    for name, words in (
        ("outstanding", "Recalls that their recipients have not acknowledged"),
        ("overdue", "Recalls that were not acknowledged by their deadline"),
        ("unassigned", "Changes of records whose recipients are still to be looked for"),
    )
}
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    ProcessCollector(registry=REGISTRY)

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    """The current figures of all workers."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        whole = CollectorRegistry()
        MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
        return generate_latest(whole)
    return generate_latest(REGISTRY)


def recalls(standing: Standing) -> None:
    """As counted when the metrics are asked for: one query by three small indexes."""
    for name, gauge in RECALLS.items():
        gauge.set(getattr(standing, name))
