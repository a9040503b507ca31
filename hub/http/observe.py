"""What is told of a request after its answer: metrics and one log line. Neither holds a value of anyone's data."""

from functools import cache
from time import perf_counter
from typing import Any

from hub.disclosure import Answer, Facts
from hub.graph.errors import ErrorCode
from hub.http import metrics
from hub.http.log import logger

_answered = metrics.REQUESTS.labels("OK")
_requests = {code: metrics.REQUESTS.labels(code.value) for code in ErrorCode}
_field_errors = cache(metrics.FIELD_ERRORS.labels)
_compiled = {True: metrics.COMPILED.labels("hit"), False: metrics.COMPILED.labels("miss")}
_rows = cache(metrics.ROWS.labels)  # purposes and policies are closed vocabularies: a few dozen
_commands = cache(metrics.COMMANDS.labels)
_masked = cache(metrics.MASKED.labels)


def graphql(started: float, status: int, answer: Answer, error_id: str | None) -> None:
    """Counts and logs one GraphQL request; `started` is its `perf_counter()`."""
    code, facts = answer.code, answer.facts
    seconds = perf_counter() - started
    metrics.SECONDS.observe(seconds)
    (_answered if code is None else _requests[code]).inc()
    if code is ErrorCode.UNAUTHENTICATED:
        metrics.UNAUTHENTICATED.inc()
    line: dict[str, Any] = {"status": status, "code": "OK" if code is None else code.value}
    line["ms"] = round(seconds * 1000, 2)
    if error_id:
        line["error"] = error_id
    if facts is not None:
        line["client"] = facts.client_id
        line["purpose"] = facts.purpose
        line["rows"] = facts.row_count
        _count(facts)
        if code is None and facts.codes:  # the request was answered, some of its root fields were refused
            line["refused"] = facts.codes
            for refused in facts.codes:
                _field_errors(refused).inc()
        if facts.commands:
            line["commands"] = facts.commands
            for command, outcome in facts.commands:
                _commands(command, outcome).inc()
    logger.info("graphql", **line)


def disclosed(answer: Answer) -> None:
    """Counts what an answer disclosed that leaves by another door than GraphQL's; `other` logs the request."""
    if answer.code is ErrorCode.UNAUTHENTICATED:
        metrics.UNAUTHENTICATED.inc()
    if answer.facts is not None:
        _count(answer.facts)


def _count(facts: Facts) -> None:
    _rows(facts.purpose).inc(facts.row_count)
    if facts.compiled is not None:
        _compiled[facts.compiled].inc()
    for policy in facts.masked:
        _masked(policy).inc()


def other(started: float, route: str, status: int) -> None:
    """Logs one request to another endpoint; `route` is the hub's own name of it, never what the client sent."""
    logger.info("http", route=route, status=status, ms=round((perf_counter() - started) * 1000, 2))


def oauth(endpoint: str, outcome: str, cause: str | None) -> None:
    """Counts one request to the authorization server: "ok" or its error code; logs why one was refused.

    A client learns `invalid_client` only: who helps it finds the cause here, a closed code (`hub.oauth.errors.Cause`).
    """
    metrics.OAUTH.labels(endpoint, outcome).inc()
    if cause is not None:
        logger.info("oauth", endpoint=endpoint, error=outcome, cause=cause)
