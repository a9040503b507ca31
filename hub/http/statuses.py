"""Codes in the middle, HTTP statuses here: the one table at the rim (style.md 9)."""

from hub.graph.errors import ErrorCode

STATUSES: dict[ErrorCode, int] = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.NOT_ACCEPTABLE: 406,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.GRAPHQL_PARSE_FAILED: 400,
    ErrorCode.GRAPHQL_VALIDATION_FAILED: 400,
    ErrorCode.BAD_VARIABLES: 400,
    ErrorCode.COST_EXCEEDED: 400,
    ErrorCode.OPERATION_NOT_ALLOWED: 400,
    ErrorCode.QUOTA_EXCEEDED: 429,
    ErrorCode.TOO_MANY_WAITING: 429,
    ErrorCode.TIMEOUT: 504,
    ErrorCode.LEDGER_UNAVAILABLE: 503,
    ErrorCode.DATABASE_UNAVAILABLE: 503,
    ErrorCode.OUTCOME_UNKNOWN: 503,
    ErrorCode.RESULT_NOT_SHOWN: 503,
    ErrorCode.INTERNAL: 500,
    # Of one root field: the request as a whole is answered.
    ErrorCode.FILTER_NOT_ALLOWED: 200,
    ErrorCode.SORT_NOT_ALLOWED: 200,
    ErrorCode.INVALID_CURSOR: 200,
    ErrorCode.RESYNC_REQUIRED: 200,
    ErrorCode.INVALID_ARGUMENT: 200,
    ErrorCode.GATEWAY_ONLY: 200,
}

GRAPHQL_REQUEST_ERRORS = frozenset(
    {
        ErrorCode.GRAPHQL_PARSE_FAILED,
        ErrorCode.GRAPHQL_VALIDATION_FAILED,
        ErrorCode.BAD_VARIABLES,
        ErrorCode.COST_EXCEEDED,
        ErrorCode.OPERATION_NOT_ALLOWED,
    }
)
"""A well-formed HTTP request whose GraphQL is refused: 200 under `application/json`, by the specification (6.4.1)."""


def status(code: ErrorCode | None, *, legacy_json: bool) -> int:
    """The HTTP status of an answer: `code` is None when the request as a whole was answered.

    `legacy_json`: the answer goes out as `application/json`, which an old client reads only when the status is 200.
    Refusals of another kind (who, how often, whether the hub works) keep their status, so that proxies understand them.
    """
    if code is None or (legacy_json and code in GRAPHQL_REQUEST_ERRORS):
        return 200
    return STATUSES[code]
