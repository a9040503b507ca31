"""Media types: what the client accepts, and what it sent (RFC 9110, GraphQL over HTTP section 4)."""

from email.message import Message
from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
_RANGES = {
    GRAPHQL_RESPONSE: (GRAPHQL_RESPONSE, 2),
    JSON: (JSON, 2),
    # The specification's own choice for a client that does not say which (audit 47DE).
    "application/*": (JSON, 1),
    "*/*": (JSON, 0),
}
_HEADER_LIMIT = 1_000
"""Characters of one header: longer ones are no media types, and would fill the cache."""


def _parsed(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, names in lower case, by the standard library's parser."""
    message = Message()
    message["content-type"] = value
    parameters = message.get_params(failobj=[("", "")])
    # RFC 2231 forms (`q*=…`) come as tuples: no media type here has such a parameter, the name is then no known one.
    if any(not isinstance(text, str) for _, text in parameters):
        return "", {}
    return parameters[0][0].strip().lower(), {name.lower(): text for name, text in parameters[1:]}


@lru_cache(256)
def accepted(header: str) -> str | None:
    """The media type of the answer for an Accept header (empty: absent), or None when there is none to serve.

    The highest quality wins; at equal quality the more specific range, then the one named first.
    """
    if not header.strip():
        return JSON
    if len(header) > _HEADER_LIMIT:
        return None
    best: tuple[float, int] = (0.0, -1)
    choice = None
    refused = set()
    for item in header.split(","):
        name, parameters = _parsed(item)
        if name not in _RANGES or parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            continue
        media_type, specificity = _RANGES[name]
        try:
            quality = float(parameters.get("q", "1"))
        except ValueError:
            continue
        if not 0 < quality <= 1:
            refused.add(media_type) if name == media_type else None
        elif (quality, specificity) > best:
            best, choice = (quality, specificity), media_type
    if choice in refused:
        # `*/*, application/json;q=0`: the wildcard then means the other one.
        return next((other for other in (GRAPHQL_RESPONSE, JSON) if other not in refused), None)
    return choice


@lru_cache(256)
def is_json(header: str) -> bool:
    """Whether a Content-Type says JSON in UTF-8 (which is the default)."""
    if len(header) > _HEADER_LIMIT:
        return False
    name, parameters = _parsed(header)
    return name == JSON and parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")
